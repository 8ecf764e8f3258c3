"""The shape of a need, by what it is of, and of what a pôle answers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wtforms import HiddenField, SelectField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from portal.actions.forms import AROUND, EditForm, SlotForm, at_most
from portal.actions.models import Action
from portal.besoins.models import SHEET
from portal.fields import Form, Line, LocalDateTime, Whole, Words, choices
from portal.filters import moment
from portal.poles.models import Espace, Materiel, Pole, Ressource
from portal.poles.queries import Branch

USUAL = ("Celui d’habitude, s’il y en a un", "D’habitude\u00a0: qui le prête ou le propose.")  # queries.usual_pole
TO_CHOOSE = ("À décider", "À choisir avant de demander.")
INDENT = "–\u00a0"  # of a space inside another
MANY = {Ressource.HUMAIN: "Combien de personnes", Ressource.CONSOMMABLE: "Quantité", Ressource.MATERIEL: "Combien"}


def number(text: str) -> int | None:
    return int(text) if text else None


class NeedForm(SlotForm):
    """Its kind decides which fields there are: a space and an equipment are chosen, people and supplies are written."""

    espace_id = SelectField("Espace", coerce=number)
    materiel_id = SelectField("Matériel", coerce=number)
    titre = Line("Ce qu’il faut", [DataRequired("Écris ce qu’il faut."), at_most(120, "Ce texte")])
    quantite = Whole("Quantité", [InputRequired("Écris combien il en faut.")], least=1, most=100_000, default=1)
    unite = Line("Unité", [at_most(40, "Cette unité")], description="kg, repas, litres…")
    pole_id = SelectField("Pôle ou groupe qui répond", coerce=number)
    mot = Words("Un mot pour le pôle", [at_most(1_000, "Ce texte")], render_kw={"rows": 3})
    depassement = Line(
        "Plus de monde que l’espace n’en reçoit",
        [at_most(300, "Ce texte")],
        description="S’il y en a plus : pourquoi cela tient. Le pôle le lit avant de répondre.",
    )

    def __init__(
        self,
        *args: Any,
        ressource: Ressource,
        action: Action,
        poles: Sequence[Pole],
        espaces: Sequence[Branch] = (),
        materiels: Sequence[Materiel] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.kind, self.action = ressource, action
        nobody, self.pole_id.description = USUAL if ressource in {Ressource.ESPACE, Ressource.MATERIEL} else TO_CHOOSE
        self.pole_id.choices = choices(("", nobody), *((str(p.id), p.label) for p in poles))
        self._names: dict[int, str] = {}
        self._choose(espaces, materiels)
        if ressource in MANY:
            self.quantite.label.text = MANY[ressource]
        for name in self._absent(ressource):
            del self[name]

    def _choose(self, espaces: Sequence[Branch], materiels: Sequence[Materiel]) -> None:
        spaces = [(e, depth) for branch in espaces for e, depth in flat(branch)]
        shown = ((str(e.id), INDENT * depth + e.nom + holds(e)) for e, depth in spaces)
        self.espace_id.choices = choices(("", "Choisis l’espace"), *shown)
        lent = ((str(m.id), f"{m.nom} ({m.stock})") for m in materiels)
        self.materiel_id.choices = choices(("", "Choisis le matériel"), *lent)
        self._names = {e.id: e.nom for e, _ in spaces} if self.kind is Ressource.ESPACE else {m.id: m.nom for m in materiels}

    @staticmethod
    def _absent(ressource: Ressource) -> tuple[str, ...]:
        return {
            Ressource.ESPACE: ("materiel_id", "titre", "quantite", "unite"),
            Ressource.MATERIEL: ("espace_id", "titre", "unite", "depassement"),
            Ressource.HUMAIN: ("espace_id", "materiel_id", "unite", "depassement"),
            Ressource.CONSOMMABLE: ("espace_id", "materiel_id", "depassement"),
        }[ressource]

    def validate_espace_id(self, espace_id: SelectField) -> None:
        if espace_id.data is None:
            raise ValidationError("Choisis l’espace qu’il faut.")

    def validate_materiel_id(self, materiel_id: SelectField) -> None:
        if materiel_id.data is None:
            raise ValidationError("Choisis le matériel qu’il faut.")

    def validate_debut(self, debut: LocalDateTime) -> None:
        if debut.data and not self._is_around(debut.data):
            raise ValidationError(f"L’action commence {moment(self.action.debut)} : ce besoin tombe un autre jour.")

    def validate_fin(self, fin: LocalDateTime) -> None:
        super().validate_fin(fin)
        if fin.data and not self._is_around(fin.data):
            raise ValidationError(f"L’action finit {moment(self.action.fin)}\u00a0: ce besoin dure trop longtemps après elle.")

    def _is_around(self, instant: datetime) -> bool:
        return self.action.debut - AROUND <= instant <= self.action.fin + AROUND

    @property
    def fields(self) -> dict[str, Any]:
        """What the need becomes: a chosen thing gives it its name."""
        typed = {name: self[name].data for name in SHEET if name in self}
        chosen = typed.get("espace_id") or typed.get("materiel_id")
        return typed | ({"titre": self._names[chosen]} if chosen else {})


class NewNeedForm(NeedForm):
    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one need


class EditNeedForm(EditForm, NeedForm):
    """A need that is stored."""


class AnswerForm(Form):
    """A pôle's yes or no; without a quantity, it is the one that was asked."""

    lu = HiddenField()
    quantite = Whole("Quantité", least=1, most=100_000)
    motif = Line("Un mot", [at_most(500, "Ce mot")])

    @property
    def sentence(self) -> str:
        """What is to mend; nothing at all is a no, which wants its reason."""
        if (self.quantite.raw_data or [""])[0].strip() == "0":
            return "Rien du tout, c’est un refus\u00a0: dis pourquoi, avec «\u00a0Refuser\u00a0»."
        return " ".join(error for errors in self.errors.values() for error in errors)


def flat(branch: Branch, depth: int = 0) -> list[tuple[Espace, int]]:
    """A space and those inside it, each with how deep it lies."""
    return [(branch.espace, depth), *(found for b in branch.inside for found in flat(b, depth + 1))]


def holds(espace: Espace) -> str:
    return f", {espace.capacite} personnes" if espace.capacite else ""
