"""One action of the demonstration, a page of `fiches`: from the call to where it stands today."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial

from portal.actions import commands as actions
from portal.actions import echeancier, retroplanning
from portal.actions.models import Action, Canal, TypeAction, reading
from portal.actions.processus import WORKFLOW, enregistrer
from portal.actions.tache import Tache
from portal.comptes.models import Personne
from portal.demo.story import Sheet, Story, prose, slot, some
from portal.fields import combine

EVENING = time(18, 40)


class ActionTale:
    """`recue`: entered in the portal; `accord`: confirmed, with its programme and its rétroplanning; `fin`: how it stopped."""

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
            if "motif" in sheet:  # else it is its devis that was accepted
                story.at(agreed, self.confirm)
            story.at(agreed, self.write_programme)
            if "retroplanning" in sheet:
                self.prepare(agreed, sheet["retroplanning"])
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
            **some(sheet, "titre", "lieu", "publique", "en_direct"),
            **prose(sheet, "description", "valeurs"),
            **slot(self.day, sheet | {"jour": 0}),
        )

    def confirm(self) -> None:
        actions.decide(self.action, enregistrer, by=self.bienveillant, motif=self.sheet["motif"])

    def write_programme(self) -> None:
        for step in self.sheet.get("etape", ()):
            more = some(step, "titre", "lieu", "piste", "ancre", "butoir")
            actions.add_step(self.action, by=self.bienveillant, **more, **slot(self.day, step))

    def prepare(self, agreed: datetime, sheet: Sheet) -> None:
        """Each task is settled the evening before its day; those of `retard` wait, those of `sans_objet` have a reason."""
        self.story.at(agreed, partial(self.plan_tasks, sheet.get("confie", {})))
        for modele in echeancier.of_type(self.sheet["type"]):
            evening = combine(self.day - timedelta(days=modele.jours + 1), EVENING)
            if modele.cle not in sheet.get("retard", ()):
                motif = sheet.get("sans_objet", {}).get(modele.cle, "")
                self.story.at(max(evening, agreed + timedelta(hours=3)), partial(self.settle_task, modele.cle, motif))

    def plan_tasks(self, entrusted: dict[str, str]) -> None:
        retroplanning.apply_template(self.action, by=self.bienveillant)
        for cle, who in entrusted.items():
            task = self.task(cle)
            fields = task.sheet | {"responsable_id": self.story.people[who].id}
            retroplanning.edit(task, by=self.bienveillant, read=reading(task.sheet), **fields)

    def settle_task(self, cle: str, motif: str) -> None:
        task = self.task(cle)
        by = task.responsable or self.bienveillant
        if motif:
            retroplanning.set_aside(task, by=by, motif=motif)
        else:
            retroplanning.do(task, by=by)

    def task(self, cle: str) -> Tache:
        return next(task for task in echeancier.tasks_of(self.action) if task.modele == cle)

    def stop(self, end: Sheet) -> None:
        transition = WORKFLOW.get(end["transition"])
        assert transition
        actions.decide(self.action, transition, by=self.bienveillant, motif=end["motif"])
