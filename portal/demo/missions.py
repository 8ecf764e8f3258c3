"""One mission of the demonstration: written, published, closed, cancelled, or its post taken by priority."""

from __future__ import annotations

from datetime import time, timedelta
from functools import partial

from portal.demo.actions import ActionTale
from portal.demo.story import Sheet, prose, slot, some
from portal.equipe import commands as equipe
from portal.fields import combine
from portal.missions import commands as missions
from portal.missions.models import Mission, Nature, annuler, fermer, publier
from portal.workflow import Transition


class MissionTale:
    """`brouillon`: never published; `prise`, `fermee`, `annulee`: when its post was taken, when it closed, when it fell.

    `renfort`: who was asked to give a hand, and when.
    """

    mission: Mission

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    def plan(self) -> None:
        story, sheet, day = self.action.story, self.sheet, self.action.sheet["missions_le"]
        story.at(story.ago(day), self.create)
        if not sheet.get("brouillon"):
            story.at(story.evening(day), partial(self.decide, publier))
        if "prise" in sheet:
            story.at(story.evening(sheet["prise"]), self.take)
        for asked in sheet.get("renfort", ()):
            story.at(story.evening(asked["le"]), partial(self.invite, asked["qui"]))
        if "fermee" in sheet:
            story.at(story.evening(sheet["fermee"]), partial(self.decide, fermer))
        if "annulee" in sheet:
            story.at(story.evening(sheet["annulee"]), partial(self.decide, annuler))

    def create(self) -> None:
        self.mission = missions.create(
            self.action.action,
            by=self.action.bienveillant,
            nature=Nature(self.sheet["nature"]),
            **some(self.sheet, "titre", "places", "fourni", "contrepartie", "competences", "minimum", "alerte"),
            **prose(self.sheet, "description"),
            **slot(self.action.day, self.sheet),
            **self._phase(),
        )

    def _phase(self) -> Sheet:
        """The phase de candidature, in days from today, from six in the evening to six in the evening."""
        days = self.sheet.get("candidatures_dans", ())
        ends = (combine(self.action.story.today + timedelta(days=n), time(18)) for n in days)
        return dict(zip(("candidatures_du", "candidatures_au"), ends, strict=False))

    def take(self) -> None:
        missions.take(self.mission, by=self.action.bienveillant)

    def invite(self, keys: list[str]) -> None:
        ids = [self.action.story.people[key].id for key in keys]
        equipe.invite(self.mission, ids, by=self.action.bienveillant)

    def decide(self, transition: Transition) -> None:
        missions.decide(self.mission, transition, by=self.action.bienveillant, motif=self.sheet.get("motif", ""))
