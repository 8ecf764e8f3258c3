"""Taking over what the house knew before the portal: a file, what each of its lines will do, then doing it."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal import tableur
from portal.comptes.commands import AddressTaken
from portal.reglages import annuaire, archives, commands, lecture
from portal.reglages.maison import bp
from portal.reglages.plan import Plan, Sort
from portal.reglages.saisie import BringForm
from portal.web import Page, Refused, as_file, done, me, refused, render, toast

SORTES = {"personnes": annuaire, "actions": archives}
QUOI = f"<any({', '.join(SORTES)}):quoi>"


@bp.get(f"/reprise/{QUOI}", access="personne.modifier")
def bring(quoi: str) -> Any:
    return _page(quoi, BringForm(formdata=None))


@bp.get(f"/reprise/{QUOI}/modele.{tableur.SORTE}", access="personne.modifier")
def bring_model(quoi: str, sorte: str) -> Any:
    content = tableur.sheet("Modèle", SORTES[quoi].TETE, SORTES[quoi].MODELE, sorte)
    return as_file(content, tableur.SORTES[sorte], f"modele-{quoi}.{sorte}")


@bp.post(f"/reprise/{QUOI}", access="personne.modifier", fresh=True)
def take_over(quoi: str) -> Any:
    """First what it would do; then it does just that, as long as it still would."""
    form, sorte = BringForm(), SORTES[quoi]
    if not form.validate():
        return _page(quoi, form, 422)
    try:
        tableau = lecture.read(form.read(), sorte.COLONNES, sorte.WANTED)
        if form.annonce.data:
            commands.take_turns()
        else:
            commands.only_look()
        plan = sorte.plan(tableau)
        if form.annonce.data != plan.cle:
            return _announced(quoi, form, plan)
        sorte.apply(plan, source=form.source.data or "", by=me())
    except lecture.Unreadable as refusal:
        form.refuse(refusal)
        return _page(quoi, form, refusal.status)
    except AddressTaken as taken:
        form.refuse(taken)
        return refused(taken.status, lambda: _page(quoi, form))
    more, filled = plan.counts[Sort.CREEE], plan.counts[Sort.COMPLETEE]
    also = f", {filled} complétée{'s' * (filled > 1)}" if filled else ""
    toast(f"C’est fait\u00a0: {more} de plus{also}. Aucun message n’est parti.")
    return done(url_for(".personnes") if quoi == "personnes" else url_for("actions.index", qui="toutes", quand="passees"))


def _announced(quoi: str, form: BringForm, plan: Plan) -> Refused:
    again = bool(form.annonce.data)
    form.annonce.data = plan.cle
    context: dict[str, Any] = {"quoi": quoi, "form": form, "plan": plan, "again": again, "sortes": list(Sort)}
    return refused(409 if again else 200, lambda: render("reglages/reprise_apercu.html", **context))


def _page(quoi: str, form: BringForm, status: int = 200) -> Page:
    return render("reglages/reprise.html", status=status, quoi=quoi, form=form, colonnes=SORTES[quoi].TETE)
