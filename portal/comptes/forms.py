"""What sign-in asks."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, RadioField
from wtforms.validators import DataRequired, Length, ValidationError

from portal.comptes.models import Situation, Statut
from portal.fields import Email, Form, Line, Siret, choices
from portal.security import MAX_PASSWORD, MIN_PASSWORD


class StatutFields(Form):
    """As what somebody would be paid; asked of chargés de mission alone, and never to be able to apply."""

    statut = RadioField(
        "Comment serais-tu payé\u00a0?",
        choices=choices(*((s.value, s.label) for s in Statut)),
        validate_choice=False,
        default="",
    )
    siret = Siret("Ton SIRET, si tu es indépendant", render_kw={"inputmode": "numeric", "autocomplete": "off"})
    structure = Line("Le nom de la structure, si une autre te paie", [Length(max=120, message="Ce nom est trop long.")])

    def validate_statut(self, field: RadioField) -> None:
        if field.data and field.data not in set(Statut):
            raise ValidationError("Choisis l’une des trois réponses.")

    def validate_siret(self, field: Line) -> None:
        if self.statut.data == Statut.INDEPENDANT and not field.data:
            raise ValidationError("Écris ton SIRET\u00a0: quatorze chiffres, sur ton avis de situation.")

    def validate_structure(self, field: Line) -> None:
        if self.statut.data == Statut.AUTRE_STRUCTURE and not field.data:
            raise ValidationError("Écris le nom de la structure qui te paie.")

    @property
    def situation(self) -> Situation | None:
        """What was said; of the answers that do not go with the status, nothing is kept."""
        if "statut" not in self or not self.statut.data:
            return None
        statut = Statut(self.statut.data)
        return Situation(
            statut,
            siret=self.siret.data if statut is Statut.INDEPENDANT else "",
            structure=self.structure.data if statut is Statut.AUTRE_STRUCTURE else "",
        )


class StatutForm(StatutFields):
    """The same on its own page, where an answer is wanted."""

    def validate_statut(self, field: RadioField) -> None:
        super().validate_statut(field)
        if not field.data:
            raise ValidationError("Choisis l’une des trois réponses.")


class LinkForm(Form):
    email = Email("Adresse e-mail", [DataRequired("Écris ton adresse e-mail.")])
    next = HiddenField()


class SignInForm(LinkForm):
    mot_de_passe = PasswordField("Mot de passe", [DataRequired("Écris ton mot de passe, ou demande un lien.")])


class CodeForm(Form):
    code = Line(
        "Code à six chiffres",
        [DataRequired("Écris le code reçu par e-mail.")],
        filters=[lambda s: (s or "").replace(" ", "")],
    )


class SecondForm(Form):
    """Six digits of the application, or the twenty-four letters of a recovery code."""

    code = Line("Code de ton application, ou code de secours", [DataRequired("Écris le code que montre ton application.")])


class KeyForm(Form):
    nom = Line(
        "Le nom de cette clé",
        [DataRequired("Écris un nom qui te la fera reconnaître."), Length(max=60, message="Ce nom est trop long.")],
    )


class ProofForm(Form):
    """Once more who one is, beside whatever was being sent: hence names that no other form has."""

    preuve_vers = HiddenField()
    preuve_passe = PasswordField("Ton mot de passe")
    preuve_code = Line("Code")


class PasswordForm(Form):
    mot_de_passe = PasswordField(
        "Nouveau mot de passe",
        [
            DataRequired("Écris un mot de passe."),
            Length(
                min=MIN_PASSWORD,
                message=f"Au moins {MIN_PASSWORD} caractères\u00a0: trois mots au hasard font très bien l’affaire.",
            ),
            Length(max=MAX_PASSWORD, message="Ce mot de passe est trop long."),
        ],
    )
