"""What the demandeur answered otherwise than by the link, recorded by whoever sets the action up; and what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for
from wtforms import RadioField
from wtforms.validators import DataRequired, InputRequired

from portal import clock
from portal.actions.forms import at_most
from portal.devis import accords, queries
from portal.devis.lien import bp
from portal.devis.models import Devis, Voie
from portal.fields import Form, Line, LocalDateTime, Words, choices
from portal.policy import load
from portal.web import Page, done, me, render, toast
from portal.workflow import Refusal

SAID = (Voie.TELEPHONE, Voie.PAPIER, Voie.MAIL)


class AccordForm(Form):
    """Who agreed, how, when, and what proves it."""

    voie = RadioField(
        "Comment", [InputRequired("Choisis comment.")], choices=choices(*((v.value, v.label) for v in SAID)), coerce=Voie
    )
    nom = Line("Qui a dit oui", [DataRequired("Écris qui a donné son accord."), at_most(120, "Ce nom")])
    le = LocalDateTime("Quand", [InputRequired("Dis quand.")])
    preuve = Words(
        "Ce qui le prouve",
        [DataRequired("Dis ce qui le prouve."), at_most(1_000, "Ce texte")],
        render_kw={"rows": 3},
        description="Le message reçu, le papier signé et où il est rangé, ce qui a été dit au téléphone.",
    )

    @property
    def signature(self) -> accords.Signature:
        return accords.Signature(self.nom.data, voie=self.voie.data, preuve=self.preuve.data, le=self.le.data)


class ReasonForm(Form):
    motif = Words("Pourquoi", [DataRequired("Dis en un mot pourquoi."), at_most(1_000, "Ce texte")], render_kw={"rows": 3})


class RefusForm(ReasonForm):
    motif = Words(
        "Ce qu’il en dit",
        [DataRequired("Écris ce que le demandeur a dit, et comment."), at_most(1_000, "Ce texte")],
        render_kw={"rows": 3},
        description="Ses mots, et comment il les a dits\u00a0: au téléphone, par mail, sur place.",
    )


@bp.get("/<int:id>/accord", access="devis.accepter")
def record_accord(id: int) -> Any:
    return _page(_read(id, "devis.accepter"), "accord", AccordForm(formdata=None, data={"le": clock.now()}))


@bp.post("/<int:id>/accord", access="devis.accepter")
def save_accord(id: int) -> Any:
    devis, form = _read(id, "devis.accepter"), AccordForm()
    return _said(devis, "accord", form, lambda: _accept(devis, form), "Accord noté\u00a0: l’action est confirmée.")


def _accept(devis: Devis, form: AccordForm) -> None:
    accords.accept(devis, signature=form.signature, empreinte=devis.empreinte, by=me())


@bp.get("/<int:id>/refus", access="devis.refuser")
def record_refusal(id: int) -> Any:
    return _page(_read(id, "devis.refuser"), "refus", RefusForm(formdata=None))


@bp.post("/<int:id>/refus", access="devis.refuser")
def save_refusal(id: int) -> Any:
    devis, form = _read(id, "devis.refuser"), RefusForm()
    return _said(devis, "refus", form, lambda: accords.refuse(devis, mot=form.motif.data, by=me()), "Refus noté.")


@bp.get("/<int:id>/annuler_accord", access="devis.annuler_accord")
def ask_why(id: int) -> Any:
    return _page(_read(id, "devis.annuler_accord"), "annuler_accord", ReasonForm(formdata=None))


@bp.post("/<int:id>/annuler_accord", access="devis.annuler_accord")
def undo_accord(id: int) -> Any:
    devis, form = _read(id, "devis.annuler_accord"), ReasonForm()
    words = "Accord annulé\u00a0: le devis attend de nouveau sa réponse."
    return _said(devis, "annuler_accord", form, lambda: accords.undo(devis, by=me(), motif=form.motif.data), words)


def _read(id: int, right: str) -> Devis:
    return load(Devis, id, right, queries.SHEET)


def _said(devis: Devis, quoi: str, form: Form, command: Callable[[], None], words: str) -> Any:
    """The command, once the form is good; a refusal gives every word back."""
    if not form.validate():
        return _page(devis, quoi, form, 422)
    try:
        command()
    except Refusal as refusal:
        form.form_errors.append(refusal.sentence)
        return _page(devis, quoi, form, refusal.status)
    toast(words)
    return done(url_for(".show", id=devis.id))


def _page(devis: Devis, quoi: str, form: Form, status: int = 200) -> Page:
    """`quoi` is the end of its address, and which of the three it is."""
    said: dict[str, Any] = {"devis": devis, "action": devis.action, "before": queries.agreed_before(devis)}
    return render("devis/reponse.html", status=status, quoi=quoi, form=form, **said)
