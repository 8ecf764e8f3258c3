"""Reading people and their sessions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from portal import clock, reglage
from portal.comptes.models import Jeton, NomRole, Personne, Role, Session
from portal.db import db, instant
from portal.fields import address_key, local_phone, name_key
from portal.filters import telephone
from portal.journal import Called, describes
from portal.outbox import Message
from portal.security import fingerprint
from portal.web import Leaf, leaf

Asked = Callable[[InstrumentedAttribute[int]], ColumnElement[bool]]  # of that person
SESSION_LIFE = timedelta(days=30)  # without a visit
LONGEST_SESSION = timedelta(days=180)  # whatever the visits: then one proves again who one is
PAGE = 50
INVITATION = "invitation"  # the kind of the message that carries one
SMALL = re.compile("(?i)(an?|à|aux?|del?|da|des|di|du|d|el|en|est|et|été|la?|les?|une?|van|von)")  # no names by themselves
ELIDED = re.compile("[dl]['’]", re.IGNORECASE)
WITH_ROLES = (selectinload(Personne.roles),)
WITH_THEIR_ROLES = (joinedload(Personne.roles),)  # of one person, in the same query


def session_of(token: str, also: Asked) -> tuple[Session, bool, str | None, str | None] | None:
    """The open session of this cookie, with its person and their roles; what is asked of them by the way; the house's names.

    One query.
    """
    row = db.session.execute(_with_session(also), {"empreinte": fingerprint(token)}).unique().first()
    return (row[0], row[1], row[2], row[3]) if row else None


# Which session is open, when its cookie is shown: `empreinte` is that of its secret. To be joined with its person.
OPEN = (
    Session.empreinte == bindparam("empreinte"),
    Session.vue_le > instant(lambda: clock.now() - SESSION_LIFE),
    Session.ouverte_le > instant(lambda: clock.now() - LONGEST_SESSION),
    Personne.desactive_le.is_(None),
)


@cache
def _with_session(also: Asked) -> Select[Session, bool, str, str]:
    """Every request of whoever is signed in asks it: to build it would take longer than to run it."""
    return (
        select(Session, also(Session.personne_id), reglage.said(reglage.MAISON), reglage.said(reglage.NOM))
        .join(Session.personne)
        .where(*OPEN)
        .options(joinedload(Session.personne).joinedload(Personne.roles))
    )


def sessions_of(personne: Personne) -> list[Session]:
    """Where this person is signed in, the last seen first."""
    now, mine = clock.now(), Session.personne_id == personne.id
    alive = mine, Session.vue_le > now - SESSION_LIFE, Session.ouverte_le > now - LONGEST_SESSION
    return list(db.session.scalars(select(Session).where(*alive).order_by(Session.vue_le.desc(), Session.id.desc())))


def holder(email: str) -> Personne | None:
    """The one person whose address this is, proved, even deactivated."""
    return db.session.scalar(
        select(Personne).where(Personne.adresse == address_key(email), Personne.confirme_le.is_not(None)).options(*WITH_ROLES)
    )


def holders(adresses: Collection[str]) -> dict[str, Personne]:
    """The same for several addresses at once, by `address_key`; one query."""
    proved = Personne.adresse.in_(adresses), Personne.confirme_le.is_not(None)
    return {personne.adresse: personne for personne in db.session.scalars(select(Personne).where(*proved))}


def confirmed(email: str) -> Personne | None:
    """The one active person whose address was proved: never a provisional row, which anybody may have written with it."""
    found = holder(email)
    return found if found and found.is_active else None


def calendar_owner(id: int, generation: int) -> Personne | None:
    """Whose secret calendars these are, as long as they have not changed their addresses."""
    found = db.session.get(Personne, id)
    return found if found and found.is_active and found.agenda_generation == generation else None


def pending(jeton_id: int, generation: int = 1) -> Jeton | None:
    """A link still good to use."""
    jeton = db.session.get(Jeton, jeton_id)
    usable = jeton and jeton.generation == generation and jeton.utilise_le is None and jeton.expire_le > clock.now()
    return jeton if usable else None


@dataclass(frozen=True)
class Invitation:
    """One that was written to a person who has not come in since."""

    jeton_id: int
    partie_le: datetime | None  # None while it waits to leave
    expire_le: datetime

    @property
    def is_open(self) -> bool:
        return self.expire_le > clock.now()


def invitations(ids: Collection[int]) -> dict[int, Invitation]:
    """The last one of each of these people who still waits for it; one query.

    The message knows which link is an invitation: anybody may ask for one that leads to the same page.
    """
    rows = (
        select(Message.personne_id, Jeton.id, Message.envoye_le, Jeton.expire_le)
        .join(Jeton, Jeton.id == Message.faits["jeton"].as_integer())
        .where(Message.genre == INVITATION, Message.personne_id.in_(ids), Jeton.utilise_le.is_(None))
        .order_by(Jeton.id)
    )
    return {whose: Invitation(id, left, until) for whose, id, left, until in db.session.execute(rows) if whose}


def tries_of(personne_id: int | None) -> int:
    """How many codes were tried for this person since yesterday."""
    recent = (Jeton.personne_id == personne_id, Jeton.expire_le > clock.now() - timedelta(days=1))
    return db.session.scalar(select(func.coalesce(func.sum(Jeton.essais), 0)).where(*recent)) or 0


def links_held(personne_id: int, most: int, *, since: datetime, until: datetime) -> list[Jeton]:
    """The links to come in with of this person that still work between these instants, the latest first, so many at most."""
    alive = Jeton.utilise_le.is_(None), Jeton.expire_le > since, Jeton.expire_le <= until
    mine = select(Jeton).where(Jeton.personne_id == personne_id, *alive)
    return list(db.session.scalars(mine.order_by(Jeton.expire_le.desc(), Jeton.id.desc()).limit(most)))


def everyone() -> list[Personne]:
    """Confirmed people by name, with their roles."""
    query = select(Personne).where(Personne.confirme_le.is_not(None)).options(*WITH_ROLES)
    return list(db.session.scalars(query.order_by(Personne.nom_cle, Personne.id)))


def names(present: int | None = None) -> list[tuple[int, str]]:
    """Whom something can be entrusted to: (id, name) of active people whose address is proved, by name; one query.

    And of whoever it is entrusted to at `present`, were their account closed since.
    """
    known = and_(Personne.confirme_le.is_not(None), Personne.desactive_le.is_(None))
    rows = select(Personne.id, Personne.nom).where(or_(known, Personne.id == present))
    return [(id, nom) for id, nom in db.session.execute(rows.order_by(Personne.nom_cle, Personne.id))]


def by_ids(ids: Collection[int]) -> list[Personne]:
    """These people, by name; one query."""
    return list(db.session.scalars(select(Personne).where(Personne.id.in_(ids)).order_by(Personne.nom_cle, Personne.id)))


@describes("personne", str)
def _called() -> Called:
    """Whoever is known to the house; a provisional row may bear anybody's name."""
    return select(Personne.id, Personne.nom).where(Personne.confirme_le.is_not(None))


def signs(personne: Personne) -> list[str]:
    """What tells who they are, as people and messages write it: « Awa Payet », « PAYET Awa ».

    A name that nobody proved is anybody's, and so are a first name alone and words of every day: they take no text of others.
    """
    words = [_as_written(word) for word in personne.nom.split()]
    is_name = personne.confirme_le and sum(not SMALL.fullmatch(word) for word in words) > 1
    turned = (words, words[1:] + words[:1], words[-1:] + words[:-1])
    names = [" ".join(one) for one in turned] if is_name else []
    number = local_phone(personne.telephone)
    numbers = (personne.telephone, number, number.replace(" ", ""), telephone(personne.telephone))
    return list(dict.fromkeys(filter(None, (*names, personne.email, personne.adresse, *numbers))))


def _as_written(word: str) -> str:
    """What is small is read in any case; a name begins with a capital, or has it after its « d’ »."""
    if SMALL.fullmatch(word):
        return word.lower()
    return (word[0].lower() if ELIDED.match(word) else word[0].upper()) + word[1:]


def people(search: str, number: int) -> Leaf:
    """A page of confirmed people by name, with their roles; each word of the search is in the name or the address."""
    words = name_key(search).split()[:6]
    found = (
        or_(*(column.contains(word, autoescape=True) for column in (Personne.nom_cle, Personne.adresse))) for word in words
    )
    query = select(Personne).where(Personne.confirme_le.is_not(None), *found)
    return leaf(query.order_by(Personne.nom_cle, Personne.id), number, PAGE, *WITH_ROLES)


def admins() -> list[Personne]:
    """Whoever administers the portal, active."""
    return _with_role(NomRole.ADMIN)


def bienveillants() -> list[Personne]:
    """Whoever may set an action up, active, by name."""
    return sorted(_with_role(NomRole.BIENVEILLANT), key=lambda personne: personne.nom_cle)


def _with_role(nom: NomRole) -> list[Personne]:
    roles = exists().where(Role.personne_id == Personne.id, Role.nom == nom)
    return list(db.session.scalars(select(Personne).where(roles, Personne.desactive_le.is_(None)).order_by(Personne.id)))


def has_another_admin(personne: Personne) -> bool:
    """Whether someone else, active, administers the portal."""
    others = exists().where(
        Role.personne_id == Personne.id,
        Role.nom == NomRole.ADMIN,
        Personne.id != personne.id,
        Personne.desactive_le.is_(None),
    )
    return bool(db.session.scalar(select(others)))
