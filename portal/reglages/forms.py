"""What describes a person, a pôle, a space, an equipment, an offer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.comptes.models import NomRole
from portal.fields import Email, Form, Line, Phone, Whole, Words, choices
from portal.poles.models import Espace, Genre, Materiel, Pole, Ressource
from portal.reglage import Nombre
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


class NombresForm(Form):
    """The numbers that the collective sets, each a field under its key."""

    @classmethod
    def of(cls, nombres: Iterable[Nombre], **kwargs: Any) -> NombresForm:
        fields = {
            n.cle: Whole(n.label, [InputRequired("Écris un nombre.")], least=n.least, most=n.most, description=n.aide)
            for n in nombres
        }
        form: NombresForm = type("NombresForm", (cls,), fields)(**kwargs)
        return form


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


class EquipmentForm(RefusableForm):
    nom = Line("Nom", [DataRequired("Écris un nom."), Length(max=80, message="80 caractères au plus.")])
    stock = Whole("Combien il y en a", [InputRequired("Écris combien il y en a.")], most=10_000)
    pole = SelectField("Qui le prête", default="")

    def __init__(self, *args: Any, poles: Iterable[Pole], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._poles = {str(pole.id): pole for pole in poles}
        self.pole.choices = choices(("", "Personne en particulier"), *((id, pole.label) for id, pole in self._poles.items()))

    @property
    def fields(self) -> dict[str, Any]:
        """What `poles.commands.save_equipment` takes."""
        return {"nom": self.nom.data, "stock": self.stock.data, "pole": self._poles.get(self.pole.data)}


class PrestationForm(RefusableForm):
    """What the public page of the requests offers."""

    titre = Line(
        "Ce qui est proposé", [DataRequired("Écris ce qui est proposé."), Length(max=80, message="80 caractères au plus.")]
    )
    description = Line("En quelques mots", [Length(max=200, message="200 caractères au plus.")])
    ressource = SelectField("De quoi s’agit-il", choices=choices(*((r.value, r.label) for r in Ressource)), coerce=Ressource)
    pole = SelectField("Qui le propose", default="")
    espace = SelectField("Quel espace", default="")
    materiel = SelectField("Quel matériel", default="")
    ordre = Whole("Rang sur la page", most=1000, default=0)
    visible = BooleanField("Montrée au public", default=True)

    def __init__(self, *args: Any, poles: Iterable[Pole], spaces: Iterable[Espace], lent: Iterable[Materiel], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._poles = {str(pole.id): pole for pole in poles}
        self._spaces = {str(space.id): space for space in spaces}
        self._lent = {str(thing.id): thing for thing in lent}
        self.pole.choices = choices(("", "La maison"), *((id, pole.label) for id, pole in self._poles.items()))
        self.espace.choices = choices(("", "Aucun"), *((id, space.nom) for id, space in self._spaces.items()))
        self.materiel.choices = choices(("", "Aucun"), *((id, thing.nom) for id, thing in self._lent.items()))

    def validate_espace(self, espace: SelectField) -> None:
        if espace.data and self.ressource.data is not Ressource.ESPACE:
            raise ValidationError("Un espace n’accompagne qu’une prestation du genre «\u00a0Espace\u00a0».")

    def validate_materiel(self, materiel: SelectField) -> None:
        if materiel.data and self.ressource.data is not Ressource.MATERIEL:
            raise ValidationError("Un matériel n’accompagne qu’une prestation du genre «\u00a0Matériel\u00a0».")

    @property
    def fields(self) -> dict[str, Any]:
        """What `poles.commands.save_prestation` takes."""
        said = {name: self[name].data for name in ("titre", "description", "ressource", "visible")}
        pole, espace = self._poles.get(self.pole.data), self._spaces.get(self.espace.data)
        return {
            "ordre": self.ordre.data or 0,
            "pole": pole,
            "espace": espace,
            "materiel": self._lent.get(self.materiel.data),
            **said,
        }
