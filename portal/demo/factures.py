"""The invoices of an action of the demonstration: a deposit once agreed, the whole once its day is over."""

from __future__ import annotations

from datetime import time, timedelta
from functools import partial

from portal import clock
from portal.actions.models import reading
from portal.demo.actions import ActionTale
from portal.demo.story import Deed, Sheet
from portal.devis.commands import Typed
from portal.factures import commands, emission, reglements
from portal.factures.models import Facture, Moyen, Nature
from portal.fields import combine


class InvoiceTale:
    """`nature`; `prepare` and `emission`, if it left: "26 j" ago, or so many days after its action; `ecarts`: how many of a
    line there really were, and why; `reglements`: how many euros came, and how.
    """

    facture: Facture

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    def plan(self) -> None:
        self.at(self.sheet["prepare"], 10, self.draw_up)
        for said in self.sheet.get("ecarts", ()):
            self.at(self.sheet["prepare"], 11, partial(self.correct, said))
        if "emission" in self.sheet:
            self.at(self.sheet["emission"], 15, self.emit)
        for said in self.sheet.get("reglements", ()):
            self.at(said["le"], 16, partial(self.receive, said))

    def at(self, when: str | int, hour: int, deed: Deed) -> None:
        story = self.action.story
        after = combine(self.action.day + timedelta(days=when), time(hour)) if isinstance(when, int) else None
        story.at(after or story.ago(f"{when} {hour}:00"), deed)

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

    def receive(self, said: Sheet) -> None:
        way, by = {"moyen": Moyen(said["moyen"]), "reference": said.get("reference", "")}, self.action.story.people["tresorier"]
        reglements.receive(self.facture, by=by, montant=round(100 * said["montant"]), le=clock.today(), **way)
