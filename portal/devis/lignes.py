"""The page of one line of a devis: written, or changed."""

from __future__ import annotations

from typing import Any

from flask import abort, url_for

from portal.actions.commands import Conflict
from portal.devis import commands, queries
from portal.devis.forms import EditLineForm, LineForm, NewLineForm
from portal.devis.lien import bp
from portal.devis.models import Devis, LigneDevis
from portal.poles import queries as house
from portal.policy import load
from portal.web import Page, done, me, refused, render, toast
from portal.workflow import Refusal


def _read(id: int) -> Devis:
    return load(Devis, id, "devis.modifier", queries.SHEET)


def _draft(id: int) -> Devis:
    devis = _read(id)
    if not devis.is_draft:
        raise commands.NotDraft
    return devis


@bp.get("/<int:id>/ligne", access="devis.modifier")
def new_line(id: int) -> Any:
    return _line_page(_draft(id), NewLineForm(formdata=None, poles=house.poles()))


@bp.post("/<int:id>/ligne", access="devis.modifier")
def add_line(id: int) -> Any:
    devis, form = _read(id), NewLineForm(poles=house.poles())
    if not form.validate():
        return refused(422, lambda: _new_again(id))
    try:
        commands.add(devis, by=me(), cle=(form.cle.data or "")[:64], **form.fields)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _new_again(id, said.sentence))
    toast("Ligne ajoutée.")
    return done(url_for(".show", id=id, _anchor="ajouter"))


def _new_again(id: int, sentence: str = "") -> Page:
    """With every word; whatever became of the line that they were for."""
    form = NewLineForm(poles=house.poles())
    form.validate()
    if sentence:
        form.form_errors.append(sentence)
    return _line_page(_read(id), form)


def _line_page(devis: Devis, form: LineForm, line: LigneDevis | None = None) -> Page:
    return render("devis/ligne.html", devis=devis, action=devis.action, form=form, line=line)


@bp.get("/<int:id>/lignes/<int:line_id>", access="devis.modifier")
def edit_line(id: int, line_id: int) -> Any:
    devis = _draft(id)
    line = commands.line_of(devis, line_id) or abort(404)
    return _line_page(devis, _over(line), line)


def _over(line: LigneDevis, typed: EditLineForm | None = None) -> EditLineForm:
    return EditLineForm.over(line.sheet, typed, poles=house.poles(), present=line.taux)


@bp.post("/<int:id>/lignes/<int:line_id>", access="devis.modifier")
def save_line(id: int, line_id: int) -> Any:
    line = commands.line_of(_read(id), line_id)
    if line is None:
        return refused(409, lambda: _new_again(id, f"{commands.LineGone.sentence} Enregistre pour la remettre."))
    form = EditLineForm(poles=house.poles(), present=line.taux)
    if not form.validate():
        return refused(422, lambda: _line_again(id, line_id))
    try:
        commands.edit(line, by=me(), read=form.lu.data or "", **form.fields)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _line_again(id, line_id, said))
    toast("Ligne enregistrée.")
    return done(url_for(".show", id=id, _anchor=f"ligne-{line_id}"))


def _line_again(id: int, line_id: int, said: Refusal | None = None) -> Page:
    """With every word, and what somebody else stored meanwhile."""
    line = commands.line_of(_read(id), line_id)
    if line is None:
        return _new_again(id, commands.LineGone.sentence)
    form = EditLineForm(poles=house.poles(), present=line.taux)
    form.validate()
    if isinstance(said, Conflict):
        form = _over(line, form)
    if said:
        form.form_errors.append(said.sentence)
    return _line_page(line.devis, form, line)
