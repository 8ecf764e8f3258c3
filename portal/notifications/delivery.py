"""A message leaves by mail: to a server, or to a file when no server is set."""

from __future__ import annotations

import contextlib
import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from portal import clock
from portal.config import BadSetting, Settings
from portal.fields import one_line
from portal.notifications.messages import Letter, compose
from portal.outbox import Message, Voie

TIMEOUT = 10  # seconds for each exchange with the server
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
ADVICE = "PORTAL_MAIL_URL n’est pas compris\u00a0: il s’écrit smtp://identifiant:secret@serveur:587, ou smtps://…"


@dataclass(frozen=True)
class Server:
    """What PORTAL_MAIL_URL names: smtp://user:password@host:port, smtps://…, with ?starttls=1 or 0.

    Left unsaid, STARTTLS is asked for whenever a password would leave this machine.
    """

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Raises BadSetting, with a sentence that holds no secret."""
        try:
            parts = urlsplit(url)
            port, asked = parts.port, parse_qs(parts.query, strict_parsing=bool(parts.query)).get("starttls")
        except ValueError:
            raise BadSetting(ADVICE) from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or asked not in (None, ["0"], ["1"]):
            raise BadSetting(ADVICE)
        tls = parts.scheme == "smtps"
        exposed = bool(parts.username) and parts.hostname not in LOCAL
        starttls = not tls and (exposed if asked is None else asked == ["1"])
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if starttls else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=starttls,
        )


def check(settings: Settings) -> None:
    """Raises BadSetting when the mail server's address is not understood."""
    if settings.mail_url:
        Server.from_url(settings.mail_url)


class Unreachable(OSError):
    """The server itself does not answer, or does not know us: no message is to blame. `rest`: the seconds it asked for."""

    rest = 0.0


class Final(OSError):
    """The server answered that this will never do, in a sentence for whoever administers."""


class Doubtful(OSError):
    """The server was given the whole message and never said whether it took it."""


class _Line(smtplib.SMTP):
    """A line that breaks once the message was given says so: it raises Doubtful."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            return super().data(msg)
        except smtplib.SMTPServerDisconnected as error:
            raise Doubtful(str(error)) from error


class _TlsLine(_Line, smtplib.SMTP_SSL):
    """The same, encrypted from the first word, with a certificate that is looked at."""

    def __init__(self, host: str, port: int, myself: str | None, *, timeout: float) -> None:
        super().__init__(host, port, myself, timeout=timeout, context=ssl.create_default_context())


class Courier:
    """Sends messages one after the other over one line to the server, which `hang_up` closes; or writes them to files."""

    name = "mail server"
    voies = (Voie.COURRIER, Voie.PORTAIL)
    free_at = float("-inf")  # it may always be given one more

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server = Server.from_url(settings.mail_url) if settings.mail_url else None
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.hang_up()

    def carry(self, message: Message, letter: Letter) -> None:
        """A message that its person reads on the portal alone is written, and goes nowhere."""
        mail = compose(message, letter)
        if message.voie is not Voie.PORTAIL:
            self.send(mail, message)

    def send(self, mail: EmailMessage, message: Message) -> None:
        """Raises OSError (smtplib's errors are some) when it did not leave. No transaction may be open."""
        if self._server is None:
            _to_file(mail, message, self._settings.instance_dir / "mail")
            return
        kept = self._line
        try:
            self._dispatch(mail, self._server)
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPSenderRefused):
            if kept is None:
                raise
            self._dispatch(mail, self._server)  # the server had closed a line that we kept: nothing was given on it

    def _dispatch(self, mail: EmailMessage, server: Server) -> None:
        line = self._line = self._line or _open(server, urlsplit(self._settings.base_url).hostname)
        try:
            line.send_message(mail)
        except smtplib.SMTPRecipientsRefused:
            raise  # the line is as good as before
        except BaseException:
            line.close()
            self._line = None
            raise

    def hang_up(self) -> None:
        if self._line:
            with contextlib.suppress(OSError):  # how the server says goodbye changes nothing
                self._line.quit()
            self._line = None


def _open(server: Server, myself: str | None) -> smtplib.SMTP:
    """A line on which we are known. Raises Unreachable."""
    try:
        line = (_TlsLine if server.tls else _Line)(server.host, server.port, myself, timeout=TIMEOUT)
        with contextlib.ExitStack() as closing:
            closing.callback(line.close)
            if server.starttls:
                line.starttls(context=ssl.create_default_context())
            if server.user:
                line.login(server.user, server.password)
            closing.pop_all()
    except OSError as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
    return line


def reach(settings: Settings) -> None:
    """Whether the server answers and knows us. Raises Unreachable."""
    if settings.mail_url:
        with contextlib.suppress(smtplib.SMTPException):
            _open(Server.from_url(settings.mail_url), urlsplit(settings.base_url).hostname).quit()


def _to_file(mail: EmailMessage, message: Message, folder: Path) -> None:
    """Named after the row, so that sending it again writes the same file; whole or not at all."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{clock.local(message.cree_le):%Y%m%d-%H%M%S}-{message.id}-{message.genre}.eml"
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(mail.as_bytes())
    draft.chmod(0o600)  # it may hold a link to sign in
    draft.replace(path)


def is_final(error: Exception) -> bool:
    """Whether the server said that this will never do; anything else may pass."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return isinstance(error, Final)
    return all(code >= 500 for code, _ in error.recipients.values())


def reason(error: Exception, settings: Settings) -> str:
    """The error in one line, as the table and the log keep it: without our secrets, whatever the server repeats."""
    said = str(error) if isinstance(error, Unreachable | Final) else f"{type(error).__name__}: {error}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        said = f"{code} {text.decode(errors='replace')}"
    for secret in _secrets(settings):
        said = said.replace(secret, "***")
    return one_line(said)[:300]


def _secrets(settings: Settings) -> list[str]:
    """The password of the mail server; of the webhooks, their paths and each of their parts."""
    password = Server.from_url(settings.mail_url).password if settings.mail_url else ""
    paths = [urlsplit(url).path for url in (settings.rocketchat_url, settings.webhook_url) if url]
    parts = [part for path in paths for part in path.split("/") if len(part) > len("hooks")]
    return [secret for secret in (password, *paths, *parts) if secret]
