"""The portal's skin: headers, hosts, signed links, secrets at rest, passwords, limits."""

from __future__ import annotations

import hmac
import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import Signer
from sqlalchemy import delete, literal_column, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningInsert
from werkzeug.exceptions import TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import clock
from portal.config import Settings
from portal.db import Base, apart, db, upsert
from portal.lettres import normal

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_app(app: Flask) -> None:
    settings: Settings = app.config["PORTAL"]
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.session_interface = Sessions()
    app.after_request(_dress)
    app.logger.getChild(WATCH).setLevel(logging.INFO)
    app.after_request(_watch)


class Sessions(SecureCookieSessionInterface):
    """Flask's own, which would make a signer for each request of a reader who has no cookie to open."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """What is everybody's says nothing of it: Flask-Login looks into all, and caches would keep one for each cookie."""
        if session.modified or not response.cache_control.public:
            super().save_session(app, session, response)


def _dress(response: Response) -> Response:
    response.headers.extend(HEADERS)
    if current_app.config["PORTAL"].is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


# --- what an attack would leave ------------------------------------------------------------------------------

WATCH = "securite"
REFUSALS = frozenset({400, 401, 403, 429})  # a stale token, a door, a right, too many tries


def _watch(response: Response) -> Response:
    """One line in the log for each sign-in, whatever came of it, and for each refusal: never a word that somebody typed."""
    signs_in = request.method == "POST" and (request.blueprint or "").partition(".")[0] in ("comptes", "preuve")
    if signs_in or response.status_code in REFUSALS:
        note(str(response.status_code))
    return response


def note(what: str) -> None:
    """The line of this request; `what` is a status, or a word of ours."""
    who, where = getattr(g.get("_login_user"), "id", None), _masked(request.remote_addr or "")
    said = what, request.method, request.endpoint, who or "personne", where
    current_app.logger.getChild(WATCH).info("%s %s %s, de %s, adresse %s", *said)


def _masked(address: str) -> str:
    """The same for the same network address, which nobody finds again without the key."""
    key = current_app.config["PORTAL"].secret_keys[0].encode()
    return hmac.new(key, address.encode(), sha256).hexdigest()[:12]


# --- passwords -----------------------------------------------------------------------------------------------

MIN_PASSWORD, MAX_PASSWORD = 12, 1000
_hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)  # OWASP's minimum: a small server has many sign-ins
_COST = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
_NOBODY = f"$argon2id$v=19${_COST}${'A' * 22}${'A' * 43}"  # of the same cost, and of no password


def hash_password(password: str) -> str:
    return _hasher.hash(_normal(password))


def verify_password(stored: str, password: str) -> bool:
    """Same duration whether or not there is a password to compare with. Call it with no transaction open."""
    try:
        return _hasher.verify(stored or _NOBODY, _normal(password)) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    return normal("NFKC", password[:MAX_PASSWORD])


def fingerprint(secret: str) -> str:
    """What the database keeps of a secret that is already random."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


# --- signed links --------------------------------------------------------------------------------------------


def seal(purpose: str, id: int, generation: int) -> str:
    """The signed end of a personal link: the row, its purpose, its generation."""
    settings: Settings = current_app.config["PORTAL"]
    return _sealed(settings.secret_keys[0], purpose, f"{id}-{generation}")


def unseal(purpose: str, token: str) -> tuple[int, int] | None:
    """(id, generation) of a link that one of our keys signed to the letter; None otherwise."""
    settings: Settings = current_app.config["PORTAL"]
    payload, _, _ = token.partition(".")
    id, _, generation = payload.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in (id, generation)) or not token.isascii():
        return None
    # Signing again and comparing refuses the look-alikes that base64 would decode to the same signature.
    good = [hmac.compare_digest(_sealed(key, purpose, payload), token) for key in settings.secret_keys]
    return (int(id), int(generation)) if any(good) else None


def _sealed(key: str, purpose: str, payload: str) -> str:
    return Signer(key, salt=f"portail.{purpose}", digest_method=sha256, key_derivation="hmac").sign(payload).decode()


# --- secrets at rest -----------------------------------------------------------------------------------------


def encrypt(purpose: str, secret: str) -> str:
    """What the database keeps of a secret that has to be read again: without PORTAL_SECRET_KEY a copy of it says nothing."""
    return _box(purpose).encrypt(secret.encode()).decode()


def decrypt(purpose: str, kept: str) -> str | None:
    """The secret, that one of our keys encrypted for this purpose; None otherwise."""
    from cryptography.fernet import InvalidToken

    try:
        return _box(purpose).decrypt(kept.encode()).decode()
    except InvalidToken:
        return None


def _box(purpose: str) -> MultiFernet:
    """The first key encrypts, all of them decrypt; each purpose has its own, drawn from them (RFC 5869)."""
    from cryptography.fernet import Fernet, MultiFernet  # imported when it is first wanted: few requests need it
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    settings: Settings = current_app.config["PORTAL"]
    info = f"portail.{purpose}".encode()
    drawn = (HKDF(SHA256(), 32, None, info).derive(key.encode()) for key in settings.secret_keys)
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in drawn])


# --- limits --------------------------------------------------------------------------------------------------


class RateLimit(Base):
    """Hits of one key in one window; shared by all processes because it is in the database."""

    __tablename__ = "rate_limit"
    cle: Mapped[str] = mapped_column(primary_key=True)
    nombre: Mapped[int]
    fin: Mapped[datetime] = mapped_column(index=True)


HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """At most `per_account` posts for one typed address, or one personal link, and `per_host` for one network address.

    The network ceiling is generous: a whole village shares one 4G address.
    """

    name: str
    per_account: int
    per_host: int
    window: timedelta
    by_session: bool = False  # what is counted apart is this session, whatever is typed
    forgives: bool = False  # of an account, only failures count: a success gives back what its own try spent

    def _account(self) -> str:
        if self.by_session:
            return str(session.get("_user_id", ""))
        return (request.view_args or {}).get("jeton") or request.form.get("email", "")

    def _own_key(self) -> str:
        """Keyed by both, so that a stranger's tries never lock the owner of the address out; "" when none is typed.

        A session's key is its own wherever it moves.
        """
        account = _account_key(self._account())
        whose = account if self.by_session else f"{account}|{_host()}"
        return f"{self.name}:c:{fingerprint(whose)[:32]}" if account else ""

    def spend(self) -> None:
        """Count this request in a short transaction before its own begins; raises TooManyRequests with Retry-After."""
        if not are_limits_on():
            return
        keys = {f"{self.name}:h:{_host()}": self.per_host}
        if own := self._own_key():
            keys[own] = self.per_account
        now = clock.now()
        with apart() as connection:
            connection.execute(delete(RateLimit).where(RateLimit.fin < now))
            counts = [(connection.execute(_hit(key, now + self.window)).one(), most) for key, most in keys.items()]
        over = [end for (count, end), most in counts if count > most]
        if over:
            raise TooManyRequests(retry_after=max(1, int((max(over) - now).total_seconds())))

    def give_back(self) -> None:
        """After a success, once its transaction is over. The network's share stays spent: a password costs time to check."""
        if self.forgives and are_limits_on() and (own := self._own_key()):
            with apart() as connection:
                spent = update(RateLimit).where(RateLimit.cle == own, RateLimit.nombre > 0)
                connection.execute(spent.values(nombre=RateLimit.nombre - 1))


def are_limits_on() -> bool:
    return bool(current_app.config["PORTAL"].rate_limits)


def is_too_much(what: str, most: int) -> bool:
    """Count one more of this within the hour, in the present transaction; whether it is more than `most`."""
    if not are_limits_on():
        return False
    count, _ = db.session.execute(_hit(f"heure:{fingerprint(what)[:32]}", clock.now() + HOUR)).one()
    return int(count) > most


def _account_key(typed: str) -> str:
    """One key for all the spellings that a form reads as one address, full-width letters and invisible signs included."""
    return "".join(c for c in normal("NFKC", typed).lower() if c.isprintable() and c != " ")


def _host() -> str:
    """The network that asks: a line has 2^64 addresses of IPv6, and counts as one."""
    try:
        asks = IPv6Address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or ""
    return str(asks.ipv4_mapped or IPv6Network((asks, 64), strict=False))


def _hit(key: str, end: datetime) -> ReturningInsert[int, datetime]:
    return (
        upsert(RateLimit)
        .values(cle=key, nombre=1, fin=end)
        .on_conflict_do_update(index_elements=["cle"], set_={"nombre": literal_column("rate_limit.nombre + 1")})
        .returning(RateLimit.nombre, RateLimit.fin)
    )


LIMITS = {
    limit.name: limit
    for limit in (
        Limit("connexion", 10, 100, timedelta(minutes=5), forgives=True),
        Limit("lien", 5, 60, timedelta(minutes=15)),
        Limit("preuve", 10, 30, timedelta(minutes=5), by_session=True),  # a stolen phone guesses no password
        Limit("candidature", 12, 30, timedelta(minutes=1)),
        Limit("sollicitation", 6, 30, timedelta(minutes=10)),
        Limit("suivi", 10, 120, timedelta(minutes=1)),
        Limit("attestation", 30, 60, timedelta(minutes=1)),
        Limit("rocketchat", 60, 120, timedelta(minutes=1)),
    )
}
