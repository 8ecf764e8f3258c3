"""What was really used on a day, against what was foreseen: the invoice starts from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from portal import clock
from portal.actions.commands import check_reading
from portal.actions.models import Action
from portal.besoins import queries as besoins
from portal.besoins.models import Besoin
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.jour_j.models import Consommation, Jour, relever
from portal.jour_j.refus import DayOver


class Used(NamedTuple):
    """Something used on the day: what was foreseen, what was said to have been used; one of the two at least."""

    libelle: str
    besoin: Besoin | None
    said: Consommation | None

    @property
    def key(self) -> str:
        """The name of its field."""
        return f"besoin_{self.besoin.id}" if self.besoin else f"ligne_{self.said.id if self.said else 0}"

    @property
    def foreseen(self) -> str:
        """ "12 kg"."""
        return f"{self.besoin.quantite_confirmee or self.besoin.quantite} {self.besoin.unite}".strip() if self.besoin else ""


def sheet_of(lines: Iterable[Used]) -> dict[str, int | None]:
    """What was said to have been used, in hundredths, by the name of its field."""
    return {line.key: line.said.quantite if line.said else None for line in lines}


def consumptions(jour: Jour) -> list[Used]:
    """The consumables that its needs foresee, then what else was used; two queries."""
    needs = besoins.consumables_of(jour.action)
    rows = db.session.scalars(select(Consommation).where(Consommation.jour_id == jour.id).options(joinedload(Consommation.par)))
    said = sorted(rows, key=lambda row: row.id)
    of_need = {row.besoin_id: row for row in said if row.besoin_id}
    known = [Used(need.titre, need, of_need.pop(need.id, None)) for need in needs]
    others = [row for row in said if row.besoin_id is None or row.besoin_id in of_need]
    return known + [Used(row.libelle, None, row) for row in others]


def said(action: Action) -> list[Used]:
    """Those of `consumptions` of which somebody said how much, in the same order; one query."""
    foreseen = and_(Besoin.id == Consommation.besoin_id, Besoin.action_id == action.id, besoins.is_consumable())
    query = select(Consommation, Besoin).outerjoin(Besoin, foreseen).where(Consommation.jour_id == action.id)
    query = query.options(joinedload(Consommation.par)).order_by(Besoin.id.is_(None), Besoin.id, Consommation.id)
    return [Used(row.libelle if need is None else need.titre, need, row) for row, need in db.session.execute(query)]


def note_used(jour: Jour, said: Mapping[str, int | None], *, more: tuple[str, int] | None, by: Personne, read: str) -> None:
    """What was really used, in hundredths by the name of its field, and `more` that nobody had foreseen.

    `read` is `reading` of the sheet when the page was shown: raises Conflict when somebody wrote something else since.
    """
    lock_one(jour.action)
    jour = lock_one(jour)
    if not jour.is_live:
        raise DayOver
    lines = consumptions(jour)
    check_reading(read, sheet_of(lines), said)
    changed = [line.libelle for line in lines if line.key in said and _use(jour, line, said[line.key], by)]
    if more and more not in {(line.libelle, line.said.quantite) for line in lines if line.said}:  # sent twice, it is once
        libelle, quantite = more
        db.session.add(Consommation(jour_id=jour.id, libelle=libelle, quantite=quantite, par_id=by.id))
        changed.append(libelle)
    if changed:
        relever.tell(jour.action, by=by, lignes=changed)


def _use(jour: Jour, line: Used, quantite: int | None, by: Personne) -> bool:
    """Whether that was news."""
    if quantite == (line.said.quantite if line.said else None):
        return False
    if line.said is None:
        besoin_id = line.besoin.id if line.besoin else None
        values = {"libelle": line.libelle, "quantite": quantite, "par_id": by.id}
        db.session.add(Consommation(jour_id=jour.id, besoin_id=besoin_id, **values))
    elif quantite is None:
        db.session.delete(line.said)
    else:
        line.said.quantite, line.said.par, line.said.le = quantite, by, clock.now()
    return True
