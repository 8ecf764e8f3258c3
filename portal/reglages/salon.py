"""The chat of the house: whether it is linked, what it took last, a word to try it."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for

from portal.notifications import queries as messages
from portal.reglages import commands
from portal.reglages.maison import bp
from portal.web import done, me, render, toast
from portal.workflow import Refusal


class NotLinked(Refusal):
    sentence = "Aucun webhook n’est réglé\u00a0: il n’y a pas de canal à qui écrire."


@bp.get("/rocketchat", access="reglages.voir")
def chat() -> Any:
    """The webhook's address is a secret: only whether there is one is said."""
    settings = current_app.config["PORTAL"]
    linked: dict[str, Any] = {"writes": bool(settings.rocketchat_url), "asks": bool(settings.rocketchat_token)}
    sent, waiting = messages.last_of_the_channel()
    return render("reglages/rocketchat.html", **linked, private=settings.rocketchat_private, sent=sent, waiting=waiting)


@bp.post("/rocketchat", access="reglages.voir", fresh=True)
def try_chat() -> Any:
    if not current_app.config["PORTAL"].rocketchat_url:
        raise NotLinked
    commands.try_the_chat(by=me())
    toast("Le message d’essai part tout de suite.")
    return done(url_for(".chat"))
