"""The share-out on its pages: what each may see and do, receipts known by what they hold, words that are never lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from PIL import Image

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.comptes.models import FRESH
from portal.contributions.models import Contribution, Unite
from portal.db import db
from portal.factures import reglements
from portal.factures.models import Moyen
from portal.missions.models import Nature
from portal.partage import commands, justificatifs, queries
from tests import builders
from tests.cells import fingerprint
from tests.jour_j.test_photos import HTML as SCRIPT
from tests.jour_j.test_photos import SVG, bomb, signed, taken
from tests.partage.conftest import WHOLE

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture() -> bytes:
    made = BytesIO()
    Image.new("RGB", (30, 20), "white").save(made, "PNG")
    return made.getvalue()


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def expense(file: bytes = b"", name: str = "recu.pdf", **said: str) -> dict:
    typical = {
        "libelle": "Marché <du> matin",
        "montant": "80",
        "le": clock.today().isoformat(),
        "nature": "consommables",
        "pole_id": "",
    }
    return typical | said | ({"justificatif": (BytesIO(file), name)} if file else {})


# --- expenses and receipts -----------------------------------------------------------------------------------


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


# --- who sees what -------------------------------------------------------------------------------------------


def test_a_member_of_a_pole_reads_its_part_and_no_receipt(fete, url, as_):
    noted = fete.spend(80_00, fete.cuisine)
    db.session.commit()
    chef = as_(fete.chef)
    shown = chef.get(url).text
    assert "Cuisine" in shown
    assert "Changer les clés" not in shown
    assert chef.get(f"{url}/releve/{fete.cuisine.id}").status_code == 200
    assert chef.get(f"/partage/depenses/{noted.id}/justificatif").status_code == 403
    assert fete.action.titre in chef.get("/partage/?vue=a_venir").text


def test_a_member_of_a_pole_that_was_invoiced_or_paid_reads_it_too(fete, url, as_):
    jo = builders.personne("Jo Ramin")
    garden = builders.pole("Jardin", members=[jo])
    db.session.commit()
    assert as_(jo).get(url).status_code == 403
    paid = fete.spend(80_00, garden)
    db.session.commit()
    assert as_(jo).get(f"{url}/releve/{garden.id}").status_code == 200
    assert fete.action.titre in as_(jo).get("/partage/?vue=a_venir").text
    commands.remove(paid, by=fete.zoe)
    fete.baskets(garden)
    db.session.commit()
    assert as_(jo).get(url).status_code == 200


def test_with_nothing_to_decide_the_list_leads_to_what_is_to_come(fete, url, as_):
    rita = as_(fete.rita)
    empty = soup(rita.get("/partage/")).select_one(".vide")
    assert "une fois sa facture payée" in empty.text
    assert fete.action.titre in rita.get(empty.a["href"]).text


def test_a_cancelled_action_says_what_is_left_to_note_and_to_decide(a_venir, as_):
    fete = a_venir
    actions.decide(fete.action, annuler, by=fete.zoe, motif="Cyclone.")
    db.session.commit()
    zoe, rita, url = as_(fete.zoe), as_(fete.rita), f"/partage/action/{fete.action.id}"
    assert soup(zoe.get(f"/actions/{fete.action.id}")).select_one(f'.onglets a[href="{url}"]')
    page = rita.get(url).text
    assert "Pas encore facturée" not in page
    assert "rien à partager" in page
    assert "Noter une dépense" in page
    assert zoe.post(f"{url}/depense", data=expense()).status_code == 303
    page = soup(rita.get(url))
    tout = page.select_one("#decider [name=tout]")["value"]
    assert "rien à partager" not in page.text
    assert rita.post(f"{url}/decider", data={"tout": tout, "perte": ""}).status_code == 422
    assert rita.post(f"{url}/decider", data={"tout": tout, "perte": "Le cyclone"}).status_code == 303
    assert "soldée" not in soup(rita.get(url)).select_one("main").text
    assert rita.post(f"{url}/clore").status_code == 303
    assert fete.action.titre in rita.get("/partage/?vue=clos").text


def test_before_it_is_confirmed_no_expense_is_proposed(fete, as_):
    early = builders.validated(fete.zoe)
    db.session.commit()
    assert "Noter une dépense" not in as_(fete.rita).get(f"/partage/action/{early.id}").text


def test_the_statement_of_each_says_its_part_and_what_it_spent(fete, url, as_):
    fete.invoiced()
    fete.spend(80_00, fete.cuisine)
    fete.decide()
    db.session.commit()
    rita = as_(fete.rita)
    shown = rita.get(f"{url}/releve/{fete.cuisine.id}").text.replace("\u202f", "")
    for said in ("94,25", "80,00", "174,25"):
        assert said in shown
    assert rita.get(f"{url}/releve/commun").status_code == 200
    assert rita.get(f"{url}/releve/999").status_code == 404


def test_the_statement_of_a_loss_calls_it_one(fete, url, as_):
    fete.invoiced()
    fete.spend(WHOLE + 50_00)
    fete.decide("On l’a fait pour le quartier.")
    db.session.commit()
    said = soup(as_(fete.rita).get(f"{url}/releve/commun")).select_one(".sommes div")
    assert [said.dt.text, said.dd.text.split()] == ["Perte de l’action", ["50,00", "€"]]


def test_hours_that_are_validated_later_are_corrected_by_somebody_who_says_why(fete, url, as_):
    """The book of hours moves by itself: the page says that the ledger does not follow any more."""
    fete.invoiced()
    fete.decide()
    said = {"unite": Unite.CENTIMES, "quantite": 150_00, "annee": 2026, "par_id": fete.rita.id, "action_id": fete.action.id}
    line = Contribution(personne_id=fete.chef.id, mission_id=fete.mission.id, nature=Nature.CHARGE_DE_MISSION, **said)
    db.session.add(line)
    db.session.commit()
    rita = as_(fete.rita)
    page = rita.get(url).text
    assert "Les comptes ont bougé" in page
    assert "Clore le partage" not in page
    assert rita.post(f"{url}/corriger", data={"motif": " "}).status_code == 422
    assert rita.post(f"{url}/corriger", data={"motif": "Heures validées en retard"}).status_code == 303
    assert sum(fete.parts()) == WHOLE - 150_00
    assert "Les comptes ont bougé" not in rita.get(url).text
    late = rita.post(f"{url}/corriger", data={"motif": "Heures validées en retard"})  # nothing moves any more
    assert late.status_code == 409
    assert "Heures validées en retard" in soup(late).select_one(".resume-erreurs").text


def test_no_correction_is_proposed_while_the_money_that_it_would_give_is_awaited(fete, url, as_):
    facture = fete.invoiced()
    fete.decide()
    fete.credit(facture)
    anew = fete.issued()
    db.session.commit()
    rita = as_(fete.rita)
    assert "Les comptes ont bougé" not in rita.get(url).text
    assert f"{anew.label}\u00a0:" in soup(rita.get(url)).text
    late = rita.post(f"{url}/corriger", data={"motif": "La fête est passée"})
    assert late.status_code == 409
    assert "La fête est passée" in soup(late).select_one(".resume-erreurs").text


# --- what it costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 3])
def test_its_pages_cost_the_same_for_one_row_or_several(fete, url, as_, count_queries, many):
    """Who sets it up, the treasurer, a member of a pôle: each reads the tab in ten statements at most."""
    facture = fete.issued()
    for n in range(many):
        moyen = {"moyen": Moyen.VIREMENT, "le": clock.today()}
        reglements.receive(facture, by=fete.rita, montant=facture.reste // (many - n), **moyen)
        fete.spend(10_00 + n, fete.cuisine)
    readers = [as_(who) for who in (fete.zoe, fete.rita, fete.chef)]
    assert cost(readers, [url], count_queries) == [9, 10, 10]
    fete.decide()
    for n in range(many):
        fete.spend(5_00 + n, fete.scene, by=fete.rita)
    statement = f"{url}/releve/{fete.cuisine.id}"
    assert cost(readers, [url, statement], count_queries) == [9, 10, 10, 9, 9, 10]


def cost(readers, pages, count_queries) -> list[int]:
    """How many statements each page costs each of them."""
    db.session.commit()
    spent = []
    for page in pages:
        for reader in readers:
            with count_queries() as statements:
                assert reader.get(page).status_code == 200
            spent.append(len(statements))
    return spent
