"""Which pôle an action speaks to: the words that it shares with the pôles, and what was ticked; it says what it went by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from portal.fields import name_key
from portal.poles.models import Pole, Prestation

NAME, TICKED, WORD = 3, 2, 1  # what each counts for
SHORT = 4  # letters; shorter words say nothing
# Words that every request says, and that tell nothing of it.
SAID_BY_ALL = """
ainsi alors apres aussi autour autre avant avec avoir beaucoup cela cette chez comme dans deja deux donc elle elles encore entre
etre faire fait jour journee jusqu leur leurs mais meme moins nous pendant personne personnes peut plus pour quand quel quelle
reste sans sera serait soit sont sous tous tout toute toutes tres vers vient votre vous
"""
EMPTY = frozenset(SAID_BY_ALL.split())


@dataclass(frozen=True)
class Theme:
    """The pôle to propose it to, and why: words of the request, titles of what was ticked."""

    pole: Pole
    raisons: list[str]


def suggest(poles: Iterable[Pole], words: str, ticked: Iterable[Prestation] = (), *, maison: str = "") -> Theme | None:
    """The one pôle that the request speaks to most; None when it speaks to none, or to several alike.

    The words of the house's own name (`maison`) tell nothing either.
    """
    said, ticked = {stem: word for stem, word in _stems(words).items() if stem not in _stems(maison)}, list(ticked)
    found = sorted((_weigh(pole, said, ticked) for pole in poles), key=lambda weighed: -weighed[0])
    weights = [weight for weight, _ in found]
    return found[0][1] if weights[:1] > [0] and weights[:1] != weights[1:2] else None


def _weigh(pole: Pole, said: dict[str, str], ticked: list[Prestation]) -> tuple[int, Theme]:
    named = [said[stem] for stem in said if stem in _stems(pole.nom)]
    described = [said[stem] for stem in said if stem in _stems(pole.description) and said[stem] not in named]
    offered = [prestation.titre for prestation in ticked if prestation.pole_id == pole.id]
    weight = NAME * len(named) + TICKED * len(offered) + WORD * len(described)
    return weight, Theme(pole, [*named, *described, *offered])


def _stems(text: str) -> dict[str, str]:
    """The words that say something, without their plural, each with the word as it is read."""
    words = re.findall(r"[a-z]+(?:-[a-z]+)*", name_key(text))
    return {word.rstrip("sx"): word for word in words if len(word) >= SHORT and word not in EMPTY}
