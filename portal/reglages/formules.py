"""The words of the messages: what the house writes to volunteers and to demandeurs, looked at before it is saved."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal import reglage
from portal.actions.commands import Conflict
from portal.notifications import messages as letters
from portal.notifications import mots
from portal.notifications.mots import GABARITS, Gabarit
from portal.reglages import commands
from portal.reglages.forms import WordsForm
from portal.reglages.maison import bp
from portal.web import Page, done, me, refused, render, toast

MESSAGE = f"<any({', '.join(GABARITS)}):cle>"


@bp.get("/messages/", access="modele.modifier")
def messages() -> Any:
    by_reader: dict[str, list[Gabarit]] = {}
    for gabarit in GABARITS.values():
        by_reader.setdefault(gabarit.a_qui, []).append(gabarit)
    return render("reglages/messages.html", lecteurs=by_reader, touched=_touched())


@bp.get(f"/messages/{MESSAGE}", access="modele.modifier")
def words(cle: str) -> Any:
    return _page(GABARITS[cle], _over(GABARITS[cle]))


@bp.post(f"/messages/{MESSAGE}/apercu", access="modele.modifier")
def preview_words(cle: str) -> Any:
    """What was typed, as it would leave; nothing is saved."""
    form = WordsForm.of_message(GABARITS[cle])()
    status = 200 if form.validate() else 422
    return refused(status, lambda: _page(GABARITS[cle], form, status))


@bp.post(f"/messages/{MESSAGE}", access="modele.modifier", fresh=True)
def set_words(cle: str) -> Any:
    gabarit = GABARITS[cle]
    form = WordsForm.of_message(gabarit)()
    again = "depart" in request.form
    if not again and not form.validate():
        return _page(gabarit, form, 422)
    try:
        if again:
            commands.begin_again(gabarit.textes, read=form.lu.data or "", by=me())
        else:
            commands.save(gabarit.textes, form.words, read=form.lu.data or "", by=me())
    except Conflict as conflict:
        form = _over(gabarit, form)
        form.form_errors.append(conflict.sentence)
        return _page(gabarit, form, conflict.status)
    toast("Les mots de départ sont revenus." if again else "C’est enregistré\u00a0: les messages qui partent disent cela.")
    return done(url_for(".words", cle=cle))


def _over(gabarit: Gabarit, typed: WordsForm | None = None) -> WordsForm:
    return WordsForm.of_message(gabarit).over(commands.sheet(gabarit.textes), typed)


def _touched() -> set[str]:
    """The messages that say something else than what they began with."""
    keys = reglage.touched()
    return {cle for cle, gabarit in GABARITS.items() if any(texte.cle in keys for texte in gabarit.textes)}


def _page(gabarit: Gabarit, form: WordsForm, status: int = 200) -> Page:
    shown = {"gabarit": gabarit, "noms": [(nom, mots.NOMS[nom].aide) for nom in gabarit.noms]}
    shown |= {"is_touched": gabarit.cle in _touched(), "lettre": letters.sample(gabarit, form.words)}
    return render("reglages/message.html", "apercu", status, form=form, **shown)
