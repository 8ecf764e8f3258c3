"""The programme of a real day: what taps make of it, what is about to break, whose hour has moved."""

from __future__ import annotations

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import Etape
from portal.db import db
from portal.jour_j import refus
from portal.jour_j.commands import Statut, undoing
from portal.jour_j.deroule import HeldByTheClock, NoMore
from portal.jour_j.models import Genre
from tests.jour_j.conftest import Saturday, at, tap

NBSP = "\u00a0"


@pytest.fixture
def day(saturday) -> Saturday:
    """9 h welcome, 10 h visit, 11 h round table, 12 h the meal at its hour, 13 h 30 concert which must end at 14 h 30."""
    for titre, start, end, more in (
        ("Ronkozé", 11, 12, {"lieu": "Grande case"}),
        ("Concert", 13.5, 14.5, {"butoir": True}),
    ):
        saturday.steps.append(
            actions.add_step(saturday.action, by=saturday.zoe, titre=titre, debut=at(start), fin=at(end), **more)
        )
    db.session.commit()
    saturday.open("Tout est vérifié.")
    return saturday


def step(day: Saturday, titre: str) -> Etape:
    return next(s for s in day.steps if s.titre.startswith(titre))


def begin(day: Saturday, titre: str) -> None:
    assert day.send(tap(Genre.ETAPE, step(day, titre).id, "debut"))[0].statut is Statut.RECUE


def hour(day: Saturday, titre: str) -> str:
    return f"{clock.local(day.day().slots[step(day, titre).id].debut):%H:%M}"


def said(day: Saturday) -> list[str]:
    return [a.words.replace(NBSP, " ") for a in day.day().deroule.alertes]


# --- taps ----------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_longer_put_off_exchanged_and_each_is_undone(day):
    visit, talk = step(day, "Visite"), step(day, "Ronkozé")
    longer, later = tap(Genre.DUREE, visit.id, "65"), tap(Genre.DECALE, visit.id, "10")
    swap = tap(Genre.ECHANGE, visit.id, str(talk.id))
    assert [o.statut for o in day.send(longer, later, swap)] == [Statut.RECUE] * 3
    assert (hour(day, "Ronkozé"), hour(day, "Visite")) == ("10:10", "11:10")
    day.send(*(undoing(t.uuid, at=clock.now()) for t in (swap, later)))
    assert (hour(day, "Visite"), hour(day, "Ronkozé")) == ("10:00", "11:05")
    assert (visit.debut, visit.fin) == (at(10), at(11))


def test_the_order_of_the_page_and_the_big_button_follow(day):
    visit, talk = step(day, "Visite"), step(day, "Ronkozé")
    begin(day, "Accueil")
    day.send(tap(Genre.ECHANGE, visit.id, str(talk.id)))
    now = day.day()
    titles = [item.titre for _, items in now.programme for item in items]
    assert titles.index("Ronkozé") < titles.index("Visite")
    assert now.track.next.titre == "Ronkozé"
    begin(day, "Ronkozé")
    assert day.day().track.next.titre == "Visite"


def refused(day: Saturday, genre: Genre, cible: object, valeur: object) -> type | None:
    refusal = day.send(tap(genre, cible, str(valeur)))[0].refusal
    return type(refusal) if refusal else None


def test_what_is_refused_and_why(day):
    visit, talk, meal = step(day, "Visite"), step(day, "Ronkozé"), step(day, "Repas")
    assert refused(day, Genre.DUREE, visit.id, "0") is refus.NotATap
    assert refused(day, Genre.DECALE, visit.id, "demain") is refus.NotATap
    assert refused(day, Genre.DUREE, 999, "10") is refus.NotOfThisDay
    assert refused(day, Genre.ECHANGE, visit.id, "x") is refus.NotOfThisDay
    assert refused(day, Genre.DECALE, meal.id, "5") is HeldByTheClock
    assert refused(day, Genre.ECHANGE, talk.id, meal.id) is NoMore
    assert refused(day, Genre.ECHANGE, talk.id, visit.id) is NoMore
    assert refused(day, Genre.ECHANGE, visit.id, talk.id) is None
    assert refused(day, Genre.ECHANGE, visit.id, talk.id) is NoMore


def test_an_exchange_of_what_has_begun_meanwhile_is_refused(day):
    begin(day, "Visite")
    assert refused(day, Genre.ECHANGE, step(day, "Visite").id, step(day, "Ronkozé").id) is NoMore


def test_an_item_does_not_give_its_place_to_one_that_was_passed(day):
    day.send(tap(Genre.ETAPE, step(day, "Ronkozé").id, "passe"))
    assert refused(day, Genre.ECHANGE, step(day, "Visite").id, step(day, "Ronkozé").id) is NoMore


def test_the_journal_says_what_was_made_of_it(day):
    visit, talk = step(day, "Visite"), step(day, "Ronkozé")
    day.send(tap(Genre.DUREE, visit.id, "65"), tap(Genre.DECALE, visit.id, "-5"), tap(Genre.ECHANGE, visit.id, str(talk.id)))
    words = [line.words.replace(NBSP, " ") for line in day.day().journal[:3]]
    assert words == [
        "Étapes échangées : Visite, après Ronkozé",
        "Suite décalée : 5 min plus tôt, à partir de Visite",
        "Durée changée : Visite, 1 h 05",
    ]


# --- what is about to break ----------------------------------------------------------------------------------


def test_a_fixed_hour_is_defended_before_it_is_broken(day):
    begin(day, "Accueil")
    with clock.freeze(at(10.25)):
        assert said(day) == ["« Repas, carry poulet » (12 h, heure fixe) aurait 15 min de retard."]
        day.send(tap(Genre.DUREE, step(day, "Ronkozé").id, "45"))
        assert said(day) == []


def test_a_hard_end_is_defended_before_it_is_broken(day):
    day.send(tap(Genre.DECALE, step(day, "Concert").id, "20"))
    assert said(day) == ["« Concert » finirait à 14 h 50, 20 min après son heure limite."]


def test_a_fixed_hour_that_has_passed_says_so_until_it_begins(day):
    begin(day, "Ronkozé")
    day.send(tap(Genre.ETAPE, step(day, "Ronkozé").id, "fin", when=at(9)))
    with clock.freeze(at(12.1)):
        assert said(day) == ["« Repas, carry poulet » (12 h, heure fixe) devrait avoir commencé."]
        begin(day, "Repas")
        assert said(day) == []


def test_what_was_passed_or_is_over_breaks_nothing(day):
    day.send(tap(Genre.DECALE, step(day, "Concert").id, "20"), tap(Genre.ETAPE, step(day, "Concert").id, "passe"))
    assert said(day) == []


def test_what_was_jumped_over_breaks_nothing(day):
    """The fireworks have begun: neither the meal nor the concert is waited for."""
    day.steps.append(actions.add_step(day.action, by=day.zoe, titre="Feu", debut=at(14.5), fin=at(15)))
    day.send(tap(Genre.DECALE, step(day, "Concert").id, "20"))
    with clock.freeze(at(12.5)):
        assert len(said(day)) == 2
        begin(day, "Feu")
        assert said(day) == []


# --- who is told, who clashes --------------------------------------------------------------------------------


def answers(day: Saturday, titre: str, personne) -> None:
    step(day, titre).responsable_id = personne.id
    db.session.flush()


def test_who_answers_for_an_item_is_told_from_five_minutes_on(day):
    answers(day, "Visite", day.lea)
    visit = step(day, "Visite")
    day.send(tap(Genre.DECALE, visit.id, "4"))
    assert day.day().deroule.slipped(day.lea.id) == []
    day.send(tap(Genre.DECALE, visit.id, "1"))
    assert day.day().deroule.slipped(day.lea.id) == [visit]
    assert day.day().deroule.slipped(day.awa.id) == []
    begin(day, "Visite")
    assert day.day().deroule.slipped(day.lea.id) == []


def test_one_person_at_two_items_that_did_not_meet_by_plan(day):
    day.steps.append(actions.add_step(day.action, by=day.zoe, titre="Podcast", debut=at(11), fin=at(11.5), piste="Studio"))
    answers(day, "Visite", day.lea)
    answers(day, "Podcast", day.lea)
    answers(day, "Jeux", day.lea)  # all day, beside the others: that was the plan
    assert day.day().deroule.heurts == []
    day.send(tap(Genre.DECALE, step(day, "Visite").id, "10"))
    (heurt,) = day.day().deroule.heurts
    assert (heurt.first.titre, heurt.second.titre, heurt.same_person) == ("Visite", "Podcast", True)
    assert heurt.lasts.total_seconds() == 600


def test_one_place_for_two_items(day):
    day.steps.append(
        actions.add_step(day.action, by=day.zoe, titre="Chorale", debut=at(12), fin=at(13), piste="Scène", lieu="Grande case")
    )
    day.send(tap(Genre.DUREE, step(day, "Ronkozé").id, "75"))
    (heurt,) = day.day().deroule.heurts
    assert (heurt.second.titre, heurt.same_person) == ("Chorale", False)
