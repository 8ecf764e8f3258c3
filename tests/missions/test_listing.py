"""The public listing: what is open, soonest first, narrowed by the URL; and the page of one mission."""

from __future__ import annotations

import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.db import db
from portal.missions.commands import decide
from portal.missions.models import Nature, annuler, fermer
from tests import builders

HTMX = {"HX-Request": "true"}


@pytest.fixture
def action(app):
    return builders.action(builders.bienveillant(), pole_porteur=builders.pole("Culture"))


def titles(html: str) -> list[str]:
    return [h.text for h in BeautifulSoup(html, "html5lib").select(".mission .quoi")]


def test_open_missions_soonest_first_and_nothing_else(client, action):
    late = builders.mission(action, titre="Plus tard", debut=builders.in_days(20), fin=builders.in_days(20, 12))
    builders.mission(action, titre="Bientôt", debut=builders.in_days(3), fin=builders.in_days(3, 12))
    builders.mission(action, titre="Brouillon", published=False)
    decide(builders.mission(action, titre="Annulée"), annuler, by=action.bienveillant, motif="pluie")
    with clock.freeze(builders.in_days(-3)):
        builders.mission(action, titre="Passée", debut=builders.in_days(0), fin=builders.in_days(0, 12))
    assert titles(client.get("/missions/").text) == ["Bientôt", "Plus tard"]
    with clock.freeze(late.debut - timedelta(minutes=1)):
        assert titles(client.get("/missions/").text) == ["Plus tard"]
    with clock.freeze(late.debut):  # begun, it takes nobody any more
        assert titles(client.get("/missions/").text) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("nature=referent", ["Référent de la journée"]),
        ("nature=volontaire", ["Accueil", "Cuisine"]),
        ("q=cuisine", ["Cuisine"]),
        ("q=MOULIN+cuisine", ["Cuisine"]),
        ("q=FETE+referent", ["Référent de la journée"]),  # Fête, Référent: neither accents nor case
        ("q=Fêté+référENT", ["Référent de la journée"]),
        ("places=1", ["Accueil", "Référent de la journée"]),
        ("pole=1", ["Accueil", "Référent de la journée", "Cuisine"]),
        ("pole=99", ["Accueil", "Référent de la journée", "Cuisine"]),
        ("nature=pirate&du=hier&pole=x&page=-1", ["Accueil", "Référent de la journée", "Cuisine"]),
        ("q=%25", []),
    ],
)
@pytest.mark.both
def test_the_filters_live_in_the_url(client, action, query, found):
    builders.mission(action, titre="Accueil", debut=builders.in_days(3), fin=builders.in_days(3, 12))
    builders.referent_mission(action, debut=builders.in_days(4), fin=builders.in_days(4, 12))
    full = builders.mission(action, titre="Cuisine", places=1, debut=builders.in_days(5), fin=builders.in_days(5, 12))
    builders.hold(full, builders.personne())
    assert titles(client.get(f"/missions/?{query}").text) == found


def test_days_are_those_of_la_reunion(client, action):
    builders.mission(action, titre="Nuit", debut=builders.in_days(5, 22), fin=builders.in_days(6, 1))
    day, next_day, after = (clock.today() + timedelta(days=n) for n in (5, 6, 7))
    assert titles(client.get(f"/missions/?du={day}&au={day}").text) == ["Nuit"]
    assert titles(client.get(f"/missions/?du={next_day}").text) == ["Nuit"]
    assert titles(client.get(f"/missions/?du={after}").text) == []


def test_htmx_gets_the_list_alone_and_it_is_the_page_s_own(client, action):
    builders.mission(action)
    fragment = client.get("/missions/?nature=volontaire", headers=HTMX)
    assert "<html" not in fragment.text
    assert "HX-Request" in fragment.headers["Vary"]
    inside = BeautifulSoup(client.get("/missions/?nature=volontaire").text, "html5lib").select_one("#liste")
    assert BeautifulSoup(fragment.text, "html5lib").select_one("#liste") == inside


def test_a_card_says_when_what_where_nature_and_places(client, action):
    builders.mission(action, titre="Accueil", debut=builders.in_days(1, 9), fin=builders.in_days(1, 13), places=3)
    card = BeautifulSoup(client.get("/missions/").text, "html5lib").select_one(".mission")
    assert card
    said = " ".join(card.text.replace("\u00a0", " ").split())
    assert said.startswith(
        "demain, 9 h à 13 h Accueil La Raffinerie, l’Hermitage · Fête du moulin · Pôle Culture Volontaire 3 places"
    )
    assert "Urgent" in said


def test_full_and_closed_missions_say_so(client, action):
    full = builders.mission(action, titre="Pleine", places=1)
    builders.hold(full, builders.personne())
    decide(builders.mission(action, titre="Close"), fermer, by=action.bienveillant)
    text = client.get("/missions/").text
    assert "Complète" in text
    assert "Fermée" in text


@pytest.mark.parametrize("n", [1, 3])
def test_the_listing_costs_the_same_for_one_or_many(client, action, count_queries, n):
    for _ in range(n):
        builders.mission(action)
    with count_queries() as statements:
        client.get("/missions/")
    assert len(statements) == 4, statements  # the pôles of the filter, the count, the missions, the house


def test_fifty_cards_a_page(client, action):
    for n in range(51):
        builders.mission(action, titre=f"M{n:02d}")
    assert len(titles(client.get("/missions/").text)) == 50
    assert len(titles(client.get("/missions/?page=2").text)) == 1
    assert "Page 1 sur 2" in client.get("/missions/").text


@pytest.mark.both
def test_a_kept_page_is_never_stale(client, action):
    mission = builders.mission(action, places=2)
    assert "<b>2</b> places" in client.get("/missions/").text
    builders.hold(mission, builders.personne())
    assert "seule place" in client.get("/missions/").text
    db.session.rollback()


def test_an_unchanged_page_asked_again_is_304_and_a_signed_in_person_s_is_their_own(client, as_, action):
    builders.mission(action)
    first = client.get("/missions/")
    again = client.get("/missions/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    awa = as_(builders.personne("Awa Payet"))
    assert "Awa" in awa.get("/missions/").text
    assert "Awa" not in client.get("/missions/").text
    assert awa.get("/missions/").headers["Cache-Control"] == "no-store"


def test_a_visitor_who_only_reads_gets_no_cookie(client, action):
    mission = builders.mission(action)
    for url in ("/", "/missions/", f"/missions/{mission.id}"):
        assert "Set-Cookie" not in client.get(url).headers, url


def test_the_page_of_a_mission_says_what_one_needs_to_decide(client, action):
    builders.actions.add_step(
        action,
        by=action.bienveillant,
        titre="Ronkozé",
        debut=action.debut,
        fin=action.fin,
        lieu="La case",
        piste="",
        ancre=False,
    )
    mission = builders.mission(action, description="Porter **l’eau**.\n\n<script>alert(1)</script>")
    page = client.get(f"/missions/{mission.id}").text
    soup = BeautifulSoup(page, "html5lib")
    for words in ("Ronkozé", "Faire vivre le patrimoine", "Repas partagé", "Je candidate", "pôle Culture"):
        assert words in soup.text
    assert "<strong>l’eau</strong>" in page
    assert "<script>alert" not in page
    described = json.loads(soup.select_one('script[type="application/ld+json"]').string)
    assert described["startDate"] == clock.local(mission.debut).isoformat()
    assert soup.select_one(f'a[href="/candidatures/deposer/{mission.id}"]')


def test_a_past_or_cancelled_mission_keeps_its_page(client, action):
    mission = builders.mission(action, nature=Nature.CHARGE_DE_MISSION)
    decide(mission, annuler, by=action.bienveillant, motif="pluie")
    answer = client.get(f"/missions/{mission.id}")
    assert (answer.status_code, "Cette mission est annulée" in answer.text) == (200, True)
    assert "Je candidate" not in answer.text


def test_a_draft_is_seen_by_insiders_only(client, as_, action):
    draft = builders.mission(action, published=False)
    assert client.get(f"/missions/{draft.id}").status_code == 404
    assert as_(builders.personne()).get(f"/missions/{draft.id}").status_code == 404


def test_a_draft_that_is_cancelled_was_never_public(client, as_, action):
    zoe = action.bienveillant
    draft, published = builders.mission(action, published=False), builders.mission(action)
    for mission in (draft, published):
        decide(mission, annuler, by=zoe, motif="pluie")
    for end in ("", ".ics"):
        assert client.get(f"/missions/{draft.id}{end}").status_code == 404
        assert client.get(f"/missions/{published.id}{end}").status_code == 200
    assert client.get(f"/candidatures/deposer/{draft.id}").status_code == 404
    assert as_(zoe).get(f"/missions/{draft.id}").status_code == 200


def test_what_takes_nobody_now_is_offered_nowhere(client, action):
    now = clock.now()
    builders.mission(action, titre="Ouverte")
    builders.mission(action, titre="Trop tôt", candidatures_du=now + timedelta(days=1))
    builders.mission(action, titre="Trop tard", candidatures_au=now - timedelta(hours=1))
    decide(builders.mission(action, titre="Fermée"), fermer, by=action.bienveillant)
    for path in ("/missions/?places=1", "/"):
        assert titles(client.get(path).text) == ["Ouverte"]
    assert client.get("/missions/flux.atom").text.count("<entry>") == 1


def test_the_feed_lists_what_has_places(client, action):
    builders.mission(action, titre='Accueil <b>&"')
    feed = client.get("/missions/flux.atom")
    assert feed.mimetype == "application/atom+xml"
    entries = ElementTree.fromstring(feed.text).findall("{*}entry")
    assert len(entries) == 1
    assert str(entries[0].findtext("{*}title")).startswith('Accueil <b>&"')


def test_a_query_parameter_is_never_an_argument_of_ours(client, action):
    for n in range(51):
        builders.mission(action, titre=f"M{n:02d}")
    for query in ("endpoint=x", "_external=1&_scheme=x", "id=1", "slug=x&page=2"):
        assert client.get(f"/missions/?{query}").status_code == 200
