"""After the day, over HTTP: what it came to, what was used, and the safety register of the house."""

from __future__ import annotations

import re
from typing import Any

from flask import request, url_for
from flask_login import current_user

from portal import clock, tableur
from portal.actions.commands import Conflict
from portal.jour_j import bilan, commands, consommations, document, queries, registre
from portal.jour_j.envois import bp
from portal.jour_j.forms import UsedForm
from portal.jour_j.models import Jour
from portal.policy import can, load
from portal.web import Page, as_file, done, me, render, toast

# --- what it came to -----------------------------------------------------------------------------------------


@bp.get("/<int:id>/bilan", access="jour.bilan")
def report(id: int) -> Any:
    return _report(_read(id, "jour.bilan"))


def _read(id: int, right: str) -> Jour:
    return load(Jour, id, right, queries.WITH_DAY)


def _report(jour: Jour, typed: UsedForm | None = None, status: int = 200) -> Page:
    """`typed`: the form that was refused, with its words."""
    lines, notes = consommations.consumptions(jour), jour.is_live and can(current_user, "jour.relever", jour)
    form = typed or (UsedForm.of(lines).over(consommations.sheet_of(lines)) if notes else None)
    said: dict[str, Any] = {"bilan": bilan.content(jour, lines), "lines": lines, "form": form, "notes": notes}
    return render("jour_j/bilan.html", status=status, jour=jour, action=jour.action, **said)


@bp.get("/<int:id>/bilan.pdf", access="jour.bilan")
def report_paper(id: int) -> Any:
    jour = _read(id, "jour.bilan")
    paper = document.pdf(bilan.content(jour, consommations.consumptions(jour)))
    return as_file(paper, "application/pdf", f"bilan-{jour.id}.pdf", inline=True)


@bp.post("/<int:id>/consommations", access="jour.relever")
def note_used(id: int) -> Any:
    jour = _read(id, "jour.relever")
    lines = consommations.consumptions(jour)
    form = UsedForm.of(lines)()
    if not form.validate():
        return _report(jour, form, 422)
    said = {line.key: form[line.key].data for line in lines if line.key in request.form}
    try:
        consommations.note_used(jour, said, more=form.more, by=me(), read=form.lu.data or "")
    except Conflict as conflict:
        again = UsedForm.of(lines).over(consommations.sheet_of(consommations.consumptions(jour)), form)
        again.form_errors.append(conflict.sentence)
        return _report(jour, again, conflict.status)
    toast("C’est noté.")
    return done(url_for(".report", id=jour.id, _anchor="consommations"))


# --- the safety register -------------------------------------------------------------------------------------


@bp.get("/registre", access="jour.registre")
def register() -> Any:
    annee = _year()
    return render("jour_j/registre.html", annee=annee, annees=registre.years(), incidents=registre.of_year(annee))


@bp.post(f"/registre/export.{tableur.SORTE}", access="jour.registre", fresh=True)
def export_register(sorte: str) -> Any:
    """By a POST: who took it away is written down, and reading never writes."""
    annee = _year()
    found = registre.of_year(annee)
    commands.note_export(len(found), len(registre.people(found)), by=me())
    return as_file(registre.as_table(found, sorte), tableur.SORTES[sorte], f"registre-securite-{annee}.{sorte}")


def _year() -> int:
    asked = request.values.get("annee", "")
    return int(asked) if re.fullmatch("20[0-9]{2}", asked) else clock.today().year
