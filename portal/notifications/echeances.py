"""What happens because time passes: offers that lapse, reminders, deadlines. The worker looks every few seconds.

Each is a pair: `due` says which rows have come to their time, `do` acts on one, in a transaction of its own, after
having looked again under lock; so that several workers, a restart or a clock set back change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from portal.actions import echeancier
from portal.besoins import promesses
from portal.besoins import queries as besoins
from portal.candidatures import attente, offres
from portal.candidatures import commands as candidatures
from portal.candidatures import queries as candidatures_queries
from portal.contributions import queries as contributions
from portal.contributions.commands import propose_of
from portal.db import db
from portal.devis import envoi
from portal.devis import queries as devis
from portal.factures import relances
from portal.missions import queries as missions_queries
from portal.notifications import commands, nuit, queries, retards
from portal.workflow import Refusal


@dataclass(frozen=True)
class Echeance:
    due: Callable[[], Iterable[int]]
    do: Callable[[int], None]


ECHEANCES = (
    Echeance(offres.lapsed_offers, attente.expire),
    Echeance(offres.missions_to_serve, attente.serve),  # in the same look: the next in line waits for nobody
    Echeance(candidatures_queries.kept_back_too_long, candidatures.announce_in_time),
    Echeance(missions_queries.unconfirmed, candidatures.lapse),
    Echeance(queries.short_of_people, commands.tell_it_is_short),
    Echeance(queries.unanswered, commands.tell_it_is_unanswered),
    Echeance(queries.not_carried, retards.tell_nobody_carries_it),
    Echeance(echeancier.late_untold, retards.tell_what_is_late),
    Echeance(queries.opinions_to_remind, commands.remind_of_an_opinion),
    Echeance(besoins.expired_options, promesses.expire),
    Echeance(devis.expired, envoi.expire),
    Echeance(devis.to_remind, envoi.remind),
    Echeance(relances.due, relances.remind_in_time),
    Echeance(contributions.unproposed, propose_of),
    Echeance(queries.reminders_to_plan, commands.plan_reminders),
    Echeance(queries.digests_due, commands.gather),
    *(Echeance(nuit.of_the_day(sorte), sorte.do) for sorte in nuit.SORTES.values()),
    Echeance(nuit.to_report, nuit.report),
)


def pass_time() -> None:
    """Do all that is due now. One that fails is logged, and keeps no other from its turn."""
    for echeance in ECHEANCES:
        ids = list(echeance.due())
        db.session.rollback()  # looking has taken SQLite's write lock
        for id in ids:
            _do(echeance, id)


def _do(echeance: Echeance, id: int) -> None:
    try:
        echeance.do(id)
        db.session.commit()
    except (OperationalError, InterfaceError):  # the database does not answer: nobody's turn
        db.session.rollback()
        raise
    except Refusal as refusal:  # somebody was faster
        db.session.rollback()
        current_app.logger.info("%s(%s): %s", echeance.do.__name__, id, refusal)
    except Exception:
        db.session.rollback()
        current_app.logger.exception("%s(%s) failed", echeance.do.__name__, id)
