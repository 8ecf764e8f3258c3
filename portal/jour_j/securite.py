"""The safety register over HTTP: read, and taken away as a spreadsheet."""

from __future__ import annotations

import re
from typing import Any

from flask import make_response, request

from portal import clock, tableur
from portal.jour_j import commands, registre
from portal.jour_j.envois import bp
from portal.web import me, render

SORTES = {"csv": tableur.CSV, "xlsx": tableur.XLSX}


@bp.get("/registre", access="jour.registre")
def register() -> Any:
    annee = _year()
    return render("jour_j/registre.html", annee=annee, annees=registre.years(), incidents=registre.of_year(annee))


@bp.post(f"/registre/export.<any({', '.join(SORTES)}):sorte>", access="jour.registre")
def export_register(sorte: str) -> Any:
    """By a POST: who took it away is written down, and reading never writes."""
    annee = _year()
    found = registre.of_year(annee)
    commands.note_export(len(found), by=me())
    response = make_response(registre.as_file(found, sorte))
    response.mimetype = SORTES[sorte]
    response.headers["Content-Disposition"] = f'attachment; filename="registre-securite-{annee}.{sorte}"'
    return response


def _year() -> int:
    asked = request.values.get("annee", "")
    return int(asked) if re.fullmatch("20[0-9]{2}", asked) else clock.today().year
