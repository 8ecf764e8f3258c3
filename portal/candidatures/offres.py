"""Reading the waiting list: who stands in line, and the places held for them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased, contains_eager, joinedload

from portal import clock
from portal.candidatures.models import Candidature, Etat, Offre
from portal.candidatures.queries import is_untold
from portal.comptes.models import Personne
from portal.db import db
from portal.missions.models import Affectation, Mission
from portal.missions.models import Etat as EtatMission

LAST = timedelta(hours=1)  # before a mission starts: later than that, its line is offered nothing
IN_LINE = (Candidature.rang_le, Candidature.deposee_le, Candidature.id)  # the order in which places are offered


def _standing() -> ColumnElement[bool]:
    """On the list by a bienveillant's word, and with no place of that mission in hand: neither held for them, nor theirs."""
    twin = aliased(Candidature)
    same = twin.mission_id == Candidature.mission_id, twin.personne_id == Candidature.personne_id
    return and_(
        Candidature.etat == Etat.LISTE_ATTENTE,
        Candidature.rang_le.is_not(None),
        ~exists().where(Offre.candidature_id == twin.id, Offre.close_le.is_(None), *same),
        ~exists().where(
            Affectation.mission_id == Candidature.mission_id,
            Affectation.personne_id == Candidature.personne_id,
            Affectation.libere_le.is_(None),
        ),
    )


def next_in_line(mission: Mission) -> Candidature | None:
    """Whom a place is offered to; an answer that can still be taken back has put nobody in line yet."""
    line = select(Candidature).where(Candidature.mission_id == mission.id, _standing(), ~is_untold())
    return db.session.scalar(line.order_by(*IN_LINE).limit(1))


def is_awaited(mission: Mission) -> bool:
    """Whether anybody stands in line there, were they not told yet."""
    return bool(db.session.scalar(select(exists().where(Candidature.mission_id == mission.id, _standing()))))


def position(candidature: Candidature) -> int:
    """1 for whoever the next place is offered to."""
    mine = tuple_(*(literal(getattr(candidature, column.key), column.type) for column in IN_LINE))
    ahead = (Candidature.mission_id == candidature.mission_id, _standing(), tuple_(*IN_LINE) < mine)
    return 1 + (db.session.scalar(select(func.count(Candidature.id)).where(*ahead)) or 0)


def missions_to_serve() -> list[int]:
    """Missions with places for their line, and somebody to offer them to, or nobody any more."""
    here = Candidature.mission_id == Mission.id
    return list(
        db.session.scalars(
            select(Mission.id)
            .where(
                Mission.a_offrir > 0,
                Mission.etat.in_((EtatMission.OUVERTE, EtatMission.FERMEE)),
                Mission.debut > clock.now() + LAST,
                or_(
                    and_(Mission.prises < Mission.places, exists().where(here, _standing(), ~is_untold())),
                    ~exists().where(here, _standing()),
                ),
            )
            .order_by(Mission.id)
        )
    )


def lapsed_offers() -> list[int]:
    """Offers that nobody took in time, and those of people who were refused since."""
    refused = and_(Candidature.etat == Etat.REFUSEE, ~is_untold())
    over = or_(Offre.expire_le <= clock.now(), refused)
    lapsed = select(Offre.id).join(Offre.candidature).where(Offre.close_le.is_(None), over)
    return list(db.session.scalars(lapsed.order_by(Offre.expire_le, Offre.id)))


def open_offers(mission: Mission) -> list[Offre]:
    """The places of a mission that are held for somebody."""
    held = select(Offre).join(Offre.candidature).where(Candidature.mission_id == mission.id, Offre.close_le.is_(None))
    return list(db.session.scalars(held.options(contains_eager(Offre.candidature)).order_by(Offre.id)))


def by_id(id: int) -> Offre | None:
    return db.session.get(Offre, id, options=(joinedload(Offre.candidature),))


def last_offer(candidature: Candidature) -> Offre | None:
    """The present offer to a candidature, or else how the last one ended."""
    return db.session.scalar(select(Offre).where(Offre.candidature_id == candidature.id).order_by(Offre.id.desc()).limit(1))


def open_to(mission: Mission, personne: Personne) -> list[Offre]:
    """The places of a mission that are held for this person: one, but for whoever applied twice."""
    return [offre for offre in open_offers(mission) if offre.candidature.personne_id == personne.id]


def held_for(personne: Personne) -> Select[Offre]:
    """The places held for a person that they may still take."""
    mine = select(Offre).join(Offre.candidature).where(Candidature.personne_id == personne.id)
    return mine.where(Offre.close_le.is_(None), Offre.expire_le > clock.now())


def offers_to(personne: Personne) -> list[Offre]:
    """The places held for a person, as they were told, the most pressing first; one query."""
    mine = select(Offre).join(Offre.candidature).where(Candidature.personne_id == personne.id, Offre.expire_le > clock.now())
    mission = contains_eager(Offre.candidature).joinedload(Candidature.mission).joinedload(Mission.action)
    return [offre for offre in db.session.scalars(mine.options(mission).order_by(Offre.expire_le)) if offre.is_told_open]
