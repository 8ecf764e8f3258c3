"""Spaces kept for needs, by an option or firmly. Whoever comes here holds the lock of the action first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal import clock, reglage
from portal.actions.models import Etat
from portal.besoins import queries
from portal.besoins.models import Besoin, Occupation
from portal.db import db
from portal.filters import creneau, jour_long
from portal.poles.models import Espace
from portal.workflow import Refusal

FIRM = frozenset({Etat.CONFIRMEE, Etat.EN_COURS})  # states of an action that keeps its spaces for good


class Taken(Refusal):
    """Another action has the space firmly; its name is for the team alone."""

    def __init__(self, besoin: Besoin, other: Occupation | None = None):
        nom = besoin.espace.nom if besoin.espace else ""
        who = f"par «\u00a0{other.besoin.action.titre}\u00a0», {_when(other)}" if other else "par une autre action"
        super().__init__(f"{nom}\u00a0: c’est déjà pris {who}. Choisis une autre heure ou un autre espace.")


class Twice(Refusal):
    """The action itself has it already."""

    def __init__(self, other: Besoin):
        super().__init__(
            f"Cette action a déjà «\u00a0{other.titre}\u00a0» à cette heure-là, installation et rangement compris\u00a0: "
            "un seul besoin suffit, quitte à allonger son créneau."
        )


class Passed(Refusal):
    sentence = "Ce créneau est passé : il ne se promet plus."


def _when(occupation: Occupation) -> str:
    return f"{jour_long(occupation.debut)}, {creneau(occupation.debut, occupation.fin)}"


def reserve(besoin: Besoin, *, until: datetime | None = None) -> list[Occupation]:
    """Keep the space of a need and all inside it, as firmly as its action is, in place of what the need kept before.

    An option ends `until` then at the latest, and never after the action has begun. Returns the options of others on its
    way. Raises Taken, Twice or Passed.
    """
    assert besoin.espace_id
    every = list(db.session.scalars(select(Espace).order_by(Espace.id).with_for_update(key_share=True)))
    ferme = besoin.action.etat in FIRM
    expire_le = None if ferme else _end_of_option(besoin, until)
    on_the_way = queries.others_there(queries.there(queries.lineage(besoin.espace_id, every), besoin.busy))
    others = queries.one_each(o for o in on_the_way if o.besoin_id != besoin.id)
    _check(besoin, others)
    free([besoin.id])
    debut, fin = besoin.busy
    rows = [
        Occupation(besoin_id=besoin.id, espace_id=id, debut=debut, fin=fin, ferme=ferme, expire_le=expire_le)
        for id in sorted(queries.inside(besoin.espace_id, every))
    ]
    write(besoin, rows)
    return others


def _end_of_option(besoin: Besoin, until: datetime | None) -> datetime:
    lasts = clock.now() + timedelta(days=reglage.DUREE_OPTION.valeur)
    end = min(lasts, besoin.action.debut, until or lasts)
    if end <= clock.now():
        raise Passed
    return end


def _check(besoin: Besoin, others: list[Occupation]) -> None:
    for other in others:
        if other.besoin.action_id == besoin.action_id:
            raise Twice(other.besoin)
        if other.ferme:
            raise Taken(besoin, other)


def write(besoin: Besoin, rows: list[Occupation]) -> None:
    """What the locks have let through, the database looks at once more (migration 0007). Raises Taken."""
    try:
        with db.session.begin_nested():
            db.session.add_all(rows)
    except IntegrityError:
        raise Taken(besoin) from None


def free(besoins: list[int]) -> None:
    """What these needs kept is anybody's again."""
    db.session.execute(delete(Occupation).where(Occupation.besoin_id.in_(besoins)))
