"""The messages one was sent; for an admin, those that could not leave; for a bienveillant, the answers not sent yet."""

from __future__ import annotations

import hmac
from typing import Any

from flask import abort, current_app, request, url_for

from portal import outbox, security
from portal.candidatures import commands as candidatures
from portal.candidatures import queries as candidatures_queries
from portal.candidatures.models import Candidature, annuler
from portal.notifications import commands, messages, queries, questions
from portal.notifications.genres import Outdated
from portal.outbox import Message, Voie
from portal.policy import load
from portal.web import GuardedBlueprint, Page, done, me, page_number, previewer, render, toast

LONGEST_QUESTION = 16 * 1024  # bytes

bp = GuardedBlueprint("notifications", __name__, url_prefix="/notifications")


@bp.get("/", access="moi.voir")
def index() -> Any:
    return render("notifications/recus.html", leaf=queries.received_by(me(), page_number()))


@bp.get("/<int:id>", access="moi.voir")
def show(id: int) -> Any:
    """As it was sent; or, when it has not left yet, as it would leave now."""
    return _letter(load(Message, id, "outbox.voir"))


def _letter(message: Message) -> Page:
    objet, texte = (message.objet or "Message", message.texte) if message.envoye_le else _as_it_stands(message)
    return render("notifications/message.html", message=message, objet=objet, texte=texte)


def _as_it_stands(message: Message) -> tuple[str, str]:
    try:
        return messages.words(messages.render(message.genre, message.faits), message.faits)
    except Outdated:
        return "Ce message n’a plus d’objet", "La situation a changé depuis\u00a0: il ne partira pas."
    except Exception:  # what keeps it from leaving also keeps it from being shown
        current_app.logger.exception("message %s cannot be written", message.id)
        return "Ce message ne s’écrit pas", ""


@previewer
def letters() -> dict[str, Any]:
    """What a form would send to people, as (address, subject, text)."""
    queued = [message for message in outbox.queued_here() if message.voie is not Voie.WEBHOOK]
    return {"letters": [(message.adresse, *_as_it_stands(message)) for message in queued]}


# --- what could not leave ------------------------------------------------------------------------------------


@bp.get("/courrier", access="outbox.lister")
def courrier() -> Any:
    leaf, pending = queries.given_up_page(page_number()), queries.pending()
    return render("notifications/courrier.html", leaf=leaf, pending=pending, tries=commands.TRIES)


@bp.post("/<int:id>/reprendre", access="outbox.reprendre")
def take_up(id: int) -> Any:
    commands.take_up(load(Message, id, "outbox.reprendre"), by=me())
    toast("Le message repart tout de suite.")
    return done(url_for(".courrier"))


@bp.post("/<int:id>/ecarter", access="outbox.ecarter")
def discard(id: int) -> Any:
    commands.discard(load(Message, id, "outbox.ecarter"), by=me())
    toast("Le message est écarté\u00a0: il ne sera pas envoyé.")
    return done(url_for(".courrier"))


@bp.post("/courrier/reprendre", access="outbox.reprendre")
def take_up_all() -> Any:
    number = commands.take_up_all(by=me())
    toast(f"{number} message{'s repartent' if number > 1 else ' repart'}." if number else "Rien à renvoyer.")
    return done(url_for(".courrier"))


# --- what the channel of the interpôle asks --------------------------------------------------------------------


@bp.post("/rocketchat", access="public", limit="rocketchat", question=True)
def rocketchat() -> Any:
    """Rocket.Chat's outgoing webhook: its token in the body, compared in the same time whatever it is."""
    token = current_app.config["PORTAL"].rocketchat_token or abort(404)
    request.max_content_length = LONGEST_QUESTION
    sent = request.get_json(silent=True)
    asked: dict[str, Any] = sent if isinstance(sent, dict) else {}
    shown = asked.get("token")
    if not isinstance(shown, str) or not hmac.compare_digest(security.fingerprint(shown), security.fingerprint(token)):
        return "", 403
    if asked.get("bot"):
        return {}  # nothing is posted: two programs would answer each other for ever
    return {"text": questions.answer(asked.get("text"), asked.get("trigger_word"))}


# --- the answers that their bienveillant has not sent yet ------------------------------------------------------


@bp.get("/reponses", access="action.creer")
def answers() -> Any:
    return render("notifications/reponses.html", kept=candidatures_queries.kept_back_by(me()))


@bp.get("/reponses/<int:id>", access="action.creer")
def answer(id: int) -> Any:
    """The message that says a decision, for whoever may still take it back."""
    candidature = load(Candidature, id, annuler.key, candidatures_queries.WITH_MISSION)
    return _letter(queries.written(candidature.answer_key) or abort(404))


@bp.post("/reponses", access="action.creer")
def send_answers() -> Any:
    number = candidatures.announce(candidatures_queries.kept_back_by(me()), by=me())
    toast(f"{number} réponse{'s envoyées' if number > 1 else ' envoyée'}." if number else "Il n’y avait plus rien à envoyer.")
    return done(url_for("candidatures.index"))


@bp.post("/reponses/<any(plus_tard, aussitot):when>", access="action.creer")
def choose(when: str) -> Any:
    candidatures.choose_when_to_answer(me(), later=when == "plus_tard")
    if when == "plus_tard":
        toast("Tes réponses attendront que tu les envoies toutes ensemble.")
    else:
        toast("Tes prochaines réponses partiront d’elles-mêmes, deux minutes après chaque décision.")
    kept = when == "aussitot" and candidatures_queries.kept_back_count(me())
    return done(url_for(".answers" if kept else "candidatures.index"))
