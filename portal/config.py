"""Every PORTAL_* setting: its type, its default, what it refuses."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from werkzeug.sansio.utils import host_is_trusted

from portal.territoire import TERRITOIRES, Territoire

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("production", "development", "test")
LINE = re.compile(
    r"""
    (?P<name> [A-Z_]+ ) \s* = \s*
    (?: (?P<quote> ["'] ) (?P<quoted> (?: (?!(?P=quote)) . )* ) (?P=quote) | (?P<bare> [^\s"'\#].*? )? )
    (?: \s+ \#.* )?
    """,
    re.VERBOSE,
)
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
MIN_KEY_LENGTH = 32
MIN_KEY_PAIRS = 20  # different pairs of neighbours: chance makes more of them, the same few words again and again do not
MIN_TOKEN_LENGTH = 16
EVENTS = ("action.", "mission.")  # how the keys of what another program may hear of begin
SQLITE_WAITS = 15  # seconds, for the write lock: a crowd takes turns


class BadSetting(Exception):
    """A setting that would make the portal unsafe or unable to start; the message is for the person who runs it."""


def environment(given: Mapping[str, str], path: Path = ROOT / ".env") -> Mapping[str, str]:
    """What is given, over what the file .env says. A portal for trials never reads it: it speaks of the real one."""
    if given.get("PORTAL_ENV", "production") != "production":
        return given
    return _read(path) | dict(given)


def _read(path: Path) -> dict[str, str]:
    """NAME=value lines; quotes around a value are optional, and nothing in it is special: neither $ nor \\."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise BadSetting(
            f"{path.name} ne se lit pas\u00a0: un fichier de texte en UTF-8, lisible par le portail, est attendu."
        ) from None
    found = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and not line.startswith("#"):
            match = LINE.fullmatch(line)
            if match is None:
                raise BadSetting(f'{path.name}, ligne {number}\u00a0: NOM=valeur est attendu, ou NOM="valeur".')
            found[match["name"]] = match["quoted"] or match["bare"] or ""
    return found


def hand_down(name: str, value: str) -> None:
    """Tell the libraries that read nothing but the environment."""
    os.environ[name] = value


def private_folder(path: Path) -> None:
    """Make the folder unless it is there; what the portal keeps is for its own account only."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"PORTAL_INSTANCE_DIR\u00a0: {path} ne s’ouvre pas ({error.strerror}).") from None


def sqlite_url(path: Path) -> str:
    """The address of a database's file, whatever signs its path bears."""
    return URL.create("sqlite", database=str(path)).render_as_string()


@dataclass(frozen=True)
class Settings:
    """The portal's settings, read once from the environment. `.env.example` says each in a French line."""

    env: str
    instance_dir: Path
    database_url: str
    secret_keys: tuple[str, ...]  # the first one signs, the others still open what they signed
    listen: str  # the IPv4 address where `flask portal run` listens: the machine itself, unless it is in a container
    port: int
    base_url: str
    mail_url: str | None
    mail_from: str  # the address alone: the house gives its name
    territoire: Territoire
    rocketchat_url: str | None  # where the interpôle's channel is written to: a secret
    rocketchat_private: bool  # whether the chat may be on the house's own network
    rocketchat_token: str  # what the channel's own questions carry; empty: none is answered
    webhook_url: str | None  # where another program hears of what happens to actions and missions
    webhook_secrets: tuple[str, ...]  # each signs what is posted there
    webhook_events: tuple[str, ...]  # how the keys of the events that it hears of begin
    webhook_private: bool  # whether it may be on the house's own network
    trusted_hosts: tuple[str, ...]
    proxy_hops: int
    rate_limits: bool
    admin_second_factor: bool  # whether the settings open only to admins who prove twice who they are
    metrics_port: int  # where Prometheus reads, on the machine itself; 0: nowhere
    backup_dir: Path  # where copies are put and looked for
    backup_recipient: str  # the public key (age) that copies are sealed with; empty: they are not
    now: str | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check PORTAL_*; raises BadSetting with a sentence to act on."""
        env = environ.get("PORTAL_ENV", "production")
        if env not in ENVIRONMENTS:
            raise BadSetting(f"PORTAL_ENV vaut {env!r}\u00a0: choisir parmi {', '.join(ENVIRONMENTS)}.")
        instance = Path(environ.get("PORTAL_INSTANCE_DIR") or ROOT / "instance").resolve()
        port = _port(environ)
        base_url, host = _address(environ, env, port)
        settings = cls(
            env=env,
            instance_dir=instance,
            database_url=_database(environ, instance),
            secret_keys=_secret_keys(environ, env, instance),
            listen=_listen(environ),
            port=port,
            base_url=base_url,
            mail_url=environ.get("PORTAL_MAIL_URL") or None,
            mail_from=_sender(environ, host),
            territoire=_territory(environ),
            rocketchat_url=_webhook(environ, env),
            rocketchat_private=_on("PORTAL_ROCKETCHAT_PRIVATE", environ, default=env != "production"),
            rocketchat_token=_webhook_token(environ, env),
            webhook_url=_told(environ, env),
            webhook_secrets=_listed("PORTAL_WEBHOOK_SECRETS", environ),
            webhook_events=_listed("PORTAL_WEBHOOK_EVENTS", environ) or EVENTS,
            webhook_private=_on("PORTAL_WEBHOOK_PRIVATE", environ, default=env != "production"),
            trusted_hosts=_hosts(environ, host, env),
            proxy_hops=_whole("PORTAL_PROXY_HOPS", environ),
            rate_limits=environ.get("PORTAL_RATE_LIMITS", "on") != "off",
            admin_second_factor=_on("PORTAL_ADMIN_SECOND_FACTOR", environ, default=env == "production"),
            metrics_port=_whole("PORTAL_METRICS_PORT", environ),
            backup_dir=Path(environ.get("PORTAL_BACKUP_DIR") or instance / "sauvegardes").resolve(),
            backup_recipient=environ.get("PORTAL_BACKUP_RECIPIENT", ""),
            now=environ.get("PORTAL_NOW") or None,
        )
        settings._refuse_what_is_for_trials()
        return settings

    def _refuse_what_is_for_trials(self) -> None:
        if self.is_production and not self.rate_limits:
            raise BadSetting("PORTAL_RATE_LIMITS=off est réservé aux mesures, jamais en production.")
        if self.is_production and self.now:
            raise BadSetting("PORTAL_NOW est réservé aux essais, jamais en production.")

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def database_path(self) -> Path:
        """SQLite's file."""
        return Path(str(make_url(self.database_url).database))

    @property
    def authority(self) -> str:
        """The name, and the port if any, that the public address asks for."""
        return urlsplit(self.base_url).netloc

    @property
    def domain(self) -> str:
        """The name that passkeys are made for."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        """The public address as browsers say it: in lower case, without the port that goes without saying."""
        parts = urlsplit(self.base_url)
        implied = {"http": 80, "https": 443}[parts.scheme]
        port = f":{parts.port}" if parts.port and parts.port != implied else ""
        return f"{parts.scheme}://{self.domain}{port}"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    def flask(self) -> dict[str, Any]:
        """The same settings in the names that Flask and its extensions read."""
        return {
            "PORTAL": self,
            "SECRET_KEY": self.secret_keys[0],
            "SECRET_KEY_FALLBACKS": list(self.secret_keys[1:]),
            "TRUSTED_HOSTS": list(self.trusted_hosts),
            "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 256 * 1024,
            "MAX_FORM_PARTS": 500,
            "SESSION_COOKIE_NAME": "__Host-portail" if self.is_https else "portail",
            "SESSION_COOKIE_SECURE": self.is_https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_REFRESH_EACH_REQUEST": False,
            "PERMANENT_SESSION_LIFETIME": 60 * 60 * 24 * 30,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SECRET_KEY": self.secret_keys[-1],  # so that a form shown before a new key was added still passes
            "WTF_I18N_ENABLED": False,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(self),
            "PROPAGATE_EXCEPTIONS": False,
        }


# Of one process: two threads, a request's connection and one apart for each; twice that for who runs more of them.
POOL = {"pool_size": 4, "max_overflow": 4, "pool_timeout": 5}  # seconds


def _engine_options(settings: Settings) -> dict[str, Any]:
    quiet = {"hide_parameters": settings.is_production}  # what a statement carried is somebody's: no log keeps it
    if settings.is_sqlite:
        return quiet | {"connect_args": {"timeout": SQLITE_WAITS}}
    limits = "-c lock_timeout=5000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
    return quiet | {"connect_args": {"options": limits}, "pool_pre_ping": True} | POOL


def _address(environ: Mapping[str, str], env: str, port: int) -> tuple[str, str]:
    """(public address, its host name)."""
    base_url = environ.get("PORTAL_BASE_URL", "").rstrip("/")
    if not base_url and env == "production":
        raise BadSetting("PORTAL_BASE_URL manque\u00a0: l’adresse publique du portail, par exemple https://portail.exemple.re")
    base_url = base_url or f"http://127.0.0.1:{port}"
    host = _host_of(base_url)
    if not host:
        raise BadSetting(
            f"PORTAL_BASE_URL vaut {base_url!r}\u00a0: une adresse complète est attendue, avec https:// et sans chemin."
        )
    return base_url, host


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        bare = parts.port != 0 and not (parts.path or parts.query or parts.fragment)
    except ValueError:  # an unfinished [::1, a port that is no number
        return None
    return parts.hostname if bare and parts.scheme in {"http", "https"} else None


def _hosts(environ: Mapping[str, str], host: str, env: str) -> tuple[str, ...]:
    named = _listed("PORTAL_TRUSTED_HOSTS", environ)
    if named and not host_is_trusted(host, named):
        raise BadSetting(f"PORTAL_TRUSTED_HOSTS doit aussi nommer {host}, qui est dans l’adresse publique du portail.")
    local = () if env == "production" else ("127.0.0.1", "localhost")
    return named or tuple(dict.fromkeys((host, *local)))


def _sender(environ: Mapping[str, str], host: str) -> str:
    """The address that messages come from, given alone or with a name before it."""
    text = environ.get("PORTAL_MAIL_FROM") or f"ne-pas-repondre@{host}"
    address = parseaddr(text)[1]
    if "@" not in address:
        raise BadSetting(f"PORTAL_MAIL_FROM vaut {text!r}\u00a0: une adresse e-mail est attendue.")
    return address


def _territory(environ: Mapping[str, str]) -> Territoire:
    code = environ.get("PORTAL_TERRITOIRE") or "RE"
    if code not in TERRITOIRES:
        raise BadSetting(f"PORTAL_TERRITOIRE vaut {code!r}\u00a0: choisir parmi {', '.join(TERRITOIRES)}.")
    return TERRITOIRES[code]


def _listen(environ: Mapping[str, str]) -> str:
    said = environ.get("PORTAL_LISTEN") or "127.0.0.1"
    try:
        return str(IPv4Address(said))
    except ValueError:
        raise BadSetting(f"PORTAL_LISTEN vaut {said!r}\u00a0: une adresse IPv4 est attendue, comme 127.0.0.1.") from None


def _port(environ: Mapping[str, str]) -> int:
    port = _whole("PORT", environ, 8000)
    if not 1 <= port <= 65535:
        raise BadSetting(f"PORT vaut {port}\u00a0: un nombre de 1 à 65535 est attendu.")
    return port


def _database(environ: Mapping[str, str], instance: Path) -> str:
    """The database's address, which no refusal repeats: it may hold a password."""
    url = environ.get("PORTAL_DATABASE_URL") or sqlite_url(instance / "portail.db")
    url = re.sub("^postgres://", "postgresql://", url)
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        parts = None
    if parts is None or parts.drivername not in DATABASES:
        raise BadSetting("PORTAL_DATABASE_URL\u00a0: une adresse postgresql://… ou sqlite:////chemin/portail.db est attendue.")
    if parts.drivername == "sqlite" and not Path(parts.database or "").is_absolute():
        raise BadSetting(
            "PORTAL_DATABASE_URL\u00a0: un chemin complet est attendu, avec quatre barres, sqlite:////chemin/portail.db"
        )
    return url


def _webhook(environ: Mapping[str, str], env: str) -> str | None:
    """The address of the chat's incoming webhook, which no refusal repeats: whoever knows it writes there."""
    url = environ.get("PORTAL_ROCKETCHAT_URL") or None
    if url and not _is_outside(url, env):
        raise BadSetting(
            "PORTAL_ROCKETCHAT_URL\u00a0: l’adresse d’un webhook entrant de Rocket.Chat est attendue, en https://, "
            "telle que Rocket.Chat la donne."
        )
    return url


def _is_outside(url: str, env: str) -> bool:
    """Whether it is a whole address of another server, with a path; in https when it is in earnest."""
    schemes = "https" if env == "production" else "https?"
    whole = re.fullmatch(rf"{schemes}://[\w.-]+(?::([0-9]{{1,5}}))?/[!$-~]+", url, re.ASCII)
    return whole is not None and 0 < int(whole[1] or 1) <= 65_535


def _told(environ: Mapping[str, str], env: str) -> str | None:
    """The address of the other program, which no refusal repeats; it comes with the secrets that sign."""
    url = environ.get("PORTAL_WEBHOOK_URL") or None
    if url and not _is_outside(url, env):
        raise BadSetting("PORTAL_WEBHOOK_URL\u00a0: une adresse complète est attendue, en https://, avec un chemin.")
    keys = _listed("PORTAL_WEBHOOK_SECRETS", environ)
    if url and not (keys and all(map(_is_strong, keys))):
        raise BadSetting(f"PORTAL_WEBHOOK_SECRETS\u00a0: {MIN_KEY_LENGTH} caractères au hasard, au moins, signent les envois.")
    return url


def _listed(name: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())


def _webhook_token(environ: Mapping[str, str], env: str) -> str:
    token = environ.get("PORTAL_ROCKETCHAT_TOKEN", "")
    if env == "production" and token and len(token) < MIN_TOKEN_LENGTH:
        raise BadSetting(f"PORTAL_ROCKETCHAT_TOKEN est trop court\u00a0: {MIN_TOKEN_LENGTH} caractères au hasard, au moins.")
    return token


def _on(name: str, environ: Mapping[str, str], *, default: bool) -> bool:
    said = environ.get(name) or ("on" if default else "off")
    if said not in {"on", "off"}:
        raise BadSetting(f"{name} vaut {said!r}\u00a0: on ou off est attendu.")
    return said == "on"


def _whole(name: str, environ: Mapping[str, str], default: int = 0) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        raise BadSetting(f"{name} vaut {text!r}\u00a0: un nombre entier est attendu.")
    return int(text)


def _secret_keys(environ: Mapping[str, str], env: str, instance: Path) -> tuple[str, ...]:
    keys = _listed("PORTAL_SECRET_KEY", environ)
    if env == "production" and not (keys and all(map(_is_strong, keys))):
        raise BadSetting(
            f"PORTAL_SECRET_KEY manque, est trop courte ou trop simple\u00a0: {MIN_KEY_LENGTH} caractères au hasard, au moins. "
            "Par exemple\u00a0: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return keys or (_kept_key(instance),)


def _is_strong(key: str) -> bool:
    return len(key) >= MIN_KEY_LENGTH and len(set(pairwise(key))) >= MIN_KEY_PAIRS


def _kept_key(instance: Path) -> str:
    """The key that a development portal makes for itself once, readable by its owner only."""
    private_folder(instance)
    path = instance / "cle-secrete"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key
