"""The tasks of a rétroplanning that the house proposes, as they are typed; the files that are taken over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask_wtf.file import FileField
from wtforms import Form as Part
from wtforms import FormField, HiddenField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.actions.forms import at_most
from portal.actions.modeles import EVERY, Modele
from portal.actions.models import TypeAction
from portal.actions.saisie import Days
from portal.fields import Form, Line, Rows, Words, choices
from portal.reglages.lecture import HEAVIEST, text_of
from portal.workflow import Refusal

MISSING = {
    "titre": "Dis ce qu’il y a à faire.",
    "jours": "Dis pour quand\u00a0: J-15, ou J+2.",
    "types": "Coche au moins un type d’action.",
}


class TaskPart(Part):
    cle = HiddenField()  # none of a new one
    titre = Line("Tâche", [at_most(160, "Ce titre")])
    jours = Days("Pour quand", description="J-15, J+2, ou J pour le jour même.")
    aide = Words("La règle, ou comment faire", [at_most(400, "Ce texte")], render_kw={"rows": 2})
    types = SelectMultipleField(
        "Pour quelles actions",
        choices=choices(*((t.value, t.label) for t in TypeAction)),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    @property
    def is_empty(self) -> bool:
        """Nothing is written in it: it is no task."""
        return not (self.titre.data or self.aide.data or (self.jours.raw_data and self.jours._value()))

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if not self.is_empty:
            for name, sentence in MISSING.items():
                if self[name].data in ("", None, []) and not self[name].errors:
                    self[name].errors, fine = [sentence], False
        return fine


class PlanForm(Form):
    """The tasks that the house proposes; one left empty is none. Its small buttons add one or drop one, and save nothing."""

    MOST = 60

    lu = HiddenField()  # the version that was shown
    taches = Rows(FormField(TaskPart), "Tâches", max_entries=MOST)

    @classmethod
    def of(cls, tasks: Iterable[Modele], read: int) -> PlanForm:
        return cls(formdata=None, data={"lu": str(read), "taches": [vars(task) for task in tasks]})

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if wrong := sum(1 for part in self.taches if part.errors):
            self.form_errors.append(
                "Une tâche est à corriger." if wrong == 1 else f"{wrong} tâches sont à corriger\u00a0: elles sont ouvertes."
            )
        return fine

    @property
    def tasks(self) -> list[Modele]:
        """What is written, each under its own key: one that two tasks bear is the first one's."""
        told, keys = [], set[str]()
        for part in self.taches:
            cle = part.cle.data or ""
            cle = cle if re.fullmatch(r"[\w-]{1,40}", cle) and cle not in keys else ""
            keys.add(cle)
            if not part.form.is_empty:
                types = EVERY & set(part.types.data)
                told.append(Modele(cle, part.titre.data, part.jours.data, part.aide.data, types))
        return told

    @property
    def read(self) -> int:
        return int(self.lu.data) if re.fullmatch(r"[0-9]{1,6}", self.lu.data or "") else 0

    def turn(self, gesture: str) -> None:
        """One of its small buttons: ajouter, retirer-3."""
        name, _, where = gesture.partition("-")
        if name == "ajouter" and len(self.taches) < self.MOST:
            self.taches.append_entry({"types": list(EVERY)})
        elif name == "retirer" and re.fullmatch(r"[0-9]{1,2}", where) and int(where) < len(self.taches):
            del self.taches.entries[int(where)]


class BringForm(Form):
    """A table, chosen or pasted; then, hidden, the text that was shown and what it was announced to do."""

    fichier = FileField(
        "Le fichier", description="Un tableur enregistré en CSV\u00a0: 2\u00a0000 lignes et 200\u00a0ko au plus."
    )
    texte = TextAreaField("Ou colle ici les lignes du tableur, avec leurs titres", render_kw={"rows": 4, "spellcheck": "false"})
    source = Line(
        "D’où viennent ces données",
        [DataRequired("Dis d’où elles viennent\u00a0: le journal le garde."), at_most(200, "Ce texte")],
        description="Par exemple\u00a0: liste des adhérents 2026. Le journal le garde, pour répondre à qui le demande.",
    )
    annonce = HiddenField()

    def read(self) -> str:
        """What was brought, as text, which the next step sends again. Raises lecture.Unreadable."""
        chosen = self.fichier.data
        brought = chosen.read(HEAVIEST + 1) if chosen else self.texte.data or ""
        self.texte.data = ""  # what cannot be read cannot be shown again
        self.texte.data = texte = text_of(brought)
        return texte

    def refuse(self, refusal: Refusal) -> None:
        self.fichier.errors = [refusal.sentence]
