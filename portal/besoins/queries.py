"""Reading needs, and what is promised when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from portal import clock
from portal.actions.models import ALIVE, ENDED, Action
from portal.besoins.models import Besoin, Etat, Occupation, Pret, Slot, ajouter, retirer
from portal.besoins.stock import Loan, clipped, peak
from portal.comptes.models import Personne
from portal.db import db
from portal.journal import EntreeJournal, subject_key
from portal.poles import queries as house
from portal.poles.models import Adhesion, Espace, Materiel, Prestation, Ressource

MOST = 100  # needs that one screen shows
AHEAD = timedelta(weeks=8)  # what the calendar of spaces shows
SHEET = (
    joinedload(Besoin.action),
    joinedload(Besoin.pole),
    joinedload(Besoin.espace),
    joinedload(Besoin.materiel),
)
SHOWN = (*SHEET, joinedload(Besoin.repondu_par), selectinload(Besoin.occupations))


def standing() -> ColumnElement[bool]:
    """Occupations that keep a space: firm, or by an option that has not expired."""
    return or_(Occupation.ferme, Occupation.expire_le > clock.now())


def need(id: int) -> Besoin | None:
    """A need as it now is; None when it was removed."""
    query = select(Besoin).where(Besoin.id == id).options(*SHEET)
    return db.session.scalar(query.execution_options(populate_existing=True))


def of_action(action: Action) -> list[Besoin]:
    """The needs of an action, by kind then by hour."""
    found = db.session.scalars(select(Besoin).where(Besoin.action_id == action.id).options(*SHOWN))
    kinds = list(Ressource)
    return sorted(found, key=lambda b: (kinds.index(b.ressource), b.debut, b.id))


def untouched_drafts(action: Action) -> list[Besoin]:
    """The drafts that the demandeur's ticks made, and that nobody has looked into since."""
    drafted = (EntreeJournal.personne_id.is_(None), EntreeJournal.evenement.in_([ajouter.key, retirer.key]))
    touched = select(EntreeJournal.sujet).where(EntreeJournal.action_id == action.id, ~and_(*drafted))
    subjects, drafts = set(db.session.scalars(touched)), select(Besoin).where(Besoin.action_id == action.id)
    found = db.session.scalars(drafts.where(Besoin.etat == Etat.BROUILLON).options(*SHEET).order_by(Besoin.id))
    return [besoin for besoin in found if subject_key(besoin) not in subjects]


def promised_of(action: Action) -> list[Besoin]:
    """Its confirmed needs: those of spaces first, then of equipment, each in the order in which they are locked."""
    query = select(Besoin).where(Besoin.action_id == action.id, Besoin.etat == Etat.CONFIRME)
    return sorted(db.session.scalars(query.options(*SHEET)), key=lambda b: (b.materiel_id or 0, b.id))


def capacity_of(action: Action, at: datetime) -> int | None:
    """How many people the spaces promised for that instant hold together, team included; None when the house has not said.

    One inside another of them adds nothing: the room is part of the house. One query, of every space.
    """
    its = (Besoin.action_id == action.id, Besoin.etat == Etat.CONFIRME, Besoin.debut <= at, Besoin.fin > at)
    is_promised = Espace.id.in_(select(Besoin.espace_id).where(*its, Besoin.espace_id.is_not(None)))
    rows = db.session.execute(select(Espace.id, Espace.parent_id, Espace.capacite, is_promised)).all()
    parents = {id: parent for id, parent, _, _ in rows}
    promised = {id: most or 0 for id, _, most, promised in rows if promised}
    holds = [most for id, most in promised.items() if promised.keys().isdisjoint(above(id, parents))]
    return sum(holds) if holds and all(holds) else None


def is_consumable() -> ColumnElement[bool]:
    """It is used up, and was neither refused nor left a draft."""
    return and_(Besoin.ressource == Ressource.CONSOMMABLE, Besoin.etat.in_((Etat.A_CONFIRMER, Etat.CONFIRME)))


def consumables_of(action: Action) -> list[Besoin]:
    query = select(Besoin).where(Besoin.action_id == action.id, is_consumable())
    return list(db.session.scalars(query.order_by(Besoin.id)))


def unanswered_of(action: Action) -> list[Besoin]:
    """Those that no pôle has answered yet, or that nobody has asked for."""
    query = select(Besoin).where(Besoin.action_id == action.id, Besoin.etat.in_((Etat.BROUILLON, Etat.A_CONFIRMER)))
    return list(db.session.scalars(query.order_by(Besoin.id)))


def promised_spaces() -> list[Besoin]:
    """Needs to come of a space, confirmed by their pôle, of actions that are not over; one query."""
    of_space = (Besoin.espace_id.is_not(None), Besoin.etat == Etat.CONFIRME, Besoin.fin > clock.now())
    query = select(Besoin).join(Besoin.action).where(*of_space, Action.etat.not_in(ENDED))
    return list(db.session.scalars(query.options(*SHEET).order_by(Besoin.debut, Besoin.id)))


# --- what else is there at the same time ---------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """A need, with what whoever asks or answers wants to know of the same hour."""

    besoin: Besoin
    ways: Sequence[Occupation] = ()  # by which others keep its space, or one around or inside it
    left: int | None = None  # of its equipment

    @property
    def is_blocked(self) -> bool:
        """Another action has it firmly."""
        return any(o.ferme for o in self.ways)


def views(besoins: Sequence[Besoin]) -> list[View]:
    """These needs with what else is promised meanwhile; three queries at most, however many there are."""
    live = [b for b in besoins if b.etat is not Etat.REFUSE]
    ways, loans = _ways([b for b in live if b.espace]), _loans([b for b in live if b.materiel])
    return [View(b, ways.get(b.id, ()), _left(b, loans) if b in live else None) for b in besoins]


def by_kind(action: Action) -> dict[Ressource, list[View]]:
    """What an action needs, for whoever decides of it: kind by kind, in the order of the house."""
    found: dict[Ressource, list[View]] = {}
    for view in views(of_action(action)):
        found.setdefault(view.besoin.ressource, []).append(view)
    return found


def _ways(besoins: list[Besoin]) -> dict[int, list[Occupation]]:
    if not besoins:
        return {}
    every = house.espaces()
    lines = {b.id: lineage(b.espace_id, every) for b in besoins if b.espace_id}
    kept = others_there(there(set().union(*lines.values()), _whole([b.busy for b in besoins])))
    return {b.id: one_each(o for o in kept if _meets(o, b, lines[b.id])) for b in besoins}


def _whole(slots: Sequence[Slot]) -> Slot:
    """From the first instant of these to their last: one range, which an index knows, rather than one condition a slot."""
    return min(debut for debut, _ in slots), max(fin for _, fin in slots)


def _meets(occupation: Occupation, besoin: Besoin, line: set[int]) -> bool:
    debut, fin = besoin.busy
    own = occupation.besoin_id == besoin.id
    return not own and occupation.espace_id in line and occupation.debut < fin and occupation.fin > debut


def one_each(occupations: Iterable[Occupation]) -> list[Occupation]:
    """One of the several rows by which a need keeps a space and those inside it."""
    return list({o.besoin_id: o for o in occupations}.values())


def others_there(where: ColumnElement[bool]) -> list[Occupation]:
    """What keeps a space, firm first, with its need and its action."""
    query = select(Occupation).where(standing(), where).join(Occupation.besoin).join(Besoin.action)
    along = contains_eager(Occupation.besoin)
    query = query.options(along.contains_eager(Besoin.action), along.joinedload(Besoin.espace))
    return list(db.session.scalars(query.order_by(Occupation.ferme.desc(), Occupation.debut, Occupation.id)))


def kept_by(besoin: Besoin) -> list[Occupation]:
    """The rows by which a need keeps its space and those inside it, as they now are: its own first."""
    query = select(Occupation).where(Occupation.besoin_id == besoin.id).execution_options(populate_existing=True)
    return sorted(db.session.scalars(query), key=lambda o: (o.espace_id != besoin.espace_id, o.id))


def there(espaces: Iterable[int], slot: Slot) -> ColumnElement[bool]:
    """Occupations of one of these spaces that share an instant with a slot."""
    return and_(Occupation.espace_id.in_(sorted(espaces)), Occupation.debut < slot[1], Occupation.fin > slot[0])


def inside(espace_id: int, every: Iterable[Espace]) -> set[int]:
    """A space and all that it holds."""
    spaces, found, more = list(every), set[int](), {espace_id}
    while more:
        found |= more
        more = {e.id for e in spaces if e.parent_id in more} - found
    return found


def above(espace_id: int, parents: Mapping[int, int | None]) -> set[int]:
    """All that holds a space."""
    found, parent = set[int](), parents[espace_id]
    while parent is not None:
        found.add(parent)
        parent = parents[parent]
    return found


def lineage(espace_id: int, every: Iterable[Espace]) -> set[int]:
    """A space, all that it holds and all that holds it: whoever keeps one of these keeps something of it."""
    spaces = list(every)
    return inside(espace_id, spaces) | above(espace_id, {e.id: e.parent_id for e in spaces})


# --- equipment -----------------------------------------------------------------------------------------------


def loans_of(materiel: Materiel, slot: Slot, *, but: int) -> list[Loan]:
    """What others than this need have of it, within a slot."""
    query = select(Pret.debut, Pret.fin, Pret.quantite).where(Pret.materiel_id == materiel.id, Pret.besoin_id != but)
    found = db.session.execute(query.where(Pret.debut < slot[1], Pret.fin > slot[0]))
    return clipped([(debut, fin, many) for debut, fin, many in found], *slot)


def promised_at_most(materiel: Materiel) -> int:
    """The most of it that is promised at once from now on."""
    query = select(Pret.debut, Pret.fin, Pret.quantite).where(Pret.materiel_id == materiel.id, Pret.fin > clock.now())
    return peak((debut, fin, many) for debut, fin, many in db.session.execute(query))


def _loans(besoins: list[Besoin]) -> list[Pret]:
    if not besoins:
        return []
    debut, fin = _whole([(b.debut, b.fin) for b in besoins])
    these = Pret.materiel_id.in_({b.materiel_id for b in besoins})
    return list(db.session.scalars(select(Pret).where(these, Pret.debut < fin, Pret.fin > debut)))


def _left(besoin: Besoin, prets: list[Pret]) -> int | None:
    if besoin.materiel is None:
        return None
    others = [p for p in prets if p.materiel_id == besoin.materiel_id and p.besoin_id != besoin.id]
    out = peak(clipped([(p.debut, p.fin, p.quantite) for p in others], besoin.debut, besoin.fin))
    return besoin.materiel.stock - out


def usual_pole(espace_id: int | None, materiel_id: int | None) -> int | None:
    """Who confirms it as a rule: whoever lends the equipment, or offers the thing to those who ask."""
    if materiel_id and (lender := db.session.scalar(select(Materiel.pole_id).where(Materiel.id == materiel_id))):
        return lender
    same = Prestation.espace_id == espace_id if espace_id else Prestation.materiel_id == materiel_id
    offered = select(Prestation.pole_id).where(same, Prestation.pole_id.is_not(None)).order_by(Prestation.ordre, Prestation.id)
    return db.session.scalar(offered.limit(1)) if espace_id or materiel_id else None


# --- who waits for whom --------------------------------------------------------------------------------------


def asked_of(personne: Personne, *etats: Etat) -> Select[Besoin]:
    """Needs to come, in these states, of the pôles and groupes of a person, soonest first."""
    mine = select(Adhesion.pole_id).where(Adhesion.personne_id == personne.id)
    return (
        select(Besoin)
        .join(Besoin.action)
        .where(Besoin.pole_id.in_(mine), Besoin.etat.in_(etats), Besoin.fin > clock.now(), Action.etat.in_(ALIVE))
        .options(contains_eager(Besoin.action))
        .order_by(Besoin.debut, Besoin.id)
        .limit(MOST)
    )


def to_confirm_by(personne: Personne) -> list[Besoin]:
    """What awaits the yes of the pôles and groupes of a person, with its action; one query."""
    return list(db.session.scalars(asked_of(personne, Etat.A_CONFIRMER)))


def on_the_page_of(personne: Personne) -> list[Besoin]:
    """The same and what they have promised, with all that their page says; two queries."""
    along = contains_eager(Besoin.action).joinedload(Action.bienveillant)
    return list(db.session.scalars(asked_of(personne, Etat.A_CONFIRMER, Etat.CONFIRME).options(along, *SHOWN[1:])))


def answered_otherwise(personne: Personne) -> Select[Besoin]:
    """Of the actions that a person sets up: needs refused, or confirmed in another quantity."""
    other = and_(Besoin.etat == Etat.CONFIRME, Besoin.quantite_confirmee != Besoin.quantite)
    return (
        select(Besoin)
        .join(Besoin.action)
        .where(Action.bienveillant_id == personne.id, Action.etat.in_(ALIVE), Besoin.fin > clock.now())
        .where(or_(Besoin.etat == Etat.REFUSE, other))
    )


def refused_of(personne: Personne) -> list[Besoin]:
    """The same, soonest first; one query."""
    query = answered_otherwise(personne).options(contains_eager(Besoin.action), joinedload(Besoin.pole))
    return list(db.session.scalars(query.order_by(Besoin.debut, Besoin.id).limit(MOST)))


def awaiting(action_id: int, pole_id: int) -> list[Besoin]:
    """What an action still asks of a pôle, whose hour is not over."""
    asked = (Besoin.action_id == action_id, Besoin.pole_id == pole_id, Besoin.etat == Etat.A_CONFIRMER)
    query = select(Besoin).where(*asked, Besoin.fin > clock.now()).options(*SHEET)
    return list(db.session.scalars(query.order_by(Besoin.debut, Besoin.id)))


def expired_options() -> list[int]:
    """Needs whose option has run out."""
    query = select(Occupation.besoin_id).where(Occupation.expire_le <= clock.now())
    return list(db.session.scalars(query.distinct().order_by(Occupation.besoin_id)))


# --- the calendar of spaces ----------------------------------------------------------------------------------


def calendar(since: datetime) -> dict[int, list[Occupation]]:
    """What is optioned or firm in the weeks from that instant, by space, in order; one query."""
    found: dict[int, list[Occupation]] = {}
    every = Occupation.espace_id.in_(select(Espace.id))  # the index knows them by space
    for occupation in others_there(and_(every, Occupation.fin > since, Occupation.debut < since + AHEAD)):
        found.setdefault(occupation.espace_id, []).append(occupation)
    return {id: sorted(rows, key=lambda o: (o.debut, o.id)) for id, rows in found.items()}
