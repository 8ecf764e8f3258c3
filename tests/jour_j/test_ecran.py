"""What an open screen is given when it asks again: nothing, or the blocks that changed, drawn once for who sees the same."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import select

from portal import clock
from portal.comptes.models import NomRole, Session
from portal.comptes.queries import LONGEST_SESSION, SESSION_LIFE
from portal.db import db
from portal.jour_j import commands
from portal.jour_j.models import Genre, Phase
from portal.missions.models import Nature
from tests import builders
from tests.jour_j.conftest import at, tap

HTMX = {"HX-Request": "true"}
REASON = "Tout est vérifié, je coche ensuite."
LIVE = {"maintenant", "messages", "moi", "ouverture", "equipe", "programme", "incidents", "fermeture", "journal"}
ACTS, READS = LIVE | {"geste"}, LIVE | {"referents"}
SEEN = {"max": READS, "lea": READS | {"geste"}}  # the others run the day


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html5lib")


def block(page: BeautifulSoup, id: str) -> str:
    """Without what only the whole page holds: the token and the uuid of its forms."""
    part = page.select_one(f"#{id}")
    assert isinstance(part, Tag), id
    for field in part.select("input[name=uuid], input[name=csrf_token]"):
        field.decompose()
    return part.prettify()


class Screen:
    """One person's open page, that asks as jour.js does."""

    def __init__(self, client, url: str):
        self.client = client
        self.question = self._question(soup(client.get(url).text))

    def _question(self, page: BeautifulSoup) -> str:
        return str(page.select_one("#direct")["hx-get"])

    def ask(self) -> dict[str, str]:
        """The blocks that are given, by id."""
        answer = self.client.get(self.question, headers=HTMX)
        if answer.status_code == 204:
            return {}
        page = soup(answer.text)
        self.question = self._question(page)
        given = [str(e["id"]) for e in page.select("[hx-swap-oob][id]") if e["id"] != "direct"]
        return {id: block(page, id) for id in given}


@pytest.fixture
def screen(as_, saturday):
    return lambda who: Screen(as_(who), saturday.url)


@pytest.mark.parametrize("who", ["awa", "lea", "max"])
def test_at_the_first_change_it_is_given_what_the_page_now_has_then_nothing(saturday, as_, who):
    client = as_(builders.bienveillant("Max Autre") if who == "max" else getattr(saturday, who))
    shown = Screen(client, saturday.url)
    assert shown.ask() == {}
    saturday.open(REASON)
    db.session.commit()
    given, page = shown.ask(), soup(client.get(saturday.url).text)
    assert given == {id: block(page, id) for id in SEEN.get(who, ACTS)}
    assert shown.ask() == {}


def test_then_only_the_blocks_that_changed(saturday, screen):
    awa, lea = screen(saturday.awa), screen(saturday.lea)
    saturday.open(REASON)
    db.session.commit()
    awa.ask()
    lea.ask()
    saturday.send(tap(Genre.JAUGE, "", "+1"))
    db.session.commit()
    assert awa.ask().keys() == {
        "maintenant",
        "equipe",
        "fermeture",
    }  # the roll call and the closing say how many the public are
    assert lea.ask().keys() == {"maintenant"}
    saturday.send(tap(Genre.ETAPE, saturday.steps[2].id, "debut"))
    db.session.commit()
    assert awa.ask().keys() == {"maintenant", "programme", "journal", "geste", "fermeture"}  # it runs: a closing would say so
    assert lea.ask().keys() == {"maintenant", "programme", "journal"}


def test_a_minute_later_what_depends_on_the_hour(saturday, screen):
    awa = screen(saturday.awa)
    saturday.open(REASON)
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    awa.ask()
    late = saturday.steps[1].fin + timedelta(minutes=10)
    with clock.freeze(late):
        assert {"maintenant", "programme"} <= awa.ask().keys()
    with clock.freeze(late + timedelta(seconds=20)):
        assert awa.ask() == {}


def test_it_counts_the_minutes_down(saturday, as_):
    """Until what runs ought to end, and what follows to begin."""
    saturday.open(REASON)
    saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
    db.session.commit()
    due = saturday.steps[1].fin - saturday.steps[1].debut
    for later, words in ((timedelta(minutes=1), "encore"), (due + timedelta(minutes=5, seconds=1), "dépasse de 5 min")):
        with clock.freeze(at(9) + later):
            page = soup(as_(saturday.awa).get(saturday.url).text)
            assert words in " ".join(page.select_one("#maintenant .quand .rebours").get_text().split())
    assert "dans" in page.select_one("#maintenant .bas .rebours")["data-avant"]


def test_a_block_that_it_does_not_own_up_to_is_given_again(saturday, screen):
    """The phone drew a tap over it, which may never count."""
    awa = screen(saturday.awa)
    saturday.open(REASON)
    db.session.commit()
    awa.ask()
    url = urlsplit(awa.question)
    known = [mark for mark in parse_qs(url.query)["vu"] if not mark.startswith("equipe.")]
    awa.question = f"{url.path}?{'&'.join(f'vu={mark}' for mark in known)}"
    assert awa.ask().keys() == {"equipe"}


def test_its_forms_hold_nothing_that_belongs_to_one_reader(saturday, as_):
    saturday.open(REASON)
    db.session.commit()
    given = as_(saturday.awa).get(f"{saturday.url}/etat", headers=HTMX).text
    assert given.count("data-geste") > 30
    assert "csrf_token" not in given
    assert 'name="uuid"' not in given


# --- what is shared -------------------------------------------------------------------------------------------


@pytest.fixture
def people(saturday):
    """Each sees something that another does not: who runs it, who is in charge, who holds a line, who only reads."""
    chief = builders.personne("Noé Hoarau")
    builders.hold(builders.mission(saturday.action, nature=Nature.CHARGE_DE_MISSION), chief)
    other = builders.personne("Ève Rivière")
    builders.hold(builders.mission(saturday.action, nature=Nature.REFERENT), other)
    max_, ada = builders.bienveillant("Max Autre"), builders.personne("Ada Admin", roles=[NomRole.ADMIN])
    saturday.open(REASON)
    lea, step = saturday.held_by(saturday.lea), saturday.steps[2]
    saturday.send(tap(Genre.PRESENCE, lea.id, "arrive"), tap(Genre.PRESENCE, saturday.held_by(saturday.awa).id, "arrive"))
    line, close = saturday.day().points(Phase.FERMETURE), saturday.jour.points[-1]
    first = saturday.day().points(Phase.OUVERTURE)[0]
    saturday.send(tap(Genre.CONFIE, first.id, str(lea.id)))
    saturday.send(tap(Genre.PRESENCE, lea.id, "parti"), by=saturday.lea)
    saturday.send(tap(Genre.INCIDENT, "", "leger", "Une écharde."), by=chief)
    saturday.send(tap(Genre.CONFIE, line[0].id, str(lea.id)), tap(Genre.COCHE, close.id, "non_conforme", "Fuite."))
    saturday.send(tap(Genre.INCIDENT, "", "leger", "Verre cassé."), tap(Genre.MESSAGE, "", "", "Venez à 10 h."))
    saturday.send(tap(Genre.CHARGE, saturday.zoe.id, "passe"), tap(Genre.ETAPE, step.id, "debut"))
    step.responsable_id = chief.id
    saturday.send(tap(Genre.DECALE, saturday.steps[3].id, "30"))
    saturday.steps[3].responsable_id = max_.id  # who only reads, and whose item slips
    db.session.commit()
    return [saturday.zoe, saturday.awa, other, chief, saturday.lea, max_, ada]


@pytest.mark.parametrize("closed", [False, True])
def test_each_is_given_the_page_that_is_theirs_whoever_asked_before(app, saturday, people, as_, closed):
    if closed:
        saturday.close("Rien d’autre.")
        db.session.commit()
    clients = {person.nom: as_(person) for person in people}
    pages = {nom: soup(client.get(saturday.url).text) for nom, client in clients.items()}
    assert len({str(page.select_one("#maintenant")) for page in pages.values()}) > (2 if closed else 4)
    for order in list(permutations(clients))[::700]:
        app.extensions.pop("screens", None)
        for nom in order:
            given = soup(clients[nom].get(f"{saturday.url}/etat", headers=HTMX).text)
            ids = {str(e["id"]) for e in given.select("[hx-swap-oob][id]")} - {"direct"}
            assert ids in (ACTS, READS, SEEN["lea"])
            for id in ids:
                assert block(given, id) == block(pages[nom], id), (nom, id, order)


@pytest.mark.parametrize("more", [0, 6])
def test_whoever_asks_next_reads_nothing_of_the_day(saturday, as_, count_queries, more):
    for n in range(more):
        builders.hold(builders.mission(saturday.action), builders.personne(f"Personne {n}"))
    saturday.open(REASON)
    clients, url = [as_(person) for person in (saturday.zoe, saturday.awa, saturday.lea)], f"{saturday.url}/etat"
    with clock.freeze(at(9.1)):
        clients[0].get(url, headers=HTMX)
        for client, cost in zip(clients, (2, 3, 3), strict=True):  # who asks, the day, what they are to it
            with count_queries() as statements:
                client.get(url, headers=HTMX)
            assert len(statements) == cost


@pytest.mark.parametrize("who", ["zoe", "awa", "lea"])
def test_that_nothing_is_new_costs_one_query(saturday, as_, count_queries, who):
    screen = Screen(as_(getattr(saturday, who)), saturday.url)
    with count_queries() as statements:
        assert screen.ask() == {}
    assert len(statements) == 1


def revoke(session: Session) -> None:
    db.session.delete(session)


def deactivate(session: Session) -> None:
    session.personne.desactive_le = clock.now()


def forget(session: Session) -> None:
    session.vue_le = clock.now() - SESSION_LIFE


def outlive(session: Session) -> None:
    session.ouverte_le = clock.now() - LONGEST_SESSION


@pytest.mark.parametrize("end", [revoke, deactivate, forget, outlive])
def test_whose_session_is_over_is_not_even_told_that_nothing_is_new(saturday, as_, end):
    screen = Screen(as_(saturday.lea), saturday.url)
    asks_as_jour_js = {"Accept": "application/json"}
    assert screen.client.get(screen.question, headers=asks_as_jour_js).status_code == 204
    end(db.session.scalars(select(Session).where(Session.personne_id == saturday.lea.id)).one())
    db.session.commit()
    assert screen.client.get(screen.question, headers=asks_as_jour_js).status_code == 401


def test_nor_is_whoever_made_up_their_cookie_nor_of_another_day(saturday, as_):
    screen = Screen(as_(saturday.lea), saturday.url)
    elsewhere = screen.question.replace(saturday.url, f"/jour-j/{saturday.action.id + 1}")
    assert screen.client.get(elsewhere).status_code == 404
    screen.client.remember(_user_id="x" * 43)
    assert screen.client.get(screen.question, headers={"Accept": "application/json"}).status_code == 401


def test_whoever_may_see_the_day_no_more_is_told_so_at_once_if_it_changed_then_within_a_minute(saturday, as_):
    screen, held = Screen(as_(saturday.lea), saturday.url), saturday.held_by(saturday.lea)
    held.libere_le = clock.now()
    db.session.commit()
    assert screen.client.get(screen.question, headers=HTMX).status_code == 204
    with clock.freeze(at(9) + timedelta(minutes=1)):
        assert screen.client.get(screen.question, headers=HTMX).status_code == 404


# --- what no block says: the page is another -----------------------------------------------------------------


def gain(saturday, who) -> None:
    builders.hold(builders.mission(saturday.action, debut=at(9), fin=at(20)), who)


def lose(saturday, who) -> None:
    saturday.held_by(who).libere_le = clock.now()


@pytest.mark.parametrize(("before", "after"), [(None, gain), (gain, lose)])
def test_whoever_gains_or_loses_a_place_opens_the_page_anew(saturday, as_, before, after):
    who = builders.bienveillant("Max Autre")
    saturday.open(REASON)
    if before:
        before(saturday, who)
    db.session.commit()
    screen = Screen(as_(who), saturday.url)
    screen.ask()
    after(saturday, who)
    commands.touch(saturday.action.id)
    db.session.commit()
    answer = screen.client.get(screen.question, headers=HTMX)
    assert (answer.status_code, answer.headers["X-Refaire"]) == (204, "1")


def test_another_referent_is_named_on_the_screens_that_are_open(saturday, as_):
    saturday.open(REASON)
    db.session.commit()
    screen = Screen(as_(saturday.lea), saturday.url)
    screen.ask()
    lose(saturday, saturday.awa)
    noe = builders.personne("Noé Hoarau", telephone="+262692999999")
    builders.hold(builders.mission(saturday.action, nature=Nature.REFERENT), noe)
    commands.touch(saturday.action.id)
    db.session.commit()
    given = screen.ask()["referents"]
    assert "Noé Hoarau" in given
    assert "Awa" not in given


def test_the_answer_says_to_whom(saturday, as_):
    screen = Screen(as_(saturday.lea), saturday.url)
    for _ in range(2):
        assert screen.client.get(screen.question, headers=HTMX).headers["X-Compte"] == str(saturday.lea.id)
        saturday.open(REASON)
        db.session.commit()
