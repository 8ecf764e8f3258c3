"""The fold of the day: its state is what its entries say, in whatever order they came (docs/architecture.md). No I/O here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from portal.actions.programme import Lane
from portal.jour_j.soiree import evening_of
from portal.shown import Shown

NON_CONFORME = "non_conforme"  # of a line: somebody looked, and it is not as it should be
SKEW = timedelta(seconds=2)  # a phone's clock that is wrong by less is left alone


class Site(Shown):
    FERME = "ferme", "Pas encore ouvert", "door-closed", "attente"
    OUVERT = "ouvert", "Site ouvert", "door-open", "bon"
    CLOS = "clos", "Site fermé", "lock", "neutre"


class EtatEtape(Shown):
    A_VENIR = "a_venir", "À venir", "circle", "neutre"
    EN_COURS = "en_cours", "En cours", "play", "action"
    TERMINE = "termine", "Terminée", "check", "bon"
    PASSE = "passe", "Sautée", "skip-forward", "neutre"
    ANNULE = "annule", "Annulée", "ban", "attention"


class Presence(Shown):
    ATTENDU = "attendu", "Pas encore là", "hourglass", "neutre"
    ARRIVE = "arrive", "Sur place", "user-check", "bon"
    PARTI = "parti", "Départ", "log-out", "neutre"
    ABSENT = "absent", "Absence", "user-x", "attention"


class Gravite(Shown):
    LEGER = "leger", "Léger", "circle", "neutre"
    SERIEUX = "serieux", "Sérieux", "flag", "attente"
    GRAVE = "grave", "Grave", "triangle-alert", "attention"


class Tap(Protocol):
    """An entry, as the fold reads it; `quand` is corrected."""

    @property
    def uuid(self) -> str: ...
    @property
    def genre(self) -> str: ...
    @property
    def cible(self) -> str: ...
    @property
    def valeur(self) -> str: ...
    @property
    def mot(self) -> str: ...
    @property
    def quand(self) -> datetime: ...
    @property
    def personne_id(self) -> int: ...


@dataclass(frozen=True)
class Mark:
    """What was said last of something, when and by whom (a Personne's id)."""

    valeur: str
    quand: datetime
    par: int
    mot: str = ""
    uuid: str = field(default="", compare=False)  # of the entry that said it


@dataclass(frozen=True)
class Run:
    """What became of an item of the programme."""

    etat: EtatEtape = EtatEtape.A_VENIR
    debut: datetime | None = None
    fin: datetime | None = None


@dataclass(frozen=True)
class Change:
    """What the day makes of its plan, as it was tapped (retouches.py says what becomes of it)."""

    genre: str
    cible: str
    valeur: str


@dataclass
class State:
    """The day as it stands. Keys are the entries' `cible`; what is absent was never touched."""

    site: Site = Site.FERME
    opened: Mark | None = None  # the first opening
    moved: Mark | None = None  # the last opening or closing that had an effect
    ticks: dict[str, Mark] = field(default_factory=dict)
    presences: dict[str, Mark] = field(default_factory=dict)
    steps: dict[str, Run] = field(default_factory=dict)
    charge: Mark | None = None  # who has been in charge, and since when, while the site is open
    offered: str = ""  # to whom (a Personne's id) they hand it, and who has not taken it yet
    passages: list[tuple[datetime, int]] = field(default_factory=list)  # people of the public who came, or left
    changes: list[Change] = field(default_factory=list)  # in the order of the taps
    incidents: list[Mark] = field(default_factory=list)
    handed: dict[str, str] = field(default_factory=dict)  # by line, the place of whoever sees to it
    messages: list[str] = field(default_factory=list)  # the uuids of those that still count
    repeated: set[str] = field(default_factory=set)  # the uuids that said of an item what was already so

    def step(self, id: int) -> Run:
        return self.steps.get(str(id), Run())

    def presence(self, id: int) -> Presence:
        mark = self.presences.get(str(id))
        return Presence(mark.valeur) if mark else Presence.ATTENDU

    def is_of_another_day(self, said: datetime) -> bool:
        """Whether it was said on the day for which the site was opened, and that day is over."""
        open_still = self.site is Site.OUVERT  # nobody closed it that evening
        of_that_day = self.opened is None or evening_of(said) <= evening_of(self.opened.quand)
        return of_that_day and (open_still or self.is_of_before(said))

    def is_of_before(self, said: datetime) -> bool:
        """Whether it was said before the site closed: it says nothing of the day on which the site opens again."""
        return self.site is Site.CLOS and self.moved is not None and said <= self.moved.quand

    def closed_on(self, run: Run) -> datetime | None:
        """When the site closed on an item that ran: it ended then. Where nobody closed, nobody knows when it did."""
        return self.moved.quand if self.moved and run.debut and self.is_of_before(run.debut) else None


# --- the fold ------------------------------------------------------------------------------------------------


def fold(entries: Iterable[Tap], lanes: Mapping[str, Lane]) -> State:
    """The state that these entries make; `lanes` says which items of the programme follow one another."""
    rows = list(entries)
    gone = undone(rows)
    state = State()
    for tap in sorted(rows, key=lambda t: (t.quand, t.uuid)):
        if tap.uuid not in gone and tap.genre in _RULES:
            _RULES[tap.genre](state, tap, lanes)
    return state


def undone(entries: Iterable[Tap]) -> set[str]:
    """The uuids that no longer count, whichever of the entry and its undoing came first.

    An opening or closing is never undone (the action's state follows it, and knows no way back); nor is an undoing:
    to do again is a new entry.
    """
    rows = list(entries)
    return {t.cible for t in rows if t.genre == "annule"} - {t.uuid for t in rows if t.genre in ("site", "annule")}


def _mark(tap: Tap) -> Mark:
    return Mark(tap.valeur, tap.quand, tap.personne_id, tap.mot, tap.uuid)


def _site(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    another = state.opened is not None and evening_of(tap.quand) > evening_of(state.opened.quand)
    if tap.valeur == "ouvrir" and (state.site is not Site.OUVERT or another):
        if another:
            begin_another_day(state)
            state.opened = None
            state.passages.append((tap.quand, -sum(people for _, people in state.passages)))
        state.site, state.moved = Site.OUVERT, _mark(tap)
        state.opened = state.opened or state.moved
        state.charge = state.moved  # whoever opens is in charge
    elif tap.valeur == "fermer" and state.site is Site.OUVERT:
        state.site, state.moved = Site.CLOS, _mark(tap)
        state.charge, state.offered = None, ""


def begin_another_day(state: State) -> State:
    """Everybody is expected anew, what was checked is to be checked again, and what ran is over.

    So it is from the morning on, whoever looks, and before the site opens again: what is said from then on stays.
    """
    old = state.is_of_another_day
    state.ticks = {cible: mark for cible, mark in state.ticks.items() if not old(mark.quand)}
    state.presences = {cible: mark for cible, mark in state.presences.items() if not old(mark.quand)}
    for cible, run in state.steps.items():
        if run.etat is EtatEtape.EN_COURS and run.debut and old(run.debut):
            state.steps[cible] = Run(EtatEtape.TERMINE, run.debut, state.closed_on(run))
    return state


def _charge(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    """Exactly one is in charge while the site is open: who hands it over keeps it until somebody takes it."""
    if state.charge is None:
        return
    if tap.valeur == "passe":
        state.offered = tap.cible if tap.personne_id == state.charge.par else state.offered  # nobody gives what they lost
    elif tap.personne_id != state.charge.par:
        state.charge, state.offered = _mark(tap), ""
    else:
        state.offered = ""  # taken back


def _passage(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    state.passages.append((tap.quand, int(tap.valeur)))


def _tick(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    if tap.valeur == "defait":
        state.ticks.pop(tap.cible, None)
    elif tap.valeur == NON_CONFORME:  # its last words are what is to be mended
        state.ticks[tap.cible] = _mark(tap)
    else:
        _keep_first(state, state.ticks, tap)


def _presence(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    _keep_first(state, state.presences, tap)


def _keep_first(state: State, marks: dict[str, Mark], tap: Tap) -> None:
    """Saying the same thing again on one day keeps the first author and time, unless the site closed in between."""
    known = marks.get(tap.cible)
    if known is None or known.valeur != tap.valeur or state.is_of_before(known.quand) or _is_later_day(tap, known):
        marks[tap.cible] = _mark(tap)


def _is_later_day(tap: Tap, known: Mark) -> bool:
    return evening_of(tap.quand) > evening_of(known.quand)


def _step(state: State, tap: Tap, lanes: Mapping[str, Lane]) -> None:
    run = state.steps.get(tap.cible, Run())
    if run.etat == {"debut": EtatEtape.EN_COURS, "fin": EtatEtape.TERMINE}.get(tap.valeur, tap.valeur):
        state.repeated.add(tap.uuid)
    if tap.valeur == "debut" and run.etat is not EtatEtape.EN_COURS:
        _end_the_one_before(state, tap, lanes)
        state.steps[tap.cible] = Run(EtatEtape.EN_COURS, tap.quand)
    elif tap.valeur == "fin" and run.etat is EtatEtape.EN_COURS:
        state.steps[tap.cible] = Run(EtatEtape.TERMINE, run.debut, tap.quand)
    elif tap.valeur in ("passe", "annule", "a_venir"):
        state.steps[tap.cible] = Run(EtatEtape(tap.valeur))


def _end_the_one_before(state: State, tap: Tap, lanes: Mapping[str, Lane]) -> None:
    for cible, run in state.steps.items():
        if run.etat is EtatEtape.EN_COURS and cible in lanes and lanes[cible] == lanes.get(tap.cible):
            state.steps[cible] = Run(EtatEtape.TERMINE, run.debut, state.closed_on(run) or tap.quand)


def _change(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    """Kept for the plan; an item that has begun changes places no more, in whatever order that comes to be known."""
    begun = {cible for cible, run in state.steps.items() if run.debut}
    if tap.genre != "echange" or not begun & {tap.cible, tap.valeur}:
        state.changes.append(Change(tap.genre, tap.cible, tap.valeur))


def _incident(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    state.incidents.append(_mark(tap))


def _hand(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    state.handed[tap.cible] = tap.valeur


def _message(state: State, tap: Tap, _lanes: Mapping[str, Lane]) -> None:
    state.messages.append(tap.uuid)


_RULES: dict[str, Callable[[State, Tap, Mapping[str, Lane]], None]] = {
    "site": _site,
    "coche": _tick,
    "presence": _presence,
    "etape": _step,
    "jauge": _passage,
    "charge": _charge,
    "duree": _change,
    "decale": _change,
    "echange": _change,
    "incident": _incident,
    "confie": _hand,
    "message": _message,
}


# --- the clock of a phone ------------------------------------------------------------------------------------


def correct(tapped: datetime, *, sent: datetime, received: datetime, earliest: datetime) -> datetime:
    """The instant of a tap by the server's clock: never in the future, never before the day can have begun.

    `sent` is what the phone's clock said on sending; the difference with `received` is how wrong it is.
    """
    wrong = received - sent
    instant = tapped + wrong if abs(wrong) > SKEW else tapped
    return min(max(instant, earliest), received)
