"""One action of the demonstration, a page of `fiches`: from the call to where it stands today."""

from __future__ import annotations

from functools import partial

from portal.actions import commands as actions
from portal.actions.models import WORKFLOW, Action, Canal, TypeAction, enregistrer
from portal.comptes.models import Personne
from portal.demo.story import Sheet, Story, prose, slot, some


class ActionTale:
    """`recue`: entered in the portal; `accord`: confirmed, with its programme; `fin`: how it stopped."""

    action: Action

    def __init__(self, story: Story, sheet: Sheet) -> None:
        self.story, self.sheet = story, sheet
        self.day = story.day(sheet)

    @property
    def bienveillant(self) -> Personne:
        return self.story.people[self.sheet["bienveillant"]]

    def plan(self) -> None:
        story, sheet = self.story, self.sheet
        story.at(story.ago(sheet["recue"]), self.create)
        if "accord" in sheet:
            agreed = story.ago(sheet["accord"])
            story.at(agreed, self.confirm)
            story.at(agreed, self.write_programme)
        if end := sheet.get("fin"):
            story.at(story.evening(end["le"]), partial(self.stop, end))

    def create(self) -> None:
        sheet = self.sheet
        self.action = actions.create(
            by=self.bienveillant,
            demandeur=sheet["demandeur"],
            type=TypeAction(sheet["type"]),
            canal=Canal(sheet["canal"]),
            pole_porteur=self.story.poles[sheet["pole"]],
            **some(sheet, "titre", "lieu"),
            **prose(sheet, "description", "valeurs"),
            **slot(self.day, sheet | {"jour": 0}),
        )

    def confirm(self) -> None:
        actions.decide(self.action, enregistrer, by=self.bienveillant, motif=self.sheet["motif"])

    def write_programme(self) -> None:
        for step in self.sheet.get("etape", ()):
            more = some(step, "titre", "lieu", "piste", "ancre")
            actions.add_step(self.action, by=self.bienveillant, **more, **slot(self.day, step))

    def stop(self, end: Sheet) -> None:
        transition = WORKFLOW.get(end["transition"])
        assert transition
        actions.decide(self.action, transition, by=self.bienveillant, motif=end["motif"])
