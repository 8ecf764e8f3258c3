"""The public listing, and what the bienveillant does with a mission."""

from __future__ import annotations

from typing import Any

from flask import current_app, make_response, url_for
from flask_login import current_user

from portal import clock
from portal.missions import queries
from portal.missions.forms import FilterForm
from portal.missions.models import Mission
from portal.poles import queries as poles
from portal.policy import load
from portal.web import GuardedBlueprint, me, page_number, render

bp = GuardedBlueprint("missions", __name__, url_prefix="/missions")


# --- public --------------------------------------------------------------------------------------------------


@bp.get("/", access="public", kept=True)
def index() -> Any:
    form = FilterForm.of_query(poles.poles())
    leaf = queries.public_list(form.filters(), page_number())
    return render("missions/liste.html", "liste", form=form, leaf=leaf, filtered=form.is_set)


@bp.get("/flux.atom", access="public", kept=True)
def flux() -> Any:
    leaf = queries.public_list(queries.Filters(places=True), 1)
    page = render("missions/flux.xml", missions=leaf.items, updated=clock.now(), base_url=base_url())
    page.mimetype = "application/atom+xml"
    return page


@bp.get("/<int:id>", access="public", kept=True)
def show(id: int) -> Any:
    mission = load(Mission, id, "mission.voir", queries.WITH_ACTION)
    held = current_user.is_authenticated and queries.active_of(mission, me())
    return render(
        "missions/fiche.html",
        mission=mission,
        held=held,
        programme=mission.action.programme,
        share_url=base_url() + url_for(".show", id=id),
        jsonld=description(mission),
    )


@bp.get("/<int:id>.ics", access="public")
def ics(id: int) -> Any:
    from portal.missions import calendrier

    mission = load(Mission, id, "mission.voir")
    response = make_response(calendrier.of_missions([mission], base_url()))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = f'attachment; filename="mission-{id}.ics"'
    return response


def base_url() -> str:
    return str(current_app.config["PORTAL"].base_url)


def description(mission: Mission) -> dict[str, Any]:
    """The mission for search engines (schema.org Event), with nothing that the page does not say."""
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": mission.titre,
        "startDate": clock.local(mission.debut).isoformat(),
        "endDate": clock.local(mission.fin).isoformat(),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if mission.etat == 'annulee' else 'Scheduled'}",
        "location": {"@type": "Place", "name": mission.action.lieu, "address": mission.action.lieu},
        "description": mission.description or mission.action.titre,
        "remainingAttendeeCapacity": mission.left,
        "url": base_url() + url_for("missions.show", id=mission.id),
    }
