"""The day over HTTP: who enters, what each tap answers, with and without htmx."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import func, select

from portal import clock
from portal.actions.models import Etat
from portal.db import db
from portal.jour_j.models import Entree, Genre, Phase
from portal.jour_j.pli import Presence
from portal.journal import EntreeJournal
from tests import builders
from tests.jour_j.conftest import at, tap

HTMX = {"HX-Request": "true"}
REASON = "Tout est vérifié, je coche ensuite."


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html5lib")


def one(page: BeautifulSoup | Tag, selector: str) -> Tag:
    found = page.select_one(selector)
    assert found is not None, selector
    return found


def said_in(page: BeautifulSoup | Tag, selector: str) -> str:
    return " ".join(one(page, selector).get_text(" ", strip=True).split())


def fields(genre: str, cible: object = "", valeur: str = "", **more: str) -> dict[str, str]:
    return {"uuid": str(uuid4()), "genre": genre, "cible": str(cible), "valeur": valeur, **more}


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Entree)) or 0


def journaled() -> list[str]:
    """What the action did on the day, in order."""
    moves = select(EntreeJournal.evenement).where(EntreeJournal.avant.is_not(None)).order_by(EntreeJournal.id)
    return [event for event in db.session.scalars(moves) if event in ("action.ouvrir", "action.clore", "action.rouvrir")]


def name_of(button: Tag) -> str:
    return " ".join(str(button.get("aria-label") or button.get_text(" ", strip=True)).split())


def form_of(page: BeautifulSoup, words: str) -> dict[str, str]:
    """The fields of the first form whose button says these words."""
    button = next(b for b in page.select("form button") if words in name_of(b))
    form = button.find_parent("form")
    assert form is not None
    return {str(i["name"]): str(i.get("value", "")) for i in form.select("input[name], textarea[name]")}


# --- who enters ----------------------------------------------------------------------------------------------

READS = {"AN": 303, "VO": 200, "RF": 200, "BA": 200, "BO": 200, "PM": 200, "TR": 404, "AD": 200}
ACTS = {"AN": 303, "VO": 403, "RF": 303, "BA": 303, "BO": 403, "PM": 403, "TR": 404, "AD": 403}


@pytest.mark.parametrize("who", READS)
def test_who_reads_and_who_acts(saturday, client, as_, who):
    """The lines of the matrix: the day page read, the site opened and closed, programme and checklist ticked."""
    person = builders.cast(saturday.action)[who]
    visitor = as_(person) if person else client
    for path in (saturday.url, f"{saturday.url}/feuille"):
        assert visitor.get(path).status_code == READS[who]
    tick = fields("coche", saturday.jour.points[0].id, "fait")
    answer = visitor.post(f"{saturday.url}/entrees", data=tick)
    undone = visitor.post(f"{saturday.url}/entrees/{tick['uuid']}/annuler")
    allowed = who in ("RF", "BA")
    assert answer.status_code == ACTS[who]
    assert undone.status_code == (404 if who == "VO" else ACTS[who])  # they may undo, and there is nothing
    assert rows() == (2 if allowed else 0)
    assert (answer.headers.get("Location", "").startswith("/jour-j/")) == allowed


def test_a_stranger_with_an_account_sees_nothing(saturday, as_):
    stranger = as_(builders.personne("Inconnu"))
    assert stranger.get(saturday.url).status_code == 404
    assert stranger.get("/jour-j/").status_code == 200


def test_readers_have_no_button(saturday, as_):
    page = soup(as_(builders.bienveillant("Max Autre")).get(saturday.url).text)
    assert page.select("#contenu form") == []
    assert "Issues de secours" in said_in(page, "#ouverture details")


@pytest.mark.parametrize("path", ["/jour-j/999999", "/jour-j/0", "/jour-j/١", "/jour-j/1_0", "/jour-j/999999/feuille"])
def test_a_wrong_address_is_a_404(saturday, as_, path):
    assert as_(saturday.zoe).get(path).status_code == 404


def test_undoing_what_is_not_there_is_a_404(saturday, as_):
    awa = as_(saturday.awa)
    assert awa.post(f"{saturday.url}/entrees/{uuid4()}/annuler").status_code == 404
    assert awa.post(f"{saturday.url}/entrees/rien/annuler").status_code == 404
    other = builders.action(saturday.awa, debut=at(9), fin=at(18))
    tick = fields("coche", saturday.jour.points[0].id, "fait")
    awa.post(f"{saturday.url}/entrees", data=tick)
    assert as_(saturday.zoe).post(f"/jour-j/{other.id}/entrees/{tick['uuid']}/annuler").status_code == 403


# --- what is tapped ------------------------------------------------------------------------------------------


def test_a_double_tap_without_javascript_is_one_row(saturday, as_):
    awa = as_(saturday.awa)
    form = form_of(soup(awa.get(saturday.url).text), "Arrivée, Léa Grondin")
    for _ in range(2):
        answer = awa.post(f"{saturday.url}/entrees", data=form)
        assert (answer.status_code, answer.location) == (303, f"{saturday.url}#place-{form['cible']}")
    assert rows() == 1
    assert saturday.day().state.presence(saturday.held_by(saturday.lea).id) is Presence.ARRIVE


def test_the_whole_day_without_javascript(saturday, as_):
    """Tick, open, start, move on, arrive, note, close, reopen: each from the form that the page shows."""
    awa = as_(saturday.awa)

    def press(words: str, **more: str) -> None:
        form = form_of(soup(awa.get(saturday.url).text), words)
        assert awa.post(f"{saturday.url}/entrees", data=form | more).status_code == 303

    press("Issues de secours")
    press("Ouvrir quand même", mot=REASON)
    press("Commencer : Accueil, petit-déjeuner")
    press("Commencer : Visite")
    press("Commencer : Jeux lontan")
    press("Arrivée, Léa Grondin")
    press("Noter l’incident", mot="Verre cassé, balayé.")
    press("Fermer quand même", mot="Alarme en panne.")
    press("Rouvrir le site")
    state = saturday.day().state
    assert journaled() == ["action.ouvrir", "action.clore", "action.rouvrir"]
    assert [state.step(s.id).etat for s in saturday.steps[:3]] == ["en_cours", "termine", "en_cours"]
    assert [i.mot for i in state.incidents] == ["Verre cassé, balayé."]
    assert (saturday.day().present, saturday.day().expected) == (1, 2)


def test_someone_forgot_to_press(saturday, as_):
    visit = saturday.steps[2].id
    awa = as_(saturday.awa)
    awa.post(f"{saturday.url}/entrees", data=fields("etape", visit, "debut"))
    awa.post(f"{saturday.url}/entrees", data=fields("etape", visit, "debut", il_y_a="10"))
    assert saturday.day().state.step(visit).debut == at(9) - timedelta(minutes=10)


@pytest.mark.parametrize(
    "wrong", [{"il_y_a": "600"}, {"genre": "jauge"}, {"uuid": ""}, {"uuid": "x\x00"}, {"valeur": "brûler"}]
)
def test_what_no_button_sends_is_a_422(saturday, as_, wrong):
    tick = fields("coche", saturday.jour.points[0].id, "fait")
    assert as_(saturday.awa).post(f"{saturday.url}/entrees", data=tick | wrong).status_code == 422
    assert rows() == 0


def test_a_line_that_was_said_takes_itself_back(saturday, as_):
    awa, point = as_(saturday.awa), saturday.jour.points[0]
    awa.post(f"{saturday.url}/entrees", data=fields("coche", point.id, "fait"))
    assert form_of(soup(awa.get(saturday.url).text), "Issues de secours")["valeur"] == "defait"


def test_the_name_of_somebody_present_erases_nothing(saturday, as_):
    """It is among the other gestures; from the toast too, for those who have just tapped."""
    awa, place = as_(saturday.awa), saturday.held_by(saturday.lea).id
    awa.post(f"{saturday.url}/entrees", data=fields("presence", place, "arrive"))
    page = soup(awa.get(saturday.url).text)
    assert said_in(page, ".toast p") == "Arrivée : Léa Grondin."
    assert len(page.select(".toast form")) == 1
    row = one(page, f"#place-{place}")
    shown = [name_of(b) for b in row.select("button") if not b.find_parent(hidden=True)]
    erase = "Par erreur : effacer l’arrivée, Léa Grondin"
    assert shown == ["Départ, Léa Grondin", erase]
    awa.post(f"{saturday.url}/entrees", data=form_of(page, erase))
    assert saturday.day().state.presence(place) is Presence.ATTENDU


def test_an_item_started_twice_is_one_line_of_the_journal_and_both_are_heard(saturday, as_):
    visit = saturday.steps[2].id
    for minutes, who in ((0, saturday.awa), (2, saturday.zoe)):
        with clock.freeze(at(9 + minutes / 60)):
            phone = as_(who)
            assert phone.post(f"{saturday.url}/entrees", data=fields("etape", visit, "debut")).status_code == 303
            page = soup(phone.get(saturday.url).text)
    assert said_in(page, ".toast p") == "Déjà commencée : Visite."
    assert page.select(".toast form") == []
    assert [said_in(line, "p") for line in page.select("#journal li")] == ["9 h Début : Visite"]
    assert (rows(), saturday.day().state.step(visit).debut) == (2, at(9))  # both are kept: should the first be taken back


def test_beyond_the_last_taps_the_whole_journal_takes_any_of_them_back(saturday, as_):
    awa, lea, first = as_(saturday.awa), as_(saturday.lea), saturday.jour.points[0]
    saturday.send(tap(Genre.COCHE, first.id, "fait"))
    assert "Tout le journal" not in awa.get(saturday.url).text
    for n in range(12):
        saturday.send(tap(Genre.COCHE, saturday.jour.points[1].id, "defait" if n % 2 else "fait"))
    db.session.commit()
    link = one(soup(awa.get(saturday.url).text), "#journal details p > a")
    [*_, oldest] = soup(awa.get(str(link["href"])).text).select("li.personne")
    assert first.texte in oldest.get_text()
    assert not soup(lea.get(str(link["href"])).text).select("li.personne form")  # they are not hers
    form = one(oldest, "form")
    said = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    assert awa.post(str(form["action"]), data=said).headers["Location"] == f"{saturday.url}/journal"
    assert str(first.id) not in saturday.day().state.ticks


def test_each_tap_can_be_taken_back_from_its_toast(saturday, as_):
    awa = as_(saturday.awa)
    awa.post(f"{saturday.url}/entrees", data=fields("etape", saturday.steps[2].id, "debut"))
    toast = one(soup(awa.get(saturday.url).text), ".toast")
    assert said_in(toast, "p") == "Commencée : Visite."
    assert awa.post(str(one(toast, "form")["action"])).status_code == 303
    assert saturday.day().track.current is None
    line = soup(awa.get(saturday.url).text).select("#journal li")
    assert "Annulation" in line[0].get_text()
    assert line[1].s is not None


def test_an_opening_offers_no_way_back_and_refuses_one(saturday, as_):
    awa = as_(saturday.awa)
    opening = fields("site", "", "ouvrir", mot=REASON)
    awa.post(f"{saturday.url}/entrees", data=opening)
    assert soup(awa.get(saturday.url).text).select(".toast form") == []
    refused = awa.post(f"{saturday.url}/entrees/{opening['uuid']}/annuler")
    assert refused.status_code == 409
    assert "ne s’annule pas" in refused.text
    assert saturday.action.etat is Etat.EN_COURS


def test_opening_without_a_reason_asks_for_one(saturday, as_):
    answer = as_(saturday.awa).post(f"{saturday.url}/entrees", data=fields("site", "", "ouvrir"))
    assert answer.status_code == 422
    assert "dis en quelques mots pourquoi" in answer.text
    one(soup(answer.text), "details[open] textarea#mot-ouvrir[required][autofocus]")
    assert saturday.action.etat is Etat.CONFIRMEE


def test_the_site_does_not_open_days_ahead(saturday, as_):
    """A tap ten days early would end the action before it began."""
    awa = as_(saturday.awa)
    with clock.freeze(saturday.action.debut - timedelta(days=10)):
        early = awa.post(f"{saturday.url}/entrees", data=fields("site", "", "ouvrir", mot="pour voir"))
        assert "pas encore le moment" in early.text
    assert early.status_code == 409
    assert saturday.action.etat is Etat.CONFIRMEE
    with clock.freeze(saturday.action.debut - timedelta(hours=20)):
        saturday.tick_all(Phase.OUVERTURE)
        assert "Ouvrir le site" in one(soup(awa.get(saturday.url).text), ".barre").text


def test_an_opening_and_a_closing_show_the_top_of_the_page_again(saturday, as_):
    awa = as_(saturday.awa)
    for said in (fields("site", "", "ouvrir", mot=REASON), fields("site", "", "fermer", mot="fini")):
        assert awa.post(f"{saturday.url}/entrees", data=said).location == f"{saturday.url}#maintenant"


def test_an_incident_that_is_too_long_keeps_its_words(saturday, as_):
    answer = as_(saturday.awa).post(f"{saturday.url}/entrees", data=fields("incident", mot="Longue histoire. " * 200))
    assert answer.status_code == 422
    assert said_in(soup(answer.text), "textarea#mot-incident").startswith("Longue histoire.")


def test_a_refusal_says_why(saturday, as_):
    awa = as_(saturday.awa)
    answer = awa.post(f"{saturday.url}/entrees", data=fields("site", "", "fermer", mot="fini"), headers=HTMX)
    assert answer.status_code == 409
    assert "Le site n’est pas ouvert." in answer.text
    assert awa.post(f"{saturday.url}/entrees", data=fields("coche", 10**8, "fait")).status_code == 422


def test_no_token_changes_nothing(saturday, as_):
    tick = fields("coche", saturday.jour.points[0].id, "fait")
    assert as_(saturday.awa).post(f"{saturday.url}/entrees", data=tick, csrf=False).status_code == 400
    assert rows() == 0


def test_a_tap_known_by_its_key_is_that_tap_whatever_else_is_said(saturday, as_):
    client, said = as_(saturday.awa), fields("incident", mot="Une table manque")
    for more in ({}, {"genre": "1e400"}, {"genre": "annule", "valeur": "x" * 300}):
        assert client.post(f"{saturday.url}/entrees", data=said | more).status_code == 303
    assert rows() == 1
