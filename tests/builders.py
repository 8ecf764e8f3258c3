"""People, actions and missions for the tests, made by the portal's own commands; what a test does not name is typical."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from portal import clock, reglage
from portal.actions import commands as actions
from portal.actions import depot as requests
from portal.actions import interpole as validation
from portal.actions.deliberation import CRITERES, Ou, Sens
from portal.actions.models import Action, Canal, TypeAction
from portal.besoins import commands as besoins
from portal.besoins.models import Besoin
from portal.candidatures import attente, depot
from portal.candidatures import commands as candidatures
from portal.candidatures.models import Candidature, Demande, Offre, mettre_en_attente
from portal.candidatures.offres import last_offer
from portal.comptes import commands as comptes
from portal.comptes.models import NomRole, Personne
from portal.db import db
from portal.devis import accords as agreements
from portal.devis import commands as quotes
from portal.devis import envoi as sending
from portal.devis import tarifs
from portal.devis.models import Devis, Tarif, Unite
from portal.missions import commands as missions
from portal.missions.models import Affectation, Mission, Nature, Origine, publier
from portal.poles import commands as poles
from portal.poles.models import Espace, Genre, Materiel, Pole, Prestation, Ressource

_number = count(1)
ADMIN, BIENVEILLANT, TRESORIER = NomRole.ADMIN, NomRole.BIENVEILLANT, NomRole.TRESORIER


def personne(
    nom: str = "Awa Payet", roles: Collection[NomRole] = (), *, email: str = "", password: str = "", **more: str
) -> Personne:
    """A confirmed person who may be asked for help; with a role, somebody of the house."""
    email = email or f"{nom.split()[0].lower()}{next(_number)}@example.org"
    made = comptes.add_person(nom=nom, email=email, roles=roles, password=password, by=None, **more)
    made.sollicitable = True
    return made


def bienveillant(nom: str = "Zoé Hoarau") -> Personne:
    return personne(nom, [BIENVEILLANT])


def pole(nom: str = "Culture", genre: Genre = Genre.POLE, members: Collection[Personne] = ()) -> Pole:
    made = poles.save_pole(None, nom=nom, genre=genre, description="", by=None)
    for member in members:
        poles.add_member(made, member, by=None)
    return made


def join(member: Personne, of: Pole) -> None:
    poles.add_member(of, member, by=None)


class Voice(NamedTuple):
    """A pôle and somebody of it."""

    pole: Pole
    member: Personne


def interpole(*noms: str) -> dict[str, Voice]:
    """These pôles, of one member each."""
    found = {}
    for nom in noms:
        member = personne(f"Membre de {nom}")
        found[nom] = Voice(pole(nom, members=[member]), member)
    return found


def proposed(by: Personne, to: Pole, **fields: Any) -> Action:
    """An action that this bienveillant proposes to that pôle."""
    made = action(by, confirmed=False, **fields)
    validation.propose(made, to, by=by)
    return made


def in_validation(by: Personne, carried_by: Voice, **fields: Any) -> Action:
    """An action that a pôle carries, and of which the interpôle gives its opinion."""
    made = proposed(by, carried_by.pole, **fields)
    validation.take(made, by=carried_by.member)
    return made


def favorable() -> dict[str, Any]:
    """What a pôle says of an action that suits it."""
    return dict.fromkeys(CRITERES, Sens.FAVORABLE) | {f"mot_{name}": "" for name in CRITERES}


def doubtful(criterion: str, mot: str = "À voir de près.") -> dict[str, Any]:
    return favorable() | {criterion: Sens.RESERVE, f"mot_{criterion}": mot}


def against(criterion: str, mot: str = "Pas ici.") -> dict[str, Any]:
    return favorable() | {criterion: Sens.DEFAVORABLE, f"mot_{criterion}": mot}


def opinion(on: Action, of: Voice, said: dict[str, Any]) -> None:
    validation.give(on, of.pole, by=of.member, **said)


def in_days(days: float, hour: int = 9) -> datetime:
    """An instant on a day from today at La Réunion, at that hour there."""
    return clock.start_of(clock.today() + timedelta(days=int(days))) + timedelta(hours=hour)


def action(by: Personne, *, confirmed: bool = True, **fields: Any) -> Action:
    """An action set up by this bienveillant, confirmed (validated outside the portal) unless said otherwise."""
    typical: dict[str, Any] = {
        "titre": "Fête du moulin",
        "type": TypeAction.MANIFESTATION,
        "canal": Canal.TELEPHONE,
        "pole_porteur": None,
        "debut": in_days(10, 9),
        "fin": in_days(10, 18),
        "lieu": "La Raffinerie, l’Hermitage",
        "description": "Une journée *ensemble*.",
        "valeurs": "Faire vivre le patrimoine.",
        "demandeur": {"nom": "Association DAL974", "contact": "", "email": "dal@example.org", "telephone": ""},
    }
    motif = "vu en réunion interpôle" if confirmed else ""
    return actions.create(by=by, outside_motif=motif, **(typical | fields))


def validated(by: Personne, **fields: Any) -> Action:
    """An action that the interpôle has validated: its devis may leave."""
    voice = next(iter(interpole(f"Pôle {next(_number)}").values()))
    made = in_validation(by, voice, **fields)
    le = clock.today()
    validation.decide(made, by=voice.member, ou=Ou.REUNION, le=le, favorable=True, compte_rendu="D’accord.")
    return made


def identity(by: Personne) -> None:
    """Who the house is, on its papers."""
    said = {
        reglage.NOM: "La Raffinerie",
        reglage.ADRESSE: "12 rue du Moulin\n97434 L’Hermitage",
        reglage.SIRET: "12345678200010",
    }
    for texte, words in said.items():
        reglage.change(texte, words, by=by)


def taxed(by: Personne) -> None:
    """The house pays TVA."""
    reglage.change(reglage.PROFIL, reglage.Profil.ASSUJETTIE, by=by)
    reglage.change(reglage.TVA_INTRA, "FR32123456782", by=by)


def tarif(libelle: str = "Heure de site", prix: int = 120_00, *, by: Personne, **fields: Any) -> Tarif:
    """A line of the price list since a month; the hour of the site, unless said otherwise."""
    typical: dict[str, Any] = {
        "detail": "", "unite": Unite.HEURE, "taux": 850, "cout": 0, "pole_id": None, "ressource": None, "espace_id": None,
        "materiel_id": None, "site": libelle == "Heure de site", "comprise": False, "du": clock.today() - timedelta(days=30),
    }  # fmt: skip
    return tarifs.add(libelle=libelle, prix=prix, by=by, **(typical | fields))


def devis(of: Action, **fields: Any) -> Devis:
    """A draft with a line of 9 hours at 120 €, that benefits the commun, for a demandeur whose address is known."""
    assert of.bienveillant
    of.demandeur.adresse = "3 chemin Bruniquel\n97434 La Saline"
    made = quotes.draft(of, by=of.bienveillant)
    if not made.lignes:
        typical = {"libelle": "Heure de site", "quantite": 900, "unite": Unite.HEURE, "prix": 120_00, "taux": 850, "site": True}
        quotes.add(made, by=of.bienveillant, **(typical | fields))
    return made


def sent(of: Action) -> Devis:
    """The devis of this action, as its demandeur received it."""
    assert of.bienveillant
    identity(of.bienveillant)
    made = devis(of)
    sending.send(made, by=of.bienveillant, force="La salle a dit oui de vive voix.")
    return made


def accepted(of: Action) -> Devis:
    made = sent(of)
    agreements.accept(made, signature=agreements.Signature("Armelle Gigan"), empreinte=made.empreinte, by=None)
    return made


def prestation(titre: str = "La grande salle", of: Pole | None = None) -> Prestation:
    """One thing that the house offers on the public page of the requests."""
    return poles.save_prestation(None, titre=titre, ressource=Ressource.HUMAIN, pole=of, by=None)


def request(**fields: Any) -> Action:
    """What a stranger asks for on the public form, for a day in twenty days; nobody has taken it."""
    typical: dict[str, Any] = {
        "cle": f"cle-de-demande-{next(_number):012d}",
        "nom": "Chorale Vwa Kréol",
        "contact": "Armelle Gigan",
        "email": "vwa@example.org",
        "telephone": "+262692000048",
        "titre": "Vingt ans de la chorale",
        "description": "Un concert et un repas.",
        "debut": in_days(20, 15),
        "fin": in_days(20, 22),
        "souple": False,
        "personnes": 120,
    }
    return requests.ask(requests.Demande(**(typical | fields)))


def espace(nom: str = "La case", parent: Espace | None = None, **more: int) -> Espace:
    """A space without margins, unless said otherwise."""
    margins = {"avant_min": 0, "apres_min": 0, "capacite": None} | more
    made = poles.save_space(None, nom=nom, parent=parent, by=None, **margins)
    db.session.flush()
    return made


def besoin(of: Action, who: Pole, thing: Espace | Materiel | None = None, *, asked: bool = True, **fields: Any) -> Besoin:
    """A need of this action, asked of this pôle: a space, an equipment, or else two people."""
    assert of.bienveillant
    chosen: dict[str, Any] = {"ressource": Ressource.HUMAIN, "titre": "Deux personnes à la sono", "quantite": 2}
    if isinstance(thing, Espace):
        chosen = {"ressource": Ressource.ESPACE, "titre": thing.nom, "espace_id": thing.id}
    elif thing:
        chosen = {"ressource": Ressource.MATERIEL, "titre": thing.nom, "materiel_id": thing.id}
    made = besoins.add(of, by=of.bienveillant, **({"debut": of.debut, "fin": of.fin, "pole_id": who.id} | chosen | fields))
    if asked:
        besoins.ask(made, by=of.bienveillant)
    return made


def mission(of: Action, *, published: bool = True, take_post: bool = False, **fields: Any) -> Mission:
    """A published volontaire mission with two places on this action, unless said otherwise."""
    assert of.bienveillant
    nature = fields.get("nature", Nature.VOLONTAIRE)
    typical: dict[str, Any] = {
        "nature": nature,
        "titre": "Accueil du public",
        "description": "Accueillir et orienter.",
        "debut": of.debut,
        "fin": of.fin,
        "places": 1 if nature is Nature.REFERENT else 2,
        "fourni": "Repas partagé",
        "contrepartie": "",
        "candidatures_du": None,
        "candidatures_au": None,
    }
    made = missions.create(of, by=of.bienveillant, take_post=take_post, **(typical | fields))
    if published:
        missions.decide(made, publier, by=of.bienveillant)
    return made


def referent_mission(of: Action, **fields: Any) -> Mission:
    return mission(of, **({"nature": Nature.REFERENT, "titre": "Référent de la journée"} | fields))


def candidature(
    to: Mission,
    by: Personne | None = None,
    *,
    nom: str = "Léa Grondin",
    email: str = "",
    waiting_list: bool = True,
    **fields: Any,
) -> Candidature:
    """An application: of this person, signed in; or of a stranger whose address is not proved."""
    number = next(_number)
    typical: dict[str, Any] = {
        "cle": f"cle-de-test-{number:012d}",
        "nom": by.nom if by else nom,
        "email": by.email if by else email or f"candidat{number}@example.org",
        "telephone": "",
        "message": "Je viens avec plaisir.",
    }
    return depot.apply(to, Demande(**(typical | fields)), waiting_list=waiting_list, by=by)


def in_line(to: Mission, by: Personne | None = None, **fields: Any) -> Candidature:
    """An application that a bienveillant put on the waiting list, and was told so an hour ago."""
    assert to.action.bienveillant
    with clock.freeze(clock.now() - timedelta(hours=1)):
        made = candidature(to, by, **fields)
        candidatures.decide(made, mettre_en_attente, by=to.action.bienveillant)
    return made


def offer(to: Candidature) -> Offre:
    """A place added to its mission is held for whoever is first in line there: it must be them."""
    to.mission.places += 1
    to.mission.a_offrir += 1
    attente.serve(to.mission_id)
    held = last_offer(to)
    assert held
    assert held.is_open
    return held


def hold(to: Mission, who: Personne) -> Affectation:
    """A place on the mission, as an accepted candidature gives it, once the answer left."""
    held = missions.assign(to, who, origine=Origine.CANDIDATURE, known_at=clock.now())
    held.cree_le = held.connue_le = clock.now() - timedelta(days=30)  # a test may look at earlier days
    return held


def cast(of: Action) -> dict[str, Personne | None]:
    """One person of each column of the matrix of rights, as this action sees them; CL is nobody signed in, like AN."""
    assert of.bienveillant
    volunteer, held = personne("Vanille Técher"), personne("Rémi Fontaine")
    for to, who in ((mission(of), volunteer), (referent_mission(of, places=1), held)):
        hold(to, who)
    member = personne("Paul Maillot")
    pole("Jardin", members=[member])
    return {
        "AN": None,
        "VO": volunteer,
        "RF": held,
        "BA": of.bienveillant,
        "BO": bienveillant("Bruno Ozoux"),
        "PM": member,
        "TR": personne("Tara Robert", [TRESORIER]),
        "AD": personne("Ada Dijoux", [ADMIN]),
    }
