"""What a later devis changes under the missions of its action, until somebody has looked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager

from portal import clock
from portal.actions.models import ALIVE, Action
from portal.comptes.models import Personne
from portal.db import db, lock, lock_one
from portal.devis.models import Accord, Devis, LigneDevis, Unite
from portal.devis.queries import LINES
from portal.fields import quantite
from portal.missions.models import Etat, Mission, Nature, revoir, toucher


def flag(devis: Devis, *, by: Personne | None) -> list[Mission]:
    """It is now the one that was accepted: the missions that it changes carry the sentence that says how.

    The caller holds the lock of the action.
    """
    before = _agreed_before(devis)
    if before is None:
        return []
    said = {mission.id: words for mission in _standing(devis.action) if (words := _change(mission, before, devis))}
    flagged = lock(Mission, *said)
    for mission in flagged:
        if said[mission.id] not in mission.a_revoir:
            mission.a_revoir = f"{mission.a_revoir} {said[mission.id]}".strip()
        toucher.tell(mission, by=by, titre=mission.titre, dit=said[mission.id])
    return flagged


def _agreed_before(devis: Devis) -> Devis | None:
    """What the demandeur had accepted last, even if that was undone since."""
    another = or_(Accord.devis_id != devis.id, Accord.annule_le.is_not(None))
    query = select(Devis).join(Accord, Accord.devis_id == Devis.id).where(Devis.action_id == devis.action_id, another)
    return db.session.scalars(query.options(LINES).order_by(Accord.id.desc()).limit(1)).first()


def _standing(action: Action) -> Iterable[Mission]:
    to_come = (Mission.action_id == action.id, Mission.etat != Etat.ANNULEE, Mission.fin > clock.now())
    return db.session.scalars(select(Mission).where(*to_come).order_by(Mission.id))


def _change(mission: Mission, before: Devis, after: Devis) -> str:
    """By its need; the hours of the site are its référent's."""
    old, new = (_amount(_of(mission, devis.lignes)) for devis in (before, after))
    if old == new:
        return ""
    if not new:
        return "Le devis ne la compte plus."
    return f"Le devis passe de {old} à {new}." if old else f"Le devis compte maintenant {new}."


def _of(mission: Mission, lines: Iterable[LigneDevis]) -> Iterator[LigneDevis]:
    for line in lines:
        site = line.site and mission.nature is Nature.REFERENT
        if site or (line.besoin_id and line.besoin_id == mission.besoin_id):
            yield line


def _amount(lines: Iterable[LigneDevis]) -> str:
    """ "6 h", "2 personnes et 3 h"."""
    sums = Counter[Unite]()
    for line in lines:
        sums[line.unite] += line.quantite
    return " et ".join(f"{quantite(many)}\u00a0{_unit(unite, many)}" for unite, many in sorted(sums.items()))


def _unit(unite: Unite, many: int) -> str:
    return "h" if unite is Unite.HEURE else unite.of(many)


def see(mission: Mission, *, by: Personne) -> None:
    """Somebody has looked; twice is once."""
    mission = lock_one(mission)
    if mission.a_revoir:
        said, mission.a_revoir = mission.a_revoir, ""
        revoir.tell(mission, by=by, titre=mission.titre, dit=said)


def to_review(personne: Personne) -> Select[Mission]:
    """The missions that a devis changed, of the actions that this person sets up, soonest first."""
    theirs = (Action.bienveillant_id == personne.id, Action.etat.in_(ALIVE))
    flagged = (Mission.a_revoir != "", Mission.etat != Etat.ANNULEE, Mission.fin > clock.now())
    return select(Mission).join(Mission.action).where(*theirs, *flagged).order_by(Mission.debut, Mission.id)


def to_review_by(personne: Personne) -> list[Mission]:
    """The same, with their action; one query."""
    return list(db.session.scalars(to_review(personne).options(contains_eager(Mission.action)).limit(100)))
