"""From what the pôles confirmed to draft missions: the posts that an action calls for, and all of them made at once."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, String, and_, cast, exists, literal, or_, select
from sqlalchemy.orm import joinedload

from portal import clock
from portal.actions import models as actions
from portal.actions.models import Action
from portal.besoins.models import Besoin
from portal.besoins.models import Etat as EtatBesoin
from portal.comptes.models import Personne
from portal.db import db, lock, lock_one
from portal.devis.models import Devis, LigneDevis
from portal.devis.models import Etat as EtatDevis
from portal.journal import EntreeJournal
from portal.missions import commands
from portal.missions.models import Etat, Mission, Nature, ecarter
from portal.poles.models import Ressource
from portal.workflow import Refusal

REFERENT = "Référent de la journée"
MOST = 500  # places of a mission
SHOWN = 100  # actions on one screen
Fields = Mapping[str, Any]
Poste = int | None  # a need by its id; None: the référent's post


class NeedGone(Refusal):
    sentence = "Un de ces besoins n’est plus confirmé\u00a0: rien n’est créé. Relis la liste, puis renvoie."


@dataclass(frozen=True)
class Proposition:
    """A post as it is first shown: of a confirmed need, or else the référent's."""

    besoin_id: Poste
    titre: str
    nature: Nature
    debut: datetime
    fin: datetime
    places: int = 1
    pole: str = ""  # who confirmed it, as Pole.nomme says
    mot: str = ""  # what the pôle was told
    is_aside: bool = False  # it was left without a mission

    @property
    def cle(self) -> str:
        """What its fields are called on the page."""
        return str(self.besoin_id or Nature.REFERENT)


def proposals(action: Action) -> list[Proposition]:
    """The référent's post while there is none, then each confirmed human need to come that no mission answers; two queries."""
    found = [] if _has_referent(action) else [_referent(action)]
    query = select(Besoin, _is_aside(), _is_paid()).where(Besoin.action_id == action.id, _waits())
    rows = db.session.execute(query.options(joinedload(Besoin.pole)).order_by(Besoin.debut, Besoin.id))
    return found + [_of_need(besoin, aside, paid or not action.valeurs.strip()) for besoin, aside, paid in rows]


def _referent(action: Action) -> Proposition:
    return Proposition(None, REFERENT, Nature.REFERENT, action.debut, action.fin)


def _of_need(besoin: Besoin, aside: bool, paid: bool) -> Proposition:
    """Whom the demandeur pays is no volunteer, nor is anybody on an action without values."""
    nature = Nature.CHARGE_DE_MISSION if paid else Nature.VOLONTAIRE
    pole, places = besoin.pole.nomme if besoin.pole else "", min(besoin.quantite_confirmee or 1, MOST)
    return Proposition(
        besoin.id, besoin.titre, nature, besoin.debut, besoin.fin, places, pole, besoin.mot, is_aside=bool(aside)
    )


def _has_referent(action: Action) -> bool:
    return bool(db.session.scalar(select(_referents(Mission.action_id == action.id))))


def _referents(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(where, Mission.nature == Nature.REFERENT, Mission.etat != Etat.ANNULEE)


def _waits() -> ColumnElement[bool]:
    """Needs of people, confirmed and to come, that no mission answers."""
    answered = exists().where(Mission.besoin_id == Besoin.id, Mission.etat != Etat.ANNULEE)
    of_people = and_(Besoin.ressource == Ressource.HUMAIN, Besoin.etat == EtatBesoin.CONFIRME)
    return and_(of_people, Besoin.fin > clock.now(), ~answered)


def _is_aside() -> ColumnElement[bool]:
    """Somebody settled that the need gets no mission: its pôle sees to it."""
    sujet = literal("besoin:") + cast(Besoin.id, String)
    said = (EntreeJournal.sujet == sujet, EntreeJournal.evenement == ecarter.key, EntreeJournal.quand >= Besoin.cree_le)
    return exists().where(*said)


def _is_paid() -> ColumnElement[bool]:
    """The accepted devis bills these people."""
    line = (LigneDevis.besoin_id == Besoin.id, LigneDevis.prix > 0, LigneDevis.remise < 10_000, ~LigneDevis.comprise)
    return exists().where(*line, LigneDevis.devis_id == Devis.id, Devis.etat == EtatDevis.ACCEPTE)


def to_open(personne: Personne) -> Select[Action]:
    """Of the confirmed actions to come that this person sets up: those that still call for a post, soonest first."""
    mine = (Action.bienveillant_id == personne.id, Action.etat == actions.Etat.CONFIRMEE, Action.fin > clock.now())
    return select(Action).where(*mine, _calls(Action.id)).order_by(Action.debut, Action.id)


def to_open_by(personne: Personne) -> list[Action]:
    return list(db.session.scalars(to_open(personne).limit(SHOWN)))


def calls_for_posts(action: Action) -> bool:
    """Whether something is left to open on it; one query."""
    return bool(db.session.scalar(select(_calls(literal(action.id)))))


def _calls(action_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """It has no référent's post, or people were confirmed for whom nobody settled anything."""
    people = exists().where(Besoin.action_id == action_id, _waits(), ~_is_aside())
    return or_(people, ~_referents(Mission.action_id == action_id))


def open_all(
    action: Action, *, by: Personne, postes: Mapping[Poste, Fields], sent: Set[int], aside: Set[int], take_post: bool = False
) -> list[Mission]:
    """A draft mission for each of these posts, with those fields, or none at all; a need has one mission, however often sent.

    `sent`: the needs that were on the page, `aside` those of them that get no mission. `take_post`: the référent's post is
    at once that of whoever opens them. Raises NeedGone, NoValues, ActionOver.
    """
    lock(Personne, by.id)
    action = lock_one(action)
    left = {proposed.besoin_id: proposed for proposed in proposals(action)}
    if sent - left.keys() - _answered(action):
        raise NeedGone
    for id in sorted(aside & left.keys() - {None}):
        _set_aside(id, left[id], by=by)
    wanted = [(id, fields) for id, fields in postes.items() if id in left]
    return [commands.create(action, by=by, take_post=take_post and not id, besoin_id=id, **fields) for id, fields in wanted]


def _set_aside(besoin_id: int, proposed: Proposition, *, by: Personne) -> None:
    besoin = db.session.get(Besoin, besoin_id)
    if besoin and not proposed.is_aside:
        ecarter.tell(besoin, by=by, titre=besoin.titre)


def _answered(action: Action) -> set[int]:
    """The needs of the action that have their mission."""
    there = (Mission.action_id == action.id, Mission.besoin_id.is_not(None), Mission.etat != Etat.ANNULEE)
    return {id for id in db.session.scalars(select(Mission.besoin_id).where(*there)) if id}
