"""The page of an action of several days on its second morning: what is of today, and what is not, is said."""

from __future__ import annotations

from uuid import uuid4

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.db import db
from portal.jour_j.commands import Statut
from portal.jour_j.models import Genre, Phase
from portal.jour_j.pli import Site
from tests import builders
from tests.jour_j.conftest import Saturday, at, tap

REASON = "Le contrôle finit dans cinq minutes."


@pytest.fixture
def weekend(saturday) -> Saturday:
    """Saturday and Sunday: Awa runs both, Léa has a post on each, Ines the first only; all came on Saturday morning."""
    saturday.action.fin = at(24 + 18)
    awa, lea = (saturday.held_by(who) for who in (saturday.awa, saturday.lea))
    awa.mission.fin = at(24 + 18)
    builders.hold(builders.mission(saturday.action, titre="Monter la voûte", debut=at(24 + 9), fin=at(24 + 12)), saturday.lea)
    ines = builders.hold(builders.mission(saturday.action, titre="Cuisine", fin=at(13)), builders.personne("Ines Técher"))
    saturday.open("Tout est vérifié.")
    saturday.send(*(tap(Genre.PRESENCE, place.id, "arrive") for place in (awa, lea, ines)))
    with clock.freeze(at(14 + 5 / 60)):
        saturday.send(tap(Genre.INCIDENT, "", "leger", "Un verre cassé."))
    db.session.commit()
    return saturday


@pytest.fixture
def morning(weekend):
    with clock.freeze(at(24 + 8)):
        yield weekend


@pytest.fixture
def closed(weekend):
    """The same, closed on Saturday evening."""
    with clock.freeze(at(21)):
        weekend.close("Rien à signaler.")
        db.session.commit()
    with clock.freeze(at(24 + 8)):
        yield weekend


def soup(as_, day: Saturday) -> BeautifulSoup:
    return BeautifulSoup(as_(day.awa).get(day.url).text, "html5lib")


def said(found) -> str:
    return " ".join(found.get_text(" ").replace("\u00a0", " ").split())


def part(as_, day: Saturday, selector: str) -> str:
    found = soup(as_, day).select_one(selector)
    assert found is not None, selector
    return said(found)


# --- hours of another day -------------------------------------------------------------------------------------


def test_an_opening_and_an_incident_of_another_day_say_which(weekend, as_):
    with clock.freeze(at(20)):
        assert "depuis 9 h" in part(as_, weekend, "#maintenant .rang")
        assert "samedi" not in part(as_, weekend, "#incidents")
    with clock.freeze(at(24 + 8)):
        assert "depuis samedi 9 h" in part(as_, weekend, "#maintenant .rang")
        assert part(as_, weekend, "#incidents .chiffres") == "samedi 14 h 05"
        assert "samedi 9 h Site ouvert" in part(as_, weekend, "#journal")


def test_two_in_the_morning_is_still_the_same_day(weekend, as_):
    with clock.freeze(at(26)):
        assert "depuis 9 h" in part(as_, weekend, "#maintenant .rang")
        assert soup(as_, weekend).select_one("#maintenant form[data-geste] [value=ouvrir]") is None


def test_after_a_week_the_name_of_a_day_is_not_enough(weekend):
    with clock.freeze(at(24 * 8 + 9)):
        assert weekend.day().hour(at(9)).replace("\u00a0", " ") == "sam. 21 nov. 9 h"


# --- a site that nobody closed --------------------------------------------------------------------------------


def test_a_site_that_nobody_closed_says_so_and_offers_both_ways(morning, as_):
    page = soup(as_, morning)
    alert = page.select_one("#maintenant .alerte")
    assert "Le site est ouvert depuis hier 9 h : ferme-le, ou continue." in said(alert)
    assert alert.select_one("a[href='#fermeture']")
    assert page.select_one("#fermeture:not([hidden]) textarea#mot-fermer")
    assert said(page.select_one("#passage summary")) == "Continuer sans attendre"


def test_once_checked_the_big_button_goes_on(morning, as_):
    assert "Encore 7 vérifications importantes" in part(as_, morning, "[data-suite='site::ouvrir']")
    morning.tick_all(Phase.OUVERTURE)
    db.session.commit()
    page = soup(as_, morning)
    assert "Continuer aujourd’hui" in said(page.select_one("[data-suite='site::ouvrir'] form"))
    assert page.select_one("#passage") is None
    assert morning.open().statut is Statut.RECUE
    assert (morning.day().gesture, morning.day().forgotten) == ("suivante", [])


@pytest.mark.both
def test_to_go_on_unchecked_asks_why_and_the_bienveillant_hears(morning, as_, outbox):
    refused = as_(morning.awa).post(f"{morning.url}/entrees", data={"uuid": str(uuid4()), "genre": "site", "valeur": "ouvrir"})
    assert refused.status_code == 422
    page = BeautifulSoup(refused.text, "html5lib")
    assert page.select_one("#passage[open] textarea[autofocus]")
    assert not page.select_one("#mot-fermer[autofocus]")
    assert morning.open(REASON).statut is Statut.RECUE
    critical = [p for p in morning.day().points(Phase.OUVERTURE) if p.critique]
    told = [m for m in outbox() if m.genre == "jour_ouverture"][-1]
    assert (told.adresse, told.faits["motif"], told.faits["lignes"]) == (morning.zoe.email, REASON, [p.label for p in critical])
    assert morning.open().statut is Statut.RECUE  # a second tap begins nothing, and asks nothing
    assert len([m for m in outbox() if m.genre == "jour_ouverture"]) == 2


def test_after_the_last_evening_there_is_nothing_to_go_on_with(weekend, as_):
    with clock.freeze(at(48 + 8)):
        alert = part(as_, weekend, "#maintenant .alerte")
    assert "Le site est ouvert depuis samedi 9 h : ferme-le." in alert
    assert "Continuer" not in alert


@pytest.mark.both
def test_to_go_on_begins_the_day_and_its_checks_are_to_be_done(weekend, as_):
    weekend.tick_all(Phase.OUVERTURE)
    db.session.commit()
    lea = next(a for a in weekend.day().team if a.personne_id == weekend.lea.id and a.mission.titre != "Monter la voûte")
    with clock.freeze(at(24 + 8)):
        weekend.send(tap(Genre.PRESENCE, lea.id, "arrive", when=at(24 + 7.75)))
        weekend.open(REASON)
        db.session.commit()
        day = weekend.day()
        assert (day.state.site, day.is_open_since_before) == (Site.OUVERT, False)
        assert day.forgotten == day.points(Phase.OUVERTURE)
        assert day.people_present == [weekend.lea]  # said this morning: it stays
        assert "depuis 8 h" in part(as_, weekend, "#maintenant .rang")
        assert f"{len(day.forgotten)} vérifications restent à faire" in part(as_, weekend, "#ouverture")


def test_closed_in_the_morning_it_is_the_day_before_that_ends_and_the_opening_is_offered(morning, as_):
    morning.close("Oublié hier soir.")
    day = morning.day()
    assert (day.reopens, day.gesture, day.people_present) == (True, "rouvrir", [])
    assert day.left(Phase.OUVERTURE) == day.points(Phase.OUVERTURE)
    assert part(as_, morning, "#ouverture:not([hidden]) h2:not(.cache)") == "Ouverture"
    assert morning.open(REASON).refusal is None
    assert morning.day().forgotten == day.points(Phase.OUVERTURE)


def test_a_day_that_went_on_and_closes_in_the_evening_is_over(weekend):
    with clock.freeze(at(24 + 8)):
        weekend.open(REASON)
    with clock.freeze(at(24 + 17)):
        weekend.close("Fini.")
        assert (weekend.day().reopens, weekend.day().gesture) == (False, "")


# --- who is there ---------------------------------------------------------------------------------------------


def rows(page: BeautifulSoup, fold: bool) -> list[str]:
    inside = [row for row in page.select("#equipe .presence[id]") if (row.find_parent(id="autres-jours") is not None) == fold]
    return [said(row.select_one(".point, .corps")).removeprefix("Arrivée, ") for row in inside]


def test_today_s_places_are_shown_the_others_are_folded_and_the_number_is_theirs(closed, as_):
    page = soup(as_, closed)
    assert [row.split(" ")[0] for row in rows(page, fold=False)] == ["Awa", "Léa"]
    assert "dim. 22 nov., 9 h · Monter la voûte" in rows(page, fold=False)[1]
    assert {row.split(" ")[0] for row in rows(page, fold=True)} == {"Léa", "Ines"}
    assert said(page.select_one("#autres-jours summary")) == "Les autres jours 2"
    assert said(page.select_one("#equipe .chiffres")).startswith("0 sur 2 sur place")


def test_who_arrived_says_for_which_post_when_they_have_several(closed, as_):
    vault = next(a for a in closed.day().team if a.mission.titre == "Monter la voûte")
    closed.send(tap(Genre.PRESENCE, vault.id, "arrive"))
    page = soup(as_, closed)
    assert "Sur place, 8 h dim. 22 nov., 9 h · Monter la voûte" in rows(page, fold=False)[1]
    assert said(page.select_one("#equipe .chiffres")).startswith("1 sur 2 sur place")


def test_whoever_is_still_on_site_by_yesterday_s_post_is_shown_and_counted(morning, as_):
    page = soup(as_, morning)
    assert said(page.select_one("#equipe .chiffres")).startswith("3 sur 3 sur place")
    shown = rows(page, fold=False)
    assert len(shown) == 4  # Léa waits for her post of today, and is noted by that of yesterday
    assert any(row.startswith("Ines Técher Sur place, samedi 9 h") for row in shown)
    assert page.select_one("#autres-jours") is None


def test_before_it_begins_and_on_one_day_everybody_is_shown(saturday, as_):
    assert len(rows(soup(as_, saturday), fold=False)) == 2
    saturday.action.fin = at(24 + 18)
    with clock.freeze(at(8 - 24)):
        assert len(rows(soup(as_, saturday), fold=False)) == 2
