"""Reading the day: whose it is today, and everything that its page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock
from portal.actions.models import LONGEST, Action, Etape, Etat
from portal.actions.programme import Planned, Slot, lanes_of
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j.models import Entree, Genre, Jour, Phase, Point, evening_of, named
from portal.jour_j.pli import Presence, Site, State, fold, undone
from portal.jour_j.programme import Track, forecast, tracks
from portal.missions import queries as missions
from portal.missions.models import Affectation, Mission, Nature
from portal.policy import can

LAST = 12  # entries of the day's journal on the screen
WITH_ACTION = (joinedload(Jour.action),)
WITH_DAY = (
    joinedload(Jour.action).options(
        joinedload(Action.bienveillant), selectinload(Action.programme).joinedload(Etape.responsable)
    ),
    selectinload(Jour.points),
)


# --- today ---------------------------------------------------------------------------------------------------


class Mine(NamedTuple):
    """An action of today, and what the person is on it: "Bienveillant", "Référent"…; nothing for someone who only reads."""

    action: Action
    qualites: list[str]


def today_for(personne: Personne) -> list[Mine]:
    """Today's actions that this person sets up, runs or helps with, soonest first; two queries."""
    return [mine for mine in _today(personne) if mine.qualites]


def today_seen_by(personne: Personne) -> list[Mine]:
    """The same, and for those who read every day, all of today's actions; two queries."""
    return _today(personne) if can(personne, "jour.lire_tous") else today_for(personne)


def _today(personne: Personne) -> list[Mine]:
    actions = list(db.session.scalars(_of_today()))
    held = db.session.execute(
        select(Mission.action_id, Mission.nature)
        .join(Affectation, Affectation.mission_id == Mission.id)
        .where(
            Affectation.personne_id == personne.id,
            Affectation.libere_le.is_(None),
            missions.told(),
            Mission.action_id.in_([a.id for a in actions]),
        )
        .order_by(Mission.debut, Mission.id)
    ).all()
    return [Mine(a, _qualites(a, personne, [nature for id, nature in held if id == a.id])) for a in actions]


def _of_today() -> Select[Action]:
    """Those that touch today at La Réunion once confirmed, and those whose site is still open, whatever the hour."""
    start = clock.start_of(clock.today())
    touches = and_(Action.fin > start, Action.debut > start - LONGEST)  # the index knows when they begin
    return (
        select(Action)
        .where(
            or_(Action.etat == Etat.EN_COURS, Action.etat.in_((Etat.CONFIRMEE, Etat.TERMINEE)) & touches),
            Action.debut < start + timedelta(days=1),
        )
        .order_by(Action.debut, Action.id)
    )


def _qualites(action: Action, personne: Personne, natures: Iterable[Nature]) -> list[str]:
    first = ["Bienveillant"] if action.bienveillant_id == personne.id else []
    return first + [nature.label for nature in dict.fromkeys(natures)]


# --- one day -------------------------------------------------------------------------------------------------


def read(id: int) -> Day:
    """The day of the action of that id, as it now is; five queries, whatever it holds."""
    return Day(db.session.scalars(select(Jour).where(Jour.action_id == id).options(*WITH_DAY)).one(), clock.now())


def entry(uuid: str) -> Entree | None:
    return db.session.get(Entree, uuid)


@dataclass(frozen=True)
class Line:
    """An entry in words: "Arrivée", of whom."""

    entree: Entree
    fait: str
    cible: str
    is_undone: bool

    @property
    def words(self) -> str:
        return f"{self.fait}\u00a0: {self.cible}" if self.cible else self.fait

    @property
    def may_be_undone(self) -> bool:
        return not self.is_undone and self.entree.genre not in (Genre.SITE, Genre.ANNULE)


@dataclass(frozen=True)
class Day:
    """The day at one instant: the plan, the people, and what the journal makes of them.

    People and journal are read when first asked for: a page made while refusing a tap is drawn after its rollback.
    """

    jour: Jour
    now: datetime

    @cached_property
    def team(self) -> list[Affectation]:
        """Référents first; one query. On the day itself somebody accepted a minute ago is there, and may be checked in."""
        return missions.known_team(self.action) if self.jour.is_too_early else missions.team_of(self.action)

    @cached_property
    def entries(self) -> list[Entree]:
        """The journal with its authors, in the order of the fold; one query."""
        whole = select(Entree).where(Entree.jour_id == self.jour.id).options(joinedload(Entree.personne))
        return list(db.session.scalars(whole.order_by(Entree.quand, Entree.uuid)))

    def after(self, entree: Entree) -> Day:
        """The same day with one entry more, read from nowhere."""
        later = Day(self.jour, self.now)
        vars(later).update(team=self.team, entries=[*self.entries, entree])
        return later

    @property
    def action(self) -> Action:
        return self.jour.action

    @cached_property
    def state(self) -> State:
        return fold(self.entries, lanes_of(self.action.programme))

    @property
    def is_too_early(self) -> bool:
        """Whether nothing of the day may be tapped yet; a site that is open never waits, even if its date was moved."""
        return self.jour.is_too_early and self.state.site is Site.FERME

    @property
    def lasts_days(self) -> bool:
        """Whether hours alone do not say when: the action goes on for more than one day and its night."""
        return evening_of(self.action.debut) < evening_of(self.action.fin - timedelta(microseconds=1))

    # the programme

    @property
    def programme(self) -> list[tuple[datetime, list[Etape]]]:
        """The items, day by day."""
        return [(day, list(items)) for day, items in groupby(self.action.programme, lambda item: evening_of(item.debut))]

    @property
    def beside(self) -> set[int]:
        """The next items beside the main thread, by id: each has a button of its own."""
        return {track.next.id for track in self.tracks[1:] if track.next}

    @cached_property
    def tracks(self) -> list[Track]:
        return tracks(self.action.programme, self.state, self.now)

    @property
    def track(self) -> Track | None:
        """The main thread, that the big button moves."""
        return self.tracks[0] if self.tracks else None

    @cached_property
    def slots(self) -> dict[int, Slot]:
        return forecast(self.action.programme, self.state, self.now)

    def moves(self, item: Planned) -> bool:
        """Whether an item runs, or is expected, at another hour than the printed programme says."""
        slot = self.slots.get(item.id)
        told = self.state.site is Site.OUVERT or self.state.step(item.id).debut
        return bool(slot and told and abs(slot.debut - item.debut) >= timedelta(minutes=1))

    def too_late(self, item: Etape) -> datetime | None:
        """When an item would end, past the end that it must keep."""
        slot = self.slots.get(item.id)
        return slot.fin if item.butoir and slot and slot.fin - item.fin >= timedelta(minutes=1) else None

    # the checklists

    @property
    def lists(self) -> list[tuple[Phase, list[Point]]]:
        return [(phase, self.points(phase)) for phase in Phase]

    def points(self, phase: Phase) -> list[Point]:
        return [p for p in self.jour.points if p.phase == phase]

    def left(self, phase: Phase) -> list[Point]:
        """The lines that nobody ticked nor set aside."""
        return [p for p in self.points(phase) if str(p.id) not in self.state.ticks]

    @property
    def phase(self) -> Phase:
        return Phase.OUVERTURE if self.state.site is Site.FERME else Phase.FERMETURE

    @property
    def forgotten(self) -> list[Point]:
        """The opening lines that an open site opened without; those ticked since stay, to be seen and taken back."""
        opened = self.state.opened
        if opened is None or self.state.site is not Site.OUVERT:
            return []
        marks = self.state.ticks
        return [p for p in self.points(Phase.OUVERTURE) if (m := marks.get(str(p.id))) is None or m.quand > opened.quand]

    @property
    def unsafe(self) -> list[Point]:
        """The critical lines that a first opening would leave open."""
        return [p for p in self.left(Phase.OUVERTURE) if p.critique] if self.state.site is Site.FERME else []

    # the people

    def author(self, id: int) -> str:
        return self._authors.get(id, "")

    @cached_property
    def _authors(self) -> dict[int, str]:
        return {e.personne_id: e.personne.prenom for e in self.entries}

    @property
    def expected(self) -> int:
        return len({a.personne_id for a in self.team})

    @property
    def present(self) -> int:
        return len({a.personne_id for a in self.team if self.state.presence(a.id) is Presence.ARRIVE})

    @cached_property
    def handed(self) -> dict[str, Affectation]:
        """By line of a checklist, the place of whoever of the team sees to it."""
        places = {str(place.id): place for place in self.team}
        return {line: places[id] for line, id in self.state.handed.items() if id in places}

    # what may be done

    @property
    def may_reopen(self) -> bool:
        """The same day only, until six the next morning; or the next mornings, while the action goes on."""
        if self.state.site is not Site.CLOS or self.action.etat is not Etat.TERMINEE:
            return False
        return self.now < self.action.fin or self._closed_this_evening

    @property
    def _closed_this_evening(self) -> bool:
        return self.state.moved is not None and evening_of(self.state.moved.quand) == evening_of(self.now)

    @property
    def ends(self) -> bool:
        """Whether the closing list is the next thing to look at."""
        return self.gesture in ("terminer", "fermer")

    @property
    def gesture(self) -> str:
        """The one big action of the moment: ouvrir, suivante, terminer, fermer, rouvrir; "" when there is none.

        Never reopening on the evening of the closing: a double tap on closing would undo it.
        """
        if self.state.site is Site.FERME:
            return "" if self.is_too_early else "ouvrir"
        if self.state.site is Site.CLOS:
            return "rouvrir" if self.may_reopen and not self._closed_this_evening else ""
        if self.track and self.track.next:
            return "suivante"
        return "terminer" if self.track and self.track.current else "fermer"

    # the journal

    @property
    def journal(self) -> list[Line]:
        """The last entries, latest first."""
        return [self.line(e) for e in self.entries[: -LAST - 1 : -1]]

    def line(self, entree: Entree) -> Line:
        target = self._names.get((entree.genre, entree.cible), "")
        fait = named(entree.genre, entree.valeur)
        if entree.genre is Genre.CONFIE:
            to = next((a.personne.prenom for a in self.team if str(a.id) == entree.valeur), "")
            fait = f"{fait} à {to}" if to else "Reprise" if not entree.valeur else fait
        return Line(entree, fait, target, entree.uuid in self._undone)

    @cached_property
    def _undone(self) -> set[str]:
        return undone(self.entries)

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        """What the targets of the entries are called."""
        targets: dict[tuple[str, str], str] = {
            **{(Genre.COCHE, str(p.id)): p.texte for p in self.jour.points},
            **{(Genre.PRESENCE, str(a.id)): a.personne.nom for a in self.team},
            **{(Genre.CONFIE, str(p.id)): p.texte for p in self.jour.points},
            **{(Genre.MESSAGE, str(a.mission_id)): a.mission.titre for a in self.team},
            **{(Genre.ETAPE, str(e.id)): e.titre for e in self.action.programme},
        }
        return targets | {
            (Genre.ANNULE, e.uuid): f"{named(e.genre, e.valeur)}, {targets.get((e.genre, e.cible), '')}".rstrip(", ")
            for e in self.entries
        }
