"""The public listing in JSON, with its filters and its pages: nothing that the pages of the missions do not show."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal import api
from portal.api import ADRESSE, INSTANT, NOMBRE, NUMERO, OUI_NON, TEXTE, Champ, Liste, absolute, instant, peut_manquer
from portal.missions import queries
from portal.missions.forms import FilterForm
from portal.missions.models import Mission, Nature
from portal.poles import queries as poles
from portal.web import page_number

bp = api.blueprint(__name__)


def _form_of(mission: Mission) -> str | None:
    return absolute(url_for("candidatures.deposer", mission_id=mission.id)) if mission.accepts_candidatures else None


def _pole_of(mission: Mission) -> str | None:
    return mission.action.pole_porteur.label if mission.action.pole_porteur else None


MISSIONS = Liste(
    "missions",
    "Les missions publiées qui n’ont pas commencé, la plus proche d’abord",
    (
        Champ("id", NUMERO, "Le numéro de la mission, qui ne change pas.", lambda m: m.id),
        Champ("url", ADRESSE, "Sa page.", lambda m: absolute(url_for("missions.show", id=m.id))),
        Champ("titre", TEXTE, "Ce qu’on cherche.", lambda m: m.titre),
        Champ("nature", TEXTE | {"enum": [n.value for n in Nature]}, "Le type de mission.", lambda m: m.nature),
        Champ("debut", INSTANT, "Quand elle commence.", lambda m: instant(m.debut)),
        Champ("fin", INSTANT, "Quand elle finit.", lambda m: instant(m.fin)),
        Champ("lieu", TEXTE, "Où.", lambda m: m.action.lieu),
        Champ("action", TEXTE, "Le titre de l’action dont elle fait partie.", lambda m: m.action.titre),
        Champ("pole", peut_manquer(TEXTE), "Le pôle qui porte l’action.", _pole_of),
        Champ("description", TEXTE, "Ce qu’on y fait, en Markdown\u00a0; vide si rien n’est dit.", lambda m: m.description),
        Champ("fourni", TEXTE, "Ce qui est fourni sur place.", lambda m: m.fourni),
        Champ("apporter", TEXTE, "Ce qu’il faut apporter.", lambda m: m.apporter),
        Champ("contrepartie", TEXTE, "Ce qu’on reçoit en retour, avec les mots de sa page.", lambda m: m.contrepartie),
        Champ("majeurs", OUI_NON, "Si elle est réservée aux personnes majeures.", lambda m: not m.takes_minors),
        Champ("places", NUMERO, "Combien de personnes il faut.", lambda m: m.places),
        Champ("places_libres", NOMBRE, "Combien il en manque.", lambda m: m.left),
        Champ("candidater", peut_manquer(ADRESSE), "Le formulaire\u00a0; null si on ne candidate pas en ce moment.", _form_of),
    ),
)


@bp.get("/index.json", access="public", kept=True)
def index() -> Any:
    filters = FilterForm.of_query(poles.poles()).filters()
    return MISSIONS.answer(queries.public_list(filters, page_number()))


@bp.get("/index.schema.json", access="public", kept=True)
def schema() -> Any:
    return MISSIONS.schema(url_for(".schema"))
