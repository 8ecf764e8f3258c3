"""The devis of an action of the demonstration, version after version; before them, the price list and who the house is."""

from __future__ import annotations

from functools import partial

from portal import clock, reglage
from portal.demo.actions import ActionTale
from portal.demo.story import Sheet, Story
from portal.devis import accords, commands, envoi, tarifs
from portal.devis.accords import Signature
from portal.devis.models import Devis, Unite, Voie
from portal.poles.models import Ressource
from portal.reglage import Choix


def plan_prices(story: Story, house: Sheet) -> None:
    """An admin says who the house is, its treasurer what things cost."""
    story.at(story.ago("875 j"), partial(_introduce, story, house["reglages"]))
    for listed in house["tarif"]:
        story.at(story.ago("870 j"), partial(_list, story, listed))


def _introduce(story: Story, said: Sheet) -> None:
    for setting in (*reglage.LE_LIEU, *reglage.ASSOCIATION, *reglage.DEVIS, *reglage.FACTURES):
        if setting.cle in said:
            valeur = said[setting.cle]
            kept = type(setting.defaut)(valeur) if isinstance(setting, Choix) else valeur.strip()
            reglage.change(setting, kept, by=story.people["admin"])


def _list(story: Story, listed: Sheet) -> None:
    def id_of(known: Sheet, name: str) -> int | None:
        return known[listed[name]].id if name in listed else None

    story.tarifs[listed["libelle"]] = tarifs.add(
        by=story.people["tresorier"],
        du=clock.today(),
        libelle=listed["libelle"],
        detail=listed.get("detail", ""),
        unite=Unite(listed["unite"]),
        prix=listed["prix"],
        taux=listed["taux"],
        cout=listed.get("cout", 0),
        pole_id=id_of(story.poles, "pole"),
        ressource=Ressource(listed["ressource"]) if "ressource" in listed else None,
        espace_id=id_of(story.spaces, "espace"),
        materiel_id=id_of(story.equipment, "materiel"),
        site=listed.get("site", False),
        comprise=listed.get("comprise", False),
    )


class DevisTale:
    """`prepare`: when it was drawn up, with which `lignes`; who `confirme` them; `envoi`; then what the demandeur said of it.

    `change`, `refus` and `accord` have the day and the words; `expire`, the day alone.
    """

    devis: Devis

    def __init__(self, action: ActionTale, sheet: Sheet) -> None:
        self.action, self.sheet = action, sheet

    def plan(self) -> None:
        story, sheet = self.action.story, self.sheet
        story.at(story.ago(sheet["prepare"], 8, 11), self.draw_up)
        for said in sheet.get("confirme", ()):
            story.at(story.ago(said["le"], 12, 18), partial(self.confirm, said))
        if "envoi" in sheet:
            story.at(story.evening(sheet["envoi"]), self.send)
        for name, deed in {"change": self.ask_again, "refus": self.refuse, "accord": self.agree}.items():
            if name in sheet:
                story.at(story.ago(sheet[name]["le"], 9, 18), partial(deed, sheet[name]))
        if "expire" in sheet:
            story.at(story.ago(sheet["expire"], 1, 2), lambda: envoi.expire(self.devis.id))

    def draw_up(self) -> None:
        action, by = self.action, self.action.bienveillant
        self.devis = commands.draft(action.action, by=by)
        for line in [line for line in self.devis.lignes if line.libelle in self.sheet.get("retire", ())]:
            commands.remove(line, by=by)
        for line in self.sheet.get("lignes", ()):
            commands.add(self.devis, by=by, tarif=action.story.tarifs[line["tarif"]], quantite=100 * line["quantite"])
        if remise := self.sheet.get("remise"):
            commands.discount(self.devis, by=by, remise=100 * remise)
        if mot := self.sheet.get("mot"):
            commands.edit_head(self.devis, by=by, mot=mot)

    def confirm(self, said: Sheet) -> None:
        story = self.action.story
        envoi.confirm_lines(self.devis, story.poles[said["pole"]], by=story.people[said["qui"]])

    def send(self) -> None:
        envoi.send(self.devis, by=self.action.bienveillant, force=self.sheet.get("force", ""))

    def ask_again(self, said: Sheet) -> None:
        accords.ask_for_a_change(self.devis, mot=said["mot"])

    def refuse(self, said: Sheet) -> None:
        accords.refuse(self.devis, mot=said["mot"], by=None)

    def agree(self, said: Sheet) -> None:
        """Online, unless it has a `preuve`, which its bienveillant recorded."""
        preuve = said.get("preuve", "")
        signature = Signature(said["nom"], voie=Voie(said.get("voie", "en_ligne")), preuve=preuve)
        by = self.action.bienveillant if preuve else None
        accords.accept(self.devis, signature=signature, empreinte=self.devis.empreinte, by=by)
