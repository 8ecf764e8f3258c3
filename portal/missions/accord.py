"""How well a mission suits somebody: when they are free, what they know how to do, what they would like. No I/O here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal import clock
from portal.comptes.models import Profil
from portal.missions.models import Competence, Mission
from portal.shown import Shown

JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
DAWN = timedelta(hours=6)  # a night belongs to the evening before it


class Moment(Shown):
    """A part of the day: from 6 h, from 12 h, from 18 h until the next morning."""

    MATIN = "matin", "matin"
    APRES_MIDI = "apres_midi", "après-midi"
    SOIR = "soir", "soir"


ENDS = (DAWN, 2 * DAWN, 4 * DAWN)  # of each, counted from six in the morning
WEEK = tuple((jour, moment) for jour in JOURS for moment in Moment)


def key(jour: str, moment: Moment) -> str:
    """ "samedi-matin", as Profil.disponibilites holds it."""
    return f"{jour}-{moment}"


SLOTS = {key(jour, moment): f"{jour} {moment.label}" for jour, moment in WEEK}


def moments(debut: datetime, fin: datetime) -> Iterator[tuple[str, Moment]]:
    """The parts of days that a slot touches, in order."""
    at = clock.local(debut) - DAWN
    while at < clock.local(fin) - DAWN:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        moment, end = next((moment, midnight + end) for moment, end in zip(Moment, ENDS, strict=True) if at < midnight + end)
        yield JOURS[at.weekday()], moment
        at = end


def covers(disponibilites: Collection[str], debut: datetime, fin: datetime) -> bool:
    """Whether somebody who is free then is free for the whole slot; who said nothing is not known to be."""
    return all(key(*touched) in disponibilites for touched in moments(debut, fin))


@dataclass(frozen=True)
class Accord:
    """Why a mission suits somebody, in a few words each."""

    libre: tuple[str, ...]  # "samedi matin", when they are free for the whole of it
    envies: tuple[str, ...]
    competences: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, int]:
        """Smallest first: free then, then what one would like, then what one knows how to do."""
        return -len(self.libre), -len(self.envies), -len(self.competences)

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.libre + self.envies + self.competences


def accord(profil: Profil, mission: Mission) -> Accord:
    """What of this profile this mission meets; needs `mission.action.pole_porteur`."""
    free = covers(profil.disponibilites, mission.debut, mission.fin)
    known = set(profil.competences) & set(mission.competences)
    return Accord(
        libre=(_in_words(mission),) if free else (),
        envies=tuple(words for wish, words in _offers(mission) if wish in profil.envies),
        competences=tuple(c.label.lower() for c in Competence if c in known),
    )


def _offers(mission: Mission) -> Iterator[tuple[str, str]]:
    """What it has that one may wish for, as Profil.envies holds it, and its words."""
    yield f"nature:{mission.nature}", mission.nature.label.lower()
    if pole := mission.action.pole_porteur:
        yield f"pole:{pole.id}", pole.label.lower()


def _in_words(mission: Mission) -> str:
    touched = list(moments(mission.debut, mission.fin))
    days = list(dict.fromkeys(jour for jour, _ in touched))
    if len(days) > 1:
        return "ces jours-là"
    if len(touched) == len(Moment):
        return f"{days[0]} toute la journée"
    return f"{days[0]} {' et '.join(moment.label for _, moment in touched)}"
