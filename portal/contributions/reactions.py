"""What happens to hours when the day ends, when who gave them is known or erased, and when their mission changes."""

from __future__ import annotations

from sqlalchemy import select

from portal.actions import processus as actions
from portal.candidatures import models as candidatures
from portal.comptes import models as comptes
from portal.comptes.models import Personne
from portal.contributions import commands, document, queries
from portal.contributions.models import Attestation, Contribution, Releve
from portal.db import db
from portal.journal import EntreeJournal, forget, subject_key
from portal.missions import models as missions
from portal.missions import queries as missions_queries
from portal.missions.models import Affectation
from portal.workflow import News

RETRIBUTION = frozenset({"nature", "points", "montant"})


@actions.clore.react
def propose_the_hours(news: News) -> None:
    """The site is closed: its presence is told."""
    commands.propose(news.subject)


@comptes.effacer.react
def forget_who_they_were(news: News) -> None:
    """Their own attestations name nobody any more, nor do those of others name them; the hours stay counted.

    Hours given before they proved their address are those of another row of it: why they were mended goes too.
    """
    personne: Personne = news.subject
    theirs = select(Personne.id).where(Personne.adresse == personne.adresse)
    for own in db.session.scalars(select(Attestation).where(Attestation.personne_id == personne.id)):
        own.initiales, own.contenu = "", own.contenu | {"nom": ""}
    releves = db.session.scalars(select(Releve).join(Releve.affectation).where(Affectation.personne_id.in_(theirs)))
    forget(EntreeJournal.sujet.in_([subject_key(releve) for releve in releves]))  # why their hours were mended
    validated = select(Contribution.personne_id).where(Contribution.par_id == personne.id)
    for other in db.session.scalars(select(Attestation).where(Attestation.personne_id.in_(validated))):
        other.contenu = document.without(other.contenu, personne)


@candidatures.rejoindre.react
def bring_the_hours(news: News) -> None:
    """Hours may be validated before their person proves an address: they follow the place."""
    if news.facts["depuis"] != news.by.id:
        commands.hand_over(news.subject.mission, depuis=news.facts["depuis"], to=news.by)


@candidatures.liberer.react
@candidatures.desister.react
def take_the_hours_back(news: News) -> None:
    """A site that closed early: its hours are validated before the mission ends, and a place is given back until then."""
    commands.take_back(news.subject.mission, news.subject.personne_id)


@missions.liberer.react
def take_back_those_of_the_post(news: News) -> None:
    """The same of a référent."""
    commands.take_back(news.subject, news.facts["personne"])


@missions.annuler.react
def take_back_those_of_all(news: News) -> None:
    """The same of everybody on a mission that is cancelled."""
    commands.take_back(news.subject, *(held.personne_id for held in missions_queries.active_on(news.subject)))


@missions.modifier.react
def keep_what_was_earned(news: News) -> None:
    """What a validated mission gave stays what it was."""
    if not RETRIBUTION.isdisjoint(news.facts["champs"]) and queries.is_settled_on(news.subject):
        raise commands.RetributionFixed
