"""The shape of one tap, as a plain form sends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms.validators import Optional

from portal.actions.forms import EditForm, at_most
from portal.fields import Form, Hour, Hundredths, Line, Whole, Words, quantite
from portal.jour_j.consommations import Used


class TapForm(Form):
    """What a button of the day page says; commands.receive judges it."""

    uuid = Line()
    genre = Line()
    cible = Line()
    valeur = Line()
    mot = Words()
    lieu = Line()  # of an incident
    mesures = Words()
    heure = Hour()  # of an incident that is noted later
    il_y_a = Whole(most=60)  # minutes: someone forgot to press


class UsedForm(EditForm):
    """One field for each thing that may have been used, made by `of`; and one thing more, that nobody had foreseen."""

    libelle = Line("Autre chose", [Optional(), at_most(120, "Ce nom")])
    quantite = Hundredths("Quantité", [Optional()])

    @classmethod
    def of(cls, lines: Iterable[Used]) -> type[UsedForm]:
        fields = {line.key: Hundredths(line.libelle, [Optional()]) for line in lines}
        return type("UsedOnTheDay", (cls,), fields)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A quantity is of something, and something is of a quantity."""
        good = bool(super().validate(*args, **kwargs))
        if bool(self.libelle.data) == (self.quantite.data is not None):
            return good
        missing = self.quantite if self.libelle.data else self.libelle
        missing.errors = [*missing.errors, "Il manque l’un des deux\u00a0: ce qui a servi, et combien."]
        return False

    @property
    def more(self) -> tuple[str, int] | None:
        """What nobody had foreseen, if anything."""
        many = self.quantite.data
        return (self.libelle.data, many) if self.libelle.data and many is not None else None

    def _words(self, name: str, value: Any) -> str:
        return quantite(value) or "(vide)"
