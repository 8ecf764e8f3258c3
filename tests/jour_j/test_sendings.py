"""What a sending weighs, and who waits for it: nobody, be the network of a phone slow and its picture heavy."""

from __future__ import annotations

import json
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder

from portal import clock
from portal.db import db
from portal.jour_j.envois import MOST
from portal.jour_j.models import Entree, Genre, Photo
from portal.jour_j.photos import TAPS
from portal.jour_j.refus import LONGEST, PLACE
from tests.jour_j.conftest import tap
from tests.jour_j.test_photos import SVG, taken

JSON = {"Accept": "application/json"}


class Travelling(BytesIO):
    """A body that comes over a network: it says whether whoever reads it makes others wait meanwhile."""

    def __init__(self, body: bytes):
        super().__init__(body)
        self.held: list[bool] = []

    def note(self) -> None:
        self.held.append(db.session().in_transaction())

    def read(self, size: int | None = -1, /) -> bytes:
        self.note()
        return super().read(size)

    def readinto(self, buffer) -> int:
        self.note()
        return super().readinto(buffer)


@pytest.fixture
def looked(monkeypatch) -> list[bool]:
    """Whether others waited, each time that Pillow opened a picture."""
    seen, opens = [], Image.open

    def look(*args, **kwargs):
        seen.append(db.session().in_transaction())
        return opens(*args, **kwargs)

    monkeypatch.setattr(Image, "open", look)
    return seen


def said(**more: str) -> dict[str, object]:
    return {"uuid": str(uuid4()), "genre": "incident", "cible": "", "valeur": "", "mot": "Vitre cassée."} | more


def phone(who, *taps: dict[str, object]) -> dict[str, object]:
    now = clock.now().timestamp()
    return {"envoye_le": now, "entrees": [{"compte": who.id, "quand": now} | one for one in taps]}


def rows(model) -> int:
    db.session.expire_all()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


# --- nobody waits --------------------------------------------------------------------------------------------


def sending(saturday, what: str) -> tuple[str, EnvironBuilder]:
    """Where Awa sends what, and how."""
    url = f"{saturday.url}/entrees"
    if what == "taps":
        return url, EnvironBuilder(method="POST", json=phone(saturday.awa, said()))
    if what == "a plain form":
        return url, EnvironBuilder(method="POST", data=said() | {"photo": (BytesIO(taken()), "IMG_1.jpg")})
    noted = tap(Genre.INCIDENT, mot="Vitre cassée.")
    saturday.send(noted)
    db.session.commit()
    return f"{url}/{noted.uuid}/photo", EnvironBuilder(method="POST", data=taken(), content_type="image/jpeg")


@pytest.mark.parametrize("what", ["taps", "a picture", "a plain form"])
def test_nobody_waits_while_it_travels_nor_while_its_picture_is_made(saturday, as_, looked, what):
    url, builder = sending(saturday, what)
    environ = builder.get_environ()
    body, kind = Travelling(environ["wsgi.input"].read()), environ["CONTENT_TYPE"]
    weight = len(body.getvalue())
    answer = as_(saturday.awa).post(url, input_stream=body, content_length=weight, content_type=kind, headers=JSON)
    assert answer.status_code in (200, 303), answer.text
    assert (rows(Entree), rows(Photo)) == (1, what != "taps")
    assert body.held
    assert not any(body.held)
    assert looked == [False] * (what != "taps")


def post(client, saturday, file: bytes, **more: str):
    data = said(**more) | {"photo": (BytesIO(file), "IMG_1.jpg")}
    return client.post(f"{saturday.url}/entrees", data=data, content_type="multipart/form-data", follow_redirects=True)


def test_a_picture_that_cannot_be_read_says_so_and_its_entry_is_written(saturday, as_):
    answer = post(as_(saturday.awa), saturday, SVG)
    assert "n’est pas une photo" in answer.text
    assert "Incident" in answer.text
    assert (rows(Entree), rows(Photo)) == (1, 0)


def test_one_that_goes_with_nothing_says_so_and_its_entry_is_written(saturday, as_):
    answer = post(as_(saturday.awa), saturday, taken(), genre="coche", cible=str(saturday.jour.points[0].id), valeur="fait")
    assert "rien d’autre" in answer.text
    assert (rows(Entree), rows(Photo)) == (1, 0)


def test_a_form_without_its_words_asks_for_the_picture_again(saturday, as_):
    answer = post(as_(saturday.awa), saturday, taken(), mot="")
    assert answer.status_code == 422
    assert "La photo est à choisir de nouveau" in answer.text
    assert (rows(Entree), rows(Photo)) == (0, 0)


# --- what it weighs ------------------------------------------------------------------------------------------


def test_the_heaviest_sending_of_a_phone_passes(saturday, as_):
    """Fifty taps whose every word is full, of letters of three bytes."""
    full = [said(mot="’" * LONGEST, mesures="’" * LONGEST, lieu="’" * PLACE, dit="’" * PLACE) for _ in range(MOST)]
    body = json.dumps(phone(saturday.awa, *full), ensure_ascii=False).encode()  # as a browser writes it
    answer = as_(saturday.awa).post(f"{saturday.url}/entrees", data=body, content_type="application/json", headers=JSON)
    assert len(body) > TAPS / 2
    assert {one["statut"] for one in answer.json["resultats"]} == {"reçue"}
    assert rows(Entree) == MOST


def test_a_heavier_one_is_refused_unread_and_says_why(saturday, as_):
    body = Travelling(b" " * (TAPS + 1))
    answer = as_(saturday.awa).post(
        f"{saturday.url}/entrees", input_stream=body, content_length=TAPS + 1, content_type="application/json", headers=JSON
    )
    assert (answer.status_code, answer.json) == (413, {"erreur": "Un texte plus court ou un fichier plus petit passera."})
    assert body.held == []
