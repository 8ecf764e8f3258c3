"""Every write about people: making them known, signing in and out, roles."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import selectinload

from portal import clock, journal, outbox, security
from portal.comptes import queries
from portal.comptes.models import NOWHERE, Jeton, NomRole, Note, Personne, Profil, Role, Session, Situation, effacer
from portal.db import apart, db, lock, strike
from portal.fields import address_key
from portal.workflow import Refusal

LINK_LIFE = timedelta(minutes=10)
INVITATION_LIFE = timedelta(days=7)
FIRST_STEP = "/comptes/mot-de-passe"  # where an invitation leads
ERASED = "Personne effacée"
MAX_TRIES = 5  # of one code
MAX_TRIES_A_DAY = 30  # of all the codes of one person: six digits are not many; the mail's link still opens


class AddressTaken(Refusal):
    sentence = "Une personne est déjà connue avec cette adresse : retrouve-la dans la liste."


class AccountClosed(Refusal):
    status = 403
    sentence = "Cette adresse est celle d’un compte désactivé : parles-en à l’équipe."


class LastAdmin(Refusal):
    sentence = "C’est la dernière personne à administrer le portail : donne d’abord ce rôle à quelqu’un d’autre."


class OwnRole(Refusal):
    status = 403
    sentence = "Personne ne se donne un rôle : demande à quelqu’un d’autre de l’administration."


class WrongPassword(Refusal):
    status = 422
    sentence = "Ce n’est pas ton mot de passe actuel. Oublié ? Déconnecte-toi, puis demande un lien de connexion."


class LinkUsed(Refusal):
    status = 410
    sentence = "Ce lien ou ce code a déjà servi, ou son temps est passé. Demande-en un autre."


def introduce(*, nom: str, email: str, telephone: str = "") -> Personne:
    """A provisional person, as a public form describes them: nothing is proved yet."""
    personne = Personne(nom=nom, email=email, adresse=address_key(email), telephone=telephone, roles=[])
    db.session.add(personne)
    db.session.flush()
    return personne


def lock_address(adresse: str) -> list[Personne]:
    """Lock every row of this address, in order, so that two proofs of it take turns."""
    rows = select(Personne).where(Personne.adresse == adresse).order_by(Personne.id)
    return list(db.session.scalars(rows.with_for_update(key_share=True).execution_options(populate_existing=True)))


def confirm(personne: Personne) -> Personne:
    """The address is proved. Returns the one person of that address: this row, or the one confirmed before.

    Raises AccountClosed when that one was deactivated.
    """
    if personne.confirme_le:
        return personne
    if already := queries.holder(personne.email):
        if not already.is_active:
            raise AccountClosed
        return already
    personne.confirme_le = clock.now()
    db.session.flush()
    return personne


def add_person(
    *,
    nom: str,
    email: str,
    telephone: str = "",
    roles: Collection[NomRole] = (),
    password: str = "",
    by: Personne | None,
) -> Personne:
    """Make someone known to the house, with their roles; who is added by somebody receives an invitation.

    Raises AddressTaken, also for the address of a deactivated person.
    """
    if queries.holder(email):
        raise AddressTaken
    try:
        with db.session.begin_nested():
            personne = introduce(nom=nom, email=email, telephone=telephone)
            personne.confirme_le = clock.now()
    except IntegrityError:  # somebody else added it since
        raise AddressTaken from None
    if password:
        personne.mot_de_passe = security.hash_password(password)
    personne.roles = [Role(nom=nom) for nom in sorted(set(roles))]
    journal.record("personne.ajouter", personne, by=by, faits={"roles": sorted(roles)})
    if by:
        _invite(personne, by)
    return personne


def _invite(personne: Personne, by: Personne) -> None:
    """A link to sign in and choose a password; a week, since nobody waits for it."""
    jeton = Jeton(
        personne_id=personne.id,
        code=security.fingerprint(secrets.token_urlsafe(32)),  # nobody knows it: the link alone opens
        suite=FIRST_STEP,
        expire_le=clock.now() + INVITATION_LIFE,
    )
    db.session.add(jeton)
    db.session.flush()
    outbox.post(
        "invitation",
        f"invitation:{personne.id}",
        to=personne.email,
        personne_id=personne.id,
        personne=personne.id,
        nom=personne.nom,
        jeton=jeton.id,
        par=by.id,
    )


def set_roles(personne: Personne, roles: Collection[NomRole], *, by: Personne) -> None:
    """Give and take roles. Raises OwnRole or LastAdmin; effective at the person's next request."""
    personne = _locked(personne)
    wanted, held = set(roles), {role.nom for role in personne.roles}
    if wanted == held:
        return
    if wanted - held and personne.id == by.id:
        raise OwnRole
    if NomRole.ADMIN in held - wanted:
        _keep_an_admin(personne)
    for role in [r for r in personne.roles if r.nom not in wanted]:
        personne.roles.remove(role)
        db.session.delete(role)
    personne.roles.extend(Role(nom=nom) for nom in sorted(wanted - held))
    journal.record("personne.roles", personne, by=by, avant=",".join(sorted(held)), apres=",".join(sorted(wanted)))


def set_active(personne: Personne, active: bool, *, by: Personne) -> None:
    """Deactivating closes every session and link at once. Raises LastAdmin."""
    personne = _locked(personne)
    if active == personne.is_active:
        return
    if not active and personne.has_role(NomRole.ADMIN):
        _keep_an_admin(personne)
    personne.desactive_le = None if active else clock.now()
    if not active:
        db.session.execute(delete(Session).where(Session.personne_id == personne.id))
        db.session.execute(delete(Jeton).where(Jeton.personne_id == personne.id))
    journal.record("personne.reactiver" if active else "personne.desactiver", personne, by=by)


def erase(personne: Personne, *, by: Personne) -> None:
    """Nothing says any more who they were; what they did stays, under a name that says nothing (security.md, T22).

    All the rows of their address go together, proved or not: `effacer` gives their ids (`personnes`) to the other packages,
    which react. Raises LastAdmin.
    """
    personne = _locked(personne)
    if personne.has_role(NomRole.ADMIN):
        _keep_an_admin(personne)
    rows = lock_address(personne.adresse)
    ids = [row.id for row in rows]
    journal.forget(journal.EntreeJournal.personne_id.in_(ids))
    effacer.tell(personne, by=by, personnes=ids)
    for row in rows:
        outbox.forget(row.id, row.adresse, queries.signs(row))
        strike(journal.EntreeJournal.motif, queries.signs(row))
        for table in (Session, Jeton, Role, Profil, Note):
            db.session.execute(delete(table).where(table.personne_id == row.id))
        row.nom, row.email = ERASED, f"efface-{row.id}{NOWHERE}"
        row.adresse = row.email
        row.telephone = row.mot_de_passe = row.siret = row.structure = ""
        row.statut, row.sollicitable, row.desactive_le = None, False, clock.now()
        db.session.flush()
        db.session.expire(row)


def _locked(personne: Personne) -> Personne:
    """The same row, locked, as it now is, with its roles."""
    return db.session.scalars(
        select(Personne)
        .where(Personne.id == personne.id)
        .options(selectinload(Personne.roles))
        .with_for_update(of=Personne, key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _keep_an_admin(leaving: Personne) -> None:
    """Admins are locked in order, so that two of them leaving at once cannot both pass."""
    db.session.scalars(select(Role).where(Role.nom == NomRole.ADMIN).order_by(Role.personne_id).with_for_update()).all()
    if not queries.has_another_admin(leaving):
        raise LastAdmin


def edit_person(personne: Personne, *, nom: str, telephone: str, by: Personne) -> None:
    """Correct a name and a number. The address is not corrected: it is what was proved."""
    fields = {"nom": nom, "telephone": telephone}
    changed = [name for name, value in fields.items() if getattr(personne, name) != value]
    personne.nom, personne.telephone = nom, telephone
    if changed:
        journal.record("personne.modifier", personne, by=by, faits={"champs": changed})


def declare(personne: Personne, situation: Situation, *, by: Personne | None) -> None:
    """As what a paid person comes. The journal says that it changed, never what it is."""
    if personne.situation == situation:
        return
    personne.statut, personne.siret, personne.structure = situation.statut, situation.siret, situation.structure
    journal.record("personne.modifier", personne, by=by, faits={"champs": ["statut"]})


# --- signing in ----------------------------------------------------------------------------------------------


def check_password(email: str, password: str) -> Personne | None:
    """The person, or None. Unknown and wrong take the same time, and no transaction is open while hashing."""
    personne = queries.confirmed(email)
    id, stored = (personne.id, personne.mot_de_passe) if personne else (None, "")
    db.session.rollback()
    if not security.verify_password(stored, password):
        return None
    return db.session.get(Personne, id, options=[selectinload(Personne.roles)])


def open_session(personne: Personne, *, agent: str = "") -> str:
    """A new session row; returns the secret that the cookie carries."""
    token = secrets.token_urlsafe(32)
    db.session.add(Session(empreinte=security.fingerprint(token), personne_id=personne.id, appareil=agent[:200]))
    personne.session_token = token
    return token


def close_session(token: str) -> None:
    db.session.execute(delete(Session).where(Session.empreinte == security.fingerprint(token)))


def close_other_sessions(personne: Personne) -> None:
    mine = security.fingerprint(personne.session_token)
    db.session.execute(delete(Session).where(Session.personne_id == personne.id, Session.empreinte != mine))


def touch_session(session_id: int) -> None:
    """Last-seen time, hourly at most, in a transaction of its own: the one write that a read may cause.

    While the database takes no write, the page is read all the same.
    """
    with suppress(DBAPIError), apart() as connection:
        connection.execute(update(Session).where(Session.id == session_id).values(vue_le=clock.now()))


def set_password(personne: Personne, password: str, *, current: str = "") -> None:
    """The other devices are signed out. No transaction is open while hashing.

    Raises WrongPassword unless the present one is given, or the session is fresh (`asks_password`).
    """
    asked, stored = asks_password(personne), personne.mot_de_passe
    db.session.rollback()
    if asked and not security.verify_password(stored, current):
        raise WrongPassword
    personne.mot_de_passe = security.hash_password(password)
    close_other_sessions(personne)
    journal.record("personne.mot_de_passe", personne, by=personne)


def asks_password(personne: Personne) -> bool:
    """Whether changing the password wants the present one: not from someone who has none, nor has just signed in."""
    return bool(personne.mot_de_passe) and not queries.is_fresh(personne.session_token)


def ask_link(email: str, *, suite: str) -> Jeton:
    """A link and a code for that address. A row is made for an unknown address too, so that both take as long."""
    personne = queries.confirmed(email)
    code = f"{secrets.randbelow(10**6):06d}"
    jeton = Jeton(
        personne_id=personne.id if personne else None,
        code=security.fingerprint(code),
        suite=suite,
        expire_le=clock.now() + LINK_LIFE,
    )
    db.session.add(jeton)
    db.session.flush()
    if personne:
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
    """The same with the six digits, for a mail read on another device; five tries."""
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
    return confirm(personne), jeton.suite
