"""Every genre of message, as a whole house sends it: in text and in HTML, complete, its links leading somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from html5lib import HTMLParser
from sqlalchemy import select

from portal import clock, outbox
from portal.actions import commands as actions
from portal.actions import decalage, echanges, relais, retroplanning
from portal.actions import depot as request_links
from portal.actions import interpole as validation
from portal.actions.deliberation import Ou
from portal.actions.models import reading
from portal.actions.processus import annuler as annuler_action
from portal.actions.processus import refuser as refuser_action
from portal.besoins import commands as besoins
from portal.besoins import models as besoins_models
from portal.besoins import promesses
from portal.candidatures import attente, commands, depot
from portal.candidatures.models import accepter, mettre_en_attente, refuser
from portal.comptes import commands as comptes
from portal.comptes import entree
from portal.comptes.models import NomRole
from portal.config import ROOT
from portal.contributions import commands as contributions
from portal.contributions.models import Line, sheet_of, valider
from portal.contributions.queries import of_action as hours_of
from portal.db import db
from portal.devis import accords, envoi
from portal.devis.models import rappeler
from portal.equipe import commands as equipe
from portal.factures import commands as invoices
from portal.factures import emission, relances
from portal.factures.models import Nature as NatureFacture
from portal.jour_j import commands as day
from portal.jour_j import queries as jour_j
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre as DayGenre
from portal.jour_j.models import Jour
from portal.missions import commands as missions
from portal.missions.models import Nature, annuler
from portal.notifications import commands as worker_commands
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import GENRES, Outdated
from portal.notifications.messages import Letter
from portal.outbox import Message
from tests import builders
from tests.factures.conftest import agreed
from tests.notifications.test_messages import MAP, links, zoe

__all__ = ["zoe"]  # fixtures


def typical(zoe) -> None:
    """A house where everything that is written about has happened, with all its details."""
    awa = builders.personne("Awa Payet", telephone="+262692123456")
    entree.ask_link(awa.email, suite="/")
    comptes.add_person(nom="Inès", email="ines@example.org", roles=list(NomRole), by=zoe)
    action = builders.action(zoe)
    commands.decide(builders.candidature(builders.referent_mission(action), awa), accepter, by=zoe)
    mission = builders.mission(action, contrepartie="8 h de monnaie temps")
    for transition in (accepter, mettre_en_attente, refuser):
        commands.decide(builders.candidature(mission), transition, by=zoe, motif="Complet", mot="Une autre fois\nZoé")
    depot.send_links(awa.email)
    endings(zoe, action, "Pluie")
    builders.mission(action, titre="Parking")  # left to offer


def minimal(zoe) -> None:
    """The same with as little as can be said: no place, no word, no roles, nobody else, nothing else to do."""
    entree.ask_link(builders.personne().email, suite="/")
    comptes.add_person(nom="Inès", email="ines@example.org", by=zoe)
    action = builders.action(zoe, lieu="")
    mission = builders.mission(action, places=1, fourni="", description="")
    for transition in (accepter, mettre_en_attente, refuser):
        commands.decide(builders.candidature(mission, email="lea@example.org"), transition, by=zoe, motif="-")
    depot.send_links("Lea@Example.org")
    endings(zoe, action, "")


def quoted(zoe, motif: str) -> None:
    """A devis that waits for a groupe, one that expires soon, one that is refused, one that is agreed to."""
    kitchen = builders.pole("Cuisine", builders.Genre.GROUPE, [builders.personne("Gina")])
    waiting, soon, refused, agreed = (builders.validated(zoe, titre=titre) for titre in ("Bal", "Stage", "Noce", "Kabar"))
    envoi.ask_poles(builders.devis(waiting, pole_id=kitchen.id), by=zoe)
    rappeler.tell(builders.sent(soon), by=None)
    accords.refuse(builders.sent(refused), mot=motif or "-", by=None)
    builders.devis(agreed, pole_id=kitchen.id)
    builders.accepted(agreed)
    undone = builders.validated(zoe, titre="Baptême")
    accords.undo(builders.accepted(undone), by=builders.bienveillant("Rose"), motif=motif or "-")


def invoiced(zoe, motif: str) -> None:
    """A deposit that nobody pays; another, that an avoir took back."""
    rita = builders.personne("Rita Payet", [builders.TRESORIER])
    with clock.freeze(clock.now() - timedelta(days=120)):
        late = agreed(zoe, rita).issued(NatureFacture.ACOMPTE)
    for rang, days in ((1, 60), (2, 30), (3, 1)):
        with clock.freeze(clock.now() - timedelta(days=days)):
            relances.remind(late, rang, by=rita, mot=motif)
    avoir = invoices.credit(agreed(zoe, rita).issued(NatureFacture.ACOMPTE), by=rita)
    avoir.mot = "-"
    emission.emit(avoir, by=rita, read=emission.reading(avoir))


def endings(zoe, action, motif: str) -> None:
    """What ends, with its reason; a reason that the rules ask for is at least a dash."""
    freed, left = (builders.candidature(builders.mission(action, places=1)) for _ in range(2))
    for candidature in (freed, left):
        commands.decide(candidature, accepter, by=zoe)
    commands.free(freed, by=zoe, motif=motif or "-")
    commands.leave(left, motif=motif)
    changes(zoe, action, motif)
    waiting_list(action)
    needs(zoe, action, motif)
    cancelled, taken, back = builders.mission(action), builders.referent_mission(action), builders.referent_mission(action)
    for mission in (cancelled, taken, back):
        builders.candidature(mission)
    missions.decide(cancelled, annuler, by=zoe, motif=motif or "-")
    missions.take(taken, by=zoe)
    missions.take(back, by=zoe)
    missions.give_back(back, by=zoe)
    held = builders.referent_mission(action, take_post=True)
    missions.decide(held, annuler, by=builders.bienveillant("Rose"), motif=motif or "-")
    admin = builders.personne("Ada", [builders.ADMIN])
    missions.decide(builders.mission(action), annuler, by=admin, motif=motif or "-")
    missions.give_back(builders.referent_mission(action, take_post=True), by=admin, motif=motif or "-")
    short = builders.mission(action, places=1, minimum=1, alerte=20)
    equipe.invite(short, [builders.personne().id], by=zoe)
    retroplanning.add(action, by=zoe, titre="Coller les affiches", jours=20)
    db.session.commit()
    pass_time()
    stopped = builders.action(zoe, titre="Autre fête")
    retroplanning.add(stopped, by=zoe, titre="Acheter le pain", jours=2, responsable_id=builders.personne().id)
    actions.decide(stopped, annuler_action, by=admin, motif=motif or "-")
    hours(zoe, motif)
    asked_for(zoe, admin, motif)
    interpole(zoe, motif)
    quoted(zoe, motif)
    invoiced(zoe, motif)
    for genre in ("jour_ouverture", "jour_fermeture"):
        outbox.post(genre, genre, to=zoe.email, action=action.id, par=zoe.id, motif=motif, lignes=["Gaz", "Issues"])
    broken = Tap(str(uuid4()), DayGenre.INCIDENT, clock.now(), "", "grave", motif or "Feu", "La case", motif)
    runs = builders.personne("Noé Rivière")
    builders.hold(builders.referent_mission(action), runs)
    day.receive(db.session.get(Jour, action.id), [broken], by=runs)
    fault = {"action": action.id, "par": zoe.id, "quand": clock.now().isoformat(), "ligne": "Gaz coupé", "motif": motif or "-"}
    outbox.post("point_non_conforme", "point", to=zoe.email, **fault)
    line = {"personne_id": zoe.id, "voie": outbox.Voie.RESUME, "action": action.id, "par": zoe.id, "motif": motif, "lignes": []}
    outbox.post("jour_ouverture", "ligne", to=zoe.email, **line)
    worker_commands.gather(zoe.id)
    coming = builders.mission(action, fourni="" if not motif else "Repas", apporter="" if not motif else "Un chapeau")
    worker_commands.plan_reminders(builders.hold(coming, builders.personne()).id)
    with clock.freeze(action.debut):
        written = Tap(str(uuid4()), DayGenre.MESSAGE, clock.now(), str(coming.id) if motif else "", "", motif or "-")
        day.receive(jour_j.read(action.id).jour, [written], by=zoe)


def interpole(zoe, motif: str) -> None:
    """Actions on the way to a pôle, passed on, waiting for opinions on the last day, refused by a pôle, validated."""
    house = builders.interpole("Culture", "Jardin")
    culture, jardin = house.values()
    with clock.freeze(clock.now() - timedelta(days=8)):
        builders.proposed(zoe, culture.pole)
    for other in (jardin.pole, None):
        validation.pass_on(builders.proposed(zoe, culture.pole), by=culture.member, motif=motif or "-", to=other)
    with clock.freeze(clock.now() - timedelta(days=7)):
        waited_for = builders.in_validation(zoe, culture)
    builders.opinion(waited_for, culture, builders.against("ethique", motif or "-"))
    validated = builders.in_validation(zoe, culture)
    said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": motif or "-"}
    validation.decide(validated, by=culture.member, favorable=True, **said)
    db.session.commit()
    pass_time()


def changes(zoe, action, motif: str) -> None:
    """Somebody leaves at the last moment; a mission moves, another gets shorter."""
    late = builders.candidature(builders.mission(action, places=1, preavis=720))
    commands.decide(late, accepter, by=zoe)
    late.dite_le = clock.now()
    commands.leave(late, motif=motif)
    hour = timedelta(hours=1)
    for debut, fin in ((action.debut + hour, action.fin + hour), (action.debut, action.fin - hour)):
        mission = builders.mission(action)
        builders.hold(mission, builders.personne())
        builders.candidature(mission)
        slot = mission.sheet | {"debut": debut, "fin": fin}
        missions.edit(mission, by=zoe, read=reading(mission.sheet), announced=True, **slot)
    slot = {"debut": action.debut + hour, "fin": action.fin + hour}
    decalage.shift(builders.action(zoe), by=zoe, motif=motif or "-", dire=bool(motif), **slot)


def needs(zoe, action, motif: str) -> None:
    """What a groupe is asked, answers, and has promised for nothing; what somebody is given to do."""
    washer = builders.personne("Vanille Técher")
    retroplanning.add(action, by=zoe, titre="Laver les nappes", jours=3, responsable_id=washer.id)
    groupe, case = (
        builders.pole(f"Mobilier {motif}", members=[builders.personne("Gina"), zoe]),
        builders.espace(f"La case {motif}"),
    )
    two = [builders.action(zoe, titre=titre, confirmed=False) for titre in ("Kabar", "Bal")]
    first, second = (builders.besoin(one, groupe, case, mot=motif) for one in two)
    seats, hands, late = (builders.besoin(action, groupe) for _ in range(3))
    gone = builders.besoin(action, groupe)
    for besoin in (first, second, hands, gone):
        besoins.answer(besoin, besoins_models.confirmer, by=builders.personne(), quantite=None)
    besoins.answer(late, besoins_models.confirmer, by=builders.personne(), quantite=1, motif="-")
    besoins.answer(gone, besoins_models.desister, by=builders.personne(), motif=motif or "-")
    promesses.shift(action, timedelta(), by=zoe)
    besoins.take_back(hands, by=zoe)
    besoins.answer(seats, besoins_models.refuser, by=builders.personne(), motif=motif or "-")
    third = builders.besoin(
        builders.action(zoe, confirmed=False, debut=builders.in_days(5)), groupe, builders.espace(f"La cour {motif}")
    )
    besoins.answer(third, besoins_models.confirmer, by=builders.personne())
    with clock.freeze(third.action.debut):
        promesses.expire(third.id)


def waiting_list(action) -> None:
    """A place held for somebody, one that was let go, one that was taken."""
    waiting, silent, quick = (builders.in_line(builders.mission(action, places=1)) for _ in range(3))
    for candidature in (waiting, silent, quick):
        offre = builders.offer(candidature)
        if candidature is silent:
            with clock.freeze(offre.expire_le):
                attente.expire(offre.id)
    attente.take_place(quick)


def asked_for(zoe, admin, motif: str) -> None:
    """A request that waits for too long; another that is taken, spoken of, handed over, then stopped."""
    detail = {"souple": True} if motif else {"personnes": None, "contact": "", "telephone": ""}
    with clock.freeze(builders.in_days(-6)):
        late = builders.request(**detail)
    builders.request(**detail)
    worker_commands.tell_it_is_unanswered(late.id)
    taken = builders.request(**detail)
    echanges.write(taken, texte="À quelle heure ouvrez-vous ?\nMerci", cle="", by=None)
    relais.take(taken, by=zoe)
    echanges.write(taken, texte="À 8 h.", cle="", by=zoe)
    request_links.send_link(taken, by=zoe)
    rose, bruno = builders.bienveillant("Rose Técher"), builders.bienveillant("Bruno Ozoux")
    relais.offer(taken, to=bruno, by=zoe)
    relais.leave(taken, by=bruno)
    relais.offer(taken, to=rose, by=zoe)
    relais.accept(taken, by=rose)
    relais.offer(taken, to=bruno, by=rose)
    stopped = builders.request(**detail)
    actions.decide(stopped, refuser_action, by=admin, motif=motif or "-")


def hours(zoe, motif: str) -> None:
    """A day that is over: one settled and mended, one still to be looked at; and a paid mission that wants a status."""
    debut, fin = builders.in_days(-3, 9), builders.in_days(-3, 13)
    with clock.freeze(builders.in_days(-10)):
        action = builders.action(zoe, debut=debut, fin=fin)
        mission = builders.mission(action)
        builders.hold(builders.referent_mission(action), builders.personne("Rémi Fontaine"))
        builders.hold(mission, builders.personne("Léa Grondin"))
    contributions.propose(action)
    releves = hours_of(action)
    said = {r.id: Line(r.minutes, r.constat) for r in releves if r.mission is mission}
    contributions.settle(action, said, valider, by=zoe, read=reading(sheet_of(releves)))
    [releve] = [r for r in releves if r.mission is mission]
    contributions.correct(releve, Line(120, releve.constat), motif=motif or "-", by=zoe, read=reading(sheet_of([releve])))
    paid = builders.mission(builders.action(zoe), nature=Nature.CHARGE_DE_MISSION, montant=5000)
    depot.ask_statut(builders.candidature(paid), by=zoe)


def still_true() -> Iterator[tuple[Message, Letter]]:
    """The messages of the outbox, but for those that what came after them has outdated."""
    for message in db.session.scalars(select(Message).order_by(Message.id)).all():
        with suppress(Outdated):
            yield message, messages.render(message.genre, message.faits)


def test_every_genre_has_its_two_templates_and_every_template_its_genre():
    found = {path.name for path in (ROOT / "templates/messages").iterdir() if not path.name.startswith("_")}
    assert found == {f"{genre}.{kind}" for genre in GENRES for kind in ("txt", "html")}


@pytest.mark.parametrize("story", [typical, minimal])
def test_every_message_of_a_house_is_whole_in_text_and_in_html(zoe, story):
    story(zoe)
    said = list(still_true())
    assert {message.genre for message, _ in said} == GENRES.keys()
    answers = {message.faits["etat"] for message, _ in said if message.genre == "candidature_reponse"}
    assert answers == {"acceptee", "liste_attente", "refusee", "liberee"}
    for message, letter in said:
        for text in (letter.objet, letter.texte, letter.html):
            assert not re.search(r"None|\{\{|\{%|Undefined|«\s*»|:\s*[.:]|\[\]", text), text
        assert len(letter.objet.splitlines()) == 1
        assert letter.texte.startswith("Bonjour")
        assert not re.search(r"<|&#|\n\n\n", letter.texte), letter.texte
        HTMLParser(strict=True).parse(letter.html)
        in_text, in_html = links(letter.texte), {unescape(link) for link in links(letter.html)}
        assert in_text <= in_html, message.genre
        assert all(link.startswith(MAP) for link in in_html - in_text), message.genre


def test_spaces_before_french_signs_do_not_break(app):
    for path in (ROOT / "templates/messages").iterdir():
        prose = re.sub(r"<style>.*?</style>|\{[{%#].*?[}%#]\}|<[^>]*>", "", path.read_text(), flags=re.DOTALL)
        assert not re.search(r" [:;!?»]|« ", prose), path.name


def test_every_link_of_every_message_leads_somewhere(zoe, as_):
    typical(zoe)
    found = {link for _, letter in still_true() for link in links(letter.texte) if not link.startswith(MAP)}
    paths = {urlsplit(link)._replace(scheme="", netloc="").geturl() for link in found}
    assert {path.split("/")[1] for path in paths} == {
        "",
        "actions",
        "besoins",
        "comptes",
        "devis",
        "factures",
        "missions",
        "candidatures",
        "contributions",
        "jour-j",
        "equipe",
        "moi",
    }
    client = as_(zoe)
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200 or (answer.status_code, answer.location) == (303, "/"), path
