"""How the screens say dates, hours, amounts, phones and people's own text, the French way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from babel.dates import format_date
from flask import Flask
from markupsafe import Markup, escape

from portal import clock
from portal.db import MANY
from portal.feries import ferie
from portal.fields import local_phone, quantite

NBSP, THIN = "\u00a0", "\u202f"
FAR = 12 * 60  # minutes: further away, it is said by its date


class Begins(Protocol):
    @property
    def debut(self) -> datetime: ...


T = TypeVar("T", bound=Begins)


def init_app(app: Flask) -> None:
    for function in (
        jour,
        jour_long,
        jour_semaine,
        date_longue,
        date_courte,
        mois,
        ferie,
        heure,
        creneau,
        moment,
        duree,
        euros,
        quantite,
        taux,
        telephone,
        tel,
        depuis,
        depuis_quand,
        rebours,
        markdown,
        carte,
        iso,
        combien,
        par_jour,
        abrege,
        attrs,
    ):
        app.jinja_env.filters[function.__name__] = function


def _day(value: datetime | date) -> date:
    return clock.local(value).date() if isinstance(value, datetime) else value


def _year(day: date) -> str:
    return "" if day.year == clock.today().year else f"{NBSP}{day.year}"


def jour(value: datetime | date) -> str:
    """ "samedi 12" this month, "samedi 12 novembre" otherwise, "aujourd’hui", "demain"."""
    day = _day(value)
    away = (day - clock.today()).days
    if away in (0, 1):
        return ("aujourd’hui", "demain")[away]
    return jour_long(day)


def jour_long(value: datetime | date) -> str:
    """ "samedi 12 novembre", with the year only when it isn’t this one."""
    day = _day(value)
    return _weekday_and_month(day) + _year(day)


@lru_cache(maxsize=1024)
def _weekday_and_month(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{format_date(day, 'EEEE', locale='fr')} {number}{NBSP}{format_date(day, 'MMMM', locale='fr')}"


def jour_semaine(value: datetime | date) -> str:
    """ "samedi"."""
    return format_date(_day(value), "EEEE", locale="fr")


def date_longue(value: datetime | date) -> str:
    """ "12 novembre 2026", the year always."""
    day = _day(value)
    return format_date(day, "d MMMM yyyy", locale="fr").replace(" ", NBSP)


def date_courte(value: datetime | date) -> str:
    """ "sam. 12 nov."."""
    day = _day(value)
    return format_date(day, "EEE d MMM", locale="fr") + _year(day)


def mois(day: date) -> str:
    """ "décembre 2026"."""
    return str(format_date(day, "MMMM yyyy", locale="fr"))


def heure(value: datetime) -> str:
    """ "9 h", "8 h 30"."""
    at = clock.local(value)
    return f"{at.hour}{NBSP}h" + (f"{NBSP}{at.minute:02d}" if at.minute else "")


def creneau(start: datetime, end: datetime) -> str:
    """ "9 h à 13 h", or with the day of the end when it is another one, unless it ends in the same night."""
    last = clock.local(end)
    nights = (last.date() - clock.local(start).date()).days
    if nights == 0 or (nights == 1 and last.hour < 6 and end - start < timedelta(days=1)):
        return f"{heure(start)}{NBSP}à{NBSP}{heure(end)}"
    return f"{heure(start)} jusqu’au {jour_long(end)}, {heure(end)}"


def moment(value: datetime) -> str:
    """ "samedi 12 novembre à 9 h"."""
    return f"{jour(value)} à {heure(value)}"


def par_jour(items: Iterable[T]) -> list[tuple[date, list[T]]]:
    """Things that have a `debut`, in their order, by the day when they begin."""
    return [(day, list(found)) for day, found in groupby(items, key=lambda item: _day(item.debut))]


def duree(minutes: int | timedelta) -> str:
    """ "45 min", "1 h 30"."""
    total = int(minutes.total_seconds() // 60) if isinstance(minutes, timedelta) else minutes
    hours, rest = divmod(abs(total), 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{hours}{NBSP}h" + (f"{NBSP}{rest:02d}" if rest else "")


def rebours(until: datetime, avant: str, apres: str) -> str:
    """ "encore 25 min", "dépasse de 5 min", "c’est l’heure"; nothing when far away, nor afterwards without `apres`."""
    minutes = int(until.timestamp() // 60 - clock.now().timestamp() // 60)  # between the two hours as they are read
    if abs(minutes) > FAR or (minutes <= 0 and not apres):
        return ""
    word = avant if minutes > 0 else apres if minutes < 0 else ""
    return f"{word}{NBSP}{duree(minutes)}" if word else "c’est l’heure"


def depuis(value: datetime) -> str:
    """ "à l’instant", "il y a 5 min", "il y a 3 heures", "hier", "il y a 2 jours"."""
    gone = int((clock.now() - value).total_seconds() // 60)
    if gone < 1:
        return "à l’instant"
    if gone < 60:
        return f"il y a {gone}{NBSP}min"
    if gone < 60 * 24:
        return f"il y a {gone // 60}{NBSP}heure{'s' if gone >= 120 else ''}"
    days = (clock.today() - _day(value)).days
    return "hier" if days == 1 else f"il y a {days}{NBSP}jours"


def depuis_quand(value: datetime) -> str:
    """ "depuis 3 heures", "depuis hier", "depuis 2 jours"."""
    return f"depuis {depuis(value).removeprefix('il y a ').replace('à l’instant', 'un instant')}"


def euros(cents: int) -> str:
    """ "1 234,50 €"; whole amounts too keep their cents."""
    sign, cents = ("−" if cents < 0 else ""), abs(cents)
    return f"{sign}{cents // 100:,}".replace(",", THIN) + f",{cents % 100:02d}{NBSP}€"


def taux(hundredths: int) -> str:
    """ "8,5 %": hundredths of a percent."""
    return f"{quantite(hundredths)}{NBSP}%"


def telephone(number: str) -> str:
    """A stored E.164 number as people here read it, never cut at the end of a line."""
    return local_phone(number).replace(" ", NBSP)


def tel(number: str) -> str:
    return f"tel:{number}"


def carte(place: str) -> str:
    """A link that opens the place in whatever map the phone has."""
    return f"https://www.openstreetmap.org/search?query={quote(place)}"


def iso(value: datetime) -> str:
    return clock.local(value).isoformat(timespec="seconds")


def combien(rows: int) -> str:
    """What db.count found: "12", "plus de 500"."""
    return str(rows) if rows <= MANY else f"plus de {MANY}"


def attrs(pairs: Mapping[str, Any]) -> Markup:
    """HTML attributes of keywords: hx_post is hx-post, class_ is class; True stands alone, None and False are left out."""
    html = ""
    for key, value in pairs.items():
        if value is not None and value is not False:
            html += f" {escape(key.rstrip('_').replace('_', '-'))}" + ("" if value is True else f'="{escape(value)}"')
    return Markup(html)  # noqa: S704 — names and values are escaped, one by one


def markdown(text: str) -> Markup:
    """People's own text as safe HTML; templates wrap it in hx-ignore, since a strict CSP does not stop injected hx-*."""
    return Markup(_rendered(text or ""))  # noqa: S704 — nh3 keeps an allow-list of inert tags only


@lru_cache(maxsize=512)
def _rendered(text: str) -> str:
    import nh3
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image").render(text)
    return nh3.clean(
        html,
        tags={"p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "h3", "h4", "code", "pre", "hr"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener nofollow ugc",
    )


def abrege(text: str, most: int) -> str:
    """At most that many characters, cut after a whole word: "une chute dans l’escalier…"."""
    if len(text) <= most:
        return text
    words = re.match(rf".{{1,{most}}}(?=\s)", text, re.DOTALL)
    return (words[0] if words else text[:most]).rstrip(" \n,;:.!?·") + "…"
