"""What every template may use, and who is in front of the screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from flask import Flask, Response, abort, request, session, url_for
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from portal import clock, policy, reglage, tableur
from portal.assets import asset
from portal.comptes import entree, queries
from portal.comptes.models import Personne
from portal.db import SAFE_METHODS
from portal.jour_j import aujourdhui
from portal.web import htmx_redirect, me, questions, see_other, toasts, typed_words, wants_fragment

SEEN_EVERY = timedelta(hours=1)
REMEMBERED = ("apercu", "badge", "icon", "marque", "nature_badge", "options", "places")  # macros that say the same of the same


@dataclass(frozen=True)
class Place:
    """One of the places of the navigation bar."""

    label: str
    url: str
    icon: str
    current: bool
    wide_only: bool


class _House:
    """Its name, read by the pages that say it alone."""

    def __str__(self) -> str:
        return reglage.maison()


def init_app(app: Flask) -> None:
    app.after_request(_announce_the_style)
    csrf = CSRFProtect(app)
    for view in questions:
        csrf.exempt(view)
    login = LoginManager(app)
    login.session_protection = None  # a phone that moves from Wi-Fi to 4G stays signed in
    login.user_loader(_person_behind)
    login.unauthorized_handler(_show_the_door)
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        can=lambda right, subject=None: policy.can(me(), right, subject),
        clock=clock,
        csrf_meta=csrf_meta,
        env=app.config["PORTAL"].env,
        fichiers=tableur.FICHIERS,
        maison=_House(),
        nav=nav,
        toasts=toasts,
    )
    env.globals["ui"] = ui = env.get_template("ui.html").module
    if app.config["PORTAL"].env != "development":  # where an icon may change under the page
        for name in REMEMBERED:
            setattr(ui, name, lru_cache(maxsize=1024, typed=True)(getattr(ui, name)))


def _announce_the_style(response: Response) -> Response:
    """A phone far from the antenna asks for the style sheet before it has read the page that wants it."""
    if response.status_code == 200 and response.mimetype == "text/html" and not wants_fragment():
        response.headers["Link"] = f"<{asset('app.css')}>; rel=preload; as=style"
    return response


def _person_behind(token: str) -> Personne | None:
    found = queries.session_of(token, aujourdhui.runs_a_day)
    if found is None:
        return None
    open_one, runs_a_day, *names = found
    who = open_one.personne
    who.session_token, who.proved_at, who.runs_a_day = token, open_one.prouvee_le, runs_a_day
    who.by_key = open_one.cle_id is not None
    reglage.know_the_house(*names)
    if request.method in SAFE_METHODS and clock.now() - open_one.vue_le > SEEN_EVERY:
        entree.touch_session(open_one.id)
    return who


def _show_the_door() -> BaseResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" and not wants_fragment() else None
    if "_user_id" in session and typed_words():
        abort(401)  # signed out elsewhere meanwhile: what they wrote is given back, or stays in the page that htmx leaves
    if request.accept_mimetypes.best == "application/json":
        abort(401)  # a phone that sends, or asks: it says so by itself
    location = url_for("comptes.connexion", next=wanted)
    return htmx_redirect(location, 401) if wants_fragment() else see_other(location)


def csrf_meta() -> str:
    """The token for htmx. A visitor whose page has no form gets none, hence no cookie."""
    return generate_csrf() if current_user.is_authenticated or "csrf_token" in session else ""


# label, endpoint, icon, and the right that opens it: a phone's bar holds the first three that a person may enter
THE_DAY = ("Jour J", "jour_j.index", "clipboard-list", "jour.lister")  # among those, around a day that one runs
PLACES = (
    ("Accueil", "accueil.index", "house", "public"),
    ("À valider", "candidatures.index", "list-checks", "action.creer"),
    ("Actions", "actions.index", "calendar", "action.lister"),
    ("Réglages", "reglages.index", "settings", "reglages.voir"),
    ("Factures", "factures.index", "file-text", "facture.lister"),
    ("Partage", "partage.index", "sprout", "partage.lister"),
    ("Devis", "devis.index", "receipt-euro", "devis.lister"),
    ("Pôles", "poles.index", "sprout", "pole.voir"),
    ("Équipe", "equipe.index", "users", "equipe.lister"),
    THE_DAY,
    ("Missions", "missions.index", "search", "public"),
    ("Agenda", "actions.calendar", "calendar", "public"),
)
ON_A_PHONE = 3
# Pages that belong to a place of another room: a whole blueprint, or one of its pages.
UNDER = {
    "besoins": "actions",
    "comptes": "moi",
    "contributions": "moi",
    "notifications": "moi",
    "contributions.show": "actions",
    "contributions.correction": "actions",
    "actions.calendar": "actions.calendar",
    "actions.subscribe": "actions.calendar",
    "devis.of_action": "actions",
    "factures.of_action": "actions",
    "partage.show": "actions",
    "missions.of_action": "actions",
    "missions.team": "actions",
    "missions.create": "actions",
    "missions.edit": "actions",
    "notifications.answers": "candidatures",
    "notifications.answer": "candidatures",
    "notifications.courrier": "reglages",
}
MINE = ("Moi", "moi.index", "user", "moi.voir")


def nav() -> list[Place]:
    """The places that this person goes to; on a phone, the two to four that matter most."""
    mine = [place for place in PLACES if policy.can(current_user, place[3])]
    if current_user.is_authenticated and me().runs_a_day:
        mine = [mine[0], THE_DAY, *(place for place in mine[1:] if place != THE_DAY)]
    if current_user.is_authenticated:
        mine.insert(ON_A_PHONE, MINE)
    return [_place(*place, wide_only=n > ON_A_PHONE) for n, place in enumerate(mine)]


def _place(label: str, endpoint: str, icon: str, _right: str, *, wide_only: bool) -> Place:
    room, page = (request.blueprint or "").partition(".")[0], request.endpoint or ""
    under = UNDER.get(page) or UNDER.get(room, room)
    here = page == endpoint or (under == endpoint.removesuffix(".index") != "accueil")
    return Place(label, url_for(endpoint), icon, here, wide_only)
