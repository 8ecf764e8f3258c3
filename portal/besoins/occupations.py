"""Spaces kept for needs, by an option or firmly. Whoever comes here holds the lock of the action first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from portal import clock, reglage
from portal.actions.models import Etat
from portal.besoins import queries
from portal.besoins.models import Besoin, Occupation, Slot
from portal.db import db
from portal.filters import creneau, jour_long
from portal.poles import queries as house
from portal.poles.models import Espace
from portal.workflow import Refusal

FIRM = frozenset({Etat.CONFIRMEE, Etat.EN_COURS})  # states of an action that keeps its spaces for good


class Promised(Refusal):
    """What is promised elsewhere, and to whom, is the team's business."""

    outside = "Ce n’est plus libre à ce moment-là. L’équipe propose une autre solution dès que possible."


class Taken(Promised):
    """Another action has the space firmly; its name is for the team alone."""

    def __init__(self, besoin: Besoin, other: Occupation | None = None):
        nom = besoin.espace.nom if besoin.espace else ""
        who = f"par «\u00a0{other.besoin.action.titre}\u00a0», {_when(other)}" if other else "par une autre action"
        super().__init__(f"{nom}\u00a0: c’est déjà pris {who}. Choisis une autre heure ou un autre espace.")


class Twice(Promised):
    """The action itself has it already."""

    def __init__(self, other: Besoin):
        super().__init__(
            f"Cette action a déjà «\u00a0{other.titre}\u00a0» à cette heure-là, installation et rangement compris\u00a0: "
            "un seul besoin suffit, quitte à allonger son créneau."
        )


class Crossed(Refusal):
    """Two actions that have their spaces for good would have the same one at once."""

    status = 422

    def __init__(self, one: Besoin, other: Besoin):
        super().__init__(
            f"«\u00a0{one.action.titre}\u00a0» et «\u00a0{other.action.titre}\u00a0» auraient alors le même espace en même "
            f"temps, {jour_long(one.debut)}\u00a0: l’espace reste comme il est."
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
    every = _lock_all()
    ferme, expire_le = _how(besoin, until)
    others = _others(besoin, besoin.busy, every)
    _check(besoin, others)
    free([besoin.id])
    debut, fin = besoin.busy
    rows = [
        Occupation(besoin_id=besoin.id, espace_id=id, debut=debut, fin=fin, ferme=ferme, expire_le=expire_le)
        for id in sorted(queries.inside(besoin.espace_id, every))
    ]
    write(besoin, rows)
    return others


def settle(besoin: Besoin) -> list[Occupation]:
    """What a need keeps becomes as firm as its action now is, for the time for which it keeps it: margins set since change
    nothing of a promise. Returns the options of others on its way. Raises Taken or Passed.
    """
    every, rows = _lock_all(), queries.kept_by(besoin)
    ferme, expire_le = _how(besoin)
    others = [o for o in _others(besoin, (rows[0].debut, rows[0].fin), every) if o.besoin.action_id != besoin.action_id]
    _check(besoin, others)
    with _looked_at(besoin):
        for row in rows:
            row.ferme, row.expire_le = ferme, expire_le
    return others


def _lock_all() -> list[Espace]:
    """Every space, as it now is: any of them may hold another."""
    spaces = select(Espace).order_by(Espace.id).with_for_update(key_share=True)
    return list(db.session.scalars(spaces.execution_options(populate_existing=True)))


def _how(besoin: Besoin, until: datetime | None = None) -> tuple[bool, datetime | None]:
    """Whether its action keeps a space firmly, and else until when."""
    ferme = besoin.action.etat in FIRM
    return ferme, None if ferme else _end_of_option(besoin, until)


def _others(besoin: Besoin, slot: Slot, every: list[Espace]) -> list[Occupation]:
    """What other needs keep of its space then."""
    assert besoin.espace_id
    on_the_way = queries.others_there(queries.there(queries.lineage(besoin.espace_id, every), slot))
    return queries.one_each(o for o in on_the_way if o.besoin_id != besoin.id)


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


def check_space(espace: Espace) -> None:
    """Where it now is in the tree, with the margins it now has, it keeps two firm bookings apart. Raises Crossed."""
    every, needs = house.espaces(), [b for b in queries.promised_spaces() if b.action.etat in FIRM]
    here = queries.inside(espace.id, every)
    for besoin in (b for b in needs if b.espace_id in here):
        (debut, fin), line = besoin.busy, queries.lineage(besoin.espace_id or 0, every)
        for other in (b for b in needs if b.action_id != besoin.action_id and b.espace_id in line):
            if other.busy[0] < fin and other.busy[1] > debut:
                raise Crossed(besoin, other)


def write(besoin: Besoin, rows: list[Occupation]) -> None:
    with _looked_at(besoin):
        db.session.add_all(rows)


@contextmanager
def _looked_at(besoin: Besoin) -> Iterator[None]:
    """What the locks have let through, the database looks at once more (migration 0007). Raises Taken."""
    try:
        with db.session.begin_nested():
            yield
    except IntegrityError:
        raise Taken(besoin) from None


def free(besoins: list[int]) -> None:
    """What these needs kept is anybody's again."""
    db.session.execute(delete(Occupation).where(Occupation.besoin_id.in_(besoins)))
