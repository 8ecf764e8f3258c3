"""The day's programme: what follows what, what runs, what is expected when. No I/O here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.actions.programme import Lane, Limited, Slot
from portal.jour_j.pli import EtatEtape, Run, State
from portal.jour_j.retouches import Plan, promised

GONE = (EtatEtape.PASSE, EtatEtape.ANNULE)


@dataclass(frozen=True)
class Track:
    """Items that follow one another: which runs, which comes next, how late they are."""

    lane: Lane
    current: Limited | None
    next: Limited | None
    drift: timedelta
    by_itself: Limited | None = None  # not started, and taken to run now
    behind: tuple[Limited, ...] = ()  # passed over: neither started, nor skipped, nor cancelled, though a later one was

    @property
    def running(self) -> Limited | None:
        """What goes on, as far as anybody knows."""
        return self.current or self.by_itself

    @property
    def is_reordered(self) -> bool:
        """Whether what would read as an advance is only what was passed over."""
        return bool(self.behind) and self.drift < timedelta()

    @property
    def words(self) -> str:
        return "ordre changé" if self.is_reordered else in_words(self.drift)

    @property
    def ton(self) -> str:
        return "attente" if self.is_reordered or self.drift >= timedelta(minutes=1) else "bon"


def goes_by_itself(item: Limited, lane: Lane) -> bool:
    """Nobody starts an exhibition: what runs beside the others is taken to begin and to end at its hour, so it is never late.

    Should its hour matter, it is `ancre`: then one is told that nobody has started it. Once started, it is what was tapped.
    """
    return bool(lane[1]) and not item.ancre


def tracks(programme: Sequence[Limited], state: State, now: datetime) -> list[Track]:
    """One per lane, the main one first: the unnamed piste, or else the first piste of the day."""
    plan, said = Plan(programme, state.changes), promised(programme, state.changes)
    slots = forecast(programme, state, now)
    rows = {lane: _still_ahead(lane, items, state, slots, plan, now) for lane, items in plan.rows.items()}
    found = [_track(lane, items, state, slots, said.slots) for lane, items in rows.items()]
    found = [_with_the_clock(track, slots, now) for track in found]
    return sorted(found, key=lambda t: _rank(t.lane))


def _rank(lane: Lane) -> tuple[bool, bool]:
    return lane[1] != "", lane[0] != ""


def _main(plan: Plan) -> Lane | None:
    return min(plan.rows, key=_rank, default=None)


def _still_ahead(
    lane: Lane, items: list[Limited], state: State, slots: Mapping[int, Slot], plan: Plan, now: datetime
) -> list[Limited]:
    """Beside the main thread, what nobody started is to come no more once its hours are over."""
    if lane == _main(plan) or lane[1]:
        return items
    return [i for i in items if i.id not in slots or state.step(i.id).debut or now < slots[i.id].fin]


def _with_the_clock(track: Track, slots: Mapping[int, Slot], now: datetime) -> Track:
    """What goes by itself runs during its hours, and after them nothing of it is to come."""
    item = track.next
    if item is None or not goes_by_itself(item, track.lane) or now < slots[item.id].debut:
        return track
    over = now >= slots[item.id].fin
    return replace(track, next=None, drift=timedelta()) if over else replace(track, by_itself=item)


def _track(lane: Lane, items: list[Limited], state: State, slots: Mapping[int, Slot], said: Mapping[int, Slot]) -> Track:
    running = [i for i in items if state.step(i.id).etat is EtatEtape.EN_COURS]
    current = running[-1] if running else None
    reached = started(items, state)
    to_come = [i for i in items[reached:] if state.step(i.id).etat is EtatEtape.A_VENIR]
    behind = tuple(i for i in items[:reached] if state.step(i.id).etat is EtatEtape.A_VENIR)
    following = to_come[0] if to_come else None
    if current:
        drift = slots[current.id].fin - said[current.id].fin
    else:
        drift = slots[following.id].debut - said[following.id].debut if following else timedelta()
    return Track(lane, current, following, drift, behind=behind)


def started(items: Sequence[Limited], state: State) -> int:
    """How many items the lane has reached: up to the last one that was started."""
    return max((n for n, i in enumerate(items, 1) if state.step(i.id).debut), default=0)


def forecast(programme: Sequence[Limited], state: State, now: datetime) -> dict[int, Slot]:
    """When each item runs, by id: really where that is known, as expected otherwise; nothing for those passed or cancelled.

    A late item pushes the next ones of its lane, free gaps absorb the delay, an anchored item never moves and stops it.
    Only the main thread waits for somebody: what nobody started beside it keeps its hours.
    """
    plan, slots = Plan(programme, state.changes), dict[int, Slot]()
    never = min((slot.debut for slot in plan.slots.values()), default=now)
    for lane, items in plan.rows.items():
        slots |= _of_lane(lane, items, plan, state, now, now if lane == _main(plan) else never)
    return slots


def _of_lane(lane: Lane, items: list[Limited], plan: Plan, state: State, now: datetime, soonest: datetime) -> dict[int, Slot]:
    slots: dict[int, Slot] = {}
    reached, free = started(items, state), soonest
    for number, item in enumerate(items, 1):
        run, ought = state.step(item.id), plan.slots[item.id]
        if run.etat in GONE:
            continue
        stays = item.ancre or number < reached or goes_by_itself(item, lane)
        slot = slots[item.id] = _slot(item, ought, run, now, ought.debut if stays else max(ought.debut, free))
        if run.debut:
            free = max(free, slot.fin)  # an item taken up again after a later one holds back what follows both
        elif number > reached:
            free = max(soonest, slot.fin)
    return slots


def _slot(item: Limited, plan: Slot, run: Run, now: datetime, start: datetime) -> Slot:
    if run.debut:
        ought = due(item, plan, run.debut)
        return Slot(run.debut, run.fin or (max(now, ought) if run.etat is EtatEtape.EN_COURS else ought))
    return Slot(start, start + plan.lasts)


def due(item: Limited, plan: Slot, began: datetime) -> datetime:
    """When an item that runs ought to end."""
    return plan.fin if item.ancre else began + plan.lasts


def in_words(drift: timedelta) -> str:
    """ "à l’heure", "8 min de retard", "5 min d’avance", "1 h 05 de retard"; whole minutes gone by."""
    minutes = int(drift.total_seconds() / 60)
    if not minutes:
        return "à l’heure"
    hours, rest = divmod(abs(minutes), 60)
    length = f"{hours}\u00a0h\u00a0{rest:02d}" if hours else f"{rest}\u00a0min"
    return f"{length} {'de retard' if minutes > 0 else 'd’avance'}"


# --- afterwards ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ecart:
    """An item as it was printed, and as it went."""

    item: Limited
    run: Run

    @property
    def late(self) -> timedelta | None:
        """By how much it began later than printed, as hours are read; nothing of one that did not run."""
        return _minute(self.run.debut) - _minute(self.item.debut) if self.run.debut else None

    @property
    def longer(self) -> timedelta | None:
        """By how much it lasted longer; nothing while nobody has ended it."""
        if self.run.debut is None or self.run.fin is None:
            return None
        return (_minute(self.run.fin) - _minute(self.run.debut)) - (self.item.fin - self.item.debut)

    @property
    def is_open(self) -> bool:
        """Whether it began, and nobody has ended it."""
        return self.run.etat is EtatEtape.EN_COURS

    @property
    def is_left(self) -> bool:
        """Whether its day is over, and nobody knows when it ended."""
        return self.run.etat is EtatEtape.TERMINE and self.run.fin is None

    @property
    def words(self) -> str:
        """ "8 min de retard"; what became of it, if it did not run."""
        if self.late is not None:
            return in_words(self.late)
        return "Pas commencée" if self.run.etat is EtatEtape.A_VENIR else self.run.etat.label


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def ecarts(programme: Sequence[Limited], state: State) -> list[Ecart]:
    """Planned against real, in the order of the printed programme."""
    return [Ecart(item, state.step(item.id)) for item in programme]


def on_time(rows: Sequence[Ecart], most: timedelta) -> tuple[int, int]:
    """How many items began within `most` of their hour, of how many that ran."""
    ran = [row.late for row in rows if row.late is not None]
    return len([late for late in ran if abs(late) < most]), len(ran)
