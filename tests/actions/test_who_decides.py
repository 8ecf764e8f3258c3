"""Who closes a validation: a pôle's member, a bienveillant or an admin, but nobody who set the action up."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions import interpole, relais
from portal.actions.models import Etat
from portal.db import db
from portal.poles.models import Genre
from tests import builders

MINUTE = {"favorable": "favorable", "ou": "reunion", "presents": "Culture, Sport", "compte_rendu": "Oui."}


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Sport", "Jardin")


@pytest.fixture
def action(zoe, house):
    """One that would close online."""
    made = builders.in_validation(zoe, house["Culture"])
    for voice in house.values():
        builders.opinion(made, voice, builders.favorable())
    return made


@pytest.fixture
def gina(app):
    """Of a groupe, and of no pôle."""
    found = builders.personne("Gina Payet")
    builders.pole("Cuisine", Genre.GROUPE, members=[found])
    return found


def ways_to_decide(visitor, action) -> list[int]:
    minute = MINUTE | {"le": str(clock.today())}
    posts: tuple[tuple[str, dict[str, str]], ...] = (("valider", {}), ("decision", minute), ("decision?reunion=1", minute))
    return [visitor.post(f"/actions/{action.id}/{path}", data=data).status_code for path, data in posts]


def main(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib").main


def is_offered(visitor, action) -> bool:
    pages = (f"/actions/{action.id}/validation", f"/actions/reunion?action={action.id}")
    return any(main(visitor.get(page)).select("#decider form, #decision form") for page in pages)


def test_a_groupe_has_no_voice_in_it(as_, action, gina):
    visitor = as_(gina)
    assert not is_offered(visitor, action)
    assert ways_to_decide(visitor, action) == [403] * 3
    db.session.expire_all()
    assert action.etat is Etat.EN_VALIDATION


def test_whoever_is_of_a_pole_as_well_does(as_, action, gina, house):
    builders.join(gina, house["Sport"].pole)
    db.session.commit()
    assert is_offered(as_(gina), action)
    assert as_(gina).post(f"/actions/{action.id}/valider").status_code == 303


@pytest.mark.both
def test_a_relay_makes_nobody_a_stranger_to_what_they_set_up(as_, action, zoe):
    rose = builders.bienveillant("Rose Técher")
    relais.offer(action, to=rose, by=zoe)
    relais.accept(action, by=rose)
    db.session.commit()
    for before in (zoe, rose):
        assert not is_offered(as_(before), action)
        assert ways_to_decide(as_(before), action) == [403] * 3
    with pytest.raises(interpole.OwnAction):
        interpole.close(action, by=zoe)
    assert as_(builders.bienveillant("Bruno Ozoux")).post(f"/actions/{action.id}/valider").status_code == 303


@pytest.mark.both
def test_nor_does_a_bienveillant_who_takes_it_from_an_admin_who_stood_in(as_, house):
    """An admin keeps a request to be taken until a bienveillant takes it."""
    ada, rose = builders.personne("Ada Dijoux", [builders.ADMIN]), builders.bienveillant("Rose Técher")
    made = builders.request()
    for who in (ada, rose):
        relais.take(made, by=who)
    interpole.propose(made, house["Culture"].pole, by=rose)
    interpole.take(made, by=house["Culture"].member)
    db.session.commit()
    assert not is_offered(as_(ada), made)
    assert ways_to_decide(as_(ada), made) == [403] * 3
    with pytest.raises(interpole.OwnAction):
        interpole.close(made, by=ada)


def test_whoever_was_only_offered_the_relay_decides(as_, action, zoe):
    rose = builders.bienveillant("Rose Técher")
    relais.offer(action, to=rose, by=zoe)
    relais.leave(action, by=rose)
    db.session.commit()
    assert as_(rose).post(f"/actions/{action.id}/valider").status_code == 303


# --- in front of everybody -----------------------------------------------------------------------------------


def test_the_meeting_says_to_each_why_they_do_not_note_it(as_, action, zoe):
    tara = builders.personne("Tara Robert", [builders.TRESORIER])
    own, others = (main(as_(who).get("/actions/reunion")).select_one("#decision").get_text() for who in (zoe, tara))
    assert "Tu montes cette action" in own
    assert "Tu montes" not in others
    assert "Un membre d’un pôle la note" in others


@pytest.mark.parametrize("others", [0, 1, 2])
def test_the_meeting_shows_no_other_action_for_one_that_is_decided(as_, action, zoe, house, others):
    for n in range(others):
        builders.in_validation(zoe, house["Culture"], titre=f"Autre {n}")
    bruno = as_(builders.bienveillant("Bruno Ozoux"))
    bruno.post(f"/actions/{action.id}/valider")
    page = main(bruno.get(f"/actions/reunion?action={action.id}"))
    assert "Cette action n’attend pas de décision\u00a0: validée." in page.get_text()
    assert page.select(f"a[href='/actions/{action.id}/validation']")
    assert not page.select("form")
    assert len(page.select("a[href='/actions/reunion']")) == bool(others)
