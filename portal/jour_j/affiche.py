"""What anybody may know of a day: its programme and its hours. No names of the team, no presence, no incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from math import ceil

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock
from portal.actions.models import Action, Etape, Etat
from portal.actions.programme import Slot
from portal.db import db
from portal.jour_j.deroule import Deroule
from portal.jour_j.models import LIVE, Jour
from portal.jour_j.pli import EtatEtape, Site
from portal.jour_j.queries import Day, moment
from portal.jour_j.soiree import evening_of

GONE = (EtatEtape.PASSE, EtatEtape.ANNULE)
SHOWN_NEXT = 3  # items on a wall
A_LINE, MOST_LINES, LINES = 16, 3, 7  # letters of a line there, its lines for one title, and for all that come (direct.css)


@dataclass(frozen=True)
class Passage:
    """An item as it is announced: printed for `prevu`, now expected for `attendu`, which is None when it will not be."""

    titre: str
    lieu: str
    piste: str
    etat: EtatEtape
    prevu: Slot
    attendu: Slot | None
    moves: bool
    missed: bool
    lags: bool

    @property
    def debut(self) -> datetime:
        return (self.attendu or self.prevu).debut


@dataclass(frozen=True)
class Affiche:
    """The programme of a day, for everybody, at one instant."""

    id: int
    titre: str
    lieu: str
    debut: datetime
    fin: datetime
    site: Site
    version: str  # what an open page shows
    deroule: Deroule

    @cached_property
    def days(self) -> list[tuple[datetime, list[Passage]]]:
        return [(day, [self._passage(item) for item in items]) for day, items in self.deroule.days]

    @property
    def now(self) -> list[Passage]:
        """What runs, the main thread first."""
        return [self._passage(self.deroule.item(id)) for id in self._running]

    @cached_property
    def _running(self) -> list[int]:
        running = [track.running for track in self.deroule.tracks if track.running]
        return [item.id for item in running] if self.site is Site.OUVERT else []

    @property
    def next(self) -> list[Passage]:
        """What comes, the soonest first."""
        if self.site is Site.CLOS:
            return []
        ahead = [p for _, passages in self.days for p in passages if p.etat is EtatEtape.A_VENIR]
        to_come = [p for p in ahead if p.attendu and p.attendu.fin > self.deroule.now and not p.lags]  # and was not jumped over
        return sorted(to_come, key=lambda p: p.debut)[:SHOWN_NEXT]

    @staticmethod
    def on_wall(passages: list[Passage]) -> list[Passage]:
        """Of those to come, as many as a wall has room for with their titles whole."""
        lines = accumulate(min(MOST_LINES, ceil(len(p.titre) / A_LINE)) for p in passages)
        return [p for p, so_far in zip(passages, lines, strict=True) if so_far <= LINES]

    def _passage(self, item: Etape) -> Passage:
        """Once the site is closed, nothing runs any more."""
        etat, printed = self.deroule.state.step(item.id).etat, Slot(item.debut, item.fin)
        if self.site is Site.CLOS and etat is EtatEtape.EN_COURS:
            etat = EtatEtape.TERMINE
        elif etat is EtatEtape.A_VENIR and item.id in self._running:  # nobody had to start it
            etat = EtatEtape.EN_COURS
        slot = None if etat in GONE else self.deroule.expected(item) or printed
        told = {"moves": self.deroule.moves(item), "missed": self.deroule.is_missed(item), "lags": self.deroule.lags(item)}
        return Passage(item.titre, item.lieu, item.piste, etat, printed, slot, **told)


def version(id: int) -> str | None:
    """What an open page shows, when anybody may see it; one query. Hours move with the minute."""
    wanted = select(Jour.version, Action.etat, Action.fin).join(Jour.action)
    row = db.session.execute(wanted.where(Jour.action_id == id, Action.en_direct.is_(True))).one_or_none()
    return moment(row.version) if row and _is_on(row.etat, row.fin) else None


def _is_on(etat: Etat, fin: datetime) -> bool:
    """From its confirmation to the end of its day; a site that is still open goes on."""
    return etat is Etat.EN_COURS or (etat in LIVE and evening_of(clock.now()) <= evening_of(fin))


def read(id: int, version: str) -> Affiche:
    """Three queries; `version` is what it was just found to be."""
    whole = select(Jour).where(Jour.action_id == id).options(joinedload(Jour.action).options(selectinload(Action.programme)))
    day = Day(db.session.scalars(whole).one(), clock.now())
    action = day.action
    return Affiche(id, action.titre, action.lieu, action.debut, action.fin, day.state.site, version, day.deroule)
