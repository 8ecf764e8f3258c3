"""What describes a person, a pôle, a space, an equipment, an offer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from stdnum.fr import tva
from wtforms import BooleanField, FormField, HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms import Form as Part
from wtforms.fields.core import UnboundField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.actions.forms import EditForm
from portal.comptes.models import NomRole
from portal.fields import Day, Email, Form, Line, Phone, Rows, Siret, Whole, Words, choices
from portal.jour_j.modeles import Ligne
from portal.notifications.mots import Gabarit
from portal.poles.models import Espace, Genre, Materiel, Pole, Ressource
from portal.reglage import COURRIEL, RNA, SIRET, SITE_LEAST, SITE_MOST, TAUX, TVA_INTRA, Choix, Nombre, Setting
from portal.reglages.recherche import LABELS, Filtres
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
    email = Email("Adresse e-mail", [DataRequired("Écris l’adresse e-mail\u00a0: l’invitation y sera envoyée.")])


class JournalForm(Form):
    """What is looked for in the journal, read from the query of the URL or from the form of an export; what makes no sense
    is ignored.
    """

    class Meta(Form.Meta):
        csrf = False

    q = Line("Chercher un mot")
    qui = Line("Par qui")
    sorte = SelectField("Sur quoi", validate_choice=False)
    action = Line("De quelle action")
    du = Day("Depuis le")
    au = Day("Jusqu’au")
    sujet = HiddenField()

    @classmethod
    def of(cls, asked: Mapping[str, str], kinds: Mapping[str, str]) -> JournalForm:
        form = cls(formdata=asked)
        form.sorte.choices = choices(("", "Tout"), *kinds.items())
        return form

    def filtres(self) -> Filtres:
        kind, sujet = self.sorte.data or "", self.sujet.data or ""
        return Filtres(
            q=self.q.data[:100],
            qui=self.qui.data[:100],
            sorte=kind if kind in LABELS else "",
            action=self.action.data[:100],
            du=self.du.start(),
            au=self.au.start(),
            sujet=sujet if SUJET.fullmatch(sujet) else "",
        )


class PoleForm(RefusableForm):
    nom = Line("Nom", [DataRequired("Écris un nom."), Length(max=80, message="80 caractères au plus.")])
    genre = RadioField("Genre", choices=choices(*((g.value, g.label) for g in Genre)), default=Genre.POLE.value)
    description = Words("Ce qu’on y fait", [Length(max=2000, message="2\u00a0000 caractères au plus.")])


class SettingsForm(EditForm):
    """What the collective sets, each a field under its key; somebody else may be changing it at the same time."""

    @classmethod
    def of(cls, settings: Iterable[Setting]) -> type[SettingsForm]:
        return type("SettingsForm", (cls,), {s.cle: _field(s) for s in settings})

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) & self._site_range_is_one()

    def _site_range_is_one(self) -> bool:
        if SITE_LEAST.cle not in self or None in (least := self[SITE_LEAST.cle].data, most := self[SITE_MOST.cle].data):
            return True
        if least > most:
            self[SITE_LEAST.cle].errors = [f"Le minimum dépasse le maximum, {most}\u00a0€\u00a0: baisse l’un ou monte l’autre."]
        return bool(least <= most)


class WordsForm(SettingsForm):
    """The words of a message: it takes the names that it knows, and no other."""

    gabarit: Gabarit

    @classmethod
    def of_message(cls, gabarit: Gabarit) -> type[WordsForm]:
        return type("WordsForm", (cls,), {"gabarit": gabarit, **{t.cle: _field(t) for t in gabarit.textes}})

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) & self._names_are_known()

    def _names_are_known(self) -> bool:
        known = ", ".join(f"{{{nom}}}" for nom in self.gabarit.noms)
        unknown = {cle: found[0] for cle, text in self.words.items() if (found := self.gabarit.unknown(text))}
        for cle, nom in unknown.items():
            self[cle].errors = [f"{{{nom}}} n’existe pas ici. Ce message connaît\u00a0: {known}."]
        return not unknown

    @property
    def words(self) -> dict[str, str]:
        return {texte.cle: self[texte.cle].data for texte in self.gabarit.textes}


def _is_rna(form: Form, field: Line) -> None:
    if field.data and not RNA_NUMBER.fullmatch(field.data):
        raise ValidationError("Un numéro RNA est un W et neuf caractères\u00a0: il est sur le récépissé de la préfecture.")


def _is_tva_number(form: Form, field: Line) -> None:
    if field.data and not tva.is_valid(field.data):
        raise ValidationError("Ce numéro de TVA n’est pas valide\u00a0: FR, deux caractères, puis le SIREN.")


def _are_rates(form: Form, field: Line) -> None:
    if not RATES.fullmatch(field.data or ""):
        raise ValidationError("Écris chaque taux, séparés par des points-virgules\u00a0: 8,5\u00a0; 2,1")


SUJET = re.compile(r"[a-z_]{1,40}:[1-9][0-9]{0,8}|reglage:[a-z_]{1,40}")  # "facture:12", "reglage:quorum"
RNA_NUMBER = re.compile(r"W[0-9A-Z]{9}")
RATES = re.compile(r"([0-9]{1,2}([.,][0-9]{1,2})?\s*%?\s*(;\s*|$))+")
FIELDS = {SIRET.cle: Siret, COURRIEL.cle: Email}  # a line, unless it is one of these
RULES = {RNA.cle: _is_rna, TVA_INTRA.cle: _is_tva_number, TAUX.cle: _are_rates}


def _field(setting: Setting) -> UnboundField[Any]:
    if isinstance(setting, Nombre):
        hint = f"{setting.aide} De {setting.least} à {setting.most}, {setting.defaut} au départ."
        return Whole(
            setting.label, [InputRequired("Écris un nombre.")], least=setting.least, most=setting.most, description=hint
        )
    if isinstance(setting, Choix):
        values = choices(*((value.value, value.label) for value in type(setting.defaut)))
        return SelectField(setting.label, choices=values, coerce=type(setting.defaut), description=setting.aide)
    most = [Length(max=setting.most, message=f"{setting.most} caractères au plus.")]
    most += [RULES[setting.cle]] if setting.cle in RULES else []
    if setting.lignes > 1:
        return Words(setting.label, most, description=setting.aide, render_kw={"rows": setting.lignes})
    return FIELDS.get(setting.cle, Line)(setting.label, most, description=setting.aide)


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


class LinePart(Part):
    texte = Line("Ligne", [Length(max=200, message="200 caractères au plus\u00a0: une ligne se lit d’un coup d’œil.")])
    critique = BooleanField("Importante")


class ListForm(RefusableForm):
    """The lines of a checklist; a line left empty is none. Its small buttons move the lines and save nothing."""

    MOST = 60

    lu = HiddenField()  # the version that was shown
    lignes = Rows(FormField(LinePart), "Lignes", max_entries=MOST)

    @classmethod
    def of(cls, lines: Iterable[Ligne], read: int) -> ListForm:
        return cls(formdata=None, data={"lu": str(read), "lignes": [{"texte": x.texte, "critique": x.critique} for x in lines]})

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if self.lignes.errors:
            self.form_errors.append("Une ligne est trop longue\u00a0: elle se lit d’un coup d’œil.")
        return fine

    @property
    def lines(self) -> list[Ligne]:
        return [Ligne(part["texte"], part["critique"]) for part in self.lignes.data if part["texte"]]

    @property
    def read(self) -> int:
        return int(self.lu.data) if re.fullmatch(r"[0-9]{1,6}", self.lu.data or "") else 0

    def turned(self, gesture: str) -> ListForm:
        """The same form after one of its small buttons: ajouter, monter-3, descendre-3, retirer-3."""
        name, _, where = gesture.partition("-")
        rows = [Ligne(part["texte"], part["critique"]) for part in self.lignes.data]
        n = int(where) if re.fullmatch(r"[0-9]{1,2}", where) and int(where) < len(rows) else None
        if name == "ajouter" and len(rows) < self.MOST:
            rows.append(Ligne(""))
        elif n is not None and name == "retirer":
            del rows[n]
        elif n is not None and name in ("monter", "descendre"):
            to = max(0, n - 1) if name == "monter" else n + 1
            rows.insert(to, rows.pop(n))
        return type(self).of(rows, self.read)
