"""Reading the invoices."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import contains_eager, joinedload, load_only, selectinload

from portal import clock, policy
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import db
from portal.factures.models import Etat, Facture, LigneFacture, Nature, Reglement
from portal.journal import describes
from portal.poles.models import Adhesion
from portal.web import Leaf, leaf

PAGE = 25
LINES = selectinload(Facture.lignes)
SHEET: tuple[Any, ...] = (
    joinedload(Facture.action).joinedload(Action.demandeur),
    joinedload(Facture.action).joinedload(Action.bienveillant),
    joinedload(Facture.devis),
    LINES.joinedload(LigneFacture.pole),
    LINES.joinedload(LigneFacture.ligne_devis),
    selectinload(Facture.reglements).joinedload(Reglement.par),
    selectinload(Facture.reglements).joinedload(Reglement.annule_par),
)


def fresh(id: int) -> Facture | None:
    """An invoice as it now is, with its lines."""
    query = select(Facture).where(Facture.id == id).options(*SHEET)
    return db.session.scalar(query.execution_options(populate_existing=True))


def of_action(action: Action) -> list[Facture]:
    """All that was invoiced of it, and what is being prepared, the oldest first."""
    query = select(Facture).where(Facture.action_id == action.id).options(*SHEET).order_by(Facture.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def drafted(action: Action, nature: Nature) -> Facture | None:
    return next((one for one in of_action(action) if one.is_draft and one.nature is nature), None)


def issued(action: Action, nature: Nature) -> list[Facture]:
    """Those of that nature that bear a number, the oldest first."""
    return [one for one in of_action(action) if one.nature is nature and not one.is_draft]


def chain() -> list[Reglement]:
    """All the payments, in the order in which they were noted."""
    query = select(Reglement).options(joinedload(Reglement.facture)).order_by(Reglement.annee, Reglement.rang)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def listed(etats: Collection[Etat], number: int, *, late: bool = False, of: Personne | None = None) -> Leaf:
    """Those in these states, the latest first; `late`: whose last day to pay is over.

    `of` somebody: those of the actions they set up, or of their pôles.
    """
    query = select(Facture).join(Facture.action).where(Facture.etat.in_(etats))
    if late:
        query = query.where(Facture.echeance < clock.today())
    if of:
        query = query.where(or_(Action.bienveillant_id == of.id, _has_a_part(of)))
    latest = query.order_by(Facture.emise_le.is_(None).desc(), Facture.id.desc())
    return leaf(latest, number, PAGE, contains_eager(Facture.action).joinedload(Action.demandeur))


def _has_a_part(personne: Personne) -> ColumnElement[bool]:
    mine = select(Adhesion.pole_id).where(Adhesion.personne_id == personne.id)
    return exists().where(LigneFacture.facture_id == Facture.id, LigneFacture.pole_id.in_(mine))


@policy.provides("has_a_part")
def has_a_part(personne: Personne, facture: Facture) -> bool:
    """Of a pôle or groupe that one of its lines benefits."""
    return bool(db.session.scalar(select(Facture.id).where(Facture.id == facture.id, _has_a_part(personne))))


@describes("reglement")
def _noted(ids: Collection[int]) -> dict[int, str]:
    """ "Règlement R-2026-0001"."""
    rows = db.session.scalars(select(Reglement).where(Reglement.id.in_(ids)))
    return {one.id: f"Règlement {one.numero}" for one in rows}


@describes("facture")
def _called(ids: Collection[int]) -> dict[int, str]:
    """ "Facture F-2026-0001"."""
    columns = (Facture.nature, Facture.serie, Facture.annee, Facture.rang)
    rows = db.session.scalars(select(Facture).where(Facture.id.in_(ids)).options(load_only(*columns)))
    return {facture.id: facture.label for facture in rows}
