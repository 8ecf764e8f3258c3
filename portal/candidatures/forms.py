"""What applying and answering ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wtforms import BooleanField, RadioField
from wtforms.validators import DataRequired, InputRequired, Length, StopValidation

from portal.candidatures.models import Candidature, Demande
from portal.comptes.forms import StatutFields
from portal.fields import Email, Form, Line, Phone, PublicForm, Whole, Words, choices, one_line
from portal.missions.models import Minorite, Mission, Nature
from portal.reglage import MAJORITE

MOTIFS = (
    "Toutes les places sont prises.",
    "Le créneau ne correspond pas.",
    "La mission demande une autre expérience.",
    "La mission a changé.",
)


AUTRE = "Autre"
DEPARTS = (
    "Je ne suis plus libre à cette heure",
    "Un empêchement personnel",
    "Le transport",
    "Je n’avais pas bien compris la mission",
    AUTRE,
)


def of_a_minor(asked: str) -> Callable[[Any, Any], None]:
    """Validator: wanted once the box is ticked; before, whatever is typed there counts for nothing."""

    def check(form: Any, field: Any) -> None:
        if not form.mineur.data:
            field.errors = []
            raise StopValidation
        if field.data in (None, "") and not field.errors:
            raise StopValidation(asked)

    return check


class CandidatureForm(PublicForm, StatutFields):
    nom = Line(
        "Ton nom",
        [
            DataRequired("Écris ton nom, pour que l’équipe sache qui tu es."),
            Length(max=120, message="Ce nom est trop long."),
        ],
        render_kw={"autocomplete": "name", "autocapitalize": "words"},
    )
    email = Email("Ton adresse e-mail", [DataRequired("Écris ton adresse e-mail\u00a0: la réponse y sera envoyée.")])
    telephone = Phone("Ton téléphone")
    message = Words(
        "Un mot pour l’équipe",
        [Length(max=2000, message="Ce message est trop long\u00a0: 2\u00a0000 caractères au plus.")],
        render_kw={"rows": 3},
    )
    mineur = BooleanField(f"J’ai moins de {MAJORITE} ans")
    age = Whole("Ton âge le jour de la mission", [of_a_minor("Écris ton âge.")], least=1, most=MAJORITE - 1)
    responsable = Line(
        "Le nom de ton parent ou responsable légal",
        [of_a_minor("Écris le nom de la personne qui répond de toi."), Length(max=120, message="Ce nom est trop long.")],
        render_kw={"autocomplete": "off", "autocapitalize": "words"},
    )
    responsable_telephone = Phone(
        "Son téléphone", [of_a_minor("Écris son numéro\u00a0: l’équipe doit pouvoir l’appeler le jour de la mission.")]
    )
    accord = BooleanField(
        "J’ai lu ce que deviennent ces informations",
        [InputRequired("Coche cette case après avoir lu la note ci-dessus.")],
    )
    sollicitable = BooleanField("L’équipe peut me proposer d’autres missions")
    attente = BooleanField("Je rejoins la liste d’attente")

    def keep_what_suits(self, mission: Mission) -> None:
        """Only a chargé de mission is asked as what they would be paid."""
        if mission.nature is not Nature.CHARGE_DE_MISSION:
            del self.statut, self.siret, self.structure

    @property
    def demande(self) -> Demande:
        said = (self.nom.data, self.email.data, self.telephone.data, self.message.data)
        return Demande(self.submission, *said, self.situation, self.sollicitable.data, self._minority)

    @property
    def _minority(self) -> Minorite | None:
        if not self.mineur.data or self.age.data is None:
            return None
        return Minorite(self.age.data, self.responsable.data, self.responsable_telephone.data)


class LinksForm(Form):
    email = Email("Ton adresse e-mail", [DataRequired("Écris l’adresse avec laquelle tu as candidaté.")])


class CorrectionForm(Form):
    minor_of: int | None = None  # years, of the candidate; whoever answers for them may be corrected

    nom = Line(
        "Ton nom",
        [DataRequired("Écris ton nom."), Length(max=120, message="Ce nom est trop long.")],
        render_kw={"autocomplete": "name"},
    )
    telephone = Phone("Ton téléphone")
    message = Words(
        "Un mot pour l’équipe",
        [Length(max=2000, message="Ce message est trop long\u00a0: 2\u00a0000 caractères au plus.")],
        render_kw={"rows": 3},
    )
    responsable = Line(
        "Ton parent ou responsable légal",
        [DataRequired("Écris le nom de la personne qui répond de toi."), Length(max=120, message="Ce nom est trop long.")],
        render_kw={"autocomplete": "off"},
    )
    responsable_telephone = Phone("Son téléphone", [DataRequired("Écris son numéro.")], render_kw={"autocomplete": "off"})

    @classmethod
    def of(cls, candidature: Candidature, **more: Any) -> CorrectionForm:
        """With what was sent; the name and phone of a confirmed person are their account's."""
        personne, mineur = candidature.personne, candidature.mineur
        data = {"nom": personne.nom, "telephone": personne.telephone, "message": candidature.message}
        if mineur:
            data |= {"responsable": mineur.responsable, "responsable_telephone": mineur.telephone}
        form = cls(data=data, **more)
        form.minor_of = mineur.age if mineur else None
        if mineur is None:
            del form.responsable, form.responsable_telephone
        if personne.confirme_le:
            del form.nom, form.telephone
        return form

    @property
    def fields(self) -> dict[str, Any]:
        """What `depot.edit` takes."""
        typed = {field.name: field.data for field in self if field.name in ("nom", "telephone", "message")}
        if self.minor_of is None:
            return typed
        return typed | {"mineur": Minorite(self.minor_of, self.responsable.data, self.responsable_telephone.data)}


class LeaveForm(Form):
    """Why one steps back: never asked for, and no obstacle to it, so that any words are taken as they come."""

    motif = RadioField("La raison", choices=choices(*((m, m) for m in DEPARTS)), validate_choice=False)
    autre = Line("Autre raison", description="Quelques mots suffisent. N’écris rien sur ta santé.")

    @property
    def reason(self) -> str:
        said = (one_line(self.motif.data), self.autre.data)
        return "\u00a0: ".join(words for words in said if words not in ("", AUTRE))[:300]


class DecisionForm(Form):
    motif = Line("Motif", [Length(max=300, message="Ce motif est trop long\u00a0: 300 caractères au plus.")])
    mot = Words("Un mot pour la personne", [Length(max=500, message="Ce mot est trop long\u00a0: 500 caractères au plus.")])
    malgre_chevauchement = BooleanField("Accepter quand même")
    malgre_melange = BooleanField("Accepter quand même")
