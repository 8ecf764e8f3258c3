"""What happens to missions when their action changes or stops."""

from __future__ import annotations

from sqlalchemy import and_, select, update

from portal import clock
from portal.actions import models as actions
from portal.comptes import models as comptes
from portal.db import db, lock
from portal.journal import EntreeJournal, forget
from portal.missions import commands, queries
from portal.missions.models import Affectation, Etat, Mission, annuler, liberer
from portal.workflow import News


@comptes.effacer.react
def forget_why_they_left(news: News) -> None:
    """The places of the past say how many came, and no more why somebody did not; nor does the journal of their posts."""
    db.session.execute(update(Affectation).where(Affectation.personne_id.in_(news.facts["personnes"])).values(motif=""))
    freed = EntreeJournal.faits["personne"].as_integer().in_(news.facts["personnes"])
    forget(and_(EntreeJournal.evenement == liberer.key, freed))


@actions.modifier.react
def keep_the_values(news: News) -> None:
    """The values are what volunteers came for: they are not emptied under a volontaire mission that is published."""
    if "valeurs" in news.facts["champs"] and not news.subject.valeurs.strip() and queries.has_volunteers(news.subject):
        raise commands.ValuesNeeded


@actions.modifier.react
def renew_the_agendas(news: News) -> None:
    """An agenda shows a mission with the title and the place of its action."""
    if not {"titre", "lieu"}.isdisjoint(news.facts["champs"]):
        standing = select(Mission.id).where(Mission.action_id == news.subject.id, Mission.etat != Etat.ANNULEE)
        for mission in lock(Mission, *db.session.scalars(standing)):
            mission.sequence += 1


@actions.annuler.react
@actions.refuser.react
@actions.decliner.react
def cancel_with_the_action(news: News) -> None:
    """Those to come and under way; one that took place keeps its people."""
    to_come = (Mission.action_id == news.subject.id, Mission.etat != Etat.ANNULEE, Mission.fin > clock.now())
    for mission in db.session.scalars(select(Mission).where(*to_come).order_by(Mission.id)).all():
        commands.decide(mission, annuler, by=news.by, motif=news.motif)
