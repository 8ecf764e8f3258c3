"""What happens to hours when the day ends, when who gave them is known or erased, and when their mission changes."""

from __future__ import annotations

from sqlalchemy import select

from portal.actions import models as actions
from portal.candidatures import models as candidatures
from portal.comptes import models as comptes
from portal.comptes.models import Personne
from portal.contributions import commands, queries
from portal.contributions.models import Attestation, Contribution, Releve
from portal.db import db
from portal.journal import EntreeJournal, forget, subject_key
from portal.missions import models as missions
from portal.missions.models import Affectation
from portal.workflow import News

RETRIBUTION = frozenset({"nature", "points", "montant"})


@actions.clore.react
def propose_the_hours(news: News) -> None:
    """The site is closed: its presence is told."""
    commands.propose(news.subject)


@comptes.effacer.react
def forget_who_they_were(news: News) -> None:
    """Their own attestations name nobody any more, nor do those of others name them; the hours stay counted."""
    personne: Personne = news.subject
    for own in db.session.scalars(select(Attestation).where(Attestation.personne_id == personne.id)):
        own.initiales, own.contenu = "", own.contenu | {"nom": ""}
    releves = db.session.scalars(select(Releve).join(Releve.affectation).where(Affectation.personne_id == personne.id))
    forget(EntreeJournal.sujet.in_([subject_key(releve) for releve in releves]))  # why their hours were mended
    validated = select(Contribution.personne_id).where(Contribution.par_id == personne.id)
    for other in db.session.scalars(select(Attestation).where(Attestation.personne_id.in_(validated))):
        names = {commands.SOMEBODY if nom == personne.nom else nom for nom in other.contenu["valide_par"]}
        other.contenu = other.contenu | {"valide_par": sorted(names)}


@candidatures.rejoindre.react
def bring_the_hours(news: News) -> None:
    """Hours may be validated before their person proves an address: they follow the place."""
    if news.facts["depuis"] != news.by.id:
        commands.hand_over(news.subject.mission, depuis=news.facts["depuis"], to=news.by)


@missions.modifier.react
def keep_what_was_earned(news: News) -> None:
    """What a validated mission gave stays what it was."""
    if not RETRIBUTION.isdisjoint(news.facts["champs"]) and queries.is_settled_on(news.subject):
        raise commands.RetributionFixed
