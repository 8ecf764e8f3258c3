"""What happens to actions, and to what was said of them, when somebody of the house is erased."""

from __future__ import annotations

from sqlalchemy import update

from portal.actions.models import CRITERES, Action, Avis, Decision, Echange, Etape, Tache
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import db, strike
from portal.workflow import News


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    """What they wrote to a demandeur, what a pôle thought, what a meeting decided stays the house's, under no name of theirs.

    What a demandeur wrote is nobody's of the house; a name or a number in it goes as everywhere. No relay waits for them.
    """
    ids = news.facts["personnes"]
    db.session.execute(update(Action).where(Action.relais_id.in_(ids)).values(relais_id=None))
    opinions = [Decision.presents, Decision.compte_rendu, *(getattr(Avis, f"mot_{name}") for name in CRITERES)]
    for personne in people.by_ids(ids):
        for column in (Echange.texte, *opinions):
            strike(column, people.signs(personne))


@comptes.effacer.react
def entrust_to_nobody(news: News) -> None:
    """What they answered for is the bienveillant's again."""
    for model in (Etape, Tache):
        theirs = update(model).where(model.responsable_id.in_(news.facts["personnes"]))
        db.session.execute(theirs.values(responsable_id=None))
