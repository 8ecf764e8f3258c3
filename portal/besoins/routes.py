"""What an action needs, what a pôle answers, and when each space is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request, url_for

from portal import clock
from portal.actions import queries as actions
from portal.actions.commands import ActionOver, Conflict
from portal.actions.models import Action, reading
from portal.besoins import commands, queries
from portal.besoins.forms import AnswerForm, EditNeedForm, NeedForm, NewNeedForm, flat
from portal.besoins.models import Besoin, Etat, confirmer, demander, desister, refuser
from portal.poles import queries as house
from portal.poles.models import Ressource
from portal.policy import load
from portal.web import Done, GuardedBlueprint, Page, Refused, done, me, refused, render, toast
from portal.workflow import Refusal, TransitionRefused

bp = GuardedBlueprint("besoins", __name__, url_prefix="/besoins")

bp.add_app_template_global(queries.by_kind, "besoins_de")  # for the screen of a meeting, in the package below

F = TypeVar("F", bound=NeedForm)


# --- the tab of an action ------------------------------------------------------------------------------------


@bp.get("/action/<int:action_id>", access="action.voir")
def of_action(action_id: int) -> Any:
    return _tab(action_id)


def _tab(action_id: int, **said: Any) -> Page:
    """The needs of the action; `said`: the sentences on needs that could not be asked, by their ids."""
    action = load(Action, action_id, "action.voir", actions.SHEET)
    views = queries.views(queries.of_action(action))
    mine = {pole.id for pole in house.poles_of(me())} if me().is_pole_member else set()
    context: dict[str, Any] = {"said": {}} | said
    return render("besoins/action.html", action=action, views=views, mine=mine, ressources=Ressource, **context)


@bp.post("/action/<int:action_id>/demander", access="besoin.demander")
def ask_all(action_id: int) -> Any:
    action = load(Action, action_id, "besoin.ajouter", actions.SHEET)
    asked, left = commands.ask_all(action, by=me())
    said = {id: refusal.sentence for id, refusal in left.items()}
    if not asked and said:
        return refused(422, lambda: _tab(action_id, said=said))
    toast(f"{asked} besoin{'s' if asked > 1 else ''} demandé{'s' if asked > 1 else ''}." if asked else "Tout est déjà demandé.")
    if said:
        toast("Il en reste en brouillon : ouvre-les, chacun dit ce qui lui manque.", "attention")
    return _back_to(action_id)


def _back_to(action_id: int, besoin: int | None = None) -> Done:
    return done(url_for(".of_action", action_id=action_id, _anchor=f"besoin-{besoin}" if besoin else None))


# --- one need ------------------------------------------------------------------------------------------------


@bp.get("/nouveau/<int:action_id>", access="besoin.ajouter")
def create(action_id: int) -> Any:
    action = _open(action_id)
    ressource = _ressource(request.args.get("ressource"))
    slot = {"debut": action.debut, "fin": action.fin}
    return _new(action, _form(NewNeedForm, action, ressource, formdata=None, data=slot))


@bp.post("/nouveau/<int:action_id>", access="besoin.ajouter")
def add(action_id: int) -> Any:
    action = _open(action_id)
    ressource = _ressource(request.form.get("ressource") or request.args.get("ressource"))
    form = _form(NewNeedForm, action, ressource)
    if not form.validate():
        return _new(action, form, 422)
    try:
        besoin = commands.add(action, by=me(), cle=(form.cle.data or "")[:64], ressource=ressource, **form.fields)
        _ask_too(besoin)
    except Refusal as refusal:
        _say(refusal, form)
        return _new(action, form, refusal.status)
    toast("Besoin enregistré, en brouillon." if besoin.etat is Etat.BROUILLON else "Besoin demandé : le pôle est prévenu.")
    return _back_to(action_id, besoin.id)


def _open(action_id: int) -> Action:
    action = load(Action, action_id, "besoin.ajouter", actions.SHEET)
    if action.is_over:
        raise ActionOver
    return action


def _ressource(text: str | None) -> Ressource:
    return next((r for r in Ressource if r == text), Ressource.ESPACE)


def _form(kind: Callable[..., F], action: Action, ressource: Ressource, **more: Any) -> F:
    """Only the kind of thing that it is about is read."""
    if ressource is Ressource.ESPACE:
        more["espaces"] = house.space_tree()
    if ressource is Ressource.MATERIEL:
        more["materiels"] = house.materiels()
    return kind(ressource=ressource, action=action, poles=house.poles(), **more)


def _new(action: Action, form: NewNeedForm, status: int = 200) -> Page:
    return render("besoins/nouveau.html", status=status, action=action, form=form)


def _say(refusal: Refusal, form: NeedForm) -> None:
    """At the field that it is about, if there is one."""
    if isinstance(refusal, commands.NoPole):
        form.pole_id.errors = [refusal.sentence]
    else:
        form.form_errors.append(refusal.sentence)


def _ask_too(besoin: Besoin) -> None:
    """« Enregistrer et demander » is both in one transaction; a second tap finds it asked."""
    if request.form.get("suite") == demander.slug and demander.opens_from(besoin.etat):
        commands.ask(besoin, by=me())


@bp.get("/<int:id>/modifier", access="besoin.modifier")
def edit(id: int) -> Any:
    besoin = _editable(id)
    return _edition(besoin, _over(besoin))


@bp.post("/<int:id>/modifier", access="besoin.modifier")
def save(id: int) -> Any:
    besoin = _editable(id)
    form = _form(EditNeedForm, besoin.action, besoin.ressource)
    if not form.validate():
        return _edition(besoin, form, 422)
    try:
        commands.edit(besoin, by=me(), read=form.lu.data or "", **form.fields)
        _ask_too(besoin)
    except Refusal as refusal:
        if isinstance(refusal, Conflict):
            form = _over(besoin, form)
        _say(refusal, form)
        return _edition(besoin, form, refusal.status)
    toast("Besoin enregistré." if besoin.is_editable else "Besoin demandé : le pôle est prévenu.")
    return _back_to(besoin.action_id, id)


def _editable(id: int) -> Besoin:
    besoin = load(Besoin, id, "besoin.modifier", queries.SHEET)
    if besoin.action.is_over:
        raise ActionOver
    if not besoin.is_editable:
        raise commands.Asked
    return besoin


def _over(besoin: Besoin, typed: EditNeedForm | None = None) -> EditNeedForm:
    def kind(**more: Any) -> EditNeedForm:
        return EditNeedForm.over(besoin.sheet, typed, **more)

    return _form(kind, besoin.action, besoin.ressource)


def _edition(besoin: Besoin, form: EditNeedForm, status: int = 200) -> Page:
    return render("besoins/modifier.html", status=status, besoin=besoin, action=besoin.action, form=form)


STEPS = {  # what the bienveillant does with a need, and what is said then
    "demander": (commands.ask, "Besoin demandé : le pôle est prévenu."),
    "reprendre": (commands.take_back, "Le besoin est de nouveau un brouillon. Ce qui était promis est libre."),
    "retirer": (commands.remove, "Besoin retiré."),
    "adopter": (commands.adopt, "La quantité du pôle est gardée."),
}


@bp.post("/<int:id>/<any(demander, reprendre, retirer, adopter):slug>", access="besoin.modifier")
def move(id: int, slug: str) -> Any:
    besoin = load(Besoin, id, f"besoin.{slug}", queries.SHEET)
    action_id, (command, words) = besoin.action_id, STEPS[slug]
    try:
        command(besoin, by=me())
    except Refusal as refusal:
        said = {id: refusal.sentence}
        return refused(refusal.status, lambda: _tab(action_id, said=said))
    toast(words)
    return _back_to(action_id, id if slug != "retirer" else None)


# --- what a pôle answers -------------------------------------------------------------------------------------


@bp.get("/", access="besoin.lister")
def index() -> Any:
    return _asked()


def _asked(**said: Any) -> Page:
    """What is asked of my pôles; `said`: which answer to which need did not pass, why, and what was typed."""
    views = queries.views(queries.on_the_page_of(me()))
    asked = [view for view in views if view.besoin.etat is Etat.A_CONFIRMER]
    promised = [view.besoin for view in views if view.besoin.etat is Etat.CONFIRME]
    context: dict[str, Any] = {"on": 0, "slug": "", "sentence": "", "typed": None} | said
    return render("besoins/liste.html", asked=asked, promised=promised, reading=reading, **context)


ANSWERS = {transition.slug: transition for transition in (confirmer, refuser, desister)}


@bp.post("/<int:id>/<any(confirmer, refuser, desister):slug>", access="besoin.confirmer")
def answer(id: int, slug: str) -> Any:
    transition = ANSWERS[slug]
    besoin = load(Besoin, id, transition.key, queries.SHEET)
    form = AnswerForm()
    if not form.validate():
        return _unanswered(id, slug, form, Refusal(form.sentence), 422)
    try:
        commands.answer(
            besoin, transition, by=me(), quantite=form.quantite.data, motif=form.motif.data, read=form.lu.data or None
        )
    except Refusal as refusal:
        return _unanswered(id, slug, form, refusal, refusal.status)
    toast(f"«\u00a0{besoin.titre}\u00a0»\u00a0: {transition.done}. La personne qui monte l’action est prévenue.")
    return done(url_for(".index"))


def _unanswered(id: int, slug: str, form: AnswerForm, refusal: Refusal, status: int) -> Refused:
    """The page again, with every word; an answer that comes too late reads where the need stands."""
    if isinstance(refusal, TransitionRefused):
        typed = f" Tu avais écrit\u00a0: «\u00a0{form.motif.data}\u00a0»." if form.motif.data else ""
        return refused(status, lambda: _asked(on=id, sentence=_state_of(id) + typed))
    said = {"on": id, "slug": slug, "sentence": refusal.sentence, "typed": form}
    return refused(status, lambda: _asked(**said))


def _state_of(id: int) -> str:
    besoin = load(Besoin, id, "besoin.voir", queries.SHOWN)
    by = f", par {besoin.repondu_par.nom}" if besoin.repondu_par else ""
    return f"Ta réponse arrive après\u00a0: «\u00a0{besoin.titre}\u00a0» est maintenant «\u00a0{besoin.etat.label}\u00a0»{by}."


@bp.get("/reponses", access="action.creer")
def answers() -> Any:
    """What was refused, or confirmed in another quantity, on the actions that I set up."""
    return render("besoins/reponses.html", besoins=queries.refused_of(me()))


# --- the spaces ----------------------------------------------------------------------------------------------


@bp.get("/espaces", access="espace.voir")
def espaces() -> Any:
    since = clock.start_of(clock.today())
    spaces = [espace for branch in house.space_tree() for espace, _ in flat(branch)]
    calendar = queries.calendar(since)
    partly = {espace.id for espace in spaces if not calendar.keys().isdisjoint(queries.inside(espace.id, spaces))}
    return render("besoins/espaces.html", spaces=spaces, calendar=calendar, partly=partly, until=since + queries.AHEAD)
