"""What each message says: from a genre and its facts to a letter, read from what is true when it leaves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from email_validator import validate_email
from flask import current_app
from markupsafe import Markup

from portal import clock, reglage
from portal.comptes.models import Personne
from portal.config import Settings
from portal.db import db
from portal.fields import one_line
from portal.notifications import exemples, mots, queries
from portal.notifications.commands import SECRETS
from portal.notifications.genres import Context, Facts, Outdated, genre, link, still
from portal.notifications.lettres import GENRES, canal, transition
from portal.notifications.mots import Gabarit
from portal.outbox import Message

PERSONAL = re.compile(r"https?://\S+/[0-9]+-[0-9]+\.[\w-]{20,}")  # an address that ends in a security.seal


@dataclass(frozen=True)
class Letter:
    """A message in words, before it has a sender and an address."""

    objet: str
    texte: str
    html: str
    agenda: bytes | None  # an iCalendar file
    maison: str = ""  # who signs it
    lines: dict[int, Letter | None] = field(
        default_factory=dict
    )  # of a digest: what each message says, None when it is outdated


UNWRITTEN = Letter("", "", "", None)


class Unwritable(Exception):
    """No line of a digest could be written, which is an error like any other: tried again, then an admin's."""


def compose(message: Message, letter: Letter) -> EmailMessage:
    """The mail of this row, in these words. Its Message-ID comes from the row alone: sent twice, it is recognised as one."""
    settings: Settings = current_app.config["PORTAL"]
    # A server may refuse raw 8-bit or cut long lines; a file is there to be read as it is.
    encoding = "quoted-printable" if settings.mail_url else "8bit"
    mail = EmailMessage(SMTP)
    mail["Subject"] = letter.objet
    mail["From"] = Address(letter.maison, addr_spec=settings.mail_from)
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


def render(genre: str, faits: Facts, *, line: bool = False) -> Letter:
    """The message of that genre, in words; as a `line` of a digest, without greeting nor foot.

    Raises Outdated, or KeyError for a genre nobody wrote.
    """
    if genre == canal.CHAT:
        return Letter(*canal.words(faits), html="", agenda=None)
    if genre == transition.TRANSITION:
        return Letter(*transition.words(faits), html="", agenda=None)
    context = {**GENRES[genre](faits), "faits": faits}
    return _written(genre, context | mots.of(genre, faits, context), line=line)


def sample(gabarit: Gabarit, words: Mapping[str, str]) -> Letter:
    """What it would say in these words to somebody who does not exist; in HTML, as a page of ours may show it."""
    context = exemples.context(gabarit)
    context |= gabarit.filled(words, context)
    page = _written(gabarit.genre, context, line=True).html
    # No page bears a style of its own; and no typed quote is one, since they are escaped.
    return replace(_written(gabarit.genre, context), html=Markup(re.sub(r' style="[^"]*"', "", page)))  # noqa: S704


def _written(genre: str, context: Context, *, line: bool = False) -> Letter:
    maison = reglage.maison()
    context = context | {"lien": link, "accueil": link("accueil.index"), "maison": maison, "ligne": line}
    text = current_app.jinja_env.get_template(f"messages/{genre}.txt")
    objet = one_line("".join(text.blocks["objet"](text.new_context(context))))
    page = current_app.jinja_env.get_template(f"messages/{genre}.html")
    words, html = _spaced(text.render(context)), page.render(context, objet=objet)
    return Letter(objet, words, html, context.get("agenda"), maison, context.get("lignes_du_resume", {}))


@genre("resume")
def _digest(faits: Facts) -> Context:
    """What happened since yesterday, for whoever chose to read it at once a day. Raises Unwritable when no line can be told."""
    found = {message: _line(message) for message in queries.lines_of(faits["resume"])}
    lines = {message: letter for message, letter in found.items() if letter is not UNWRITTEN}
    told = [letter for letter in lines.values() if letter]
    if not told and len(lines) < len(found):
        raise Unwritable
    personne = still(next((db.session.get(Personne, message.personne_id) for message in lines), None) if told else None)
    return {
        "prenom": personne.prenom,
        "lettres": [(letter.objet, letter.texte, Markup(letter.html)) for letter in told],  # noqa: S704
        "lignes_du_resume": {message.id: letter for message, letter in lines.items()},
        "choix": link("moi.choix"),
    }


def _line(message: Message) -> Letter | None:
    try:
        return render(message.genre, message.faits, line=True)
    except Outdated:
        return None
    except Exception:  # one that cannot be written keeps no other from its reader
        current_app.logger.exception("message %s cannot be written", message.id)
        return UNWRITTEN


def words(letter: Letter, faits: Facts | None = None) -> tuple[str, str]:
    """What its person may read again, subject and text: no link that opens without signing in, no code."""
    hidden = SECRETS & (faits or {}).keys()
    return letter.objet, "" if hidden else PERSONAL.sub("[lien personnel, envoyé par e-mail]", letter.texte)


def _spaced(text: str) -> str:
    """One empty line between paragraphs, whatever the template's own layout."""
    return re.sub(r"\n\s*\n", "\n\n", text).strip() + "\n"
