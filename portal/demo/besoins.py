"""One need of an action of the demonstration: noted, asked, answered."""

from __future__ import annotations

from functools import partial

from portal.besoins import commands as besoins
from portal.besoins.models import Besoin, confirmer, refuser
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet, slot, some
from portal.poles.models import Ressource
from portal.workflow import Transition


class NeedTale:
    """`le`: noted, and asked unless it stays a `brouillon`; `confirmer` or `refuser`: when `qui` answered for its pôle."""

    besoin: Besoin

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    def plan(self) -> None:
        story = self.action.story
        story.at(story.ago(self.sheet["le"], 7, 12), self.note)
        for transition in (confirmer, refuser):
            if transition.slug in self.sheet:
                story.at(story.evening(self.sheet[transition.slug]), partial(self.answer, transition))

    def note(self) -> None:
        tale, sheet = self.action, self.sheet
        pole = tale.story.poles[sheet["pole"]].id if "pole" in sheet else None
        when = slot(tale.day, sheet) if "de" in sheet else {"debut": tale.action.debut, "fin": tale.action.fin}
        more = some(sheet, "quantite", "unite", "mot", "depassement")
        self.besoin = besoins.add(tale.action, by=tale.bienveillant, pole_id=pole, **self._thing(), **when, **more)
        if not sheet.get("brouillon"):
            besoins.ask(self.besoin, by=tale.bienveillant)

    def _thing(self) -> Sheet:
        story, sheet = self.action.story, self.sheet
        if nom := sheet.get("espace"):
            return {"ressource": Ressource.ESPACE, "titre": nom, "espace_id": story.spaces[nom].id}
        if nom := sheet.get("materiel"):
            return {"ressource": Ressource.MATERIEL, "titre": nom, "materiel_id": story.equipment[nom].id}
        return {"ressource": Ressource(sheet["nature"]), "titre": sheet["titre"]}

    def answer(self, transition: Transition) -> None:
        said = {"quantite": self.sheet.get("accorde"), "motif": self.sheet.get("motif", "")}
        besoins.answer(self.besoin, transition, by=self.action.story.people[self.sheet["qui"]], **said)
