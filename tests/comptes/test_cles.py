"""Passkeys: made, renamed and removed on one's own page, they prove once more who one is; whatever else is sent is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import current_app
from sqlalchemy import select, update

from portal import clock
from portal.comptes import cles, commands
from portal.comptes.models import FRESH, CleAcces, Personne
from portal.db import db
from portal.journal import EntreeJournal
from portal.workflow import Refusal
from tests import builders
from tests.comptes.device import PRESENT, VERIFIED, Device, to_text
from tests.comptes.test_second import is_in
from tests.test_policy_answers import bare

PASSWORD = "trois mots au hasard"
NOTHING = "Cette clé d’accès n’ouvre rien ici"


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Payet", email="awa@example.org", password=PASSWORD)


@pytest.fixture
def device() -> Callable[..., Device]:
    return lambda **how: Device(current_app.config["PORTAL"].origin, **how)


def asked_to_make(client) -> dict[str, Any]:
    answer = client.post("/moi/securite/cles/defi")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def asked_to_sign(client) -> dict[str, Any]:
    answer = client.post("/comptes/cle/defi")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def add(client, device: Device, nom: str = "Mon téléphone", **how: Any):
    return client.post("/moi/securite/cles", data={"nom": nom, "reponse": device.make(asked_to_make(client), **how)})


def enter(client, device: Device, *, suite: str = "/", **lies: Any):
    return client.post("/comptes/cle", data={"next": suite, "reponse": device.sign(asked_to_sign(client), **lies)})


@pytest.fixture
def phone(awa, as_, device) -> Device:
    """Awa's, which keeps a passkey of hers."""
    made = device()
    assert add(as_(awa), made).location == "/moi/securite"
    return made


def kept() -> list[CleAcces]:
    db.session.rollback()
    return list(db.session.scalars(select(CleAcces).order_by(CleAcces.id)))


def events() -> list[str]:
    said = select(EntreeJournal.evenement).where(EntreeJournal.evenement.like("personne.cle%"))
    return list(db.session.scalars(said.order_by(EntreeJournal.id)))


# --- added -----------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_passkey_is_added_shown_and_signs_in(app, as_, client, awa, device):
    mine, phone = as_(awa), device()
    asked = asked_to_make(mine)
    assert asked["rp"] == {"id": "localhost", "name": "Notre tiers-lieu"}
    assert (asked["user"]["name"], asked["user"]["displayName"]) == (awa.email, awa.nom)
    wanted = asked["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"], asked["timeout"]) == ("required", "required", 300_000)
    answer = mine.post("/moi/securite/cles", data={"nom": "Mon téléphone", "reponse": phone.make(asked)})
    assert (answer.status_code, answer.location) == (303, "/moi/securite")
    page = mine.get("/moi/securite").text
    assert "Mon téléphone" in page
    assert "t’ouvre maintenant le portail" in page
    [cle] = kept()
    assert (cle.personne_id, cle.identifiant, cle.transports) == (awa.id, to_text(phone.id), ["internal"])
    assert cle.servie_le is None
    asked = asked_to_sign(client)
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("localhost", "required", [])
    answer = client.post("/comptes/cle", data={"next": "/missions/", "reponse": phone.sign(asked)})
    assert (answer.status_code, answer.location) == (303, "/missions/")
    assert is_in(client)
    [cle] = kept()
    assert cle.servie_le
    assert cle.compteur == phone.count
    assert events() == ["personne.cle_ajouter", "personne.cle_entrer"]


def test_whom_a_device_knows_is_not_an_address_and_the_same_for_all_of_one_s_keys(as_, awa, device):
    mine, zoe = as_(awa), builders.personne("Zoé")
    one, other, hers = device(), device(), device()
    add(mine, one)
    asked = asked_to_make(mine)
    assert [cle["id"] for cle in asked["excludeCredentials"]] == [to_text(one.id)]
    add(mine, other)
    add(as_(zoe), hers)
    assert one.handle == other.handle != hers.handle
    assert len(one.handle) == 32
    assert b"awa" not in one.handle


def test_its_name_is_proposed_after_the_browser(as_, awa):
    agent = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
    page = BeautifulSoup(as_(awa).get("/moi/securite", headers={"User-Agent": agent}).text, "html5lib")
    form = page.select_one("form[action='/moi/securite/cles']")
    assert form.select_one("[name=nom]")["value"] == "Téléphone Android, Firefox"
    assert "hidden" in form.attrs  # until the browser says that it can


def test_a_name_that_is_none_is_given_back(as_, awa, device):
    mine, phone = as_(awa), device()
    for nom, sentence in (("", "Écris un nom"), ("x" * 61, "trop long")):
        answer = add(mine, phone, nom)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert kept() == []


@pytest.mark.both
@pytest.mark.parametrize(
    "lies",
    [{"origin": "https://portail.exemple.re"}, {"origin": "http://localhost"}, {"rp_id": "exemple.re"}, {"flags": PRESENT},
     {"flags": VERIFIED}, {"type": "webauthn.get"}, {"challenge": to_text(b"x" * 32)}, {"id": b"x" * 1024}],
)  # fmt: skip
def test_what_another_site_or_an_unlocked_device_made_is_not_added(as_, awa, device, lies):
    answer = add(as_(awa), device(), **lies)
    assert answer.status_code == 422
    assert "n’a pas pu être ajoutée" in answer.text
    assert 'value="Mon téléphone"' in answer.text
    assert kept() == []


def test_a_passkey_is_added_once_and_to_one_person(as_, awa, phone):
    zoe = builders.personne("Zoé")
    for who in (awa, zoe):
        assert add(as_(who), phone).status_code == 422
    assert [cle.personne_id for cle in kept()] == [awa.id]


def test_what_was_made_is_sent_once_within_five_minutes_by_the_browser_that_asked(as_, awa, device):
    phone, (mine, other) = device(), (as_(awa), as_(awa))
    made = phone.make(asked_to_make(mine))
    send = {"nom": "Mon téléphone", "reponse": made}
    asked_to_make(other)
    assert other.post("/moi/securite/cles", data=send).status_code == 422
    with clock.freeze(now := clock.now()):
        late = device().make(asked_to_make(mine))
    with clock.freeze(now + cles.LIFE):
        assert mine.post("/moi/securite/cles", data=send | {"reponse": late}).status_code == 422
    assert add(mine, phone).status_code == 303
    assert mine.post("/moi/securite/cles", data=send).status_code == 422
    assert len(kept()) == 1


def test_after_a_proof_the_page_says_to_go_on(as_, awa):
    answer = as_(awa).post("/moi/securite/cles", data={"nom": "La tablette de Zoé"})
    assert answer.status_code == 422
    assert "touche encore" in answer.text
    assert 'value="La tablette de Zoé"' in answer.text


# --- anything else ---------------------------------------------------------------------------------------------

RUBBISH = ["", "x", "[]", "null", "1", "{}", '{"id": 1}', "\0", "é" * 500, '{"id":"a","rawId":"a","response":{}}', "[" * 900]
WRONG: list[Any] = [None, 1, "", "é", [], {}, ["inconnu"], to_text(b"{}"), to_text(b"\xff" * 40), to_text(b"\xa1" * 200)]


def spoilt(answer: str) -> list[str]:
    """The same, each of its parts being something else in turn."""
    whole = json.loads(answer)
    parts = [(part, name) for part in (whole, whole["response"]) for name in part]
    found = []
    for part, name in parts:
        right = part[name]
        for wrong in WRONG:
            part[name] = wrong
            found.append(json.dumps(whole))
        part[name] = right
    return found


def is_refused(act: Callable[[str], object]) -> bool:
    """Whether what is done with a challenge of now is; anything else that it raises fails the test."""
    given = cles.challenge()
    db.session.commit()
    try:
        act(given)
    except Refusal:
        return True
    return False


def test_whatever_is_sent_instead_of_a_signature_is_refused(phone):
    def sign(given: str) -> list[str]:
        return spoilt(phone.sign({"rpId": "localhost", "challenge": given}))

    told = [is_refused(lambda given, n=n: cles.use(sign(given)[n], given)) for n in range(len(sign("")))]
    assert told.count(False) < len(told) / 4  # what says nothing of who signed may be anything
    assert all(is_refused(lambda given, answer=answer: cles.use(answer, given)) for answer in RUBBISH)


def test_whatever_is_sent_instead_of_a_new_key_is_refused(awa, device):
    def add(answer: str, given: str) -> CleAcces:
        return cles.add(awa, answer, given, "AAAA", nom="x", by=awa)

    def make(given: str) -> list[str]:
        return spoilt(device().make({"user": {"id": "AAAA"}, "rp": {"id": "localhost"}, "challenge": given}))

    told = [is_refused(lambda given, n=n: add(make(given)[n], given)) for n in range(len(make("")))]
    assert told.count(False) < len(told) / 2
    assert all(is_refused(lambda given, answer=answer: add(answer, given)) for answer in RUBBISH)


# --- a fresh proof ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_it_proves_once_more_who_one_is(as_, awa, phone):
    with clock.freeze(clock.now() - FRESH):
        mine = as_(awa)
    answer = mine.post("/moi/donnees/tout.json")
    assert (answer.status_code, "Prouver avec ma clé d’accès" in answer.text) == (403, True)
    asked = asked_to_sign(mine)
    assert [cle["id"] for cle in asked["allowCredentials"]] == [to_text(phone.id)]
    proof = {"preuve_vers": "/moi/donnees/tout.json", "preuve_cle": phone.sign(asked, handle=b"")}
    answer = mine.post("/comptes/preuve", data=proof)
    assert (answer.status_code, answer.location) == (307, "/moi/donnees/tout.json")
    assert mine.post(answer.location, data=proof).status_code == 200
    again = mine.post("/comptes/preuve", data=proof)
    assert again.status_code == 422
    assert NOTHING in again.text
    assert phone_said(again) == []


def phone_said(answer) -> list[str]:
    """What the page gives back of what a device signed."""
    page = BeautifulSoup(answer.text, "html5lib")
    return [field["value"] for field in page.select("[name=preuve_cle][value]")]


def test_somebody_else_s_proves_nothing(as_, awa, phone):
    zoe = builders.personne("Zoé", password=PASSWORD)
    with clock.freeze(clock.now() - FRESH):
        hers = as_(zoe)
    assert "ma clé d’accès" not in hers.post("/moi/donnees/tout.json").text
    proof = {"preuve_vers": "/moi/donnees/tout.json", "preuve_cle": phone.sign(asked_to_sign(hers))}
    assert hers.post("/comptes/preuve", data=proof).status_code == 422
    assert hers.post("/moi/donnees/tout.json").status_code == 403


# --- one's own -------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_it_is_renamed_then_removed_and_opens_no_more(app, as_, awa, phone):
    mine = as_(awa)
    [cle] = kept()
    page = mine.get(f"/moi/securite/cles/{cle.id}").text
    assert 'value="Mon téléphone"' in page
    assert "n’a pas encore servi" in page
    assert mine.post(f"/moi/securite/cles/{cle.id}", data={"nom": ""}).status_code == 422
    assert mine.post(f"/moi/securite/cles/{cle.id}", data={"nom": "Le vieux"}).status_code == 303
    assert "Le vieux" in mine.get("/moi/securite").text
    assert mine.post(f"/moi/securite/cles/{cle.id}/retirer").status_code == 303
    assert enter(app.test_client(), phone).status_code == 422
    assert kept() == []
    assert events() == ["personne.cle_ajouter", "personne.cle_retirer"]


def test_somebody_else_s_is_answered_as_an_absent_one(as_, awa, phone):
    mine = as_(builders.personne("Zoé"))
    [cle] = kept()
    for path in ("", "/retirer"):
        theirs, nobody_s = (mine.post(f"/moi/securite/cles/{n}{path}", data={"nom": "x"}) for n in (cle.id, 999))
        assert (theirs.status_code, nobody_s.status_code) == (404, 404)
        assert bare(theirs.text) == bare(nobody_s.text)
    assert mine.get(f"/moi/securite/cles/{cle.id}").status_code == 404
    assert [cle.nom for cle in kept()] == ["Mon téléphone"]


def test_the_page_costs_as_much_whatever_the_number_of_keys(as_, awa, device, count_queries):
    mine, counted = as_(awa), []
    for _ in range(2):
        with count_queries() as asked:
            mine.get("/moi/securite")
        counted.append(len(asked))
        for _ in range(3):
            add(mine, device())
    assert counted == [3, 3]


@pytest.mark.both
def test_an_erased_person_leaves_none(awa, phone):
    commands.erase(awa, by=builders.personne("Ada", [builders.ADMIN]))
    db.session.commit()
    assert kept() == []


def test_their_own_data_tell_of_it_and_hold_no_key(as_, awa, phone):
    answer = as_(awa).post("/moi/donnees/tout.json")
    [told] = next(part["lignes"] for part in answer.json["parties"] if part["cle"] == "cles")
    assert told["Nom"] == "Mon téléphone"
    assert to_text(phone.id) not in answer.text
    assert to_text(phone.handle) not in answer.text


@pytest.mark.both
def test_the_database_refuses_what_is_no_key(awa, phone):
    for name, values in (("nom", {"nom": ""}), ("compteur", {"compteur": -1})):
        with pytest.raises(Exception, match=f"ck_cle_acces__{name}"):
            db.session.execute(update(CleAcces).values(**values))
        db.session.rollback()
