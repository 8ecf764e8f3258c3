"""What phones send: each tap once, in order, by its owner, with an answer of its own, whatever comes."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.db import db
from portal.jour_j.models import Entree
from tests import builders
from tests.cells import fingerprint
from tests.test_races import badge
from tests.test_races import crowd as crowd  # a fixture

pytestmark = pytest.mark.both
JSON = {"Accept": "application/json"}


def said(genre: str = "incident", **more) -> dict[str, object]:
    typical = {"uuid": str(uuid4()), "genre": genre, "cible": "", "valeur": "", "mot": "Une table manque"}
    return typical | {"quand": clock.now().timestamp()} | more


@pytest.fixture
def send(saturday, as_):
    """`send(taps, by)`: what the portal answers to a phone of Awa's, or of somebody else's."""

    def post(*taps, by=None, sent=None, whole=None):
        who = by or saturday.awa
        rows = [{"compte": who.id} | one for one in taps]
        body = {"envoye_le": clock.now().timestamp() if sent is None else sent, "entrees": rows} if whole is None else whole
        return as_(who).post(f"{saturday.url}/entrees", json=body, headers=JSON)

    return post


def statuts(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["statut"] for one in answer.json["resultats"]]


def rows() -> list[Entree]:
    db.session.expire_all()
    return list(db.session.scalars(select(Entree).order_by(Entree.quand, Entree.uuid)))


def test_each_tap_is_answered_by_its_uuid_and_one_sent_again_is_one_row(saturday, send):
    first, second = said(), said("coche", cible=str(saturday.jour.points[0].id), valeur="fait", mot="")
    answer = send(first, second)
    assert answer.json == {"resultats": [{"uuid": one["uuid"], "statut": "reçue"} for one in (first, second)]}
    assert statuts(send(second, first, said())) == ["déjà reçue", "déjà reçue", "reçue"]
    assert len(rows()) == 3
    assert saturday.jour.version == 2


def test_what_is_refused_says_why_and_blocks_nothing(send):
    answer = send(said("coche", cible="999", valeur="fait"), said(), said(mot=""), said("danser"))
    assert statuts(answer) == ["refusée", "reçue", "refusée", "refusée"]
    assert [bool(one.get("motif")) for one in answer.json["resultats"]] == [True, False, True, True]
    assert len(rows()) == 1


def test_the_taps_of_somebody_else_on_the_same_phone_stay_there(saturday, send):
    theirs = said(compte=saturday.zoe.id)
    assert statuts(send(theirs, said())) == ["autre-compte", "reçue"]
    assert [row.personne_id for row in rows()] == [saturday.awa.id]
    assert statuts(send(theirs, by=saturday.zoe)) == ["reçue"]


def test_who_acts_no_more_is_told_so_for_each(saturday, send):
    answer = send(said(), said(), by=saturday.lea)
    assert statuts(answer) == ["refusée"] * 2
    assert "n’est pas, ou plus, le tien" in answer.json["resultats"][0]["motif"]
    stranger = send(said(), by=builders.personne("Paul Maillot"))
    assert (statuts(stranger), rows()) == (["refusée"], [])
    assert "Tu n’agis plus sur cette journée" in stranger.json["resultats"][0]["motif"]


def test_a_day_that_was_cancelled_meanwhile_refuses_and_says_so(saturday, send):
    actions.decide(saturday.action, annuler, by=saturday.zoe, motif="Cyclone")
    db.session.commit()
    [answer] = send(said()).json["resultats"]
    assert (answer["statut"], "ne" in answer["motif"] or "plus" in answer["motif"]) == ("refusée", True)


@pytest.mark.parametrize(
    ("phone", "tapped", "kept"),
    [
        (0, -600, -600),  # ten minutes ago, by a phone that is right
        (3600, 3000, -600),  # an hour ahead
        (-3600, -4200, -600),
        (0, 900, 0),  # from the future: now
        (0, -86_400 * 3, -86_400 * 1.5),  # three days ago: never before the day can have begun
    ],
)
def test_a_tap_is_dated_by_its_phone_whose_clock_is_put_right(saturday, send, phone, tapped, kept):
    now = clock.now().timestamp()
    assert statuts(send(said(quand=now + tapped), sent=now + phone)) == ["reçue"]
    assert rows()[0].quand.timestamp() - now == pytest.approx(kept, abs=0.01)


@pytest.mark.parametrize(
    "whole",
    [
        [], "x", 3, {}, {"entrees": []}, {"envoye_le": 1, "entrees": {}}, {"envoye_le": "hier", "entrees": []},
        {"envoye_le": 1e400, "entrees": []}, {"envoye_le": 1, "entrees": ["x"]}, {"envoye_le": 1, "entrees": [{}] * 51},
    ],
)  # fmt: skip
def test_what_is_no_sending_is_refused_whole(saturday, as_, whole):
    before = fingerprint()
    answer = as_(saturday.awa).post(f"{saturday.url}/entrees", json=whole, headers=JSON)
    assert (answer.status_code, bool(answer.json["erreur"])) == (400, True)
    assert fingerprint() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"uuid": 3}, {"uuid": "x"}, {"uuid": ["a"]}, {"uuid": None}, {"genre": {}}, {"cible": 7}, {"mot": None},
        {"mot": "x" * 2001}, {"quand": "tantôt"}, {"quand": None}, {"quand": 1e300}, {"mot": "\x00"}, {"valeur": "brûler"},
    ],
)  # fmt: skip
def test_a_tap_that_is_not_understood_is_refused_alone(send, wrong):
    answer = send(said(**wrong), said())
    assert statuts(answer) == ["refusée", "reçue"]
    assert len(rows()) == 1


def test_signed_out_a_phone_hears_401_and_nothing_is_lost(saturday, client):
    body = {"envoye_le": 1, "entrees": [said(compte=saturday.awa.id)]}
    answers = [client.post(f"{saturday.url}/entrees", json=body, headers=JSON), client.get("/jour-j/jeton", headers=JSON)]
    assert [(answer.status_code, answer.is_json) for answer in answers] == [(401, True)] * 2


def test_the_token_says_who_is_signed_in_and_is_never_kept(saturday, as_):
    answer = as_(saturday.awa).get("/jour-j/jeton", headers=JSON)
    assert (answer.json["compte"], bool(answer.json["jeton"])) == (saturday.awa.id, True)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.proof
def test_many_phones_at_once_each_sending_twice_lose_and_double_nothing(saturday, crowd, as_, size, record_property):
    """Half of them in the other order: no deadlock either."""
    phones, each = size(8, 40), size(5, 20)
    target = {"cible": str(saturday.steps[2].id), "valeur": "debut", "mot": "", "compte": saturday.awa.id}
    taps = [said("etape", **target) for _ in range(each)]
    headers, url = badge(as_(saturday.awa)) | JSON, f"{saturday.url}/entrees"
    posts = [(url, {"envoye_le": clock.now().timestamp(), "entrees": taps[::way]}, headers) for way in (1, -1) * (phones // 2)]
    assert {answer.status for answer in crowd.press(posts)} == {200}
    assert len(rows()) == each
    record_property("envois", f"{phones} téléphones à la fois, {each} gestes")


def test_five_hundred_taps_after_a_long_cut_arrive_once_and_in_order(saturday, send):
    point, now = str(saturday.jour.points[0].id), clock.now().timestamp()
    ways = ("fait", "defait")
    taps = [said("coche", cible=point, valeur=ways[n % 2], mot="", quand=now - 5000 + n) for n in range(500)]
    batches = [taps[n : n + 50] for n in range(0, 500, 50)]
    assert {statut for batch in batches for statut in statuts(send(*batch))} == {"reçue"}
    assert {statut for batch in batches[::-1] for statut in statuts(send(*batch))} == {"déjà reçue"}
    assert [row.uuid for row in rows()] == [one["uuid"] for one in taps]
    assert saturday.day().state.ticks == {}


@pytest.mark.parametrize("wrong", [{"mot": " \u200b \t"}, {"cible": "x" * 37}])
def test_words_that_say_nothing_and_targets_too_long_are_refused(send, wrong):
    assert statuts(send(said(**wrong))) == ["refusée"]
    assert rows() == []
