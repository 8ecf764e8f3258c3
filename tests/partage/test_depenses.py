"""The expenses of an action on their pages: receipts known by what they hold, words that are never lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import BytesIO

import pytest
from PIL import Image

from portal import clock
from portal.comptes.models import FRESH
from portal.db import db
from portal.partage import justificatifs, queries
from tests.cells import fingerprint
from tests.jour_j.test_photos import HTML as SCRIPT
from tests.jour_j.test_photos import SVG, bomb, signed, taken
from tests.partage.conftest import WHOLE, expense, soup

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture() -> bytes:
    made = BytesIO()
    Image.new("RGB", (30, 20), "white").save(made, "PNG")
    return made.getvalue()


@pytest.mark.both
@pytest.mark.parametrize(("file", "mime"), [(PDF, justificatifs.PDF), (picture(), justificatifs.JPEG)])
def test_an_expense_with_its_receipt_which_is_only_ever_a_file(fete, url, as_, file, mime):
    zoe = as_(fete.zoe)
    assert zoe.post(f"{url}/depense", data=expense(file, "x.html")).status_code == 303
    [noted] = queries.depenses(fete.action)
    assert (noted.montant, noted.justificatif.mime) == (80_00, mime)
    got = zoe.get(f"/partage/depenses/{noted.id}/justificatif")
    assert got.mimetype == mime
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "&lt;du&gt;" in zoe.get(url).text


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"<script>alert(1)</script>", "ni un PDF ni une photo"),
        (b"#!/bin/sh\nrm -rf /\n", "ni un PDF ni une photo"),
        (b"%PDF-1.7 coupe", "ni un PDF ni une photo"),
        (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "contient un programme"),
        (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/J#61vaScript/JS(app.alert(1))>>"), "contient un programme"),
        (b"GIF89a" + b"\0" * 40, "ni un PDF ni une photo"),
        (SVG, "ni un PDF ni une photo"),
        (bomb(20_000), "trop lourde"),
    ],
)
def test_a_receipt_is_known_by_what_it_holds(fete, url, as_, file, why):
    answer = as_(fete.zoe).post(f"{url}/depense", data=expense(file, "recu.png"))
    assert answer.status_code == (413 if "lourd" in why else 422)
    page = soup(answer)
    assert why in page.select_one(".resume-erreurs").text.replace("\u00a0", " ")
    assert page.select_one("[name=libelle]")["value"] == "Marché <du> matin"
    assert queries.depenses(fete.action) == []


def test_the_picture_of_a_receipt_is_made_anew_whatever_it_hides_and_is_called(fete, url, as_):
    """No place, nothing behind it, and a name of ours: the one it was sent under is nowhere."""
    zoe, hidden = as_(fete.zoe), taken((3000, 2000), exif=signed(), comment=b"chez Lea") + SCRIPT
    assert zoe.post(f"{url}/depense", data=expense(hidden, '../../<b>x"\r\nX-Kq: 1.php')).status_code == 303
    [noted] = queries.depenses(fete.action)
    got = zoe.get(f"/partage/depenses/{noted.id}/justificatif")
    with Image.open(BytesIO(got.data)) as image:
        assert (image.format, max(image.size), dict(image.getexif())) == ("JPEG", 1600, {})
    assert not any(word in got.data for word in (b"<script>", b"Exif", b"chez Lea"))
    assert got.headers["Content-Disposition"] == f'attachment; filename="justificatif-{noted.id}.jpg"'
    assert "X-Kq" not in got.headers
    assert ".php" not in zoe.get(url).text


@pytest.mark.sqlite
def test_nobody_waits_while_a_receipt_is_made(fete, url, as_, site, monkeypatch):
    """A big picture takes a second or two: no lock is held meanwhile."""
    seen, real = [], justificatifs.made

    def made(raw: bytes):
        if site.database.engine == "sqlite":
            with closing(sqlite3.connect(site.database.path, timeout=0)) as other, other:
                other.execute("BEGIN IMMEDIATE")
                seen.append("free")
        return real(raw)

    monkeypatch.setattr(justificatifs, "made", made)
    zoe = as_(fete.zoe)
    assert zoe.post(f"{url}/depense", data=expense(picture())).status_code == 303
    [noted] = queries.depenses(fete.action)
    here = f"/partage/depenses/{noted.id}"
    lu = soup(zoe.get(here)).select_one("[name=lu]")["value"]
    assert zoe.post(here, data=expense(PDF, lu=lu)).status_code == 303
    assert seen == ["free", "free"]


@pytest.mark.parametrize(
    "wrong", [{"montant": "0"}, {"montant": "-3"}, {"libelle": " "}, {"le": "2099-01-01"}, {"nature": "or"}]
)
def test_what_is_wrong_in_an_expense_is_said_and_what_was_typed_stays(fete, url, as_, wrong):
    answer = as_(fete.zoe).post(f"{url}/depense", data=expense(PDF) | wrong)
    assert answer.status_code == 422
    assert "Le fichier est à choisir de nouveau" in answer.text
    assert queries.depenses(fete.action) == []


@pytest.mark.browser
def test_a_file_that_would_take_the_form_with_it_is_refused_before_it_leaves(fete, url, visit, tmp_path):
    heavy = tmp_path / "scan.pdf"
    heavy.write_bytes(b"%PDF-" + b" " * justificatifs.HEAVIEST_PICTURE)
    page = visit(fete.zoe)
    page.goto(f"{url}/depense")
    assert justificatifs.LIMITS in page.inner_text("#justificatif-aide")
    page.fill("#libelle", "Marché du matin")
    page.fill("#montant", "80")
    page.set_input_files("#justificatif", heavy)
    assert page.eval_on_selector("#justificatif", "input => input.validationMessage") == justificatifs.TooHeavy.sentence
    page.click("text=Enregistrer")
    assert page.url.endswith(f"{url}/depense")
    page.set_input_files("#justificatif", {"name": "recu.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.click("text=Enregistrer")
    page.wait_for_url(f"**{url}*")
    assert "Marché du matin" in page.inner_text("#depenses")


def test_a_receipt_of_five_megabytes_at_most_is_kept():
    assert justificatifs.made(b"%PDF-" + b" " * (justificatifs.HEAVIEST - 10) + b"%%EOF").mime == justificatifs.PDF
    with pytest.raises(justificatifs.TooHeavy):
        justificatifs.made(b"%PDF-" + b" " * (justificatifs.HEAVIEST - 9) + b"%%EOF")


@pytest.mark.parametrize(
    "name", ["J#61vaScript", "#4a#61#76#61#53#63#72#69#70#74", "Lau#6Ech", "Lau#6ech", "#52ichMedia", "Embedded#46ile"]
)
def test_what_is_active_is_known_however_its_name_is_spelled(name):
    with pytest.raises(justificatifs.ActiveReceipt):
        justificatifs.made(PDF.replace(b"/Catalog", b"/Catalog/" + name.encode()))


@pytest.mark.parametrize("said", ["/EmbeddedFiles", "(J#61vaScript)", "/JavaScrip#75"])
def test_what_only_looks_like_it_is_kept(said):
    assert justificatifs.made(PDF.replace(b"/Catalog", b"/Catalog" + said.encode())).mime == justificatifs.PDF


def test_the_same_form_sent_twice_is_one_expense(fete, url, as_):
    zoe = as_(fete.zoe)
    for _ in range(2):
        assert zoe.post(f"{url}/depense", data=expense(cle="un-envoi")).status_code == 303
    assert len(queries.depenses(fete.action)) == 1


def test_an_expense_is_changed_and_taken_back_until_the_decision(fete, url, as_):
    fete.spend(80_00)
    db.session.commit()
    zoe, [noted] = as_(fete.zoe), queries.depenses(fete.action)
    here = f"/partage/depenses/{noted.id}"
    assert 'value="80,00"' in zoe.get(here).text
    lu = soup(zoe.get(here)).select_one("[name=lu]")["value"]
    assert zoe.post(here, data=expense(PDF, montant="90,50", lu=lu)).status_code == 303
    assert [(one.montant, one.justificatif is not None) for one in queries.depenses(fete.action)] == [(90_50, True)]
    assert zoe.post(f"{here}/retirer").status_code == 303
    assert queries.depenses(fete.action) == []
    assert zoe.post(here, data=expense()).status_code == 404


def test_after_the_decision_the_page_of_an_expense_says_what_may_still_be_done(fete, url, as_):
    fete.spend(800_00)
    fete.invoiced()
    fete.decide()
    db.session.commit()
    [noted] = queries.depenses(fete.action)
    here, zoe, rita = f"/partage/depenses/{noted.id}", as_(fete.zoe), as_(fete.rita)
    db.session.commit()
    page = soup(zoe.get(here))
    assert soup(zoe.get(url)).select_one(f'#depenses a[href="{here}"]')
    assert "le trésor seul" in page.text
    assert not page.select(f'form[action="{here}/retirer"]')
    same = expense(montant="800", libelle="Marché", lu=page.select_one("[name=lu]")["value"])
    assert zoe.post(here, data=same | {"montant": "80"}).status_code == 409
    assert zoe.post(here, data=same | {"justificatif": (BytesIO(PDF), "recu.pdf")}).status_code == 303
    assert "Sans justificatif" not in zoe.get(url).text
    assert "une écriture corrigera" in rita.get(here).text
    assert rita.post(here, data=same | {"montant": "80"}).status_code == 303
    assert sum(fete.parts()) == WHOLE - 80_00
    db.session.commit()
    assert rita.post(f"{here}/retirer").status_code == 303
    assert sum(fete.parts()) == WHOLE


@pytest.fixture
def decided(fete, as_):
    """An expense of what is decided; and a client of whoever keeps the money, whose proof is too old."""
    noted = fete.spend(80_00)
    fete.invoiced()
    fete.decide()
    db.session.commit()
    with clock.freeze(clock.now() - FRESH):
        return as_(fete.rita), f"/partage/depenses/{noted.id}"


def test_an_expense_that_moves_what_was_given_wants_a_proof(fete, url, decided, as_):
    rita, here = decided
    db.session.commit()
    before = fingerprint()
    for there in (f"{url}/depense", here, f"{here}/retirer"):
        answer = rita.post(there, data=expense(PDF, cle="un-envoi"))
        assert (answer.status_code, soup(answer).h1.text) == (403, "Prouve que c’est toi")
        assert "tu le joindras de nouveau" in answer.text
        kept = {one["name"]: one["value"] for one in soup(answer).select("main form [type=hidden]")}
        assert (kept["preuve_vers"], kept["libelle"], kept["cle"]) == (there, "Marché <du> matin", "un-envoi")
    assert "tu le joindras de nouveau" not in rita.post(f"{here}/retirer").text
    assert fingerprint() == before
    assert rita.get(here).status_code == 200
    assert as_(fete.rita).post(f"{here}/retirer").status_code == 303


def test_a_late_expense_says_that_the_parts_followed(fete, url, decided, as_):
    answer = as_(fete.rita).post(f"{url}/depense", data=expense(), follow_redirects=True)
    assert "Dépense notée, et les parts corrigées." in soup(answer).select_one("#toasts").text
    assert "s’écrirait en correction" in answer.text


def test_before_the_decision_nobody_proves_anything_for_an_expense(fete, url, as_):
    with clock.freeze(clock.now() - FRESH):
        rita = as_(fete.rita)
    assert rita.post(f"{url}/depense", data=expense()).status_code == 303


def test_two_tabs_never_put_an_amount_back(fete, url, as_):
    fete.spend(100_00)
    db.session.commit()
    [noted] = queries.depenses(fete.action)
    here = f"/partage/depenses/{noted.id}"
    db.session.commit()

    def shown(who) -> dict[str, str]:
        fields = soup(who.get(here)).select("#depense input[name]:not([type=file])")
        return {field["name"]: field.get("value", "") for field in fields} | {"nature": "consommables", "pole_id": ""}

    zoe, rita = as_(fete.zoe), as_(fete.rita)
    zoes, ritas = shown(zoe), shown(rita)
    assert zoe.post(here, data=zoes | {"montant": "180"}).status_code == 303
    assert rita.post(here, data=ritas | {"libelle": "Marché du matin"}).status_code == 303
    assert [(one.montant, one.libelle) for one in queries.depenses(fete.action)] == [(180_00, "Marché du matin")]
    late = rita.post(here, data=ritas | {"montant": "90"})
    assert late.status_code == 409
    assert "180,00" in late.text
    assert 'value="90' in late.text
