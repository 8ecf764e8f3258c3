"""What the programme is about to break, said before it does: hard ends, fixed hours, two things at once. No I/O here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, product

from portal.actions.models import Etape
from portal.actions.programme import Slot
from portal.filters import duree, heure
from portal.jour_j.pli import EtatEtape, State
from portal.jour_j.programme import started

MINUTE = timedelta(minutes=1)  # less is no delay that anybody speaks of
Rows = Iterable[Sequence[Etape]]  # items that follow one another
AHEAD = (EtatEtape.A_VENIR, EtatEtape.EN_COURS)


@dataclass(frozen=True)
class Alerte:
    """What would break, by how much, in words."""

    item: Etape
    by: timedelta
    words: str


def alertes(rows: Rows, slots: Mapping[int, Slot], state: State, now: datetime) -> list[Alerte]:
    """The soonest first: at most one of each item."""
    found = [alerte for row in rows for alerte in _of_row(row, slots, state, now)]
    return sorted(found, key=lambda alerte: (alerte.item.debut, alerte.item.id))


def _of_row(row: Sequence[Etape], slots: Mapping[int, Slot], state: State, now: datetime) -> Iterator[Alerte]:
    reached, before = started(row, state), None
    for number, item in enumerate(row, 1):
        etat = state.step(item.id).etat
        if item.id not in slots:
            continue
        if item.ancre and etat is EtatEtape.A_VENIR and number > reached:
            yield from _of_hour(item, before, slots, state, now)
        elif item.butoir and etat in AHEAD and number >= reached:
            yield from _of_end(item, slots[item.id].fin)
        before = item


def _of_hour(item: Etape, before: Etape | None, slots: Mapping[int, Slot], state: State, now: datetime) -> Iterator[Alerte]:
    """A fixed hour that the item before runs over, or that has passed already."""
    over = slots[before.id].fin - item.debut if before and state.step(before.id).etat in AHEAD else timedelta()
    fixed = f"«\u00a0{item.titre}\u00a0» ({heure(item.debut)}, heure fixe)"
    if before and over >= MINUTE:
        yield Alerte(item, over, f"{fixed} aurait {duree(over)} de retard.")
    elif now - item.debut >= MINUTE:
        yield Alerte(item, now - item.debut, f"{fixed} devrait avoir commencé.")


def _of_end(item: Etape, end: datetime) -> Iterator[Alerte]:
    over = end - item.fin
    if over >= MINUTE:
        yield Alerte(item, over, f"«\u00a0{item.titre}\u00a0» finirait à {heure(end)}, {duree(over)} après son heure limite.")


# --- two things at once --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heurt:
    """Two items that now run at the same time, and not by plan, though one person answers for both, or one place holds both."""

    first: Etape
    second: Etape
    lasts: timedelta
    same_person: bool


def heurts(rows: Rows, slots: Mapping[int, Slot], state: State) -> list[Heurt]:
    """Those of one row are its alerts: an item never begins before the one ahead of it is expected to end."""
    ahead = [[i for i in row if i.id in slots and state.step(i.id).etat in AHEAD] for row in rows]
    pairs = ((a, b) for row, other in combinations(ahead, 2) for a, b in product(row, other))
    met = [heurt for a, b in pairs if (heurt := _met(a, b, slots))]
    return sorted(met, key=lambda heurt: slots[heurt.second.id].debut)


def _met(a: Etape, b: Etape, slots: Mapping[int, Slot]) -> Heurt | None:
    first, second = sorted((a, b), key=lambda i: (slots[i.id].debut, i.id))
    common = _common(slots[first.id], slots[second.id])
    if common < MINUTE or _common(Slot(first.debut, first.fin), Slot(second.debut, second.fin)) > timedelta():
        return None
    same_person = first.responsable_id is not None and first.responsable_id == second.responsable_id
    same_place = bool(first.lieu) and first.lieu == second.lieu
    return Heurt(first, second, common, same_person) if same_person or same_place else None


def _common(one: Slot, other: Slot) -> timedelta:
    return min(one.fin, other.fin) - max(one.debut, other.debut)
