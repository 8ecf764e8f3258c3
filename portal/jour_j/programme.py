"""The day's programme: what follows what, what runs, what is expected when. No I/O here (live.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.actions.programme import Lane, Planned, Slot, in_lane, lanes_of
from portal.jour_j.pli import EtatEtape, Run, State


@dataclass(frozen=True)
class Track:
    """Items that follow one another: which runs, which comes next, how late they are."""

    lane: Lane
    current: Planned | None
    next: Planned | None
    drift: timedelta

    @property
    def words(self) -> str:
        return in_words(self.drift)

    @property
    def ton(self) -> str:
        return "attente" if self.drift >= timedelta(minutes=1) else "bon"


def tracks(programme: Sequence[Planned], state: State, now: datetime) -> list[Track]:
    """One per lane, the main one first: the unnamed piste, or else the first piste of the day."""
    lanes = lanes_of(programme)
    slots = forecast(programme, state, now)
    found = [_track(lane, in_lane(lane, programme, lanes), state, slots) for lane in dict.fromkeys(lanes.values())]
    return sorted(found, key=lambda t: (t.lane[1] != "", t.lane[0] != ""))


def _track(lane: Lane, items: list[Planned], state: State, slots: Mapping[int, Slot]) -> Track:
    running = [i for i in items if state.step(i.id).etat is EtatEtape.EN_COURS]
    current = running[-1] if running else None
    to_come = [i for i in items[_started(items, state) :] if state.step(i.id).etat is EtatEtape.A_VENIR]
    following = to_come[0] if to_come else None
    if current:
        drift = slots[current.id].fin - current.fin
    else:
        drift = slots[following.id].debut - following.debut if following else timedelta()
    return Track(lane, current, following, drift)


def _started(items: list[Planned], state: State) -> int:
    """How many items the lane has reached: up to the last one that was started."""
    return max((n for n, i in enumerate(items, 1) if state.step(i.id).debut), default=0)


def forecast(programme: Sequence[Planned], state: State, now: datetime) -> dict[int, Slot]:
    """When each item runs, by id: really where that is known, as expected otherwise; nothing for those passed or cancelled.

    A late item pushes the next ones of its lane, free gaps absorb the delay, an anchored item never moves and stops it.
    """
    lanes = lanes_of(programme)
    slots: dict[int, Slot] = {}
    for lane in set(lanes.values()):
        items = in_lane(lane, programme, lanes)
        reached = _started(items, state)
        free = now
        for number, item in enumerate(items, 1):
            run = state.step(item.id)
            if run.etat in (EtatEtape.PASSE, EtatEtape.ANNULE):
                continue
            slot = slots[item.id] = _slot(item, run, now, free, overtaken=number < reached)
            free = slot.fin
    return slots


def _slot(item: Planned, run: Run, now: datetime, free: datetime, *, overtaken: bool) -> Slot:
    if run.debut:
        planned = item.fin if item.ancre else run.debut + (item.fin - item.debut)
        return Slot(run.debut, run.fin or max(now, planned))
    if item.ancre or overtaken:
        return Slot(item.debut, item.fin)
    start = max(item.debut, free, now)
    return Slot(start, start + (item.fin - item.debut))


def in_words(drift: timedelta) -> str:
    """ "à l’heure", "8 min de retard", "5 min d’avance", "1 h 05 de retard"; whole minutes gone by."""
    minutes = int(drift.total_seconds() / 60)
    if not minutes:
        return "à l’heure"
    hours, rest = divmod(abs(minutes), 60)
    length = f"{hours}\u00a0h\u00a0{rest:02d}" if hours else f"{rest}\u00a0min"
    return f"{length} {'de retard' if minutes > 0 else 'd’avance'}"
