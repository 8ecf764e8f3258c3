"""Reading people and their sessions."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from portal import clock
from portal.comptes.models import Jeton, NomRole, Personne, Role, Session
from portal.db import db
from portal.fields import address_key
from portal.security import fingerprint

SESSION_LIFE = timedelta(days=30)


def session_of(token: str) -> Session | None:
    """The open session of this cookie, with its person and their roles, in one query."""
    return db.session.scalar(
        select(Session)
        .join(Session.personne)
        .where(
            Session.empreinte == fingerprint(token),
            Session.vue_le > clock.now() - SESSION_LIFE,
            Personne.desactive_le.is_(None),
        )
        .options(joinedload(Session.personne).joinedload(Personne.roles))
    )


def confirmed(email: str) -> Personne | None:
    """The one active person whose address was proved."""
    return db.session.scalar(
        select(Personne)
        .where(Personne.adresse == address_key(email), Personne.confirme_le.is_not(None), Personne.desactive_le.is_(None))
        .options(selectinload(Personne.roles))
    )


def known(email: str) -> Personne | None:
    """The confirmed person, or else the latest provisional one, to whom a sign-in link may be sent."""
    return confirmed(email) or db.session.scalar(
        select(Personne)
        .where(Personne.adresse == address_key(email), Personne.confirme_le.is_(None), Personne.desactive_le.is_(None))
        .order_by(Personne.id.desc())
        .limit(1)
    )


def pending(jeton_id: int, generation: int = 1) -> Jeton | None:
    """A link still good to use."""
    jeton = db.session.get(Jeton, jeton_id)
    usable = jeton and jeton.generation == generation and jeton.utilise_le is None and jeton.expire_le > clock.now()
    return jeton if usable else None


def everyone(search: str = "") -> list[Personne]:
    """Confirmed people by name, with their roles."""
    query = select(Personne).where(Personne.confirme_le.is_not(None)).options(selectinload(Personne.roles))
    if search:
        query = query.where(func.lower(Personne.nom).contains(search.lower()) | Personne.adresse.contains(address_key(search)))
    return list(db.session.scalars(query.order_by(Personne.nom, Personne.id)))


def count_admins() -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Role)
            .join(Role.personne)
            .where(Role.nom == NomRole.ADMIN, Personne.desactive_le.is_(None))
        )
        or 0
    )
