"""The screens of the way to a pôle and of the validation by the interpôle."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_login import current_user

from portal import reglage
from portal.actions import avis, interpole, queries, theme
from portal.actions.bulletins import AvisForm, DecisionForm, PassForm, ProposeForm
from portal.actions.guichet import bp
from portal.actions.models import UNDECIDED, Action, Etat
from portal.actions.processus import prendre_en_charge, proposer, valider
from portal.fields import row_id
from portal.poles import queries as poles
from portal.poles.models import Pole
from portal.policy import can, load
from portal.web import Page, Refused, done, me, refused, render, toast

MOVES = (proposer, prendre_en_charge, valider)  # by this tab alone, with all that goes with it


@bp.get("/<int:id>/validation", access="action.voir")
def validation(id: int) -> Any:
    return _page(_seen(id))


def _seen(id: int) -> Action:
    return load(Action, id, "action.voir", avis.SHEET)


def _again(id: int, status: int = 422, **typed: Any) -> Refused:
    """The tab once all is undone, with what did not pass."""
    return refused(status, lambda: _page(_seen(id), **typed))


def _page(action: Action, **typed: Any) -> Page:
    """The tab; `typed` are the forms that did not pass, by their names here, an opinion's by its pôle (`avis`)."""
    tally, trail = avis.tally(action, me()), avis.trail(action)
    opinions = {voix.pole.id: _ballot(voix) for voix in tally.mine} | typed.pop("avis", {})
    forms = {"decision_form": DecisionForm(formdata=None), **_routing(action, tally, trail), **typed}
    return render(
        "actions/validation.html",
        action=action,
        tally=tally,
        open=action.etat is Etat.EN_VALIDATION,
        shown=_may_read(action, tally),
        edited=avis.edited_at(action) if tally.given else None,
        decision=avis.decision_of(action) if action.etat not in UNDECIDED else None,
        trail=trail,
        opinions=opinions,
        **forms,
    )


def _may_read(action: Action, tally: avis.Tally) -> bool:
    """Nobody is swayed: the others' opinions wait for those of one's own pôles, while they may still change."""
    return action.etat is not Etat.EN_VALIDATION or not tally.owed or can(current_user, "avis.lire", action)


def _ballot(voix: avis.Voix) -> AvisForm:
    return AvisForm.over(avis.ballot(voix.avis), pole=voix.pole)


def _routing(action: Action, tally: avis.Tally, trail: list[avis.Step]) -> dict[str, Any]:
    """What proposing it and passing it on need, while its pôle is not found; those that passed it on are not suggested."""
    if action.etat not in (Etat.SOLLICITEE, Etat.PROPOSEE):
        return {}
    voices = [voix.pole for voix in tally.voix]
    thought_of = action.pole_porteur_id if action.etat is Etat.SOLLICITEE else None
    others = [pole for pole in voices if thought_of or pole.id != action.pole_porteur_id]
    passed = {step.passed_by for step in trail}
    words = f"{action.titre} {action.type.label} {action.description}"
    open_to_it = [pole for pole in others if pole.id not in passed]
    suggested = theme.suggest(open_to_it, words, poles.prestations(action.souhaits), maison=reglage.maison())
    first = thought_of or (suggested.pole.id if suggested else None)
    return {
        "suggested": suggested,
        "propose_form": ProposeForm(formdata=None, poles=others, data={"pole": first}),
        "pass_form": PassForm(formdata=None, poles=others, empty="À décider"),
    }


# --- its pôle ------------------------------------------------------------------------------------------------


@bp.post("/<int:id>/proposer", access="action.proposer")
def propose(id: int) -> Any:
    action = load(Action, id, "action.proposer", avis.SHEET)
    form = ProposeForm(poles=poles.voices())
    if not form.validate():
        return _again(id, propose_form=form)
    assert form.chosen
    interpole.propose(action, form.chosen, by=me())
    toast(f"Proposée au pôle {form.chosen.nom}. Ses membres l’apprennent par le portail.")
    return _back(id)


@bp.post("/<int:id>/prendre_en_charge", access="action.prendre_en_charge")
def carry(id: int) -> Any:
    action = load(Action, id, prendre_en_charge, avis.SHEET)
    interpole.take(action, by=me(), shown=_shown())
    toast("Le pôle porte l’action\u00a0: l’interpôle peut donner son avis.")
    return _back(id)


@bp.post("/<int:id>/passer", access="action.passer")
def pass_on(id: int) -> Any:
    action = load(Action, id, "action.passer", avis.SHEET)
    form = PassForm(poles=poles.voices())
    if not form.validate():
        return _again(id, pass_form=form)
    interpole.pass_on(action, by=me(), motif=form.motif.data, to=form.chosen, shown=_shown())
    toast(f"Passée au pôle {form.chosen.nom}." if form.chosen else "Passée\u00a0: elle sera proposée à un autre pôle.")
    return _back(id)


def _shown() -> int | None:
    """The pôle for which whoever answers was asked, when the page was shown."""
    return row_id(request.form.get("au_nom_de"))


# --- the opinions and the decision ---------------------------------------------------------------------------


@bp.post("/<int:id>/avis/<int:pole_id>", access="avis.donner")
def opine(id: int, pole_id: int) -> Any:
    action, pole = _seen(id), load(Pole, pole_id, "pole.voir")
    interpole.check_voice(action, pole, me())
    form = AvisForm(pole=pole)
    if not form.validate():
        return _again(id, avis={pole_id: form})
    try:
        interpole.give(action, pole, by=me(), read=form.lu.data or "", **form.said)
    except interpole.OpinionChanged as changed:
        both = AvisForm.over(avis.ballot(avis.given_by(action, pole)), form, pole=pole)
        both.form_errors.append(changed.sentence)
        return _again(id, changed.status, avis={pole_id: both})
    toast(f"L’avis du pôle {pole.nom} est enregistré. Il peut changer jusqu’à la clôture.")
    return _back(id)


@bp.post("/<int:id>/valider", access="action.valider")
def close_online(id: int) -> Any:
    action = load(Action, id, valider, avis.SHEET)
    try:
        if not _may_read(action, avis.tally(action, me())):
            raise interpole.OwnOpinionFirst
        interpole.close(action, by=me())
    except (interpole.OwnOpinionFirst, interpole.QuorumMissing, interpole.Blocked) as refusal:
        return _again(id, refusal.status, close_refused=refusal.sentence)
    toast("Action validée par l’interpôle.")
    return _back(id)


@bp.post("/<int:id>/decision", access="action.valider", preview=True)
def record_decision(id: int) -> Any:
    action = load(Action, id, valider, avis.SHEET)
    form = DecisionForm()
    meeting = "reunion" in request.args
    if not form.validate():
        return refused(422, lambda: _meeting(id, form)) if meeting else _again(id, decision_form=form)
    following = _following(id) if meeting else None
    interpole.decide(action, by=me(), **form.said)
    toast(f"«\u00a0{action.titre}\u00a0» est {'validée' if form.said['favorable'] else 'refusée'}.")
    return done(url_for(".meeting", action=following)) if meeting else _back(id)


def _back(id: int) -> Any:
    return done(url_for(".validation", id=id))


# --- on a screen, in front of everybody ----------------------------------------------------------------------


@bp.get("/reunion", access="action.lister")
def meeting() -> Any:
    return _meeting(row_id(request.args.get("action")))


def _following(id: int) -> int | None:
    """The one that the meeting looks at next."""
    ids = [action.id for action in avis.pending()]
    return next(iter(ids[ids.index(id) + 1 :]), None) if id in ids else None


def _meeting(id: int | None, form: DecisionForm | None = None) -> Page:
    waiting = avis.pending()
    ids = [action.id for action in waiting]
    decided = queries.followed(id) if id and id not in ids else None
    if decided or not waiting:
        return render("actions/reunion.html", waiting=waiting, decided=decided)
    at = ids.index(id) if id in ids else 0
    action = waiting[at]
    tally = avis.tally(action, me())
    return render(
        "actions/reunion.html",
        waiting=waiting,
        at=at,
        action=action,
        wishes=poles.prestations(action.souhaits),
        tally=tally,
        shown=_may_read(action, tally),
        edited=avis.edited_at(action),
        decision_form=form or DecisionForm(formdata=None),
    )
