"""What the journal says of a person: what they did, and what was done of them, in words that name nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, Text, cast, literal, or_, select, union

from portal import clock
from portal.actions.recit import NOMS, done
from portal.candidatures.models import Candidature
from portal.comptes.models import Personne
from portal.db import db
from portal.donnees import section
from portal.journal import EntreeJournal, described, subject_key
from portal.missions.models import Affectation, liberer
from portal.reglage import LABELS

HEAD = ("Le", "Par", "Sujet", "Fait", "Mots")


def _theirs(personne: Personne) -> Select[str]:
    """The subjects of the journal that are their candidatures; an answer that they were not told is nobody's news."""
    told = or_(Candidature.decidee_le.is_(None), Candidature.dite_le <= clock.now())
    return select(literal("candidature:").concat(cast(Candidature.id, Text))).where(
        Candidature.personne_id == personne.id, told
    )


def _about(personne: Personne) -> CompoundSelect[int]:
    """The lines by them, of them, of their candidatures, of the posts taken back from them: each found by an index."""
    held = select(literal("mission:").concat(cast(Affectation.mission_id, Text))).where(Affectation.personne_id == personne.id)
    freed = EntreeJournal.evenement == liberer.key, EntreeJournal.faits["personne"].as_integer() == personne.id
    return union(
        select(EntreeJournal.id).where(EntreeJournal.personne_id == personne.id),
        select(EntreeJournal.id).where(EntreeJournal.sujet == subject_key(personne)),
        select(EntreeJournal.id).where(EntreeJournal.sujet.in_(_theirs(personne))),
        select(EntreeJournal.id).where(EntreeJournal.sujet.in_(held), *freed),
    )


def _words(personne: Personne, entries: Sequence[EntreeJournal]) -> list[tuple[object, ...]]:
    """The subjects that are not theirs keep their number: their names are those of others."""
    theirs = set(db.session.scalars(_theirs(personne)))
    called = described([e.sujet for e in entries if e.sujet in theirs]) | {subject_key(personne): "Toi"}
    return [(e.quand, _who(personne, e), called.get(e.sujet, _named(e)), done(e.evenement), _typed(e)) for e in entries]


def _who(personne: Personne, entry: EntreeJournal) -> str:
    if entry.personne_id == personne.id:
        return "toi"
    return "l’équipe" if entry.personne_id else "le portail"


def _named(entry: EntreeJournal) -> str:
    table, _, id = entry.sujet.partition(":")
    noun = NOMS.get(table, table.replace("_", " ").capitalize())
    if table == "reglage":
        return f"{noun} «\u00a0{LABELS[id]}\u00a0»" if id in LABELS else noun
    return f"{noun} n°\u00a0{id}"


def _typed(entry: EntreeJournal) -> str:
    return "\n".join(filter(None, (entry.motif, entry.faits.get("mot"))))


@section("journal", "Ce que l’historique dit de toi", HEAD, _words, tient=["journal.personne_id"])
def journal(personne: Personne) -> Select[Any]:
    return select(EntreeJournal).where(EntreeJournal.id.in_(_about(personne))).order_by(EntreeJournal.id)
