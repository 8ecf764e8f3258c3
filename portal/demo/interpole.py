"""The way of an action of the demonstration to its pôle, and what the interpôle said of it."""

from __future__ import annotations

from functools import partial

from portal import clock
from portal.actions import interpole
from portal.actions.deliberation import CRITERES, Ou, Sens
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet, Story


class ValidationTale:
    """`proposee`: when it was; `passee`: who passed it on, to which pôle; `portee`; each `avis`; the `decision`, if any.

    An opinion is favorable but for the criteria that it names.
    """

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    @property
    def story(self) -> Story:
        return self.action.story

    def plan(self) -> None:
        story, sheet = self.story, self.sheet
        story.at(story.evening(sheet["proposee"]), self.propose)
        deeds = {"passee": self.pass_on, "portee": self.take, "decision": self.decide}
        for name, deed in deeds.items():
            if name in sheet:
                story.at(story.evening(sheet[name]["le"]), partial(deed, sheet[name]))
        for said in sheet.get("avis", ()):
            story.at(story.evening(said["le"]), partial(self.give, said))

    def propose(self) -> None:
        interpole.propose(self.action.action, self.story.poles[self.action.sheet["pole"]], by=self.action.bienveillant)

    def pass_on(self, sheet: Sheet) -> None:
        by, pole = self.story.people[sheet["par"]], self.story.poles[sheet["a"]]
        interpole.pass_on(self.action.action, by=by, motif=sheet["motif"], to=pole)

    def take(self, sheet: Sheet) -> None:
        interpole.take(self.action.action, by=self.story.people[sheet["par"]])

    def give(self, sheet: Sheet) -> None:
        said = {name: Sens(sheet.get(name, "favorable")) for name in CRITERES}
        words = {f"mot_{name}": sheet.get(f"mot_{name}", "") for name in CRITERES}
        by, pole = self.story.people[sheet["qui"]], self.story.poles[sheet["pole"]]
        interpole.give(self.action.action, pole, by=by, **said, **words)

    def decide(self, sheet: Sheet) -> None:
        words = {"presents": sheet["presents"], "compte_rendu": sheet["compte_rendu"], "favorable": sheet["favorable"]}
        by = self.story.people[sheet["par"]]
        interpole.decide(self.action.action, by=by, ou=Ou(sheet["ou"]), le=clock.today(), **words)
