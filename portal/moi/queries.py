"""What one person holds and asked for, what suits them, what their calendar shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager

from portal import clock
from portal.actions.models import Action, Etape
from portal.actions.processus import modifier as action_modifier
from portal.candidatures import offres
from portal.candidatures import queries as candidatures
from portal.candidatures.models import LIVE, Candidature, Etat, Offre
from portal.comptes.models import Personne, Profil
from portal.db import db
from portal.journal import EntreeJournal, subject_key
from portal.missions import queries as missions
from portal.missions.accord import Accord, accord
from portal.missions.calendrier import Entry
from portal.missions.models import Affectation, Mission
from portal.missions.models import Etat as EtatMission
from portal.moi import agenda

CONSIDERED, BEST = 200, 30  # of the next missions that take somebody: those compared, those shown


@dataclass(frozen=True)
class Mine:
    """The places I hold (soonest first, then past ones latest first), those offered to me, my candidatures, whom to call."""

    to_come: list[Affectation]
    past: list[Affectation]
    applied: list[Candidature]
    offers: list[Offre]
    contacts: dict[int, list[Personne]]
    programme: list[Etape]  # what is still to come today of the action where my next mission is

    def beside(self, mission: Mission) -> list[Mission]:
        """The other missions of mine, to come, that share an instant with it."""
        others = (place.mission for place in self.to_come if place.mission_id != mission.id)
        return [other for other in others if other.debut < mission.fin and mission.debut < other.fin]

    def applied_to(self, mission_id: int) -> Candidature | None:
        """The accepted candidature behind a place; the référent's priority has none."""
        mine = (c for c in self.applied if c.mission_id == mission_id and c.etat is Etat.ACCEPTEE)
        return next(mine, None)


def of(personne: Personne) -> Mine:
    """Four queries, and one for the programme on the day, whatever the person did."""
    applied, held = candidatures.of_person(personne), missions.engagements(personne)
    to_come = [place for place in held if not place.mission.is_past]
    return Mine(
        to_come=to_come,
        past=[place for place in reversed(held) if place.mission.is_past],
        applied=applied,
        offers=offres.offers_to(personne),
        contacts=missions.contacts_of(place.mission.action for place in held),
        programme=_left_today(to_come[0].mission.action) if to_come and to_come[0].mission.is_today else [],
    )


def _left_today(action: Action) -> list[Etape]:
    today = clock.today()
    return [e for e in action.programme if e.fin > clock.now() and clock.local(e.debut).date() <= today]


# --- what suits me ---------------------------------------------------------------------------------------------


def profile_of(personne: Personne) -> Profil:
    """What they told of themself; an empty one, that no database holds, when they told nothing."""
    found = db.session.get(Profil, personne.id)
    return found or Profil(personne_id=personne.id, disponibilites=[], competences=[], envies=[])


def offered_to(personne: Personne, limit: int, *more: ColumnElement[bool]) -> list[Mission]:
    """The next missions that take somebody, but those that this person holds a place on or waits for; one query."""
    asked = exists().where(
        Candidature.mission_id == Mission.id,
        Candidature.personne_id == personne.id,
        or_(Candidature.etat.in_(LIVE), candidatures.is_untold()),  # a no that nobody was told is none yet
    )
    held = exists().where(
        Affectation.mission_id == Mission.id, Affectation.personne_id == personne.id, Affectation.libere_le.is_(None)
    )
    return list(db.session.scalars(missions.next_open(limit).where(~held, ~asked, *more)))


def _while_elsewhere(personne: Personne) -> ColumnElement[bool]:
    """A mission during another one that they know they hold."""
    other = aliased(Mission)
    return exists().where(
        Affectation.personne_id == personne.id,
        Affectation.libere_le.is_(None),
        missions.told(),
        other.id == Affectation.mission_id,
        other.etat != EtatMission.ANNULEE,
        other.debut < Mission.fin,
        other.fin > Mission.debut,
    )


def suited_to(personne: Personne, profil: Profil) -> list[tuple[Mission, Accord]]:
    """Missions that they can take, those that suit them best first, then soonest; one query."""
    free = offered_to(personne, CONSIDERED, ~_while_elsewhere(personne))
    found = [(mission, accord(profil, mission)) for mission in free]
    return sorted(found, key=lambda pair: (pair[1].rank, pair[0].debut, pair[0].id))[:BEST]


# --- my calendar -----------------------------------------------------------------------------------------------


def calendar_of(personne: Personne, base_url: str) -> list[Entry]:
    """What their calendar shows, soonest first; four queries."""
    since = clock.now() - agenda.SHOWN
    found = agenda.gather(_known_places(personne, since), _candidatures(personne, since))
    moves = _last_moves(found)
    shown = [occasion for occasion in found if occasion.is_shown(moves)]
    contacts = missions.contacts_of(occasion.mission.action for occasion in shown if occasion.is_held)
    return [o.entry(moves, _but(personne, contacts.get(o.mission.action_id, [])) if o.is_held else [], base_url) for o in shown]


def _but(personne: Personne, contacts: Iterable[Personne]) -> list[Personne]:
    return [contact for contact in contacts if contact.id != personne.id]


def _known_places(personne: Personne, since: datetime) -> Iterable[Affectation]:
    """The places they hold or held; one taken back before they were told was never theirs."""
    heard = or_(Affectation.libere_le.is_(None), Affectation.libere_le >= Affectation.connue_le)
    return db.session.scalars(
        select(Affectation)
        .join(Affectation.mission)
        .where(Affectation.personne_id == personne.id, missions.told(), heard, Mission.fin > since)
        .options(contains_eager(Affectation.mission).joinedload(Mission.action))
        .order_by(Affectation.id)
    )


def _candidatures(personne: Personne, since: datetime) -> Iterable[Candidature]:
    return db.session.scalars(
        select(Candidature)
        .join(Candidature.mission)
        .where(Candidature.personne_id == personne.id, Mission.fin > since)
        .options(contains_eager(Candidature.mission).joinedload(Mission.action))
        .order_by(Candidature.id.desc())
    )


def _last_moves(occasions: Iterable[agenda.Occasion]) -> dict[str, datetime]:
    """When each mission, action and candidature among these last changed, by journal subject; one query."""
    own = {subject_key(row) for o in occasions for row in (o.mission, *o.candidatures)}
    actions = {subject_key(o.mission.action) for o in occasions}
    moved = or_(
        EntreeJournal.sujet.in_(own),
        and_(EntreeJournal.sujet.in_(actions), EntreeJournal.evenement == action_modifier.key),
    )
    query = select(EntreeJournal.sujet, func.max(EntreeJournal.quand)).where(moved).group_by(EntreeJournal.sujet)
    return dict(db.session.execute(query).all())
