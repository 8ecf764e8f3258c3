"""What actions are made of, beside the missions: opinions, needs, bookings, tasks, messages; and years of the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from portal import clock
from portal.actions.deliberation import Avis, Decision, Ou, Sens
from portal.actions.models import Echange, Etat
from portal.actions.tache import Avancee, Tache
from portal.besoins.models import Besoin, Occupation, Pret
from portal.besoins.models import Etat as EtatBesoin
from portal.db import Base
from portal.poles.models import Materiel, Prestation, Ressource

if TYPE_CHECKING:
    from bench.data import House

Row = dict[str, Any]

KINDS = tuple(Ressource)
WAITING = (Etat.SOLLICITEE, Etat.PROPOSEE, Etat.EN_VALIDATION, Etat.VALIDEE)
OVER = (Etat.SOLDEE, Etat.TERMINEE, Etat.SOLDEE, Etat.REFUSEE, Etat.SOLDEE, Etat.ANNULEE)
MOVING = 1  # the action that its date may still change
A_DAY = 2  # actions of the past, so that no space is firmly promised twice
MOST = 50  # actions that wait in one state, needs of one kind of an action: no house has more at a time
TASKS, MESSAGES, OPINIONS = 6, 2, 2  # of each action of the past


def waiting(house: House) -> Iterator[tuple[int, Etat, datetime]]:
    """(id, state, beginning) of the actions that wait for somebody, in each state before the devis."""
    for n in range(len(WAITING) * min(house.rows, MOST)):
        morning = clock.start_of(clock.today() + timedelta(days=20 + n % 90)) + timedelta(hours=9)
        yield house.day + 1 + n, WAITING[n % len(WAITING)], morning


def past(house: House) -> Iterator[tuple[int, Etat, datetime]]:
    """Those of the years before."""
    first = house.day + 1 + len(WAITING) * min(house.rows, MOST)
    for n in range(house.past):
        morning = clock.start_of(clock.today() - timedelta(days=2 + n // A_DAY)) + timedelta(hours=9)
        yield first + n, OVER[n % len(OVER)], morning


def tables(house: House) -> Iterator[tuple[type[Base], Iterable[Row]]]:
    """Rows of the tables that only actions have, in the order of their foreign keys."""
    yield Materiel, [{"nom": f"Tables {n}", "stock": 40 * house.rows, "pole_id": 1} for n in range(house.rows)]
    yield Prestation, [{"titre": f"Offre {n}", "ressource": Ressource.HUMAIN, "pole_id": 1} for n in range(house.rows)]
    yield Avis, _opinions(house)
    yield Decision, [_decision(id, debut) for id, _, debut in past(house)]
    yield Besoin, _needs(house)
    yield Occupation, _bookings(house)
    yield Pret, _loans(house)
    yield Tache, _tasks(house)
    yield Echange, _messages(house)


def _opinions(house: House) -> Iterator[Row]:
    poles = min(house.rows, 12)
    asked = [(id, 1) for id, etat, _ in waiting(house) if etat is Etat.VALIDEE]
    for id, count in [(house.day, poles), *asked, *((id, OPINIONS) for id, _, _ in past(house))]:
        for pole in range(1, min(count, poles) + 1):
            said = dict.fromkeys(("technique", "ethique", "organisationnelle"), Sens.FAVORABLE)
            yield {"action_id": id, "pole_id": pole, "personne_id": 10, **said}


def _decision(id: int, debut: datetime) -> Row:
    le = clock.local(debut).date() - timedelta(days=30)
    return {"action_id": id, "ou": Ou.REUNION, "le": le, "favorable": True, "avis": {}, "par_id": 1}


def needs(house: House) -> Iterator[tuple[int, int, datetime, EtatBesoin, Ressource]]:
    """(id, action, beginning, state, kind): in every state on two actions, questions of the others, promises kept."""
    whole = ((house.day, clock.now() - timedelta(hours=1)), (MOVING, clock.now() + timedelta(days=8)))
    states = (EtatBesoin.BROUILLON, EtatBesoin.A_CONFIRMER, EtatBesoin.CONFIRME, EtatBesoin.REFUSE)
    in_full = (
        (id, debut, states[n // len(KINDS) % 4]) for id, debut in whole for n in range(len(KINDS) * min(house.rows, MOST))
    )
    asked = ((id, debut, EtatBesoin.A_CONFIRMER) for id, _, debut in waiting(house))
    kept = ((id, debut, EtatBesoin.CONFIRME) for id, _, debut in past(house) for _ in range(3))
    for n, (action, debut, etat) in enumerate([*in_full, *asked, *kept]):
        yield n + 1, action, debut, etat, KINDS[n % len(KINDS)]


def _needs(house: House) -> Iterator[Row]:
    for id, action, debut, etat, kind in needs(house):
        yield {
            "id": id,
            "action_id": action,
            "ressource": kind,
            "titre": f"{kind.label} {id}",
            "pole_id": 1,
            "espace_id": _space(house, action) if kind is Ressource.ESPACE else None,
            "materiel_id": 1 if kind is Ressource.MATERIEL else None,
            "debut": debut,
            "fin": debut + timedelta(hours=9),
            "etat": etat,
            "quantite_confirmee": 1 if etat is EtatBesoin.CONFIRME else None,
            "motif": "Déjà prêté" if etat is EtatBesoin.REFUSE else "",
        }


def _space(house: House, action: int) -> int:
    return 1 + action % min(A_DAY, house.rows)


def _bookings(house: House) -> Iterator[Row]:
    """Firm ones of the past, options of what is asked."""
    for id, action, debut, etat, kind in needs(house):
        if kind is Ressource.ESPACE and etat in {EtatBesoin.A_CONFIRMER, EtatBesoin.CONFIRME}:
            firm = action > house.day and etat is EtatBesoin.CONFIRME  # the others may overlap
            end = None if firm else clock.now() + timedelta(days=10)
            slot = {"debut": debut, "fin": debut + timedelta(hours=9)}
            yield {"besoin_id": id, "espace_id": _space(house, action), **slot, "ferme": firm, "expire_le": end}


def _loans(house: House) -> Iterator[Row]:
    for id, _, debut, etat, kind in needs(house):
        if kind is Ressource.MATERIEL and etat is EtatBesoin.CONFIRME:
            yield {"besoin_id": id, "materiel_id": 1, "quantite": 1, "debut": debut, "fin": debut + timedelta(hours=9)}


def _tasks(house: House) -> Iterator[Row]:
    """All done in the past; of the others, to do."""
    blank = {"responsable_id": 2, "traitee_le": None, "traitee_par_id": None, "avancee": Avancee.A_FAIRE}
    done = {"avancee": Avancee.FAIT, "traitee_le": clock.now(), "traitee_par_id": 2}
    for n in range(house.rows):
        yield {"action_id": house.day, "titre": f"Tâche {n}", "jours": n % 60, **blank}
    for id, _, _ in waiting(house):
        yield {"action_id": id, "titre": "Rappeler", "jours": 30, **blank}
    for id, _, _ in past(house):
        for n in range(TASKS):
            yield {"action_id": id, "titre": f"Tâche {n}", "jours": 5 * n, **blank, **done}


def _messages(house: House) -> Iterator[Row]:
    for n in range(house.rows):
        yield {"action_id": house.day, "personne_id": 2 if n % 2 else None, "texte": f"Un mot {n}"}
    for id, _, _ in past(house):
        for n in range(MESSAGES):
            yield {"action_id": id, "personne_id": 2 if n else None, "texte": "Merci pour cette journée."}
