"""A message leaves: to a mail server, or to a file when no server is set."""

from __future__ import annotations

import contextlib
import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from portal import clock
from portal.config import BadSetting, Settings
from portal.fields import one_line
from portal.outbox import Message

TIMEOUT = 10  # seconds for each exchange with the server
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
ADVICE = "PORTAL_MAIL_URL n’est pas compris : il s’écrit smtp://identifiant:secret@serveur:587, ou smtps://…"


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


def send(mail: EmailMessage, message: Message, settings: Settings) -> None:
    """Raises OSError (smtplib's errors are some) when it did not leave. No transaction may be open."""
    if settings.mail_url:
        _to_server(mail, Server.from_url(settings.mail_url), urlsplit(settings.base_url).hostname)
    else:
        _to_file(mail, message, settings.instance_dir / "mail")


def _to_server(mail: EmailMessage, server: Server, myself: str | None) -> None:
    with contextlib.closing(_connect(server, myself)) as smtp:  # closed without a word when something goes wrong
        if server.starttls:
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            smtp.login(server.user, server.password)
        smtp.send_message(mail)
        with contextlib.suppress(OSError):  # it is gone: how the server says goodbye changes nothing
            smtp.quit()


def _connect(server: Server, myself: str | None) -> smtplib.SMTP:
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, myself, timeout=TIMEOUT, context=ssl.create_default_context())
    return smtplib.SMTP(server.host, server.port, myself, timeout=TIMEOUT)


def _to_file(mail: EmailMessage, message: Message, folder: Path) -> None:
    """Named after the row, so that sending it again writes the same file; whole or not at all."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{clock.local(message.cree_le):%Y%m%d-%H%M%S}-{message.id}-{message.genre}.eml"
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(mail.as_bytes())
    draft.chmod(0o600)  # it may hold a link to sign in
    draft.replace(path)


def is_final(error: Exception) -> bool:
    """Whether the server said that this address will never do; anything else may pass."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= 500 for code, _ in error.recipients.values())


def reason(error: Exception, settings: Settings) -> str:
    """The error in one line, as the table and the log keep it: without the password, whatever the server repeats."""
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        said = f"{code} {text.decode(errors='replace')}"
    password = Server.from_url(settings.mail_url).password if settings.mail_url else ""
    return one_line(said.replace(password, "***") if password else said)[:300]
