"""Under the minimum, so many days before: the bienveillant is told, once for each date, and sees it on their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler as annuler_action
from portal.comptes import commands as comptes
from portal.comptes.models import Personne
from portal.db import db
from portal.missions import commands as missions
from portal.missions.models import Mission, annuler, fermer
from portal.notifications import messages, queries
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from tests import builders


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def mission(zoe) -> Mission:
    """Four places, three people at least, told seven days before."""
    return builders.mission(builders.action(zoe), titre="Buvette", places=4, minimum=3)


@pytest.fixture
def told(outbox) -> Callable[[float], list[str]]:
    """The keys of the messages there are, once the worker has looked on that day from now."""

    def look(days: float) -> list[str]:
        db.session.commit()
        with clock.freeze(clock.now() + timedelta(days=days)):
            pass_time()
        return [m.cle for m in outbox() if m.genre == "sous_le_minimum"]

    return look


def key(mission: Mission) -> str:
    return f"mission:{mission.id}:minimum:{int(mission.debut.timestamp())}"


@pytest.mark.both
def test_told_from_that_many_days_before_and_once(zoe, mission, told, outbox):
    starts = (mission.debut - clock.now()) / timedelta(days=1)
    assert told(starts - 7.01) == []
    assert told(starts - 6.99) == [key(mission)]
    assert told(starts - 3) == [key(mission)]
    message = outbox()[-1]
    assert (message.adresse, message.faits["mission"]) == (zoe.email, mission.id)


@pytest.mark.both
@pytest.mark.parametrize("leave", ["erase", "deactivate"])
def test_without_its_bienveillant_any_more_the_admins_are_told_once(zoe, mission, told, outbox, leave):
    ada, ines = (builders.personne(nom, [builders.ADMIN]) for nom in ("Ada Dijoux", "Inès Robert"))
    if leave == "erase":
        comptes.erase(zoe, by=ada)
    else:
        comptes.set_active(zoe, False, by=ada)
    assert told(5) == told(5) == [key(mission), f"{key(mission)}:{ines.id}"]
    assert [m.adresse for m in outbox()[-2:]] == [ada.email, ines.email]
    with clock.freeze(clock.now() + timedelta(days=5)):
        assert queries.short_of_people() == []  # nothing comes back at each look
        assert "n’a plus de compte" in messages.render("sous_le_minimum", outbox()[-1].faits).texte


def test_enough_people_or_no_minimum_is_no_news(zoe, mission, told):
    for _ in range(3):
        builders.hold(mission, builders.personne())
    builders.mission(mission.action, places=4)
    assert told(5) == []


@pytest.mark.both
def test_moved_to_another_date_it_is_looked_at_anew(mission, told):
    first = key(mission)
    assert told(5) == [first]
    mission.debut += timedelta(days=1)
    mission.fin += timedelta(days=1)
    assert told(5) == [first, key(mission)]


def test_neither_before_it_is_published_nor_once_it_has_begun_nor_when_it_fell(zoe, told):
    def short(**fields) -> Mission:
        return builders.mission(builders.action(zoe), places=4, minimum=3, **fields)

    short(published=False)
    missions.decide(short(), annuler, by=zoe, motif="Pluie")
    actions.decide(short().action, annuler_action, by=zoe, motif="Pluie")
    assert told(5) == []
    begun = short(debut=builders.in_days(1, 9), fin=builders.in_days(1, 12))
    assert told((begun.debut - clock.now()) / timedelta(days=1) + 0.01) == []
    closed = short()
    missions.decide(closed, fermer, by=zoe)
    assert told(5) == [key(closed)]  # closed to candidatures, it still lacks people


def test_the_message_says_what_is_missing_and_leads_to_the_two_remedies(mission, told, outbox):
    builders.hold(mission, builders.personne())
    builders.candidature(mission)
    told(5)
    with clock.freeze(clock.now() + timedelta(days=5)):
        text = messages.render(
            "sous_le_minimum", next(m for m in outbox() if m.genre == "sous_le_minimum").faits
        ).texte.replace("\u00a0", " ")
    for words in ("Places prises : 1 sur 4", "Minimum : 3", "Candidatures sans réponse : 1"):
        assert words in text
    assert f"/equipe/renfort/{mission.id}" in text
    assert f"/candidatures/?mission={mission.id}" in text


def test_the_message_is_dropped_once_it_is_no_more_true(mission, told, outbox):
    told(5)
    with clock.freeze(clock.now() + timedelta(days=5)):
        facts = next(m for m in outbox() if m.genre == "sous_le_minimum").faits
        for _ in range(3):
            builders.hold(mission, builders.personne())
        with pytest.raises(Outdated):
            messages.render("sous_le_minimum", facts)


def test_the_home_page_and_the_action_s_say_so_too(as_, zoe, mission):
    client, rose = as_(zoe), as_(builders.bienveillant("Rose"))
    assert "renfort" not in client.get("/").text
    with clock.freeze(clock.now() + timedelta(days=5)):
        home, tab = client.get("/").text, client.get(f"/missions/action/{mission.action_id}").text
        assert "0 sur 4, il en faut 3" in home
        assert f"/equipe/renfort/{mission.id}" in home
        assert "Il en manque" in tab
        assert f"/equipe/renfort/{mission.id}" in tab
        assert "renfort" not in rose.get("/").text
        assert "renfort" not in rose.get(f"/missions/action/{mission.action_id}").text
