"""The devis of the house, by what is to be done of each; the amounts of a year; what a spreadsheet takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased, contains_eager, defer, joinedload

from portal import clock, reglage
from portal.actions.models import ALIVE, STOPPED, Action
from portal.actions.models import Etat as EtatAction
from portal.comptes.models import Personne
from portal.db import counts, db
from portal.devis.models import Accord, Devis, Etat, LigneDevis, demander_un_changement
from portal.devis.queries import REMINDED, awaits_a_pole, is_draft
from portal.journal import EntreeJournal
from portal.poles.models import Pole
from portal.shown import Shown
from portal.web import Leaf

PAGE = 50
HALF, WHOLE = 500_000, 1_000_000  # of hundredths of a unit times hundredths of a percent


class Vue(Shown):
    """Which devis, by what they wait for."""

    EN_ATTENTE = "en_attente", "En attente", "send"
    A_RELANCER = "a_relancer", "À relancer", "bell"
    A_REVOIR = "a_revoir", "À revoir", "message-square"
    A_APPROUVER = "a_approuver", "Remise à approuver", "user-check"
    BROUILLONS = "brouillons", "Brouillons", "pencil"
    ACCEPTES = "acceptes", "Acceptés", "check"
    EXPIRES = "expires", "Expirés", "hourglass"
    TOUS = "tous", "Tous", "list-checks"


WAITING = frozenset(Vue) - {Vue.TOUS}


@dataclass(frozen=True)
class Filtres:
    """`mois` is the first day of the month in which the action takes place."""

    vue: Vue = Vue.EN_ATTENTE
    bienveillant_id: int | None = None
    pole_id: int | None = None
    mois: date | None = None


@dataclass(frozen=True)
class Suivi:
    """A devis, and whether its demandeur asked for a change that no later version answers yet."""

    devis: Devis
    change: bool

    @property
    def waits(self) -> bool:
        return self.devis.etat is Etat.ENVOYE and not self.change

    @property
    def days_left(self) -> int:
        """Before it expires: 0 on its last day."""
        assert self.devis.valable_jusqu_au
        return (self.devis.valable_jusqu_au - clock.today()).days

    @property
    def silence(self) -> int:
        """Days since it left."""
        assert self.devis.envoye_le
        return (clock.today() - clock.local(self.devis.envoye_le).date()).days

    @property
    def is_urgent(self) -> bool:
        return self.waits and self.days_left <= REMINDED.days

    @property
    def is_late(self) -> bool:
        return self.waits and self.silence > reglage.RELANCE.valeur


# --- what each waits for -------------------------------------------------------------------------------------


def _changed() -> ColumnElement[bool]:
    asked = EntreeJournal.sujet == literal("devis:").concat(cast(Devis.id, Text))
    told = exists().where(asked, EntreeJournal.evenement == demander_un_changement.key)
    return and_(Devis.etat == Etat.ENVOYE, told, _is_last())


def _is_last() -> ColumnElement[bool]:
    later = aliased(Devis)
    return ~exists().where(later.action_id == Devis.action_id, later.version > Devis.version)


def _alone() -> ColumnElement[bool]:
    """No other version of it was accepted."""
    other = aliased(Devis)
    return ~exists().where(other.action_id == Devis.action_id, other.etat == Etat.ACCEPTE)


def _where(vue: Vue, by: Personne) -> tuple[ColumnElement[bool], ...]:
    alive = Action.etat.in_(ALIVE)
    out = alive, Devis.etat == Etat.ENVOYE, ~_changed()
    return {
        Vue.EN_ATTENTE: out,
        Vue.A_RELANCER: (*out, or_(Devis.envoye_le < _long_ago(), Devis.valable_jusqu_au <= clock.today() + REMINDED)),
        Vue.A_REVOIR: (alive, or_(_changed(), _turned_down())),
        Vue.A_APPROUVER: (alive, _is_to_approve(), Devis.remise_par_id != by.id),
        Vue.BROUILLONS: (alive, Devis.etat == Etat.BROUILLON),
        Vue.ACCEPTES: (Devis.etat == Etat.ACCEPTE,),
        Vue.EXPIRES: (Devis.etat == Etat.EXPIRE,),
        Vue.TOUS: (),
    }[vue]


def _long_ago() -> object:
    return clock.start_of(clock.today() - timedelta(days=reglage.RELANCE.valeur))


def _turned_down() -> ColumnElement[bool]:
    """Refused or expired, and nothing has followed."""
    over = Devis.etat.in_((Etat.REFUSE, Etat.EXPIRE))
    return and_(over, Action.etat == EtatAction.DEVIS_ENVOYE, _is_last())


def _is_to_approve() -> ColumnElement[bool]:
    """A draft with a discount that one person does not grant alone, and that nobody else has agreed to."""
    large = exists().where(LigneDevis.devis_id == Devis.id, LigneDevis.remise > reglage.REMISE_SEULE.valeur * 100)
    return and_(is_draft(), Devis.approuve_par_id.is_(None), large)


def _is_objected_to() -> ColumnElement[bool]:
    return exists().where(LigneDevis.devis_id == Devis.id, LigneDevis.reserve != "")


def _of(filtres: Filtres, by: Personne) -> Select[Devis]:
    query = select(Devis).join(Devis.action).where(*_where(filtres.vue, by))
    if filtres.bienveillant_id:
        query = query.where(Action.bienveillant_id == filtres.bienveillant_id)
    if filtres.pole_id:
        query = query.where(exists().where(LigneDevis.devis_id == Devis.id, LigneDevis.pole_id == filtres.pole_id))
    if filtres.mois:
        first, after = clock.start_of(filtres.mois), clock.start_of(_next(filtres.mois))
        query = query.where(Action.debut >= first, Action.debut < after)
    return query


def _next(mois: date) -> date:
    return (mois + timedelta(days=31)).replace(day=1)


# --- what awaits somebody, on the home page ------------------------------------------------------------------


def to_prepare(by: Personne) -> Select[Action]:
    """Actions of this bienveillant whose devis, or whose next version of it, is theirs to prepare or to send.

    It is not while a discount is to be approved, nor while a pôle or groupe has lines to answer and none has objected.
    """
    draft = Devis.action_id == Action.id, is_draft()
    elsewhere = or_(_is_to_approve(), and_(awaits_a_pole(), ~_is_objected_to()))
    another = and_(Action.etat.in_((EtatAction.DEVIS_ENVOYE, EtatAction.CONFIRMEE)), exists().where(*draft))
    begun = or_(Action.etat == EtatAction.VALIDEE, another)
    return select(Action).where(Action.bienveillant_id == by.id, begun, ~exists().where(*draft, elsewhere))


def to_follow_up(by: Personne) -> Select[Devis]:
    """Those of this bienveillant that went out long ago, or that expire soon."""
    return _of(Filtres(Vue.A_RELANCER, by.id), by)


def to_look_at_again(by: Personne) -> Select[Devis]:
    """Those of this bienveillant that were refused, that expired, or of which a change is asked."""
    return _of(Filtres(Vue.A_REVOIR, by.id), by)


def to_approve(by: Personne) -> Select[Devis]:
    return _of(Filtres(Vue.A_APPROUVER), by)


# --- the list ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Liste:
    """One page of a view, and how many each view holds when the other filters are the same; all of them: only when asked."""

    leaf: Leaf
    totaux: dict[Vue, int]


def listed(filtres: Filtres, number: int, *, by: Personne) -> Liste:
    """Those that wait: the first to expire first; the others: the latest first. Two queries."""
    asked = [vue for vue in Vue if vue in {*WAITING, filtres.vue}]
    found = counts({vue.value: _of(replace(filtres, vue=vue), by) for vue in asked})
    totals = {vue: found[vue].number if vue in found else 0 for vue in asked}
    soonest = filtres.vue in {Vue.EN_ATTENTE, Vue.A_RELANCER}
    order = (Devis.valable_jusqu_au, Devis.id) if soonest else (Devis.id.desc(),)
    query = _of(filtres, by).add_columns(_changed()).order_by(*order).limit(PAGE).offset((number - 1) * PAGE)
    rows = [Suivi(devis, change) for devis, change in db.session.execute(query.options(*_beside()))]
    return Liste(Leaf(rows, number, totals[filtres.vue], PAGE), totals)


def _beside() -> tuple[Any, ...]:
    of_action = contains_eager(Devis.action)
    people = (joinedload(Action.demandeur), joinedload(Action.bienveillant), joinedload(Action.pole_porteur))
    return of_action.options(*people), defer(Devis.contenu)


def exported(filtres: Filtres, *, by: Personne) -> list[tuple[Devis, Accord | None]]:
    """All that the filters keep, with the acceptance that stands; one query."""
    standing = and_(Accord.devis_id == Devis.id, Accord.annule_le.is_(None))
    query = _of(filtres, by).add_columns(Accord).outerjoin(Accord, standing).order_by(Devis.id)
    return [(devis, accord) for devis, accord in db.session.execute(query.options(*_beside()))]


# --- the amounts ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Somme:
    """Cents without TVA, as the demandeur pays them, of a month of the year at a pôle or groupe (None: the commun)."""

    mois: int
    pole: Pole | None
    acquis: int  # accepted
    attendu: int  # sent, not answered


def amounts(annee: int, bienveillant_id: int | None = None) -> list[Somme]:
    """Of the actions of that year, by month then by pôle; what was cancelled counts no more. One query."""
    starts = [clock.start_of(date(annee + n // 12, n % 12 + 1, 1)) for n in range(13)]
    mois = case(*((Action.debut < starts[n], n) for n in range(1, 12)), else_=12).label("mois")
    agreed, waits = Devis.etat == Etat.ACCEPTE, and_(Devis.etat == Etat.ENVOYE, _alone())
    query = (
        select(mois, Pole, _sum(agreed), _sum(Devis.etat == Etat.ENVOYE))
        .select_from(Devis)
        .join(Devis.action)
        .join(Devis.lignes)
        .outerjoin(LigneDevis.pole)
        .where(Action.debut >= starts[0], Action.debut < starts[12], Action.etat.not_in(STOPPED), or_(agreed, waits))
        .group_by("mois", Pole.id)
        .order_by("mois", Pole.nom)
    )
    if bienveillant_id:
        query = query.where(Action.bienveillant_id == bienveillant_id)
    return [Somme(month, pole, int(had), int(hoped)) for month, pole, had, hoped in db.session.execute(query)]


def _sum(of: ColumnElement[bool]) -> ColumnElement[int]:
    """`Ligne.montant` of those, as the database counts it: whole numbers, rounded half up once a line."""
    whole = cast(LigneDevis.quantite, BigInteger) * LigneDevis.prix * (10_000 - LigneDevis.remise)
    return func.coalesce(func.sum(case((and_(of, ~LigneDevis.comprise), (whole + HALF) // WHOLE), else_=0)), 0)


def by_month(sums: Iterable[Somme]) -> list[tuple[int, int, int]]:
    """(month, accepted, awaited) of the twelve."""
    found = dict.fromkeys(range(1, 13), (0, 0))
    for s in sums:
        found[s.mois] = found[s.mois][0] + s.acquis, found[s.mois][1] + s.attendu
    return [(mois, *both) for mois, both in found.items()]


def by_pole(sums: Iterable[Somme]) -> Iterator[tuple[str, int, int]]:
    """(whom, accepted, awaited), the largest first."""
    found: dict[str, tuple[int, int]] = {}
    for s in sums:
        whom = s.pole.label if s.pole else "Le commun"
        had, hoped = found.get(whom, (0, 0))
        found[whom] = had + s.acquis, hoped + s.attendu
    for whom, (had, hoped) in sorted(found.items(), key=lambda row: -sum(row[1])):
        yield whom, had, hoped
