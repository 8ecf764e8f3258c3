"""All that the page of a devis sends at once: the numbers of its lines, its head, a discount, something of the price list.

Every button of that page sends it, so that a line that moves or a devis that leaves loses nothing of what was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import request

from portal.comptes.models import Personne
from portal.devis import commands, queries
from portal.devis.forms import DiscountForm, HeadForm, ListedForm, NumbersForm
from portal.devis.models import LONGEST, Devis
from portal.fields import Form, one_line

PARTS = {"entete": "acompte", "remise": "remise", "ajouter": "tarif"}  # by the field that says whether it was sent
FIELD = re.compile(r"l([1-9][0-9]{0,8})-quantite")


@dataclass
class Saisie:
    """The forms of the page, as they were sent (`sent` names them), else as they are stored."""

    devis: Devis
    numbers: dict[int, NumbersForm]  # of every line that it has
    gone: dict[int, NumbersForm]  # of lines that somebody removed while others changed them
    head: HeadForm
    discount: DiscountForm
    listed: ListedForm
    sent: set[str]

    @classmethod
    def stored(cls, devis: Devis) -> Saisie:
        return cls._of(devis, {}, set())

    @classmethod
    def typed(cls, devis: Devis, part: str = "") -> Saisie:
        """As sent; `part` is wanted even when it is empty."""
        ids = [int(found[1]) for name in request.form if (found := FIELD.fullmatch(name))][: 2 * LONGEST]
        numbers = {id: form for id in ids if (form := NumbersForm.sent(id))}
        sent = {slug for slug in ("remise", "ajouter") if slug == part or one_line(request.form.get(PARTS[slug]))}
        return cls._of(devis, numbers, sent | ({"entete"} if PARTS["entete"] in request.form else set()))

    @classmethod
    def _of(cls, devis: Devis, numbers: dict[int, NumbersForm], sent: set[str]) -> Saisie:
        lines = {line.id: numbers.get(line.id) or NumbersForm.of(line) for line in devis.lignes}
        gone = {id: form for id, form in numbers.items() if id not in lines and form.is_touched}
        blank: dict[str, dict[str, Any]] = {slug: {} if slug in sent else {"formdata": None} for slug in PARTS}
        head = HeadForm() if "entete" in sent else HeadForm.of(devis)
        listed = ListedForm(tarifs=queries.tarifs(), **blank["ajouter"])
        return cls(devis, lines, gone, head, DiscountForm(**blank["remise"]), listed, sent | {f"l{id}" for id in numbers})

    @property
    def _asked(self) -> list[Form]:
        numbers = [form for id, form in self.numbers.items() if f"l{id}" in self.sent]
        others = {"entete": self.head, "remise": self.discount, "ajouter": self.listed}
        return numbers + [form for slug, form in others.items() if slug in self.sent]

    def validate(self) -> bool:
        return not [form for form in self._asked if not form.validate()]  # each says what is wrong in it

    def keep(self, *, by: Personne) -> None:
        """All of it, in the caller's transaction. Raises what the commands raise."""
        typed = {id: form for id, form in self.numbers.items() if f"l{id}" in self.sent} | self.gone
        said = {id: commands.Typed(form.lu.data or "", form.fields) for id, form in typed.items()}
        commands.edit_numbers(self.devis, by=by, typed=said)
        if "entete" in self.sent:
            commands.edit_head(self.devis, by=by, read=self.head.lu.data or "", **self.head.fields)
        if "remise" in self.sent:
            commands.discount(self.devis, by=by, remise=self.discount.remise.data or 0)
        if "ajouter" in self.sent:
            self._add(by)

    def _add(self, by: Personne) -> None:
        tarif = next(t for t in queries.tarifs() if t.id == self.listed.tarif.data)
        cle = (self.listed.cle.data or "")[:64]
        commands.add(self.devis, by=by, tarif=tarif, cle=cle, quantite=self.listed.quantite.data)

    def rebased(self) -> Saisie:
        """Every word again, over the devis as it now is: what somebody else stored in the same field is beside it."""
        lines = [line for line in self.devis.lignes if f"l{line.id}" in self.sent]
        self.numbers |= {line.id: NumbersForm.of(line, self.numbers[line.id]) for line in lines}
        if "entete" in self.sent:
            self.head = HeadForm.of(self.devis, self.head)
        return self

    @property
    def lost(self) -> list[str]:
        """What was typed of lines that are no more."""
        return list(map(_said, self.gone.values()))

    @property
    def unsaved(self) -> list[str]:
        """What was typed of the lines and to the demandeur, in words, for a page that has no place for it any more."""
        lines: dict[int, Any] = {line.id: line for line in self.devis.lignes}
        touched = [(id, form) for id, form in (self.numbers | self.gone).items() if f"l{id}" in self.sent and form.is_touched]
        said = [f"{lines[id].libelle if id in lines else 'Ligne retirée'}\u00a0: {_said(form)}" for id, form in touched]
        mot = (self.head.mot.data or "") if "entete" in self.sent else ""
        return said + ([f"{self.head.mot.label.text}\u00a0: {mot}"] if mot not in {"", self.devis.mot} else [])


def _said(form: NumbersForm) -> str:
    many, price, less = (one_line(str(form[name]._value()))[:40] for name in ("quantite", "prix", "remise"))
    return f"{many} à {price}\u00a0€" + (f", remise de {less}\u00a0%" if less and less != "0" else "")
