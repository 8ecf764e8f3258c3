"""The shape of a line, of the numbers of all the lines at once, of a devis's head, and of what is said of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Self

from flask import request
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from portal import reglage
from portal.actions.forms import EditForm, at_most, some_id
from portal.actions.models import digest
from portal.devis.models import DEAREST, HEAD, MOST, NUMBERS, SHEET, TARIF, Devis, LigneDevis, Tarif, Unite
from portal.fields import Day, Euros, Form, Hundredths, Line, Whole, Words, choices, quantite
from portal.filters import euros, taux
from portal.poles.models import Espace, Materiel, Pole, Ressource


def some_ressource(text: str | None) -> Ressource | None:
    return Ressource(text) if text else None


def rates(present: int = 0) -> list[int]:
    """The rates of TVA that the house proposes, hundredths of a percent; with the one that a line already has."""
    typed = re.findall(r"[0-9]{1,2}(?:[.,][0-9]{1,2})?", reglage.TAUX.valeur)
    return sorted({round(float(text.replace(",", ".")) * 100) for text in typed} | {0, present}, reverse=True)


class SheetForm(EditForm):
    """A form over something priced: what somebody else stored meanwhile is said as people write it."""

    def _words(self, name: str, value: Any) -> str:
        said = {Hundredths: quantite, Euros: euros}.get(type(self[name]))
        return said(value) if said and value is not None else super()._words(name, value)


class NumbersForm(SheetForm):
    """What is changed most, line by line on the page of the devis; its fields carry the prefix of their line."""

    quantite = Hundredths("Quantité", [InputRequired("Écris combien.")], least=1, most=MOST)
    prix = Euros("Prix unitaire", [InputRequired("Écris un prix, 0 pour rien.")], least=0, most=DEAREST)
    remise = Hundredths("Remise en %", least=0, most=10_000, filters=[lambda typed: typed or 0])
    motif = Line("Pourquoi ce prix", [at_most(300, "Ce texte")])  # asked of an hour of the site out of its range

    @classmethod
    def sent(cls, id: int) -> Self | None:
        """What the page says of that line, None when it says nothing."""
        form = cls(prefix=f"l{id}-")
        if not form.quantite.raw_data:
            return None
        if form.motif.name not in request.form:
            del form.motif
        return form

    @classmethod
    def of(cls, line: LigneDevis, typed: NumbersForm | None = None) -> NumbersForm:
        """What is stored; or with what was `typed` on top, with its faults when it has some."""
        return typed if typed and typed.errors else cls.over(line.numbers, typed, prefix=f"l{line.id}-")

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in NUMBERS if name in self}

    @property
    def is_touched(self) -> bool:
        """Whether it says otherwise than what it had read, whatever has become of the line."""
        read = dict(zip(NUMBERS, (self.lu.data or "").split("-"), strict=False))
        return any(digest(value) != read.get(name) for name, value in self.fields.items())


class LineForm(Form):
    """A whole line; its fields have the names of `LigneDevis.sheet`."""

    libelle = Line("Prestation", [DataRequired("Écris ce qui est proposé."), at_most(160, "Ce texte")])
    detail = Words("Précision", [at_most(600, "Ce texte")], render_kw={"rows": 2}, description="Le demandeur la lit.")
    quantite = Hundredths("Quantité", [InputRequired("Écris combien.")], least=1, most=MOST, default=100)
    unite = SelectField("Unité", choices=choices(*((u.value, u.label) for u in Unite)), coerce=Unite, default=Unite.FORFAIT)
    prix = Euros("Prix d’une unité, hors taxes", [InputRequired("Écris un prix, 0 pour rien.")], least=0, most=DEAREST)
    taux = SelectField("TVA", coerce=int)
    remise = Hundredths("Remise en %", least=0, most=10_000, default=0)
    pole_id = SelectField("Pour qui", coerce=some_id, description="Le pôle ou le groupe que cette ligne fait vivre.")
    cout = Euros("Ce qu’une unité coûte à la maison", least=0, most=DEAREST, description="Jamais montré au demandeur.")
    comprise = BooleanField(
        "Comprise dans l’heure de site", description="Montrée à 0\u00a0€\u00a0; sa valeur compte dans la répartition."
    )
    motif = Line(
        "Pourquoi ce prix",
        [at_most(300, "Ce texte")],
        description="Demandé quand l’heure de site sort de la fourchette du collectif.",
    )

    def __init__(self, *args: Any, poles: Sequence[Pole], present: int = 0, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.pole_id.choices = choices(("", "Le commun"), *((str(p.id), p.label) for p in poles))
        self.taux.choices = choices(*((str(rate), taux(rate)) for rate in rates(present)))

    @property
    def fields(self) -> dict[str, Any]:
        typed = {name: self[name].data for name in SHEET}
        return typed | {"remise": self.remise.data or 0, "cout": self.cout.data or 0}


class NewLineForm(LineForm):
    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one line


class EditLineForm(SheetForm, LineForm):
    """A line that is stored."""


class TarifForm(Form):
    """A line of the price list; its fields have the names of `Tarif.sheet`."""

    libelle = Line("Ce qui est vendu", [DataRequired("Écris ce qui est vendu."), at_most(120, "Ce texte")])
    detail = Line("Précision", [at_most(300, "Ce texte")])
    prix = Euros("Prix d’une unité, hors taxes", [InputRequired("Écris un prix, 0 pour rien.")], least=0, most=DEAREST)
    unite = SelectField("Unité", choices=choices(*((u.value, u.label) for u in Unite)), coerce=Unite, default=Unite.FORFAIT)
    taux = SelectField("TVA", coerce=int)
    pole_id = SelectField("Pour qui", coerce=some_id, description="Le pôle ou le groupe que cette ligne fait vivre.")
    cout = Euros("Ce qu’une unité coûte à la maison", least=0, most=DEAREST, description="Jamais montré au demandeur.")
    ressource = SelectField("Besoin qu’elle chiffre", coerce=some_ressource)
    espace_id = SelectField("Quel espace", coerce=some_id, description="Pour un espace seulement.")
    materiel_id = SelectField("Quel matériel", coerce=some_id, description="Pour du matériel seulement.")
    site = BooleanField("C’est l’heure de site", description="Ajoutée à chaque devis\u00a0; le poste de référent est compris.")
    comprise = BooleanField("Comprise dans l’heure de site", description="Montrée à 0\u00a0€ sur les devis.")
    du = Day("À partir du", [InputRequired("Dis à partir de quel jour.")])

    def __init__(
        self,
        *args: Any,
        poles: Sequence[Pole],
        espaces: Sequence[Espace],
        materiels: Sequence[Materiel],
        present: int = 0,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.pole_id.choices = choices(("", "Le commun"), *((str(p.id), p.label) for p in poles))
        self.taux.choices = choices(*((str(rate), taux(rate)) for rate in rates(present)))
        self.ressource.choices = choices(("", "Aucun en particulier"), *((r.value, r.label) for r in Ressource))
        self.espace_id.choices = choices(("", "Aucun"), *((str(e.id), e.nom) for e in espaces))
        self.materiel_id.choices = choices(("", "Aucun"), *((str(m.id), m.nom) for m in materiels))

    def validate_espace_id(self, espace_id: SelectField) -> None:
        if espace_id.data and self.ressource.data is not Ressource.ESPACE:
            raise ValidationError("Un espace ne chiffre qu’un besoin d’espace.")

    def validate_materiel_id(self, materiel_id: SelectField) -> None:
        if materiel_id.data and self.ressource.data is not Ressource.MATERIEL:
            raise ValidationError("Un matériel ne chiffre qu’un besoin de matériel.")

    def validate_comprise(self, comprise: BooleanField) -> None:
        if comprise.data and self.site.data:
            raise ValidationError("L’heure de site n’est pas comprise en elle-même\u00a0: pour l’offrir, mets son prix à 0.")

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in TARIF} | {"cout": self.cout.data or 0, "du": self.du.data}


class ListedForm(Form):
    """So many of something of the price list."""

    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))
    tarif = SelectField("Du tarif", [InputRequired("Choisis une ligne du tarif.")], coerce=some_id)
    quantite = Hundredths("Quantité", [InputRequired("Écris combien.")], least=1, most=MOST, default=100)

    def __init__(self, *args: Any, tarifs: Iterable[Tarif], **kwargs: Any):
        super().__init__(*args, **kwargs)
        listed = ((str(t.id), f"{t.libelle}, {euros(t.prix)} / {t.unite.label}") for t in tarifs)
        self.tarif.choices = choices(("", "Choisis une ligne"), *listed)


class HeadForm(SheetForm):
    mot = Words("Un mot au demandeur", [at_most(2_000, "Ce texte")], render_kw={"rows": 3})
    acompte = Whole("Acompte à l’accord, en %", [InputRequired("Écris un nombre, 0 pour rien.")], least=0, most=100)
    valable_jours = Whole("Valable, en jours", [InputRequired("Écris un nombre de jours.")], least=1, most=365)

    @classmethod
    def of(cls, devis: Devis, typed: HeadForm | None = None) -> HeadForm:
        return typed if typed and typed.errors else cls.over(devis.head, typed)

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in HEAD}


class DiscountForm(Form):
    remise = Hundredths("Remise sur tout, en %", [InputRequired("Écris un pourcentage, 0 pour rien.")], least=0, most=10_000)


class WordForm(Form):
    """A reason, a request, a proof: some words of the team."""

    mot = Line("Pourquoi", [at_most(500, "Ce mot")])
