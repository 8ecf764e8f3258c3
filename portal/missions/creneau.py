"""A slot that changes under the people who hold a place: who has to say again that they come, until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.filters import moment
from portal.missions import queries
from portal.missions.models import Affectation, Mission, Slot, confirmer_creneau
from portal.workflow import Refusal

LONGEST = timedelta(hours=48)  # what people have to answer, when the day is far


class Unannounced(Refusal):
    """People would have to confirm, and whoever moves the slot has not been told so yet."""

    status = 422

    def __init__(self, people: int, before: datetime):
        who = "Une personne devra" if people == 1 else f"{people} personnes devront"
        place = "sa place" if people == 1 else "leur place"
        super().__init__(f"{who} confirmer avant {moment(before)}, sinon {place} se libère.")


class PlaceGone(Refusal):
    sentence = "Ta place sur cette mission n’est plus tenue : elle a été libérée entre-temps."


def is_inside(new: Slot, old: Slot) -> bool:
    """Whether whoever said yes to the old slot has said yes to the new one."""
    return old[0] <= new[0] and new[1] <= old[1]


def answer_by(debut: datetime) -> datetime:
    """48 hours, or half of what is left before it begins."""
    return clock.now() + min(LONGEST, (debut - clock.now()) / 2)


def who_must_confirm(mission: Mission, new: Slot, *, by: Personne) -> list[Affectation]:
    """Those who know of their place and did not say yes to that slot; whoever moves it knows. Nobody once it has begun."""
    if new == mission.slot or new[0] <= clock.now():
        return []
    held = [a for a in queries.active_on(mission) if a.is_told and a.personne_id != by.id]
    accepted = _accepted(mission, held)
    return [a for a in held if not is_inside(new, accepted[a.id])]


def _accepted(mission: Mission, held: Iterable[Affectation]) -> dict[int, Slot]:
    """The slot that each said yes to: the present one, or the one before the moves that still wait for their word."""
    slots = {a.id: mission.slot for a in held}
    waiting = [a.id for a in held if a.a_confirmer_avant]
    history = queries.moves_of(mission) if waiting else []
    for id in waiting:
        asked: Slot | None = None
        for entry in history:
            if id in entry.get("a_confirmer", ()):
                debut, fin = map(datetime.fromisoformat, entry["avant"])
                asked = asked or (debut, fin)
            elif "avant" in entry or entry.get("affectation") == id:
                asked = None  # back inside what they had accepted, or confirmed
        slots[id] = asked or mission.slot
    return slots


def ask_again(mission: Mission, asked: list[Affectation], old: Slot) -> dict[str, Any]:
    """The mission has its new slot: those asked get a time to answer, the others none. Returns the facts to tell."""
    before = answer_by(mission.debut)
    for held in queries.active_on(mission):
        held.a_confirmer_avant = before if held in asked else None
    return {
        "avant": [instant.isoformat() for instant in old],
        "deplacee": not is_inside(mission.slot, old),
        "a_confirmer": [held.id for held in asked],
    }


def confirm(held: Affectation | None, *, by: Personne) -> None:
    """They come at the new hour too; twice is once. Raises PlaceGone."""
    if held is None:
        raise PlaceGone
    mission = lock_one(held.mission)
    db.session.refresh(held)
    if held.libere_le:
        raise PlaceGone
    if held.a_confirmer_avant:
        held.a_confirmer_avant = None
        confirmer_creneau.tell(mission, by=by, affectation=held.id, titre=mission.titre)
