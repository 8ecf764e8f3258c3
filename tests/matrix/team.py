"""The rest of the house: who applies, a day under way, hours to count, messages; each gives rows to stand between braces."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

from portal import clock, outbox, security
from portal.actions import commands as actions
from portal.actions import interpole, processus
from portal.actions.models import Action, reading
from portal.candidatures import commands as candidatures
from portal.candidatures.models import Candidature, accepter
from portal.comptes import entree
from portal.contributions import commands as hours
from portal.contributions import queries as worked
from portal.contributions.models import Line, sheet_of, valider
from portal.db import db
from portal.devis import commands as devis
from portal.devis.models import Unite
from portal.factures import commands as invoices
from portal.factures import emission, reglements
from portal.factures.models import Moyen
from portal.factures.models import Nature as NatureFacture
from portal.jour_j import album, arrivee, cliche
from portal.jour_j import commands as day
from portal.jour_j.models import Genre, Jour
from portal.missions import queries
from portal.missions.models import Affectation, Minorite, Nature
from portal.outbox import Message
from portal.partage import commands as partage
from portal.partage import queries as shares
from portal.workflow import fire
from tests import builders

if TYPE_CHECKING:
    from tests.matrix.house import World

SEVENTEEN = Minorite(17, "Marie Payet", "+262692777777")

TEAM = (("VO", Nature.VOLONTAIRE), ("CM", Nature.CHARGE_DE_MISSION), ("RF", Nature.REFERENT))
NOTED = "6b1c1f0e-6a43-4c0e-8a37-3f6f3b3e9f21"  # an incident that the référent noted, on one day
OPENED = "6b1c1f0e-6a43-4c0e-8a37-3f6f3b3e9f22"  # the site, on the other one


def fill(action: Action, world: World, *, published: bool = False) -> dict[str, Affectation]:
    """Who of the house holds a place there, by column."""
    return {
        who: builders.hold(builders.mission(action, nature=nature, published=published), world.people[who])
        for who, nature in TEAM
    }


def link(candidature: Candidature, purpose: str = "candidature") -> str:
    return security.seal(purpose, candidature.id, candidature.generation)


def candidates(world: World) -> dict[str, Any]:
    """On missions of the main action: those that wait, one accepted, one with a place on hold, those of the house itself."""
    ba, action = world.people["BA"], world.action
    missions = {
        "open": builders.mission(action, titre="Montage", places=9),
        "vacant": builders.referent_mission(action, titre="Référent du soir"),
        "taken": builders.referent_mission(action, titre="Référent de la nuit", take_post=True),
    }
    sought = builders.mission(action, titre="Buvette", places=9)
    paid = builders.mission(action, nature=Nature.CHARGE_DE_MISSION, titre="Sonoriser", points=100)
    full = builders.mission(action, titre="Vaisselle", places=1)
    builders.hold(full, builders.personne("Noé Técher"))
    made = {
        "applied": builders.candidature(sought),
        "accepted": builders.candidature(sought, nom="Line Fontaine"),
        "minor": builders.candidature(sought, nom="Océane Payet", mineur=SEVENTEEN),
        "of_vo": builders.candidature(sought, world.people["VO"]),
        "of_ba": builders.candidature(sought, ba),
        "paid_job": builders.candidature(paid, nom="Manu Grondin"),
    }
    waits = builders.in_line(full, nom="Rose Hoarau")
    builders.offer(waits)
    with clock.freeze(clock.now() + timedelta(hours=1)):  # so that it may be taken back to the end of the table
        candidatures.decide(made["accepted"], accepter, by=ba)
    db.session.flush()
    links = {
        "mine": link(made["applied"]),
        "proof": link(made["applied"], "candidature.mail"),
        "vo_s": link(made["of_vo"]),
        "pay": link(made["paid_job"]),
        "offered": link(waits),
    }
    return missions | made | links


def days(world: World) -> dict[str, Any]:
    """Two actions that begin today: of one the référent has noted an incident with a picture; the site of the other is open."""
    ba, rf = world.people["BA"], world.people["RF"]
    begins = clock.now() - timedelta(minutes=30)
    slot = {"debut": begins, "fin": begins + timedelta(hours=5)}
    action, begun = (builders.action(ba, titre=titre, **slot, pole_porteur=world.pm.pole) for titre in ("Bal", "Kabar"))
    action.en_direct = True
    team = fill(action, world)
    fill(begun, world)
    step = actions.add_step(action, by=ba, titre="Accueil", **slot)
    jour, other = (db.session.get_one(Jour, one.id) for one in (action, begun))
    day.receive(jour, [day.Tap(NOTED, Genre.INCIDENT, clock.now(), mot="Un verre cassé.")], by=rf)
    album.keep(jour, NOTED, cliche.develop(picture()), by=rf)
    day.receive(other, [day.Tap(OPENED, Genre.SITE, clock.now(), valeur="ouvrir", mot="Tout est prêt.")], by=rf)
    soon = builders.mission(action, titre="Ranger", debut=clock.now() + timedelta(minutes=10))
    comes = builders.candidature(soon, nom="Yann Payet")
    candidatures.decide(comes, accepter, by=ba)
    place = queries.active_of(comes.mission, comes.personne)
    comes.dite_le = place.connue_le = clock.now()
    return {
        "today": action,
        "begun": begun,
        "point": jour.points[0],
        "etape_du_jour": step,
        "place_du_jour": team["VO"],
        "entree": NOTED,
        "opening": OPENED,
        "onsite": arrivee.code_of(jour),
        "comes": link(comes),
    }


def picture() -> bytes:
    made = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(made, "JPEG")
    return made.getvalue()


def counted(world: World) -> dict[str, Any]:
    """Two days that are over: the hours of one are still to validate, those of the other are, and attested."""
    ba, vo = world.people["BA"], world.people["VO"]
    found: dict[str, Any] = {}
    for name, days in (("done", -4), ("counted", -6)):
        slot = {"debut": builders.in_days(days, 9), "fin": builders.in_days(days, 18)}
        with clock.freeze(builders.in_days(days - 1)):
            action = builders.action(ba, titre=f"Il y a {-days} jours", **slot)
            found[name], found["place"] = action, fill(action, world)["VO"]
        for step in (processus.ouvrir, processus.clore):
            fire(step, action, by=ba)
    db.session.flush()
    releves = worked.of_action(found["counted"])
    lines = {releve.id: Line(releve.minutes, releve.constat) for releve in releves}
    hours.settle(found["counted"], lines, valider, by=ba, read=reading(sheet_of(releves)))
    found["releve"] = next(releve for releve in releves if releve.is_of(vo))
    attestation = hours.attest(vo, action=found["counted"], annee=0, publisher="La Raffinerie")
    return found | {"attestation": attestation, "code": attestation.code}


def letters(world: World) -> dict[str, Any]:
    """One that VO received of BA's doing, one that could not leave; a way in that was asked for."""
    vo, ba = world.people["VO"], world.people["BA"]
    for cle in ("lettre", "panne"):
        outbox.post("connexion", cle, to=vo.email, personne_id=vo.id, par_id=ba.id, nom=vo.nom)
    sent, stuck = (db.session.query(Message).filter_by(cle=cle).one() for cle in ("lettre", "panne"))
    sent.envoye_le, sent.objet, sent.texte = clock.now(), "Bonjour", "À bientôt."
    stuck.abandonne_le = clock.now()
    with clock.freeze(clock.now() + timedelta(hours=1)):
        jeton = entree.ask_link(vo.email, suite="/")
    return {
        "letter": sent,
        "stuck": stuck,
        "entry": security.seal("connexion", jeton.id, jeton.generation),
        "agenda": security.seal("agenda", vo.id, vo.agenda_generation),
    }


def paid(world: World) -> dict[str, Any]:
    """An action of which the pôle of PM has a part, whose invoice is paid and whose profit waits; one that was refused."""
    ba, tr = world.people["BA"], world.people["TR"]
    action = builders.in_validation(ba, world.pm, titre="Payée")
    for voice in (world.pm, world.po):
        builders.opinion(action, voice, builders.favorable())
    interpole.close(action, by=world.po.member)
    devis.add(builders.devis(action), by=ba, libelle="Repas", unite=Unite.FORFAIT, prix=50_00, pole_id=world.pm.pole.id)
    builders.accepted(action)
    for step in (processus.ouvrir, processus.clore):
        fire(step, action, by=ba)
    facture = invoices.prepare(action, NatureFacture.FACTURE, by=ba)
    emission.emit(facture, by=tr, read=emission.reading(facture))
    reglements.receive(facture, by=tr, montant=facture.reste, moyen=Moyen.VIREMENT, le=clock.today())
    ended = builders.action(ba, titre="Refusée", confirmed=False)
    actions.decide(ended, processus.refuser, by=ba, motif="Pas ici.")
    return {"paid_off": action, "accounts": partage.reading(shares.compte(action)), "ended": ended}
