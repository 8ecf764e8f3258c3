"""The demandeur's link: the devis is read without an account, accepted, refused, or asked to be changed."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from werkzeug.exceptions import NotFound
from wtforms import BooleanField, HiddenField
from wtforms.validators import DataRequired, InputRequired

from portal import reglage, security
from portal.actions import suivi
from portal.actions.depot import LinkOver, LinkReplaced, RequestErased
from portal.actions.forms import at_most
from portal.actions.models import UNDECIDED, Action
from portal.devis import accords, papier, queries
from portal.devis.models import Devis, Etat
from portal.fields import Form, Line, Words
from portal.web import GuardedBlueprint, Page, as_file, done, refused, render, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("devis", __name__, url_prefix="/devis")
PURPOSE = "devis"


class AgreementForm(Form):
    """What signs: the conditions were shown above it, and the hash says which paper was read."""

    empreinte = HiddenField()
    nom = Line("Votre nom", [DataRequired("Écrivez votre nom\u00a0: il vaut signature."), at_most(120, "Ce nom")])
    accord = BooleanField("J’ai lu le devis et ses conditions, et je les accepte.", [InputRequired("Cochez pour accepter.")])


class RefusalForm(Form):
    motif = Words("Pourquoi", [DataRequired("Dites en un mot pourquoi."), at_most(1_000, "Ce texte")], render_kw={"rows": 3})


class ChangeForm(Form):
    cle = HiddenField(default=lambda: secrets.token_urlsafe(16))  # a form sent twice is one request
    mot = Words(
        "Ce que vous aimeriez changer",
        [DataRequired("Dites ce que vous aimeriez changer."), at_most(2_000, "Ce texte")],
        render_kw={"rows": 4},
    )


def page_token(devis: Devis) -> str:
    return security.seal(PURPOSE, devis.id, devis.action.generation)


def read(jeton: str) -> Devis:
    """The devis of a personal link, which opens as long as the demandeur's own page does.

    Raises NotFound, RequestErased, LinkReplaced when the demandeur was sent newer links, or LinkOver a year after.
    """
    id, generation = security.unseal(PURPOSE, jeton) or (0, 0)
    devis = queries.fresh(id, queries.HEAD) if id else None  # what it says is frozen: its lines are not read
    if devis is None or devis.is_draft or generation > devis.action.generation:
        raise NotFound
    if devis.action.demandeur.is_erased:
        raise RequestErased
    if generation < devis.action.generation:
        raise LinkReplaced
    if not devis.action.link_opens:
        raise LinkOver
    return devis


@dataclass(frozen=True)
class Offer:
    """What the demandeur's own page says of their devis; `url` is its link."""

    devis: Devis
    url: str
    answerable: bool


@bp.app_template_global("devis_de")
def offer_to(action: Action) -> Offer | None:
    """The last version that left, for the page of the demandeur, in the package below."""
    devis = None if action.etat in UNDECIDED else queries.last_sent(action)
    if devis is None:
        return None
    return Offer(devis, url_for("devis.link", jeton=page_token(devis)), accords.is_answerable(devis))


@bp.get("/lien/<jeton>", access="public")
def link(jeton: str) -> Any:
    return _page(read(jeton), jeton)


@bp.get("/lien/<jeton>/devis.pdf", access="public")
def linked_paper(jeton: str) -> Any:
    devis = read(jeton)
    assert devis.pdf
    return as_pdf(devis.pdf, devis)


def as_pdf(content: bytes, devis: Devis) -> Response:
    return as_file(content, "application/pdf", f"devis-{devis.numero}.pdf", inline=True)


def _page(devis: Devis, jeton: str, status: int = 200, **forms: Any) -> Page:
    """`forms`: those that were refused; `sentence`, why something did not pass, and `typed`, words that found no form.

    `quand` is said when it is no more what the devis says.
    """
    blank: dict[str, Any] = {
        "accepter": AgreementForm(formdata=None, data={"empreinte": devis.empreinte}),
        "refuser": RefusalForm(formdata=None),
        "changer": ChangeForm(formdata=None),
        "sentence": "",
        "typed": "",
    }
    state = _state(devis)
    return render(
        "devis/lien.html",
        status=status,
        devis=devis,
        action=devis.action,
        contenu=devis.contenu,
        jeton=jeton,
        answerable=accords.is_answerable(devis),
        state=state,
        quand=papier.moved_to(devis),
        accords=queries.accords_of(devis),
        changement=queries.change_asked(devis) if state == "ouvert" else None,
        newer=_newer(devis) if state != "ouvert" else "",
        **(blank | forms),
        **reach(devis.action),
    )


def reach(action: Action) -> dict[str, Any]:
    """How to ask the house something about it, for devis/joindre.html."""
    telephone = reglage.TELEPHONE.valeur
    return {
        "suivi": url_for("actions.follow", jeton=suivi.page_token(action)),
        "telephone": telephone,
        "numero": re.sub(r"[^0-9+]", "", telephone),
        "courriel": reglage.COURRIEL.valeur,
    }


def _state(devis: Devis) -> str:
    """What the page says above all: ouvert, arretee, clos once the day has begun, or what became of that version."""
    if accords.is_answerable(devis):
        return "ouvert"
    if devis.action.is_stopped:
        return "arretee"
    if devis.etat is Etat.ENVOYE:
        return Etat.EXPIRE if devis.is_over else "clos"
    return devis.etat


def _newer(devis: Devis) -> str:
    """The link of the version that replaces it, "" when there is none."""
    later = queries.replaced_by(devis)
    return url_for(".link", jeton=page_token(later)) if later else ""


@bp.post("/lien/<jeton>/accepter", access="public", limit="suivi")
def accept(jeton: str) -> Any:
    devis, form = read(jeton), AgreementForm()
    if not form.validate():
        return _page(devis, jeton, 422, accepter=form)
    signature = accords.Signature(form.nom.data, adresse=request.remote_addr or "")
    try:
        accords.accept(devis, signature=signature, empreinte=form.empreinte.data or "", by=None)
    except Refusal as refusal:
        return _refused(jeton, refusal)
    toast("Merci\u00a0! Le devis est accepté, l’équipe est prévenue.")
    return done(url_for(".link", jeton=jeton))


@bp.post("/lien/<jeton>/refuser", access="public", limit="suivi")
def refuse(jeton: str) -> Any:
    devis, form = read(jeton), RefusalForm()
    if not form.validate():
        return _page(devis, jeton, 422, refuser=form)
    try:
        accords.refuse(devis, mot=form.motif.data, by=None)
    except Refusal as refusal:
        return _refused(jeton, refusal, form.motif.data)
    toast("C’est noté. L’équipe est prévenue.")
    return done(url_for(".link", jeton=jeton))


@bp.post("/lien/<jeton>/demander_un_changement", access="public", limit="suivi")
def ask_for_a_change(jeton: str) -> Any:
    devis, form = read(jeton), ChangeForm()
    if not form.validate():
        return _page(devis, jeton, 422, changer=form)
    try:
        accords.ask_for_a_change(devis, mot=form.mot.data, cle=(form.cle.data or "")[:64])
    except Refusal as refusal:
        return _refused(jeton, refusal, form.mot.data)
    toast("Votre demande est envoyée. L’équipe vous répond sur votre page.")
    return done(url_for(".link", jeton=jeton))


def _refused(jeton: str, refusal: Refusal, typed: str = "") -> Any:
    """The page as it now is: it says why, whom to call, and gives back what was typed."""
    return refused(refusal.status, lambda: _page(read(jeton), jeton, sentence=refusal.sentence, typed=typed))
