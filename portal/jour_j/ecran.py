"""The screen of the day: its page, and the parts of it that open screens are given anew."""

from __future__ import annotations

from collections.abc import Set
from typing import Any
from uuid import uuid4

from portal import clock
from portal.jour_j import cloture, queries
from portal.jour_j.droits import Droits
from portal.jour_j.equipe import Equipe
from portal.jour_j.models import Jour
from portal.jour_j.pli import Gravite, Site
from portal.missions.models import Nature
from portal.policy import can
from portal.web import Page, me, render

# The blocks that change.
LIVE = (
    "direct", "maintenant", "messages", "moi", "ouverture", "equipe", "programme", "incidents", "fermeture", "journal",
)  # fmt: skip


def version(jour: Jour) -> str:
    """What an open screen shows: the day's own number, the minute, since delays move with it, and whether one acts there."""
    return f"{jour.version}-{clock.now().timestamp() // 60:.0f}-{_notes(jour):d}"


def page(jour: Jour, blocks: tuple[str, ...] = (), status: int = 200, **more: Any) -> Page:
    """The whole page, or some blocks of it; `typed` is what a refused form had written, by genre."""
    said = {
        "typed": {},
        "new_uuid": lambda: str(uuid4()),
        "version": version(jour),
        "gravites": list(Gravite),
        **shown(jour),
        **more,
    }
    return render("jour_j/page.html", blocks, status, **said)


def changed(jour: Jour) -> Page:
    """What an open screen is given anew."""
    said = page(jour, LIVE)
    said.block = (*LIVE, "geste") if said.context["notes"] or said.context["equipe"].droits.places else LIVE
    return said


def _notes(jour: Jour) -> bool:
    return jour.is_live and can(me(), "jour.agir", jour)


def shown(jour: Jour) -> dict[str, Any]:
    """The day as this person may see it: `notes` incidents at any time, `acts` once the day is near; `equipe` says what of it
    is theirs, were they only of the team.
    """
    day = queries.read(jour.id)
    notes = _notes(day.jour)
    acts = notes and not day.is_too_early
    shown = {
        "day": day,
        "jour": day.jour,
        "action": day.action,
        "notes": notes,
        "acts": acts,
        "equipe": Equipe(day, Droits(day, me())),
        "callable": _callable(day.jour),
    }
    return shown | _closings(day, notes)


def _closings(day: queries.Day, notes: bool) -> dict[str, Any]:
    """Before it opens, how the last closing went; while it is open, what a closing would leave; then who closed it."""
    site = day.state.site
    return {
        "derniere": cloture.last() if notes and site is Site.FERME else None,
        "reste": cloture.left_by(day, me().id) if notes and site is Site.OUVERT else None,
        "signature": cloture.signature(day),
    }


def _callable(jour: Jour) -> Set[Nature]:
    """Whose number this person may have now (design.md, phones)."""
    if jour.action.shares_team and can(me(), "jour.telephones", jour):
        return frozenset(Nature)
    if jour.action.shares_referent and can(me(), "jour.appeler_le_referent", jour):
        return frozenset({Nature.REFERENT})
    return frozenset()
