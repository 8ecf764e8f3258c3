"""The forms of the way to a pôle and of the validation: proposing, passing on, an opinion, what a meeting decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from wtforms import RadioField, SelectField
from wtforms.validators import DataRequired, InputRequired, ValidationError

from portal import clock
from portal.actions.deliberation import CRITERES, Ou, Sens
from portal.actions.forms import EditForm, at_most
from portal.fields import Day, Form, Line, Words, choices
from portal.poles.models import Pole

OLDEST = timedelta(days=365)  # of a decision that is noted late: further back, the year is a slip of the finger
SENS = choices(*((s.value, s.label) for s in Sens))
MEETINGS = choices(*((o.value, o.label) for o in (Ou.REUNION, Ou.ROCKETCHAT)))
VERDICTS = choices(
    ("favorable", "Favorable\u00a0: l’action est validée"), ("defavorable", "Défavorable\u00a0: l’action est refusée")
)


class ProposeForm(Form):
    """To which pôle: one of those that have a voice."""

    pole = SelectField("À quel pôle", [InputRequired("Choisis un pôle.")], coerce=lambda id: int(id) if id else None)

    def __init__(self, *args: Any, poles: Iterable[Pole], empty: str = "Choisis un pôle", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._poles = {pole.id: pole for pole in poles}
        self.pole.choices = choices(("", empty), *((str(id), pole.nom) for id, pole in self._poles.items()))

    @property
    def chosen(self) -> Pole | None:
        return self._poles.get(self.pole.data or 0)

    def validate_pole(self, pole: SelectField) -> None:
        if not self.chosen:
            raise ValidationError("Choisis un pôle.")


class PassForm(ProposeForm):
    motif = Line(
        "Pourquoi", [DataRequired("Écris en quelques mots pourquoi le pôle ne la porte pas."), at_most(500, "Ce motif")]
    )
    pole = SelectField("À qui la passer", coerce=lambda id: int(id) if id else None)

    def validate_pole(self, pole: SelectField) -> None:
        """None: back to whoever proposes it."""


def criterion(label: str, question: str) -> RadioField:
    return RadioField(
        label, [InputRequired(f"{label}\u00a0: choisis un avis.")], choices=SENS, coerce=Sens, description=question
    )


def comment() -> Words:
    return Words(
        "Ce qui retient le pôle",
        [at_most(2000, "Ce texte")],
        render_kw={"rows": 2, "placeholder": " "},  # a blank one says to the style sheet that nothing is written
        description="Nécessaire si l’avis n’est pas favorable.",
    )


class AvisForm(EditForm):
    """The opinion of one pôle; several may stand on a page, so that ids bear the pôle's number."""

    technique = criterion("Technique", "Les lieux, le matériel et les savoir-faire suffisent-ils\u00a0?")
    mot_technique = comment()
    ethique = criterion("Éthique", "Est-ce en accord avec ce que la maison défend\u00a0?")
    mot_ethique = comment()
    organisationnelle = criterion("Organisationnelle", "Y a-t-il les bras et le temps, ce jour-là\u00a0?")
    mot_organisationnelle = comment()

    def __init__(self, *args: Any, pole: Pole, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.numero = pole.id
        for field in self:
            field.id = field.label.field_id = f"{field.name}-{pole.id}"

    def validate(self, extra_validators: Any = None) -> bool:
        """Any doubt explains itself."""
        fine = bool(super().validate(extra_validators))
        for name, label in CRITERES.items():
            sens, mot = self[name], self[f"mot_{name}"]
            if sens.data in (Sens.RESERVE, Sens.DEFAVORABLE) and not mot.data:
                mot.errors = [f"{label}\u00a0: écris en quelques mots ce qui retient le pôle."]
                fine = False
        return fine

    @property
    def said(self) -> dict[str, Any]:
        return {name: self[name].data for criterion in CRITERES for name in (criterion, f"mot_{criterion}")}


class DecisionForm(Form):
    """What a meeting, or the channel, decided."""

    favorable = RadioField("Ce qui est décidé", [InputRequired("Choisis la décision prise.")], choices=VERDICTS)
    ou = RadioField(
        "Prise où", [InputRequired("Dis où la décision a été prise.")], choices=MEETINGS, coerce=Ou, default=Ou.REUNION
    )
    le = Day("Le", [InputRequired("Écris la date de la décision.")], default=clock.today)
    presents = Words(
        "Qui était là",
        [at_most(2000, "Cette liste")],
        render_kw={"rows": 2},
        description="Les pôles et les personnes présentes.",
    )
    compte_rendu = Words(
        "Ce qui s’est dit",
        [DataRequired("Écris en quelques mots ce qui a été décidé, et pourquoi."), at_most(5000, "Ce texte")],
        render_kw={"rows": 3},
        description="Le compte rendu reste dans la maison\u00a0: le demandeur ne le lit pas.",
    )
    mot = Words(
        "Un mot pour le demandeur",
        [at_most(1000, "Ce mot")],
        render_kw={"rows": 2},
        description="Tel quel sur sa page et dans son e-mail\u00a0: écris-lui «\u00a0vous\u00a0».",
    )

    def validate_le(self, le: Day) -> None:
        if le.data and le.data > clock.today():
            raise ValidationError("Cette date est à venir\u00a0: une décision se note une fois prise.")
        if le.data and le.data < clock.today() - OLDEST:
            raise ValidationError("Cette date a plus d’un an\u00a0: vérifie l’année.")

    def validate_presents(self, presents: Words) -> None:
        if self.ou.data is Ou.REUNION and not presents.data:
            raise ValidationError("Écris qui était à la réunion.")

    @property
    def said(self) -> dict[str, Any]:
        words = {name: self[name].data for name in ("ou", "le", "presents", "compte_rendu", "mot")}
        return words | {"favorable": self.favorable.data == "favorable"}
