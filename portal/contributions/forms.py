"""What correcting hours asks: a time and a presence for each place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from wtforms import Field, SelectField
from wtforms.widgets import TextInput

from portal.actions.forms import EditForm, at_most
from portal.contributions.models import AWAY, MOST, Constat, Line, Releve
from portal.fields import Line as LineField
from portal.fields import choices, one_line
from portal.filters import NBSP, duree


def minutes_of(text: str) -> int | None:
    """Minutes of "3 h 30", "3h", "3:30", "3,5" (hours), "45 min"; None when it is none of these."""
    bare = re.sub(r"\s", "", text.lower())
    if re.fullmatch(r"\d{1,3}([.,]\d{1,2})?h?", bare):
        return round(float(bare.rstrip("h").replace(",", ".")) * 60)
    if found := re.fullmatch(r"(\d{1,3})[h:](\d{1,2})(?:min|mn)?", bare):
        return int(found[1]) * 60 + int(found[2]) if int(found[2]) < 60 else None
    if found := re.fullmatch(r"(\d{1,4})(?:min|mn)", bare):
        return int(found[1])
    return None


class Duration(Field):
    """A time given, typed the French way; `data` is whole minutes."""

    widget = TextInput()

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else hours(self.data or 0)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = minutes_of(one_line(valuelist[0]) if valuelist else "")
        if self.data is None or self.data > MOST:
            self.data = None
            raise ValueError("Cette durée n’est pas comprise\u00a0: par exemple 3\u00a0h\u00a030, ou 3,5.")


def hours(minutes: int) -> str:
    """ "3 h 30", "0 h"."""
    return duree(minutes) if minutes >= 60 or minutes % 60 else f"0{NBSP}h"


class HoursForm(EditForm):
    """One `minutes_<id>` and one `constat_<id>` for each place; made by `of`, since who was there is not known before."""

    @classmethod
    def of(cls, releves: Iterable[Releve]) -> type[HoursForm]:
        fields: dict[str, Any] = {}
        for releve in releves:
            fields[f"minutes_{releve.id}"] = Duration(f"Heures de {releve.personne.nom}")
            fields[f"constat_{releve.id}"] = SelectField(
                f"Présence de {releve.personne.nom}", choices=choices(*((c.value, c.label) for c in Constat)), coerce=Constat
            )
        return type("HoursOfTheDay", (cls,), fields)

    def line(self, releve: Releve) -> Line | None:
        """What was typed of this place; someone said away gave no time, whatever stands in the box."""
        if f"minutes_{releve.id}" not in self:
            return None
        constat = self[f"constat_{releve.id}"].data
        return Line(0 if constat in AWAY else self[f"minutes_{releve.id}"].data, constat)

    def _words(self, name: str, value: Any) -> str:
        return hours(value) if name.startswith("minutes_") else Constat(value).label


class CorrectionForm(HoursForm):
    motif = LineField("Pourquoi", [at_most(300, "Ce motif")], description="La personne le lit dans le message qu’elle reçoit.")
