"""The counter: what a demandeur asks and follows, what the team takes up and answers."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_login import current_user

from portal import reglage
from portal.actions import commands, depot, echanges, effacement, queries, relais, suivi
from portal.actions.demandes import AnswerForm, ContactForm, GiveUpForm, MessageForm, RelayForm, RequestForm
from portal.actions.forms import ClientForm
from portal.actions.models import Action
from portal.comptes import queries as comptes
from portal.poles import queries as poles
from portal.policy import load
from portal.web import GuardedBlueprint, Page, Refused, done, me, refused, render, safe_next, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("actions", __name__, url_prefix="/actions")  # of all the screens of an action


# --- asking ----------------------------------------------------------------------------------------------------


@bp.get("/solliciter", access="public")
def solliciter() -> Any:
    form = RequestForm(formdata=None)
    if current_user.is_authenticated:
        form.nom.data, form.email.data, form.telephone.data = me().nom, me().email, me().telephone
    form.prepare()
    return _request(form)


@bp.post("/solliciter", access="public", limit="sollicitation")
def ask() -> Any:
    form = RequestForm()
    if not form.validate():  # before anything is read, since reading takes SQLite's write lock
        return _request_again(form)
    if form.trapped:
        form.form_errors.append("Tout est là\u00a0: relisez, puis envoyez encore une fois.")
        return _request_again(form)
    action = depot.ask(form.demande)
    if action.generation > 1:  # its link was replaced since: an old form does not give the new one
        follows = (
            "Pour la suivre, ouvrez le lien de notre dernier e-mail." if action.demandeur.email else "L’équipe vous appelle."
        )
        toast(f"Cette demande est bien arrivée. {follows}")
        return done(url_for(".solliciter"))
    toast("Merci, votre demande est bien arrivée.")
    return done(url_for(".follow", jeton=suivi.page_token(action)))


def _request_again(form: RequestForm) -> Page:
    """The same form, every word kept."""
    form.prepare(again=True)
    return _request(form, 422)


def _request(form: RequestForm, status: int = 200) -> Page:
    return render(
        "actions/solliciter.html",
        status=status,
        form=form,
        catalogue=poles.catalogue(),
        delai=reglage.DELAI_REPONSE.valeur,
    )


# --- the demandeur's own page ----------------------------------------------------------------------------------


@bp.get("/suivi/<jeton>", access="public")
def follow(jeton: str) -> Any:
    return suivi.page(suivi.followed(jeton), jeton)


@bp.post("/suivi/<jeton>/ecrire", access="public", limit="suivi")
def write_to_the_team(jeton: str) -> Any:
    action, form = suivi.followed(jeton), MessageForm()
    if not form.validate():
        return suivi.page(action, jeton, 422, message=form)
    echanges.write(action, texte=form.texte.data, cle=form.sending, by=None)
    toast("Votre message est envoyé.")
    return done(url_for(".follow", jeton=jeton, _anchor="echanges"))


@bp.post("/suivi/<jeton>/corriger", access="public", limit="suivi")
def edit_contact(jeton: str) -> Any:
    action = suivi.followed(jeton)
    form = ContactForm.of(action)
    if not form.validate():
        return suivi.page(action, jeton, 422, contact=form)
    try:
        depot.edit_contact(action, **form.fields)
    except Refusal as refusal:
        return _as_it_now_is(jeton, refusal, *form.fields.values())
    toast("C’est corrigé.")
    return done(url_for(".follow", jeton=suivi.page_token(action)))


@bp.post("/suivi/<jeton>/renoncer", access="public", limit="suivi")
def give_up(jeton: str) -> Any:
    action, form = suivi.followed(jeton), GiveUpForm()
    if not form.validate():
        return suivi.page(action, jeton, 422, renoncer=form)
    try:
        depot.give_up(action, mot=form.mot.data)
    except Refusal as refusal:
        return _as_it_now_is(jeton, refusal, form.mot.data)
    toast("C’est noté, l’équipe est prévenue. Merci de l’avoir dit.")
    return done(url_for(".follow", jeton=jeton))


def _as_it_now_is(jeton: str, refusal: Refusal, *typed: str) -> Refused:
    """Their page again, with why; what they typed waits in the message to the team, since its own form may be gone."""
    again, sentence = MessageForm(formdata=None, data={"texte": "\n".join(filter(None, typed))}), refusal.sentence
    return refused(refusal.status, lambda: suivi.page(suivi.followed(jeton), jeton, sentence=sentence, message=again))


# --- the exchange, on the team's side --------------------------------------------------------------------------


@bp.get("/<int:id>/echanges", access="action.lire_echanges")
def exchange(id: int) -> Any:
    return _exchange(load(Action, id, "action.lire_echanges", queries.SHEET), AnswerForm(formdata=None))


def _exchange(action: Action, form: AnswerForm, status: int = 200) -> Page:
    return render("actions/echanges.html", status=status, action=action, form=form, echanges=queries.exchange(action))


@bp.post("/<int:id>/echanges", access="action.ecrire")
def write(id: int) -> Any:
    action, form = load(Action, id, "action.ecrire", queries.SHEET), AnswerForm()
    if not form.validate():
        return _exchange(action, form, 422)
    echanges.write(action, texte=form.texte.data, cle=form.sending, by=me())
    toast(
        "Message envoyé." if action.demandeur.email else "Message écrit sur sa page\u00a0: sans e-mail, préviens-le autrement."
    )
    return done(url_for(".exchange", id=id, _anchor="reponse"))


@bp.post("/<int:id>/repondue", access="action.ecrire")
def note_answer(id: int) -> Any:
    echanges.note_answer(load(Action, id, "action.ecrire", queries.SHEET), by=me())
    toast("C’est noté\u00a0: cette demande a sa réponse.")
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/lien", access="action.ecrire")
def send_link(id: int) -> Any:
    action = load(Action, id, "action.ecrire", queries.SHEET)
    depot.send_link(action, by=me())
    toast(f"Un lien neuf part à {action.demandeur.email}. Les précédents ne s’ouvrent plus.")
    return done(url_for(".exchange", id=id))


@bp.get("/<int:id>/client", access="action.modifier_demandeur")
def client(id: int) -> Any:
    action = _reachable(id)
    return _client(action, ClientForm.over(action.client))


def _reachable(id: int) -> Action:
    action = load(Action, id, "action.modifier_demandeur", queries.SHEET)
    if action.demandeur.is_erased:
        raise commands.ClientErased
    return action


def _client(action: Action, form: ClientForm, status: int = 200) -> Page:
    return render("actions/client.html", status=status, action=action, form=form, back=safe_next(""))


@bp.post("/<int:id>/client", access="action.modifier_demandeur", preview=True)
def edit_client(id: int) -> Any:
    action, form = _reachable(id), ClientForm()
    if not form.validate():
        return _client(action, form, 422)
    try:
        commands.edit_client(action, by=me(), read=form.lu.data or "", demandeur=form.demandeur)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _client_again(id, form, said.sentence))
    toast("C’est enregistré.")
    return done(safe_next(url_for(".show", id=id)))


def _client_again(id: int, typed: ClientForm, sentence: str) -> Page:
    action = _reachable(id)
    form = ClientForm.over(action.client, typed)
    form.form_errors.append(sentence)
    return _client(action, form, 409)


@bp.post("/<int:id>/effacer_demandeur", access="action.effacer_demandeur")
def erase_client(id: int) -> Any:
    action = load(Action, id, "action.effacer_demandeur", queries.SHEET)
    if "certain" not in request.form:
        toast("Coche d’abord la case\u00a0: rien ne se retrouve ensuite.", "attention")
        return done(url_for(".show", id=id))
    effacement.erase(action, by=me())
    toast("Le demandeur est effacé. L’action reste comptée.")
    return done(url_for(".show", id=id))


# --- who sets it up --------------------------------------------------------------------------------------------


@bp.get("/<int:id>/confier", access="action.confier")
def relay(id: int) -> Any:
    return _relay(load(Action, id, "action.confier", queries.SHEET))


def _relay(action: Action, sentence: str = "") -> Page:
    return render("actions/relais.html", action=action, sentence=sentence, form=_relay_form(action, formdata=None))


def _relay_form(action: Action, **more: Any) -> RelayForm:
    return RelayForm(people=[p for p in comptes.bienveillants() if p.id != action.bienveillant_id], **more)


@bp.post("/<int:id>/confier", access="action.confier")
def offer_relay(id: int) -> Any:
    action = load(Action, id, "action.confier", queries.SHEET)
    form = _relay_form(action)
    chosen = next(iter(comptes.by_ids([form.personne.data])), None) if form.validate() else None
    try:
        relais.offer(action, to=chosen, by=me())
    except relais.NotBienveillant as refusal:
        said = refusal
        return refused(said.status, lambda: _relay(load(Action, id, "action.confier", queries.SHEET), said.sentence))
    assert chosen
    toast(f"{chosen.nom} reçoit un message. L’action reste {_whose(action)} jusqu’à sa réponse.")
    return done(url_for(".show", id=id))


def _whose(action: Action) -> str:
    if action.bienveillant is None:
        return "à prendre"
    return "à toi" if action.bienveillant_id == me().id else f"à {action.bienveillant.nom}"


@bp.post("/<int:id>/accepter_relais", access="action.accepter_relais")
def accept_relay(id: int) -> Any:
    relais.accept(load(Action, id, "action.accepter_relais", queries.SHEET), by=me())
    toast("Tu as pris le relais\u00a0: cette action est à toi.")
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/laisser_relais", access="action.laisser_relais")
def leave_relay(id: int) -> Any:
    relais.leave(load(Action, id, "action.laisser_relais", queries.SHEET), by=me())
    toast("C’est noté\u00a0: le relais n’est plus proposé.")
    return done(url_for(".show", id=id))
