"""What one person holds and asked for."""

from __future__ import annotations

from dataclasses import dataclass

from portal.candidatures import queries as candidatures
from portal.candidatures.models import Candidature, Etat
from portal.comptes.models import Personne
from portal.missions import queries as missions
from portal.missions.models import Affectation


@dataclass(frozen=True)
class Mine:
    """The places I hold, soonest first then past ones latest first, my candidatures, and whom to call for each action."""

    to_come: list[Affectation]
    past: list[Affectation]
    applied: list[Candidature]
    contacts: dict[int, list[Personne]]

    def applied_to(self, mission_id: int) -> Candidature | None:
        """The accepted candidature behind a place; the référent's priority has none."""
        mine = (c for c in self.applied if c.mission_id == mission_id and c.etat is Etat.ACCEPTEE)
        return next(mine, None)


def of(personne: Personne) -> Mine:
    """Three queries, whatever the person did."""
    applied, held = candidatures.of_person(personne), missions.engagements(personne)
    return Mine(
        to_come=[place for place in held if not place.mission.is_past],
        past=[place for place in reversed(held) if place.mission.is_past],
        applied=applied,
        contacts=missions.contacts_of(place.mission.action for place in held),
    )
