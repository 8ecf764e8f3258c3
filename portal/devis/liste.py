"""The devis of the house over HTTP: the list by what is to be done, the amounts of a year, their spreadsheets."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import request
from flask_login import current_user

from portal import clock, tableur
from portal.devis import classeur, commands, listes
from portal.devis.lien import bp
from portal.devis.listes import Filtres, Vue
from portal.filters import mois as month_name
from portal.poles import queries as house
from portal.poles.models import Pole
from portal.policy import can
from portal.web import as_file, me, page_number, render

ANNEE, MOIS = re.compile(r"20[0-9]{2}"), re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
AROUND = range(-2, 6)  # months that the filter proposes, from the present one


@bp.get("/", access="devis.lister")
def index() -> Any:
    poles, sets_up = house.poles(), can(current_user, "action.creer")
    qui = request.args.get("qui", "miennes" if sets_up else "toutes")
    filtres = _filters(qui, poles)
    found = listes.listed(filtres, page_number(), by=me())
    shown = _proposed(filtres, poles) | {"qui": qui, "sets_up": sets_up, "vues": list(Vue)}
    return render("devis/liste.html", liste=found, filtres=filtres, **shown)


def _proposed(filtres: Filtres, poles: list[Pole]) -> dict[str, Any]:
    """What the filters offer; a month that was asked for is one of them."""
    around = {_month(n) for n in AROUND} | ({filtres.mois} if filtres.mois else set())
    return {"poles": poles, "months": [(f"{day:%Y-%m}", month_name(day).capitalize()) for day in sorted(around)]}


def _month(n: int) -> date:
    """The first day of the month so many after this one."""
    years, month = divmod(clock.today().month - 1 + n, 12)
    return date(clock.today().year + years, month + 1, 1)


def _filters(qui: str, poles: list[Pole]) -> Filtres:
    """From the query of the URL, or of the form; what makes no sense is ignored."""
    asked = MOIS.fullmatch(request.values.get("mois", ""))
    return Filtres(
        vue=next((vue for vue in Vue if vue == request.values.get("etat")), Vue.EN_ATTENTE),
        bienveillant_id=me().id if qui == "miennes" else None,
        pole_id=next((pole.id for pole in poles if str(pole.id) == request.values.get("pole")), None),
        mois=date(int(asked[1]), int(asked[2]), 1) if asked else None,
    )


@bp.get("/montants", access="devis.lister")
def amounts() -> Any:
    annee = _year()
    sums = listes.amounts(annee)
    by_month = [(month_name(date(annee, mois, 1)), had, hoped) for mois, had, hoped in listes.by_month(sums)]
    return render("devis/montants.html", annee=annee, par_mois=by_month, par_pole=list(listes.by_pole(sums)))


def _year() -> int:
    asked = request.values.get("annee", "")
    return int(asked) if ANNEE.fullmatch(asked) else clock.today().year


# --- spreadsheets --------------------------------------------------------------------------------------------

# They leave by a POST: who took the names and the money away is written down, and reading never writes.


@bp.post(f"/export.{tableur.SORTE}", access="devis.lister", fresh=True)
def export(sorte: str) -> Any:
    """The same devis as the list; a bienveillant's own alone."""
    qui = request.form.get("qui", "") if can(current_user, "devis.exporter") else "miennes"
    found = listes.exported(_filters(qui, house.poles()), by=me())
    commands.note_export(len(found), by=me())
    return as_file(classeur.of_devis(found, sorte), tableur.SORTES[sorte], f"devis-{clock.today()}.{sorte}")


@bp.post(f"/montants/export.{tableur.SORTE}", access="devis.lister", fresh=True)
def export_amounts(sorte: str) -> Any:
    annee, own = _year(), None if can(current_user, "devis.exporter") else me().id
    sums = listes.amounts(annee, own)
    commands.note_export(len(sums), by=me())
    return as_file(classeur.of_amounts(annee, sums, sorte), tableur.SORTES[sorte], f"montants-devis-{annee}.{sorte}")
