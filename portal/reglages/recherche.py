"""The journal of the whole house: what is looked for in it, a page or all of it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select

from portal import reglage
from portal.actions.models import Action
from portal.actions.recit import NOMS, Line, done, line
from portal.comptes.models import Personne
from portal.db import count, db
from portal.fields import name_key
from portal.journal import EntreeJournal, described
from portal.plein_texte import holds
from portal.web import Leaf
from portal.workflow import EVENTS

PAGE, BATCH = 50, 500
SORTES = {  # the kinds of subjects, with the tables that each is made of
    "action": ("action",),
    "mission": ("mission",),
    "candidature": ("candidature",),
    "besoin": ("besoin",),
    "avis": ("avis",),
    "releve": ("releve", "attestation"),
    "jour": ("jour", "modele", "trame"),
    "devis": ("devis", "ligne_devis", "tarif"),
    "facture": ("facture", "ligne_facture", "reglement", "depot", "exercice"),
    "partage": ("partage", "depense"),
    "personne": ("personne", "consultation", "retention"),
    "pole": ("pole", "espace", "materiel", "prestation"),
    "reglage": ("reglage", "outbox"),
}
LABELS = {
    "action": "Actions", "mission": "Missions", "candidature": "Candidatures", "besoin": "Besoins", "avis": "Avis des pôles",
    "releve": "Heures et attestations", "jour": "Jour J, listes de contrôle, rétroplanning", "devis": "Devis et tarifs",
    "facture": "Factures, règlements, exercices", "partage": "Partages et dépenses", "personne": "Personnes et leurs données",
    "pole": "Pôles, espaces, matériel, prestations", "reglage": "Réglages et courrier",
}  # fmt: skip
MONEY = ("devis", "facture", "partage")  # the kinds that whoever keeps the accounts reads


@dataclass(frozen=True)
class Filtres:
    """What is looked for; every field comes from the query of the URL, or of the form of an export."""

    q: str = ""  # words of the event or of its reason
    qui: str = ""
    sorte: str = ""
    action: str = ""  # words of its title
    du: datetime | None = None
    au: datetime | None = None  # the start of the last day
    sujet: str = ""  # "facture:12"

    @property
    def narrows(self) -> bool:
        return self != Filtres()


@dataclass(frozen=True)
class Fait:
    """One line, with what leads to its subject."""

    entree: EntreeJournal
    line: Line
    action: str  # "Action « Fête du moulin »", when it belongs to one that its line does not name
    known: bool  # whether its subject is still there to be read


def kinds(*, whole: bool) -> dict[str, str]:
    """The kinds of subjects that one may ask for, as they are said: all of them, or the money alone."""
    return {kind: label for kind, label in LABELS.items() if whole or kind in MONEY}


def listed(filtres: Filtres, number: int, *, whole: bool) -> Leaf:
    """A page of it, latest first, as Faits; three queries."""
    query = _of(filtres, whole)
    rows = db.session.execute(query.limit(PAGE).offset((number - 1) * PAGE)).all()
    return Leaf(_told(rows), number, count(query), PAGE)


def exported(filtres: Filtres, *, whole: bool) -> Iterator[Fait]:
    """All of it, latest first; a query, and one more for each BATCH of rows."""
    for rows in db.session.execute(_of(filtres, whole)).partitions(BATCH):
        yield from _told(rows)


def subject_name(sujet: str) -> str:
    """What a subject is called now; one query."""
    table, _, id = sujet.partition(":")
    return described([sujet]).get(sujet, f"{NOMS.get(table, table.capitalize())} {reglage.LABELS.get(id, id)}")


def _told(rows: Iterable[Any]) -> list[Fait]:
    found = list(rows)
    actions = {f"action:{entry.action_id}" for entry, _ in found if entry.action_id}
    called = described({entry.sujet for entry, _ in found} | actions)
    return [_fait(entry, nom, called) for entry, nom in found]


def _fait(entry: EntreeJournal, nom: str | None, called: Mapping[str, str]) -> Fait:
    told, action = line(entry, nom, called), called.get(f"action:{entry.action_id}", "")
    return Fait(entry, told, "" if action == told.sujet else action, entry.sujet in called)


def _of(filtres: Filtres, whole: bool) -> Select[EntreeJournal, str]:
    query = select(EntreeJournal, Personne.nom).outerjoin(Personne, Personne.id == EntreeJournal.personne_id)
    allowed = () if whole else (_are(kind for kind in MONEY),)
    return query.where(*allowed, *_narrowed(filtres)).order_by(EntreeJournal.id.desc())


def _are(kinds: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(EntreeJournal.sujet.startswith(f"{table}:", autoescape=True) for kind in kinds for table in SORTES[kind]))


def _narrowed(f: Filtres) -> Iterator[ColumnElement[bool]]:
    if f.sujet:
        yield EntreeJournal.sujet == f.sujet
    if f.sorte:
        yield _are([f.sorte])
    if f.du:
        yield EntreeJournal.quand >= f.du
    if f.au:
        yield EntreeJournal.quand < f.au + timedelta(days=1)
    if f.q:
        yield or_(EntreeJournal.evenement.in_(_events(f.q)), EntreeJournal.motif.icontains(f.q, autoescape=True))
    if f.qui:
        people = select(Personne.id).where(*_said(Personne.nom_cle, name_key(f.qui)))
        itself = EntreeJournal.personne_id.is_(None) if name_key(f.qui) in name_key("Le portail") else false()
        yield or_(EntreeJournal.personne_id.in_(people), itself)
    if f.action:
        actions = select(Action.id).where(holds(Action.recherche, f.action))
        yield EntreeJournal.action_id.in_(actions)


def _said(column: Any, key: str) -> list[ColumnElement[bool]]:
    return [column.contains(word, autoescape=True) for word in key.split()[:6]]


def _events(words: str) -> list[str]:
    """Those whose French words hold all of these."""
    asked = name_key(words).split()
    said = {key: name_key(f"{NOMS.get(key.partition('.')[0], '')} {done(key)}") for key in EVENTS}
    return [key for key, words in said.items() if all(word in words for word in asked)]
