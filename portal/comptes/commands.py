"""Every write about people: making them known, signing in and out, roles."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from portal import clock, journal, outbox, security
from portal.comptes import queries
from portal.comptes.models import (
    NOWHERE,
    CleAcces,
    CodeSecours,
    Consultation,
    Jeton,
    NomRole,
    Note,
    Personne,
    Profil,
    Role,
    SecondFacteur,
    Session,
    Situation,
    ajouter,
    desactiver,
    donner_les_roles,
    effacer,
    importer,
    inviter,
    modifier,
    reactiver,
)
from portal.db import db, strike
from portal.fields import address_key
from portal.workflow import Refusal

INVITATION_LIFE = timedelta(days=7)
MOST_INVITATIONS_AN_HOUR = 5  # to one person
FIRST_STEP = "/comptes/mot-de-passe"  # where an invitation leads
ERASED = "Personne effacée"


class AddressTaken(Refusal):
    sentence = "Une personne est déjà connue avec cette adresse\u00a0: retrouve-la dans la liste."


class AccountClosed(Refusal):
    status = 403
    sentence = "Cette adresse est celle d’un compte désactivé\u00a0: parles-en à l’équipe."


class LastAdmin(Refusal):
    sentence = "C’est la dernière personne à administrer le portail\u00a0: donne d’abord ce rôle à quelqu’un d’autre."


class NoInvitation(Refusal):
    sentence = "Il n’y a pas d’invitation à renvoyer\u00a0: cette personne est déjà entrée, ou son compte est fermé."


class TooManyInvitations(Refusal):
    status = 429
    sentence = "Cette invitation vient de partir plusieurs fois\u00a0: attends une heure avant de la renvoyer."


class Erased(Refusal):
    sentence = "Cette personne est effacée\u00a0: plus rien ne se change d’elle. Si elle revient, ajoute-la de nouveau."


class OwnRole(Refusal):
    status = 403
    sentence = "Personne ne se donne un rôle\u00a0: demande à quelqu’un d’autre de l’administration."


def introduce(*, nom: str, email: str, telephone: str = "", sollicitable: bool = False) -> Personne:
    """A provisional person, as a public form describes them: nothing is proved yet."""
    personne = Personne(nom=nom, email=email, adresse=address_key(email), telephone=telephone, roles=[])
    personne.sollicitable = sollicitable
    db.session.add(personne)
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
    personne = _known(nom, email, telephone)
    if password:
        personne.mot_de_passe = security.hash_password(password)
    personne.roles = [Role(nom=nom) for nom in sorted(set(roles))]
    ajouter.tell(personne, by=by, roles=sorted(roles))
    if by:
        _invite(personne, by)
    return personne


def _known(nom: str, email: str, telephone: str) -> Personne:
    try:
        with db.session.begin_nested():
            personne = introduce(nom=nom, email=email, telephone=telephone)
            personne.confirme_le = clock.now()
    except IntegrityError:  # somebody else added it since
        raise AddressTaken from None
    return personne


def take_in(*, nom: str, email: str, telephone: str, source: str, by: Personne) -> Personne:
    """Make someone of a former list known to the house, without a role nor a message; the journal keeps where it is from.

    Raises AddressTaken.
    """
    personne = _known(nom, email, telephone)
    importer.tell(personne, by=by, motif=source)
    return personne


def complete(personne: Personne, *, telephone: str, source: str, by: Personne) -> None:
    """A former list knows the number that the house did not: never another one in its place."""
    if telephone and not personne.telephone:
        personne.telephone = telephone
        importer.tell(personne, by=by, motif=source, champs=["telephone"])


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
        queries.INVITATION,
        f"invitation:{jeton.id}",
        to=personne.email,
        personne_id=personne.id,
        personne=personne.id,
        nom=personne.nom,
        jeton=jeton.id,
        par=by.id,
    )


def invite_again(personne: Personne, *, by: Personne) -> None:
    """Another link, for a week; the one before opens nothing any more. Raises NoInvitation or TooManyInvitations."""
    personne = _locked(personne)
    former = queries.invitations([personne.id]).get(personne.id) if personne.is_active else None
    if former is None:
        raise NoInvitation
    if security.is_too_much(f"invitation:{personne.id}", MOST_INVITATIONS_AN_HOUR):
        raise TooManyInvitations
    _close_links(Jeton.id == former.jeton_id)
    _invite(personne, by)
    inviter.tell(personne, by=by)


def _close_links(which: ColumnElement[bool]) -> None:
    """They open nothing from now on; the rows stay, so that an invitation may be sent again."""
    now = clock.now()
    db.session.execute(update(Jeton).where(which, Jeton.expire_le > now).values(expire_le=now))


def set_roles(personne: Personne, roles: Collection[NomRole], *, by: Personne | None) -> None:
    """Give and take roles; nobody (None) is whoever runs the server. Raises Erased, OwnRole or LastAdmin.

    Effective at the person's next request.
    """
    personne = _locked(personne)
    if personne.is_erased:
        raise Erased
    wanted, held = set(roles), {role.nom for role in personne.roles}
    if wanted == held:
        return
    if wanted - held and by and personne.id == by.id:
        raise OwnRole
    if NomRole.ADMIN in held - wanted:
        _keep_an_admin(personne)
    for role in [r for r in personne.roles if r.nom not in wanted]:
        personne.roles.remove(role)
        db.session.delete(role)
    personne.roles.extend(Role(nom=nom) for nom in sorted(wanted - held))
    db.session.flush()
    db.session.expire(personne, ["is_bienveillant"])
    journal.record(donner_les_roles.key, personne, by=by, avant=",".join(sorted(held)), apres=",".join(sorted(wanted)))


def set_active(personne: Personne, active: bool, *, by: Personne) -> None:
    """Deactivating closes every session and link at once. Raises Erased or LastAdmin."""
    personne = _locked(personne)
    if personne.is_erased:
        raise Erased
    if active == personne.is_active:
        return
    if not active and personne.has_role(NomRole.ADMIN):
        _keep_an_admin(personne)
    personne.desactive_le = None if active else clock.now()
    if not active:
        db.session.execute(delete(Session).where(Session.personne_id == personne.id))
        _close_links(Jeton.personne_id == personne.id)
    (reactiver if active else desactiver).tell(personne, by=by)


def erase(personne: Personne, *, by: Personne | None) -> None:
    """Nothing says any more who they were; what they did stays, under a name that says nothing.

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
        strike(Note.texte, queries.signs(row))
        journal.strike_out(queries.signs(row))
        for table in (Session, Jeton, CleAcces, SecondFacteur, CodeSecours, Role, Profil, Note, Consultation):
            db.session.execute(delete(table).where(table.personne_id == row.id))
        row.nom, row.email = ERASED, f"efface-{row.id}{NOWHERE}"
        row.adresse = row.email
        row.telephone = row.mot_de_passe = row.siret = row.structure = ""
        row.statut, row.sollicitable, row.desactive_le, row.double_le = None, False, clock.now(), None
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
        modifier.tell(personne, by=by, champs=changed)


def declare(personne: Personne, situation: Situation, *, by: Personne | None) -> None:
    """As what a paid person comes. The journal says that it changed, never what it is."""
    if personne.situation == situation:
        return
    personne.statut, personne.siret, personne.structure = situation.statut, situation.siret, situation.structure
    modifier.tell(personne, by=by, champs=["statut"])
