"""What an action of the demonstration cost."""

from __future__ import annotations

from datetime import time, timedelta

from portal import clock
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet
from portal.fields import combine
from portal.partage import commands
from portal.partage.models import Nature


class CostTale:
    """`le`: so many days after its action; `pole`: who spent it, nobody for the commun."""

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    def plan(self) -> None:
        when = combine(self.action.day + timedelta(days=self.sheet["le"]), time(17))
        self.action.story.at(when, self.note)

    def note(self) -> None:
        pole = self.action.story.poles[self.sheet["pole"]].id if "pole" in self.sheet else None
        fields = {"libelle": self.sheet["libelle"], "nature": Nature(self.sheet["nature"]), "pole_id": pole}
        montant = round(100 * self.sheet["montant"])
        commands.note(self.action.action, by=self.action.bienveillant, montant=montant, le=clock.today(), **fields)
