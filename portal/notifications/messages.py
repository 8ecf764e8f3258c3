"""What each message says: from a genre and its facts to a letter, read from what is true when it leaves."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from email_validator import validate_email
from flask import current_app

from portal import clock
from portal.config import Settings
from portal.fields import one_line
from portal.notifications.commands import SECRETS
from portal.notifications.genres import GENRES, Facts, link
from portal.outbox import Message

PERSONAL = re.compile(r"https?://\S+/[0-9]+-[0-9]+\.[\w-]{20,}")  # an address that ends in a security.seal


@dataclass(frozen=True)
class Letter:
    """A message in words, before it has a sender and an address."""

    objet: str
    texte: str
    html: str
    agenda: bytes | None  # an iCalendar file


def compose(message: Message, letter: Letter) -> EmailMessage:
    """The mail of this row, in these words. Its Message-ID comes from the row alone: sent twice, it is recognised as one."""
    settings: Settings = current_app.config["PORTAL"]
    # A server may refuse raw 8-bit or cut long lines; a file is there to be read as it is.
    encoding = "quoted-printable" if settings.mail_url else "8bit"
    mail = EmailMessage(SMTP)
    mail["Subject"] = letter.objet
    mail["From"] = settings.mail_from
    mail["To"] = recipient(message.adresse)
    mail["Date"] = format_datetime(clock.local(clock.now()))
    born = int(message.cree_le.timestamp())  # SQLite may give the id of a deleted row again
    mail["Message-ID"] = f"<{message.id}.{born}@{urlsplit(settings.base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.texte, cte=encoding)
    mail.add_alternative(letter.html, subtype="html", cte=encoding)
    if letter.agenda:
        mail.add_attachment(letter.agenda, maintype="text", subtype="calendar", filename="mission.ics")
    return mail


def recipient(adresse: str) -> str:
    """The address as mail servers want it: plain letters, an accented domain in its ASCII form."""
    known = validate_email(unicodedata.normalize("NFKC", adresse).strip(), check_deliverability=False)
    return known.ascii_email or known.normalized


def render(genre: str, faits: Facts) -> Letter:
    """The message of that genre, in words. Raises Outdated, or KeyError for a genre nobody wrote."""
    context = {**GENRES[genre](faits), "faits": faits, "lien": link, "accueil": link("accueil.index")}
    text = current_app.jinja_env.get_template(f"messages/{genre}.txt")
    objet = one_line("".join(text.blocks["objet"](text.new_context(context))))
    page = current_app.jinja_env.get_template(f"messages/{genre}.html")
    return Letter(objet, _spaced(text.render(context)), page.render(context, objet=objet), context.get("agenda"))


def kept(message: Message, letter: Letter) -> str:
    """The words that its person may read again: no link that opens without signing in, no code."""
    return "" if SECRETS & message.faits.keys() else PERSONAL.sub("[lien personnel, envoyé par e-mail]", letter.texte)


def _spaced(text: str) -> str:
    """One empty line between paragraphs, whatever the template's own layout."""
    return re.sub(r"\n\s*\n", "\n\n", text).strip() + "\n"
