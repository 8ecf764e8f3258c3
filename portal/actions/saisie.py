"""The shape of a task of the rétroplanning, and of a move of the whole action."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from portal import clock
from portal.actions.forms import EditForm, People, at_most, check_slot, some_id
from portal.actions.models import Action
from portal.actions.tache import TASK, rank
from portal.fields import Form, Line, LocalDateTime, choices, one_line

DAYS = r"(?:jour )?j|j? ?([-+−–]?) ?([0-9]{1,3})"
FORMATS = ("%Y-%m-%d", "%d/%m/%Y")


def _days(typed: str) -> int | None:
    found = re.fullmatch(DAYS, typed, re.I | re.A)
    if not found:
        return None
    count = int(found[2] or 0)
    return -count if found[1] == "+" else count


def _date(typed: str) -> date | None:
    for form in FORMATS:
        try:
            return datetime.strptime(typed, form).date()  # noqa: DTZ007 — a day, which has no zone
        except ValueError:
            continue
    return None


class Days(Line):
    """So many days before an action: "J-15", "15", "J+2"; `data` in days."""

    wanted = "Écris J-15, ou J+2."

    def _value(self) -> str:
        return one_line(self.raw_data[0]) if self.raw_data else ("" if self.data is None else rank(self.data))

    def process_data(self, value: int | None) -> None:
        self.data: Any = value

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = one_line(valuelist[0]) if valuelist else ""
        self.data = self.read(typed)
        if typed and self.data is None:
            raise ValueError(self.wanted)

    def read(self, typed: str) -> Any:
        return _days(typed)

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and not -60 <= self.data <= 730:
            raise ValidationError("Entre deux ans avant l’action et soixante jours après.")


class DaysBefore(Days):
    """The same of one action, or a date, which is counted from the action's."""

    wanted = "Écris J-15, J+2, ou une date comme 29/10/2026."

    def read(self, typed: str) -> Any:
        days = _days(typed)
        return _date(typed) if days is None else days

    def pre_validate(self, form: Any) -> None:
        if isinstance(self.data, date):
            self.data = (clock.local(form.action.debut).date() - self.data).days
        super().pre_validate(form)


class TaskForm(Form):
    """A task of the rétroplanning; its fields have the names of `Tache.sheet`."""

    titre = Line("Tâche", [DataRequired("Dis ce qu’il y a à faire."), at_most(160, "Ce titre")])
    jours = DaysBefore(
        "Pour quand",
        [InputRequired("Dis pour quand : J-15, ou une date.")],
        description="J-15, J+2, ou une date. Elle suivra l’action si celle-ci bouge.",
    )
    responsable_id = SelectField("Responsable", coerce=some_id)

    def __init__(self, *args: Any, action: Action, people: People = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.action = action
        self.responsable_id.choices = choices(("", "Le bienveillant"), *((str(id), nom) for id, nom in people))

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in TASK}


class EditTaskForm(EditForm, TaskForm):
    """A task that is stored."""

    def _words(self, name: str, value: Any) -> str:
        return rank(value) if name == "jours" else super()._words(name, value)


class MoveForm(Form):
    """Another beginning for the action, and for all that follows it; without an end it lasts as long as before."""

    debut = LocalDateTime("Nouveau début", [InputRequired("Écris le jour et l’heure du nouveau début.")])
    jusqu_a = LocalDateTime("Nouvelle fin")
    motif = Line(
        "Pourquoi",
        [DataRequired("Écris en quelques mots pourquoi l’action change de date."), at_most(500, "Ce motif")],
        description="Le journal de l’action le garde.",
    )
    dire = BooleanField("Le dire aussi au demandeur")
    annonce = HiddenField()  # what the preview has said, when it is confirmed

    def __init__(self, *args: Any, action: Action, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.action = action

    def validate_debut(self, debut: LocalDateTime) -> None:
        if debut.data and debut.data <= clock.now():
            raise ValidationError("Cette date est déjà passée : choisis un début à venir.")

    def validate_jusqu_a(self, fin: LocalDateTime) -> None:
        if self.debut.data and fin.data:
            check_slot(self.debut.data, fin.data)

    @property
    def fields(self) -> dict[str, Any]:
        debut = self.debut.data
        assert debut
        fin = self.jusqu_a.data or debut + (self.action.fin - self.action.debut)
        return {"debut": debut, "fin": fin, "motif": self.motif.data, "dire": self.dire.data}
