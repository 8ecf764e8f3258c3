"""Reading the day: whose it is today, and everything that its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock
from portal.actions.models import Action, Etape, Etat
from portal.actions.programme import Lane, Slot, lanes_of
from portal.besoins import queries as besoins
from portal.comptes import queries as comptes
from portal.comptes.models import Personne, Session
from portal.db import db, glance
from portal.jour_j.deroule import Deroule
from portal.jour_j.fil import Fil
from portal.jour_j.incidents import Incidents
from portal.jour_j.jauge import Jauge
from portal.jour_j.journees import Journees
from portal.jour_j.models import Entree, Genre, Jour, Photo, Point
from portal.jour_j.pli import Presence, Site, State, begin_another_day, fold
from portal.jour_j.programme import Track
from portal.jour_j.soiree import evening_of
from portal.jour_j.verifications import Verifications
from portal.missions import queries as missions
from portal.missions.models import Affectation, Nature
from portal.security import fingerprint

CAME = (Presence.ARRIVE, Presence.PARTI)
WITH_ACTION = (joinedload(Jour.action),)
WITH_DAY = (
    joinedload(Jour.action).options(
        joinedload(Action.bienveillant), selectinload(Action.programme).joinedload(Etape.responsable)
    ),
    selectinload(Jour.points).joinedload(Point.espace),
)


# --- one day -------------------------------------------------------------------------------------------------


def read(id: int) -> Day:
    """The day of the action of that id, as it now is; five queries, whatever it holds."""
    return Day(db.session.scalars(select(Jour).where(Jour.action_id == id).options(*WITH_DAY)).one(), clock.now())


def doors(id: int) -> list[Entree]:
    """Of the journal of that day, the site that opened and closed and the people who came and went: all that counts them."""
    counted = Entree.genre.in_((Genre.SITE, Genre.JAUGE, Genre.ANNULE))
    return list(db.session.scalars(select(Entree).where(Entree.jour_id == id, counted).order_by(Entree.quand, Entree.uuid)))


# Built once: open screens ask it all day. Reading who asks as every page does would cost more than all the rest of it.
_ASKED = (
    select(Session.personne_id, Jour.version)
    .select_from(Session)
    .join(Session.personne)
    .join(Jour, Jour.action_id == bindparam("action"))
    .where(*comptes.OPEN)
)


def asked(id: int, token: str) -> tuple[int, int] | None:
    """Whose open session this cookie is, and how many times that day has changed, if there is such a day."""
    row = glance(_ASKED, {"action": id, "empreinte": fingerprint(token)})
    return (row[0], row[1]) if row else None


def moment(number: int) -> str:
    """What tells what a screen shows now from what it showed before: that number, and the minute, since delays move with it."""
    return f"{number}-{clock.now().timestamp() // 60:.0f}"


def whole(id: int) -> Day:
    """The same with its people, its journal and what its place holds, for whoever reads it once its session is over."""
    day = read(id)
    for read_when_asked in ("places", "entries", "jauge"):
        getattr(day, read_when_asked)
    return day


def entry(uuid: str) -> Entree | None:
    return db.session.get(Entree, uuid)


@dataclass(frozen=True)
class Day(Verifications, Journees, Fil, Incidents):
    """The day at one instant: the plan, the people, and what the journal makes of them.

    People and journal are read when first asked for: a page made while refusing a tap is drawn after its rollback.
    """

    jour: Jour
    now: datetime

    @cached_property
    def places(self) -> list[Affectation]:
        """Référents first, with those given back, of which `team` keeps some; one query."""
        return missions.teams_of([self.action.id], freed=True)[self.action.id]

    @cached_property
    def held(self) -> list[Affectation]:
        """Those that give rights, are written to and handed things: nobody has given them back yet.

        On the day itself somebody accepted a minute ago is there, and may be checked in.
        """
        now = (a for a in self.places if a.libere_le is None or a.libere_le > self.now)
        return [a for a in now if a.is_told or not self.jour.is_too_early]

    @cached_property
    def team(self) -> list[Affectation]:
        """The same, and whoever came, whatever became of their place since: they are on site until they have left."""
        there = {a.id for a in self.held} | {a.id for a in self.places if self.state.presence(a.id) in CAME}
        return [a for a in self.places if a.id in there]

    @cached_property
    def entries(self) -> list[Entree]:
        """The journal with its authors, in the order of the fold; one query."""
        along = joinedload(Entree.personne), joinedload(Entree.photo)
        whole = select(Entree).where(Entree.jour_id == self.jour.id).options(*along)
        return list(db.session.scalars(whole.order_by(Entree.quand, Entree.uuid)))

    @classmethod
    def known(cls, jour: Jour, now: datetime, *, places: list[Affectation], entries: list[Entree]) -> Day:
        """A day whose people and journal were read elsewhere."""
        day = cls(jour, now)
        vars(day).update(places=places, entries=entries)
        return day

    def after(self, entree: Entree) -> Day:
        """The same day with one entry more, read from nowhere."""
        return self._with([*self.entries, entree], self.now)

    def _with(self, entries: list[Entree], now: datetime) -> Day:
        day = Day.known(self.jour, now, places=self.places, entries=entries)
        vars(day).update(lanes=self.lanes)
        return day

    @property
    def action(self) -> Action:
        return self.jour.action

    @cached_property
    def state(self) -> State:
        state = fold(self.entries, self.lanes)
        return begin_another_day(state) if self._is_another_morning(state) else state

    @cached_property
    def lanes(self) -> dict[str, Lane]:
        return lanes_of(self.action.programme)

    @property
    def is_too_early(self) -> bool:
        """Whether nothing of the day may be tapped yet; a site that is open never waits, even if its date was moved."""
        return self.jour.is_too_early and self.state.site is Site.FERME

    # the programme

    @cached_property
    def deroule(self) -> Deroule:
        closed = self.state.moved.quand if self.state.moved and self.state.site is Site.CLOS else self.now
        return Deroule(self.action.programme, self.state, min(closed, self.now))

    @property
    def programme(self) -> list[tuple[datetime, list[Etape]]]:
        """The items, day by day."""
        return self.deroule.days

    @property
    def beside(self) -> set[int]:
        """The next items beside the main thread, by id: each has a button of its own."""
        return {track.next.id for track in self.tracks[1:] if track.next}

    @property
    def tracks(self) -> list[Track]:
        return self.deroule.tracks

    @property
    def track(self) -> Track | None:
        """The main thread, that the big button moves."""
        return self.tracks[0] if self.tracks else None

    @property
    def slots(self) -> dict[int, Slot]:
        return self.deroule.slots

    # the people

    def author(self, id: int) -> str:
        return self._authors.get(id, "")

    @cached_property
    def _authors(self) -> dict[int, str]:
        return {e.personne_id: e.personne.prenom for e in self.entries}

    @property
    def people_present(self) -> list[Personne]:
        return list(dict.fromkeys(a.personne for a in self.team if self.state.presence(a.id) is Presence.ARRIVE))

    @property
    def present(self) -> int:
        return len(self.people_present)

    @property
    def runners(self) -> list[Personne]:
        """Who runs the day: its référents, and whoever set it up."""
        return list(dict.fromkeys([*self.referents, *filter(None, [self.action.bienveillant])]))

    @property
    def referents(self) -> list[Personne]:
        """Whom to see."""
        return list(dict.fromkeys(a.personne for a in self.held if a.mission.nature is Nature.REFERENT))

    @property
    def in_charge(self) -> Personne | None:
        """Exactly one while the site is open: should they run the day no more, whoever set it up, or a référent."""
        charge = self.state.charge
        if charge is None:
            return None
        named = [p for p in self.runners if p.id == charge.par]
        return next(iter([*named, *filter(None, [self.action.bienveillant]), *self.runners]), None)

    @property
    def handed_to(self) -> Personne | None:
        """To whom it is being handed."""
        return next((p for p in self.runners if str(p.id) == self.state.offered), None)

    @cached_property
    def jauge(self) -> Jauge:
        """The people on site against what the place holds; one query."""
        return Jauge(self.state.passages, self.present, besoins.capacity_of(self.action, self.now))

    # then, and what is beside the taps

    def before(self, instant: datetime) -> Day:
        """The day as it stood at that instant, read from nowhere."""
        return self._with([e for e in self.entries if e.quand <= instant], instant)

    @cached_property
    def photos(self) -> dict[str, Photo]:
        """The pictures, without their bytes, by the uuid of their entry."""
        return {e.uuid: e.photo for e in self.entries if e.photo}

    @cached_property
    def handed(self) -> dict[str, Affectation]:
        """By line of a checklist, the place of whoever of the team sees to it."""
        places = {str(place.id): place for place in self.held}
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
    def reopens(self) -> bool:
        """Whether this is another morning of an action that goes on: the house is to be opened as on the first."""
        return self.may_reopen and self._is_another_morning(self.state)

    @property
    def is_closed(self) -> bool:
        """Whether the site is closed, and no other morning is there to open it: nothing of the programme goes on."""
        return self.state.site is Site.CLOS and not self.reopens

    @property
    def ends(self) -> bool:
        """Whether the closing list is the next thing to look at."""
        return self.gesture in ("terminer", "fermer")

    @property
    def gesture(self) -> str:
        """The one big action of the moment: ouvrir, rouvrir, continuer, suivante, terminer, fermer; "" when there is none.

        Never reopening on the evening of the closing: a double tap on closing would undo it.
        """
        if self.state.site is Site.FERME:
            return "" if self.is_too_early else "ouvrir"
        if self.state.site is Site.CLOS:
            return "rouvrir" if self.reopens else ""
        if self.continues:
            return "continuer"
        if self.track and self.track.next:
            return "suivante"
        return "terminer" if self.track and self.track.current else "fermer"
