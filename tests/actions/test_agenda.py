"""The agenda: what everybody sees of it, what the house sees, day by day as La Réunion lives them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import commands
from portal.actions.agenda import FIRM, OPTIONS, Mois, days_of
from portal.actions.models import STOPPED, Action, Etat, reading
from portal.actions.processus import WORKFLOW, annuler
from portal.db import db
from portal.workflow import fire
from tests import builders

PAGE = "/actions/agenda"
NOON = datetime(2026, 12, 4, 8, tzinfo=UTC)  # Friday 4 December 2026, 12 h at La Réunion


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture(autouse=True)
def december(app):
    with clock.freeze(NOON):
        yield


def here(day: int, hour: float, month: int = 12, year: int = 2026) -> datetime:
    return clock.start_of(date(year, month, day)) + timedelta(hours=hour)


def public(zoe, titre: str = "Kabar", first: datetime | None = None, last: datetime | None = None, **fields: Any) -> Action:
    slot = {"debut": first or here(12, 9), "fin": last or here(12, 18)}
    return builders.action(zoe, titre=titre, publique=True, **slot | fields)


def soup(answer) -> BeautifulSoup:
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def by_day(answer) -> dict[str, list[str]]:
    """What the month's grid says of each day that has something."""
    days = soup(answer).select(".mois-grille td")
    found = {day.time["datetime"]: [e.select_one(".etendu, .quoi").text.strip() for e in day.select(".rdv")] for day in days}
    return {day: titles for day, titles in found.items() if titles}


def listed(answer) -> list[str]:
    return [title.text for title in soup(answer).select(".mission .quoi")]


def words(answer) -> str:
    return " ".join(soup(answer).main.get_text(" ").split())


def moved(action: Action, *slugs: str) -> Action:
    for slug in slugs:
        fire(WORKFLOW.get(slug), action, by=action.bienveillant, motif="vu ensemble")
    return action


# --- days --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (here(12, 9), here(12, 18), [12]),
        (here(12, 20), here(13, 2), [12]),  # one evening
        (here(12, 20), here(13, 0), [12]),
        (here(12, 20), here(13, 6), [12, 13]),
        (here(12, 1), here(12, 4), [12]),  # in the night, it is that day's all the same
        (here(11, 18), here(13, 2), [11, 12]),
        (here(11, 9), here(14, 17), [11, 12, 13, 14]),
        (here(12, 0), here(13, 0), [12]),
    ],
)
def test_an_action_is_on_each_day_that_it_reaches(first, last, days):
    assert days_of(Action(debut=first, fin=last)) == [date(2026, 12, day) for day in days]


def test_a_day_is_la_reunions(zoe, client):
    """At 0 h 30 there on the 12th, it is the 11th for UTC."""
    public(zoe, first=here(12, 0.5), last=here(12, 8))
    assert list(by_day(client.get(PAGE))) == ["2026-12-12"]
    with clock.freeze(here(12, 0.5)):
        assert soup(client.get(PAGE)).select_one("td.aujourdhui").time["datetime"] == "2026-12-12"


def test_an_evening_is_one_and_several_days_are_each_there(zoe, client):
    public(zoe, "Soirée", here(12, 20), here(13, 2))
    public(zoe, "Résidence", here(14, 9), here(16, 17))
    page = client.get(PAGE)
    assert by_day(page) == {
        "2026-12-12": ["Soirée"],
        "2026-12-14": ["Résidence"],
        "2026-12-15": ["Résidence"],
        "2026-12-16": ["Résidence"],
    }
    hours = [e.text.replace("\u00a0", " ") for e in soup(page).select(".rdv .heures .long")]
    assert hours == ["20 h à 2 h", "9 h jusqu’au mercredi 16 décembre, 17 h", "toute la journée", "jusqu’à 17 h"]


def test_the_days_that_have_something_lead_to_it(zoe, client):
    public(zoe, first=here(12, 9), last=here(12, 18))
    public(zoe, "Hier", here(3, 9), here(3, 18))
    page = soup(client.get(PAGE))
    there, past = page.select('nav[aria-label="Les jours du mois"] a')[::-1]
    assert (there["aria-label"].replace("\u00a0", " "), there["href"]) == ("samedi 12 décembre, 1 action", "#j-2026-12-12")
    assert page.find(id="j-2026-12-12").time["datetime"] == "2026-12-12"
    assert past["href"] == f"{PAGE}?mois=2026-12#j-2026-12-03"  # that day is folded away on a phone
    whole = soup(client.get(f"{PAGE}?mois=2026-12")).select('nav[aria-label="Les jours du mois"] a')
    assert [a["href"] for a in whole] == ["#j-2026-12-03", "#j-2026-12-12"]


def test_the_grid_is_whole_weeks_from_monday(client):
    days = [day["datetime"] for day in soup(client.get(PAGE)).select("td time")]
    assert (days[0], days[-1], len(days)) == ("2026-11-30", "2027-01-03", 35)
    outside = [day.time["datetime"] for day in soup(client.get(PAGE)).select("td.hors")]
    assert outside == ["2026-11-30", "2027-01-01", "2027-01-02", "2027-01-03"]


def test_holidays_show_in_the_month_and_in_the_list(zoe, client):
    feasts = {d.time["datetime"]: d.select_one(".fete").text for d in soup(client.get(PAGE)).select("td.ferie")}
    assert feasts == {"2026-12-20": "Abolition de l’esclavage", "2026-12-25": "Noël", "2027-01-01": "Jour de l’An"}
    public(zoe, first=here(20, 9), last=here(20, 18))
    assert "Dimanche 20 décembre Abolition de l’esclavage" in words(client.get(f"{PAGE}?vue=liste"))


# --- months ------------------------------------------------------------------------------------------------------


def test_one_goes_from_month_to_month(zoe, client):
    public(zoe, "En janvier", here(9, 9, 1, 2027), here(9, 12, 1, 2027))
    links = {a["rel"][0]: a["href"] for a in soup(client.get(PAGE)).select("a[rel]") if a["rel"][0] in ("prev", "next")}
    assert links == {"prev": f"{PAGE}?mois=2026-11", "next": f"{PAGE}?mois=2027-01"}
    assert by_day(client.get(links["next"])) == {"2027-01-09": ["En janvier"]}
    assert soup(client.get(links["prev"])).select_one("h2").text == "Novembre 2026"


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "26-12", "1999-12", "2101-01", "2026-12-01", "１２", "", "x" * 500, "\0"]
)
def test_a_month_that_is_none_is_the_present_one(client, text):
    assert Mois.read(text) is None
    page = client.get(PAGE, query_string={"mois": text, "vue": text, "pole": text, "qui": text, "page": text})
    assert soup(page).select_one("h2").text == "Décembre 2026"


@pytest.mark.parametrize(("edge", "rel"), [("2000-01", "prev"), ("2100-12", "next")])
def test_the_calendar_has_an_end(client, edge, rel):
    assert not soup(client.get(f"{PAGE}?mois={edge}")).select(f"a[rel~={rel}]")


def test_on_a_phone_the_present_month_begins_today_unless_one_asks(client):
    assert "a-venir" in soup(client.get(PAGE)).table["class"]
    assert "a-venir" not in soup(client.get(f"{PAGE}?mois=2026-12")).table["class"]


@pytest.mark.parametrize(
    ("day", "query", "words"),
    [
        (3, "", ["Plus rien d’ici la fin du mois."]),
        (3, "?mois=2026-12", []),
        (5, "", []),
        (3, "?mois=2026-11", ["Rien ce mois-ci."]),  # in its last week, which a phone does not show
    ],
)
def test_a_phone_is_told_that_nothing_is_left_to_see(zoe, client, day, query, words):
    with clock.freeze(NOON - timedelta(days=10)):
        public(zoe, "Kabar", here(day, 9), here(day, 12))
    assert [line.text for line in soup(client.get(PAGE + query)).select(".sourdine.au-telephone")] == words


def test_everybody_keeps_the_month_from_one_view_to_the_other(client):
    for query in ("?mois=2027-03", "?mois=2027-03&vue=liste"):
        month, listing = (view["href"] for view in soup(client.get(PAGE + query)).select('nav[aria-label="Vue"] a'))
        assert month == f"{PAGE}?mois=2027-03"
        assert {"mois=2027-03", "vue=liste"} == set(listing.partition("?")[2].split("&"))


def test_the_list_begins_today_or_with_the_month_that_is_asked_for(zoe, client):
    with clock.freeze(NOON - timedelta(days=10)):
        public(zoe, "Passée", here(2, 9), here(2, 12))
    public(zoe, "En ce moment", here(3, 9), here(5, 12))
    public(zoe, "Demain", here(5, 14), here(5, 16))
    assert listed(client.get(f"{PAGE}?vue=liste")) == ["En ce moment", "Demain"]
    assert listed(client.get(f"{PAGE}?vue=liste&mois=2026-11")) == ["Passée", "En ce moment", "Demain"]
    assert listed(client.get(f"{PAGE}?vue=liste&mois=2027-01")) == []


# --- what everybody sees -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_public_sees_what_is_public_and_firm(zoe, client):
    public(zoe, "Publique")
    builders.action(zoe, titre="Privée", debut=here(12, 9), fin=here(12, 18))
    public(zoe, "Option", confirmed=False)
    moved(public(zoe, "Annulée"), "annuler")
    moved(public(zoe, "Revenue au devis"), "revenir_au_devis")
    moved(public(zoe, "En cours"), "ouvrir")
    moved(public(zoe, "Terminée"), "ouvrir", "clore")
    moved(public(zoe, "Soldée"), "ouvrir", "clore", "solder_sans_facture")
    shown = ["Publique", "En cours", "Terminée", "Soldée"]
    assert by_day(client.get(PAGE)) == {"2026-12-12": shown}
    assert listed(client.get(f"{PAGE}?vue=liste")) == shown


def test_nothing_is_said_of_who_asks_and_who_carries(zoe, client):
    public(zoe, pole_porteur=builders.pole("Culture"))
    for url in (PAGE, f"{PAGE}?vue=liste", f"{PAGE}.ics"):
        said = client.get(url).get_data(as_text=True)
        for secret in ("DAL974", "dal@example.org", "Zoé", "Hoarau", "Culture", "Confirmée", "patrimoine"):
            assert secret not in said, url


def test_who_belongs_to_no_pole_sees_what_the_public_sees(zoe, as_):
    public(zoe, "Publique")
    builders.action(zoe, titre="Privée", debut=here(12, 9), fin=here(12, 18))
    assert by_day(as_(builders.personne()).get(f"{PAGE}?qui=miennes&pole=1")) == {"2026-12-12": ["Publique"]}


def test_a_tick_on_the_sheet_makes_it_public(zoe, as_, client):
    action, mine = builders.action(zoe, debut=here(12, 9), fin=here(12, 18)), as_(zoe)
    url, ticked = f"/actions/{action.id}/modifier", []
    for changed, shown in (({"publique": "y"}, {"2026-12-12": ["Fête du moulin"]}), ({}, {})):
        form = soup(mine.get(url)).select_one("form.formulaire")
        ticked.append(form.find(id="publique").has_attr("checked"))
        assert mine.post(url, data=typed(form) | changed).status_code == 303
        assert by_day(client.get(PAGE)) == shown
        assert ("Agenda public Elle y est" in words(mine.get(f"/actions/{action.id}"))) is bool(changed)
    assert ticked == [False, True]


def typed(form) -> dict[str, str]:
    """What the form would send untouched, but for its boxes."""
    fields = {e["name"]: e.get("value", "") for e in form.select("input[name]") if e.get("type") != "checkbox"}
    fields |= {e["name"]: e.text.removeprefix("\n") for e in form.select("textarea")}
    return fields | {e["name"]: (e.select_one("[selected]") or e.option)["value"] for e in form.select("select")}


def test_hostile_words_are_only_words(zoe, client, as_):
    hostile = "\"'><svg/onload=alert(1)> <div hx-post=/x>"
    public(zoe, hostile, lieu=hostile)
    for who in (client, as_(zoe)):
        for url in (PAGE, f"{PAGE}?vue=liste"):
            answer = who.get(url)
            assert "<svg/onload" not in answer.text
            assert hostile in words(answer)


@pytest.mark.both
def test_the_public_page_is_kept_and_never_stale(zoe, client, count_queries):
    action = public(zoe)
    first = client.get(PAGE)
    assert "Set-Cookie" not in first.headers
    with count_queries() as asked:
        again = client.get(PAGE, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, len(asked)) == (304, 0)  # the version alone was read, past the session
    commands.decide(action, annuler, by=zoe, motif="pluie")
    assert by_day(client.get(PAGE)) == {}


# --- what the house sees -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_house_sees_options_and_firm_actions_and_who_carries_them(zoe, as_):
    culture = builders.pole("Culture")
    builders.action(zoe, titre="Privée", debut=here(12, 9), fin=here(12, 18), pole_porteur=culture)
    builders.action(zoe, titre="Demandée", debut=here(13, 9), fin=here(13, 18), confirmed=False)
    moved(public(zoe, "Refusée", confirmed=False), "refuser")
    page = as_(builders.personne("Tara", [builders.TRESORIER])).get(PAGE)
    assert by_day(page) == {"2026-12-12": ["Privée"], "2026-12-13": ["Demandée"]}
    firm, option = soup(page).select(".rdv")
    assert "option" not in firm["class"]
    assert "Pôle Culture · Zoé Hoarau" in " ".join(firm.text.split())
    assert "option" in option["class"]
    assert option.select_one(".etat").text == "Sollicitée"
    assert option.a["href"] == "/actions/2"


@pytest.mark.parametrize("view", ["", "vue=liste&"])
def test_the_house_narrows_it_by_pole_and_to_ones_own(zoe, as_, view):
    culture, jardin = builders.pole("Culture"), builders.pole("Jardin")
    rose = builders.bienveillant("Rose Vitry")
    for who, pole in ((zoe, culture), (zoe, jardin), (rose, culture)):
        builders.action(who, titre=f"{pole.nom} de {who.prenom}", debut=here(12, 9), fin=here(12, 18), pole_porteur=pole)

    def shown(query: str) -> list[str]:
        answer = as_(zoe).get(f"{PAGE}?{view}{query}")
        return listed(answer) if view else [titre for titres in by_day(answer).values() for titre in titres]

    assert shown(f"pole={culture.id}") == ["Culture de Zoé", "Culture de Rose"]
    assert shown("qui=miennes") == ["Culture de Zoé", "Jardin de Zoé"]
    assert shown(f"qui=miennes&pole={culture.id}") == ["Culture de Zoé"]
    assert len(shown("pole=")) == 3


def test_ones_own_are_those_of_ones_poles_too(zoe, as_):
    member = builders.personne("Paul")
    culture = builders.pole("Culture", members=[member])
    for pole in (culture, builders.pole("Jardin")):
        builders.action(zoe, titre=pole.nom, debut=here(12, 9), fin=here(12, 18), pole_porteur=pole)
    assert by_day(as_(member).get(f"{PAGE}?qui=miennes")) == {"2026-12-12": ["Culture"]}


def test_a_filter_is_said_and_taken_off_in_a_tap(zoe, as_):
    culture = builders.pole("Culture")
    chips = soup(as_(zoe).get(f"{PAGE}?qui=miennes&pole={culture.id}&vue=liste")).select(".actifs a")
    assert {a.text: a["href"] for a in chips} == {
        "Pôle Culture": f"{PAGE}?vue=liste&qui=miennes",
        "Moi et mes pôles": f"{PAGE}?vue=liste&pole={culture.id}",
    }
    assert not soup(as_(zoe).get(f"{PAGE}?pole=99")).select(".actifs a")


def test_filters_stay_from_month_to_month(zoe, as_):
    links = [a["href"] for a in soup(as_(zoe).get(f"{PAGE}?qui=miennes&pole=7")).select("a[rel]")]
    assert f"{PAGE}?pole=7&qui=miennes&mois=2027-01" in links


def test_two_actions_at_the_same_time_are_marked(zoe, as_, client):
    public(zoe, "Matin", here(12, 9), here(12, 12))
    public(zoe, "Midi", here(12, 12), here(12, 14))  # touching is no clash
    builders.action(zoe, titre="Option", debut=here(12, 11), fin=here(12, 13), confirmed=False)
    moved(public(zoe, "Annulée", here(12, 9), here(12, 18)), "annuler")
    page = soup(as_(zoe).get(PAGE))
    told = {e.a.text.strip(): e.select_one(".conflit").text.strip() for e in page.select(".rdv") if e.select_one(".conflit")}
    assert told == {
        "Matin": "En même temps que Option",
        "Option": "En même temps que Matin, Midi",
        "Midi": "En même temps que Option",
    }
    assert "En même temps que Option" in words(as_(zoe).get(f"{PAGE}?vue=liste&pole=0"))
    assert not soup(client.get(PAGE)).select(".conflit")


def test_a_clash_with_what_the_filters_hide_is_marked_all_the_same(zoe, as_):
    builders.action(zoe, titre="Mienne", debut=here(12, 9), fin=here(12, 12))
    builders.action(builders.bienveillant("Rose"), titre="Sienne", debut=here(12, 10), fin=here(14, 12))
    page = as_(zoe).get(f"{PAGE}?qui=miennes")
    assert by_day(page) == {"2026-12-12": ["Mienne"]}
    assert "En même temps que Sienne" in words(page)


def test_what_is_over_clashes_no_more(zoe, as_):
    for titre in ("Une", "Autre"):
        moved(public(zoe, titre), "ouvrir", "clore")
    assert not soup(as_(zoe).get(PAGE)).select(".conflit")


@pytest.mark.both
@pytest.mark.parametrize(("query", "cost"), [("", (2, 4)), ("vue=liste", (3, 5))])
def test_it_costs_the_same_for_one_and_for_many(zoe, as_, client, count_queries, query, cost):
    culture, url = builders.pole("Culture"), f"{PAGE}?{query}"
    seen = []
    house = as_(zoe)
    for number in (1, 2):
        for day in range(number):
            public(builders.bienveillant(f"Rose {number}{day}"), f"{number}-{day}", here(10 + day, 9), pole_porteur=culture)
        for who in (client, house):
            db.session.commit()
            with count_queries() as asked:
                who.get(url)
            seen.append(len(asked))
    assert seen == [*cost, *cost]


def test_the_sheet_of_an_action_reads_the_tick_too(zoe):
    action = builders.action(zoe)
    before = reading(action.sheet)
    action.publique = True
    assert reading(action.sheet) != before


def test_each_state_is_an_option_firm_or_fallen():
    assert frozenset(Etat) == OPTIONS | FIRM | STOPPED
    assert not OPTIONS & FIRM
    assert not (OPTIONS | FIRM) & STOPPED
