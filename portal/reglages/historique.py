"""The journal over HTTP: read, taken away, never changed; and who looked at whose sheet."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal import clock, tableur
from portal.comptes import consultations
from portal.fields import one_line
from portal.policy import can
from portal.reglages import commands, recherche
from portal.reglages.forms import JournalForm
from portal.reglages.maison import bp
from portal.reglages.recherche import Fait
from portal.web import as_file, me, page_number, render

HEAD = (
    "Jour", "Heure", "Par", "Sujet", "Fait", "Avant", "Après", "Précision", "Motif", "Action", "Numéro", "Évènement",
)  # fmt: skip
LOOKED = ("Jour", "Par", "Personne", "A vu")
OWN = {  # where a subject is read, by its own number
    "action": "actions.show",
    "mission": "missions.show",
    "devis": "devis.show",
    "facture": "factures.show",
    "personne": "reglages.person",
    "pole": "reglages.pole",
    "espace": "reglages.espace",
    "materiel": "reglages.equipment",
    "prestation": "reglages.offer",
}
OF_ACTION = {  # or by its action's
    "besoin": "besoins.of_action",
    "ligne_devis": "devis.of_action",
    "releve": "contributions.show",
    "ligne_facture": "factures.of_action",
    "reglement": "factures.of_action",
    "depot": "factures.of_action",
    "partage": "partage.show",
    "depense": "partage.show",
}
LISTS = {
    "exercice": "factures.years",
    "tarif": "devis.price_list",
    "modele": "reglages.checklists",
    "retention": "reglages.kept",
}


@bp.get("/journal", access="journal.lire")
def journal() -> Any:
    form, whole = _asked(request.args)
    filtres = form.filtres()
    return render(
        "reglages/journal.html",
        "liste",
        form=form,
        filtres=filtres,
        asked={name: value for name, value in request.args.items() if name in form and value},
        sujet=recherche.subject_name(filtres.sujet) if filtres.sujet else "",
        leaf=recherche.listed(filtres, page_number(), whole=whole),
        whole=whole,
        place=place,
    )


# By a POST: who took it away is one more line of it, and reading never writes.
@bp.post(f"/journal/export.{tableur.SORTE}", access="journal.lire", fresh=True)
def export_journal(sorte: str) -> Any:
    form, whole = _asked(request.form)
    found = [_row(fait) for fait in recherche.exported(form.filtres(), whole=whole)]
    commands.note_export(commands.exporter, len(found), by=me())
    return as_file(tableur.sheet("Journal", HEAD, found, sorte), tableur.SORTES[sorte], f"journal-{clock.today()}.{sorte}")


@bp.get("/journal/consultations", access="journal.tout")
def looks() -> Any:
    qui = _name(request.args)
    return render("reglages/consultations.html", "liste", qui=qui, leaf=consultations.listed(qui, page_number()))


@bp.post(f"/journal/consultations/export.{tableur.SORTE}", access="journal.tout", fresh=True)
def export_looks(sorte: str) -> Any:
    found = [(c.jour, c.par.nom, c.personne.nom, c.page.label) for c in consultations.exported(_name(request.form))]
    commands.note_export(consultations.emporter, len(found), by=me())
    content = tableur.sheet("Consultations", LOOKED, found, sorte)
    return as_file(content, tableur.SORTES[sorte], f"consultations-{clock.today()}.{sorte}")


def _name(values: Any) -> str:
    return one_line(values.get("q"))[:100]


def _asked(values: Any) -> tuple[JournalForm, bool]:
    """What is looked for, and whether in all of it: whoever keeps the accounts reads the money's alone."""
    whole = can(me(), "journal.tout")
    return JournalForm.of(values, recherche.kinds(whole=whole)), whole


def place(fait: Fait) -> str:
    """Where its subject is read; "" when it is nowhere, or no more."""
    table, _, id = fait.entree.sujet.partition(":")
    if table in OWN and (fait.known or table == "mission"):
        return url_for(OWN[table], id=int(id))
    if table == "candidature":
        return url_for("candidatures.index", action=fait.entree.action_id)
    if table in OF_ACTION:
        return url_for(OF_ACTION[table], action_id=fait.entree.action_id)
    return url_for(LISTS[table]) if table in LISTS else ""


def _row(fait: Fait) -> tuple[object, ...]:
    line, at = fait.line, clock.local(fait.entree.quand)
    what = (line.sujet, line.fait, line.avant, line.apres, line.precision, line.motif)
    return (at.date(), f"{at:%H:%M:%S}", line.qui or "Le portail", *what, fait.action, fait.entree.sujet, fait.entree.evenement)
