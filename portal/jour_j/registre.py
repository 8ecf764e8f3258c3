"""The safety register of a year: every incident of every day, as it was noted, taken back or not, and who was there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import joinedload

from portal import clock, tableur
from portal.actions.models import Action
from portal.db import db
from portal.jour_j.incidents import Incident
from portal.jour_j.models import Entree, Genre, Jour
from portal.jour_j.queries import Day
from portal.missions import queries as missions

WITH_PROGRAMME = (joinedload(Jour.action).selectinload(Action.programme),)
HEAD = (
    "Date", "Heure", "Noté le", "Action", "Lieu", "Gravité", "Ce qui s’est passé", "Ce qui a été fait", "Suites",
    "Équipe sur place", "Public", "Noté par", "Annulation",
)  # fmt: skip


def of_year(annee: int) -> list[Incident]:
    """The incidents of that year, the latest first; four queries, whatever it holds."""
    found = [(incident, incident.entree.quand) for day in _days(annee) for incident in day.noted]
    return [one for one, quand in sorted(found, key=lambda f: f[1], reverse=True) if clock.local(quand).year == annee]


def _days(annee: int) -> list[Day]:
    jours = list(db.session.scalars(_with_incidents(annee)))
    ids = [jour.id for jour in jours]
    places = missions.teams_of(ids, freed=True)  # who was there then stays there
    entries = list(db.session.scalars(_entries(ids)))
    return [Day.known(j, clock.now(), places=places[j.id], entries=[e for e in entries if e.jour_id == j.id]) for j in jours]


def _with_incidents(annee: int) -> Select[Jour]:
    start, end = (clock.start_of(datetime(year, 1, 1, tzinfo=UTC).date()) for year in (annee, annee + 1))
    noted = exists().where(Entree.jour_id == Jour.action_id, Entree.genre == Genre.INCIDENT)
    return select(Jour).where(noted.where(Entree.quand >= start, Entree.quand < end)).options(*WITH_PROGRAMME)


def _entries(ids: list[int]) -> Select[Entree]:
    whole = select(Entree).where(Entree.jour_id.in_(ids)).options(joinedload(Entree.personne))
    return whole.order_by(Entree.quand, Entree.uuid)


def years() -> list[int]:
    """From the first in which something was noted to this one, the latest first; one query."""
    first = db.session.scalar(select(func.min(Entree.quand)).where(Entree.genre == Genre.INCIDENT))
    now = clock.today().year
    return list(range(now, (clock.local(first).year if first else now) - 1, -1))


def as_table(found: list[Incident], sorte: str) -> bytes:
    """Those incidents as a spreadsheet, in the order in which they happened."""
    return tableur.sheet("Incidents", HEAD, [_row(incident) for incident in reversed(found)], sorte)


def people(found: list[Incident]) -> set[int]:
    """Whom those incidents name."""
    return {personne.id for incident in found for personne in (*incident.present, incident.entree.personne)}


def _row(incident: Incident) -> tuple[Any, ...]:
    e = incident.entree
    return (
        clock.local(e.quand).date(),
        f"{clock.local(e.quand):%H:%M}",
        f"{clock.local(e.recu_le):%d/%m/%Y %H:%M}",
        incident.then.action.titre,
        e.lieu,
        incident.gravite.label,
        e.mot,
        e.mesures,
        "\n".join(_suite(incident, suite) for suite in incident.suites),
        ", ".join(personne.nom for personne in incident.present),
        incident.public,
        e.personne.nom,
        incident.taken_back,
    )


def _suite(incident: Incident, suite: Entree) -> str:
    by = ", ".join(filter(None, [suite.personne.nom, incident.undoing_of(suite)]))
    return f"{clock.local(suite.quand):%d/%m/%Y %H:%M} {suite.mot} ({by})"
