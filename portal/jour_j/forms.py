"""The shape of one tap, as a plain form sends it."""

from __future__ import annotations

from wtforms import SelectField

from portal.fields import Form, Line, Words

AGO = (0, 5, 10, 15)  # minutes


class TapForm(Form):
    """What a button of the day page says; commands.receive judges it."""

    uuid = Line()
    genre = Line()
    cible = Line()
    valeur = Line()
    mot = Words()
    il_y_a = SelectField(choices=[(str(m), str(m)) for m in AGO], default="0")  # minutes: someone forgot to press
