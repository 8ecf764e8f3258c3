"""The screens where missions start: what is left to open or to look at again, and the posts of one action, all at once."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_login import current_user

from portal.actions import queries as actions
from portal.actions.commands import ActionOver
from portal.actions.models import Action
from portal.missions import ouverture, prise, revue
from portal.missions.forms import PostForm
from portal.missions.models import Mission, Nature, prendre
from portal.missions.ouverture import Proposition
from portal.policy import can, load
from portal.web import GuardedBlueprint, Page, done, me, refused, render
from portal.workflow import Refusal

bp = GuardedBlueprint("ouvrir", __name__, url_prefix="/ouvrir")
Posts = list[tuple[Proposition, PostForm]]


@bp.get("/", access="action.creer")
def index() -> Any:
    """Of all the actions that this person sets up."""
    return render("missions/a_preparer.html", actions=ouverture.to_open_by(me()), missions=revue.to_review_by(me()))


@bp.get("/<int:action_id>", access="mission.creer")
def show(action_id: int) -> Any:
    action = _open(action_id)
    return _page(action, [(post, _form(action, post, formdata=None)) for post in ouverture.proposals(action)])


@bp.post("/<int:action_id>", access="mission.creer")
def open_all(action_id: int) -> Any:
    action, sent = _open(action_id), request.form.getlist("poste")
    posts = [(post, _form(action, post)) for post in ouverture.proposals(action) if post.cle in sent]
    if [post for post, form in posts if not form.validate()]:
        return _page(action, posts, 422)
    kept = {post.besoin_id: form.fields for post, form in posts if form.retenir.data}
    aside = {post.besoin_id for post, form in posts if post.besoin_id and not form.retenir.data}
    take_post = any(form.takes_post for _, form in posts)
    try:
        made = ouverture.open_all(action, by=me(), postes=kept, sent=_ids(sent), aside=aside, take_post=take_post)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _page(_open(action_id), posts, sentence=said.sentence))
    taken = next((one for one in made if take_post and one.nature is Nature.REFERENT), None)
    prise.say(_told(made), taken, me())
    return done(url_for("missions.of_action", action_id=action_id))


def _told(made: list[Mission]) -> str:
    if not made:
        return "Rien de nouveau à créer\u00a0: voici les missions de l’action."
    many = len(made)
    return f"{many} missions en brouillon\u00a0: publie-les." if many > 1 else "Une mission en brouillon\u00a0: publie-la."


def _ids(sent: list[str]) -> set[int]:
    """The needs whose post was on the page."""
    return {int(cle) for cle in sent if cle.isascii() and cle.isdigit() and len(cle) < 10}


def _open(action_id: int) -> Action:
    action = load(Action, action_id, "mission.creer", actions.SHEET)
    if action.is_over:
        raise ActionOver
    return action


def _form(action: Action, post: Proposition, **more: Any) -> PostForm:
    shown = {"titre": post.titre, "debut": post.debut, "fin": post.fin, "places": post.places, "retenir": not post.is_aside}
    takes = can(current_user, prendre.key, action)
    values = bool(action.valeurs.strip())
    return PostForm(prefix=f"p{post.cle}-", nature=post.nature, values=values, offer_post=takes, data=shown, **more)


def _page(action: Action, posts: Posts, status: int = 200, sentence: str = "") -> Page:
    return render("missions/ouvrir.html", status=status, action=action, posts=posts, sentence=sentence)
