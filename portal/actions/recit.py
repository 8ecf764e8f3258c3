"""The journal in words: of one action, and of whatever subject for the pages above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Enum, select

from portal.actions.models import Action
from portal.actions.processus import decaler
from portal.actions.queries import PAGE
from portal.comptes.models import NomRole, Personne
from portal.db import Base, count, db
from portal.fields import quantite
from portal.filters import euros, heure, jour_long, taux
from portal.journal import EntreeJournal, described, subject_key
from portal.reglage import LABELS
from portal.shown import Shown
from portal.web import Leaf
from portal.workflow import EVENTS

NOMS = {  # the first word of an event, as it begins its line
    "action": "Action",
    "attestation": "Attestation",
    "avis": "Avis",
    "besoin": "Besoin",
    "candidature": "Candidature",
    "consultation": "Consultations de fiches",
    "contribution": "Contributions",
    "depense": "Dépense",
    "devis": "Devis",
    "espace": "Espace",
    "exercice": "Exercice",
    "facture": "Facture",
    "jour": "Jour J",
    "journal": "Journal",
    "ligne": "Ligne",
    "materiel": "Matériel",
    "mission": "Mission",
    "modele": "Liste de contrôle",
    "outbox": "Message",
    "partage": "Partage",
    "personne": "Personne",
    "pole": "Pôle",
    "prestation": "Prestation",
    "reglage": "Réglage",
    "releve": "Relevé",
    "retention": "Conservation",
    "tarif": "Tarif",
    "trame": "Rétroplanning de la maison",
}
PARTS = {"etape": "Étape", "tache": "Tâche"}  # of an action, whose journal tells them
CHAMPS = {
    "acces": "accès",
    "debut": "début",
    "telephone": "téléphone",
    "delai": "délai",
    "libelle": "libellé",
    "quantite": "quantité",
    "cle": "clé",
    "motif": "raison",
}
MESURES: Mapping[str, Callable[[Any], str]] = {
    "quantite": quantite,
    "prix": euros,
    "remise": taux,
    "montant": euros,
    "cle": taux,
}
QUOI = {"fec": "FEC", "reglements": "règlements"}


def _named(names: Any) -> str:
    said = (CHAMPS.get(str(name), str(name).replace("_", " ")) for name in names)
    return ", ".join(said)


def _counted(one: str) -> Callable[[Any], str]:
    return lambda n: f"{n} {one}{'s' if n > 1 else ''}" if n and isinstance(n, int) else ""


PRECISIONS: Mapping[str, Callable[[Any], str]] = {  # the facts that a reader of all that happened wants to see
    "champs": _named,
    "nom": str,
    "roles": lambda names: ", ".join(NomRole(name).label for name in names),
    "montant": euros,
    "annee": str,
    "quoi": lambda what: QUOI.get(what, what),
    "sorte": str,
    "personnes": _counted("personne"),
    "lignes": _counted("ligne"),
}


@dataclass(frozen=True)
class Line:
    """One fact of a journal, in words."""

    quand: datetime
    qui: str  # "" is the portal itself
    sujet: str  # "Mission", and which one when the fact says it
    fait: str  # "publiée"
    motif: str
    avant: str = ""  # the state that it left, and the one that it came to; or the numbers
    apres: str = ""
    precision: str = ""  # "titre, lieu"


def journal(action: Action, number: int = 1) -> Leaf:
    """What happened to the action, its missions and their candidatures, latest first, as Lines; three queries."""
    of_action = (
        select(EntreeJournal, Personne.nom)
        .outerjoin(Personne, Personne.id == EntreeJournal.personne_id)
        .where(EntreeJournal.action_id == action.id)
        .order_by(EntreeJournal.id.desc())
    )
    rows = db.session.execute(of_action.limit(PAGE).offset((number - 1) * PAGE)).all()
    itself = subject_key(action)
    called = described(entry.sujet for entry, _ in rows if entry.sujet != itself)
    return Leaf([line(entry, nom, called) for entry, nom in rows], number, count(of_action), PAGE)


def line(entry: EntreeJournal, nom: str | None, called: Mapping[str, str]) -> Line:
    """That entry, by somebody of that name; `called` is what `described` says of its subject."""
    table = entry.sujet.partition(":")[0]
    return Line(
        quand=entry.quand,
        qui=nom or "",
        sujet=_subject(entry, called),
        fait=_fact(entry),
        motif=entry.motif,
        avant=_state(table, entry.avant) or _numbers(entry, 2),
        apres=_state(table, entry.apres) or _numbers(entry, 3),
        precision=", ".join(filter(None, (say(entry.faits[name]) for name, say in PRECISIONS.items() if name in entry.faits))),
    )


def done(evenement: str) -> str:
    """ "publiée"; an event that the portal no longer knows is said as it was written."""
    event = EVENTS.get(evenement)
    return event.done if event else evenement.partition(".")[2].replace("_", " ")


def _subject(entry: EntreeJournal, called: Mapping[str, str]) -> str:
    noun, _, slug = entry.evenement.partition(".")
    table, _, id = entry.sujet.partition(":")
    part = PARTS.get(slug.rpartition("_")[2])
    titre = LABELS.get(id) if table == "reglage" else entry.faits.get("titre", entry.faits.get("liste"))
    name = part or NOMS.get(noun, noun.capitalize())
    words = f"{name} «\u00a0{titre}\u00a0»" if titre else name
    of_another_thing = table in ("action", "personne") and noun != table  # a list that somebody took away, a draft given up
    return words if part or of_another_thing else called.get(entry.sujet, words)


def _fact(entry: EntreeJournal) -> str:
    words = done(entry.evenement)
    if entry.evenement != decaler.key:
        ligne = entry.faits.get("ligne")
        return f"{words}, «\u00a0{ligne}\u00a0»" if ligne else words
    before, after = (datetime.fromisoformat(entry.faits[name]) for name in ("avant", "debut"))
    return f"{words}, {jour_long(before)} à {heure(before)} devient {jour_long(after)} à {heure(after)}"


def _state(table: str, value: str | None) -> str:
    """As its screen says it, and the roles of somebody; what is neither is said as it was written."""
    known: Iterable[Shown] = NomRole if table == "personne" else _states(table)
    labels = {str(state): state.label for state in known}
    return ", ".join(labels.get(part, part) for part in value.split(",")) if labels and value else value or ""


def _numbers(entry: EntreeJournal, side: int) -> str:
    """The numbers that changed (`journal.moves`), before (2) or after (3): "Sono : quantité 2, prix 10,00 € ; Scène : …"."""
    things = groupby(entry.faits.get("changements", ()), key=lambda move: str(move[0]))
    said = ((what, ", ".join(_number(move[1], move[side]) for move in moves)) for what, moves in things)
    return "\u00a0; ".join(f"{what}\u00a0: {numbers}" if what else numbers for what, numbers in said)


def _number(name: str, value: Any) -> str:
    return f"{_named([name])} {MESURES.get(name, str)(value) if value not in (None, '') else 'rien'}"


def _states(table: str) -> Iterable[Shown]:
    found = Base.metadata.tables.get(table)
    kind = found.columns["etat"].type if found is not None and "etat" in found.columns else None
    return kind.enum_class or () if isinstance(kind, Enum) else ()
