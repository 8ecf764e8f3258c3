"""The day of an action of the demonstration, tap by tap, as its référent's phone sent it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from portal import clock
from portal.actions.models import Etape
from portal.comptes.models import Personne
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet, Story, slot
from portal.jour_j import commands, queries
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre, Jour, Phase
from portal.missions import queries as missions
from portal.missions.models import Affectation

PAUSE = timedelta(minutes=30)  # an item is ended by hand when nothing follows it sooner


class DayTale:
    """The site opens and closes on the référent's hours; `absents` are short names, `incidents` have an hour and words."""

    jour: Jour
    referent: Personne

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    @property
    def story(self) -> Story:
        return self.action.story

    def plan(self) -> None:
        """The rest is planned in the morning, when the team is known."""
        begins = slot(self.action.day, self.action.sheet | {"jour": 0})["debut"]
        self.story.at(begins - timedelta(minutes=90), self.wake)

    def wake(self) -> None:
        team = missions.team_of(self.action.action)
        post = team[0].mission
        self.jour, self.referent = queries.read(self.action.action.id).jour, team[0].personne
        self.at(post.debut + self.minutes(5, 12), partial(self.turn_the_site, Phase.OUVERTURE, "ouvrir"))
        self.at(post.fin - self.minutes(2, 8), partial(self.turn_the_site, Phase.FERMETURE, "fermer"))
        for place in team:
            self.expect(place)
        self.follow(self.action.action.programme)
        for incident in self.sheet.get("incidents", ()):
            when = slot(self.action.day, {**incident, "a": incident["de"], "fin_jour": 1})["debut"]
            self.at(when, partial(self.tap, Genre.INCIDENT, mot=incident["mot"]))

    def turn_the_site(self, phase: Phase, valeur: str) -> None:
        """Every line of the list, some minutes apart, then the site."""
        points = [p for p in self.jour.points if p.phase is phase]
        taps = [self._tap(Genre.COCHE, "fait", p, minutes_ago=len(points) - n) for n, p in enumerate(points)]
        self.send([*taps, self._tap(Genre.SITE, valeur)])

    def expect(self, place: Affectation) -> None:
        """They come about when their mission starts, once the site is open; or never do."""
        missing = {self.story.people[key].id for key in self.sheet.get("absents", ())}
        valeur = "absent" if place.personne_id in missing else "arrive"
        self.at(place.mission.debut + self.minutes(13, 20), partial(self.tap, Genre.PRESENCE, valeur, place))

    def follow(self, programme: Iterable[Etape]) -> None:
        """Anchored items start on the minute, the others when people are there."""
        items = list(programme)
        for item in items:
            late = timedelta() if item.ancre else self.minutes(0, 7)
            self.at(item.debut + late, partial(self.tap, Genre.ETAPE, "debut", item))
            if not any(o.piste == item.piste and o.debut - item.fin < PAUSE for o in items if o.debut > item.debut):
                self.at(item.fin + self.minutes(0, 5), partial(self.tap, Genre.ETAPE, "fin", item))

    def at(self, instant: datetime, deed: partial[None]) -> None:
        self.story.at(instant, deed)

    def minutes(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self.story.chance.randrange(least * 60, most * 60))

    def tap(self, genre: Genre, valeur: str = "", cible: Affectation | Etape | None = None, *, mot: str = "") -> None:
        self.send([self._tap(genre, valeur, cible, mot=mot)])

    def _tap(self, genre: Genre, valeur: str, cible: Row = None, *, mot: str = "", minutes_ago: int = 0) -> Tap:
        ...

    def send(self, taps: list[Tap]) -> None:
        for outcome in commands.receive(self.jour, taps, by=self.referent):
            if outcome.refusal:
                raise outcome.refusal
