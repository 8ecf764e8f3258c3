"""What becomes of the pôles when somebody of theirs is erased."""

from __future__ import annotations

from sqlalchemy import delete, update

from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.comptes.models import Personne
from portal.db import db, strike
from portal.poles.models import Adhesion, Pole, Prestation
from portal.workflow import News


@comptes.effacer.react
def leave_the_poles(news: News) -> None:
    """They belong to none any more, and no presentation of one says whom to call."""
    ids = news.facts["personnes"]
    db.session.execute(delete(Adhesion).where(Adhesion.personne_id.in_(ids)))
    db.session.execute(update(Personne).where(Personne.id.in_(ids)).values(is_pole_member=False))
    for personne in people.by_ids(ids):
        for column in (Pole.description, Prestation.description):
            strike(column, people.signs(personne))
