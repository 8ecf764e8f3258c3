"""When an action keeps its dates, and what becomes of what was said of it when somebody of the house is erased."""

from __future__ import annotations

from sqlalchemy import or_, select, update

from portal.actions import effacement, queries
from portal.actions.decalage import Dated, UnderWay, has_other_dates
from portal.actions.models import Action, Echange, Etape, Etat
from portal.actions.processus import annuler, decliner, modifier, refuser
from portal.actions.tache import Tache, TacheTrame
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import db, lock, says, strike, struck
from portal.workflow import News

TOLD = ("titre", "lieu", "description", "valeurs")


@modifier.react
def keep_the_dates(news: News) -> None:
    """The sheet alone moves neither a day that has begun, nor what was confirmed to the demandeur, nor a programme."""
    if has_other_dates(news):
        if news.subject.etat is Etat.EN_COURS:
            raise UnderWay
        if news.subject.etat is Etat.CONFIRMEE or queries.programme_of(news.subject):
            raise Dated


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    """What they wrote to a demandeur, what a pôle thought, what a meeting decided stays the house's, under no name of theirs.

    What a demandeur wrote is nobody's of the house; a name or a number in it goes as everywhere. No relay waits for them.
    """
    ids = news.facts["personnes"]
    db.session.execute(update(Action).where(Action.relais_id.in_(ids)).values(relais_id=None))
    for personne in people.by_ids(ids):
        for column in (Echange.texte, TacheTrame.titre, TacheTrame.aide, *effacement.WORDS):
            strike(column, people.signs(personne))
        _strike_out(people.signs(personne))


def _strike_out(signs: list[str]) -> None:
    """What tells the public of an action names them no more; its search goes with it."""
    told = or_(*(says(getattr(Action, name), signs) for name in TOLD))
    for action in lock(Action, *db.session.scalars(select(Action.id).where(told))):
        for name in TOLD:
            setattr(action, name, struck(getattr(action, name), signs))


@refuser.react
@decliner.react
@annuler.react
def offer_it_no_more(news: News) -> None:
    """A relay that nobody has answered yet falls with the action."""
    news.subject.relais = None


@comptes.effacer.react
def entrust_to_nobody(news: News) -> None:
    """What they answered for is the bienveillant's again."""
    for model in (Etape, Tache):
        theirs = update(model).where(model.responsable_id.in_(news.facts["personnes"]))
        db.session.execute(theirs.values(responsable_id=None))
