"""Hours over HTTP: those of an action, my ledger, its exports, attestations and their verification."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, abort, current_app, redirect, request, url_for

from portal import clock, reglage, security
from portal.actions import queries as actions
from portal.actions.commands import Conflict
from portal.actions.models import Action
from portal.contributions import commands, document, queries
from portal.contributions.forms import CorrectionForm, HoursForm
from portal.contributions.models import MONEY, WORKFLOW, Attestation, Contribution, Releve, Unite, sheet_of, valider
from portal.fields import row_id
from portal.policy import can, load
from portal.web import GuardedBlueprint, Page, as_file, done, me, render, toast
from portal.workflow import MotifMissing, Refusal

bp = GuardedBlueprint("contributions", __name__, url_prefix="/contributions")


# --- the hours of an action ----------------------------------------------------------------------------------


@bp.get("/action/<int:action_id>", access="releve.voir")
def show(action_id: int) -> Any:
    action = load(Action, action_id, "releve.voir", actions.SHEET)
    releves = queries.of_action(action)
    return _hours_page(action, releves, _form(action, releves))


@bp.post("/action/<int:action_id>/<any(transmettre, valider):slug>", access="releve.transmettre")
def settle(action_id: int, slug: str) -> Any:
    transition = WORKFLOW.get(slug) or abort(404)
    action = load(Action, action_id, transition.key)
    releves = queries.of_action(action)
    form = HoursForm.of(r for r in releves if f"minutes_{r.id}" in request.form)()
    if not form.validate():
        return _hours_page(action, releves, form, 422)
    said = {r.id: line for r in releves if (line := form.line(r))}
    try:
        commands.settle(action, said, transition, by=me(), read=form.lu.data or "")
    except Conflict as conflict:
        too_late = [(r, form[f"minutes_{r.id}"].data) for r in releves if r.is_settled and f"minutes_{r.id}" in form]
        form = _form(action, releves, form)
        form.form_errors.append(conflict.sentence)
        return _hours_page(action, releves, form, conflict.status, too_late=[(r, m) for r, m in too_late if m != r.minutes])
    toast("Heures validées\u00a0: chaque personne est prévenue." if transition is valider else "Heures transmises. Merci.")
    return done(url_for(".show", action_id=action_id))


def _form(action: Action, releves: list[Releve], typed: HoursForm | None = None) -> HoursForm:
    """With the lines that this person may settle: nobody validates their own."""
    validates = can(me(), "releve.valider", action)
    theirs = (r for r in releves if not r.is_settled and not (validates and r.is_of(me())))
    return (type(typed) if typed else HoursForm.of(theirs)).over(sheet_of(releves), typed)


def _hours_page(action: Action, releves: list[Releve], form: HoursForm, status: int = 200, **more: Any) -> Page:
    """`too_late`: what was typed of lines that somebody has validated meanwhile, with its minutes."""
    return render(
        "contributions/action.html",
        status=status,
        action=action,
        releves=releves,
        at_once=queries.at_once(action),
        to_come=queries.to_come(action) if action.took_place else [],
        form=form,
        total=sum(r.minutes for r in releves),
        validates=can(me(), "releve.valider", action),
        own=[r for r in releves if not r.is_settled and r.is_of(me())],
    )


@bp.get("/releves/<int:id>/corriger", access="releve.corriger")
def correction(id: int) -> Any:
    releve = load(Releve, id, "releve.corriger", queries.WITH_PLACE)
    return _correction_page(releve, CorrectionForm.of([releve]).over(sheet_of([releve])))


@bp.post("/releves/<int:id>/corriger", access="releve.corriger")
def correct(id: int) -> Any:
    releve = load(Releve, id, "releve.corriger", queries.WITH_PLACE)
    form: Any = CorrectionForm.of([releve])()
    if not form.validate():
        return _correction_page(releve, form, 422)
    try:
        commands.correct(releve, form.line(releve), motif=form.motif.data, by=me(), read=form.lu.data or "")
    except MotifMissing as missing:
        form.motif.errors = [missing.sentence]
        return _correction_page(releve, form, missing.status)
    except Refusal as refusal:
        motif, form = form.motif.data, type(form).over(sheet_of([releve]), form)
        form.motif.data = motif
        form.form_errors.append(refusal.sentence)
        return _correction_page(releve, form, refusal.status)
    toast(f"C’est corrigé\u00a0: {releve.personne.prenom} a une nouvelle ligne.")
    return done(url_for(".show", action_id=releve.action_id))


def _correction_page(releve: Releve, form: Any, status: int = 200) -> Page:
    return render("contributions/corriger.html", status=status, releve=releve, action=releve.action, form=form)


# --- my ledger -----------------------------------------------------------------------------------------------


@bp.get("/", access="moi.voir")
def index() -> Any:
    return render("contributions/index.html", mine=queries.ledger(me(), _year()))


def _year() -> int:
    text = request.values.get("annee", "")
    return int(text) if re.fullmatch(r"20[0-9]{2}", text) else clock.today().year


@bp.get("/export.csv", access="moi.voir")
def export() -> Any:
    lines = queries.lines(Contribution.personne_id == me().id)
    return _csv(lines, "mes-contributions")


# The data of others leave by a POST: who took them is written down, and reading never writes.
@bp.post("/action/<int:action_id>/export.csv", access="releve.valider", fresh=True)
def export_action(action_id: int) -> Any:
    action = load(Action, action_id, "releve.valider")
    lines = queries.lines(Contribution.action_id == action.id)
    commands.note_export(action, lines, by=me())
    return _csv(lines, f"contributions-action-{action.id}")


@bp.post("/annee/<int:annee>/export.csv", access="contribution.exporter", fresh=True)
def export_year(annee: int) -> Any:
    """The whole ledger of the year; its money alone to whoever keeps the accounts."""
    units = [*Unite] if can(me(), "contribution.exporter_tout") else [*MONEY]
    lines = queries.lines(Contribution.annee == annee, Contribution.unite.in_(units))
    commands.note_export(me(), lines, by=me())
    return _csv(lines, f"contributions-{annee}")


def _csv(lines: list[Contribution], name: str) -> Response:
    return as_file(document.spreadsheet(lines), "text/csv", f"{name}.csv")


# --- attestations --------------------------------------------------------------------------------------------


@bp.post("/attestations", access="moi.voir")
def attest() -> Any:
    action = _asked_action()
    commands.attest(me(), action=action, annee=_year(), publisher=reglage.association())
    toast("Ton attestation est prête.")
    return done(url_for(".index", annee=_year(), _anchor="attestations"))


def _asked_action() -> Action | None:
    """The action that the button names; none for the whole year."""
    text = request.form.get("action", "")
    if not text:
        return None
    id = row_id(text)
    return (queries.action_of(me(), id) if id else None) or abort(404)


@bp.get("/attestations/<int:id>.pdf", access="moi.voir")
def pdf(id: int) -> Any:
    attestation = load(Attestation, id, "attestation.voir")
    url = current_app.config["PORTAL"].base_url + url_for(".verify", code=attestation.code)
    return as_file(document.pdf(attestation, url), "application/pdf", f"attestation-{attestation.code}.pdf")


@bp.get("/attestation/", access="public")
def ask_code() -> Any:
    code = re.sub(r"[^0-9A-Za-z-]", "", request.args.get("code", ""))[:20]
    return redirect(url_for(".verify", code=code)) if code else render("contributions/verifier.html")


@bp.get("/attestation/<code>", access="public")
def verify(code: str) -> Any:
    security.LIMITS["attestation"].spend()  # before anything is read: a code is not found by trying many
    plain = re.sub(r"[^0-9A-Z]", "", code.upper())[:20]
    attestation = queries.verified(f"{plain[:5]}-{plain[5:]}")
    if attestation is None:
        return render("contributions/inconnue.html", status=404)
    later = queries.replacement(attestation)
    corrected = None if later else queries.corrected_since(attestation)
    return render("contributions/attestation.html", attestation=attestation, replacement=later, corrected=corrected)
