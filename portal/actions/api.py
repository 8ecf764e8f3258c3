"""The public agenda in JSON: nothing that everybody's agenda does not show, whoever asks."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal import api, clock
from portal.actions import calendrier
from portal.actions.agenda import Mois
from portal.api import ADRESSE, INSTANT, NUMERO, TEXTE, Champ, Liste, absolute, instant
from portal.web import page_number

bp = api.blueprint(__name__)

AGENDA = Liste(
    "actions",
    "Les actions publiques et confirmées, la plus proche d’abord",
    (
        Champ("id", NUMERO, "Le numéro de l’action, qui ne change pas.", lambda a: a.id),
        Champ("url", ADRESSE, "L’agenda, au mois où elle a lieu.", lambda a: _month_of(a.debut)),
        Champ("titre", TEXTE, "Ce qui a lieu.", lambda a: a.titre),
        Champ("debut", INSTANT, "Quand elle commence.", lambda a: instant(a.debut)),
        Champ("fin", INSTANT, "Quand elle finit.", lambda a: instant(a.fin)),
        Champ("lieu", TEXTE, "Où.", lambda a: a.lieu),
    ),
)


def _month_of(debut: Any) -> str:
    return absolute(url_for("actions.calendar", mois=Mois.of(clock.local(debut).date())))


@bp.get("/agenda.json", access="public", kept=True)
def agenda() -> Any:
    """From today on, or from the first day of `mois`."""
    mois = Mois.read(request.args.get("mois"))
    first = mois.premier if mois and not mois.is_current else clock.today()
    return AGENDA.answer(calendrier.from_day(calendrier.Regard(), first, page_number()))


@bp.get("/agenda.schema.json", access="public", kept=True)
def schema() -> Any:
    return AGENDA.schema(url_for(".schema"))
