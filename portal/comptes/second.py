"""The second proof: the code of an application, or one of ten recovery codes kept on paper.

A wrong code counts even when its request is undone, thirty a day for one person; a recovery code opens even then: it is not
to be guessed, and whoever burns the thirty locks nobody out.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import case, delete, func, literal, select, update
from sqlalchemy.orm import selectinload

from portal import clock, security
from portal.comptes import totp
from portal.comptes.models import (
    FRESH,
    CleAcces,
    CodeSecours,
    Personne,
    SecondFacteur,
    Session,
    activer_le_second,
    changer_les_codes,
    garder_les_codes,
    preparer_le_second,
    retirer_le_second,
    user_d_un_code,
)
from portal.db import Instant, apart, db, lock_one, touched
from portal.workflow import Refusal

RECOVERY = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another on paper
MAX_TRIES_A_DAY = 30
KEPT_FOR, SHOWN_FROM = "totp", "secours"  # the purposes of the keys that encrypt the secrets, and the codes to be kept
DAY = timedelta(days=1)


class WrongCode(Refusal):
    status = 422
    sentence = "Ce code n’est pas le bon, ou il a déjà servi\u00a0: attends le suivant, ou prends un code de secours."


class WrongFirstCode(WrongCode):
    sentence = (
        "Ce code n’est pas le bon\u00a0: écris celui que l’application montre maintenant. "
        "S’il ne va toujours pas, mets l’heure de ton téléphone en réglage automatique."
    )


class AlreadyOn(Refusal):
    sentence = "Une application fait déjà tes codes\u00a0: retire-la d’abord, pour en choisir une autre."


class OwnApplication(Refusal):
    status = 403
    sentence = "Ta propre application et tes clés d’accès se retirent sur ta page «\u00a0Sécurité\u00a0»."


def prepare(personne: Personne, *, by: Personne) -> None:
    """A new secret, to be confirmed by the application's first code. Raises AlreadyOn."""
    personne = lock_one(personne)
    if personne.double_le:
        raise AlreadyOn
    db.session.execute(delete(SecondFacteur).where(SecondFacteur.personne_id == personne.id))
    db.session.add(SecondFacteur(personne_id=personne.id, secret=security.encrypt(KEPT_FOR, totp.new_secret())))
    preparer_le_second.tell(personne, by=by)


def waiting(personne: Personne) -> str | None:
    """The secret that is still to be confirmed, in base32: the only time when it is shown."""
    return None if personne.double_le else secret_of(db.session.get(SecondFacteur, personne.id))


def secret_of(found: SecondFacteur | None) -> str | None:
    """None too once the key that encrypted it was dropped: the recovery codes still open."""
    return security.decrypt(KEPT_FOR, found.secret) if found else None


def encrypt_again() -> None:
    """Each under the first key: those of an older one, which may then be dropped, and those that were kept in clear before.

    A portal does so when it starts: a revision of the database would have to know its keys.
    """
    for found in db.session.scalars(select(SecondFacteur).with_for_update()):
        secret = found.secret if found.secret.isupper() else secret_of(found)  # in base32, what is encrypted never is
        if secret:
            found.secret = security.encrypt(KEPT_FOR, secret)
        if codes := _codes_of(found):
            found.a_garder = security.encrypt(SHOWN_FROM, codes)


def confirm(personne: Personne, typed: str, *, by: Personne) -> None:
    """The application's first code; from now on one is asked for, and there are recovery codes. Raises WrongFirstCode.

    Sent again once it was confirmed, it changes nothing.
    """
    personne = lock_one(personne)
    if personne.double_le:
        return
    secret = waiting(personne)
    step = totp.step_of(secret, _plain(typed), now=clock.now(), after=0) if secret else None
    if not step:
        raise WrongFirstCode
    db.session.get_one(SecondFacteur, personne.id).dernier_pas, personne.double_le = step, clock.now()
    activer_le_second.tell(personne, by=by)
    _prove_alone(personne)
    _make_codes(personne)


def renew_codes(personne: Personne, typed: str, *, by: Personne) -> None:
    """Ten others, the former ones are worth nothing. Raises WrongCode."""
    prove(personne, typed)
    changer_les_codes.tell(personne, by=by)
    _prove_alone(personne)
    _make_codes(personne)


def to_keep(personne: Personne) -> list[str]:
    """The recovery codes, as long as their person has not said that they have them: an answer may be lost on its way."""
    return _codes_of(db.session.get(SecondFacteur, personne.id)).split()


def _codes_of(found: SecondFacteur | None) -> str:
    """One on each line; nothing too once the key that encrypted them was dropped."""
    return (security.decrypt(SHOWN_FROM, found.a_garder) if found and found.a_garder else None) or ""


def keep(personne: Personne, *, by: Personne) -> None:
    """They have them: they are not shown any more."""
    if _let_go(personne.id):
        garder_les_codes.tell(personne, by=by)


def _let_go(personne_id: int) -> bool:
    mine = SecondFacteur.personne_id == personne_id, SecondFacteur.a_garder != ""
    return touched(db.session.execute(update(SecondFacteur).where(*mine).values(a_garder=""))) == 1


def remove(personne: Personne, typed: str, *, by: Personne) -> None:
    """Nothing more is asked than the password or the link. Raises WrongCode."""
    prove(personne, typed)
    _forget(personne, by)


def lift(personne: Personne, *, by: Personne | None) -> None:
    """The same without a code, for whoever lost them all, by somebody who knows them otherwise: the passkeys go too.

    Raises OwnApplication.
    """
    if by and by.id == personne.id:
        raise OwnApplication
    _forget(personne, by)
    db.session.execute(delete(CleAcces).where(CleAcces.personne_id == personne.id))


def _forget(personne: Personne, by: Personne | None) -> None:
    personne = lock_one(personne)
    for table in (SecondFacteur, CodeSecours):
        db.session.execute(delete(table).where(table.personne_id == personne.id))
    personne.double_le = None
    retirer_le_second.tell(personne, by=by)


def _prove_alone(personne: Personne) -> None:
    """The present session is fresh again, and none of their others is: less was asked of them than from now on."""
    mine, now = Session.empreinte == security.fingerprint(personne.session_token), clock.now()
    proved = case((mine, literal(now, Instant())), else_=literal(now - FRESH, Instant()))
    db.session.execute(update(Session).where(Session.personne_id == personne.id).values(prouvee_le=proved))


def mark(personne: Personne) -> str:
    """What says, between the two proofs, that the password is still the one that it was at the first."""
    return security.fingerprint(f"second:{personne.mot_de_passe}")[:32]


def admit(personne_id: int, marked: str, typed: str) -> Personne:
    """Whoever gave the first proof gives the second.

    Raises WrongCode, also when the account was closed, or its password changed, meanwhile.
    """
    personne = db.session.get(Personne, personne_id, options=[selectinload(Personne.roles)])
    if personne is None or not personne.is_active or mark(personne) != marked:
        raise WrongCode
    prove(personne, typed)
    return personne


def prove(personne: Personne, typed: str) -> None:
    """Use a code up: none serves twice. Ends the present transaction, so that the try is counted whatever follows."""
    id, said = personne.id, _plain(typed)
    db.session.rollback()
    allowed = _count_a_try(id) <= MAX_TRIES_A_DAY
    good = allowed and _use_step(id, said) if len(said) == totp.DIGITS else _use_recovery(id, said)
    if not good:
        raise WrongCode
    # Only the wrong ones are to be counted.
    db.session.execute(update(SecondFacteur).where(SecondFacteur.personne_id == id).values(essais=SecondFacteur.essais - 1))


def _plain(typed: str) -> str:
    """As it is kept, however it was typed: no blank, no dash, lower case, and nothing that is not ASCII."""
    return "".join(c for c in typed.lower() if c.isascii() and c.isalnum())


def _count_a_try(personne_id: int) -> int:
    now, mine = clock.now(), SecondFacteur.personne_id == personne_id
    old = SecondFacteur.essais_depuis < now - DAY
    counted = update(SecondFacteur).where(mine).values(
        essais=case((old, 1), else_=SecondFacteur.essais + 1),
        essais_depuis=case((old, literal(now, Instant())), else_=SecondFacteur.essais_depuis),
    )  # fmt: skip
    with apart() as connection:
        return connection.scalar(counted.returning(SecondFacteur.essais)) or 0


def _use_step(personne_id: int, said: str) -> bool:
    """In one statement, so that of two who send the same code one alone passes."""
    found = db.session.get(SecondFacteur, personne_id)
    secret = secret_of(found)
    step = totp.step_of(secret, said, now=clock.now(), after=found.dernier_pas) if found and secret else None
    if not step:
        return False
    mine = SecondFacteur.personne_id == personne_id, SecondFacteur.dernier_pas < step
    return touched(db.session.execute(update(SecondFacteur).where(*mine).values(dernier_pas=step))) == 1


def _use_recovery(personne_id: int, said: str) -> bool:
    mine = (
        CodeSecours.personne_id == personne_id,
        CodeSecours.empreinte == security.fingerprint(said),
        CodeSecours.utilise_le.is_(None),
    )
    used = touched(db.session.execute(update(CodeSecours).where(*mine).values(utilise_le=clock.now()))) == 1
    if used:
        _let_go(personne_id)  # whoever uses one has them
        personne = db.session.get_one(Personne, personne_id)
        user_d_un_code.tell(personne, by=personne, restent=left(personne))
    return used


def left(personne: Personne) -> int:
    """How many recovery codes are still good."""
    unused = CodeSecours.personne_id == personne.id, CodeSecours.utilise_le.is_(None)
    return db.session.scalar(select(func.count(CodeSecours.id)).where(*unused)) or 0


def _make_codes(personne: Personne) -> None:
    """The database holds their fingerprints, which 119 bits of chance keep from being looked for.

    Until they are said to be kept it holds the codes too, encrypted as is the secret beside them, which opens as much.
    """
    db.session.execute(delete(CodeSecours).where(CodeSecours.personne_id == personne.id))
    codes = ["-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(6)) for _ in range(RECOVERY)]
    db.session.add_all(CodeSecours(personne_id=personne.id, empreinte=security.fingerprint(_plain(code))) for code in codes)
    db.session.get_one(SecondFacteur, personne.id).a_garder = security.encrypt(SHOWN_FROM, "\n".join(codes))
