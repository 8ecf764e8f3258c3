"""The years over HTTP: what each came to, its closing, and what leaves for the accountant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import abort, url_for

from portal import reglage, tableur
from portal.factures import classeur, exercices, fec, queries
from portal.factures.exercices import Annee
from portal.factures.lien import bp as bp  # its pages are of the same blueprint
from portal.web import Page, as_file, done, me, refused, render, toast
from portal.workflow import Refusal


@bp.get("/exercices", access="exercice.voir")
def years() -> Any:
    return render("factures/exercices.html", annees=exercices.every())


@bp.get("/exercices/<int:annee>", access="exercice.voir")
def year(annee: int) -> Any:
    return _page(annee)


def _read(annee: int) -> Annee:
    return exercices.one(annee) or abort(404)


def _page(annee: int, status: int = 200, sentence: str = "") -> Page:
    one = _read(annee)
    doubt = exercices.doubt(one.exercice) if one.exercice else None
    shown: dict[str, Any] = {"une": one, "doute": doubt, "sentence": sentence, "gardes": queries.kept_deposits(annee)}
    return render("factures/exercice.html", status=status, **shown)


@bp.post("/exercices/<int:annee>/clore", access="exercice.clore", fresh=True)
def close(annee: int) -> Any:
    _read(annee)
    try:
        exercices.close(annee, by=me())
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _page(annee, said.status, said.sentence))
    toast(f"L’année {annee} est close.")
    return done(url_for(".year", annee=annee))


# --- what leaves ---------------------------------------------------------------------------------------------

# By a POST: who took the accounts away is written down, and reading never writes.


@bp.post(f"/exercices/<int:annee>/factures.{tableur.SORTE}", access="exercice.exporter", fresh=True)
def export_invoices(annee: int, sorte: str) -> Any:
    with _taking(annee, f"factures.{sorte}") as one:
        table = classeur.of_invoices(annee, queries.issued_in(annee), sorte)
    return as_file(table, tableur.SORTES[sorte], f"factures-{one.suffixe}.{sorte}")


@bp.post(f"/exercices/<int:annee>/reglements.{tableur.SORTE}", access="exercice.exporter", fresh=True)
def export_payments(annee: int, sorte: str) -> Any:
    with _taking(annee, f"reglements.{sorte}") as one:
        table = classeur.of_payments(annee, queries.paid_in(annee), sorte)
    return as_file(table, tableur.SORTES[sorte], f"reglements-{one.suffixe}.{sorte}")


@bp.post("/exercices/<int:annee>/fec.txt", access="exercice.exporter", fresh=True)
def export_journal(annee: int) -> Any:
    with _taking(annee, "FEC") as one:
        issued, paid = queries.issued_in(annee), queries.paid_in(annee)
        journal = fec.text(issued, paid, queries.deducting(issued), queries.asked_by(issued, paid))
    return as_file(journal, "text/plain", f"{_siren()}FEC{annee}1231{'' if one.exercice else '-provisoire'}.txt")


@contextmanager
def _taking(annee: int, quoi: str) -> Iterator[Annee]:
    """While its file is made, then it is written down. Raises exercices.Unreadable."""
    one = _read(annee)
    with exercices.reading():
        yield one
    exercices.note_export(annee, quoi, by=me())


def _siren() -> str:
    """The nine first digits of the SIRET, which begin the name of that file (A47 A-1 of the LPF)."""
    return re.sub(r"\D", "", reglage.SIRET.valeur)[:9] or "SANS-SIREN"
