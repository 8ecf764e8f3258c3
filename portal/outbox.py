"""Messages written with the change, sent after it by the worker.

A row holds what is needed to write the message (a template, facts), never the message nor a link's signature.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import g, has_request_context
from sqlalchemy import ColumnElement, Connection, ForeignKey, Index, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, apart, db, insert_once, says, strike, struck, touched, upsert

GONE = ("À propos d’une personne effacée", "Ce message parlait d’elle\u00a0: ses mots sont partis avec ses données.")
UNDER_WAY = (
    "Message parti pendant un effacement",
    "Il nommait peut-être une personne dont les données ont été effacées\u00a0: ses mots ne sont pas gardés.",
)

ERASED = "personne effacée"
WORDS_GONE = "Le délai de garde est passé\u00a0: les mots de ce message ne sont plus gardés."
LINKS_KEPT = timedelta(days=30)


class Voie(StrEnum):
    """How a message reaches its person: a mail of its own, a line of the day's digest, or the portal's pages alone."""

    COURRIER = "courrier"
    RESUME = "resume"
    PORTAIL = "portail"
    ROCKETCHAT = "rocketchat"  # the channel of the interpôle, which is nobody's address
    WEBHOOK = "webhook"  # another program


class Poids(StrEnum):
    """How pressing a message is, for those who asked to be written to less."""

    ESSENTIEL = "essentiel"  # at once, whatever they chose
    PRESSANT = "pressant"  # tomorrow is too late: at once, but for those who want the essential only
    ORDINAIRE = "ordinaire"


class Message(Base):
    """One message to one address, once: `cle` is unique, and names what it is about.

    It ends in one of three ways: `envoye_le` it left, `abandonne_le` it could not and somebody should look,
    `ecarte_le` it has no object any more, or an admin discarded it.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    cle: Mapped[str] = mapped_column(unique=True)  # "candidature:12:reponse:3"
    genre: Mapped[str]  # the template: templates/messages/<genre>.txt and .html
    adresse: Mapped[str]
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)  # None: an address nobody proved
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)  # whose deed it tells; None: the portal
    sur_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)  # of whom it speaks to somebody else
    voie: Mapped[Voie] = mapped_column(default=Voie.COURRIER)
    poids: Mapped[Poids] = mapped_column(default=Poids.ESSENTIEL)
    retenu: Mapped[bool] = mapped_column(default=False)  # decided now, sent when its bienveillant says so
    resume_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)  # the digest that carries it
    faits: Mapped[dict[str, Any]]
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    du_le: Mapped[datetime] = mapped_column(default=clock.now)
    bail_jusqu: Mapped[datetime | None]  # leased to a worker until then
    essais: Mapped[int] = mapped_column(default=0)  # begun, whatever became of them
    doutes: Mapped[int] = mapped_column(default=0)  # tries after which nobody knows whether it left
    erreur: Mapped[str] = mapped_column(default="")
    objet: Mapped[str] = mapped_column(default="")  # as it was said, for its person to read again; no secret is kept
    texte: Mapped[str] = mapped_column(default="")
    envoye_le: Mapped[datetime | None]
    abandonne_le: Mapped[datetime | None]
    ecarte_le: Mapped[datetime | None]

    __table_args__ = (Index("ix_outbox__attente", "envoye_le", "abandonne_le", "ecarte_le", "du_le"),)


class Battement(Base):
    """The last time that something proved itself alive by writing: the worker, the health page."""

    __tablename__ = "battement"
    nom: Mapped[str] = mapped_column(primary_key=True)
    quand: Mapped[datetime]


def post(
    genre: str,
    cle: str,
    *,
    to: str,
    due: datetime | None = None,
    personne_id: int | None = None,
    par_id: int | None = None,
    sur_id: int | None = None,
    voie: Voie = Voie.COURRIER,
    poids: Poids = Poids.ESSENTIEL,
    retenu: bool = False,
    **faits: Any,
) -> bool:
    """Queue a message in the present transaction; a second one under the same key is not queued (returns False)."""
    if has_request_context():
        g.setdefault("posted", []).append(cle)
    return insert_once(
        Message,
        cle=cle,
        genre=genre,
        adresse=to,
        personne_id=personne_id,
        par_id=par_id,
        sur_id=sur_id,
        voie=voie,
        poids=poids,
        retenu=retenu,
        faits=faits,
        cree_le=clock.now(),
        du_le=due or clock.now(),
        essais=0,
        doutes=0,
        erreur="",
        objet="",
        texte="",
    )


def queued_here() -> list[Message]:
    """The messages that this request has queued so far, whether or not it stays so."""
    return list(db.session.scalars(select(Message).where(Message.cle.in_(g.get("posted", []))).order_by(Message.id)))


def posted(keys: Iterable[str]) -> set[str]:
    """Those of these keys that a message bears already, whatever became of it."""
    return set(db.session.scalars(select(Message.cle).where(Message.cle.in_(list(keys)))))


def held_up(keys: Iterable[str]) -> set[str]:
    """Those of these keys whose message has not left, and does not by itself: set aside, or given up."""
    ended = or_(Message.abandonne_le.is_not(None), Message.ecarte_le.is_not(None))
    query = select(Message.cle).where(Message.cle.in_(list(keys)), Message.envoye_le.is_(None), ended)
    return set(db.session.scalars(query))


def withdraw(cle: str) -> bool:
    """Take back a message nobody has begun to send; False when it is already on its way."""
    gone = db.session.execute(delete(Message).where(Message.cle == cle, Message.envoye_le.is_(None), Message.essais == 0))
    return touched(gone) == 1


def waiting() -> tuple[ColumnElement[bool], ...]:
    """Neither gone, nor given up, nor set aside."""
    return Message.envoye_le.is_(None), Message.abandonne_le.is_(None), Message.ecarte_le.is_(None)


def due() -> tuple[ColumnElement[bool], ...]:
    """Of those, what leaves now: its hour has come, and nobody keeps it back."""
    return Message.retenu.is_(False), Message.du_le <= clock.now()


def let_go(cle: str) -> None:
    """A message that was kept back leaves now."""
    held = (Message.cle == cle, Message.envoye_le.is_(None), Message.retenu)
    db.session.execute(update(Message).where(*held).values(retenu=False, du_le=clock.now()))


def hand_over(before: int, after: int) -> None:
    """What was written to a provisional person is for the one they turned out to be."""
    db.session.execute(update(Message).where(Message.personne_id == before).values(personne_id=after))


def forget(personne_id: int, adresse: str, signs: Collection[str]) -> None:
    """Nobody is written to any more, and nothing says what they were: what waits is set aside, what was said goes.

    `signs` are what tells who they are in what was said to others.
    """
    _hush_what_is_leaving()
    same = func.lower(Message.adresse) == adresse, Message.faits["adresse"].as_string() == adresse
    theirs = or_(Message.personne_id == personne_id, *same)
    unsent = (Message.envoye_le.is_(None), Message.ecarte_le.is_(None))
    db.session.execute(update(Message).where(theirs, *unsent).values(ecarte_le=clock.now(), bail_jusqu=None))
    db.session.execute(update(Message).where(theirs).values(adresse="", objet="", texte="", faits={}, erreur=ERASED))
    _forget_what_others_read(personne_id)
    strike(Message.objet, signs)
    strike(Message.texte, signs)
    _strike_what_was_typed(signs)


def forget_links() -> None:
    """Links that were asked for again bear an address, known or not: a month later nobody looks for them any more."""
    old = Message.genre == "mes_liens", Message.cree_le < clock.now() - LINKS_KEPT
    db.session.execute(delete(Message).where(*old))


def forget_words(candidature_id: int) -> None:
    """What was said to whoever sent that candidature, once its words go."""
    theirs = Message.faits["candidature"].as_integer() == candidature_id
    for message in db.session.scalars(select(Message).where(theirs).order_by(Message.id).with_for_update()):
        if typed := {fact: "" for fact in ("motif", "mot") if message.faits.get(fact)}:
            message.faits, message.texte = message.faits | typed, message.texte and WORDS_GONE


def forget_outside(action_id: int, signs: Collection[str]) -> None:
    """Nobody outside is written to about that action any more, and nothing says what they were, nor what they wrote."""
    _hush_what_is_leaving()
    about = Message.faits["action"].as_integer() == action_id
    read = select(Message).where(about).order_by(Message.id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(read).all()
    _set_aside([m for m in found if m.personne_id is None and m.voie is not Voie.ROCKETCHAT])
    lines = [m.id for m in found] + [m.resume_id for m in found if m.resume_id]
    for message in db.session.scalars(select(Message).where(Message.id.in_(_spoke(found)))):
        message.objet, message.texte = GONE
    for message in found:
        message.faits = struck(message.faits, signs)
    for column in (Message.objet, Message.texte):
        strike(column, signs, Message.id.in_(lines))


def _set_aside(theirs: Iterable[Message]) -> None:
    for message in theirs:
        if message.envoye_le is None and message.ecarte_le is None:
            message.ecarte_le = clock.now()
        message.cle, message.adresse, message.bail_jusqu = f"efface:{message.id}", "", None  # a key may hold an address
        message.objet = message.texte = ""
        message.faits, message.erreur = {}, ERASED
    db.session.flush()


def _spoke(found: Iterable[Message]) -> list[int]:
    """Those that repeated what was written outside, once said, and the digests which carried them."""
    said = [m for m in found if "echange" in m.faits and m.objet]
    return [m.id for m in said] + [m.resume_id for m in said if m.resume_id]


def _strike_what_was_typed(signs: Collection[str]) -> None:
    """The same in the words that a message repeats: « À samedi, Zoé Hoarau »."""
    for fact in ("motif", "mot"):
        typed = Message.faits[fact].as_string()
        found = select(Message).where(says(typed, signs))
        for message in db.session.scalars(found.with_for_update().execution_options(populate_existing=True)):
            message.faits = message.faits | {fact: struck(message.faits[fact], signs)}


def _hush_what_is_leaving() -> None:
    """What a worker is sending was written before: it may name them, in words that nobody has stored yet.

    A digest first, then its lines, in the order in which `said` takes them.
    """
    leaving = (Message.bail_jusqu.is_not(None), *waiting())
    digests = Message.resume_id.in_(select(Message.id).where(*leaving))
    for rows in (leaving, (digests, *waiting())):
        hushed = update(Message).where(*rows, Message.objet == "").values(objet=UNDER_WAY[0], texte=UNDER_WAY[1])
        db.session.execute(hushed, execution_options={"synchronize_session": False})


def _forget_what_others_read(personne_id: int) -> None:
    """What spoke of them, and the digests which carried it; what is still to leave says no more why.

    Locked: no worker takes one of these until the erasure is over. One that was taken since `_hush_what_is_leaving` is gone.
    """
    spoke = Message.sur_id == personne_id
    carried = Message.id.in_(select(Message.resume_id).where(spoke))
    rows = select(Message).where(or_(spoke, carried)).order_by(Message.id.desc())  # a digest comes after its lines
    found = db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all()
    leaving = {message.id for message in found if message.bail_jusqu}
    for message in found:
        message.faits = message.faits | ({"motif": ""} if "motif" in message.faits else {})
        if message.objet or not leaving.isdisjoint((message.id, message.resume_id)):
            message.objet, message.texte = GONE


def said(connection: Connection, id: int, words: tuple[str, str]) -> None:
    """It left in these words, which are kept unless an erasure passed meanwhile: `forget` emptied the row, or hushed it."""
    left = update(Message).where(Message.id == id)
    connection.execute(left.values(envoye_le=clock.now(), bail_jusqu=None))  # waits for whoever is erasing
    kept = left.where(Message.objet == "", Message.adresse != "")
    connection.execute(kept.values(objet=words[0], texte=words[1]))


def beat(nom: str) -> None:
    """It is alive, and the database takes writes; fails otherwise."""
    now = upsert(Battement).values(nom=nom, quand=clock.now())
    with apart() as connection:
        connection.execute(now.on_conflict_do_update(index_elements=["nom"], set_={"quand": now.excluded.quand}))
