"""Reading the invoices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, extract, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, defaultload, defer, joinedload, load_only, selectinload, undefer

from portal import clock, policy
from portal.actions import models as actions
from portal.actions.models import STOPPED, Action, Demandeur
from portal.comptes.models import Personne
from portal.db import db
from portal.devis import models as devis
from portal.factures.models import (
    RELANCES,
    Depot,
    Etat,
    Exercice,
    Facture,
    LigneFacture,
    Nature,
    Reglement,
    Relance,
    Serie,
    Statut,
)
from portal.journal import Called, describes
from portal.poles.models import Adhesion
from portal.reglage import Profil
from portal.web import Leaf, leaf

PAGE = 25
COMING = frozenset({actions.Etat.CONFIRMEE, actions.Etat.EN_COURS})
OVER = frozenset({actions.Etat.TERMINEE, actions.Etat.FACTUREE, actions.Etat.SOLDEE})  # settled, it may be invoiced anew
ASKED_IN = {Nature.ACOMPTE: COMING, Nature.FACTURE: OVER}  # once the day is over, all of it is asked for
NAME = (Facture.nature, Facture.serie, Facture.annee, Facture.rang)
SHEET: tuple[Any, ...] = (  # of one invoice: what its page does not touch of it is not asked for
    joinedload(Facture.action).joinedload(Action.demandeur),
    joinedload(Facture.action).joinedload(Action.bienveillant),
    joinedload(Facture.devis),
    joinedload(Facture.emise_par),
    joinedload(Facture.acomptes).joinedload(Facture.avoirs),
    joinedload(Facture.origine).joinedload(Facture.avoirs),
    defaultload(Facture.lignes).options(joinedload(LigneFacture.pole), joinedload(LigneFacture.ligne_devis)),
    defaultload(Facture.reglements).options(joinedload(Reglement.par), joinedload(Reglement.annule_par)),
    defaultload(Facture.relances).joinedload(Relance.par),
    defaultload(Facture.depots).joinedload(Depot.par),
)
PAPER: tuple[Any, ...] = (*SHEET, undefer(Facture.pdf))
REMINDED: tuple[Any, ...] = (*SHEET, joinedload(Facture.relances))  # three at most
WHOLE: tuple[Any, ...] = (  # all of it, for whoever holds its lock: nothing stays as it was read before
    *SHEET,
    *map(selectinload, (Facture.lignes, Facture.reglements, Facture.relances, Facture.depots, Facture.avoirs)),
)
CREDITED = joinedload(Facture.avoirs).load_only(Facture.origine_id, Facture.etat, Facture.ttc, Facture.deduit)
SUMS: tuple[Any, ...] = (  # what is still to come, and no more
    CREDITED,
    selectinload(Facture.reglements).load_only(Reglement.facture_id, Reglement.montant),
)


def fresh(id: int) -> Facture | None:
    """An invoice as it now is, with its lines."""
    return _again(Facture.id == id)


def of_action(action: Action) -> list[Facture]:
    """All that was invoiced of it, and what is being prepared, the oldest first."""
    query = select(Facture).where(Facture.action_id == action.id).order_by(Facture.id)
    owed = joinedload(Facture.avoirs), selectinload(Facture.reglements)
    return list(db.session.scalars(query.options(*owed).execution_options(populate_existing=True)).unique())


def left_for(action: Action) -> list[Facture]:
    """What left of it, the oldest first, without what it says."""
    query = select(Facture).where(Facture.action_id == action.id, Facture.etat != Etat.BROUILLON).order_by(Facture.id)
    return list(db.session.scalars(query.options(defer(Facture.contenu), *SUMS)).unique())


def unpaid_since(day: date) -> list[Facture]:
    """Those whose last day to pay is that one or before, whose demandeur can be written to, and a reminder is left.

    What a stopped action still owes is left to whoever keeps the money.
    """
    last = exists().where(Relance.facture_id == Facture.id, Relance.rang == len(RELANCES))
    client = Action.etat.not_in(STOPPED), Demandeur.email != ""
    query = select(Facture).join(Facture.action).join(Action.demandeur)
    query = query.where(_awaited(), Facture.echeance <= day, *client, ~last).order_by(Facture.id)
    whom = contains_eager(Facture.action).contains_eager(Action.demandeur)
    options = whom, defer(Facture.contenu), selectinload(Facture.relances), selectinload(Facture.depots), *SUMS
    return list(db.session.scalars(query.options(*options).execution_options(populate_existing=True)).unique())


def drafted(action: Action, nature: Nature) -> Facture | None:
    return _again(Facture.action_id == action.id, Facture.etat == Etat.BROUILLON, Facture.nature == nature)


def _again(*which: ColumnElement[bool]) -> Facture | None:
    query = select(Facture).where(*which).options(*WHOLE).execution_options(populate_existing=True)
    return db.session.scalars(query).unique().one_or_none()


def standing(action: Action, nature: Nature) -> list[Facture]:
    """Those of that nature that left, the oldest first, but those of which nothing stands any more."""
    query = select(Facture).where(Facture.action_id == action.id, Facture.etat != Etat.BROUILLON).order_by(Facture.id)
    query = query.options(joinedload(Facture.avoirs)).execution_options(populate_existing=True)
    there = db.session.scalars(query).unique().all()
    return [one for one in there if one.nature is nature and not is_void(one, there)]


def still_asking(action: Action) -> list[Facture]:
    """The invoices of the whole that left, the oldest first, but those of which avoirs, or deposits, took all that they ask."""
    whole = Facture.nature == Nature.FACTURE, Facture.etat != Etat.BROUILLON, not_credited() > 0
    query = select(Facture).where(Facture.action_id == action.id, *whole).order_by(Facture.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def is_void(facture: Facture, there: Iterable[Facture]) -> bool:
    """Avoirs took back all that it asked for; or the deposits, `there`, which had asked for all of it before."""
    if facture.is_draft or facture.a_payer:
        return facture.is_cancelled
    deducted = {said["numero"] for said in (facture.contenu or {})["acomptes"]}
    return bool(deducted) and all(one.is_cancelled for one in there if one.numero in deducted)


def chain() -> list[Reglement]:
    """All the payments, in the order in which they were noted."""
    query = select(Reglement).order_by(Reglement.annee, Reglement.rang)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def payments(number: int) -> Leaf:
    """The same, the last one first, with what each was for."""
    query = select(Reglement).order_by(Reglement.annee.desc(), Reglement.rang.desc())
    return leaf(query, number, PAGE, joinedload(Reglement.facture).load_only(*NAME))


def closed_until() -> int:
    """The last year that is closed, 0 when none is: nothing is dated in it any more, nor before."""
    return db.session.scalar(select(func.max(Exercice.annee))) or 0


def closings() -> dict[int, Exercice]:
    """By year."""
    query = select(Exercice).options(joinedload(Exercice.par)).order_by(Exercice.annee)
    return {one.annee: one for one in db.session.scalars(query)}


def years() -> list[int]:
    """Those in which an invoice was issued or money came, the first one first."""
    issued, paid = select(Facture.annee).where(Facture.rang.is_not(None)), select(extract("year", Reglement.le))
    return sorted(int(annee) for annee in db.session.scalars(issued.union(paid)) if annee)


def said_in(annees: Iterable[int]) -> list[Facture]:
    """The invoices and the avoirs of these years, in the order of their numbers, with what they say and no more."""
    query = select(Facture).where(Facture.annee.in_(annees)).order_by(Facture.annee, Facture.serie.desc(), Facture.rang)
    said = load_only(*NAME, Facture.contenu)
    return list(db.session.scalars(query.options(said).execution_options(populate_existing=True)))


def moved_in(annees: Iterable[int]) -> list[Reglement]:
    """The money that came and went on the days of these years, in the order in which it was noted."""
    query = select(Reglement).where(extract("year", Reglement.le).in_(annees)).order_by(Reglement.annee, Reglement.rang)
    return list(db.session.scalars(query.options(joinedload(Reglement.annule)).execution_options(populate_existing=True)))


class Reste(NamedTuple):
    """What is not finished of a year."""

    to_issue: int  # invoices and avoirs, prepared or not, of actions that took place in it
    due: int  # cents still to come for what was issued in it


def left_of(annee: int) -> Reste:
    """In one query."""
    took_place = Action.debut >= clock.start_of(date(annee, 1, 1)), Action.debut < clock.start_of(date(annee + 1, 1, 1))
    reopened = Facture.etat == Etat.BROUILLON, Facture.nature == Nature.FACTURE, Action.etat.in_(COMING)
    never_closed = and_(Action.etat.in_(COMING), Action.fin < clock.now())
    too_late = and_(Facture.nature == Nature.ACOMPTE, never_closed)  # the whole is counted
    left = or_(_to_issue(), and_(*reopened)), ~too_late
    drafts = select(func.count(Facture.id)).join(Facture.action).where(*left, *took_place)
    unasked = _unasked(or_(Action.etat == actions.Etat.TERMINEE, never_closed)).where(*took_place)
    not_begun = select(func.count()).select_from(unasked.with_only_columns(Action.id).subquery())
    to_come = not_credited() - func.coalesce(_came(), 0)
    due = select(func.coalesce(func.sum(to_come), 0)).where(Facture.annee == annee, _awaited(), to_come > 0)
    to_issue = drafts.scalar_subquery() + not_begun.scalar_subquery()
    found = db.session.execute(select(to_issue, due.scalar_subquery())).one()
    return Reste(*map(int, found))  # PostgreSQL sums what was summed as a Decimal


def issued_in(annee: int) -> list[Facture]:
    """The invoices and the avoirs of that year, in the order of their numbers."""
    query = select(Facture).where(Facture.annee == annee).order_by(Facture.serie.desc(), Facture.rang)
    options = (
        joinedload(Facture.action).load_only(Action.demandeur_id, Action.titre),
        joinedload(Facture.origine).load_only(*NAME),
        selectinload(Facture.avoirs).load_only(*NAME, Facture.origine_id, Facture.etat, Facture.ttc, Facture.deduit),
        selectinload(Facture.reglements).load_only(Reglement.facture_id, Reglement.le, Reglement.montant),
    )
    return list(db.session.scalars(query.options(*options).execution_options(populate_existing=True)))


def deducting(factures: Iterable[Facture]) -> list[Facture]:
    """Of the same actions, of any year, the invoices that deduct deposits, in the order in which they left."""
    actions = {one.action_id for one in factures}
    query = select(Facture).where(Facture.action_id.in_(actions), Facture.deduit > 0, Facture.rang.is_not(None))
    return list(db.session.scalars(query.order_by(Facture.emise_le, Facture.id)))


def paid_in(annee: int) -> list[Reglement]:
    """The money that came and went on the days of that year, in the order in which it was noted."""
    days = Reglement.le.between(date(annee, 1, 1), date(annee, 12, 31))
    query = select(Reglement).where(days).order_by(Reglement.annee, Reglement.rang)
    facture = joinedload(Reglement.facture)
    options = (
        facture.load_only(*NAME, Facture.contenu).joinedload(Facture.action).load_only(Action.demandeur_id),
        joinedload(Reglement.annule),
        joinedload(Reglement.par),
    )
    return list(db.session.scalars(query.options(*options).execution_options(populate_existing=True)))


def asked_by(factures: Iterable[Facture], paid: Iterable[Reglement]) -> list[Facture]:
    """What these papers and payments are of, with all that was asked, taken back, paid and given back of it, in any year."""
    ids = {one.origine_id or one.id for one in factures} | {one.facture_id for one in paid}
    options = (selectinload(Facture.avoirs), selectinload(Facture.reglements))
    query = select(Facture).where(Facture.id.in_(ids)).options(*options).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def kept_deposits(annee: int) -> list[Facture]:
    """The deposits of that year that stopped actions keep: owed, as the journal has them, to nobody any more."""
    query = select(Facture).join(Facture.action).where(Facture.annee == annee, Facture.nature == Nature.ACOMPTE)
    query = query.where(Action.etat.in_(STOPPED)).order_by(Facture.rang).options(defer(Facture.contenu), CREDITED)
    return [one for one in db.session.scalars(query).unique() if not one.is_cancelled]


def papers_until(annee: int) -> Iterator[Facture]:
    """All that was issued up to that year, what it says and its paper with it, in the order of their numbers."""
    query = select(Facture).where(Facture.annee <= annee).order_by(Facture.serie, Facture.annee, Facture.rang)
    columns = load_only(*NAME, Facture.contenu, Facture.empreinte, Facture.pdf)
    return iter(db.session.scalars(query.options(columns).execution_options(yield_per=20, populate_existing=True)))


def series() -> dict[str, Serie]:
    """By prefix, the last number that each series gave."""
    query = select(Serie).order_by(Serie.prefixe).execution_options(populate_existing=True)
    return {one.prefixe: one for one in db.session.scalars(query)}


def asks() -> ColumnElement[bool]:
    """A draft that still asks for something: that of a deposit until the day is over, that of all of it from then on."""
    natures = (and_(Facture.nature == nature, Facture.action.has(Action.etat.in_(when))) for nature, when in ASKED_IN.items())
    return and_(Facture.etat == Etat.BROUILLON, or_(*natures))


def _to_issue() -> ColumnElement[bool]:
    return or_(asks(), and_(Facture.etat == Etat.BROUILLON, Facture.nature == Nature.AVOIR))


def _awaited() -> ColumnElement[bool]:
    return and_(Facture.etat == Etat.EMISE, Facture.nature != Nature.AVOIR)


def not_credited() -> ColumnElement[int]:
    """Cents that an invoice asks for and no avoir took off."""
    avoir = aliased(Facture)
    credited = select(func.sum(avoir.ttc)).where(avoir.origine_id == Facture.id, avoir.etat != Etat.BROUILLON)
    return Facture.ttc - Facture.deduit - func.coalesce(credited.scalar_subquery(), 0)


def _came() -> ScalarSelect[int]:
    return select(func.sum(Reglement.montant)).where(Reglement.facture_id == Facture.id).scalar_subquery()


def _too_much_came() -> ColumnElement[bool]:
    return _came() > not_credited()


def is_unsettled() -> ColumnElement[bool]:
    """Money is still to come for it, or to be given back."""
    return or_(_awaited(), _too_much_came())


def _to_hand_over() -> ColumnElement[bool]:
    """What `facturx.is_wanted` says of what was frozen, and the platform does not have: not handed over, or refused."""
    said = Facture.contenu
    reformed = or_(said["chorus"].as_boolean(), said["profil"].as_string() != Profil.EXONEREE.value)
    numbered = said["client", "siret"].as_string() != "", said["maison", "siret"].as_string() != ""
    noted = select(Depot.statut).where(Depot.facture_id == Facture.id).order_by(Depot.id.desc()).limit(1).scalar_subquery()
    again = and_(noted == Statut.REFUSEE, or_(Facture.nature == Nature.AVOIR, not_credited() > 0))
    waits = or_(noted.is_(None), noted == Statut.A_DEPOSER, again)
    return and_(Facture.etat != Etat.BROUILLON, ~said["client", "particulier"].as_boolean(), *numbered, reformed, waits)


VUES: dict[str, tuple[str, Callable[[], ColumnElement[bool]]]] = {
    "a_emettre": ("À émettre", _to_issue),
    "a_deposer": ("À déposer (plateforme)", _to_hand_over),
    "a_encaisser": ("À encaisser", _awaited),
    "en_retard": ("En retard", lambda: and_(_awaited(), Facture.echeance < clock.today())),
    "a_rendre": ("À rembourser", _too_much_came),
    "payees": ("Payées", lambda: Facture.etat == Etat.PAYEE),
    "toutes": ("Toutes", true),
}


def waiting(vue: str) -> Select[Facture]:
    """Those that a key of VUES names, for whoever counts what awaits."""
    return select(Facture).where(VUES[vue][1]())


def to_prepare(*, of: Personne | None = None) -> Select[Action]:
    """What is agreed and was never asked for, not even by a draft: all of it once the day is over, before it the deposit.

    What an avoir took back is prepared again by whoever wants it. `of` somebody: the actions that they set up.
    """
    query = _unasked(Action.etat == actions.Etat.TERMINEE)
    return query.where(Action.bienveillant_id == of.id) if of else query


def _unasked(is_over: ColumnElement[bool]) -> Select[Action]:
    on_it = exists().where(Facture.action_id == Action.id)
    over = is_over, devis.Devis.ttc > 0, ~on_it.where(Facture.nature == Nature.FACTURE)
    promised = Action.etat.in_(COMING), devis.Devis.contenu["acompte"].as_integer() > 0, ~on_it
    agreed = and_(devis.Devis.action_id == Action.id, devis.Devis.etat == devis.Etat.ACCEPTE)
    return select(Action).join(devis.Devis, agreed).where(or_(and_(*over), and_(*promised)))


def actions_to_prepare(number: int, *, of: Personne | None = None) -> Leaf:
    """The same, the soonest day first."""
    return leaf(to_prepare(of=of).order_by(Action.debut, Action.id), number, PAGE, joinedload(Action.demandeur))


def listed(vue: str, number: int, *, of: Personne | None = None) -> Leaf:
    """Those that a key of VUES names, the latest first; `of` somebody: those of the actions they set up, or of their pôles."""
    query = waiting(vue).join(Facture.action)
    if of:
        query = query.where(or_(Action.bienveillant_id == of.id, _has_a_part(of)))
    latest = query.order_by(Facture.emise_le.is_(None).desc(), Facture.id.desc())
    options = contains_eager(Facture.action).joinedload(Action.demandeur), defer(Facture.contenu), *SUMS
    return leaf(latest, number, PAGE, *options)


def _has_a_part(personne: Personne) -> ColumnElement[bool]:
    mine = select(Adhesion.pole_id).where(Adhesion.personne_id == personne.id)
    return exists().where(LigneFacture.facture_id == Facture.id, LigneFacture.pole_id.in_(mine))


@policy.provides("has_a_part")
def has_a_part(personne: Personne, facture: Facture) -> bool:
    """Of a pôle or groupe that one of its lines benefits."""
    return bool(db.session.scalar(select(Facture.id).where(Facture.id == facture.id, _has_a_part(personne))))


def _named(nature: str, serie: str | None, annee: str | None, rang: str | None) -> Facture:
    """As its row says who it is, each a text."""
    year, rank = (int(number) if number else None for number in (annee, rang))
    return Facture(nature=Nature(nature), serie=serie, annee=year, rang=rank)


@describes("reglement", lambda annee, rang: f"Règlement {Reglement(annee=int(annee), rang=int(rang)).numero}")
def _noted() -> Called:
    """ "Règlement R-2026-0001"."""
    return select(Reglement.id, Reglement.annee, Reglement.rang)


@describes("depot", lambda statut, *name: f"Plateforme, {_named(*name).numero} {Statut(statut).label.lower()}")
def _handed_over() -> Called:
    """ "Plateforme, F-2026-0001 refusée"."""
    return select(Depot.id, Depot.statut, *NAME).join(Depot.facture)


@describes("facture", lambda *name: _named(*name).label)
def _called() -> Called:
    """ "Facture F-2026-0001"."""
    return select(Facture.id, *NAME)


@describes("exercice", lambda annee: f"Exercice {annee}")
def _closed() -> Called:
    """ "Exercice 2026"."""
    return select(Exercice.id, Exercice.annee)
