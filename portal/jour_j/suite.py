"""What the big button will say next, and after that: a phone without network goes on from there."""

from __future__ import annotations

from typing import NamedTuple

from portal.jour_j.fil import Line
from portal.jour_j.models import Genre
from portal.jour_j.pli import EtatEtape
from portal.jour_j.queries import Day

FAITS = {  # what a tap has done, in the words of its toast: the result, not the order
    Genre.ETAPE: {
        "debut": "Commencée", "fin": "Terminée", "passe": "Sautée", "annule": "Annulée", "a_venir": "Remise à venir",
    },
    Genre.INCIDENT: dict.fromkeys(("", "leger", "serieux", "grave"), "Incident noté"),
    Genre.SUITE: {"": "Suite ajoutée"},
    Genre.CHARGE: {"passe": "Main passée", "prend": "Tu as la main"},
    Genre.MESSAGE: {"": "Message envoyé"},
    Genre.CONFIE: {"": "Reprise"},
    Genre.ANNULE: {"": "Annulé"},
}  # fmt: skip
OPENINGS = {"ouvrir": "Ouvrir le site", "rouvrir": "Rouvrir le site", "continuer": "Continuer aujourd’hui"}


class Geste(NamedTuple):
    """A tap of the big button; `key` names it on the phone."""

    genre: Genre
    cible: object
    valeur: str
    label: str
    icon: str

    @property
    def key(self) -> str:
        return f"{self.genre}:{self.cible}:{self.valeur}"


def done(genre: str, valeur: str) -> str:
    """ "Commencée", "Incident noté"; nothing of what already says its result."""
    if genre == Genre.CONFIE and valeur:
        return "Confiée"
    return FAITS.get(Genre(genre), {}).get(valeur, "")


def told(line: Line) -> str:
    """What an entry of the journal has done."""
    entree = line.entree
    said = done(entree.genre, entree.valeur) or line.fait
    if line.is_repeat:
        said = f"Déjà {said.lower()}"
    return f"{said}\u00a0: {line.cible}" if line.cible else said


def following(day: Day) -> list[Geste]:
    """The gestures of the main thread, each the one that the button will say once those before it are done."""
    opens = OPENINGS.get(day.gesture)
    first = [Geste(Genre.SITE, "", "ouvrir", opens, "door-open")] if opens else []
    return [*first, *_items(day)]


def _items(day: Day) -> list[Geste]:
    """The items to come, each of which ends the one before; then the end of the last."""
    if not day.gesture or day.track is None:
        return []
    row, following = day.deroule.plan.rows[day.track.lane], day.track.next
    left = row[row.index(following) :] if following else []
    to_come = [item for item in left if day.state.step(item.id).etat is EtatEtape.A_VENIR]
    starts = [Geste(Genre.ETAPE, i.id, "debut", f"Commencer\u00a0: {_title(day, i.id)}", "skip-forward") for i in to_come]
    last = to_come[-1] if to_come else day.track.current
    ends = [Geste(Genre.ETAPE, last.id, "fin", f"Terminer\u00a0: {_title(day, last.id)}", "square")] if last else []
    return [*starts, *ends]


def _title(day: Day, id: int) -> str:
    return day.deroule.item(id).titre
