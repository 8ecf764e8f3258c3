"""The invoices of an action of the demonstration: a deposit once agreed, the whole once its day is over."""

from __future__ import annotations

from datetime import time, timedelta
from functools import partial

from portal.actions.models import reading
from portal.demo.actions import ActionTale
from portal.demo.story import Deed, Sheet
from portal.devis.commands import Typed
from portal.factures import commands, emission
from portal.factures.models import Facture, Nature
from portal.fields import combine


class InvoiceTale:
    """`nature`; `prepare` and `emission`, if it left: "26 j" ago, or so many days after its action; `ecarts`: how many of a
    line there really were, and why.
    """

    facture: Facture

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    def plan(self) -> None:
        self.at("prepare", 10, self.draw_up)
        for said in self.sheet.get("ecarts", ()):
            self.at("prepare", 11, partial(self.correct, said))
        if "emission" in self.sheet:
            self.at("emission", 15, self.emit)

    def at(self, name: str, hour: int, deed: Deed) -> None:
        when, story = self.sheet[name], self.action.story
        after = isinstance(when, int)
        story.at(combine(self.action.day + timedelta(days=when), time(hour)) if after else story.ago(f"{when} {hour}:00"), deed)

    def draw_up(self) -> None:
        self.facture = commands.prepare(self.action.action, Nature(self.sheet["nature"]), by=self.action.bienveillant)

    def correct(self, said: Sheet) -> None:
        facture, by = self.facture, self.action.bienveillant
        line = next(line for line in facture.lignes if line.libelle == said["ligne"])
        fields = line.numbers | {"quantite": round(100 * said["quantite"]), "motif": said["motif"]}
        lines = {line.id: Typed(reading(line.numbers), fields)}
        commands.edit(facture, by=by, read=reading(facture.head), head=facture.head, lines=lines)

    def emit(self) -> None:
        emission.emit(self.facture, by=self.action.story.people["tresorier"], read=emission.reading(self.facture))
