"""The home page, the legal pages, and the portal's pulse."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import Response, abort, current_app, jsonify, make_response, url_for
from flask_login import current_user

from portal import clock, reglage
from portal.accueil import a_faire, queries
from portal.assets import asset
from portal.config import ROOT
from portal.contributions import queries as contributions
from portal.equipe import queries as equipe
from portal.jour_j import aujourdhui
from portal.missions.models import Affectation
from portal.moi.queries import offered_to
from portal.policy import can
from portal.web import GuardedBlueprint, Page, me, render

bp = GuardedBlueprint("accueil", __name__)

OFFERED = 6  # missions on the home page
PAGES = ("mentions-legales", "donnees-personnelles", "registre", "accessibilite", "securite")
GOOD_FOR = timedelta(days=180)  # what security.txt says; RFC 9116 wants less than a year


@bp.get("/", access="public", kept=True)
def index() -> Any:
    if not current_user.is_authenticated:
        lieu = {texte.cle.removeprefix("maison_"): texte.valeur for texte in reglage.LE_LIEU}
        return render("accueil/index.html", missions=queries.soon(OFFERED), lieu=lieu)
    return _mine()


def _mine() -> Page:
    """What awaits the person: each block asks its one question, and only of those it concerns."""
    sets_up = can(current_user, "action.creer")
    next_held = queries.next_held(me())
    return render(
        "accueil/chez_moi.html",
        missions=offered_to(me(), OFFERED),
        today=_elsewhere(aujourdhui.today_for(me()), next_held),
        next=next_held,
        attentes=a_faire.awaiting(me()),
        short=equipe.short_of_people(me()) if sets_up else [],
        heures=contributions.awaiting(me()),
        lacking=queries.without_referent(me()) if sets_up else [],
    )


def _elsewhere(today: list[aujourdhui.Mine], held: Affectation | None) -> list[aujourdhui.Mine]:
    """Today's actions, but the one that my next mission says already, with my own hours."""
    said = held.mission.action_id if held and held.mission.is_today else None
    return [mine for mine in today if mine.action.id != said or len(mine.qualites) > 1]


@bp.get("/pages/<nom>", access="public")
def page(nom: str) -> Any:
    if nom not in PAGES:
        abort(404)
    qui = reglage.identite() | {"responsable": reglage.RESPONSABLE.valeur, "hebergeur": reglage.HEBERGEUR.valeur}
    return render(f"accueil/pages/{nom}.html", gardes=reglage.GARDES, qui=qui)


@bp.get("/.well-known/security.txt", access="public")
def security_txt() -> Any:
    """Whom to tell of a hole, for programs (RFC 9116); 404 until the house says whom."""
    settings, contact = current_app.config["PORTAL"], reglage.COURRIEL.valeur
    if not contact:
        abort(404)
    lines = {
        "Contact": f"mailto:{contact}",
        "Expires": f"{clock.start_of(clock.today() + GOOD_FOR):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages": "fr, en",
        "Canonical": settings.base_url + url_for(".security_txt"),
        "Policy": settings.base_url + url_for(".page", nom="securite"),
    }
    return Response("".join(f"{name}: {value}\n" for name, value in lines.items()), mimetype="text/plain")


# --- on the home screen of a phone ---------------------------------------------------------------------------

# What the day needs.
FIXES = ("app.css", "connecte.css", "jour.css", "app.js", "jour.js", "vendor/htmx.min.js", "icons.svg", "icone.svg")
PARTS = ("sortie.js", "equipe.js", "heures.js", "garde.js", "suite.js")  # which jour.js asks for by their bare names


@bp.get("/manifest.webmanifest", access="public")
def manifest() -> Any:
    return Page("accueil/manifest.webmanifest", mimetype="application/manifest+json")


@bp.get("/sw.js", access="public")
def service_worker() -> Any:
    """static/sw.js, with the files that it keeps and a name that changes with them."""
    files = [*map(asset, FIXES), *(url_for("static", filename=name) for name in PARTS), url_for(".offline")]
    seal = f"fixe-{sha256(repr([files, *map(asset, PARTS), reglage.maison()]).encode()).hexdigest()[:12]}"
    head = f"const FIXES = {json.dumps(files)}, SEAL = {json.dumps(seal)};\n"
    answer = make_response(head + (ROOT / "static/sw.js").read_text())
    answer.mimetype = "text/javascript"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/hors-ligne", access="public")
def offline() -> Any:
    """What a phone shows without network, of a page that it has never opened."""
    return render("accueil/hors_ligne.html")


@bp.get("/sante", access="public")
def sante() -> Any:
    """200 when the database takes writes and the worker ticks; 503, with what is wrong, otherwise."""
    pulse = queries.pulse()
    return jsonify(pulse), 200 if pulse["etat"] == "ok" else 503
