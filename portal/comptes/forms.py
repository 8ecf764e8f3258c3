"""What sign-in asks."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField
from wtforms.validators import DataRequired, Length

from portal.fields import Email, Form, Line
from portal.security import MAX_PASSWORD, MIN_PASSWORD


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


class PasswordForm(Form):
    actuel = PasswordField("Mot de passe actuel")
    mot_de_passe = PasswordField(
        "Nouveau mot de passe",
        [
            DataRequired("Écris un mot de passe."),
            Length(
                min=MIN_PASSWORD,
                message=f"Au moins {MIN_PASSWORD} caractères : trois mots au hasard font très bien l’affaire.",
            ),
            Length(max=MAX_PASSWORD, message="Ce mot de passe est trop long."),
        ],
    )
