"""A request of the demonstration: sent by the public form, taken up or not, talked over."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from portal.actions import depot, echanges, relais
from portal.comptes.models import Personne
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet, prose, slot, some
from portal.poles import queries as poles


class RequestTale(ActionTale):
    """`prise`: when its bienveillant took it, `relais`: handed it over to whom; each `echange` is theirs (`equipe`) or not."""

    def plan(self) -> None:
        super().plan()
        story, sheet = self.story, self.sheet
        if "prise" in sheet:
            story.at(story.ago(sheet["prise"]), self.take)
        for words in sheet.get("echange", ()):
            story.at(story.ago(words["le"]), partial(self.write, words))
        if "relais" in sheet:
            story.at(story.ago(sheet["relais"]["le"]), self.hand_over)

    def create(self) -> None:
        sheet = self.sheet
        offered = {p.titre: p.id for offer in poles.catalogue() for p in offer.prestations}
        demande = depot.Demande(
            cle=UUID(int=self.story.chance.getrandbits(128), version=4).hex,
            souple=sheet.get("souple", False),
            personnes=sheet.get("personnes"),
            souhaits=[offered[titre] for titre in sheet.get("souhaits", ())],
            **{"contact": "", "telephone": ""} | sheet["demandeur"],
            **some(sheet, "titre"),
            **prose(sheet, "description"),
            **slot(self.day, sheet | {"jour": 0}),
        )
        self.action = depot.ask(demande)

    def take(self) -> None:
        relais.take(self.action, by=self.bienveillant)

    def write(self, words: Sheet) -> None:
        by: Personne | None = self.bienveillant if words.get("equipe") else None
        echanges.write(self.action, cle="", **prose(words, "texte"), by=by)

    def hand_over(self) -> None:
        relais.offer(self.action, to=self.story.people[self.sheet["relais"]["a"]], by=self.bienveillant)
