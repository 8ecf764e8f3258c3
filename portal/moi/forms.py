"""What a person says of themself."""

from __future__ import annotations

from wtforms.validators import DataRequired, Length

from portal.fields import Form, Line, Phone


class CoordonneesForm(Form):
    nom = Line(
        "Ton nom",
        [DataRequired("Écris ton nom."), Length(max=120, message="Ce nom est trop long.")],
        render_kw={"autocomplete": "name", "autocapitalize": "words"},
    )
    telephone = Phone("Ton téléphone")
