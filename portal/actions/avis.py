"""Reading the validation of the interpôle: which pôles have a voice, what they said, what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, func, not_, or_, select, true
from sqlalchemy.orm import joinedload

from portal import clock, reglage
from portal.actions.deliberation import CRITERES, Avis, Decision, Sens
from portal.actions.models import Action, Etat
from portal.actions.processus import (
    accepter_relais,
    decaler,
    enregistrer,
    modifier,
    passer,
    prendre,
    prendre_en_charge,
    proposer,
    reproposer,
)
from portal.comptes.models import Personne
from portal.db import db
from portal.fields import name_key
from portal.journal import Called, EntreeJournal, describes
from portal.poles.models import Adhesion, Genre, Pole
from portal.poles.queries import awaits, has_a_voice, speaks
from portal.policy import provides

SHEET = (joinedload(Action.demandeur), joinedload(Action.pole_porteur), joinedload(Action.bienveillant))
MOST = 100  # actions that one meeting looks at
REACH = frozenset(f"demandeur_{name}" for name in ("contact", "email", "telephone", "adresse", "siret"))
LAST_CALL = timedelta(hours=38)  # from ten in the morning of the day before to the end of the last day


@dataclass(frozen=True)
class Voix:
    """One pôle of the interpôle, its opinion once it gave one; `mine`: the reader belongs to it."""

    pole: Pole
    avis: Avis | None
    mine: bool


@dataclass(frozen=True)
class Tally:
    """The voices on one action, by name of pôle; `late`: the time to give one is over."""

    voix: list[Voix]
    late: bool = False

    @cached_property
    def given(self) -> list[Avis]:
        return [voix.avis for voix in self.voix if voix.avis]

    @property
    def silent(self) -> list[Pole]:
        return [voix.pole for voix in self.voix if not voix.avis]

    @property
    def mine(self) -> list[Voix]:
        """Those that the reader speaks for."""
        return [voix for voix in self.voix if voix.mine]

    @property
    def owed(self) -> list[Pole]:
        """Those of the reader that have not said anything yet, and still may: the others' opinions wait for it."""
        return [voix.pole for voix in self.mine if not voix.avis and not self.late]

    @cached_property
    def quorum(self) -> int:
        """As many as the collective set, never more than there are voices, never none."""
        return max(1, min(reglage.QUORUM.valeur, len(self.voix)))

    @property
    def missing(self) -> int:
        """How many opinions the quorum still lacks."""
        return max(0, self.quorum - len(self.given))

    @property
    def blocking(self) -> list[Pole]:
        """Whoever is against it, on any criterion: an online close waits until it is lifted, or the meeting decides."""
        return [avis.pole for avis in self.given if avis.sens is Sens.DEFAVORABLE]

    @property
    def passes(self) -> bool:
        return not self.missing and not self.blocking


def tally(action: Action, reader: Personne | None = None) -> Tally:
    """As it now is, for that reader; one query. A pôle that nobody is left in keeps the opinion that it gave.

    One that has become a groupe has no voice in what is still to be decided: it could not lift what it said.
    """
    said: ColumnElement[bool] = Avis.id.is_not(None)
    if action.etat is Etat.EN_VALIDATION:
        said = and_(said, Pole.genre == Genre.POLE)
    mine = exists().where(Adhesion.pole_id == Pole.id, Adhesion.personne_id == (reader.id if reader else 0))
    query = (
        select(Pole, Avis, mine)
        .outerjoin(Avis, and_(Avis.pole_id == Pole.id, Avis.action_id == action.id))
        .where(or_(has_a_voice(), said))
        .options(joinedload(Avis.personne))
    )
    rows = sorted(db.session.execute(query), key=lambda row: name_key(row[0].nom))
    return Tally([Voix(*row) for row in rows], is_late(action))


def is_late(action: Action) -> bool:
    """The last day to give an opinion is over: a pôle that said nothing is no more awaited, nor heard but by a meeting."""
    return action.avis_avant is not None and action.avis_avant < clock.now()


def ballot(avis: Avis | None) -> dict[str, Any]:
    """What the form of an opinion shows and changes, by field; nothing before there is one."""
    names = (name for criterion in CRITERES for name in (criterion, f"mot_{criterion}"))
    return {name: getattr(avis, name) for name in names} if avis else {}


def is_older(avis: Avis) -> bool:
    """The sheet of its action has changed since."""
    edited = edited_at(avis.action)
    return edited is not None and avis.donne_le < edited


def given_by(action: Action, pole: Pole) -> Avis | None:
    """The opinion of that pôle, as it now is."""
    query = select(Avis).where(Avis.action_id == action.id, Avis.pole_id == pole.id)
    return db.session.scalar(query.execution_options(populate_existing=True))


def edited_at(action: Action) -> datetime | None:
    """When its sheet or its date last changed, but for how to reach its demandeur: an opinion of before was about another."""
    changes = (EntreeJournal.action_id == action.id, EntreeJournal.evenement.in_((modifier.key, decaler.key)))
    query = select(EntreeJournal.quand, EntreeJournal.faits).where(*changes).order_by(EntreeJournal.id.desc())
    told = db.session.execute(query)
    return next((quand for quand, faits in told if not REACH.issuperset(faits.get("champs", ("debut",)))), None)


def decision_of(action: Action) -> Decision | None:
    return db.session.scalar(select(Decision).where(Decision.action_id == action.id).options(joinedload(Decision.par)))


@provides("may_decide")
def may_decide(personne: Personne, action: Action) -> bool:
    """Whether they are of those who decide for the interpôle, and did not set it up; one query at most."""
    if action.bienveillant_id == personne.id:
        return False
    stands = true() if personne.is_bienveillant or personne.has_role("admin") else speaks(personne)
    return bool(db.session.scalar(select(and_(stands, not_(_handed_over(personne, action))))))


def has_set_up(personne: Personne, action: Action) -> bool:
    """Whether they are its bienveillant, or were: whoever follows them makes nobody a stranger to what they set up."""
    return action.bienveillant_id == personne.id or bool(db.session.scalar(select(_handed_over(personne, action))))


def _handed_over(personne: Personne, action: Action) -> ColumnElement[bool]:
    before = EntreeJournal.faits["personne"].as_integer() == personne.id
    handed = EntreeJournal.evenement.in_((accepter_relais.key, prendre.key))
    return exists().where(EntreeJournal.action_id == action.id, handed, before)


def pending() -> list[Action]:
    """What the interpôle has to decide, soonest first, with what its screen says of each; one query."""
    query = select(Action).where(Action.etat == Etat.EN_VALIDATION).options(*SHEET)
    return list(db.session.scalars(query.order_by(Action.debut, Action.id).limit(MOST)))


# --- what waits for whom -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What awaits somebody's pôles: actions proposed to one of them; opinions to give, each with the pôle that owes it."""

    to_carry: list[Action]
    opinions: list[tuple[Action, Pole]]

    def __bool__(self) -> bool:
        return bool(self.to_carry or self.opinions)


def to_carry_by(personne: Personne) -> Select[Action, Pole]:
    """The actions that a pôle of theirs is asked to carry, with that pôle."""
    return _of_their_poles(personne).where(Action.etat == Etat.PROPOSEE, Action.pole_porteur_id == Pole.id)


def owed_by(personne: Personne) -> Select[Action, Pole]:
    """The opinions that nobody has given yet for a pôle of theirs, and that are still awaited."""
    said = exists().where(Avis.action_id == Action.id, Avis.pole_id == Pole.id)
    awaited = or_(Action.avis_avant.is_(None), Action.avis_avant >= clock.now())
    return _of_their_poles(personne).where(Action.etat == Etat.EN_VALIDATION, awaited, Pole.genre == Genre.POLE, ~said)


def _of_their_poles(personne: Personne) -> Select[Action, Pole]:
    mine = select(Action, Pole).select_from(Action).join(Adhesion, Adhesion.personne_id == personne.id)
    return mine.join(Pole, Pole.id == Adhesion.pole_id).order_by(Action.debut, Action.id, Pole.nom)


@awaits("actions")
def asked_of(personne: Personne) -> Asked:
    """The two lists, soonest action first; two queries."""
    opinions = [(action, pole) for action, pole in db.session.execute(owed_by(personne))]
    return Asked([action for action, _ in db.session.execute(to_carry_by(personne))], opinions)


def awaiting_opinion_of(personne: Personne) -> list[tuple[Action, Pole]]:
    """The opinions that this person may give for a pôle of theirs, and that nobody has; one query."""
    return asked_of(personne).opinions


def silent_members(action: Action) -> list[Personne]:
    """The active members of the pôles that have said nothing of it, each once; one query."""
    return [personne for _, personne in _silent(Action.id == action.id)]


def silent_on_the_eve() -> list[tuple[Action, Personne]]:
    """The same of every action whose last day to answer is tomorrow, or today; one query."""
    now = clock.now()
    return _silent(Action.etat == Etat.EN_VALIDATION, Action.avis_avant > now, Action.avis_avant <= now + LAST_CALL)


def _silent(*where: ColumnElement[bool]) -> list[tuple[Action, Personne]]:
    said = exists().where(Avis.action_id == Action.id, Avis.pole_id == Pole.id)
    query = (
        select(Action, Personne)
        .select_from(Action)
        .join(Pole, Pole.genre == Genre.POLE)
        .join(Adhesion, Adhesion.pole_id == Pole.id)
        .join(Personne, and_(Personne.id == Adhesion.personne_id, Personne.desactive_le.is_(None)))
        .where(*where, ~said)
        .order_by(Action.id, Personne.id)
    )
    return list(dict.fromkeys((action, personne) for action, personne in db.session.execute(query)))


def not_carried() -> list[tuple[Action, datetime]]:
    """The actions that a pôle had as long to take as to give an opinion, with since when; one query."""
    since = clock.now() - timedelta(days=reglage.DELAI_AVIS.valeur)
    query = select(Action, _asked()).where(Action.etat == Etat.PROPOSEE, _asked() <= since).order_by(Action.id)
    return [(action, asked) for action, asked in db.session.execute(query)]


def _asked() -> ScalarSelect[datetime]:
    asked = [event.key for event in (proposer, reproposer, passer)]
    last = select(func.max(EntreeJournal.quand)).where(EntreeJournal.action_id == Action.id, EntreeJournal.evenement.in_(asked))
    return last.correlate(Action).scalar_subquery()


def who_proposed(action: Action) -> Personne | None:
    """Whoever proposed it last to a pôle, if they are still of the house; one query."""
    proposed = EntreeJournal.evenement.in_((proposer.key, reproposer.key))
    query = select(Personne).join(EntreeJournal, EntreeJournal.personne_id == Personne.id)
    query = query.where(EntreeJournal.action_id == action.id, proposed, Personne.desactive_le.is_(None))
    return db.session.scalar(query.order_by(EntreeJournal.id.desc()).limit(1))


# --- how it came there ---------------------------------------------------------------------------------------

ROUTE = (proposer, reproposer, passer, prendre_en_charge, enregistrer)


@dataclass(frozen=True)
class Step:
    """One step of the way to its pôle, in words."""

    quand: datetime
    qui: str
    fait: str
    motif: str
    passed_by: int | None  # the pôle that did not want it, on such a step


def trail(action: Action) -> list[Step]:
    """Who proposed it to whom, who passed it on and why, first to last; one query."""
    query = (
        select(EntreeJournal, Personne.nom)
        .outerjoin(Personne, Personne.id == EntreeJournal.personne_id)
        .where(EntreeJournal.action_id == action.id, EntreeJournal.evenement.in_([event.key for event in ROUTE]))
        .order_by(EntreeJournal.id)
    )
    return [_step(entry, nom or "") for entry, nom in db.session.execute(query)]


def _step(entry: EntreeJournal, nom: str) -> Step:
    passed_by = entry.faits["pole"] if entry.evenement == passer.key else None
    return Step(entry.quand, nom, _said(entry), entry.motif, passed_by)


def _said(entry: EntreeJournal) -> str:
    pole, to = (entry.faits.get(name, "") for name in ("nom", "nom_a"))
    if entry.evenement == enregistrer.key:
        return "Validée hors du portail"
    if entry.evenement == passer.key:
        return f"Le pôle {pole} la passe au pôle {to}" if to else f"Le pôle {pole} la passe, sans en désigner d’autre"
    return f"Le pôle {pole} la porte" if entry.evenement == prendre_en_charge.key else f"Proposée au pôle {pole}"


@describes("avis", lambda nom: f"Avis du pôle {nom}")
def _called() -> Called:
    """ "Avis du pôle Culture": what the journal calls it."""
    return select(Avis.id, Pole.nom).join(Avis.pole)
