"""What is said to whoever takes a référent's post."""

from __future__ import annotations

from typing import Any

from portal.comptes.models import Personne
from portal.missions import queries
from portal.missions.models import Mission
from portal.web import toast

TAKEN = "Le poste de référent est à toi, les personnes en attente sont prévenues."


def say(text: str, taken: Mission | None, by: Personne, **more: Any) -> None:
    """A toast; of a post that is taken, with the places of that hour that they know of. `more`: as `toast`.

    Two at once stop nobody: one of them may be handed over.
    """
    if others := queries.known_clashes(by, taken) if taken else []:
        named = ", ".join(f"«\u00a0{other.titre}\u00a0»" for other in others)
        toast(f"{text} À la même heure que ton poste de référent, tu tiens déjà {named}.", "attention", **more)
    else:
        toast(text, **more)
