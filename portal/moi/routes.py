"""What concerns me: my missions, my candidatures, my details."""

from __future__ import annotations

from typing import Any

from flask import current_app, make_response, url_for

from portal import security
from portal.candidatures.models import Candidature
from portal.comptes import commands as comptes
from portal.missions.models import Affectation
from portal.missions.queries import HELD
from portal.moi import queries
from portal.moi.forms import CoordonneesForm
from portal.policy import load
from portal.web import GuardedBlueprint, done, me, render, toast

bp = GuardedBlueprint("moi", __name__, url_prefix="/moi")


@bp.get("/", access="moi.voir")
def index() -> Any:
    return render("moi/index.html", mine=queries.of(me()), suivi=_follow_url)


def _follow_url(candidature: Candidature) -> str:
    """The candidature's own page, where one corrects it or steps back."""
    jeton = security.seal("candidature", candidature.id, candidature.generation)
    return url_for("candidatures.suivi", jeton=jeton)


@bp.get("/missions/<int:id>.ics", access="moi.voir")
def ics(id: int) -> Any:
    from portal.missions import calendrier

    place = load(Affectation, id, "affectation.voir", HELD)
    base_url = current_app.config["PORTAL"].base_url
    note = f"Qui appeler, et comment prévenir si tu ne peux plus venir : {base_url}{url_for('.index')}"
    response = make_response(calendrier.of_missions([place.mission], base_url, note=note))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = f'attachment; filename="mission-{place.mission_id}.ics"'
    return response


@bp.get("/coordonnees", access="moi.voir")
def coordonnees() -> Any:
    return render("moi/coordonnees.html", form=CoordonneesForm(formdata=None, obj=me()))


@bp.post("/coordonnees", access="moi.voir")
def edit_coordonnees() -> Any:
    form = CoordonneesForm()
    if not form.validate():
        return render("moi/coordonnees.html", status=422, form=form)
    comptes.edit_person(me(), nom=form.nom.data, telephone=form.telephone.data, by=me())
    toast("C’est enregistré.")
    return done(url_for(".index"))
