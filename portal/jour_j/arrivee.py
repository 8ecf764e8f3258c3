"""Saying of oneself that one is there: by the code shown on site, or by the personal link of whoever has no account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from flask import abort, current_app, url_for
from markupsafe import Markup

from portal import clock, security
from portal.actions.models import Action
from portal.candidatures import suivi
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j import commands, queries
from portal.jour_j.commands import Tap
from portal.jour_j.droits import Droits
from portal.jour_j.equipe import Equipe
from portal.jour_j.models import Genre, Jour
from portal.jour_j.soiree import evening_of
from portal.missions.models import Affectation
from portal.web import Page, render
from portal.workflow import Refusal

PURPOSE = "jour.arrivee"
SAID = {
    "arrive": "C’est noté, tu es là. Merci\u00a0!",
    "parti": "C’est noté, à bientôt.",
    "attendu": "C’est effacé.",
}


class AnotherDay(Refusal):
    sentence = "Ce code est celui d’un autre jour\u00a0: scanne celui qui est affiché aujourd’hui sur le site."


class CalledOff(Refusal):
    sentence = "Cette action n’a pas lieu\u00a0: elle est annulée, ou elle n’est plus confirmée."


class NotOnTheTeam(Refusal):
    status = 403
    sentence = "Tu n’as pas de place dans l’équipe de cette action avec ce compte."


# --- the code on site ----------------------------------------------------------------------------------------


def shown(jour: Jour) -> dict[str, Any]:
    """The code of the day, as an address and as an image; before the action it is that of its first day."""
    url = current_app.config["PORTAL"].base_url + url_for("jour_j.arrival", code=code_of(jour))
    return {"code_url": url, "qr": _drawn(url), "code_du": clock.start_of(clock.today().fromordinal(_day(jour.action)))}


def code_of(jour: Jour) -> str:
    """What the portal signs for today."""
    return security.seal(PURPOSE, jour.id, _day(jour.action))


def _day(action: Action) -> int:
    """Today's number, kept within the action: an evening lasts until six in the morning."""
    first, last = evening_of(action.debut), evening_of(action.fin - timedelta(microseconds=1))
    return clock.local(max(first, min(evening_of(clock.now()), last))).date().toordinal()


def _drawn(url: str) -> Markup:
    import segno  # imported when it is first wanted: few pages draw

    drawn = segno.make(url, error="m", micro=False)
    return Markup(drawn.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, title="QR code d’arrivée"))  # noqa: S704


def opened(code: str) -> Jour:
    """The day of a code that the portal signed; 404 of any other."""
    sealed = security.unseal(PURPOSE, code)
    return again(sealed[0]) if sealed else abort(404)


def again(id: int) -> Jour:
    return db.session.get(Jour, id, options=queries.WITH_ACTION) or abort(404)


def out_of_date(jour: Jour, code: str) -> Refusal | None:
    return None if security.unseal(PURPOSE, code) == (jour.id, _day(jour.action)) else AnotherDay()


# --- the personal link ---------------------------------------------------------------------------------------


def followed(jeton: str) -> tuple[Jour, Personne]:
    """Of the link of a candidature that one may act by."""
    candidature, _ = suivi.acting(jeton)
    return again(candidature.mission.action_id), candidature.personne


# --- what it shows, what it writes ---------------------------------------------------------------------------


def page(jour: Jour, who: Personne | None, url: str, *, back: str = "", refusal: Refusal | None = None) -> Page:
    """`who`: nobody, when the visitor is not signed in and came by the code alone."""
    equipe = Equipe(day := queries.read(jour.id), Droits(day, who)) if who else None
    if not jour.is_live:
        refusal = CalledOff()
    elif equipe and not equipe.droits.places:
        refusal = refusal or NotOnTheTeam()
    said: dict[str, Any] = {"jour": jour, "action": jour.action, "equipe": equipe, "url": url, "back": back, "refusal": refusal}
    return render("jour_j/arrivee.html", **said, referents=equipe.referents if equipe and equipe.droits.places else [])


def say(jour: Jour, who: Personne, valeur: str, cible: str) -> str:
    """Write that they came or left, once however often it is said; the words to answer with."""
    if not jour.is_live:
        raise CalledOff
    equipe = Equipe(day := queries.read(jour.id), Droits(day, who))
    place = _meant(equipe, valeur, cible)
    if day.state.presence(place.id) != valeur:
        said = sum(e.genre is Genre.PRESENCE and e.cible == str(place.id) for e in day.entries)
        uuid = str(uuid5(UUID(int=place.id), f"{valeur}-{said}"))  # the same of two taps at once
        outcome = commands.receive(jour, [Tap(uuid, Genre.PRESENCE, clock.now(), str(place.id), valeur)], by=who)[0]
        if outcome.refusal:
            raise outcome.refusal
    return SAID.get(valeur, "C’est noté.")


def _meant(equipe: Equipe, valeur: str, cible: str) -> Affectation:
    """The place that the form names, or else the one that it can be about."""
    places = {str(place.id): place for place in equipe.droits.places}
    if not places:
        raise NotOnTheTeam
    likely = equipe.to_arrive if valeur == "arrive" else equipe.to_leave
    return places.get(cible) or likely or next(iter(places.values()))
