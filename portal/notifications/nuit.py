"""Once a night: what is kept too long goes, and a report says how much went (RGPD, art. 5).

What each kind is, and since when it is too old, is known to its package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all

from portal import clock
from portal.actions.processus import effacer_demandeur
from portal.candidatures import retention as candidats
from portal.comptes import consultations
from portal.comptes.models import effacer
from portal.db import db, insert_once
from portal.factures import retention as demandeurs
from portal.fields import combine
from portal.journal import EntreeJournal
from portal.outbox import Battement, forget_links
from portal.web import Leaf, leaf
from portal.workflow import Event, Refusal

NAME, PAGE = "retention", 50
A_NIGHT = 200  # of each kind: to erase somebody looks everywhere for their name, and nothing else is written meanwhile
AT = time(4)  # at La Réunion, when nobody works
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
passer = Event("retention.passer", "Effacer ce qui n’a plus à être gardé", "données effacées, leur délai est passé", "trash-2")


@dataclass(frozen=True)
class Passage:
    """One day's look, as the journal names it: 20261127."""

    id: int
    __tablename__ = NAME


@dataclass(frozen=True)
class Sorte:
    """One kind of what goes: `ids` selects which, `do` takes one of them away, `event` is what the journal says of it."""

    label: str
    ids: Callable[[], Select[int]]
    do: Callable[[int], None]
    event: Event

    def due(self) -> list[int]:
        return list(db.session.scalars(self.ids()))


SORTES = {
    "personnes": Sorte("Personnes sans nouvelles depuis trop longtemps", candidats.people_due, candidats.erase, effacer),
    "candidatures": Sorte(
        "Candidatures sans suite, passé leur délai", candidats.candidatures_due, candidats.forget, candidats.oublier
    ),
    "mineurs": Sorte(
        "Responsables légaux de mineurs, passé leur délai",
        candidats.minors_due,
        candidats.forget_minor,
        candidats.oublier_mineur,
    ),
    "demandeurs": Sorte("Demandeurs, passé leur délai", demandeurs.due, demandeurs.erase, effacer_demandeur),
    "consultations": Sorte(
        "Jours dont on ne garde plus qui a regardé quelle fiche",
        consultations.due,
        consultations.forget,
        consultations.oublier,
    ),
}


def due() -> dict[str, int]:
    """How many of each kind are due; one query."""
    each = (select(literal(cle), func.count()).select_from(s.ids().order_by(None).subquery()) for cle, s in SORTES.items())
    return {row[0]: row[1] for row in db.session.execute(union_all(*each))}


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
    forget_links()
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
