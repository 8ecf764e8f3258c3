"""What is kept no longer than the house said: candidatures without an outcome, then people nobody heard of again.

security.md, "Keeping data": a candidature that was not accepted loses its words, and its candidate their name, so many months
after the action; anybody else goes so many years after their last contact. Counts, invoices and the safety register stay.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from portal import clock, journal
from portal.actions.models import Action
from portal.candidatures.models import Candidature, Etat
from portal.comptes import commands as comptes
from portal.comptes.models import NOWHERE, Jeton, Personne, Role, Session, effacer
from portal.db import db, insert_once, lock_one
from portal.fields import combine
from portal.journal import EntreeJournal, subject_key
from portal.missions.models import Affectation, Mission
from portal.outbox import Battement
from portal.poles.models import Adhesion
from portal.reglage import GARDE_CANDIDATURE, GARDE_PERSONNE
from portal.web import Leaf, leaf
from portal.workflow import Event, Refusal

NAME, PAGE = "retention", 50
A_NIGHT = 200  # of each kind: to erase somebody looks everywhere for their name, and nothing else is written meanwhile
AT = time(4)  # when nobody works
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
oublier = Event("candidature.oublier", "Effacer ses mots", "mots effacés, le délai est passé", "trash-2")
passer = Event("retention.passer", "Effacer ce qui n’a plus à être gardé", "données effacées, leur délai est passé", "trash-2")


@dataclass(frozen=True)
class Passage:
    """One day's look, as the journal names it: 20261127."""

    id: int
    __tablename__ = NAME


# --- since when ------------------------------------------------------------------------------------------------


def months_ago(months: int) -> datetime:
    """The same hour so many months before; the last day of a shorter month."""
    now = clock.local(clock.now())
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def _unanswered_since() -> datetime:
    return months_ago(GARDE_CANDIDATURE.valeur)


def _unheard_since() -> datetime:
    return months_ago(12 * GARDE_PERSONNE.valeur)


# --- candidatures ----------------------------------------------------------------------------------------------


def _wordy(candidature: type[Candidature]) -> ColumnElement[bool]:
    """Whether it still says something that somebody typed."""
    typed = or_(EntreeJournal.motif != "", EntreeJournal.faits["mot"].as_string() != "")
    said = exists().where(EntreeJournal.sujet == literal("candidature:").concat(cast(candidature.id, Text)), typed)
    return or_(candidature.message != "", said)


def candidatures_due(*where: ColumnElement[bool]) -> list[int]:
    """Those that were not accepted, of actions long over, and that still say something."""
    over = Candidature.etat != Etat.ACCEPTEE, Action.fin < _unanswered_since()
    query = select(Candidature.id).join(Candidature.mission).join(Mission.action).where(*over, _wordy(Candidature), *where)
    return list(db.session.scalars(query.order_by(Candidature.id)))


def forget(candidature_id: int) -> None:
    """Its words go, and its link opens no more; that it was sent, and what became of it, stays counted."""
    candidature = lock_one(db.session.get_one(Candidature, candidature_id))
    if not candidatures_due(Candidature.id == candidature_id):
        return
    candidature.message = ""
    candidature.generation += 1
    journal.forget(EntreeJournal.sujet == subject_key(candidature))
    oublier.tell(candidature, by=None)


# --- people ----------------------------------------------------------------------------------------------------


def _heard_of(who: type[Personne], since: datetime) -> ColumnElement[bool]:
    """Whether this person came, applied, did anything or signed in since then; each list is read once for everybody."""
    places = select(Affectation.personne_id).join(Affectation.mission).join(Mission.action).where(Action.fin >= since)
    applied = select(Candidature.personne_id).join(Candidature.mission).join(Mission.action).where(Action.fin >= since)
    deeds = select(EntreeJournal.personne_id).where(EntreeJournal.personne_id.is_not(None), EntreeJournal.quand >= since)
    came = select(Session.personne_id).where(Session.vue_le >= since)
    entered = select(Jeton.personne_id).where(Jeton.personne_id.is_not(None), Jeton.utilise_le >= since)
    known = who.cree_le >= since, func.coalesce(who.confirme_le, who.cree_le) >= since
    return or_(*known, *(who.id.in_(ids) for ids in (places, applied, deeds, came, entered)))


def _belongs(who: type[Personne]) -> ColumnElement[bool]:
    """Whoever has a role or a pôle is of the house as long as their account is open."""
    member = or_(who.id.in_(select(Role.personne_id)), who.id.in_(select(Adhesion.personne_id)))
    return and_(who.desactive_le.is_(None), member)


def _is_due(who: type[Personne]) -> ColumnElement[bool]:
    """Nobody of the house, and not heard of for as long as was said: sooner for whoever never proved an address nor came."""
    stranger = and_(who.confirme_le.is_(None), who.id.not_in(select(Affectation.personne_id)))
    late = or_(~_heard_of(who, _unheard_since()), and_(stranger, ~_heard_of(who, _unanswered_since())))
    return and_(~_belongs(who), late)


def people_due(*where: ColumnElement[bool]) -> list[int]:
    """The first row of each address of which every row is due: they are erased together."""
    other = aliased(Personne)
    kept = exists().where(other.adresse == Personne.adresse, ~_is_due(other))
    known = ~Personne.adresse.endswith(NOWHERE, autoescape=True)
    query = select(func.min(Personne.id)).where(known, _is_due(Personne), ~kept, *where).group_by(Personne.adresse)
    return list(db.session.scalars(query.order_by(func.min(Personne.id))))


def erase(personne_id: int) -> None:
    """Looked at again under lock: somebody may have come back meanwhile."""
    personne = db.session.get_one(Personne, personne_id)
    comptes.lock_address(personne.adresse)
    if people_due(Personne.id == personne_id):
        comptes.erase(personne, by=None)


# --- once a day ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sorte:
    """One kind of what goes: `due` says which, `do` takes one of them away, `event` is what the journal says of it."""

    label: str
    due: Callable[[], list[int]]
    do: Callable[[int], None]
    event: Event


SORTES = {
    "personnes": Sorte("Personnes sans nouvelles depuis trop longtemps", people_due, erase, effacer),
    "candidatures": Sorte("Candidatures sans suite, passé leur délai", candidatures_due, forget, oublier),
}


def is_to_do() -> bool:
    """Whether nobody did it yet today, and the night is far enough."""
    last = db.session.scalar(select(Battement.quand).where(Battement.nom == NAME))
    return clock.now() >= combine(clock.today(), AT) and (last is None or clock.local(last).date() < clock.today())


def of_the_day(sorte: Sorte) -> Callable[[], Iterable[int]]:
    """What is due of that kind, as long as today's look is not over; what is left of many goes the next nights."""
    return lambda: sorte.due()[:A_NIGHT] if is_to_do() else ()


def to_report() -> list[int]:
    """Today, when its report is not written yet."""
    return [int(f"{clock.today():%Y%m%d}")] if is_to_do() else []


def report(_day: int) -> None:
    """Close today's look, once, whatever the number of workers."""
    beat = _held()
    if is_to_do():
        _close(beat)


def run_now() -> dict[str, int]:
    """All that is due, whatever was done today, a transaction each; the report waits for the caller's commit."""
    for sorte in SORTES.values():
        for id in sorte.due():
            _do(sorte, id)
    return _close(_held())


def _do(sorte: Sorte, id: int) -> None:
    try:
        sorte.do(id)
        db.session.commit()
    except Refusal:  # somebody has come back since
        db.session.rollback()


def _held() -> Battement:
    """The row that says when this was last done, locked: two workers take turns."""
    insert_once(Battement, nom=NAME, quand=LONG_AGO)
    row = select(Battement).where(Battement.nom == NAME)
    return db.session.scalars(row.with_for_update().execution_options(populate_existing=True)).one()


def _close(beat: Battement) -> dict[str, int]:
    """The report: how many of each kind went since the one before."""
    beat.quand = clock.now()
    before = db.session.scalar(select(func.max(EntreeJournal.id)).where(EntreeJournal.evenement == passer.key)) or 0
    gone: dict[str, Any] = {cle: _gone_since(before, sorte.event) for cle, sorte in SORTES.items()}
    passer.tell(Passage(int(f"{clock.today():%Y%m%d}")), by=None, **gone)
    return gone


def _gone_since(before: int, event: Event) -> int:
    by_itself = EntreeJournal.evenement == event.key, EntreeJournal.personne_id.is_(None)
    return db.session.scalar(select(func.count(EntreeJournal.id)).where(*by_itself, EntreeJournal.id > before)) or 0


def reports(number: int) -> Leaf:
    """What went, report by report, latest first; two queries."""
    return leaf(
        select(EntreeJournal).where(EntreeJournal.evenement == passer.key).order_by(EntreeJournal.id.desc()), number, PAGE
    )
