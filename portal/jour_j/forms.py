"""The shape of one tap, as a plain form sends it."""

from __future__ import annotations

from portal.fields import Form, Hour, Line, Whole, Words


class TapForm(Form):
    """What a button of the day page says; commands.receive judges it."""

    uuid = Line()
    genre = Line()
    cible = Line()
    valeur = Line()
    mot = Words()
    lieu = Line()  # of an incident
    mesures = Words()
    heure = Hour()  # of an incident that is noted later
    il_y_a = Whole(most=60)  # minutes: someone forgot to press
