"""What the listing can be filtered by, and what a mission is made of."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from flask import request
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from portal.actions.forms import EditForm, SlotForm, at_most
from portal.fields import Day, Euros, Form, Line, LocalDateTime, Several, Whole, Words, choices
from portal.filters import date_courte
from portal.missions.models import ALERTE, PREAVIS, SHEET, Competence, Nature
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
    def active(self) -> list[tuple[str, str]]:
        """The filters that narrow the list: the field's name, and the words that say it."""
        f = self.filters()
        said = {
            "nature": f.nature and f.nature.label,
            "pole": f.pole and next(str(c.label) for c in self.pole.choices if c.value == str(f.pole)),
            "du": f.du and f"à partir du {date_courte(f.du)}",
            "au": f.au and f"jusqu’au {date_courte(f.au)}",
            "places": f.places and "avec des places",
            "q": f.q and f"«\u00a0{f.q}\u00a0»",
        }
        return [(name, str(words)) for name, words in said.items() if words]


class MissionForm(SlotForm):
    """One post. Its nature decides which fields there are: a référent is alone, a volontaire is never paid."""

    titre = Line("Titre", [DataRequired("Donne un titre à la mission."), at_most(120, "Ce titre")])
    description = Words("Ce qu’on y fait", [at_most(5_000, "Ce texte")], render_kw={"rows": 4})
    places = Whole("Nombre de places", [InputRequired("Écris combien de personnes il faut.")], least=1, most=500, default=1)
    fourni = Line("Fourni sur place", [at_most(200, "Ce texte")], description="Un repas, des gants, un hébergement…")
    apporter = Line("À apporter", [at_most(200, "Ce texte")], description="Chaussures fermées, chapeau, gourde…")
    competences = Several("Savoir-faire utiles", choices=choices(*((c.value, c.label) for c in Competence)))
    minimum = Whole(
        "Minimum de personnes",
        least=1,
        most=500,
        description="En dessous, tu es prévenu à temps pour trouver du renfort. Vide\u00a0: pas de minimum.",
    )
    alerte = Whole("Prévenir combien de jours avant", least=1, most=60, default=ALERTE)
    preavis = Whole(
        "Se retirer librement jusqu’à, en heures avant le début",
        least=0,
        most=720,
        default=PREAVIS,
        description="Plus tard, la personne qui se retire prévient aussitôt le référent.",
    )
    points = Whole("Points", least=1, most=100_000, description="Ce que la mission rapporte, en points…")
    montant = Euros("Montant", description="…ou en euros, pour toute la mission.")
    reserve_majeurs = BooleanField(
        "Réservée aux personnes majeures", description="Pour le bar, les échelles, les outils dangereux."
    )
    contrepartie = Line("Contrepartie", [at_most(200, "Ce texte")], description="Ce que dit le contrat, ou des points.")
    candidatures_du = LocalDateTime("Candidatures à partir du", description="Vide : dès la publication.")
    candidatures_au = LocalDateTime("Candidatures jusqu’au", description="Vide : jusqu’au début de la mission.")

    def __init__(self, *args: Any, nature: Nature, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind = nature
        if nature is Nature.REFERENT:
            del self.places, self.minimum, self.alerte
        if nature is Nature.VOLONTAIRE:
            del self.contrepartie
        if nature is not Nature.VOLONTAIRE:
            del self.reserve_majeurs  # adults alone hold the others
        if nature is not Nature.CHARGE_DE_MISSION:
            del self.points, self.montant

    def validate_minimum(self, minimum: Whole) -> None:
        if minimum.data and self.places.data and minimum.data > self.places.data:
            raise ValidationError("Le minimum ne dépasse pas le nombre de places.")

    def validate_montant(self, montant: Euros) -> None:
        if montant.data is None:
            return
        if montant.data <= 0:
            raise ValidationError("Un montant est plus grand que zéro.")
        if self.points.data:
            raise ValidationError("La mission rapporte des points ou un montant, pas les deux.")

    def validate_candidatures_au(self, au: LocalDateTime) -> None:
        du = self.candidatures_du.data
        if au.data and du and au.data <= du:
            raise ValidationError("La phase de candidature doit finir après avoir commencé.")

    @property
    def fields(self) -> dict[str, Any]:
        """What the mission becomes; a field that this nature does not have is settled here."""
        typed = {name: self[name].data for name in SHEET if name in self}
        for name, usual in (("preavis", PREAVIS), ("alerte", ALERTE)):
            if typed.get(name) is None:
                typed[name] = usual
        lone = {"places": 1} if self.kind is Nature.REFERENT else {}
        return typed | lone | {"nature": self.kind}


class NewMissionForm(MissionForm):
    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one mission
    prendre_poste = BooleanField("Je prends le poste de référent")

    def __init__(self, *args: Any, offer_post: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not offer_post or self.kind is not Nature.REFERENT:
            del self.prendre_poste

    @property
    def takes_post(self) -> bool:
        return bool("prendre_poste" in self and self.prendre_poste.data)


class EditMissionForm(EditForm, MissionForm):
    """The nature may still change while nobody holds a place; the command says no afterwards."""

    nature = RadioField("Nature", choices=choices(*((n.value, n.label) for n in Nature)), coerce=Nature)
    prevenir = BooleanField("Je préviens ces personnes et j’enregistre")

    @property
    def fields(self) -> dict[str, Any]:
        wanted = self.nature.data
        forced: dict[str, Any] = {"nature": wanted}
        if wanted is Nature.REFERENT:
            forced |= {"places": 1, "minimum": None}
        if wanted is Nature.VOLONTAIRE and self.kind is not Nature.VOLONTAIRE:
            forced["contrepartie"] = ""
        if wanted is not Nature.CHARGE_DE_MISSION:
            forced |= {"points": None, "montant": None}
        return super().fields | forced


class PostForm(SlotForm):
    """One of the posts that an action calls for, beside the others on one page; `nature` is what it is first proposed as."""

    retenir = BooleanField("Créer cette mission")
    titre = Line("Titre", [DataRequired("Donne un titre à la mission."), at_most(120, "Ce titre")])
    nature = RadioField("Nature", coerce=Nature)
    places = Whole("Nombre de places", [InputRequired("Écris combien de personnes il faut.")], least=1, most=500)
    prendre_poste = BooleanField("Je prends le poste de référent")

    class Meta(SlotForm.Meta):
        csrf = False  # the page has its own

    def __init__(self, *args: Any, nature: Nature, values: bool, offer_post: bool, **kwargs: Any):
        super().__init__(*args, data=kwargs.pop("data", {}) | {"nature": nature}, **kwargs)
        self.kind = nature
        if nature is Nature.REFERENT:
            del self.nature, self.places
        else:
            offered = [n for n in Nature if n is not Nature.REFERENT and (values or n is not Nature.VOLONTAIRE)]
            self.nature.choices = choices(*((n.value, n.label) for n in offered))
        if nature is not Nature.REFERENT or not offer_post:
            del self.prendre_poste

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """What is left out is not looked at."""
        return not self.retenir.data or super().validate(*args, **kwargs)

    @property
    def takes_post(self) -> bool:
        return bool(self.retenir.data and "prendre_poste" in self and self.prendre_poste.data)

    @property
    def fields(self) -> dict[str, Any]:
        typed = {name: self[name].data for name in ("titre", "debut", "fin")}
        if self.kind is Nature.REFERENT:
            return typed | {"nature": self.kind, "places": 1}
        return typed | {"nature": self.nature.data, "places": self.places.data}
