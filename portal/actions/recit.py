"""The journal of an action, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.actions.models import Action
from portal.actions.processus import decaler
from portal.actions.queries import PAGE
from portal.comptes.models import Personne
from portal.db import count, db
from portal.filters import heure, jour_long
from portal.journal import EntreeJournal, described
from portal.web import Leaf
from portal.workflow import EVENTS


@dataclass(frozen=True)
class Line:
    """One fact of an action's journal, in words."""

    quand: datetime
    qui: str  # "" is the portal itself
    sujet: str  # "Mission", and which one when the fact says it
    fait: str  # "publiée"
    motif: str


def journal(action: Action, number: int = 1) -> Leaf:
    """What happened to the action, its missions and their candidatures, latest first, as Lines; three queries."""
    of_action = (
        select(EntreeJournal, Personne.nom)
        .outerjoin(Personne, Personne.id == EntreeJournal.personne_id)
        .where(EntreeJournal.action_id == action.id)
        .order_by(EntreeJournal.id.desc())
    )
    rows = db.session.execute(of_action.limit(PAGE).offset((number - 1) * PAGE)).all()
    called = described([entry.sujet for entry, _ in rows])
    return Leaf([_line(entry, nom, called) for entry, nom in rows], number, count(of_action), PAGE)


def _line(entry: EntreeJournal, nom: str | None, called: dict[str, str]) -> Line:
    event = EVENTS.get(entry.evenement)
    noun, _, slug = entry.evenement.partition(".")
    titre = entry.faits.get("titre")
    noun = {"etape": "Étape", "tache": "Tâche"}.get(slug.rpartition("_")[2], noun.capitalize())
    named = f"{noun} «\u00a0{titre}\u00a0»" if titre else noun
    return Line(
        quand=entry.quand,
        qui=nom or "",
        sujet=called.get(entry.sujet, named),
        fait=_fact(entry, (event.done or event.label) if event else slug.replace("_", " ")),
        motif=entry.motif,
    )


def _fact(entry: EntreeJournal, words: str) -> str:
    if entry.evenement != decaler.key:
        ligne = entry.faits.get("ligne")
        return f"{words}, «\u00a0{ligne}\u00a0»" if ligne else words
    before, after = (datetime.fromisoformat(entry.faits[name]) for name in ("avant", "debut"))
    return f"{words}, {jour_long(before)} à {heure(before)} devient {jour_long(after)} à {heure(after)}"
