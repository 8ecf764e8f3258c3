"""The checklists of the house: read, changed a version at a time, for the whole site and for each space."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for

from portal.fields import row_id
from portal.jour_j import listes, preparation
from portal.jour_j.listes import Place
from portal.jour_j.models import Modele, Phase
from portal.poles import queries as house
from portal.poles.models import Espace
from portal.policy import load
from portal.reglages.forms import ListForm
from portal.reglages.maison import bp
from portal.web import Page, done, me, refused, render, toast

PHASE = f"<any({', '.join(Phase)}):phase>"


@bp.get("/listes/", access="modele.modifier")
def checklists() -> Any:
    return render("reglages/listes.html", espaces=[None, *house.espaces()], phases=list(Phase), latest=listes.latest())


@bp.get(f"/listes/{PHASE}", access="modele.modifier")
def site_list(phase: str) -> Any:
    return _read(None, Phase(phase))


@bp.get(f"/listes/{PHASE}/<int:id>", access="modele.modifier")
def space_list(phase: str, id: int) -> Any:
    return _read(load(Espace, id, "espace.modifier"), Phase(phase))


@bp.post(f"/listes/{PHASE}", access="modele.modifier")
def set_site_list(phase: str) -> Any:
    return _write(None, Phase(phase))


@bp.post(f"/listes/{PHASE}/<int:id>", access="modele.modifier")
def set_space_list(phase: str, id: int) -> Any:
    return _write(load(Espace, id, "espace.modifier"), Phase(phase))


def _place(espace: Espace | None, phase: Phase) -> Place:
    return Place(espace.id if espace else None, phase)


def _url(espace: Espace | None, phase: Phase) -> str:
    return url_for(".space_list", phase=phase, id=espace.id) if espace else url_for(".site_list", phase=phase)


def _read(espace: Espace | None, phase: Phase) -> Page:
    """The list as it is, or as an earlier version was, which is then saved as a new one."""
    versions = _versions(espace, phase)
    asked = row_id(request.args.get("version"))
    shown = next((m for m in versions if m.version == asked), None) if asked else next(iter(versions), None)
    if asked and shown is None:
        abort(404)
    form = ListForm.of(listes.lines_of(shown) if shown else [], versions[0].version if versions else 0)
    return _page(espace, phase, form, versions=versions, shown=shown)


def _write(espace: Espace | None, phase: Phase) -> Any:
    form = ListForm()
    if gesture := request.form.get("geste"):
        return refused(200, lambda: _page(espace, phase, form.turned(gesture), moved=gesture))  # only looked at
    if not form.validate():
        return _page(espace, phase, form, 422)
    try:
        made = preparation.save(_place(espace, phase), form.lines, read=form.read, by=me())
    except preparation.ListChanged as refusal:
        said = refusal
        return refused(said.status, lambda: _page(espace, phase, _over(espace, phase, form, said.sentence)))
    toast(
        f"C’est la version {made.version}, pour les actions qui se confirment à partir d’ici." if made else "Rien n’a changé."
    )
    return done(_url(espace, phase))


def _over(espace: Espace | None, phase: Phase, form: ListForm, sentence: str) -> ListForm:
    """What was typed, over the version of now: saved again, it replaces that one."""
    again = ListForm.of(form.lines, _versions(espace, phase)[0].version)
    again.form_errors.append(sentence)
    return again


def _versions(espace: Espace | None, phase: Phase) -> list[Modele]:
    """All of them, the last one first; a site without any has the one that it begins with."""
    found = list(listes.history(_place(espace, phase)))
    return found or ([] if espace else [listes.beginning(phase)])


def _page(espace: Espace | None, phase: Phase, form: ListForm, status: int = 200, **more: Any) -> Page:
    about = {"espace": espace, "phase": phase, "url": _url(espace, phase), "frozen": listes.frozen(_place(espace, phase))}
    said = {"shown": None, "moved": "", **more}
    if "versions" not in said:
        said["versions"] = _versions(espace, phase)
    return render("reglages/liste.html", "liste", status, form=form, **about, **said)
