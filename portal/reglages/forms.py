"""What describes a person, a pôle, a space."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.comptes.models import NomRole
from portal.fields import Email, Form, Line, Phone, Whole, Words, choices
from portal.poles.models import Espace, Genre
from portal.workflow import Refusal


class RefusableForm(Form):
    """A form whose command may refuse what one field says."""

    def refuse(self, name: str, refusal: Refusal) -> None:
        """Show the refusal beside that field."""
        self[name].errors = [refusal.sentence]


class PersonForm(RefusableForm):
    nom = Line("Nom", [DataRequired("Écris le prénom et le nom."), Length(max=120, message="Ce nom est trop long.")])
    telephone = Phone("Téléphone")
    roles = SelectMultipleField(
        "Rôles",
        choices=choices(*((nom.value, nom.label) for nom in NomRole)),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    @property
    def chosen(self) -> list[NomRole]:
        return [NomRole(value) for value in self.roles.data]


class NewPersonForm(PersonForm):
    email = Email("Adresse e-mail", [DataRequired("Écris l’adresse e-mail : l’invitation y sera envoyée.")])


class PoleForm(RefusableForm):
    nom = Line("Nom", [DataRequired("Écris un nom."), Length(max=80, message="80 caractères au plus.")])
    genre = RadioField("Genre", choices=choices(*((g.value, g.label) for g in Genre)), default=Genre.POLE.value)
    description = Words("Ce qu’on y fait", [Length(max=2000, message="2 000 caractères au plus.")])


class EspaceForm(RefusableForm):
    nom = Line("Nom", [DataRequired("Écris un nom."), Length(max=80, message="80 caractères au plus.")])
    parent = SelectField("Dans quel espace", default="")
    capacite = Whole("Personnes au plus, public et équipe", least=1, most=10_000)
    avant_min = Whole("Minutes d’installation avant", most=1440, default=0)
    apres_min = Whole("Minutes de rangement après", most=1440, default=0)

    def __init__(self, *args: Any, spaces: Iterable[Espace], **kwargs: Any):
        """`spaces`: those it may be put in."""
        super().__init__(*args, **kwargs)
        self._spaces = {str(space.id): space for space in spaces}
        self.parent.choices = choices(("", "Aucun"), *((id, space.nom) for id, space in self._spaces.items()))

    @property
    def fields(self) -> dict[str, Any]:
        """What `poles.commands.save_space` takes."""
        return {
            "nom": self.nom.data,
            "parent": self._spaces.get(self.parent.data),
            "capacite": self.capacite.data,
            "avant_min": self.avant_min.data or 0,
            "apres_min": self.apres_min.data or 0,
        }
