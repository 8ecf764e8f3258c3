"""What happens to missions when their action changes or stops."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, or_, select, update

from portal import clock
from portal.actions import effacement
from portal.actions import processus as actions
from portal.actions.decalage import Dated, Line, Part, has_other_dates, tells
from portal.actions.models import Action
from portal.actions.programme import Slot
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import db, lock, says, strike, struck
from portal.devis import models as devis
from portal.filters import moment
from portal.journal import EntreeJournal, forget
from portal.missions import commands, decalage, lexique, mineurs, queries, revue
from portal.missions.models import Affectation, Etat, Mineur, Mission, annuler, liberer
from portal.workflow import News, Refusal

WORDS = ("titre", "description", "fourni", "contrepartie", "apporter", "a_revoir")


class Counted(Refusal):
    """People were told of this action as of one that is sure."""

    def __init__(self, missions: list[Mission]):
        named = ", ".join(f"«\u00a0{m.titre}\u00a0»" for m in missions[:3])
        super().__init__(
            f"Des missions sont ouvertes ou ont déjà du monde ({named})\u00a0: annule-les d’abord, pour que chacun soit "
            "prévenu."
        )


@comptes.effacer.react
def forget_why_they_left(news: News) -> None:
    """The places of the past say how many came, and no more why somebody did not; nor does the journal of their posts."""
    db.session.execute(update(Affectation).where(Affectation.personne_id.in_(news.facts["personnes"])).values(motif=""))
    mineurs.forget(Mineur.personne_id.in_(news.facts["personnes"]))
    freed = EntreeJournal.faits["personne"].as_integer().in_(news.facts["personnes"])
    forget(and_(EntreeJournal.evenement == liberer.key, freed))
    for personne in people.by_ids(news.facts["personnes"]):
        _strike_out(people.signs(personne))
    lexique.forget()


def _strike_out(signs: list[str]) -> None:
    """What was asked of people names them no more, and is found by other words: its search goes with it."""
    strike(Affectation.motif, signs)
    told = or_(*(says(getattr(Mission, name), signs) for name in WORDS))
    for mission in lock(Mission, *db.session.scalars(select(Mission.id).where(told))):
        for name in WORDS:
            setattr(mission, name, struck(getattr(mission, name), signs))


@actions.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    """What was asked of people stays, and why they were released, under no name of whoever asked for the action."""
    known, theirs = effacement.signs(news.subject.demandeur), select(Mission.id).where(Mission.action_id == news.subject.id)
    for mission in lock(Mission, *db.session.scalars(theirs)):
        for name in WORDS:
            setattr(mission, name, struck(getattr(mission, name), known))
    strike(Affectation.motif, known, Affectation.mission_id.in_(theirs))
    lexique.forget()


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


@actions.modifier.react
def keep_the_dates(news: News) -> None:
    """People come, or are asked to, on that day."""
    if has_other_dates(news) and any(m.etat is not Etat.ANNULEE for m in queries.of_action(news.subject)):
        raise Dated


@actions.decaler.react
def follow_the_action(news: News) -> None:
    """Those not cancelled nor past move by as much; whoever holds a place is asked whether they still come."""
    delta = timedelta(minutes=news.facts["minutes"])
    to_come = (Mission.action_id == news.subject.id, Mission.etat != Etat.ANNULEE, Mission.fin > clock.now())
    if delta:
        for mission in lock(Mission, *db.session.scalars(select(Mission.id).where(*to_come))):
            decalage.shift(mission, delta, by=news.by)


@tells
def who_is_asked_again(action: Action, avant: Slot) -> Part | None:
    """The missions that have just followed their action, and who has to confirm."""
    delta = action.debut - avant.debut
    followed = [m for m in queries.of_action(action) if m.etat is not Etat.ANNULEE and m.fin - delta > clock.now()]
    if not followed or not delta:
        return None
    asked = {m.id: [a for a in m.affectations if a.a_confirmer_avant] for m in followed}
    lines = [Line(m.titre, Slot(*m.slot).later(-delta), Slot(*m.slot), _asks(asked[m.id])) for m in followed]
    held = [a for places in asked.values() for a in places]
    return Part("Les missions", lines, _who(held), ",".join(str(a.id) for a in held))


def _who(held: list[Affectation]) -> str:
    people = len({a.personne_id for a in held})
    if not people:
        return "Personne n’a à confirmer de nouveau."
    who, place = ("Une personne devra", "sa place") if people == 1 else (f"{people} personnes devront", "leur place")
    return f"{who} dire de nouveau oui, sinon {place} se libère."


def _asks(places: list[Affectation]) -> str:
    if not places:
        return ""
    before = places[0].a_confirmer_avant
    assert before
    return f"À reconfirmer avant {moment(before)}\u00a0: {', '.join(a.personne.nom for a in places)}"


@devis.accepter.react
@devis.retablir.react
def look_at_them_again(news: News) -> None:
    """Another version may change the hours or the people of what was opened from the one before."""
    revue.flag(news.subject, by=news.by)


@devis.annuler_accord.react
def keep_our_word(news: News) -> None:
    """An acceptance is undone until missions that it opened are published, or have people; nobody publishes one meanwhile.

    One that gives way to the version accepted before it leaves the action confirmed, and its missions with it.
    """
    if news.facts["rend"]:
        return
    standing = select(Mission.id).where(Mission.action_id == news.subject.action_id, Mission.etat != Etat.ANNULEE)
    missions = lock(Mission, *db.session.scalars(standing))
    if told := [m for m in missions if m.etat is not Etat.BROUILLON or m.prises]:
        raise Counted(told)


@actions.annuler.react
@actions.refuser.react
@actions.decliner.react
def cancel_with_the_action(news: News) -> None:
    """Those to come and under way; one that took place keeps its people."""
    to_come = (Mission.action_id == news.subject.id, Mission.etat != Etat.ANNULEE, Mission.fin > clock.now())
    for mission in db.session.scalars(select(Mission).where(*to_come).order_by(Mission.id)).all():
        commands.decide(mission, annuler, by=news.by, motif=news.motif)
