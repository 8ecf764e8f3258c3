"""Missions that follow their action to another date, and what is told of it before it is done."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal import clock
from portal.comptes.models import Personne
from portal.db import lock_one
from portal.missions import creneau
from portal.missions.commands import change
from portal.missions.models import Affectation, Mission
from portal.workflow import Refusal


class BackInTime(Refusal):
    status = 422

    def __init__(self, mission: Mission):
        super().__init__(
            f"La mission «\u00a0{mission.titre}\u00a0» commencerait dans le passé\u00a0: change d’abord son créneau."
        )


def shift(mission: Mission, delta: timedelta, *, by: Personne) -> list[Affectation]:
    """It follows its action, with its phase de candidature; returns who is asked to confirm. Raises BackInTime."""
    mission = lock_one(mission)
    debut, fin = mission.debut + delta, mission.fin + delta
    if debut <= clock.now() < mission.debut:
        raise BackInTime(mission)
    asked = creneau.who_must_confirm(mission, (debut, fin), by=by)
    change(mission, asked, {"debut": debut, "fin": fin} | _phase(mission, delta), by=by)
    return asked


def _phase(mission: Mission, delta: timedelta) -> dict[str, datetime | None]:
    """A phase that has begun stays begun; its end keeps its distance to the mission, unless it fell before the beginning."""
    opens, closes = mission.candidatures_du, mission.candidatures_au
    opens = opens + delta if opens and opens > clock.now() else opens
    closes = closes + delta if closes else None
    return {"candidatures_du": opens, "candidatures_au": None if opens and closes and closes <= opens else closes}
