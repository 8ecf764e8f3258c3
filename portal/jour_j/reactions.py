"""What the day does when an action, its missions or their candidatures move, and when somebody is erased."""

from __future__ import annotations

from sqlalchemy import Text, cast, select, update

from portal.actions import commands as programme
from portal.actions import effacement
from portal.actions import processus as actions
from portal.besoins import models as besoins
from portal.candidatures import models as candidatures
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import db, strike
from portal.jour_j import album, commands, preparation
from portal.jour_j.models import Consommation, Entree, Genre, LigneModele, Point
from portal.missions import models as missions
from portal.missions.models import Affectation
from portal.workflow import News

WORDS = (Entree.mot, Entree.mesures, Entree.lieu)  # what people typed
LISTS = (Point.texte, LigneModele.texte, Consommation.libelle)  # and before, or after: « clés chez… »


@comptes.effacer.react
def forget_who_was_there(news: News) -> None:
    """Why somebody was late or absent goes, and their pictures. The rest is the house's safety record, and names nobody."""
    ids = news.facts["personnes"]
    theirs = select(cast(Affectation.id, Text)).where(Affectation.personne_id.in_(ids))
    about = (Entree.genre == Genre.PRESENCE, Entree.cible.in_(theirs))
    db.session.execute(update(Entree).where(*about).values(mot=""))
    for personne in people.by_ids(ids):
        for words in (*WORDS, *LISTS):
            strike(words, people.signs(personne))
    album.forget(ids)


@actions.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    for words in WORDS:
        strike(words, effacement.signs(news.subject.demandeur), Entree.jour_id == news.subject.id)


@actions.enregistrer.react
@actions.confirmer.react
@actions.confirmer_sans_devis.react
def prepare_the_day(news: News) -> None:
    preparation.prepare(news.subject)


@besoins.confirmer.react
@besoins.reprendre.react
@besoins.desister.react
@besoins.expirer.react
@besoins.perdre.react
def follow_the_spaces(news: News) -> None:
    """A space that an action gains or loses brings its lists to the day, or takes them away."""
    if news.subject.espace_id:
        preparation.follow_the_spaces(news.subject.action, news.subject)


@actions.modifier.react
@actions.decaler.react
@actions.annuler.react
@actions.revenir_au_devis.react
@programme.ajouter_etape.react
@programme.modifier_etape.react
@programme.deplacer_etape.react
@programme.retirer_etape.react
@missions.modifier.react
@missions.annuler.react
@missions.prendre.react
@missions.liberer.react
@candidatures.accepter.react
@candidatures.annuler.react
@candidatures.liberer.react
@candidatures.desister.react
@candidatures.rejoindre.react
def show_the_change(news: News) -> None:
    """Open screens of the day learn that its team or its programme is another."""
    commands.touch(news.subject.action.id)
