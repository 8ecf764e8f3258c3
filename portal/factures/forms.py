"""The shape of an invoice being prepared: its head, the numbers of its lines, a line that the devis did not foresee."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import DataRequired, InputRequired

from portal import clock
from portal.actions.forms import at_most, some_id
from portal.devis.commands import Typed
from portal.devis.forms import NumbersForm, SheetForm
from portal.devis.models import DEAREST, HIGHEST, MOST, Unite
from portal.factures.models import HEAD, HEAD_OF_A_CREDIT, LATEST, LONGEST, Categorie, Facture, LigneFacture, Moyen, Statut
from portal.fields import Day, Euros, Form, Hundredths, Line, Whole, Words, choices, one_line
from portal.filters import taux
from portal.poles.models import Pole

FIELD = re.compile(r"l([1-9][0-9]{0,8})-quantite")


class RealForm(NumbersForm):
    """What a line really was, and why it is not what the devis said."""

    quantite = Hundredths("Quantité", [InputRequired("Écris combien, 0 pour rien.")], least=0, most=MOST)
    prix = Euros("Prix unitaire", [InputRequired("Écris un prix, 0 pour rien.")], least=0, most=HIGHEST)
    motif = Line("Pourquoi ce n’est pas ce que dit le devis", [at_most(300, "Ce texte")], description="Le demandeur le lit.")


class ReasonForm(SheetForm):
    """The head of an avoir."""

    NAMES: tuple[str, ...] = HEAD_OF_A_CREDIT
    mot = Words("Pourquoi cet avoir", [at_most(2_000, "Ce texte")], render_kw={"rows": 3}, description="Le demandeur le lit.")

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in self.NAMES}


class HeadForm(ReasonForm):
    NAMES = HEAD
    mot = Words("Un mot au demandeur", [at_most(2_000, "Ce texte")], render_kw={"rows": 3})
    delai = Whole("À payer, en jours", [InputRequired("Écris un nombre de jours, 0 pour tout de suite.")], least=0, most=LATEST)
    categorie = SelectField("Ce qui est facturé", choices=choices(*((c.value, c.label) for c in Categorie)), coerce=Categorie)
    livraison = Line("Adresse de livraison", [at_most(300, "Cette adresse")], description="Si c’en est une autre.")
    commande = Line("Numéro de commande ou d’engagement", [at_most(60, "Ce numéro")])
    service = Line("Code du service", [at_most(60, "Ce code")])
    chorus = BooleanField(
        "Le client la reçoit par Chorus Pro", description="SIRET, service et engagement sont alors nécessaires."
    )


class ExtraForm(Form):
    """A line that the devis did not foresee."""

    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one line
    libelle = Line("Prestation", [DataRequired("Écris ce qui est facturé."), at_most(160, "Ce texte")])
    quantite = Hundredths("Quantité", [InputRequired("Écris combien.")], least=1, most=MOST, default=100)
    unite = SelectField("Unité", choices=choices(*((u.value, u.label) for u in Unite)), coerce=Unite, default=Unite.UNITE)
    prix = Euros("Prix d’une unité, hors taxes", [InputRequired("Écris un prix, 0 pour rien.")], least=0, most=DEAREST)
    taux = SelectField("TVA", coerce=int)
    pole_id = SelectField("Pour qui", coerce=some_id, description="Le pôle ou le groupe que cette ligne fait vivre.")
    motif = Line(
        "Pourquoi elle s’ajoute", [DataRequired("Écris pourquoi\u00a0: le demandeur le lira."), at_most(300, "Ce texte")]
    )

    def __init__(self, *args: Any, rates: Sequence[int], poles: Sequence[Pole], **kwargs: Any):
        super().__init__(*args, **kwargs)
        if poles:
            self.pole_id.choices = choices(("", "Le commun"), *((str(p.id), p.label) for p in poles))
        else:
            del self.pole_id
        self.taux.choices = choices(*((str(rate), taux(rate)) for rate in rates))

    @property
    def fields(self) -> dict[str, Any]:
        said = ("libelle", "quantite", "unite", "prix", "taux", "pole_id", "motif")
        return {name: self[name].data for name in said if name in self}


class ReglementForm(Form):
    """Money that came."""

    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one payment
    montant = Euros("Montant", [InputRequired("Écris combien est arrivé.")], least=1, most=HIGHEST)
    le = Day("Arrivé le", [InputRequired("Écris quel jour.")], default=clock.today)
    moyen = SelectField("Moyen", choices=choices(*((m.value, m.label) for m in Moyen)), coerce=Moyen, default=Moyen.VIREMENT)
    reference = Line("Référence", [at_most(60, "Cette référence")], description="Du virement, du chèque.")

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in ("montant", "le", "moyen", "reference")}


class DepotForm(Form):
    """What the platform said."""

    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one row
    statut = SelectField("Où elle en est", choices=choices(*((s.value, s.label) for s in Statut)), coerce=Statut)
    plateforme = Line("Référence chez la plateforme", [at_most(120, "Cette référence")])
    motif = Line("Pourquoi, si elle est refusée", [at_most(300, "Ce texte")])

    @property
    def fields(self) -> dict[str, Any]:
        return {"statut": self.statut.data, "reference": self.plateforme.data, "motif": self.motif.data}


class RelanceForm(Form):
    mot = Words(
        "Un mot au demandeur", [at_most(1_000, "Ce mot")], render_kw={"rows": 3}, description="Il le lit avant le reste."
    )


@dataclass
class Saisie:
    """All that the page of a draft sends at once: every button sends it, so that nothing that was typed is lost."""

    facture: Facture
    head: ReasonForm
    numbers: dict[int, RealForm]

    @classmethod
    def stored(cls, facture: Facture) -> Saisie:
        return cls(facture, _head_of(facture).over(facture.head), {line.id: _shown(line) for line in facture.lignes})

    @classmethod
    def typed(cls, facture: Facture) -> Saisie:
        ids = [int(found[1]) for name in request.form if (found := FIELD.fullmatch(name))][:LONGEST]
        numbers = {id: form for id in ids if (form := RealForm.sent(id))}
        return cls(facture, _head_of(facture)(), numbers)

    def validate(self) -> bool:
        return not [form for form in (self.head, *self.numbers.values()) if not form.validate()]

    @property
    def said(self) -> dict[str, Any]:
        """What `commands.edit` takes."""
        lines = {id: Typed(form.lu.data or "", form.fields) for id, form in self.numbers.items()}
        return {"read": self.head.lu.data or "", "head": self.head.fields, "lines": lines}

    @property
    def unsaved(self) -> list[str]:
        """What was typed, in words, for a page that has no place for it any more."""
        lines = [self._in_words(id, form) for id, form in self.numbers.items() if form.is_touched]
        now = self.facture.head
        head = [f"{field.label.text}\u00a0: {field.data}" for name in now if (field := self.head[name]).data != now[name]]
        return [*lines, *head]

    @property
    def homeless(self) -> list[str]:
        """The same of the lines that somebody removed meanwhile."""
        there = {line.id for line in self.facture.lignes}
        return [self._in_words(id, form) for id, form in self.numbers.items() if id not in there]

    def _in_words(self, id: int, form: RealForm) -> str:
        name = next((line.libelle for line in self.facture.lignes if line.id == id), "Ligne retirée")
        typed = [one_line(field.raw_data[0]) for field in form if field.name != form.lu.name and field.raw_data]
        return f"{name}\u00a0: {', '.join(filter(None, typed))}"

    def rebased(self) -> Saisie:
        """Every word again, over the invoice as it now is: what somebody else stored in the same field is beside it."""
        head = self.head if self.head.errors else _head_of(self.facture).over(self.facture.head, self.head)
        return Saisie(self.facture, head, {line.id: _shown(line, self.numbers.get(line.id)) for line in self.facture.lignes})


def _head_of(facture: Facture) -> type[ReasonForm]:
    return ReasonForm if facture.is_credit else HeadForm


def _shown(line: LigneFacture, typed: RealForm | None = None) -> RealForm:
    """What is stored; or with what was `typed` on top, with its faults when it has some."""
    return typed if typed and typed.errors else RealForm.over(line.numbers, typed, prefix=f"l{line.id}-")
