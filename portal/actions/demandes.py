"""The shape of what a demandeur writes, and of what the team answers."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from wtforms import BooleanField, Field, HiddenField, SelectField
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError

from portal import clock
from portal.actions.depot import Demande
from portal.actions.forms import MOST, at_most
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.fields import Day, Email, Form, Hour, Line, Phone, PublicForm, Siret, Whole, Words, choices, combine

REACH = "Donnez une adresse e-mail ou un numéro de téléphone\u00a0: sans l’un des deux, personne ne peut vous répondre."


class Ids(Field):  # type: ignore[misc]
    """Boxes whose values are ids of rows; which of them exist is asked later, when the database is read."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [int(text) for text in valuelist[:100] if re.fullmatch(r"[1-9][0-9]{0,8}", text)]


class ReachFields(Form):
    """How to reach the demandeur: one of the two."""

    contact = Line("Personne à contacter", [at_most(120, "Ce nom")])
    email = Email("Adresse e-mail")
    telephone = Phone("Téléphone")

    def validate_email(self, email: Email) -> None:
        if not (email.data or self.telephone.data):
            raise ValidationError(REACH)


class RequestForm(PublicForm, ReachFields):
    """The public request, by somebody whom nobody knows yet."""

    nom = Line("Votre nom, ou celui de votre structure", [DataRequired("Écrivez qui demande."), at_most(120, "Ce nom")])
    titre = Line(
        "Ce que vous voulez organiser",
        [DataRequired("Dites en quelques mots ce que vous voulez organiser."), at_most(120, "Ce titre")],
    )
    jour = Day("Le jour", [InputRequired("Choisissez un jour. Une idée suffit\u00a0: cochez alors la case en dessous.")])
    de = Hour("De", [InputRequired("Écrivez l’heure du début.")])
    a = Hour("À", [InputRequired("Écrivez l’heure de la fin.")])
    souple = BooleanField("Cette date est une idée, à voir ensemble")
    personnes = Whole("Combien de personnes", [Optional()], least=1, most=MOST)
    souhaits = Ids(default=list)
    description = Words("Un mot de plus", [at_most(5_000, "Ce texte")], render_kw={"rows": 4})

    def validate_jour(self, jour: Day) -> None:
        if jour.data and jour.data < clock.today():
            raise ValidationError("Ce jour est passé.")

    def validate_de(self, de: Hour) -> None:
        if self.jour.data == clock.today() and de.data and combine(self.jour.data, de.data) <= clock.now():
            raise ValidationError("Cette heure est déjà passée.")

    def validate_a(self, a: Hour) -> None:
        if a.data and a.data == self.de.data:
            raise ValidationError("L’heure de la fin est celle du début.")

    @property
    def slot(self) -> tuple[datetime, datetime]:
        """« 20 h à 2 h » ends the day after."""
        jour, de, a = self.jour.data, self.de.data, self.a.data
        assert jour
        assert de
        assert a
        return combine(jour, de), combine(jour + timedelta(days=int(a <= de)), a)

    @property
    def demande(self) -> Demande:
        debut, fin = self.slot
        said = {name: self[name].data for name in ("nom", "contact", "email", "telephone", "titre", "description", "personnes")}
        return Demande(
            cle=self.submission, debut=debut, fin=fin, souple=self.souple.data, souhaits=self.souhaits.data or [], **said
        )


KNOWN = ("contact", "email", "telephone", "adresse", "siret")


class ContactForm(ReachFields):
    """The demandeur mends how to reach them, and who their papers are made out to."""

    adresse = Words("Adresse", [at_most(400, "Cette adresse")], render_kw={"rows": 3})
    siret = Siret("SIRET, pour une structure")

    @classmethod
    def of(cls, action: Action, **more: Any) -> ContactForm:
        return cls(obj=action.demandeur, **more)

    @property
    def fields(self) -> dict[str, str]:
        """What was sent: a page that was open before these fields existed empties none of them."""
        return {field.short_name: field.data for field in self if field.short_name in KNOWN and field.raw_data}


class MessageForm(Form):
    """One message of the exchange, by either side."""

    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))
    texte = Words("Message", [DataRequired("Écrivez votre message."), at_most(5_000, "Ce message")], render_kw={"rows": 4})

    @property
    def sending(self) -> str:
        return (self.cle.data or "")[:64]


class AnswerForm(MessageForm):
    """The same, to the team, who says « tu »."""

    texte = Words("Message", [DataRequired("Écris ton message."), at_most(5_000, "Ce message")], render_kw={"rows": 4})


class GiveUpForm(Form):
    mot = Line("Pourquoi", [at_most(500, "Ce mot")])


class RelayForm(Form):
    personne = SelectField("À qui", coerce=lambda id: int(id) if id else None)

    def __init__(self, *args: Any, people: list[Personne], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.personne.choices = choices(("", "Choisis une personne"), *((str(p.id), p.nom) for p in people))
