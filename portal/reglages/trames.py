"""The rétroplanning that the house proposes to its actions: read, changed a version at a time."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for

from portal.actions import echeancier, retroplanning
from portal.fields import row_id
from portal.reglages.maison import bp
from portal.reglages.saisie import PlanForm
from portal.web import Page, done, me, refused, render, toast


@bp.get("/retroplanning/", access="modele.modifier")
def plans() -> Any:
    """As it is, or as an earlier version was, which is then saved as a new one."""
    versions = echeancier.trames()
    asked = row_id(request.args.get("version"))
    shown = next((t for t in versions if asked in (None, t.version)), None) or abort(404)
    return _page(PlanForm.of(echeancier.proposed(shown), versions[0].version), versions=versions, shown=shown)


@bp.post("/retroplanning/", access="modele.modifier")
def set_plans() -> Any:
    form = PlanForm()
    if gesture := request.form.get("geste"):
        form.turn(gesture)
        return refused(200, lambda: _page(form, moved=gesture))  # only looked at
    if not form.validate():
        return _page(form, 422)
    try:
        made = retroplanning.save_template(form.tasks, read=form.read, by=me())
    except retroplanning.TemplateChanged as refusal:
        said = refusal
        return refused(said.status, lambda: _over(form, said.sentence))
    toast(
        f"C’est la version {made.version}, pour les rétroplannings qui commencent à partir d’ici."
        if made
        else "Rien n’a changé."
    )
    return done(url_for(".plans"))


def _over(form: PlanForm, sentence: str) -> Page:
    """What was typed, over the version of now: saved again, it replaces that one."""
    versions = echeancier.trames()
    form.lu.data = str(versions[0].version)
    form.form_errors.append(sentence)
    return _page(form, versions=versions)


def _page(form: PlanForm, status: int = 200, **more: Any) -> Page:
    said = {"shown": None, "moved": "", "versions": more.get("versions") or echeancier.trames(), **more}
    return render("reglages/retroplanning.html", "liste", status, form=form, **said)
