"""The shape of an expense, and of the keys of a share-out."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request
from wtforms import HiddenField, SelectField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from portal import clock
from portal.actions.forms import at_most, some_id
from portal.devis.forms import SheetForm
from portal.devis.models import HIGHEST
from portal.fields import Day, Euros, Form, Hundredths, Line, choices
from portal.partage.calcul import WHOLE
from portal.partage.models import FIELDS, Nature, digest_of_keys
from portal.poles.models import Pole


class DepenseForm(SheetForm):
    """Money that was spent; its receipt comes beside, as a file."""

    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one expense
    libelle = Line("Ce qui est payé", [DataRequired("Écris ce qui est payé."), at_most(160, "Ce texte")])
    montant = Euros("Montant, taxes comprises", [InputRequired("Écris combien.")], least=1, most=HIGHEST)
    le = Day("Payé le", [InputRequired("Écris quel jour.")], default=clock.today)
    nature = SelectField(
        "Pour", choices=choices(*((n.value, n.label) for n in Nature)), coerce=Nature, default=Nature.CONSOMMABLES
    )
    pole_id = SelectField("Qui a payé", coerce=some_id, description="On le lui rend avant tout partage.")

    def __init__(self, *args: Any, poles: Sequence[Pole], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.pole_id.choices = choices(("", "Le commun"), *((str(p.id), p.label) for p in poles))

    def validate_le(self, field: Day) -> None:
        if field.data and field.data > clock.today():
            raise ValidationError("Cette date est dans le futur\u00a0: note la dépense une fois payée.")

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in FIELDS}


class CleForm(Form):
    """The key of one pôle; its field carries the id of that pôle."""

    part = Hundredths("Part en %", least=0, most=WHOLE, filters=[lambda typed: typed or 0])


class ClesForm(Form):
    lu = HiddenField()  # the keys that were shown
    motif = Line("Pourquoi ces clés", [DataRequired("Écris pourquoi\u00a0: les pôles le liront."), at_most(300, "Ce texte")])

    def __init__(self, *args: Any, poles: Iterable[Pole], cles: Mapping[int, int] | None = None, **kwargs: Any):
        """`cles`: those to show; without them, what was sent."""
        super().__init__(*args, **kwargs)
        sent = {} if cles is None else {"formdata": None}
        self.parts = {p.id: (p, CleForm(prefix=f"p{p.id}-", data={"part": (cles or {}).get(p.id, 0)}, **sent)) for p in poles}

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        valid = super().validate(*args, **kwargs)
        wrong = [f"{pole.label}\u00a0: {form.part.errors[0]}" for pole, form in self.parts.values() if not form.validate()]
        self.form_errors += wrong
        return bool(valid) and not wrong

    @property
    def is_typed_over(self) -> bool:
        """Whether it came with other keys than those that were shown, or another reason."""
        wrong = any(form.part.process_errors for _, form in self.parts.values())
        return self.lu.data is not None and (wrong or digest_of_keys(self.cles, self.motif.data or "") != self.lu.data)

    @property
    def words(self) -> list[str]:
        """What was typed, to be read where the form itself is no more."""
        parts = [(pole.label, (form.part.raw_data or [""])[0].strip()) for pole, form in self.parts.values()]
        return [*(f"{label}\u00a0: {part}\u00a0%" for label, part in parts if part not in ("", "0")), self.motif.data or ""]

    @property
    def cles(self) -> dict[int, int]:
        return {id: form.part.data for id, (_, form) in self.parts.items() if form.part.data}


def attached() -> bytes | None:
    """The bytes of the file that came with the form, if one did."""
    file = request.files.get("justificatif")
    if not file or not file.filename:
        return None
    with file.stream as stream:
        return stream.read()
