"""Passkeys: a person's device keeps a pair of keys for this portal's name, and opens it to their finger, face or code.

What it signs proves that they hold the device and that it is them: neither a password nor a code is asked for besides. The
library reads and verifies the bytes (W3C, Web Authentication, 7.1 and 7.2); here is of whom they speak, and that they serve
once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import joinedload

from portal import clock, reglage, security
from portal.comptes.models import CleAcces, Defi, Personne, ajouter_une_cle, entrer_par_une_cle, retirer_une_cle
from portal.config import Settings
from portal.db import apart, db, insert_once, touched
from portal.workflow import Refusal

LIFE = timedelta(minutes=5)  # of a challenge
LONGEST = 1023  # bytes of a credential's id (7.1, step 25)
ALGORITHMS = (-8, -7, -257)  # EdDSA, ES256, RS256: what devices have, and the library reads


class WrongKey(Refusal):
    """One sentence, whether it was removed, is of a closed account, was copied or signed too late."""

    status = 422
    sentence = "Cette clé d’accès n’ouvre rien ici, ou cinq minutes sont passées\u00a0: recommence, ou entre autrement."


class NotAdded(Refusal):
    status = 422
    sentence = "Cette clé d’accès n’a pas pu être ajoutée\u00a0: recommence, en moins de cinq minutes."


def of(personne: Personne) -> list[CleAcces]:
    """The oldest first."""
    return list(db.session.scalars(select(CleAcces).where(CleAcces.personne_id == personne.id).order_by(CleAcces.id)))


def one(personne: Personne, id: int) -> CleAcces | None:
    """None for somebody else's too."""
    return db.session.scalar(select(CleAcces).where(CleAcces.personne_id == personne.id, CleAcces.id == id))


def has_any(personne: Personne) -> bool:
    return bool(db.session.scalar(select(exists().where(CleAcces.personne_id == personne.id))))


# --- what is given to sign -----------------------------------------------------------------------------------


def challenge() -> str:
    """A new one, in base64url, that whoever asks for it keeps in their session; the portal knows which ones still serve."""
    db.session.execute(delete(Defi).where(Defi.expire_le <= clock.now()))
    made = secrets.token_urlsafe(32)
    db.session.add(Defi(empreinte=security.fingerprint(made), expire_le=clock.now() + LIFE))
    return made


def _spend(given: str) -> bool:
    """Whatever comes of it, it serves no more. Ends the present transaction."""
    good = Defi.empreinte == security.fingerprint(given), Defi.expire_le > clock.now()
    db.session.rollback()
    with apart() as connection:
        return touched(connection.execute(delete(Defi).where(*good))) == 1


def to_sign(given: str, personne: Personne | None) -> dict[str, Any]:
    """What a browser asks a passkey, as JSON; whoever is signed in is asked for one of theirs."""
    return {
        "rpId": _settings().domain,
        "challenge": given,
        "timeout": LIFE // timedelta(milliseconds=1),
        "userVerification": "required",
        "allowCredentials": _described(personne) if personne else [],
    }


def to_make(given: str, porteur: str, personne: Personne) -> dict[str, Any]:
    """What a browser asks a device to make, as JSON: a passkey that it finds by itself, unless it keeps one already."""
    return {
        "rp": {"id": _settings().domain, "name": reglage.maison()},
        "user": {"id": porteur, "name": personne.email, "displayName": personne.nom},
        "challenge": given,
        "timeout": LIFE // timedelta(milliseconds=1),
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"},
        "excludeCredentials": _described(personne),
        "attestation": "none",
    }


def _described(personne: Personne) -> list[dict[str, Any]]:
    return [{"type": "public-key", "id": cle.identifiant, "transports": cle.transports} for cle in of(personne)]


def _settings() -> Settings:
    found: Settings = current_app.config["PORTAL"]
    return found


# --- what was signed -----------------------------------------------------------------------------------------


@contextmanager
def _reading(refusal: type[Refusal]) -> Iterator[None]:
    """Anybody may send anything: what the library cannot read, or does not find good, is refused."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError):
        raise refusal from None


def holder(personne: Personne) -> str:
    """Whom a device takes this person to be: random, and the same for all their keys, so that a device shows them once."""
    return next((cle.porteur for cle in of(personne)), "") or secrets.token_urlsafe(32)


def add(personne: Personne, answer: str, given: str, porteur: str, *, nom: str, by: Personne) -> CleAcces:
    """A passkey that a device has just made for this challenge. Raises NotAdded."""
    if not _spend(given):
        raise NotAdded
    from webauthn import verify_registration_response  # long to import, when it is first wanted: nothing is locked by now
    from webauthn.helpers import bytes_to_base64url, parse_registration_credential_json

    with _reading(NotAdded):
        said = parse_registration_credential_json(answer)
        made = verify_registration_response(
            credential=said,
            expected_challenge=_bytes(given),
            expected_rp_id=_settings().domain,
            expected_origin=_settings().origin,
            require_user_verification=True,
        )
    identifiant = bytes_to_base64url(made.credential_id)
    kept = len(made.credential_id) <= LONGEST and insert_once(
        CleAcces,
        personne_id=personne.id,
        identifiant=identifiant,
        cle_publique=made.credential_public_key,
        compteur=made.sign_count,
        porteur=porteur,
        nom=nom,
        transports=[way.value for way in said.response.transports or []],
    )
    if not kept:
        raise NotAdded
    cle = db.session.scalars(select(CleAcces).where(CleAcces.identifiant == identifiant)).one()
    ajouter_une_cle.tell(personne, by=by, cle=cle.id)
    return cle


def use(answer: str, given: str, *, of: Personne | None = None) -> CleAcces:
    """The passkey that signed this challenge, with its person who enters; or, `of` being in, who proves it. Raises WrongKey."""
    if not _spend(given):
        raise WrongKey
    from webauthn import verify_authentication_response  # as above
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json

    with _reading(WrongKey):
        said = parse_authentication_credential_json(answer)
        cle = _known(bytes_to_base64url(said.raw_id))
        seen = verify_authentication_response(
            credential=said,
            expected_challenge=_bytes(given),
            expected_rp_id=_settings().domain,
            expected_origin=_settings().origin,
            credential_public_key=cle.cle_publique,
            credential_current_sign_count=cle.compteur,
            require_user_verification=True,
        )
    bearer = said.response.user_handle  # a device may leave it out when it was told which key
    stranger = bytes_to_base64url(bearer) != cle.porteur if bearer else of is None
    if stranger or not cle.personne.is_active or (of and of.id != cle.personne_id):
        raise WrongKey
    _count(cle, seen.new_sign_count)
    if of is None:
        entrer_par_une_cle.tell(cle.personne, by=cle.personne, cle=cle.id)
    return cle


def _known(identifiant: str) -> CleAcces:
    whole = joinedload(CleAcces.personne).selectinload(Personne.roles)
    cle = db.session.scalar(select(CleAcces).where(CleAcces.identifiant == identifiant).options(whole))
    if cle is None:
        raise WrongKey
    return cle


def _count(cle: CleAcces, number: int) -> None:
    """In one statement: a count that goes back is a copy's, zero counts nothing, and a key removed meanwhile is gone."""
    before = CleAcces.compteur < number if number else CleAcces.compteur == 0
    used = update(CleAcces).where(CleAcces.id == cle.id, before).values(compteur=number, servie_le=clock.now())
    if touched(db.session.execute(used)) != 1:
        raise WrongKey


def _bytes(given: str) -> bytes:
    from webauthn import base64url_to_bytes

    return base64url_to_bytes(given)


# --- theirs to keep ------------------------------------------------------------------------------------------


def remove(cle: CleAcces, *, by: Personne) -> None:
    """What was opened with it stays open, and proves no more than a password (`Session.cle_id`)."""
    retirer_une_cle.tell(cle.personne, by=by, cle=cle.id)
    db.session.delete(cle)
