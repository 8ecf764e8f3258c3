"""What the home page and /sante read."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import contains_eager

from portal import clock, copie
from portal.actions.models import Action, Etat
from portal.comptes.models import Personne
from portal.db import db
from portal.missions.models import Affectation, Mission, Nature
from portal.missions.models import Etat as EtatMission
from portal.missions.queries import next_open, told
from portal.notifications.queries import given_up_count, pending
from portal.outbox import Battement, beat

SILENCE = timedelta(minutes=2)  # a worker that has not ticked for so long is down


def pulse() -> dict[str, str | int | None]:
    """What /sante says: `etat` is "ok", or what is wrong; then how many messages should have left, and how many never could."""
    try:
        beat("sante")  # a real write: a read-only or full database fails here
        tick = db.session.scalar(select(Battement.quand).where(Battement.nom == "worker"))
        revision = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        late, lost = pending(), given_up_count()
    except DBAPIError:
        return {"etat": "base de données indisponible"}
    alive = tick is not None and abs(clock.now() - tick) < SILENCE  # a tick of the future: the clock was set back since
    known = revision in copie.revisions()  # else somebody has brought it further meanwhile, whose code is not ours
    return {
        "etat": ("ok" if alive else "facteur arrêté") if known else "base d’un portail plus récent",
        "base": "ok",
        "worker": tick.isoformat(timespec="seconds") if tick else None,
        "revision": revision,
        "en_retard": late.late,
        "abandonnes": lost,
    }


def without_referent(personne: Personne) -> list[tuple[Action, int]]:
    """Confirmed actions to come of this bienveillant whose référent posts are not all held, with how many are missing."""
    held = (
        select(Action, func.sum(Mission.places - Mission.prises))
        .join(Mission, Mission.action_id == Action.id)
        .where(
            Action.bienveillant_id == personne.id,
            Action.etat.in_((Etat.CONFIRMEE, Etat.EN_COURS)),
            Action.fin > clock.now(),
            Mission.nature == Nature.REFERENT,
            Mission.etat != EtatMission.ANNULEE,
        )
        .group_by(Action.id)
        .having(func.sum(Mission.places - Mission.prises) > 0)
        .order_by(Action.debut)
        .limit(20)
    )
    return [(action, int(missing)) for action, missing in db.session.execute(held)]


def soon(limit: int) -> list[Mission]:
    """The next missions that take somebody, with what their cards say; one query."""
    return list(db.session.scalars(next_open(limit)))


def next_held(personne: Personne) -> Affectation | None:
    """Their next place, once an acceptance that could be taken back has been told."""
    return db.session.scalar(
        select(Affectation)
        .join(Affectation.mission)
        .where(
            Affectation.personne_id == personne.id,
            Affectation.libere_le.is_(None),
            Mission.etat != EtatMission.ANNULEE,
            Mission.fin > clock.now(),
            told(),
        )
        .options(contains_eager(Affectation.mission).joinedload(Mission.action).joinedload(Action.pole_porteur))
        .order_by(Mission.debut)
        .limit(1)
    )
