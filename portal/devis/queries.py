"""Reading the price list and the devis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload, selectinload

from portal import clock
from portal.actions.chemin import Chiffrage, Reponse, reads_the_devis
from portal.actions.models import ALIVE, Action
from portal.besoins.models import Besoin
from portal.comptes.models import Personne
from portal.db import MANY, db
from portal.devis.models import Accord, Devis, Etat, LigneDevis, Tarif, demander_un_changement, refuser
from portal.journal import Called, EntreeJournal, describes, subject_key
from portal.poles.models import Adhesion
from portal.poles.queries import awaits

REMINDED = timedelta(days=3)  # before it expires
LINES = selectinload(Devis.lignes)
PRICES: tuple[Any, ...] = (joinedload(Tarif.avant),)
HEAD: tuple[Any, ...] = (  # without its lines
    joinedload(Devis.action).joinedload(Action.demandeur),
    joinedload(Devis.action).joinedload(Action.bienveillant),
)
OF_A_LINE = (joinedload(LigneDevis.pole), joinedload(LigneDevis.besoin), joinedload(LigneDevis.confirmee_par))
SHEET: tuple[Any, ...] = (*HEAD, LINES.options(*OF_A_LINE))
AT_ONCE: tuple[Any, ...] = (*HEAD, defer(Devis.contenu), joinedload(Devis.lignes).options(*OF_A_LINE))  # one statement


# --- the price list ------------------------------------------------------------------------------------------


def tarifs(day: date | None = None) -> list[Tarif]:
    """The price list of that day (today's without one), the hour of the site first, then by pôle and name."""
    on = day or clock.today()
    query = select(Tarif).where(Tarif.du <= on, or_(Tarif.au.is_(None), Tarif.au > on))
    rows = db.session.scalars(query.options(joinedload(Tarif.pole), joinedload(Tarif.espace), joinedload(Tarif.materiel)))
    return sorted(rows, key=lambda t: (not t.site, t.pole.nom if t.pole else "", t.libelle))


def tarifs_to_come() -> list[Tarif]:
    """Those that are not yet in force, the soonest first."""
    later = select(Tarif).where(Tarif.du > clock.today()).options(joinedload(Tarif.pole))
    return list(db.session.scalars(later.order_by(Tarif.du, Tarif.libelle)))


def same_tarif(libelle: str, du: date) -> Tarif | None:
    return db.session.scalar(select(Tarif).where(Tarif.libelle == libelle, Tarif.du == du))


# --- the devis of an action ----------------------------------------------------------------------------------


def fresh(id: int, options: Sequence[Any] = SHEET) -> Devis | None:
    """A devis as it now is, with its lines."""
    query = select(Devis).where(Devis.id == id).options(*options)
    return db.session.scalar(query.execution_options(populate_existing=True))


def of_action(action: Action) -> list[Devis]:
    """All its versions, the latest first."""
    query = select(Devis).where(Devis.action_id == action.id).options(*SHEET)
    return list(db.session.scalars(query.order_by(Devis.version.desc())))


def in_state(action: Action, *etats: Etat) -> Devis | None:
    """The one devis of the action in that state, if any; of several states, the latest version."""
    query = select(Devis).where(Devis.action_id == action.id, Devis.etat.in_(etats)).options(*SHEET)
    return db.session.scalars(query.order_by(Devis.version.desc()).execution_options(populate_existing=True)).first()


def agreed(action: Action) -> Devis | None:
    """The one that was accepted, without its lines."""
    return db.session.scalar(select(Devis).where(Devis.action_id == action.id, Devis.etat == Etat.ACCEPTE))


def drafted_for(besoin: Besoin) -> Sequence[LigneDevis]:
    """The lines that answer that need in what has not left yet."""
    query = select(LigneDevis).join(LigneDevis.devis).where(LigneDevis.besoin_id == besoin.id, is_draft())
    return db.session.scalars(query).all()


def before(devis: Devis) -> Devis | None:
    """The version that it follows."""
    earlier = select(Devis).where(Devis.action_id == devis.action_id, Devis.version < devis.version).options(*SHEET)
    return db.session.scalars(earlier.order_by(Devis.version.desc()).limit(1)).first()


def last_sent(action: Action) -> Devis | None:
    """The latest version that the demandeur was sent; its lines are not read."""
    sent = select(Devis).where(Devis.action_id == action.id, ~is_draft()).order_by(Devis.version.desc()).limit(1)
    return db.session.scalar(sent)


def replaced_by(devis: Devis) -> Devis | None:
    """The latest version that left after this one."""
    later = select(Devis).where(Devis.action_id == devis.action_id, Devis.version > devis.version, ~is_draft())
    return db.session.scalars(later.order_by(Devis.version.desc())).first()


def agreed_before(devis: Devis) -> Devis | None:
    """The version that its acceptance replaced, whose own acceptance stands."""
    standing = exists().where(Accord.devis_id == Devis.id, Accord.annule_le.is_(None))
    earlier = (Devis.action_id == devis.action_id, Devis.version < devis.version, Devis.etat == Etat.REMPLACE)
    query = select(Devis).where(*earlier, standing).options(*SHEET).order_by(Devis.version.desc()).limit(1)
    return db.session.scalar(query)


def accord_of(devis: Devis) -> Accord | None:
    """The acceptance of that version that stands."""
    query = select(Accord).where(Accord.devis_id == devis.id, Accord.annule_le.is_(None)).options(joinedload(Accord.par))
    return db.session.scalar(query.execution_options(populate_existing=True))


def accords_of(devis: Devis) -> Sequence[Accord]:
    """Those that were undone too, the latest first."""
    query = select(Accord).where(Accord.devis_id == devis.id).options(joinedload(Accord.par), joinedload(Accord.annule_par))
    return db.session.scalars(query.order_by(Accord.id.desc())).all()


def change_asked(devis: Devis) -> EntreeJournal | None:
    """The last change that its demandeur asked for, while this version waits for an answer; its `motif` says it."""
    if devis.etat is not Etat.ENVOYE:
        return None
    asked = EntreeJournal.sujet == subject_key(devis), EntreeJournal.evenement == demander_un_changement.key
    return db.session.scalars(select(EntreeJournal).where(*asked).order_by(EntreeJournal.id.desc()).limit(1)).first()


@reads_the_devis
def standing(action: Action) -> Chiffrage:
    """Where it stands, for the head of the action's screens and its demandeur's page; one query, without its lines."""
    columns = (Devis.etat, Devis.valable_jusqu_au)
    rows = db.session.execute(select(*columns).where(Devis.action_id == action.id).order_by(Devis.version.desc())).all()
    left = next(((etat, last) for etat, last in rows if etat is not Etat.BROUILLON), None)
    drafted = any(etat is Etat.BROUILLON for etat, _ in rows)
    if left is None:
        return Chiffrage(drafted)
    etat, last = left
    over = etat is Etat.EXPIRE or (etat is Etat.ENVOYE and last and last < clock.today())
    return Chiffrage(drafted, Reponse.EXPIRE if over else _ANSWERS.get(etat), last)


_ANSWERS = {Etat.ENVOYE: Reponse.ATTENDUE, Etat.REFUSE: Reponse.REFUS}


def is_draft() -> ColumnElement[bool]:
    return Devis.etat == Etat.BROUILLON


def refusal_of(devis: Devis) -> str:
    """Why it was refused, in the words that were noted."""
    said = EntreeJournal.sujet == f"devis:{devis.id}", EntreeJournal.evenement == refuser.key
    return db.session.scalar(select(EntreeJournal.motif).where(*said).order_by(EntreeJournal.id.desc()).limit(1)) or ""


# --- what a pôle or groupe is asked --------------------------------------------------------------------------


def awaits_a_pole(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a devis is a draft with a line, one of these, of which a pôle or groupe was asked and has said nothing."""
    silent = (LigneDevis.pole_id.is_not(None), LigneDevis.confirmee_le.is_(None), LigneDevis.reserve == "")
    return and_(is_draft(), Devis.demande_le.is_not(None), exists().where(LigneDevis.devis_id == Devis.id, *silent, *which))


def to_confirm_by(personne: Personne) -> Select[Devis]:
    """The drafts that the pôles and groupes of a person are asked about, and have not answered, soonest action first."""
    mine = select(Adhesion.pole_id).where(Adhesion.personne_id == personne.id)
    waits = select(Devis).join(Devis.action).where(Action.etat.in_(ALIVE), awaits_a_pole(LigneDevis.pole_id.in_(mine)))
    return waits.options(contains_eager(Devis.action)).order_by(Action.debut, Devis.id)


@awaits("devis")
def asked_of(personne: Personne) -> list[Devis]:
    """The same, for the page of their pôles; one query."""
    return list(db.session.scalars(to_confirm_by(personne).limit(MANY)))


# --- what the journal calls them -----------------------------------------------------------------------------


@describes("devis", lambda action_id, version: f"Devis {Devis(action_id=int(action_id), version=int(version)).numero}")
def _called() -> Called:
    """ "Devis D-0042-2"."""
    return select(Devis.id, Devis.action_id, Devis.version)


# --- what time does ------------------------------------------------------------------------------------------


def expired() -> list[int]:
    """Those whose last day is past; what stopped or took place expires no more."""
    return list(db.session.scalars(_sent().where(Devis.valable_jusqu_au < clock.today())))


def to_remind() -> list[int]:
    """Those that expire in three days or fewer, whose demandeur was not told so and may still answer.

    Nobody is reminded of what left today.
    """
    soon = Devis.valable_jusqu_au.between(clock.today(), clock.today() + REMINDED)
    left_before = Devis.envoye_le < clock.start_of(clock.today())
    to_come = Action.debut > clock.now()
    return list(db.session.scalars(_sent().where(soon, left_before, to_come, Devis.rappele_le.is_(None))))


def _sent() -> Select[int]:
    alive = Devis.etat == Etat.ENVOYE, Action.etat.in_(ALIVE)
    return select(Devis.id).join(Devis.action).where(*alive).order_by(Devis.id)
