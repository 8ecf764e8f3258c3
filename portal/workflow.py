"""What can happen to a thing, and who is told.

One Transition is at once the rule, the button, the URL slug, the permission key, the line in the
journal and the event that reactions listen to. An Event is the same for a fact that moves no state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import event as sa_event
from sqlalchemy.orm import LoaderCallableStatus
from sqlalchemy.orm.attributes import InstrumentedAttribute

from portal import journal
from portal.journal import Person


class Refusal(Exception):
    """A rule of the house says no: a status, and a French sentence that says what to do."""

    status = 409
    sentence = "Ce n’est pas possible dans l’état actuel."
    short = "impossible"  # in the list that a bulk action answers
    outside = ""  # what is said instead to whoever is not of the house, when the sentence is for the team alone

    def __init__(self, sentence: str | None = None):
        super().__init__(sentence or self.sentence)
        self.sentence = sentence or self.sentence


class TransitionRefused(Refusal):
    """The subject has moved on: this transition is no longer open."""

    sentence = "Entre-temps, la situation a changé\u00a0: cette action n’est plus possible. Voici l’état actuel."
    short = "déjà traité"


class MotifMissing(Refusal):
    """A transition that wants a reason got none."""

    status = 422
    sentence = "Un motif est nécessaire\u00a0: écris en quelques mots pourquoi."
    short = "motif manquant"


@dataclass(frozen=True)
class News:
    """What a reaction receives, inside the transaction of the change."""

    event: Event
    subject: Any
    by: Any
    motif: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    avant: StrEnum | None = None  # the state that a transition left


Reaction = Callable[[News], None]
EVENTS: dict[str, Event] = {}  # every event by its key, so that the journal is read back in French words


@dataclass(frozen=True, eq=False)
class Event:
    """A named fact: journaled, and listened to by the packages above."""

    key: str  # "candidature.accepter"
    label: str  # what its button says
    done: str = ""  # what the journal says of it, a past participle
    icon: str = "check"
    reactions: list[Reaction] = field(default_factory=list, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        EVENTS[self.key] = self

    @property
    def slug(self) -> str:
        return self.key.partition(".")[2]

    def react(self, handler: Reaction) -> Reaction:
        """Decorator: run `handler(news)` in the same transaction."""
        self.reactions.append(handler)
        return handler

    def tell(self, subject: Any, *, by: Person | None, motif: str = "", **facts: Any) -> None:
        """Journal the fact, then let the others react. Facts are plain JSON values."""
        journal.record(self.key, subject, by=by, motif=motif, faits=facts)
        self._spread(subject, by, motif, facts)

    def _spread(self, subject: Any, by: Person | None, motif: str, facts: dict[str, Any], avant: StrEnum | None = None) -> None:
        news = News(self, subject, by, motif, facts, avant)
        for handler in self.reactions:
            handler(news)


@dataclass(frozen=True, eq=False)
class Transition(Event):
    """A move from some states to one."""

    sources: frozenset[StrEnum] = frozenset()
    target: StrEnum | None = None
    needs_motif: bool = field(default=False, kw_only=True)

    def opens_from(self, state: StrEnum) -> bool:
        return state in self.sources


class Workflow:
    """The transitions of one state column; start-up refuses two with the same slug."""

    def __init__(self, column: InstrumentedAttribute[Any], transitions: Iterable[Transition]):
        listed = list(transitions)
        self._by_slug = {t.slug: t for t in listed}
        if len(self._by_slug) != len(listed):
            raise ValueError(f"two transitions of {column} share a slug")
        self._edges = {(source, t.target) for t in listed for source in t.sources}
        # active_history: the state of a row that a commit has expired is read first.
        sa_event.listen(column, "set", self._refuse_unknown_edge, active_history=True)

    def __iter__(self) -> Iterator[Transition]:
        return iter(self._by_slug.values())

    def get(self, slug: str) -> Transition | None:
        return self._by_slug.get(slug)

    def _refuse_unknown_edge(self, subject: Any, new: StrEnum, old: Any, _initiator: object) -> None:
        """Assigning the state by hand obeys the same table."""
        if old not in (LoaderCallableStatus.NO_VALUE, None, new) and (old, new) not in self._edges:
            raise TransitionRefused


def fire(transition: Transition, subject: Any, *, by: Person | None, motif: str = "", **facts: Any) -> None:
    """Move the subject, journal it, run the reactions. Raises TransitionRefused or MotifMissing before anything moves."""
    if not transition.opens_from(subject.etat):
        raise TransitionRefused
    if transition.needs_motif and not motif.strip():
        raise MotifMissing
    before, subject.etat = subject.etat, transition.target
    journal.record(transition.key, subject, by=by, motif=motif, avant=before, apres=transition.target, faits=facts)
    transition._spread(subject, by, motif, facts, before)
