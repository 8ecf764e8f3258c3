"""What the overview of people is narrowed by, and the note on one of them."""

from __future__ import annotations

from typing import Any

from flask import request
from wtforms import SelectField

from portal.actions.forms import EditForm, at_most
from portal.equipe.queries import Filters, Venue
from portal.fields import Form, Line, Words, choices
from portal.missions.models import Competence


class FilterForm(Form):
    """The filters, read from the query of the URL; what makes no sense is ignored."""

    class Meta(Form.Meta):
        csrf = False

    q = Line("Chercher un nom")
    competence = SelectField(
        "Savoir-faire", choices=choices(("", "Tous"), *((c.value, c.label) for c in Competence)), validate_choice=False
    )
    venue = SelectField(
        "Venues", choices=choices(("", "Tout le monde"), *((v.value, v.label) for v in Venue)), validate_choice=False
    )

    @classmethod
    def of_query(cls) -> FilterForm:
        return cls(request.args)

    def filters(self) -> Filters:
        return Filters(
            q=self.q.data[:100],
            competence=next((c for c in Competence if c == self.competence.data), None),
            venue=next((v for v in Venue if v == self.venue.data), None),
        )


class NoteForm(EditForm):
    texte = Words(
        "Note de l’équipe",
        [at_most(2_000, "Ce texte")],
        description="Écris ce que tu pourrais lui lire.",
        render_kw={"rows": 4},
    )

    @property
    def fields(self) -> dict[str, Any]:
        return {"texte": self.texte.data}
