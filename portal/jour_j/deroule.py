"""The programme of a day at one instant: what was printed, what the day made of it, what is expected. No I/O here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby

from portal.actions.models import Etape
from portal.actions.programme import Slot
from portal.filters import duree
from portal.jour_j import alertes
from portal.jour_j.alertes import Alerte, Heurt
from portal.jour_j.models import Genre
from portal.jour_j.pli import EtatEtape, Site, State
from portal.jour_j.programme import Ecart, Track, due, ecarts, forecast, goes_by_itself, on_time, tracks
from portal.jour_j.realise import Realise, realise
from portal.jour_j.retouches import LONGEST, SHORTEST, Plan, promised
from portal.jour_j.soiree import evening_of
from portal.workflow import Refusal

SLIPPED = timedelta(minutes=5)  # told to whoever answers for the item
CHANGES = (-10, -5, 5, 10)  # minutes that a button takes from an item, or gives it
DELAYS = (5, 10, 15, -5)  # by which it puts off what is to come; the last one takes some of it back


class NoMore(Refusal):
    """Two items change places while they follow one another, and neither has begun nor is held by the clock."""

    sentence = "Ces deux étapes ne s’échangent plus\u00a0: l’une a commencé, tient à son heure, ou n’est plus à cette place."


class HeldByTheClock(Refusal):
    sentence = "Cette étape est à heure fixe\u00a0: elle ne se décale pas."


@dataclass(frozen=True)
class Deroule:
    """What the journal's state makes of the programme, now."""

    etapes: Sequence[Etape]
    state: State
    now: datetime

    @cached_property
    def plan(self) -> Plan:
        return Plan(self.etapes, self.state.changes)

    @cached_property
    def rows(self) -> list[list[Etape]]:
        """The items that follow one another, in the order that the day gives them."""
        return [[self._known[i.id] for i in row] for row in self.plan.rows.values()]

    @cached_property
    def _known(self) -> dict[int, Etape]:
        return {item.id: item for item in self.etapes}

    def item(self, id: int) -> Etape:
        return self._known[id]

    @cached_property
    def promised(self) -> dict[int, Slot]:
        return promised(self.etapes, self.state.changes).slots

    @cached_property
    def slots(self) -> dict[int, Slot]:
        return forecast(self.etapes, self.state, self.now)

    @cached_property
    def tracks(self) -> list[Track]:
        return tracks(self.etapes, self.state, self.now)

    @property
    def items(self) -> list[Etape]:
        """In the order that the day gives them."""
        said = self.promised
        return sorted(self.etapes, key=lambda i: (said[i.id].debut, -said[i.id].fin.timestamp(), i.id))

    @property
    def days(self) -> list[tuple[datetime, list[Etape]]]:
        """The items, day by day."""
        return [(day, list(items)) for day, items in groupby(self.items, lambda i: evening_of(self.promised[i.id].debut))]

    # what is expected otherwise than printed

    def moves(self, item: Etape) -> bool:
        """Whether an item runs, or is expected, at another hour than the printed programme says."""
        expected = self.expected(item)
        return expected is not None and abs(expected.debut - item.debut) >= alertes.MINUTE

    def ends_at(self, item: Etape) -> datetime | None:
        """When an item is expected to end, if that is not when it was printed."""
        expected = self.expected(item)
        return expected.fin if expected and abs(expected.fin - item.fin) >= alertes.MINUTE else None

    def expected(self, item: Etape) -> Slot | None:
        """What is foreseen, or was, while the site is open; before that, what was decided; nothing once it is closed."""
        if self.state.site is Site.OUVERT or self.state.step(item.id).debut:
            return self.slots.get(item.id)
        return self.plan.slots[item.id] if self.state.site is Site.FERME else None

    def due(self, item: Etape) -> datetime:
        """When an item that runs ought to end."""
        began = self.state.step(item.id).debut
        return due(item, self.plan.slots[item.id], began) if began else self.slots[item.id].fin

    def too_late(self, item: Etape) -> datetime | None:
        """When an item would end, past the end that it must keep."""
        slot = self.slots.get(item.id)
        return slot.fin if item.butoir and slot and slot.fin - item.fin >= alertes.MINUTE else None

    @cached_property
    def alertes(self) -> list[Alerte]:
        return alertes.alertes(self.rows, self.slots, self.state, self.now)

    @cached_property
    def heurts(self) -> list[Heurt]:
        return alertes.heurts(self.rows, self.slots, self.state)

    def slipped(self, personne_id: int) -> list[Etape]:
        """Those of this person that will not begin when it was printed, and have not begun."""
        theirs = [i for i in self.items if i.responsable_id == personne_id and self._is_to_come(i) and self.moves(i)]
        return [i for i in theirs if (slot := self.expected(i)) and abs(slot.debut - i.debut) >= SLIPPED]

    def _is_to_come(self, item: Etape) -> bool:
        return self.state.step(item.id).etat is EtatEtape.A_VENIR

    @property
    def ecarts(self) -> list[Ecart]:
        """Planned against real."""
        return ecarts(self.etapes, self.state)

    @property
    def realise(self) -> list[Realise]:
        """The same in words."""
        dated = len({evening_of(item.debut) for item in self.etapes}) > 1
        closed = self.state.site is Site.CLOS
        return [realise(row, self.item(row.item.id).titre, closed=closed, dated=dated) for row in self.ecarts]

    @property
    def on_time(self) -> tuple[int, int]:
        return on_time(self.ecarts, SLIPPED)

    @property
    def late(self) -> dict[int, timedelta]:
        """By how much the items that are about to break are, by id."""
        return {alerte.item.id: alerte.by for alerte in self.alertes}

    @property
    def pace(self) -> str:
        """How late the main thread is; it says that it speaks of itself alone when another is late, or early."""
        main, *others = self.tracks
        apart = any(abs(track.drift) >= SLIPPED for track in others if track.running or track.next)
        return f"Fil principal\u00a0: {main.words}" if apart else main.words

    def is_missed(self, item: Etape) -> bool:
        """Whether its hours are over and nobody started it, nor said what became of it; what goes by itself is never missed."""
        slot = self.expected(item)
        goes = goes_by_itself(item, self.plan.lanes[str(item.id)])
        return self._is_to_come(item) and not goes and slot is not None and slot.fin <= self.now

    def lags(self, item: Etape) -> bool:
        """Whether its hour has come beside the main thread, and nobody started it: it is neither on nor to come."""
        slot = self.slots.get(item.id) if self.state.site is Site.OUVERT else None
        beside = not item.ancre and self.plan.lanes[str(item.id)] != self.tracks[0].lane
        return slot is not None and beside and self._is_to_come(item) and slot.debut < self.now

    @property
    def behind(self) -> list[tuple[Etape, Slot]]:
        """What was passed over today: it is still to be started, or skipped."""
        passed = sorted((i for track in self.tracks for i in track.behind), key=lambda i: self.promised[i.id].debut)
        today = evening_of(self.now)
        return [(self._known[i.id], self.promised[i.id]) for i in passed if evening_of(self.promised[i.id].fin) >= today]

    # what may be made of it

    def lengths(self, item: Etape) -> list[tuple[int, int]]:
        """By how many minutes an item may be changed, and how many it would then last."""
        lasts = int(self.plan.slots[item.id].lasts.total_seconds() // 60)
        return [(change, lasts + change) for change in CHANGES if SHORTEST <= lasts + change <= LONGEST]

    def exchange(self, item: Etape) -> Etape | None:
        """The one after it, if the two may change places."""
        other = self.plan.following(item)
        if other is None or not self.plan.may_swap(item, other) or not self._is_to_come(item):
            return None
        second = self._known[other.id]
        return second if self._is_to_come(second) else None

    def refusal(self, genre: str, cible: str, valeur: str) -> Refusal | None:
        """Why a change of these items is none any more."""
        item = self._known[int(cible)]
        if genre == Genre.DECALE and item.ancre:
            return HeldByTheClock()
        if genre == Genre.ECHANGE and ((other := self.exchange(item)) is None or str(other.id) != valeur):
            return NoMore()
        return None

    def told(self, genre: str, cible: str, valeur: str) -> str:
        """Of what item a change of the programme speaks, and what it makes of it."""
        titles = {str(item.id): item.titre for item in self.etapes}
        name = titles.get(cible, "")
        if not name:  # it has left the programme
            return ""
        if genre == Genre.DUREE:
            return f"{name}, {duree(int(valeur))}"
        if genre == Genre.DECALE:
            return f"{duree(int(valeur))} plus {'tôt' if int(valeur) < 0 else 'tard'}, à partir de {name}"
        return f"{name}, après {titles.get(valeur, '')}" if genre == Genre.ECHANGE else ""

    delays = DELAYS
    told_from = SLIPPED
