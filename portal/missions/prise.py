"""What is said to whoever has just taken a référent's post."""

from __future__ import annotations

from typing import Any

from portal.comptes.models import Personne
from portal.missions import queries
from portal.missions.models import Mission
from portal.web import toast


def say_taken(mission: Mission, by: Personne, **more: Any) -> None:
    """Two posts at one hour stop nobody: they set both actions up, and may hand one over. `more` is for `toast`."""
    said = "Le poste de référent est à toi."
    if others := queries.clashes(by.id, mission):
        named = ", ".join(f"«\u00a0{other.titre}\u00a0»" for other in others)
        toast(f"{said} Mais tu tiens déjà, en même temps, {named}.", "attention", **more)
    else:
        toast(f"{said} Les personnes en attente sont prévenues.", **more)
