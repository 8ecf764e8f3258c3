"""What the listing can be filtered by, and what a mission is made of."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request
from wtforms import BooleanField, SelectField

from portal.fields import Day, Form, Line, choices
from portal.missions.models import Nature
from portal.missions.queries import Filters
from portal.poles.models import Pole


class FilterForm(Form):
    """The listing's filters, read from the query of the URL; what makes no sense is ignored."""

    class Meta(Form.Meta):
        csrf = False

    q = Line("Chercher")
    nature = SelectField("Type", choices=choices(("", "Tous"), *((n.value, n.label) for n in Nature)), validate_choice=False)
    pole = SelectField("Pôle", validate_choice=False)
    du = Day("À partir du")
    au = Day("Jusqu’au")
    places = BooleanField("Seulement s’il reste des places")

    @classmethod
    def of_query(cls, poles: Iterable[Pole]) -> FilterForm:
        form = cls(request.args)
        form.pole.choices = choices(("", "Tous"), *((str(p.id), p.label) for p in poles))
        form.validate()
        return form

    def filters(self) -> Filters:
        known = {choice.value for choice in self.pole.choices}
        return Filters(
            nature=next((n for n in Nature if n == self.nature.data), None),
            pole=int(self.pole.data) if self.pole.data and self.pole.data in known else None,
            du=self.du.data,
            au=self.au.data,
            places=bool(self.places.data),
            q=self.q.data[:100] if self.q.data else "",
        )

    @property
    def is_set(self) -> bool:
        return self.filters() != Filters()
