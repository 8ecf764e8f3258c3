"""What a person says of themself."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from portal.comptes.models import Reception
from portal.fields import Form, Line, Phone, Several, choices
from portal.missions.accord import WEEK, key
from portal.missions.models import Competence, Nature
from portal.poles import queries as poles

ASKED = "L’équipe peut me proposer des missions"


class CoordonneesForm(Form):
    nom = Line(
        "Ton nom",
        [DataRequired("Écris ton nom."), Length(max=120, message="Ce nom est trop long.")],
        render_kw={"autocomplete": "name", "autocapitalize": "words"},
    )
    telephone = Phone("Ton téléphone")


def _wishes() -> list[SelectChoice]:
    """Natures of missions, then pôles and groupes, as Profil.envies holds them."""
    natures = ((f"nature:{nature}", nature.label) for nature in Nature)
    return choices(*natures, *((f"pole:{pole.id}", pole.label) for pole in poles.poles()))


class ProfilForm(Form):
    disponibilites = Several("Libre d’habitude", choices=choices(*((key(j, m), f"{j} {m.label}") for j, m in WEEK)))
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
        "Quand t’écrire ?",
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
