"""Reading the day."""

from __future__ import annotations

from portal.actions.models import Action
from portal.comptes.models import Personne


def today_for(personne: Personne) -> list[Action]:
    """Today's actions that concern this person."""
    return []
