"""The invoices of an action of the demonstration: a deposit once agreed, the whole once its day is over."""

from __future__ import annotations

from functools import partial

from portal.actions.models import reading
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet
from portal.devis.commands import Typed
from portal.factures import commands, emission
from portal.factures.models import Facture, Nature


class InvoiceTale:
    """`nature`; `prepare`: when its draft was made; `ecarts`: lines, how many they really were and why; `emission`, if it left."""

    facture: Facture

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    def plan(self) -> None:
        story, sheet = self.action.story, self.sheet
        story.at(story.ago(sheet["prepare"], 9, 12), self.draw_up)
        for said in sheet.get("ecarts", ()):
            story.at(story.ago(sheet["prepare"], 12, 14), partial(self.correct, said))
        if "emission" in sheet:
            story.at(story.ago(sheet["emission"], 14, 17), self.emit)

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
