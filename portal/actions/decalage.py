"""Moving a whole action: its slot, its programme, and what the packages above say moves with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from portal import clock
from portal.actions import echeancier, programme, queries
from portal.actions.commands import ActionOver
from portal.actions.models import Action
from portal.actions.processus import decaler
from portal.comptes.models import Personne
from portal.db import lock_one
from portal.workflow import MotifMissing, News, Refusal


class UnderWay(Refusal):
    sentence = (
        "Cette action a déjà commencé : elle ne se décale plus. Annule-la avec un motif, ou note l’imprévu sur la page du jour."
    )


class Dated(Refusal):
    sentence = (
        "Cette date est promise au demandeur, ou des étapes, des missions, des besoins y tiennent\u00a0: tout change "
        "avec elle. Les anciennes dates sont remises ici\u00a0: enregistre le reste, puis décale l’action."
    )


class InThePast(Refusal):
    status = 422
    sentence = "Cette date est déjà passée : choisis un début à venir."


class NothingMoves(Refusal):
    status = 422
    sentence = "C’est déjà l’heure de cette action : rien ne bougerait."


@dataclass(frozen=True)
class Line:
    """One thing that moves, in words that outlive the transaction: where it was, where it is, and what that asks."""

    titre: str
    avant: programme.Slot
    apres: programme.Slot
    note: str = ""


@dataclass(frozen=True)
class Part:
    """What of a package moves with the action. `cle` is what must still be so when it is confirmed: who is asked again."""

    titre: str
    lines: list[Line]
    resume: str = ""
    cle: str = ""


Teller = Callable[[Action, programme.Slot], Part | None]
_tellers: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Decorator: this function says, once an action has moved from that slot, what of its package went with it."""
    _tellers.append(teller)
    return teller


@dataclass(frozen=True)
class Move:
    """All that a move of the action changes; nothing in it is a row, so that it is told once all is undone."""

    avant: programme.Slot
    apres: programme.Slot
    steps: list[Line]
    kept: list[Line]  # fixed by the clock: another day, the same hour
    clashes: list[str]  # items that run at the same time now and did not
    outside: list[str]  # items that are no more between the beginning and the end
    dated: int  # tasks whose date follows
    late: list[tuple[str, date]]  # those that are late now and were not
    parts: list[Part] = field(default_factory=list)

    @property
    def cle(self) -> str:
        """Of what is announced: with something else to announce, it is another."""
        lines = [(part.cle, [(line.titre, line.avant, line.apres) for line in part.lines]) for part in self.parts]
        return sha256(repr((self.avant, self.apres, self.steps, self.kept, self.late, lines)).encode()).hexdigest()[:32]


def shift(action: Action, *, by: Personne, debut: datetime, fin: datetime, motif: str, dire: bool = False) -> Move:
    """The action begins and ends then; its programme and its missions follow.

    The demandeur hears of it, and of `motif` only if `dire`. Raises ActionOver, UnderWay, InThePast, NothingMoves,
    MotifMissing; or whatever keeps something from following.
    """
    action = lock_one(action)
    check(action)
    before, after = programme.Slot(action.debut, action.fin), programme.Slot(debut, fin)
    if debut <= clock.now():
        raise InThePast
    if before == after:
        raise NothingMoves
    if not motif.strip():
        raise MotifMissing
    tasks = [task for task in echeancier.tasks_of(action) if task.is_open]
    late = {task.id for task in tasks if task.is_late}
    action.debut, action.fin = debut, fin
    moved, kept, clashes = _move_programme(action, before.debut)
    slots = {"avant": before.debut, "fin_avant": before.fin, "debut": debut, "fin": fin}
    said = {name: instant.isoformat() for name, instant in slots.items()}
    minutes = round((debut - before.debut).total_seconds() / 60)
    decaler.tell(action, by=by, motif=motif.strip(), minutes=minutes, dire=dire, **said)
    newly = [(task.titre, task.echeance) for task in tasks if task.is_late and task.id not in late]
    outside = [line.titre for line in moved + kept if line.apres.fin <= debut or line.apres.debut >= fin]
    parts = list(filter(None, (tell(action, before) for tell in _tellers)))
    return Move(before, after, moved, kept, clashes, outside, len(tasks), newly, parts)


def has_other_dates(news: News) -> bool:
    """Whether an edition of the sheet alone changed the dates: whoever keeps something at those raises Dated."""
    return not {"debut", "fin"}.isdisjoint(news.facts["champs"])


def check(action: Action) -> None:
    """Whether it may still move: neither over nor begun. Raises ActionOver or UnderWay."""
    if action.is_over:
        raise ActionOver
    if action.has_begun:
        raise UnderWay


def _move_programme(action: Action, start: datetime) -> tuple[list[Line], list[Line], list[str]]:
    """What moves with the action, what keeps its hour, and what that makes run at the same time."""
    items = queries.programme_of(action)
    before = programme.at_once(items)
    days = (clock.local(action.debut).date() - clock.local(start).date()).days
    slots = programme.shifted(items, action.debut - start, days)
    lines = {item.id: Line(item.titre, programme.slot_of(item), slots[item.id]) for item in items}
    for item in items:
        item.debut, item.fin = slots[item.id].debut, slots[item.id].fin
    keeps_its_hour = {item.id for item in items if programme.is_fixed(item) and action.debut != clock.same_hour(start, days)}
    moved = [line for id, line in lines.items() if id not in keeps_its_hour]
    pairs = sorted(programme.at_once(items) - before)
    clashes = [f"{lines[a].titre} et {lines[b].titre}" for a, b in pairs]
    return moved, [line for id, line in lines.items() if id in keeps_its_hour], clashes
