"""The shape of an action's sheet, of an item of its programme, and of a reason."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from flask import request
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from portal import reglage
from portal.actions.models import BILLED, CLIENT, LONGEST, SHEET, STEP, Action, Canal, TypeAction, digest, reading
from portal.fields import Email, Form, Line, LocalDateTime, Phone, Several, Siret, Whole, Words, choices, one_line
from portal.filters import moment
from portal.poles.models import Genre, Pole

AROUND = timedelta(days=1)  # an item may be set up the day before, or tidied the day after
MOST = 5_000  # people, on a site that holds four hundred: more is a slip of the finger
UNSAID = timedelta(hours=4)  # how long it lasts, when the first call did not say


People = Iterable[tuple[int, str]]  # (id, name)


def some_id(text: str | None) -> int | None:
    return int(text) if text else None


def at_most(most: int, what: str) -> Length:
    """A limit that says itself: "Ce titre est trop long : 120 caractères au plus."."""
    return Length(max=most, message=f"{what} est trop long\u00a0: {most:,} caractères au plus.".replace(",", "\u00a0"))


class SlotForm(Form):
    """A beginning and an end, which may be the next day: « 20 h à 2 h » stays one slot."""

    debut = LocalDateTime("Début", [InputRequired("Écris le jour et l’heure du début.")])
    fin = LocalDateTime("Fin", [InputRequired("Écris le jour et l’heure de la fin.")])

    def validate_fin(self, fin: LocalDateTime) -> None:
        if self.debut.data and fin.data:
            check_slot(self.debut.data, fin.data)


def check_slot(debut: datetime, fin: datetime) -> None:
    """Raises ValidationError when no action lasts from then to then."""
    if fin <= debut:
        raise ValidationError("La fin doit venir après le début. Après minuit, c’est la date du lendemain.")
    if fin - debut > LONGEST:
        raise ValidationError("Cela dure plus de 14 jours : vérifie les dates, ou fais-en plusieurs.")


class EditForm(Form):
    """A form over a stored sheet that somebody else may be changing at the same time."""

    lu = HiddenField()  # `reading` of the sheet, when the form was shown

    def say_back(self, sheet: Mapping[str, Any]) -> None:
        """Words sent for a field that the thing, such as it has become, does not have."""
        for name in sheet:
            words = one_line(request.form.get(name))
            if words and name not in self:
                self.form_errors.append(f"Ce que tu avais écrit n’a plus de place ici\u00a0: «\u00a0{words}\u00a0»")

    @classmethod
    def over(cls, sheet: Mapping[str, Any], typed: EditForm | None = None, **more: Any) -> Self:
        """The form with what is stored; or with the words typed on an older reading of it on top.

        A field that both changed carries, as `theirs`, what is stored, in words.
        """
        kept = typed._changed(sheet) if typed else {}
        form = cls(formdata=None, data={**sheet, **{name: value for name, (value, _) in kept.items()}}, **more)
        form.lu.data = reading(sheet)
        if typed:
            form.say_back(sheet)
        for name, (value, both) in kept.items():
            if both and value != sheet[name]:
                form[name].theirs = form._words(name, sheet[name])
        return form

    def _changed(self, sheet: Mapping[str, Any]) -> dict[str, tuple[Any, bool]]:
        """What was typed where it differs from what was read, and whether the stored value moved meanwhile too."""
        read: Sequence[str] = (self.lu.data or "").split("-")
        if len(read) != len(sheet):
            read = [""] * len(sheet)
        rows = [(name, self[name].data, was) for name, was in zip(sheet, read, strict=True) if name in self]
        return {name: (typed, digest(sheet[name]) != was) for name, typed, was in rows if digest(typed) != was}

    def _words(self, name: str, value: Any) -> str:
        """A stored value of that field, as the screen says it."""
        field = self[name]
        if value in (None, "", []):
            return "(vide)"
        if isinstance(field, Several):
            return ", ".join(str(choice.label) for choice in field.choices if choice.value in value)
        if isinstance(value, bool):
            return "oui" if value else "non"
        if isinstance(field, LocalDateTime):
            return moment(value)
        if isinstance(field, SelectField):
            return next((str(choice.label) for choice in field.choices if field.coerce(choice.value) == value), str(value))
        return str(value)


class DemandeurForm(Form):
    """Who asks for an action, and how to reach them."""

    demandeur_nom = Line(
        "Nom ou structure",
        [DataRequired("Écris qui demande cette action."), at_most(120, "Ce nom")],
    )
    demandeur_contact = Line("Personne à contacter", [at_most(120, "Ce nom")])
    demandeur_email = Email("Adresse e-mail")
    demandeur_telephone = Phone("Téléphone")


class BilledForm(DemandeurForm):
    """The same, with what the papers say of them."""

    demandeur_adresse = Words(
        "Adresse", [at_most(400, "Cette adresse")], description="Sur le devis et la facture.", render_kw={"rows": 3}
    )
    demandeur_siret = Siret("SIRET")
    demandeur_particulier = BooleanField("C’est un particulier")

    @property
    def demandeur(self) -> dict[str, Any]:
        return {name: self[f"demandeur_{name}"].data for name in BILLED}


class ClientForm(EditForm, BilledForm):
    """What an invoice needs of them, which may still change once the action is over."""


class ActionForm(DemandeurForm, SlotForm):
    """The sheet of an action; its fields have the names of `Action.sheet`."""

    titre = Line(
        "Titre",
        [DataRequired("Donne un titre à l’action."), at_most(120, "Ce titre")],
    )
    souple = BooleanField("Date à voir ensemble")  # an idea, so far
    personnes = Whole("Personnes attendues", [Optional()], least=1, most=MOST, description="Public et équipe compris.")
    type = SelectField(
        "Type", choices=choices(*((t.value, t.label) for t in TypeAction)), coerce=TypeAction, default=TypeAction.AUTRE
    )
    pole_porteur_id = SelectField("Pôle porteur", coerce=some_id)
    canal = SelectField(
        "Arrivée par", choices=choices(*((c.value, c.label) for c in Canal)), coerce=Canal, default=Canal.TELEPHONE
    )
    lieu = Line(
        "Lieu",
        [DataRequired("Écris où cela se passe."), at_most(200, "Ce lieu")],
        default=reglage.ici,
    )
    description = Words(
        "Description",
        [at_most(10_000, "Ce texte")],
        description="Ce qui se passe ce jour-là. Le public la lit sur les missions ouvertes.",
        render_kw={"rows": 5},
    )
    valeurs = Words(
        "Valeurs",
        [at_most(5_000, "Ce texte")],
        description="Ce qui peut donner envie à des volontaires. Sans valeurs écrites ici, pas de mission volontaire.",
        render_kw={"rows": 3},
    )
    publique = BooleanField(
        "Dans l’agenda public",
        description="Une fois l’action confirmée, tout le monde y voit son titre, ses heures et son lieu. Rien d’autre.",
    )
    en_direct = BooleanField(
        "Le public peut suivre le programme en direct",
        description="Une page montre à tout le monde les étapes et leurs heures, prévues et attendues. Aucun nom de l’équipe.",
    )

    def __init__(self, *args: Any, poles: Iterable[Pole], present: int | None = None, **kwargs: Any):
        """`present` is the pôle that carries the action already, offered even if it has become a groupe since."""
        super().__init__(*args, **kwargs)
        standing = ((str(p.id), p.nom) for p in poles if p.genre is Genre.POLE or p.id == present)
        self.pole_porteur_id.choices = choices(("", "À décider"), *standing)

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in SHEET}

    @property
    def demandeur(self) -> dict[str, Any]:
        return {name: self[f"demandeur_{name}"].data for name in CLIENT}


class NewActionForm(ActionForm):
    """Quick entry: with a reason, the action was validated outside the portal."""

    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one action
    fin = LocalDateTime("Fin", [Optional()], description="Pas encore dite\u00a0? Quatre heures sont notées, à revoir.")
    prise = RadioField(
        "Qui la suit",
        choices=choices(("moi", "Je la prends"), ("a_prendre", "À prendre\u00a0: les bienveillants sont prévenus")),
        default="moi",
    )
    prevenir = BooleanField("Lui envoyer le lien de sa page", default=True)
    deja_validee = BooleanField("Déjà validée hors du portail")
    motif = Line(
        "Où, quand et par qui",
        [at_most(300, "Ce motif")],
        description="Par exemple : réunion interpôle du 3 mars. L’action est alors confirmée tout de suite.",
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.canal.choices = choices(*((c.value, c.label) for c in Canal if c is not Canal.PORTAIL))

    def validate(self, extra_validators: Any = None) -> bool:
        """A first call may not say when it ends."""
        if self.debut.data and not self.fin.raw:
            self.fin.data = self.debut.data + UNSAID
        return bool(super().validate(extra_validators))

    def validate_prise(self, prise: RadioField) -> None:
        if self.deja_validee.data and prise.data != "moi":
            raise ValidationError(
                "Une action déjà validée a besoin de quelqu’un qui la suit\u00a0: prends-la, puis passe le relais."
            )

    def validate_motif(self, motif: Line) -> None:
        if self.deja_validee.data and not motif.data:
            raise ValidationError("Dis où, quand et par qui elle a été validée.")

    @property
    def outside_motif(self) -> str:
        return self.motif.data if self.deja_validee.data else ""

    @property
    def take(self) -> bool:
        return bool(self.prise.data == "moi")


class EditActionForm(EditForm, BilledForm, ActionForm):
    """The sheet of an action that is stored, with what its papers say of the demandeur."""

    def keep_dates(self, action: Action) -> None:
        """As they are stored, whatever was typed."""
        for field, stored in ((self.debut, action.debut), (self.fin, action.fin)):
            field.raw, field.data = "", stored


class StepForm(SlotForm):
    """An item of the programme; items may overlap."""

    titre = Line(
        "Titre",
        [DataRequired("Donne un titre à cette étape."), at_most(120, "Ce titre")],
    )
    lieu = Line("Endroit", [at_most(120, "Cet endroit")])
    piste = Line(
        "Piste",
        [at_most(60, "Ce nom")],
        description="Pour ce qui se passe à côté du fil de la journée : jardin, cuisine, scène…",
    )
    responsable_id = SelectField("Responsable", coerce=some_id)
    ancre = BooleanField(
        "Heure fixe", description="Un repas, un bus : cette étape ne se décale pas si la journée prend du retard."
    )
    butoir = BooleanField(
        "Fin à ne pas dépasser",
        description="Le voisinage, une autorisation : le portail prévient quand ce qui précède la ferait finir trop tard.",
    )

    def __init__(self, *args: Any, action: Action, people: People = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.action = action
        self.responsable_id.choices = choices(("", "Personne en particulier"), *((str(id), nom) for id, nom in people))

    def validate_debut(self, debut: LocalDateTime) -> None:
        if debut.data and not self.action.debut - AROUND <= debut.data <= self.action.fin + AROUND:
            raise ValidationError(f"L’action commence {moment(self.action.debut)} : cette étape tombe un autre jour.")

    @property
    def fields(self) -> dict[str, Any]:
        return {name: self[name].data for name in STEP}


class EditStepForm(EditForm, StepForm):
    """An item of the programme that is stored."""

    suivre = BooleanField("Ce qui vient juste après suit le mouvement", default=True)


class MotifForm(Form):
    motif = Line("Motif", [at_most(500, "Ce motif")])

    @property
    def sentence(self) -> str:
        """What is wrong with it."""
        return next(str(error) for errors in self.errors.values() for error in errors)


def next_step(action: Action) -> dict[str, Any]:
    """Where the next item of the programme would begin and end: after the last one, for an hour."""
    begins = max((etape.fin for etape in action.programme if not etape.piste), default=action.debut)
    begins = begins if begins < action.fin else action.debut
    return {"debut": begins, "fin": min(begins + timedelta(hours=1), action.fin)}
