"""Reading what an action brought in, cost, and gives to each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, null, or_, select, union_all
from sqlalchemy.orm import defaultload, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal import clock, policy, reglage
from portal.actions import models as actions
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.contributions import queries as contributions
from portal.contributions.models import Contribution, Unite
from portal.db import db
from portal.devis import chiffrage
from portal.devis import models as devis
from portal.devis.models import Devis, LigneDevis
from portal.factures import queries as invoices
from portal.factures.models import Facture, LigneFacture
from portal.factures.models import Nature as Sorte
from portal.journal import Called, describes
from portal.partage import calcul
from portal.partage.models import Cle, Depense, Ecriture, Etat, Partage
from portal.poles import queries as house
from portal.poles.models import Adhesion, Pole
from portal.web import Leaf, leaf

PAGE = 25
TO_SHARE = frozenset({actions.Etat.TERMINEE, actions.Etat.FACTUREE})
COSTING = TO_SHARE | invoices.COMING | actions.SETTLED  # stopped, fees still come


class Charge(NamedTuple):
    """What the hours book says that chargés de mission earned on it."""

    unite: Unite
    quantite: int  # points or cents
    cents: int


class Ligne(NamedTuple):
    """Of one pôle or groupe, or of the commun: its key, its part, what it spent, what the devis foresaw that it would."""

    pole: Pole | None
    cle: int
    part: int
    donne: int  # what the ledger gives it
    depense: int
    prevu: int


@dataclass(frozen=True)
class Compte:
    """All that the page of a share-out says."""

    action: Action
    partage: Partage | None
    factures: list[Facture]  # those that left
    is_prepared: bool  # whether a draft of all of it is there, that may leave
    comptees: dict[int | None, list[chiffrage.Ligne]]  # the lines of each invoice, by its id; None: of the agreed devis
    depenses: list[Depense]
    charges: list[Charge]
    poles: dict[int, Pole]  # in their order

    @property
    def etat(self) -> Etat:
        return self.partage.etat if self.partage else Etat.PROVISOIRE

    @cached_property
    def facture(self) -> int:
        """Cents without TVA, invoiced, the deposits counted once."""
        return sum(_without_deposits(one) for one in self.factures if not one.is_credit)

    @cached_property
    def avoirs(self) -> int:
        return sum(one.ht for one in self.factures if one.is_credit)

    @cached_property
    def couts(self) -> int:
        return sum(one.montant for one in self.depenses) + sum(one.cents for one in self.charges)

    @property
    def benefice(self) -> int:
        """Below 0, a loss."""
        return self.facture - self.avoirs - self.couts

    @cached_property
    def cles(self) -> dict[int, int]:
        """Those that somebody chose, or that a decision froze; else what the lines say."""
        if self.partage and (self.partage.motif or self.partage.etat is not Etat.PROVISOIRE):
            return {cle.pole_id: cle.part for cle in self.partage.cles if cle.part}
        return self.cles_des_lignes

    @property
    def cles_des_lignes(self) -> dict[int, int]:
        """From what was really invoiced; before that, from the devis."""
        there = self.factures
        whole = next((one.id for one in there if one.nature is Sorte.FACTURE and not invoices.is_void(one, there)), None)
        worth = Counter[int | None]()
        for line in self.comptees.get(whole, []):
            worth[line.pole_id] += line.valeur
        return calcul.keys(worth, commun=self.au_commun)

    @property
    def au_commun(self) -> int:
        """Percent, before anybody's key."""
        return reglage.PART_COMMUN.valeur

    @property
    def parts(self) -> calcul.Parts:
        """What each is due, as things stand."""
        return calcul.parts(self.benefice, self.cles)

    @cached_property
    def donnes(self) -> calcul.Parts:
        """What the ledger gives each: nothing before it is decided."""
        given = Counter[int | None]()
        for line in self.partage.ecritures if self.partage and self.etat is not Etat.PROVISOIRE else []:
            given[line.pole_id] += line.montant
        return dict(given)

    @property
    def ecart(self) -> calcul.Parts:
        """What the ledger should still move, once it is decided."""
        return {} if self.etat is Etat.PROVISOIRE else calcul.correction(self.parts, self.donnes)

    @property
    def may_follow(self) -> bool:
        """Whether the ledger may be moved by `ecart` now: nothing more is given as long as money is still to come."""
        return bool(self.ecart) and not (self.awaited and self.benefice > sum(self.donnes.values()))

    @cached_property
    def lignes(self) -> list[Ligne]:
        """Whoever has a key, a part, an expense or a forecast, the commun last."""
        spent, foreseen = Counter[int | None](), Counter[int | None]()
        for one in self.depenses:
            spent[one.pole_id] += one.montant
        for line in self.comptees.get(None, []):
            foreseen[line.pole_id] += line.depense
        spent[None] += sum(one.cents for one in self.charges)
        there = {*self.cles, *self.donnes, *spent, *foreseen}
        ids: list[int | None] = [*sorted((id for id in there if id), key=lambda id: self.poles[id].nom), None]
        keys = dict[int | None, int](self.cles.items()) | {None: calcul.WHOLE - sum(self.cles.values())}
        parts, given = self.parts, self.donnes
        return [
            Ligne(self.poles[id] if id else None, keys.get(id, 0), parts.get(id, 0), given.get(id, 0), spent[id], foreseen[id])
            for id in ids
        ]

    @property
    def unpaid(self) -> list[Facture]:
        """Those that still await money, or owe some."""
        return [one for one in self.factures if not one.is_credit and one.reste]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to leave, to come or to give back."""
        return not self.is_prepared and not self.unpaid

    @property
    def awaited(self) -> list[Facture]:
        return [one for one in self.unpaid if one.reste > 0]

    @property
    def is_ended(self) -> bool:
        """Stopped, or settled before the portal: what it cost and a deposit that the house keeps are all that will be."""
        return self.action.etat in actions.SETTLED

    @property
    def keeps_a_deposit(self) -> bool:
        return any(one.nature is Sorte.ACOMPTE and not one.is_cancelled for one in self.factures)

    @property
    def is_ready(self) -> bool:
        """Whether it is invoiced, even when avoirs have since taken all of it back: what it cost is then a loss."""
        ended = self.is_ended and (self.keeps_a_deposit or self.couts > 0)
        return ended or any(one.nature is Sorte.FACTURE for one in self.factures)

    @property
    def may_cost(self) -> bool:
        """Whether expenses are noted of it."""
        return self.action.etat in COSTING


def _without_deposits(facture: Facture) -> int:
    said = facture.contenu
    assert said
    deducted: int = sum(part["base"] for deposit in said["acomptes"] for part in deposit["parts"])
    return facture.ht - deducted


def compte(action: Action) -> Compte:
    """As it now is: six statements, one more to read the ledger, and the settings while nothing is decided."""
    partage, there = _fresh(action), _factures(action)
    drafted = any(one.is_draft and one.nature is Sorte.FACTURE for one in there)
    return Compte(
        action=action,
        partage=partage,
        factures=[one for one in there if not one.is_draft],
        is_prepared=drafted and action.etat in invoices.OVER,
        comptees=_comptees(action),
        depenses=depenses(action),
        charges=_charges(action, partage),
        poles={pole.id: pole for pole in house.poles()},
    )


def _fresh(action: Action) -> Partage | None:
    query = select(Partage).where(Partage.action_id == action.id)
    options = joinedload(Partage.cles), defaultload(Partage.ecritures).joinedload(Ecriture.par)  # among them, who decided it
    return db.session.scalars(query.options(*options).execution_options(populate_existing=True)).unique().one_or_none()


def _factures(action: Action) -> list[Facture]:
    """The oldest first, drafts among them, with what was paid. An avoir is of the action of what it takes back: it is there."""
    query = select(Facture).where(Facture.action_id == action.id).options(joinedload(Facture.reglements)).order_by(Facture.id)
    there = db.session.scalars(query.execution_options(populate_existing=True)).unique().all()
    for facture in there:
        set_committed_value(facture, "avoirs", [one for one in there if one.origine_id == facture.id])
    return list(there)


def _comptees(action: Action) -> dict[int | None, list[chiffrage.Ligne]]:
    """What counts of each line, in their order: keys that are worth the same are rounded in it."""

    def columns(of: Any) -> tuple[Any, ...]:
        place = of.rang.label("rang"), of.id.label("ligne")
        return *place, of.quantite, of.prix, of.taux, of.remise, of.comprise, of.pole_id

    agreed = Devis.action_id == action.id, Devis.etat == devis.Etat.ACCEPTE
    foreseen = select(null(), *columns(LigneDevis), LigneDevis.cout).join(LigneDevis.devis).where(*agreed)
    wholes = Facture.action_id == action.id, Facture.nature == Sorte.FACTURE
    invoiced = select(LigneFacture.facture_id, *columns(LigneFacture), literal(0)).join(LigneFacture.facture).where(*wholes)
    found = defaultdict[int | None, list[chiffrage.Ligne]](list)
    for of, _rang, _ligne, *numbers in db.session.execute(union_all(foreseen, invoiced).order_by("rang", "ligne")):
        found[of].append(chiffrage.Ligne(*numbers))
    return found


def is_decided(action: Action) -> bool:
    """Whether its share-out is, closed or not."""
    query = select(Partage.id).where(Partage.action_id == action.id, Partage.etat != Etat.PROVISOIRE)
    return db.session.scalar(query) is not None


def depenses(action: Action) -> list[Depense]:
    query = select(Depense).where(Depense.action_id == action.id).order_by(Depense.le, Depense.id)
    options = joinedload(Depense.pole), joinedload(Depense.justificatif)
    return list(db.session.scalars(query.options(*options).execution_options(populate_existing=True)))


def _charges(action: Action, partage: Partage | None) -> list[Charge]:
    earned = Contribution.action_id == action.id, Contribution.unite != Unite.HEURES
    lines = db.session.execute(select(Contribution.unite, Contribution.quantite).where(*earned)).all()
    worth, summed = _worth(partage), contributions.summed((unite, many) for unite, many in lines)
    return [Charge(unite, many, many * worth[unite]) for unite, many in summed if many]


def _worth(partage: Partage | None = None) -> dict[Unite, int]:
    """Cents that one of what a chargé de mission earns costs; a point, what it did when that share-out was decided."""
    frozen = partage.valeur_point if partage else None
    return {Unite.POINTS: reglage.VALEUR_POINT.valeur if frozen is None else frozen, Unite.CENTIMES: 1}


# --- lists ---------------------------------------------------------------------------------------------------


def _in(etat: Etat) -> ColumnElement[bool]:
    return exists().where(Partage.action_id == Action.id, Partage.etat == etat)


def _is_undecided() -> ColumnElement[bool]:
    """What is over; and of what has ended, as `is_ready` says, what keeps a deposit or cost something."""
    deposit = Facture.action_id == Action.id, Facture.nature == Sorte.ACOMPTE, Facture.rang.is_not(None)
    kept = exists().where(*deposit, invoices.not_credited() > 0)
    cents = func.sum(Contribution.quantite * case(_worth(), value=Contribution.unite, else_=0))
    earned = select(func.coalesce(cents, 0)).where(Contribution.action_id == Action.id).scalar_subquery() > 0
    cost = or_(exists().where(Depense.action_id == Action.id), earned)
    ended = and_(Action.etat.in_(actions.SETTLED), or_(kept, cost))
    return ~_in(Etat.DECIDE) & ~_in(Etat.CLOS) & or_(Action.etat.in_(TO_SHARE), ended)


def _awaits_nothing() -> ColumnElement[bool]:
    """It is invoiced, or has ended, and all its money came, or was given back; no draft asks for more."""
    waits = or_(invoices.asks(), invoices.is_unsettled())
    unsettled = exists().where(Facture.action_id == Action.id, Facture.nature != Sorte.AVOIR, waits)
    return and_(Action.etat != actions.Etat.TERMINEE, ~unsettled)


VUES: dict[str, tuple[str, Callable[[], ColumnElement[bool]]]] = {
    "a_decider": ("À décider", lambda: and_(_is_undecided(), _awaits_nothing())),
    "a_venir": ("À venir", lambda: and_(_is_undecided(), ~_awaits_nothing())),
    "a_clore": ("À clore", lambda: _in(Etat.DECIDE)),
    "clos": ("Clos", lambda: _in(Etat.CLOS)),
}


def to_decide() -> Select[Action]:
    """What its list shows, for whoever counts what awaits."""
    return select(Action).where(VUES["a_decider"][1]())


def listed(vue: str, number: int, *, of: Personne | None = None) -> Leaf:
    """Actions that ended, the latest first; `of` somebody: those that they set up, or of their pôles."""
    query = select(Action).where(VUES[vue][1]()).order_by(Action.fin.desc(), Action.id.desc())
    if of:
        query = query.where(or_(Action.bienveillant_id == of.id, _has_a_part(of)))
    return leaf(query, number, PAGE, joinedload(Action.demandeur))


def _has_a_part(personne: Personne) -> ColumnElement[bool]:
    """Of a pôle that the agreed devis, an invoice or the keys make part of it, or that paid for something."""
    mine = select(Adhesion.pole_id).where(Adhesion.personne_id == personne.id)
    line, item = devis.LigneDevis, LigneFacture
    quoted = exists().where(
        Devis.action_id == Action.id, Devis.etat == devis.Etat.ACCEPTE, line.devis_id == Devis.id, line.pole_id.in_(mine)
    )
    left = Facture.action_id == Action.id, Facture.rang.is_not(None)
    invoiced = exists().where(*left, item.facture_id == Facture.id, item.pole_id.in_(mine))
    keyed = exists().where(Partage.action_id == Action.id, Cle.partage_id == Partage.id, Cle.pole_id.in_(mine))
    paid = exists().where(Depense.action_id == Action.id, Depense.pole_id.in_(mine))
    return or_(quoted, invoiced, keyed, paid)


@policy.provides("shares_in")
def _shares_in(personne: Personne, action: Action) -> policy.Answer:
    return exists().where(Action.id == action.id, _has_a_part(personne))


class Annee(NamedTuple):
    """What each got in a year, the most first; the commun is None."""

    annee: int
    parts: list[tuple[Pole | None, int]]


def of_year(annee: int) -> Annee:
    """By the day on which the ledger gave it."""
    rows = db.session.scalars(select(Ecriture).options(joinedload(Ecriture.pole)).where(_in_year(annee)))
    sums, poles = Counter[int | None](), dict[int | None, Pole | None]({None: None})
    for line in rows:
        sums[line.pole_id] += line.montant
        poles[line.pole_id] = line.pole
    return Annee(annee, [(poles[id], cents) for id, cents in sorted(sums.items(), key=lambda pair: -pair[1])])


def _in_year(annee: int) -> ColumnElement[bool]:
    return and_(Ecriture.quand >= clock.start_of(date(annee, 1, 1)), Ecriture.quand < clock.start_of(date(annee + 1, 1, 1)))


@describes("depense", lambda libelle: f"Dépense «\u00a0{libelle}\u00a0»")
def _called() -> Called:
    return select(Depense.id, Depense.libelle)


@describes("partage", lambda: "Partage du bénéfice")
def _shared() -> Called:
    return select(Partage.id)
