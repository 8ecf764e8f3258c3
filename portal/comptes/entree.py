"""Signing in and out: passwords, links and codes, sessions."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import selectinload

from portal import clock, outbox, security
from portal.comptes import commands, queries
from portal.comptes.facile import is_easy
from portal.comptes.models import CleAcces, Jeton, Personne, Session, changer_de_mot_de_passe, deconnecter
from portal.db import apart, db, in_passing, lock, touched
from portal.workflow import Refusal

LINK_LIFE = timedelta(minutes=10)
LINK_LEFT = timedelta(minutes=2)  # in which one has the time to use it
MOST_LINKS = 5  # that one address may be holding because strangers asked
NOBODY = 0  # an id of no person
MAX_TRIES = 5  # of one code
MAX_TRIES_A_DAY = 30  # of all the codes of one person: six digits are not many; the mail's link still opens


class EasyPassword(Refusal):
    status = 422
    sentence = "Ce mot de passe se devine\u00a0: beaucoup l’ont, ou il est fait de mots d’ici. Trois mots au hasard vont bien."


class NotProved(Refusal):
    """Whoever is signed in did not prove again that it is them."""

    status = 422


class LinkUsed(Refusal):
    status = 410
    sentence = "Ce lien ou ce code a déjà servi, ou son temps est passé. Demande-en un autre."


def check_password(email: str, password: str) -> Personne | None:
    """The person, or None. Unknown and wrong take the same time, and no transaction is open while hashing."""
    personne = queries.confirmed(email)
    id, stored = (personne.id, personne.mot_de_passe) if personne else (None, "")
    db.session.rollback()
    if not security.verify_password(stored, password):
        return None
    return db.session.get(Personne, id, options=[selectinload(Personne.roles)])


def open_session(personne: Personne, *, agent: str = "", cle: CleAcces | None = None) -> str:
    """A new session row, opened with that passkey if any; returns the secret that the cookie carries."""
    token = secrets.token_urlsafe(32)
    row = Session(empreinte=security.fingerprint(token), personne_id=personne.id, appareil=agent[:200])
    row.cle_id = cle.id if cle else None
    db.session.add(row)
    personne.session_token, personne.proved_at = token, clock.now()
    return token


def close_session(token: str) -> None:
    db.session.execute(delete(Session).where(Session.empreinte == security.fingerprint(token)))


def close_other_sessions(personne: Personne) -> int:
    """How many there were."""
    mine = security.fingerprint(personne.session_token)
    closed = delete(Session).where(Session.personne_id == personne.id, Session.empreinte != mine)
    return touched(db.session.execute(closed))


def sign_out(personne: Personne, session_id: int | None = None) -> int:
    """Sign one of their devices out, or all the others than this one; how many it was, none for somebody else's.

    It shows at the next request of that device.
    """
    one = delete(Session).where(Session.personne_id == personne.id, Session.id == session_id)
    closed = touched(db.session.execute(one)) if session_id else close_other_sessions(personne)
    if closed:
        deconnecter.tell(personne, by=personne, appareils=closed)
    return closed


def touch_session(session_id: int) -> None:
    """Last-seen time, hourly at most, in a transaction of its own: the one write that a read may cause.

    While the database takes no write, the page is read all the same.
    """
    with suppress(DBAPIError), in_passing() as connection:
        connection.execute(update(Session).where(Session.id == session_id).values(vue_le=clock.now()))


def set_password(personne: Personne, password: str) -> None:
    """The other devices are signed out. No transaction is open while hashing. Raises EasyPassword."""
    if is_easy(password, personne.nom, personne.email):
        raise EasyPassword
    db.session.rollback()
    personne.mot_de_passe = security.hash_password(password)
    close_other_sessions(personne)
    changer_de_mot_de_passe.tell(personne, by=personne)


def prove_by_password(personne: Personne, password: str) -> None:
    """Raises NotProved. No transaction is open while hashing."""
    stored = personne.mot_de_passe
    db.session.rollback()
    if not security.verify_password(stored, password):
        raise NotProved("Ce n’est pas ton mot de passe.")
    mark_proved(personne)


def prove_by_code(personne: Personne, jeton_id: int, code: str) -> None:
    """With the six digits that were mailed to them. Raises NotProved, also for those of somebody else."""
    id = personne.id
    try:
        found, _ = use_code(jeton_id, code)
    except LinkUsed:
        found = None
    if found is None or found.id != id:
        raise NotProved("Ce code n’est pas le bon, ou ses dix minutes sont passées.")
    mark_proved(personne)


def mark_proved(personne: Personne, cle: CleAcces | None = None) -> None:
    """The present session is fresh again, and by that passkey if any."""
    mine = Session.empreinte == security.fingerprint(personne.session_token)
    by = {"cle_id": cle.id} if cle else {}
    db.session.execute(update(Session).where(mine).values(prouvee_le=clock.now(), **by))


def ask_link(email: str, *, suite: str, by_owner: bool = False) -> Jeton:
    """A link and a code for that address. A row is made for an unknown address too, so that both take as long.

    Strangers have five links written to an address at most: whoever is not written to holds some that still work, and the
    code of the last of them is then the one that is waited for, with five tries of their own.
    """
    personne = queries.confirmed(email)
    now = clock.now()
    held = queries.links_held(personne.id if personne else NOBODY, MOST_LINKS, since=now + LINK_LEFT, until=now + LINK_LIFE)
    is_flooded = len(held) == MOST_LINKS and not by_owner and security.are_limits_on()
    code = f"{secrets.randbelow(10**6):06d}"
    jeton = Jeton(
        personne_id=personne.id if personne else None,
        code=security.fingerprint(code),
        suite=suite,
        expire_le=now + LINK_LIFE,
    )
    if is_flooded:
        jeton.code, jeton.expire_le = held[0].code, held[0].expire_le
    db.session.add(jeton)
    db.session.flush()
    if personne and not is_flooded:
        outbox.post(
            "connexion",
            f"connexion:{jeton.id}",
            to=personne.email,
            personne_id=personne.id,
            jeton=jeton.id,
            code=code,
            nom=personne.nom,
        )
    return jeton


def use_link(jeton_id: int, generation: int) -> tuple[Personne, str]:
    """Sign-in by the mail's link: (person, where they were going). Raises LinkUsed; a link serves once."""
    return _consume(jeton_id, lambda jeton: jeton.generation == generation)


def use_code(jeton_id: int, code: str) -> tuple[Personne, str]:
    """The same with the six digits, for a mail read on another device; five tries. Ends the present transaction, which holds
    SQLite's write lock as soon as it has looked up who is signed in.
    """
    db.session.rollback()
    with apart() as connection:  # counted even though a wrong code rolls the request back
        connection.execute(update(Jeton).where(Jeton.id == jeton_id).values(essais=Jeton.essais + 1))
    return _consume(jeton_id, lambda jeton: _may_try(jeton) and jeton.code == security.fingerprint(code))


def _may_try(jeton: Jeton) -> bool:
    """Whoever asks for code after code, from as many addresses as they like, guesses at one person thirty times a day."""
    return jeton.essais <= MAX_TRIES and queries.tries_of(jeton.personne_id) <= MAX_TRIES_A_DAY


def _locked_with_its_person(jeton_id: int) -> Jeton | None:
    """The person first, so that two links of theirs take turns."""
    whose = db.session.scalar(select(Jeton.personne_id).where(Jeton.id == jeton_id))
    if whose:
        lock(Personne, whose)
    return db.session.scalar(select(Jeton).where(Jeton.id == jeton_id).with_for_update())


def _consume(jeton_id: int, proves: Callable[[Jeton], bool]) -> tuple[Personne, str]:
    jeton = _locked_with_its_person(jeton_id)
    if not jeton or not jeton.personne_id or jeton.utilise_le or jeton.expire_le <= clock.now() or not proves(jeton):
        raise LinkUsed
    personne = db.session.get(Personne, jeton.personne_id, options=[selectinload(Personne.roles)])
    if personne is None or not personne.is_active:
        raise LinkUsed
    # Whatever else was sent to this person to come in with has no use any more.
    db.session.execute(
        update(Jeton).where(Jeton.personne_id == personne.id, Jeton.utilise_le.is_(None)).values(utilise_le=clock.now())
    )
    return commands.confirm(personne), jeton.suite
