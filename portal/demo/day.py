"""The day of an action of the demonstration, tap by tap, as its référent's phone sent it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time, timedelta
from functools import partial
from uuid import UUID

from portal import clock
from portal.actions.models import Etape, reading
from portal.comptes.models import Personne
from portal.contributions import commands as contributions
from portal.contributions import queries as hours
from portal.contributions.models import Line, sheet_of, transmettre, valider
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet, Story
from portal.fields import combine
from portal.jour_j import commands, queries
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre, Jour, Phase, Point
from portal.jour_j.pli import NON_CONFORME
from portal.missions import queries as missions
from portal.missions.models import Affectation
from portal.workflow import Transition

EARLY = timedelta(minutes=30)  # the référent looks at the team before opening
RELU, VALIDE = timedelta(days=1), timedelta(days=25)  # after the end: the référent's look at the hours, the bienveillant's
PAUSE = timedelta(minutes=30)  # an item is ended by hand unless another follows it sooner


class DayTale:
    """The site opens and closes on the référent's hours. `absents`: who never came; `incidents`: each an hour and words;
    `non_conformes`: each a line and words; `fermeture`: the word of the closing.
    """

    jour: Jour
    referent: Personne

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    @property
    def story(self) -> Story:
        return self.action.story

    def plan(self) -> None:
        """The rest is planned that morning, when the team is known."""
        first = min(post["de"] for post in self.action.sheet["mission"])
        self.story.at(combine(self.action.day, first) - EARLY, self.wake)

    def wake(self) -> None:
        action = self.action.action
        team = missions.team_of(action)
        post, self.referent = team[0].mission, team[0].personne
        self.jour = queries.read(action.id).jour
        self.story.at(post.debut + self.minutes(5, 12), partial(self.turn_the_site, Phase.OUVERTURE, "ouvrir"))
        self.story.at(post.fin - self.minutes(2, 8), partial(self.turn_the_site, Phase.FERMETURE, "fermer"))
        self.story.at(post.fin + RELU, partial(self.settle, transmettre))
        self.story.at(post.fin + VALIDE, partial(self.settle, valider))
        for place in team:
            self.expect(place)
        self.follow(action.programme)
        for incident in self.sheet.get("incidents", ()):
            self.story.at(combine(self.action.day, incident["a"]), partial(self.tap, Genre.INCIDENT, mot=incident["mot"]))

    def turn_the_site(self, phase: Phase, valeur: str) -> None:
        """The list line by line, one a minute, then the site."""
        points = [p for p in self.jour.points if p.phase is phase]
        wrong = {line["ligne"]: line["mot"] for line in self.sheet.get("non_conformes", ())}
        lines = [
            self.said(
                Genre.COCHE,
                NON_CONFORME if p.texte in wrong else "fait",
                p,
                mot=wrong.get(p.texte, ""),
                minutes_ago=len(points) - n,
            )
            for n, p in enumerate(points)
        ]
        mot = self.sheet.get("fermeture", "Tout le monde est parti.") if valeur == "fermer" else ""
        self.send([*lines, self.said(Genre.SITE, valeur, mot=mot)])

    def expect(self, place: Affectation) -> None:
        """They are there soon after their mission starts, and once the site is open; or never come."""
        missing = {self.story.people[key].id for key in self.sheet.get("absents", ())}
        valeur = "absent" if place.personne_id in missing else "arrive"
        self.story.at(place.mission.debut + self.minutes(13, 20), partial(self.tap, Genre.PRESENCE, valeur, place))

    def follow(self, programme: Iterable[Etape]) -> None:
        """Anchored items start on the minute, the others when people are ready."""
        items = list(programme)
        for item in items:
            late = timedelta() if item.ancre else self.minutes(0, 7)
            self.story.at(item.debut + late, partial(self.tap, Genre.ETAPE, "debut", item))
            later = [o for o in items if o.piste == item.piste and o.debut > item.debut]
            if not any(o.debut - item.fin < PAUSE for o in later):
                self.story.at(item.fin + self.minutes(0, 5), partial(self.tap, Genre.ETAPE, "fin", item))

    def settle(self, transition: Transition) -> None:
        """The hours, as the presences say them."""
        releves = hours.of_action(self.action.action)
        by = self.referent if transition is transmettre else self.action.bienveillant
        lines = {r.id: Line(r.minutes, r.constat) for r in releves}
        contributions.settle(self.action.action, lines, transition, by=by, read=reading(sheet_of(releves)))

    def minutes(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self.story.chance.randrange(least * 60, most * 60))

    def tap(self, genre: Genre, valeur: str = "", cible: Affectation | Etape | Point | None = None, *, mot: str = "") -> None:
        self.send([self.said(genre, valeur, cible, mot=mot)])

    def said(
        self,
        genre: Genre,
        valeur: str = "",
        cible: Affectation | Etape | Point | None = None,
        *,
        mot: str = "",
        minutes_ago: int = 0,
    ) -> Tap:
        return Tap(
            uuid=str(UUID(int=self.story.chance.getrandbits(128), version=4)),
            genre=genre,
            saisi_le=clock.now() - timedelta(minutes=minutes_ago),
            cible=str(cible.id) if cible else "",
            valeur=valeur,
            mot=mot,
        )

    def send(self, taps: list[Tap]) -> None:
        for outcome in commands.receive(self.jour, taps, by=self.referent):
            if outcome.refusal:
                raise outcome.refusal


class MorningTale(DayTale):
    """A day that the visitor opens: its référent has written to the team the evening before, and notes who comes.

    `message`; `en_retard`: who is not there yet; `confie`: the beginning of a line, and to whom it was handed.
    """

    def plan(self) -> None:
        self.story.at(combine(self.action.day - timedelta(days=1), time(18, 30)), self.wake)

    def wake(self) -> None:
        action = self.action.action
        team = missions.team_of(action)
        self.referent, self.jour = team[0].personne, queries.read(action.id).jour
        self.tap(Genre.MESSAGE, mot=self.sheet["message"])
        late = {self.story.people[key].id for key in self.sheet["en_retard"]}
        for place in team:
            if place.personne_id not in late:
                self.expect(place)
        line = next(p for p in self.jour.points if p.texte.startswith(self.sheet["confie"]["ligne"]))
        place = next(a for a in team if a.personne_id == self.story.people[self.sheet["confie"]["a"]].id)
        self.story.at(place.mission.debut + timedelta(minutes=30), partial(self.tap, Genre.CONFIE, str(place.id), line))
