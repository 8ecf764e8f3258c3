"""The application that makes the codes: put in a few taps, taken away for a code, its secret encrypted."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask import current_app
from sqlalchemy import func, select, update

from portal import clock, security
from portal.comptes import commands, second, totp
from portal.comptes.models import CodeSecours, SecondFacteur
from portal.db import Base, db
from portal.journal import EntreeJournal
from tests import builders
from tests.comptes.test_second import PASSWORD, awa, code_of, codes, give, is_in, secret_of, sign_in, wrong_of
from tests.test_every_page import AXE, CONTRAST, RULES, told

__all__ = ["awa", "codes"]  # fixtures

NEW = "une clé toute neuve, qui ne sert que dans ces tests"
WRONG = "Ce code n’est pas le bon"
PAPER = "/moi/securite/application/secours"


def read(page) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"<code>([a-z0-9-]{29})</code>", page.text)


def told_by(page: str) -> str:
    """Its words in one, as they are picked up by whoever selects them."""
    return "".join(BeautifulSoup(page, "html5lib").get_text().split())


def events() -> list[str]:
    said = select(EntreeJournal.evenement).where(EntreeJournal.evenement.like("personne.%"))
    return [event for event in db.session.scalars(said.order_by(EntreeJournal.id)) if "ajouter" not in event]


# --- setting it up ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_from_the_first_tap_to_the_ten_codes(as_, awa):
    client = as_(awa)
    assert client.get("/moi/securite/application").location == "/moi/securite"
    answer = client.post("/moi/securite/application")
    assert (answer.status_code, answer.location) == (303, "/moi/securite/application")
    page = client.get("/moi/securite/application").text
    letters = secret_of(awa)
    assert letters in told_by(page)
    fours = [part.get_text() for part in BeautifulSoup(page, "html5lib").select(".lettres span")]
    assert fours == re.findall("....", letters)
    assert BeautifulSoup(page, "html5lib").select_one(".qr svg title").text == "QR code à scanner avec ton application"
    answer = client.post("/moi/securite/application/confirmer", data={"code": code_of(awa)})
    assert (answer.status_code, answer.location) == (303, PAPER)
    shown = read(client.get(PAPER))
    assert len(set(shown)) == 10
    kept = set(db.session.scalars(select(CodeSecours.empreinte)))
    assert kept == {security.fingerprint(code.replace("-", "")) for code in shown}
    answer = client.post(f"{PAPER}/gardes")
    assert (answer.status_code, answer.location) == (303, "/moi/securite")
    assert "il te reste 10&nbsp;codes de secours" in client.get("/moi/securite").text
    assert events() == ["personne.second_preparer", "personne.second_activer", "personne.codes_gardes"]


def test_once_confirmed_the_secret_is_shown_nowhere(as_, awa, codes):
    client = as_(awa)
    assert client.get("/moi/securite/application").location == "/moi/securite"
    page = client.get("/moi/securite").text
    assert secret_of(awa) not in told_by(page)
    assert not any(code in page for code in codes)
    assert client.post("/moi/securite/application").status_code == 409


def test_until_the_first_code_nothing_is_asked(client, as_, awa):
    hers = as_(awa)
    hers.post("/moi/securite/application")
    answer = hers.post("/moi/securite/application/confirmer", data={"code": wrong_of(awa)})
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert "l’heure de ton téléphone" in answer.text
    assert "secours" not in answer.text  # there is none yet
    assert secret_of(awa) in told_by(answer.text)
    assert sign_in(client).location == "/"
    assert is_in(client)


def test_a_setting_up_that_was_left_begins_again_with_another_secret(as_, awa):
    client = as_(awa)
    client.post("/moi/securite/application")
    first = secret_of(awa)
    client.post("/moi/securite/application")
    assert secret_of(awa) != first
    code = totp.code(first, totp.step_at(clock.now()))
    assert client.post("/moi/securite/application/confirmer", data={"code": code}).status_code == 422


def test_a_code_with_nothing_to_confirm_says_so(as_, awa):
    answer = as_(awa).post("/moi/securite/application/confirmer", data={"code": "123456"})
    assert answer.status_code == 422
    assert WRONG in answer.text


# --- changing it -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_taking_it_away_wants_a_code(as_, client, awa, codes):
    hers = as_(awa)
    for typed in ("", wrong_of(awa)):
        assert hers.post("/moi/securite/application/retirer", data={"code": typed}).status_code == 422
    sign_in(client)
    assert not is_in(client)
    assert hers.post("/moi/securite/application/retirer", data={"code": code_of(awa)}).status_code == 303
    assert "Aucun code ne t’est plus demandé." in hers.get("/moi/securite").text
    assert sign_in(client).location == "/"
    assert is_in(client)
    assert db.session.scalar(select(func.count(CodeSecours.id))) == 0
    assert events()[-1] == "personne.second_retirer"


def test_new_recovery_codes_replace_the_former_ones(as_, client, awa, codes):
    answer = as_(awa).post("/moi/securite/application/codes", data={"code": code_of(awa)})
    assert (answer.status_code, answer.location) == (303, PAPER)
    fresh = second.to_keep(awa)
    assert len(fresh) == 10
    sign_in(client)
    assert [give(client, code).status_code for code in (codes[5], fresh[5])] == [422, 303]


def test_a_wrong_code_gives_no_new_ones(as_, client, awa, codes):
    assert as_(awa).post("/moi/securite/application/codes", data={"code": wrong_of(awa)}).status_code == 422
    sign_in(client)
    assert give(client, codes[0]).status_code == 303


def test_the_journal_holds_no_secret(as_, awa, codes):
    client = as_(awa)
    client.post("/moi/securite/application/codes", data={"code": code_of(awa)})
    said = str([(line.faits, line.motif) for line in db.session.scalars(select(EntreeJournal))])
    assert secret_of(awa) not in said
    assert not any(code[:4] in said for code in codes)


@pytest.mark.both
def test_an_erased_person_leaves_neither(awa, codes):
    commands.erase(awa, by=builders.personne("Ada", [builders.ADMIN]))
    for table in (SecondFacteur, CodeSecours):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert awa.double_le is None


# --- at rest ---------------------------------------------------------------------------------------------------


@pytest.fixture
def dump(site) -> Callable[[], str]:
    """Every value of every table of the database, as a stolen copy shows them."""

    def read() -> str:
        db.session.commit()
        tables = (db.session.execute(select(table)) for table in Base.metadata.sorted_tables)
        return "\n".join(repr(tuple(row)) for rows in tables for row in rows)

    return read


@pytest.mark.both
def test_a_copy_of_the_database_does_not_hold_the_secret(as_, awa, dump):
    as_(awa).post("/moi/securite/application")
    waiting = secret_of(awa)
    assert waiting not in dump()
    second.confirm(awa, code_of(awa), by=awa)
    assert secret_of(awa) == waiting
    assert waiting not in dump()


@pytest.mark.both
def test_a_new_key_opens_what_the_former_one_encrypted_and_without_it_paper_alone_does(client, awa, codes, settings):
    settings(secret_keys=(NEW, *current_app.config["PORTAL"].secret_keys))
    sign_in(client)
    code = code_of(awa)
    settings(secret_keys=(NEW,))
    answer = give(client, code)
    assert answer.status_code == 422
    assert "prends un code de secours" in answer.text
    assert give(client, codes[0]).status_code == 303
    assert client.post("/moi/securite/application/retirer", data={"code": codes[1]}).status_code == 303
    assert not awa.double_le


def test_setting_up_begins_again_when_its_key_is_gone(as_, awa, settings):
    client = as_(awa)
    client.post("/moi/securite/application")
    settings(secret_keys=(NEW,))
    assert client.get("/moi/securite/application").location == "/moi/securite"
    assert client.post("/moi/securite/application/confirmer", data={"code": "123456"}).status_code == 422
    assert client.post("/moi/securite/application").status_code == 303
    assert secret_of(awa)


@pytest.mark.both
def test_once_encrypted_again_the_former_key_may_go(client, awa, codes, settings):
    """What a portal does when it starts."""
    secret = secret_of(awa)
    settings(secret_keys=(NEW, *current_app.config["PORTAL"].secret_keys))
    second.encrypt_again()
    settings(secret_keys=(NEW,))
    assert secret_of(awa) == secret
    sign_in(client)
    assert give(client, code_of(awa)).status_code == 303


@pytest.mark.both
def test_a_secret_of_before_they_were_encrypted_is_and_one_that_nothing_opens_stays(awa, codes, dump):
    zoe = builders.personne("Zoé")
    second.prepare(zoe, by=zoe)
    secret = totp.new_secret()
    for who, kept in ((awa, secret), (zoe, "gAAAAABqb")):
        db.session.execute(update(SecondFacteur).where(SecondFacteur.personne_id == who.id).values(secret=kept))
    assert secret in dump()
    second.encrypt_again()
    assert secret not in dump()
    assert secret_of(awa) == secret
    assert db.session.get(SecondFacteur, zoe.id).secret == "gAAAAABqb"


@pytest.mark.both
def test_the_database_refuses_a_secret_that_is_none(awa, codes):
    with pytest.raises(Exception, match="ck_second_facteur__secret"):
        db.session.execute(update(SecondFacteur).values(secret=""))
    db.session.rollback()


# --- on a phone ------------------------------------------------------------------------------------------------


LINES = "where => [...document.querySelectorAll(where)].map(one => one.getClientRects().length)"


PICKED = """where => {
  getSelection().selectAllChildren(document.querySelector(where));
  return getSelection().toString();
}"""


def looked_at(page) -> None:
    """It fits, and axe finds nothing, light and dark."""
    where = page.title()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), where
    page.set_viewport_size({"width": 360, "height": page.evaluate("document.documentElement.scrollHeight")})
    for scheme, rules in (("light", RULES), ("dark", CONTRAST)):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("rules => axe.run(document, rules)", rules)["violations"]
        assert not found, (where, *map(told, found))


@pytest.mark.browser
def test_the_whole_way_on_a_phone_with_the_keyboard(visit, awa):
    options = {"bypass_csp": True, "reduced_motion": "reduce"}
    mine, other = visit(awa, **options), visit(**options)
    for page in (mine, other):
        page.add_init_script(AXE)
    mine.goto("/moi/securite")
    mine.get_by_role("button", name="Mettre une application").press("Enter")
    mine.get_by_role("heading", name="Mettre une application").wait_for()
    looked_at(mine)
    assert mine.evaluate(PICKED, ".lettres") == secret_of(awa)
    code = code_of(awa)
    db.session.rollback()  # the portal wants to write
    mine.get_by_label("Les six chiffres").fill(code)
    mine.keyboard.press("Enter")
    mine.get_by_role("heading", name="Tes codes de secours").wait_for()
    looked_at(mine)
    assert mine.evaluate(LINES, ".secours code") == [1] * 10
    mine.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mine.get_by_role("button", name="Copier").press("Enter")
    mine.get_by_text("C’est copié.").wait_for()
    assert mine.evaluate("() => navigator.clipboard.readText()").split() == mine.locator(".secours code").all_text_contents()
    paper = mine.locator("ol code").first.inner_text()
    mine.goto("/missions/")
    mine.go_back()
    mine.get_by_text(paper).wait_for()
    mine.get_by_role("button", name="Je les ai gardés").press("Enter")
    mine.get_by_text("Demandé depuis").wait_for()
    mine.go_back()
    mine.get_by_text("Demandé depuis").wait_for()
    assert not mine.get_by_text(paper).count()
    looked_at(mine)
    other.goto("/comptes/connexion")
    other.get_by_label("Adresse e-mail").fill("awa@example.org")
    other.get_by_label("Mot de passe").fill(PASSWORD)
    other.keyboard.press("Enter")
    other.get_by_role("heading", name="Encore un code").wait_for()
    looked_at(other)
    other.keyboard.type(paper)  # the field has the focus
    other.keyboard.press("Enter")
    other.get_by_role("link", name="Awa", exact=True).wait_for()
    mine.reload()
    mine.get_by_role("button", name="Déconnecter Ordinateur Linux, Chrome").wait_for()
    looked_at(mine)
