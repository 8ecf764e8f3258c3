"""One candidature of the demonstration: sent, its address proved, answered, taken back."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from portal.candidatures import commands as candidatures
from portal.candidatures import depot
from portal.candidatures.models import Candidature, Demande, accepter, mettre_en_attente, refuser
from portal.comptes.models import Situation, Statut
from portal.demo.missions import MissionTale
from portal.demo.story import Sheet, Story
from portal.missions.models import Minorite, Nature
from portal.workflow import Transition

FREELANCE = Situation(Statut.INDEPENDANT, siret="99999999800019")  # nobody's: well formed, never given
CARRIED = Situation(Statut.AUTRE_STRUCTURE, structure="Association Zistwar")
ANSWERS = {"accepter": accepter, "attente": mettre_en_attente, "refuser": refuser}
DEPARTURES = ("retirer", "desister")


class CandidatureTale:
    """`le`: when it was sent; `provisoire`: the mail's link was never used; then the day of each answer or departure.

    `mineur`: what somebody under eighteen says; `autorisation`: the day when it came.
    """

    candidature: Candidature

    def __init__(self, mission: MissionTale, sheet: Sheet) -> None:
        self.mission, self.sheet = mission, sheet

    @property
    def story(self) -> Story:
        return self.mission.action.story

    def plan(self) -> None:
        story, sheet = self.story, self.sheet
        sent = story.ago(sheet["le"])
        story.at(sent, self.apply)
        if not sheet.get("provisoire"):
            story.at(sent + timedelta(minutes=story.chance.randrange(3, 50)), self.join)
        if "autorisation" in sheet:
            story.at(story.evening(sheet["autorisation"]), self.authorise)
        for name, transition in ANSWERS.items():
            if name in sheet:
                story.at(story.evening(sheet[name]), partial(self.answer, transition))
        for name in DEPARTURES:
            if name in sheet:
                story.at(story.evening(sheet[name]), self.leave)

    def apply(self) -> None:
        """Signed in when the portal knows them, unless they came as a stranger."""
        key = self.sheet["qui"]
        by = None if self.sheet.get("provisoire") else self.story.people.get(key)
        cle = str(UUID(int=self.story.chance.getrandbits(128), version=4))
        said = {"situation": self._situation(key), "mineur": self._minority(), **self.story.contacts[key]}
        demande = Demande(cle=cle, message=self.sheet["message"], **said)
        self.candidature = depot.apply(self.mission.mission, demande, waiting_list=self.sheet.get("liste", False), by=by)

    def _situation(self, key: str) -> Situation | None:
        """Those who are accepted on a paid mission had said it; the others are still to be asked."""
        if self.mission.mission.nature is not Nature.CHARGE_DE_MISSION or "accepter" not in self.sheet:
            return None
        return FREELANCE if key == "charge" else CARRIED

    def _minority(self) -> Minorite | None:
        return Minorite(**self.sheet["mineur"]) if "mineur" in self.sheet else None

    def authorise(self) -> None:
        candidatures.authorise(self.candidature, True, by=self.mission.action.bienveillant)

    def join(self) -> None:
        depot.join(self.candidature)
        self.story.people[self.sheet["qui"]] = self.candidature.personne

    def answer(self, transition: Transition) -> None:
        words = {"motif": self.sheet.get("motif", ""), "mot": self.sheet.get("mot", "")}
        candidatures.decide(self.candidature, transition, by=self.mission.action.bienveillant, **words)

    def leave(self) -> None:
        candidatures.leave(self.candidature, motif=self.sheet.get("raison", ""))
