"""What people type, understood as they meant it, and the quiet guards of public forms."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask import current_app, has_request_context, request
from flask_wtf import FlaskForm
from stdnum.fr import siret
from wtforms import (
    DateField,
    Field,
    FieldList,
    HiddenField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget, TextInput

from portal import clock, security
from portal.lettres import normal

FASTEST, SLOWEST = 2, 24 * 3600  # seconds between showing a public form and sending it
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
OVERSEAS = {262, 590, 594, 596}  # country codes of the French departments there, whose numbers are said alike
BESIDE_A_SIGN = re.compile("(?<=«) | (?=[»?!:;%€])")  # the blank that French puts there, where no line should break


def clean(text: str | None) -> str:
    """The text without invisible characters, unified line ends, no blanks around."""
    visible = CONTROL.sub("", (text or "").replace("\r\n", "\n").replace("\r", "\n"))
    return CONTROL.sub("", normal("NFC", visible)).strip()


def one_line(text: str | None) -> str:
    return " ".join(clean(text).split())


def row_id(text: str | None) -> int | None:
    """The id that was asked for, when it is one that both databases can hold."""
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,8}", text) else None


def address_key(email: str) -> str:
    """The form in which two spellings of one e-mail address are the same: NFKC, lower case."""
    return normal("NFKC", email).strip().lower()


def name_key(text: str) -> str:
    """How names are sorted, searched and compared: no accent, no case, one blank between words."""
    letters = normal("NFKD", one_line(text))
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


NUMBERED = re.compile(r"\w+-[0-9]{1,4}(-\w+)?", re.ASCII)


class Form(FlaskForm):
    """Every form of the portal: French messages, no HTML name collisions."""

    class Meta(FlaskForm.Meta):
        locales = ("fr",)

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What a browser's form sends, never JSON, of which no field knows the types."""
            return super().wrap_formdata(form, None if has_request_context() and request.is_json else formdata)


def choices(*pairs: tuple[str, str]) -> list[SelectChoice]:
    """What a SelectField or RadioField offers, from (value, label) pairs."""
    return [SelectChoice(value, label) for value, label in pairs]


class Line(StringField):
    """One line of text, cleaned as it comes in, its French signs kept with their word; "" when absent."""

    def process_data(self, value: Any) -> None:
        self.data = value or ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = BESIDE_A_SIGN.sub("\u00a0", one_line(valuelist[0])) if valuelist else ""


class Words(TextAreaField):
    """Several lines of text, cleaned as they come in; "" when absent."""

    def process_data(self, value: Any) -> None:
        self.data = value or ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = clean(valuelist[0]) if valuelist else ""


class Rows(FieldList):
    """A list of parts; a name that only looks numbered ("taches-²-titre") is none of them, where WTForms would fail."""

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        yield from super()._extract_indices(prefix, [name for name in formdata if NUMBERED.fullmatch(name)])


class Email(Line):
    """An address a message can be sent to; kept as typed, compared by `address_key`."""

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        if len(self.data) > 254:
            raise ValidationError("Cette adresse est trop longue.")
        if not is_address(self.data):
            raise ValidationError("Cette adresse semble incomplète\u00a0: elle s’écrit comme prenom@exemple.re")


def is_address(text: str) -> bool:
    """Whether it reads as an address that a message can be sent to."""
    try:
        validate_email(address_key(text), check_deliverability=False, allow_domain_literal=False)
    except (EmailNotValidError, UnicodeError, ValueError):
        return False
    return True


class Phone(Line):
    """A number of the place or of France however it is typed, kept as E.164; other countries with their +."""

    @property
    def exemple(self) -> str:
        """A mobile number such as people have here."""
        return _example()

    def _value(self) -> str:
        return one_line(self.raw_data[0]) if self.raw_data else local_phone(self.data or "")

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        number = parse_phone(self.data)
        if number is None:
            raise ValidationError(_phone_advice(self.data))
        self.data = number


def parse_phone(text: str) -> str | None:
    """E.164, or None. Read as a number of the place first, then of France."""
    for region in (clock.HERE.region, "FR"):
        try:
            number = phonenumbers.parse(text[:40], region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def local_phone(number: str) -> str:
    """A stored E.164 number as people here read it: "0692 12 34 56"."""
    if not number:
        return ""
    parsed = phonenumbers.parse(number)
    if parsed.country_code in OVERSEAS:
        local = f"0{parsed.national_number}"
        return f"{local[:4]} {local[4:6]} {local[6:8]} {local[8:]}"
    style = phonenumbers.PhoneNumberFormat
    return str(phonenumbers.format_number(parsed, style.NATIONAL if parsed.country_code == 33 else style.INTERNATIONAL))


def _phone_advice(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if clock.HERE.region == "RE" and (local := re.fullmatch(r"(?:00)?33(0?)([62][69][023]\d{6})", digits)):
        return f"Ce numéro est de La Réunion\u00a0: il s’écrit +262 {local[2]}, ou simplement 0{local[2]}."
    return f"Ce numéro ne semble pas exister\u00a0: par exemple {' ou '.join(dict.fromkeys((_example(), '06 12 34 56 78')))}."


def _example() -> str:
    found = phonenumbers.example_number_for_type(clock.HERE.region, phonenumbers.PhoneNumberType.MOBILE)
    return local_phone(f"+{found.country_code}{found.national_number}") if found else ""


class Siret(Line):
    """Fourteen digits that their key confirms, kept without blanks; La Poste's own are an exception that stdnum knows."""

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        if not siret.is_valid(self.data):
            raise ValidationError("Ce SIRET n’est pas valide\u00a0: quatorze chiffres, sur l’avis de situation.")
        self.data = siret.compact(self.data)


class Typed(Field):
    """Of blanks, or of a sign alone, nothing was typed: what is required is asked for."""

    raw_data: list[Any]

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        super().process(formdata, *args, **kwargs)
        if self.raw_data and self.data is None and not self.process_errors:
            self.raw_data = [""]


class LocalDateTime(Typed):
    """A wall-clock date and hour of the place (`datetime-local`, or "29/10/2022 9h30"); `data` is an instant in UTC."""

    formats = (
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %Hh%M",
        "%d/%m/%Y %Hh",
    )
    widget = DateTimeLocalInput()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.raw = ""

    def _value(self) -> str:
        return self.raw or (clock.local(self.data).strftime("%Y-%m-%dT%H:%M") if self.data else "")

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw = one_line(valuelist[0]) if valuelist else ""
        self.data = self.read(self.raw)
        if self.raw and not self.data:
            raise ValueError("Cette date n’est pas comprise\u00a0: par exemple 29/10/2026 9h30.")

    @classmethod
    def read(cls, words: str) -> datetime | None:
        """The instant that these words say; None when they say none."""
        for form in cls.formats:
            try:
                typed = datetime.strptime(words, form).replace(tzinfo=clock.ZONE)
            except ValueError:
                continue
            if 2000 <= typed.year <= 2100:
                return typed.astimezone(UTC)
        return None


class Day(Typed, DateField):
    """A day (`date`, or "29/10/2026"); years outside 2000–2100 are typing mistakes."""

    data: date | None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = [text for text in map(one_line, valuelist) if text]
        with suppress(ValueError):
            super().process_formdata(typed)
        if typed and self.data is None:
            raise ValueError("Cette date n’est pas comprise\u00a0: par exemple 29/10/2026.")
        if self.data and not 2000 <= self.data.year <= 2100:
            self.data = None
            raise ValueError("Cette année est loin\u00a0: une date entre 2000 et 2100 est attendue.")

    def start(self) -> datetime | None:
        return clock.start_of(self.data) if self.data else None


class Hour(Typed, TimeField):
    """An hour of the day (`time`, or "9h30")."""

    data: time | None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, format=["%H:%M", "%H:%M:%S", "%Hh%M", "%Hh"], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = [text for text in (one_line(text).replace(" ", "").lower() for text in valuelist) if text]
        with suppress(ValueError):
            super().process_formdata(typed)
        if typed and self.data is None:
            raise ValueError("Cette heure n’est pas comprise\u00a0: par exemple 9h30.")


class Whole(Typed, IntegerField):
    """A whole number from `least` to `most`, in plain digits."""

    def __init__(self, *args: Any, least: int = 0, most: int = 100_000, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = one_line(valuelist[0]) if valuelist else ""
        self.data = None
        if not text:
            return
        if not re.fullmatch(r"[0-9]{1,9}", text) or not self.least <= int(text) <= self.most:
            raise ValueError(f"Un nombre entier entre {self.least} et {self.most} est attendu.")
        self.data = int(text)


class Several(SelectMultipleField):
    """Boxes to tick, as many as one likes; `data` is the list of their values, in the order in which they are offered."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [choice.value for choice in self.choices if choice.value in valuelist]


class Hundredths(Typed):
    """A number typed the French way with two decimals at most, from `least` to `most` hundredths; `data` is hundredths."""

    widget = TextInput()

    def __init__(self, *args: Any, least: int = 0, most: int = 1_000_000, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else quantite(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        found = _hundredths(valuelist, "%", "Ce nombre n’est pas compris\u00a0: par exemple 7,5.")
        if found is not None and not self.least <= found <= self.most:
            raise ValueError(f"Un nombre entre {quantite(self.least)} et {quantite(self.most)} est attendu.")
        self.data = found


def _hundredths(valuelist: list[Any], sign: str, otherwise: str) -> int | None:
    """What was typed, with its `sign` or without it, in hundredths; None for nothing. Raises ValueError, `otherwise`."""
    text = re.sub(rf"[\s{sign}]", "", one_line(valuelist[0]) if valuelist else "").replace(",", ".")
    if re.fullmatch(r"-?[0-9]{1,9}\.[0-9]{3,20}", text, re.A):
        raise ValueError("Deux chiffres après la virgule, au plus.")
    if text and not re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,2})?", text, re.A):
        raise ValueError(otherwise)
    return int(Decimal(text) * 100) if text else None


def quantite(hundredths: int | None) -> str:
    """ "3", "7,5": hundredths without needless decimals; "" for nothing."""
    if hundredths is None:
        return ""
    whole, rest = divmod(hundredths, 100)
    return f"{whole:,}".replace(",", "\u202f") + (f",{rest:02d}".rstrip("0") if rest else "")


class Euros(Typed):
    """An amount typed the French way, from `least` to `most` cents; `data` is whole cents."""

    widget = TextInput()

    def __init__(self, *args: Any, least: int | None = None, most: int = 99_999_999_999, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.least, self.most = least, most

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else euros_typed(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        found = _hundredths(valuelist, "€", "Ce montant n’est pas compris\u00a0: par exemple 1 234,50.")
        if found is not None and found > self.most:
            raise ValueError(f"C’est trop\u00a0: {quantite(self.most)}\u00a0€ au plus.")
        if found is not None and self.least is not None and found < self.least:
            raise ValueError(f"C’est trop peu\u00a0: {quantite(self.least)}\u00a0€ au moins.")
        self.data = found


def euros_typed(cents: int | None) -> str:
    """ "1234,50": cents as they are typed."""
    return "" if cents is None else f"{Decimal(cents) / 100:.2f}".replace(".", ",")


class PublicForm(Form):
    """A form anybody may send: one key per submission, a trap for robots, a time no person beats.

    `trapped` is checked after validation: the same form comes back with every word kept, and one tap sends it.
    """

    cle = HiddenField()  # what says that two sendings are one
    vu = HiddenField()  # when the form was shown, signed
    site_web = StringField("Ne rien écrire ici")  # honeypot

    def prepare(self, *, again: bool = False) -> None:
        """Give a form that is about to be shown its key and its time; shown `again`, one tap sends it."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{22,43}", self.cle.data or ""):
            self.cle.data = secrets.token_urlsafe(16)
        self.vu.data = _stamp(int(clock.now().timestamp()) - (FASTEST if again else 0))
        self.site_web.data = ""

    @property
    def trapped(self) -> bool:
        if not (current_app.config["PORTAL"].rate_limits and self._is_a_robot):
            return False
        security.note("piège")
        return True

    @property
    def _is_a_robot(self) -> bool:
        shown, _, _ = (self.vu.data or "").partition(".")
        known = shown.isascii() and shown.isdigit() and len(shown) < 12
        if not known or not hmac.compare_digest(_stamp(int(shown)).encode(), self.vu.data.encode()):
            return True
        return bool(self.site_web.data) or not FASTEST <= clock.now().timestamp() - int(shown) <= SLOWEST

    @property
    def submission(self) -> str:
        """The key of this sending; a form without a fair one gets a new one each time."""
        key = self.cle.data or ""
        return key if re.fullmatch(r"[A-Za-z0-9_-]{22,43}", key) else secrets.token_urlsafe(16)


def _stamp(second: int) -> str:
    key = current_app.config["PORTAL"].secret_keys[-1].encode()  # as the form's CSRF token: it outlives a new key
    return f"{second}.{hmac.new(key, f'vu:{second}'.encode(), sha256).hexdigest()[:32]}"


def combine(day: date, hour: time) -> datetime:
    """An instant in UTC from a day and an hour of the place."""
    return datetime.combine(day, hour, clock.ZONE).astimezone(UTC)
