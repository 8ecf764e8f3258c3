"""« Non conforme »: somebody looked, it is not as it should be, and the bienveillant hears of it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.db import db
from portal.jour_j import refus
from portal.jour_j.commands import Statut, undoing
from portal.jour_j.models import Genre, Phase
from portal.jour_j.pli import NON_CONFORME
from portal.notifications import messages
from tests.jour_j.conftest import at, tap

FAULT = "Barre anti-panique coincée, porte condamnée par une chaise."


@pytest.fixture
def point(saturday):
    return saturday.day().points(Phase.OUVERTURE)[0]


def fault(point, mot: str = FAULT, **more):
    return tap(Genre.COCHE, point.id, NON_CONFORME, mot, **more)


@pytest.mark.both
def test_it_wants_a_word_and_tells_the_bienveillant_at_once(saturday, point, outbox):
    refused = saturday.send(fault(point, ""))[0].refusal
    assert isinstance(refused, refus.FaultMissing)
    assert outbox() == []
    assert saturday.send(fault(point))[0].statut is Statut.RECUE
    [message] = outbox()
    assert (message.genre, message.adresse) == ("point_non_conforme", saturday.zoe.email)
    letter = messages.render(message.genre, message.faits)
    assert letter.objet.replace("\u00a0", " ") == f"Non conforme : {point.texte}"
    for words in (point.texte, FAULT, "Awa Payet, à 9 h", f"/jour-j/{saturday.action.id}", saturday.action.titre):
        assert words in letter.texte.replace("\u00a0", " ")


def test_sent_again_it_is_one_message_and_said_by_the_bienveillant_none(saturday, point, outbox):
    said = fault(point)
    saturday.send(said, said)
    saturday.send(said)
    assert len(outbox()) == 1
    saturday.send(fault(point), by=saturday.zoe)
    assert len(outbox()) == 1


def test_it_was_looked_at_but_a_critical_one_still_asks_for_the_reason(saturday, point, outbox):
    saturday.tick_all(Phase.OUVERTURE)
    with clock.freeze(at(9.1)):
        saturday.send(fault(point))
        assert saturday.day().left(Phase.OUVERTURE) == []
        refusal = saturday.open().refusal
        assert isinstance(refusal, refus.ReasonWanted)
        assert refusal.left == [point]
        assert saturday.open("Un voisin garde la porte.").statut is Statut.RECUE
    assert outbox()[-1].faits["lignes"] == [f"{point.texte} (non conforme)"]


def test_one_that_is_not_critical_opens_without_a_word(saturday, outbox):
    saturday.tick_all(Phase.OUVERTURE)
    minor = next(p for p in saturday.day().points(Phase.OUVERTURE) if not p.critique)
    with clock.freeze(at(9.1)):
        saturday.send(fault(minor))
        assert saturday.open().statut is Statut.RECUE
    assert [m.genre for m in outbox()] == ["point_non_conforme"]


def test_mended_it_is_done_and_undone_it_is_as_before(saturday, point):
    said = fault(point)
    saturday.send(said)
    saturday.send(undoing(said.uuid, at=clock.now()))
    assert point in saturday.day().left(Phase.OUVERTURE)
    with clock.freeze(at(9.1)):
        saturday.send(fault(point))
    with clock.freeze(at(9.2)):
        saturday.send(tap(Genre.COCHE, point.id, "fait"))
        mark = saturday.day().mark(point)
    assert (mark.valeur, mark.quand) == ("fait", at(9.2))


def test_said_again_with_other_words_it_is_the_last_ones_that_count(saturday, point):
    for hour, mot in ((9.1, "Coincée."), (9.2, "Débloquée, mais la gâche est tordue.")):
        with clock.freeze(at(hour)):
            saturday.send(fault(point, mot))
    assert saturday.day().mark(point).mot == "Débloquée, mais la gâche est tordue."


def test_it_stays_in_sight_once_the_site_is_open(saturday, point, as_):
    saturday.send(fault(point))
    with clock.freeze(at(9.1)):
        saturday.tick_all(Phase.OUVERTURE)
        saturday.send(fault(point))
    with clock.freeze(at(9.2)):
        saturday.open("On surveille.")
        assert saturday.day().forgotten == [point]
        text = as_(saturday.awa).get(saturday.url).text
    assert "1 vérification reste à faire" in text.replace("\u00a0", " ")


# --- on the page ---------------------------------------------------------------------------------------------


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html5lib")


def form_of(page: BeautifulSoup, label: str) -> dict[str, str]:
    button = page.select_one(f'button[aria-label="{label}"]')
    assert button is not None
    form = button.find_parent("form")
    return {str(i["name"]): str(i.get("value", "")) for i in form.select("input[name]:not([type=file]), textarea[name]")}


def test_the_plain_form_says_it_keeps_its_words_and_one_tap_mends_it(saturday, point, as_):
    awa, url, label = as_(saturday.awa), f"{saturday.url}/entrees", f"Non conforme\u00a0: {point.texte}"
    form = form_of(soup(awa.get(saturday.url).text), label)
    kept = awa.post(url, data=form | {"mot": "trop long " * 300})
    assert kept.status_code == 422
    assert soup(kept.text).select_one(f"details[open] textarea#mot-coche-{point.id}[autofocus]").text.startswith("trop long")
    assert awa.post(url, data=form).status_code == 422
    assert awa.post(url, data=form | {"mot": FAULT}).status_code == 303
    page = soup(awa.get(saturday.url).text)
    line = page.select_one(f"#point-{point.id}")
    assert line["data-etat"] == NON_CONFORME
    assert f"Non conforme, Awa, 9 h : {FAULT}" in " ".join(line.get_text(" ").replace("\u00a0", " ").split())
    tick = line.select_one("form")
    assert [tick.select_one("button")["aria-pressed"], tick.select_one("[name=valeur]")["value"]] == ["false", "fait"]
    assert "Encore 6 vérifications importantes, 1 non conforme" in page.select_one("#geste").text


def test_once_all_was_looked_at_the_numbers_say_what_is_wrong_and_the_reason_is_already_written(saturday, point, as_):
    saturday.tick_all(Phase.OUVERTURE)
    with clock.freeze(at(9.1)):
        saturday.send(fault(point))
        db.session.commit()
        page = soup(as_(saturday.awa).get(saturday.url).text)
    text = {
        block: " ".join(page.select_one(block).get_text(" ").split()) for block in ("#maintenant nav", "#ouverture .chiffres")
    }
    assert "Ouverture 1 non conforme 8/9" in text["#maintenant nav"]
    assert text["#ouverture .chiffres"] == "8 sur 9, 1 non conforme"
    big = page.select_one("#geste a")
    assert (big.get_text(strip=True), big["href"]) == ("1 non conforme", "#passage")
    assert page.select_one("#mot-ouvrir").text == f"{point.texte}\u00a0: {FAULT}"


def test_who_only_reads_reads_it(saturday, point, as_):
    saturday.send(fault(point))
    db.session.commit()
    page = soup(as_(saturday.lea).get(saturday.url).text)
    assert "Non conforme, Awa" in page.select_one("#ouverture").get_text()
    assert page.select("#ouverture form") == []
