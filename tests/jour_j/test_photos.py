"""A picture of a fault or of an incident: made anew, once, by whoever noted it, for whoever sees the day."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from sqlalchemy import func, select

from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.db import db
from portal.jour_j import cliche
from portal.jour_j.cliche import NotAPicture, TooHeavy, develop
from portal.jour_j.models import Genre, Photo
from portal.jour_j.pli import NON_CONFORME
from portal.missions.models import Nature
from tests import builders
from tests.jour_j.conftest import at, tap

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.domain)</script>"
ORIENTATION, PLACE, MAKER = 0x0112, 0x8825, 0x010F


def taken(size=(400, 300), form="JPEG", *, mode="RGB", **more) -> bytes:
    """A picture whose top left corner is red, as a camera or a program makes it."""
    image = Image.new(mode, size, "teal")
    image.paste("red", (0, 0, size[0] // 4, size[1] // 4))
    out = BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def signed(**tags: object) -> Image.Exif:
    exif = Image.Exif()
    exif[MAKER] = "Téléphone de Léa"
    exif[ORIENTATION] = 6  # held upright: turned by a quarter
    exif.get_ifd(PLACE)[1] = "S"
    return exif


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


# --- made anew -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("WEBP", "RGB")])
def test_whatever_it_was_it_is_a_small_jpeg(form, mode):
    made = develop(taken((3000, 2000), form, mode=mode))
    image = opened(made.contenu)
    assert (image.format, image.size, (made.largeur, made.hauteur)) == ("JPEG", (1600, 1067), (1600, 1067))


def test_a_small_one_is_not_blown_up():
    assert opened(develop(taken((40, 30))).contenu).size == (40, 30)


def test_it_stands_upright_and_tells_neither_where_nor_with_what():
    raw = taken((400, 300), exif=signed(), comment=b"chez Lea, 12 rue des Filaos")
    assert b"Filaos" in raw
    made = develop(raw)
    image = opened(made.contenu)
    assert image.size == (300, 400)
    assert image.getpixel((290, 10))[0] > 200  # the red corner is now on the right
    assert dict(image.getexif()) == {}
    assert b"Filaos" not in made.contenu
    assert b"Exif" not in made.contenu


def test_what_follows_the_picture_in_the_file_is_gone():
    assert b"<script>" not in develop(taken() + HTML).contenu


@pytest.mark.parametrize(
    "raw",
    [b"", b"x", SVG, HTML, b"GIF89a" + HTML, taken(form="GIF"), taken(form="BMP"), b"%PDF-1.7", b"\xff\xd8\xff\xe0" + HTML],
    ids=["empty", "a letter", "svg", "html", "polyglot", "gif", "bmp", "pdf", "the first bytes of a JPEG"],
)
def test_what_is_no_photo_is_refused(raw):
    with pytest.raises(NotAPicture):
        develop(raw)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_broken_file_is_refused_or_read_and_nothing_else(form):
    """Cut anywhere, or with bytes turned over: never an error of ours."""
    whole = taken((64, 48), form)
    for cut in range(0, len(whole), max(1, len(whole) // 40)):
        turned = bytearray(whole)
        turned[cut] ^= 0xFF
        for raw in (whole[:cut], bytes(turned)):
            try:
                develop(raw)
            except (NotAPicture, TooHeavy):
                continue


def progressive(size: tuple[int, int], *, scans: int = 0) -> bytes:
    """A JPEG that is read over and over: each scan that is added is one more reading of the whole picture."""
    made = BytesIO()
    Image.new("RGB", size, "white").save(made, "JPEG", progressive=True)
    raw = made.getvalue()
    begins = raw.rindex(b"\xff\xda")
    return raw[:-2] + raw[begins:-2] * scans + raw[-2:]


def test_a_progressive_photo_is_read_when_it_is_small_and_has_few_scans():
    assert opened(develop(progressive((2000, 1500))).contenu).size == (1600, 1200)
    for raw in (progressive((5000, 4000)), progressive((400, 300), scans=100)):
        with pytest.raises(TooHeavy):
            develop(raw)


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says that it is so many pixels high and wide."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [50_000, 20_000, 8_000, 4_001])  # Pillow alone would let the last two pass
def test_a_bomb_is_refused_before_it_is_opened(side):
    with pytest.raises(TooHeavy):
        develop(bomb(side))


def test_a_webp_of_two_kilobytes_that_would_fill_the_memory_is_refused_and_a_large_photo_is_not():
    small = taken((5000, 4000), "WEBP", lossless=True)
    assert len(small) < 5000
    with pytest.raises(TooHeavy):
        develop(small)
    assert develop(taken((5000, 4000))).largeur == 1600


def test_too_many_bytes_are_refused(monkeypatch):
    monkeypatch.setattr(cliche, "HEAVIEST", 100)
    with pytest.raises(TooHeavy):
        develop(taken())


# --- sent and read -------------------------------------------------------------------------------------------


@pytest.fixture
def noted(saturday):
    """Awa noted an incident, and a line that is not as it should be."""
    incident = tap(Genre.INCIDENT, mot="Vitre cassée.")
    fault = tap(Genre.COCHE, saturday.jour.points[0].id, NON_CONFORME, "Barre coincée.")
    tick = tap(Genre.COCHE, saturday.jour.points[1].id, "fait")
    saturday.send(incident, fault, tick)
    db.session.commit()
    return {"incident": incident.uuid, "fault": fault.uuid, "tick": tick.uuid}


def send(client, url: str, uuid: str, raw: bytes | None = None, **more) -> dict[str, str]:
    options = {"content_type": "image/jpeg", "data": taken() if raw is None else raw} | more
    answer = client.post(f"{url}/entrees/{uuid}/photo", **options)
    assert answer.status_code == 200, answer.text
    [result] = answer.json["resultats"]
    assert result["uuid"] == uuid
    return result


def kept() -> int:
    return db.session.scalar(select(func.count()).select_from(Photo)) or 0


@pytest.mark.both
@pytest.mark.parametrize("what", ["incident", "fault"])
def test_sent_twice_it_is_kept_once_and_the_screens_hear_of_it(saturday, noted, as_, what):
    awa, uuid, before = as_(saturday.awa), noted[what], saturday.jour.version
    assert send(awa, saturday.url, uuid)["statut"] == "reçue"
    assert send(awa, saturday.url, uuid, taken((50, 50)))["statut"] == "déjà reçue"
    assert (kept(), saturday.jour.version) == (1, before + 1)
    image = BeautifulSoup(awa.get(saturday.url).text, "html5lib").select_one(f'#journal img[src$="{uuid}/photo"]')
    assert (image["width"], image["height"], image["loading"]) == ("400", "300", "lazy")
    read = awa.get(image["src"])
    assert (read.status_code, read.mimetype, read.headers["X-Content-Type-Options"]) == (200, "image/jpeg", "nosniff")
    assert read.headers["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in read.headers["Content-Security-Policy"]
    assert opened(read.data).size == (400, 300)


def test_who_may_see_the_day_sees_it_and_nobody_else(saturday, noted, as_, client):
    send(as_(saturday.awa), saturday.url, noted["incident"])
    path = f"{saturday.url}/entrees/{noted['incident']}/photo"
    assert [as_(p).get(path).status_code for p in (saturday.lea, saturday.zoe, builders.personne("Inconnu"))] == [200, 200, 404]
    assert client.get(path).status_code == 303
    other = builders.action(saturday.zoe, debut=at(9), fin=at(18))
    assert as_(saturday.zoe).get(f"/jour-j/{other.id}/entrees/{noted['incident']}/photo").status_code == 404
    assert as_(saturday.zoe).get(f"{saturday.url}/entrees/{noted['fault']}/photo").status_code == 404


def refused(saturday, noted, as_, case: str) -> str:
    awa = as_(saturday.awa)
    if case == "svg":
        return send(awa, saturday.url, noted["fault"], SVG, content_type="image/svg+xml")["motif"]
    if case == "a script called a jpeg":
        return send(awa, saturday.url, noted["fault"], HTML)["motif"]
    if case == "another's entry":
        return send(as_(saturday.zoe), saturday.url, noted["fault"])["motif"]
    if case == "a tick":
        return send(awa, saturday.url, noted["tick"])["motif"]
    if case == "no entry":
        return send(awa, saturday.url, str(uuid4()))["motif"]
    if case == "another day":
        other = builders.action(saturday.zoe, debut=at(9), fin=at(18))
        return send(as_(saturday.zoe), f"/jour-j/{other.id}", noted["fault"])["motif"]
    actions.decide(saturday.action, annuler, by=saturday.zoe, motif="pluie")
    return send(as_(saturday.lea), saturday.url, noted["fault"])["motif"]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("svg", "n’est pas une photo"),
        ("a script called a jpeg", "n’est pas une photo"),
        ("another's entry", "noté soi-même"),
        ("a tick", "rien d’autre"),
        ("no entry", "pas arrivé"),
        ("another day", "pas arrivé"),
        ("no right any more", "Tu n’agis plus"),
    ],
)
def test_a_refusal_says_why_and_keeps_nothing(saturday, noted, as_, case, words):
    assert words in refused(saturday, noted, as_, case)
    assert kept() == 0


def test_another_account_on_that_phone_leaves_it_where_it_is(saturday, noted, as_):
    answer = as_(saturday.zoe).post(
        f"{saturday.url}/entrees/{noted['fault']}/photo?compte={saturday.awa.id}", data=taken(), content_type="image/jpeg"
    )
    assert [r["statut"] for r in answer.json["resultats"]] == ["autre-compte"]
    assert kept() == 0


def test_no_token_or_nobody_signed_in_changes_nothing(saturday, noted, as_, client):
    path = f"{saturday.url}/entrees/{noted['fault']}/photo"
    assert as_(saturday.awa).post(path, data=taken(), content_type="image/jpeg", csrf=False).status_code == 400
    assert client.post(path, data=taken(), content_type="image/jpeg", headers={"Accept": "application/json"}).status_code == 401
    assert kept() == 0


def test_it_may_be_heavier_than_any_form_but_not_without_end(saturday, noted, as_):
    awa, path = as_(saturday.awa), f"{saturday.url}/entrees/{noted['fault']}/photo"
    heavy = taken() + b"\0" * (3 * 1024 * 1024)
    assert send(awa, saturday.url, noted["fault"], heavy)["statut"] == "reçue"
    assert awa.post(path, data=b"\0" * (13 * 1024 * 1024), content_type="image/jpeg").status_code == 413
    assert awa.post("/jour-j/1", data=b"\0" * (3 * 1024 * 1024), content_type="image/jpeg").status_code in (405, 413)


# --- without JavaScript --------------------------------------------------------------------------------------


def form(saturday, file: tuple, **more) -> dict:
    return {"uuid": str(uuid4()), "genre": "incident", "cible": "", "valeur": "", "mot": "Vitre cassée.", "photo": file} | more


def test_the_plain_form_carries_it(saturday, as_):
    awa, url = as_(saturday.awa), f"{saturday.url}/entrees"
    page = BeautifulSoup(awa.get(saturday.url).text, "html5lib")
    assert page.select_one("#incident form")["enctype"] == "multipart/form-data"
    said = form(saturday, (BytesIO(taken()), "../../<b>IMG_1.html"))
    assert awa.post(url, data=said, content_type="multipart/form-data").status_code == 303
    read = awa.get(f"{url}/{said['uuid']}/photo")
    assert (read.mimetype, read.headers["Content-Disposition"]) == ("image/jpeg", "inline; filename=photo.jpg")
    assert "IMG_1" not in awa.get(saturday.url).text


def test_a_picture_that_is_none_says_so_and_what_was_noted_stays(saturday, as_):
    awa = as_(saturday.awa)
    said = form(saturday, (BytesIO(SVG), "IMG_1.jpg"))
    answer = awa.post(f"{saturday.url}/entrees", data=said, content_type="multipart/form-data", follow_redirects=True)
    assert "n’est pas une photo" in answer.text
    assert [i.mot for i in saturday.day().state.incidents] == ["Vitre cassée."]
    assert kept() == 0


def test_no_file_chosen_is_no_picture(saturday, as_):
    awa = as_(saturday.awa)
    said = form(saturday, (BytesIO(b""), ""))
    assert awa.post(f"{saturday.url}/entrees", data=said, content_type="multipart/form-data").status_code == 303
    assert kept() == 0


def test_whoever_noted_an_incident_sends_its_picture_from_their_phone(saturday, as_):
    charlie = builders.personne("Charlie Maillot")
    builders.hold(builders.mission(saturday.action, nature=Nature.CHARGE_DE_MISSION), charlie)
    noted = tap(Genre.INCIDENT, mot="Verre cassé.")
    saturday.send(noted, by=charlie)
    db.session.commit()
    url = f"{saturday.url}/entrees/{noted.uuid}/photo"
    answers = [as_(who).post(url, data=taken(), content_type="image/jpeg").json for who in (saturday.lea, charlie)]
    assert [one["resultats"][0]["statut"] for one in answers] == ["refusée", "reçue"]
