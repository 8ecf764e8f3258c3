"""Reading messages: what a person was sent, what waits, what could not leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal import clock, outbox
from portal.actions import avis
from portal.actions import queries as actions
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import count, db
from portal.equipe import queries as equipe
from portal.missions.models import Affectation, Etat, Mission
from portal.missions.queries import told
from portal.outbox import Message, Voie, waiting
from portal.web import Leaf, leaf

PAGE = 50
LATE = timedelta(minutes=5)


def received_by(personne: Personne, number: int) -> Leaf:
    """What this person was sent, and what could not reach them, latest first; two queries."""
    gone = or_(and_(Message.envoye_le.is_not(None), Message.objet != ""), Message.abandonne_le.is_not(None))
    mine = select(Message).where(Message.personne_id == personne.id, gone, Message.genre != "resume")
    return leaf(mine.order_by(Message.id.desc()), number, PAGE)


def given_up() -> Select[Message]:
    """What could not leave and nobody has looked at yet."""
    return select(Message).where(Message.abandonne_le.is_not(None), Message.envoye_le.is_(None), Message.ecarte_le.is_(None))


def given_up_count() -> int:
    return count(given_up())


def given_up_page(number: int) -> Leaf:
    """The same, latest first; two queries."""
    return leaf(given_up().order_by(Message.abandonne_le.desc(), Message.id.desc()), number, PAGE)


def short_of_people() -> list[int]:
    """The missions that lack people and whose bienveillant was not told so, for the date that they now have."""
    keys = {short_key(mission): mission.id for mission in equipe.short_of_people()}
    return [keys[key] for key in keys.keys() - outbox.posted(keys)]


def short_key(mission: Mission) -> str:
    return f"mission:{mission.id}:minimum:{int(mission.debut.timestamp())}"


def unanswered() -> list[int]:
    """The requests that wait for an answer for too long, and of which nobody was told so."""
    keys = {unanswered_key(action): action.id for action in actions.unanswered()}
    return [keys[key] for key in keys.keys() - outbox.posted(keys)]


def unanswered_key(action: Action) -> str:
    return f"action:{action.id}:sans_reponse"


def opinions_to_remind() -> list[int]:
    """The actions whose last day to give an opinion comes, and where somebody of a silent pôle was not reminded of it."""
    keys = {opinion_key(action, personne): action.id for action, personne in avis.silent_on_the_eve()}
    return sorted({keys[key] for key in keys.keys() - outbox.posted(keys)})


def opinion_key(action: Action, personne: Personne) -> str:
    return f"action:{action.id}:avis:{personne.id}:veille"


def not_carried() -> list[int]:
    """The actions that no pôle took in time, and whose bienveillant was not told so since they were last proposed."""
    keys = {carrier_key(action, since): action.id for action, since in avis.not_carried()}
    return [keys[key] for key in keys.keys() - outbox.posted(keys)]


def carrier_key(action: Action, since: datetime) -> str:
    return f"action:{action.id}:sans_porteur:{int(since.timestamp())}"


def reminders_to_plan() -> list[int]:
    """The places whose holder knows of them, and whose reminders are not planned for the present start of the mission."""
    planned = and_(Affectation.rappels_pour.is_not(None), Affectation.rappels_pour == Mission.debut)
    held = (Affectation.libere_le.is_(None), told(), Mission.etat != Etat.ANNULEE, Mission.debut > clock.now())
    query = select(Affectation.id).join(Affectation.mission).where(*held, ~planned)
    return list(db.session.scalars(query.order_by(Affectation.id)))


@dataclass(frozen=True)
class Pending:
    """What should have left by now and has not."""

    late: int
    since: datetime | None
    error: str  # what the server said last


def pending() -> Pending:
    due = (
        *waiting(),
        Message.voie != Voie.RESUME,
        Message.retenu.is_(False),
        Message.du_le < clock.now() - LATE,
    )
    number, since = db.session.execute(select(func.count(), func.min(Message.cree_le)).where(*due)).one()
    said = select(Message.erreur).where(*waiting(), Message.erreur != "").order_by(Message.du_le.desc()).limit(1)
    return Pending(number, since, db.session.scalar(said) or "")


def last_of_the_channel() -> tuple[Message | None, Message | None]:
    """What the chat took last; and what it refused last, or has not taken yet."""
    mine = select(Message).where(Message.voie == Voie.ROCKETCHAT).order_by(Message.id.desc()).limit(1)
    took, kept = Message.envoye_le.is_not(None), and_(Message.envoye_le.is_(None), Message.ecarte_le.is_(None))
    return db.session.scalar(mine.where(took)), db.session.scalar(mine.where(kept))


def written(key: str) -> Message | None:
    return db.session.scalar(select(Message).where(Message.cle == key))


def lines_to_gather() -> tuple[ColumnElement[bool], ...]:
    return (*waiting(), Message.voie == Voie.RESUME, Message.resume_id.is_(None), Message.du_le <= clock.now())


def digests_due() -> list[int]:
    """Who has lines to read in a digest by now."""
    whose = select(Message.personne_id).where(*lines_to_gather()).distinct().order_by(Message.personne_id)
    return [id for id in db.session.scalars(whose) if id]


def lines_of(cle: str) -> list[Message]:
    """What the digest of that key carries, oldest first."""
    digest = select(Message.id).where(Message.cle == cle).scalar_subquery()
    return list(db.session.scalars(select(Message).where(Message.resume_id == digest).order_by(Message.id)))
