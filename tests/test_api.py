"""The public lists in JSON: what they say and never say, by the schema that they serve; docs/api.md says the same."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import jsonschema_rs
import pytest

from portal import clock
from portal.actions.api import AGENDA
from portal.config import ROOT
from portal.missions.api import MISSIONS
from tests import builders
from tests.builders import in_days

BASE = "https://portail.example.org"
LISTS = {"/missions/index": MISSIONS, "/actions/agenda": AGENDA}
DOC = (ROOT / "docs" / "api.md").read_text("utf-8")


@pytest.fixture
def zoe(settings):
    settings(base_url=BASE)
    return builders.bienveillant()


@pytest.fixture
def read(client):
    """What a stranger reads at that address, valid by its own schema, of which it uses every word."""

    def answer(url: str) -> dict:
        said = client.get(url).json
        schema = client.get(f"{url.partition('.json')[0]}.schema.json").json
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(said)
        assert set(said) == set(schema["properties"])
        [items] = [part["items"] for part in schema["properties"].values() if part["type"] == "array"]
        rows = next(value for value in said.values() if isinstance(value, list))
        assert all(set(row) == set(items["properties"]) for row in rows)
        return said

    return answer


def made(zoe, number: int = 1, **fields):
    action = builders.action(zoe, publique=True, pole_porteur=builders.pole(f"Pôle {number}"), **fields)
    return builders.mission(action, titre=f"Mission {number}", places=2)


@pytest.mark.both
def test_a_mission_says_what_its_page_says(zoe, read):
    mission = made(zoe, lieu="La cour")
    [said] = read("/missions/index.json")["missions"]
    assert said == {
        "id": mission.id,
        "url": f"{BASE}/missions/{mission.id}",
        "titre": "Mission 1",
        "nature": "volontaire",
        "debut": clock.local(mission.debut).isoformat(),
        "fin": clock.local(mission.fin).isoformat(),
        "lieu": "La cour",
        "action": "Fête du moulin",
        "pole": "Pôle Pôle 1",
        "description": "Accueillir et orienter.",
        "fourni": "Repas partagé",
        "apporter": "",
        "contrepartie": "",
        "majeurs": False,
        "places": 2,
        "places_libres": 2,
        "candidater": f"{BASE}/candidatures/deposer/{mission.id}",
    }
    assert said["debut"].endswith("T09:00:00+04:00")


@pytest.mark.both
def test_the_agenda_says_what_when_and_where(zoe, read):
    action = made(zoe).action
    builders.action(zoe, titre="Privée")
    builders.action(zoe, titre="Option", publique=True, confirmed=False)
    assert read("/actions/agenda.json") == {
        "page": 1,
        "suivante": None,
        "actions": [
            {
                "id": action.id,
                "url": f"{BASE}/actions/agenda?mois={clock.local(action.debut):%Y-%m}",
                "titre": "Fête du moulin",
                "debut": clock.local(action.debut).isoformat(),
                "fin": clock.local(action.fin).isoformat(),
                "lieu": "La Raffinerie, l’Hermitage",
            }
        ],
    }


def test_who_works_there_who_asks_and_what_it_costs_are_nowhere(zoe, client):
    mission = made(zoe)
    builders.hold(mission, builders.personne("Awa Payet", telephone="+262692123456"))
    paid = builders.mission(mission.action, nature=builders.Nature.CHARGE_DE_MISSION, titre="Sonoriser", montant=123_45)
    assert paid.montant
    said = "".join(client.get(f"{url}.json").text for url in LISTS)
    assert "Sonoriser" in said
    for secret in ("Zoé", "Awa", "692", "DAL974", "@", "123", "montant", "valeurs"):
        assert secret not in said


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2]),
        ("?q=mission+2", [2]),
        ("?pole=1", [1]),
        ("?nature=referent", []),
        ("?nature=pirate&page=x&du=hier", [1, 2]),
    ],
)
def test_the_missions_have_the_filters_of_their_page(zoe, read, query, found):
    for number in (1, 2):
        made(zoe, number)
    assert [m["titre"] for m in read(f"/missions/index.json{query}")["missions"]] == [f"Mission {n}" for n in found]


def test_a_mission_that_takes_nobody_has_no_form(zoe, read):
    with clock.freeze(clock.now() - timedelta(days=1)):
        mission = made(zoe)
        mission.candidatures_au = clock.now() + timedelta(hours=1)
    assert read("/missions/index.json")["missions"][0]["candidater"] is None


def test_the_agenda_starts_today_or_with_a_month(zoe, read):
    made(zoe, debut=in_days(40), fin=in_days(40, 12))
    for mois, shown in (("", 1), ("?mois=2100-12", 0), ("?mois=2020-01", 1), ("?mois=hier", 1)):
        assert len(read(f"/actions/agenda.json{mois}")["actions"]) == shown, mois


@pytest.mark.parametrize("url", LISTS)
def test_pages_follow_each_other(zoe, read, url):
    for n in range(51):
        debut = in_days(10) + timedelta(minutes=n)
        builders.mission(builders.action(zoe, publique=True, debut=debut, fin=in_days(10, 18)))
    nom = LISTS[url].nom
    first = read(f"{url}.json?q=")
    assert (first["page"], len(first[nom])) == (1, 50)
    assert first["suivante"] == f"{BASE}{url}.json?q=&page=2"
    second = read(first["suivante"].removeprefix(BASE))
    assert (second["page"], len(second[nom]), second["suivante"]) == (2, 1, None)
    assert not {row["id"] for row in first[nom]} & {row["id"] for row in second[nom]}
    assert read(f"{url}.json?page=9999")[nom] == []


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("url", "cost"), [("/missions/index.json", 3), ("/actions/agenda.json", 2)])
def test_one_or_many_cost_the_same(zoe, client, count_queries, n, url, cost):
    for number in range(n):
        made(zoe, number)
    with count_queries() as statements:
        client.get(url)
    assert len(statements) == cost, statements  # the pôles of the filter, the count, the rows


@pytest.mark.parametrize("url", [f"{url}{end}" for url in LISTS for end in (".json", ".schema.json")])
def test_any_site_may_read_it_without_a_cookie_and_ask_whether_it_changed(client, url):
    answer = client.get(url)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    again = client.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["Access-Control-Allow-Origin"]) == (304, b"", "*")


def test_it_changes_with_what_it_says_and_is_the_same_whoever_asks(zoe, client, as_):
    made(zoe, 1)
    before = client.get("/missions/index.json")
    made(zoe, 2)
    after = client.get("/missions/index.json", headers={"If-None-Match": before.headers["ETag"]})
    assert len(after.json["missions"]) == 2
    builders.action(zoe, titre="Privée")
    for url in LISTS:
        assert as_(zoe).get(f"{url}.json").json == client.get(f"{url}.json").json


@pytest.mark.parametrize("url", LISTS)
def test_a_schema_is_one_and_says_where_it_is(zoe, client, url):
    answer = client.get(f"{url}.schema.json")
    assert answer.mimetype == "application/schema+json"
    jsonschema_rs.meta.validate(answer.json)
    assert answer.json["$id"] == f"{BASE}{url}.schema.json"
    wrong = {"page": 0, "suivante": "", LISTS[url].nom: [{"debut": "hier"}]}
    assert not jsonschema_rs.Draft202012Validator(answer.json, validate_formats=True).is_valid(wrong)


@pytest.mark.parametrize("url", LISTS)
def test_the_manual_names_each_field(url):
    part = DOC.split(f"`GET {url}.json`")[1].split("\n## ")[0]
    assert [c.nom for c in LISTS[url].champs] == [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")]


def test_hostile_words_stay_words(zoe, client):
    made(zoe, titre='"},{"id": 1, </script> \u2028 é')
    answer = client.get("/missions/index.json")
    assert json.loads(answer.data)["missions"][0]["action"].startswith('"},{"id": 1, </script>')
    assert datetime.fromisoformat(answer.json["missions"][0]["debut"]).utcoffset() == timedelta(hours=4)


def test_nothing_else_is_shared_with_other_sites(client):
    for url in ("/", "/missions/", "/missions/flux.atom", "/actions/agenda", "/actions/agenda.ics", "/comptes/connexion", "/x"):
        assert not [name for name, _ in client.get(url).headers if name.startswith("Access-Control")], url
