"""Money, roles and exports want a proof of less than a quarter of an hour; nothing that was being sent is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock
from portal.comptes import second, totp
from portal.comptes.models import FRESH, Personne, SecondFacteur
from portal.comptes.queries import confirmed
from portal.db import db
from portal.factures import commands as invoices
from portal.factures import emission
from portal.factures.models import Etat, Facture, Nature
from portal.web import LOCAL_PATH
from tests import builders
from tests.cells import fingerprint
from tests.comptes.test_application import looked_at
from tests.test_every_page import AXE
from tests.test_routes import rules, takes, url
from tests.test_web import OFFSITE

PASSWORD = "trois mots au hasard"
ASKED = "Prouve que c’est toi"
WANTED = {
    "comptes.set_password",
    "contributions.export_action", "contributions.export_year", "devis.export", "devis.export_amounts",
    "factures.close", "factures.emit", "factures.export_invoices", "factures.export_journal", "factures.export_payments",
    "factures.give_back", "factures.receive", "factures.reverse", "jour_j.export_register", "moi.securite.confirm",
    "moi.securite.add_key", "moi.securite.challenge", "moi.securite.remove_key", "moi.securite.rename_key",
    "moi.erase_me", "moi.securite.keep_recovery", "moi.securite.prepare", "moi.securite.see_recovery",
    "moi.securite.sign_others_out", "moi.securite.sign_out", "moi.take_data",
    "partage.close", "partage.decide", "partage.mend", "reglages.add_person", "reglages.edit_person",
    "reglages.erase_person", "reglages.export_journal", "reglages.export_looks", "reglages.invite_again",
    "reglages.lift_second", "reglages.set_settings", "reglages.set_words", "reglages.switch_person", "reglages.take_over",
    "reglages.try_chat",
}  # fmt: skip
NEW = {"nom": 'Léa "Lou" <Grondin>', "email": "lea@example.org", "telephone": "", "roles": ["bienveillant", "tresorier"]}


@pytest.fixture
def ada(app) -> Personne:
    return builders.personne("Ada Robert", [builders.ADMIN], email="ada@example.org", password=PASSWORD)


@pytest.fixture
def later(as_):
    """A client of that person, whose proof has just grown too old."""

    def sign_in(personne):
        with clock.freeze(clock.now() - FRESH):
            return as_(personne)

    return sign_in


def held(answer) -> list[tuple[str, str]]:
    """What the page of the proof keeps, hidden."""
    form = BeautifulSoup(answer.text, "html5lib").select_one("main form")
    return [(e["name"], e.get("value", "")) for e in form.select("input[type=hidden]") if e["name"] != "csrf_token"]


def fields(*pairs: tuple[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def prove(client, answer, **proof: str):
    """Answer that page, with all that it keeps."""
    return client.post("/comptes/preuve", data=fields(*held(answer)) | proof)


def people() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Personne.id))) or 0


# --- what wants it ---------------------------------------------------------------------------------------------


def test_money_roles_and_exports_want_it_and_nothing_else(app, later):
    everybody = builders.personne("Ada", [builders.ADMIN, builders.BIENVEILLANT, builders.TRESORIER])
    builders.pole(members=[everybody])
    asked = set()
    for rule in rules(app):
        if takes(rule, "POST"):
            client = later(everybody)
            db.session.commit()
            before = fingerprint()
            answer = client.post(url(rule), data={"titre": "Ce qui est écrit"})
            if ASKED in answer.text:
                assert answer.status_code == 403
                assert fingerprint() == before
                asked.add(rule.endpoint)
    assert asked == WANTED


def test_reading_never_does(app, later, ada):
    client = later(ada)
    for path in ("/reglages/", "/reglages/personnes/nouvelle", f"/reglages/personnes/{ada.id}", "/factures/exercices"):
        assert client.get(path).status_code == 200


def test_whoever_may_not_is_told_so_rather_than_asked(later):
    answer = later(builders.bienveillant()).post("/reglages/personnes/nouvelle", data=NEW)
    assert answer.status_code == 403
    assert ASKED not in answer.text


@pytest.mark.parametrize(("age", "asked"), [(FRESH - timedelta(seconds=30), False), (FRESH, True)])
def test_a_proof_is_good_for_a_quarter_of_an_hour(as_, ada, age, asked):
    with clock.freeze(now := clock.now()):
        client = as_(ada)
    with clock.freeze(now + age):
        client.get("/moi/")  # being there is no proof
        assert (ASKED in client.post("/reglages/personnes/nouvelle", data=NEW).text) == asked


# --- proving it ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_password_proves_it_and_what_was_sent_goes_on(later, ada):
    client = later(ada)
    answer = client.post("/reglages/personnes/nouvelle", data=NEW)
    assert answer.status_code == 403
    assert people() == 1
    kept = held(answer)
    assert fields(*kept) == {k: v if isinstance(v, list) else [v] for k, v in NEW.items()} | {
        "preuve_vers": ["/reglages/personnes/nouvelle"]
    }
    answer = prove(client, answer, preuve_passe=PASSWORD)
    assert (answer.status_code, answer.location) == (307, "/reglages/personnes/nouvelle")
    assert client.post(answer.location, data=fields(*kept) | {"preuve_passe": PASSWORD}).status_code == 303
    lea = confirmed("lea@example.org")
    assert (lea.nom, {role.nom for role in lea.roles}) == ('Léa "Lou" <Grondin>', {"bienveillant", "tresorier"})
    assert client.post("/reglages/personnes/nouvelle", data=NEW | {"email": "b@example.org"}).status_code == 303


def test_a_wrong_password_keeps_everything_and_says_so(later, ada):
    client = later(ada)
    answer = client.post("/reglages/personnes/nouvelle", data=NEW)
    for wrong in ("", "un tout autre secret"):
        again = prove(client, answer, preuve_passe=wrong)
        assert again.status_code == 422
        assert "Ce n’est pas ton mot de passe." in again.text
        assert held(again) == held(answer)
        assert not wrong or wrong not in again.text
    assert client.post("/reglages/personnes/nouvelle", data=NEW).status_code == 403


@pytest.mark.both
def test_a_mailed_code_does_too(later, outbox):
    zoe = builders.personne("Zoé", [builders.ADMIN])  # who has no password
    client = later(zoe)
    answer = client.post("/reglages/personnes/nouvelle", data=NEW)
    assert 'name="preuve_passe"' not in answer.text
    shown = client.post("/comptes/preuve/code", data=fields(*held(answer)))
    assert shown.status_code == 200
    assert held(shown) == held(answer)
    typed = outbox()[-1].faits["code"]
    wrong = prove(client, shown, preuve_code="000000" if typed != "000000" else "111111")
    assert wrong.status_code == 422
    assert "Ce code n’est pas le bon, ou ses dix minutes sont passées." in wrong.text
    assert held(wrong) == held(answer)
    assert prove(client, wrong, preuve_code=typed).status_code == 307
    assert client.post("/reglages/personnes/nouvelle", data=NEW).status_code == 303


def test_the_code_mailed_to_somebody_else_proves_nothing(app, later, ada, outbox):
    awa = builders.personne("Awa", email="awa@example.org")
    client = later(ada)
    client.post("/comptes/lien", data={"email": awa.email})  # of this very browser
    answer = client.post("/reglages/personnes/nouvelle", data=NEW)
    assert prove(client, answer, preuve_code=outbox()[-1].faits["code"]).status_code == 422


def with_application(personne: Personne) -> str:
    """The secret of their application, there for an hour."""
    with clock.freeze(clock.now() - timedelta(hours=1)):
        second.prepare(personne, by=personne)
        secret = second.secret_of(db.session.get(SecondFacteur, personne.id))
        second.confirm(personne, totp.code(secret, totp.step_at(clock.now())), by=personne)
    return secret


@pytest.mark.both
def test_the_application_s_code_does_too_once(later, ada):
    secret = with_application(ada)
    with clock.freeze(clock.now()):
        client, other = later(ada), later(ada)
        code = totp.code(secret, totp.step_at(clock.now()))
        answer = client.post("/reglages/personnes/nouvelle", data=NEW)
        assert prove(client, answer, preuve_code=code).status_code == 307
        assert prove(other, answer, preuve_code=code).status_code == 422


def test_whoever_has_an_application_proves_by_its_code_and_not_by_the_password_alone(later, ada, outbox):
    with_application(ada)
    client = later(ada)
    answer = client.post("/reglages/personnes/nouvelle", data=NEW)
    assert 'name="preuve_passe"' not in answer.text
    assert "Le code de ton application" in answer.text
    client.post("/comptes/preuve/code", data=fields(*held(answer)))
    for proof in ({"preuve_passe": PASSWORD}, {"preuve_code": outbox()[-1].faits["code"]}):
        again = prove(client, answer, **proof)
        assert again.status_code == 422
        assert "Ce code n’est pas le bon" in again.text
        assert held(again) == held(answer)
    assert client.post("/reglages/personnes/nouvelle", data=NEW).status_code == 403


def test_proving_here_proves_nothing_elsewhere(later, ada):
    here, there = later(ada), later(ada)
    prove(here, here.post("/reglages/personnes/nouvelle", data=NEW), preuve_passe=PASSWORD)
    assert there.post("/reglages/personnes/nouvelle", data=NEW).status_code == 403


@pytest.mark.parametrize("vers", [*OFFSITE[:10], ""])
def test_nothing_is_sent_on_to_another_site(as_, ada, vers):
    assert not LOCAL_PATH.fullmatch(vers)
    for path in ("/comptes/preuve", "/comptes/preuve/code"):
        answer = as_(ada).post(path, data={"preuve_vers": vers, "preuve_passe": PASSWORD})
        assert answer.status_code == 404
        assert answer.location is None


def test_guessing_the_password_of_an_open_session_is_slowed_down(later, ada, settings):
    settings(rate_limits=True)
    client = later(ada)
    asked = [{"preuve_vers": f"/moi/?n={n}", "preuve_passe": "faux"} for n in range(11)]  # wherever they say that they go
    tries = [client.post("/comptes/preuve", data=data).status_code for data in asked]
    assert (set(tries[:10]), tries[10]) == ({422}, 429)


# --- what a proof leaves behind --------------------------------------------------------------------------------


@pytest.fixture
def deposit(app) -> Facture:
    zoe = builders.bienveillant()
    builders.accepted(action := builders.validated(zoe))
    return invoices.prepare(action, Nature.ACOMPTE, by=zoe)


def test_an_invoice_waits_for_the_proof_and_its_preview_holds_no_password(later, deposit):
    client = later(builders.personne("Rita", [builders.TRESORIER], password=PASSWORD))
    page = {"tout": emission.reading(deposit), "mot": "", "delai": "30", "categorie": "services", "apercu": "Émettre"}
    address = f"/factures/{deposit.id}/emettre"
    answer = client.post(address, data=page)
    assert answer.status_code == 403
    assert fields(*held(answer))["apercu"] == ["Émettre"]
    assert prove(client, answer, preuve_passe=PASSWORD).location == address
    preview = client.post(address, data=fields(*held(answer)) | {"preuve_passe": PASSWORD, "preuve_code": "123456"})
    assert preview.status_code == 200
    assert "Rien n’est encore fait" in preview.text
    assert "preuve_" not in preview.text
    assert PASSWORD not in preview.text
    kept = [(name, value) for name, value in held(preview)]
    assert client.post(address, data=fields(*kept)).status_code == 303
    db.session.refresh(deposit)
    assert deposit.etat is not Etat.BROUILLON


def test_an_error_after_the_proof_gives_the_words_back_without_it(later, ada):
    answer = later(ada).post("/nulle-part", data={"nom": "Léa Grondin", "preuve_passe": PASSWORD, "preuve_code": "123456"})
    assert "Léa Grondin" in answer.text
    assert PASSWORD not in answer.text
    assert "123456" not in answer.text


@pytest.mark.browser
def test_in_a_browser_the_form_goes_on_by_itself(visit, ada):
    with clock.freeze(clock.now() - FRESH):
        page = visit(ada, bypass_csp=True, reduced_motion="reduce")
    page.add_init_script(AXE)
    page.goto("/reglages/personnes/nouvelle")
    page.get_by_label("Nom").fill("Léa Grondin")
    page.get_by_label("Adresse").fill("lea@example.org")
    page.get_by_role("button", name="Ajouter").click()
    assert page.get_by_role("heading", level=1).inner_text() == ASKED
    looked_at(page)
    page.get_by_label("Ton mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Léa Grondin est dans le portail.").wait_for()
    assert page.url.endswith("/reglages/personnes/")


def test_a_stolen_session_guesses_no_more_by_changing_network(later, ada, app, settings):
    settings(rate_limits=True)
    client = later(ada)
    tries = []
    for n in range(11):
        form = {"preuve_vers": "/moi/donnees/tout.json", "preuve_passe": f"pas celui-là {n}"}
        tries.append(client.post("/comptes/preuve", data=form, environ_base={"REMOTE_ADDR": f"198.51.{n}.7"}).status_code)
    assert (set(tries[:10]), tries[10]) == ({422}, 429)
