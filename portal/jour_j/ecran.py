"""The screen of the day: its page, and the parts of it that open screens are given anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence, Set
from functools import partial
from itertools import groupby
from typing import Any
from uuid import uuid4

from flask import url_for

from portal import clock
from portal.jour_j import cloture, memoire, queries, suite
from portal.jour_j.droits import Droits
from portal.jour_j.equipe import Equipe
from portal.jour_j.models import Jour
from portal.jour_j.pli import Gravite, Site
from portal.jour_j.soiree import evening_of
from portal.missions.models import Nature
from portal.policy import can
from portal.web import Page, drawer, me, render

TEMPLATE = "jour_j/page.html"

# The blocks that change.
LIVE = ("maintenant", "messages", "moi", "ouverture", "equipe", "programme", "incidents", "fermeture", "journal")


def shape(said: dict[str, Any]) -> str:
    """One figure for the parts that the page has for whoever reads it: what they may do decides, and no block says."""
    droits = said["equipe"].droits
    return str(said["notes"] + 2 * bool(droits.places) + 4 * droits.reports)


def page(day: queries.Day, status: int = 200, **typed: str) -> Page:
    """The whole page, whose forms go without JavaScript; `typed` is what a refused one said: "incident", "incident-lieu"…"""
    said = shown(day) | {"new_uuid": lambda: str(uuid4()), "typed": typed, "gravites": list(Gravite)}
    return render(TEMPLATE, status=status, **said, **_question(queries.moment(day.jour.version), said))


def journal(day: queries.Day) -> Page:
    """The whole of it, evening by evening, the last one first."""
    here = url_for("jour_j.journal", id=day.jour.id)
    said = shown(day) | {"new_uuid": lambda: str(uuid4()), "envoi": url_for("jour_j.send", id=day.jour.id, next=here)}
    evenings = groupby(said["day"].whole_journal, lambda line: evening_of(line.entree.quand))
    return render("jour_j/journal.html", **said, jours=[(evening, list(lines)) for evening, lines in evenings])


def seen(jour: Jour) -> dict[str, Any]:
    """The day as this process remembers it, and as this person may see it."""
    screens = memoire.of(jour.id, queries.moment(jour.version))
    return shown(screens.day) | {"screens": screens}


def changed(said: dict[str, Any], known: Collection[str]) -> str:
    """The blocks that an open screen does not show as they are now; `known` are the marks of those that it was given.

    Their forms hold nothing that belongs to one reader, so that several may be given the same: jour.js sends them.
    """
    screens: memoire.Screens = said["screens"]
    said |= {"new_uuid": None, "typed": {}, "souvenir": screens.piece}
    draw = drawer(TEMPLATE, said)
    taps = said["notes"] or said["equipe"].droits.places
    names = (*LIVE, *(("geste",) if taps else ()), *(() if said["notes"] else ("referents",)))
    blocks = {name: screens.block((name, _eye(name, said)), partial(draw, name)) for name in names}
    marks = {name: f"{name}.{mark}" for name, (_, mark) in blocks.items()}
    new = [html for name, (html, _) in blocks.items() if marks[name] not in known]
    question = _question(screens.moment, said, list(marks.values()))
    return "".join([*new, drawer(TEMPLATE, said | question)("direct")])


def _question(moment: str, said: dict[str, Any], marks: Sequence[str] = ()) -> dict[str, Any]:
    """What the screen will ask: whether this is still what it should show; and the hour, for its own reckoning."""
    return {"version": f"{moment}-{shape(said)}", "marks": marks, "heure": clock.now()}


def _eye(block: str, said: dict[str, Any]) -> Hashable:
    """What a block depends on in whoever looks: those who have it in common are given the same."""
    role: bool = said["notes"]
    equipe: Equipe = said["equipe"]
    lines = tuple(point.id for point in equipe.lines)
    match block:
        case "programme" | "incidents":
            return role
        case "moi" | "ouverture":
            return role, lines
        case "messages":
            return tuple(message.uuid for message in equipe.messages)
        case "fermeture":
            present = said["reste"].presents if said["reste"] else ()
            return role, lines, tuple(place.id for place in present)
        case "maintenant":
            return role, equipe.droits.reports, _is_named(said["day"]) and me().id, _reads_the_report(said["day"])
        case "journal":
            mine = any(line.entree.personne_id == me().id for line in said["day"].journal)
            return role, equipe.droits.runs, not role and mine and me().id
        case "geste" if role:
            return role
    return role, said["callable"], me().id


def _is_named(day: queries.Day) -> bool:
    """Whether the top of the page speaks of them: they are in charge, or about to be, or an item of theirs slips."""
    return any(who and who.id == me().id for who in (day.in_charge, day.handed_to)) or bool(day.deroule.slipped(me().id))


def _reads_the_report(day: queries.Day) -> bool:
    return day.is_closed and can(me(), "jour.bilan", day.jour)


def _notes(jour: Jour) -> bool:
    return jour.is_live and can(me(), "jour.agir", jour)


def shown(day: queries.Day) -> dict[str, Any]:
    """As this person may see it: `notes` incidents at any time, `acts` once the day is near; `equipe` says what is theirs."""
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
        "envoi": url_for("jour_j.send", id=day.jour.id),
        "following": suite.following(day) if acts else [],
        "done": suite.done,
        "souvenir": _anew,
    }
    return shown | _closings(day, notes)


def _anew(*_key: Hashable, caller: Callable[[], str]) -> str:
    """A part of a block, for a page that is read by one person."""
    return caller()


def _closings(day: queries.Day, notes: bool) -> dict[str, Any]:
    """Before it opens, how the last closing went; while it is open, what a closing would leave; then who closed it."""
    site = day.state.site
    return {
        "derniere": cloture.last() if notes and day.is_to_open else None,
        "reste": cloture.left_by(day, me().id) if notes and site is Site.OUVERT else None,
        "signature": cloture.signature(day),
    }


def _callable(jour: Jour) -> Set[Nature]:
    """Whose number this person may have now."""
    if jour.action.shares_team and can(me(), "jour.telephones", jour):
        return frozenset(Nature)
    if jour.action.shares_referent and can(me(), "jour.appeler_le_referent", jour):
        return frozenset({Nature.REFERENT})
    return frozenset()
