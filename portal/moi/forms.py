"""What a person says of themself."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from portal.comptes.models import Reception
from portal.fields import Form, Line, Phone, Several, choices
from portal.missions import queries as missions
from portal.missions.accord import SLOTS
from portal.missions.models import Competence

ASKED = "L’équipe peut me proposer des missions"


class CoordonneesForm(Form):
    nom = Line(
        "Ton nom",
        [DataRequired("Écris ton nom."), Length(max=120, message="Ce nom est trop long.")],
        render_kw={"autocomplete": "name", "autocapitalize": "words"},
    )
    telephone = Phone("Ton téléphone")


def _wishes() -> list[SelectChoice]:
    return choices(*missions.wishes().items())


class ProfilForm(Form):
    disponibilites = Several("Libre d’habitude", choices=choices(*SLOTS.items()))
    competences = Several("Ce que tu sais faire", choices=choices(*((c.value, c.label) for c in Competence)))
    envies = Several("Ce dont tu as envie", choices=_wishes)
    sollicitable = BooleanField(ASKED)

    @property
    def fields(self) -> dict[str, Any]:
        """A list whose boxes are all left empty may not have been sent at all."""
        lists = {name: self[name].data or [] for name in ("disponibilites", "competences", "envies")}
        return lists | {"sollicitable": bool(self.sollicitable.data)}


class MessagesForm(Form):
    reception = RadioField(
        "Quand t’écrire\u00a0?",
        [InputRequired("Choisis une façon de recevoir les messages.")],
        choices=choices(*((r.value, r.label) for r in Reception)),
        coerce=Reception,
    )
    sollicitable = BooleanField(ASKED)


class EffacerForm(Form):
    certain = BooleanField(
        "Je comprends que rien ne se retrouve ensuite",
        [InputRequired("Coche d’abord la case\u00a0: rien ne se retrouve ensuite.")],
    )
