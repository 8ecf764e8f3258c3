"""An action and its programme pulled from two sides at once: two web processes, both databases; one order, one date."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions import commands, decalage
from portal.actions.processus import decaler
from portal.besoins import commands as besoins
from portal.besoins.models import Besoin, Etat, Occupation, confirmer
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles.models import Genre
from tests import builders
from tests.actions.test_decaler import at
from tests.besoins.test_races import promised_twice
from tests.test_races import badge, count
from tests.test_races import crowd as crowd  # a fixture

pytestmark = [pytest.mark.both, pytest.mark.proof]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "La cour est prise."


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def hands(zoe, as_):
    """Its bienveillant's, and an admin's."""
    return badge(as_(zoe)), badge(as_(builders.personne("Ada Dijoux", [builders.ADMIN])))


def programme(action, *lengths: int):
    """Items of so many hours, one after the other, by their letter."""
    made, start = {}, action.debut
    for letter, hours in zip("ABCD", lengths, strict=False):
        made[letter] = commands.add_step(action, by=action.bienveillant, titre=letter, debut=start, fin=start + hours * HOUR)
        start += hours * HOUR
    return made


def swapped(order: str, letter: str, way: str) -> str:
    """The order once that one has changed places with its neighbour, if it has one there."""
    here = order.index(letter)
    there = here + (1 if way == "descendre" else -1)
    letters = list(order)
    if 0 <= there < len(letters):
        letters[here], letters[there] = letters[there], letters[here]
    return "".join(letters)


def journaled(action, event) -> int:
    return count(EntreeJournal, EntreeJournal.evenement == event.key, EntreeJournal.action_id == action.id)


MOVES = [  # pulled at once from the order ABCD
    (("A", "descendre"), ("B", "descendre")),
    (("B", "descendre"), ("C", "monter")),
    (("A", "descendre"), ("A", "descendre")),
    (("B", "monter"), ("D", "monter")),
    (("C", "descendre"), ("D", "monter")),
]


def test_two_who_reorder_one_programme_at_once_lose_and_double_nothing(crowd, zoe, hands, size, record_property):
    orders, rounds = Counter[str](), size(5, 200)
    for turn in range(rounds):
        one, two = MOVES[turn % len(MOVES)]
        action = builders.action(zoe, fin=builders.in_days(10, 21))
        made = programme(action, 1, 2, 1, 3)
        paths = [f"/actions/{action.id}/programme/{made[letter].id}/{way}" for letter, way in (one, two)]
        pressed = crowd.press([(path, {}, hand) for path, hand in zip(paths, hands, strict=True)])
        assert {answer.status for answer in pressed} <= {303, 409}
        db.session.expire_all()
        found = sorted(action.programme, key=lambda etape: etape.debut)
        order = "".join(etape.titre for etape in found)
        assert order in {swapped(swapped("ABCD", *one), *two), swapped(swapped("ABCD", *two), *one)}
        assert [etape.debut for etape in found[1:]] == [etape.fin for etape in found[:-1]]  # neither a hole nor an overlap
        assert {e.titre: e.fin - e.debut for e in found} == {"A": HOUR, "B": 2 * HOUR, "C": HOUR, "D": 3 * HOUR}
        moved = count(
            EntreeJournal, EntreeJournal.evenement == commands.deplacer_etape.key, EntreeJournal.action_id == action.id
        )
        assert moved == [answer.status for answer in pressed].count(303)
        orders[order] += 1
    record_property("ordres", f"{rounds} courses : {dict(orders)}")


def announced(action, by, new) -> dict[str, str]:
    """What the preview of that move sends back."""
    move = decalage.shift(action, by=by, debut=new, fin=new + (action.fin - action.debut), motif=WHY)
    db.session.rollback()
    return {"debut": at(new), "motif": WHY, "annonce": move.cle}


@pytest.mark.parametrize("same", [True, False], ids=["to the same date", "to two dates"])
def test_two_who_move_one_action_at_once_move_it_once(crowd, zoe, hands, size, same):
    for _ in range(size(2, 100)):
        action = builders.action(zoe)
        programme(action, 1, 2)
        mission = builders.mission(action)
        builders.hold(mission, builders.personne())
        need = builders.besoin(action, builders.pole(f"Jardin {action.id}", Genre.GROUPE, members=[builders.personne()]))
        db.session.commit()
        old = action.debut
        dates = [old + 7 * DAY, old + (7 if same else 9) * DAY]
        forms = [announced(action, zoe, new) for new in dates]
        posts = [(f"/actions/{action.id}/decaler", form, hand) for form, hand in zip(forms, hands, strict=True)]
        statuses = [answer.status for answer in crowd.press(posts)]
        # Whoever comes second finds that nothing moves any more (422), or reads what their move would do now (200).
        assert sorted(statuses) in ([200, 303], [303, 422])
        db.session.expire_all()
        delta = dates[statuses.index(303)] - old
        assert [action.debut - old, mission.debut - old, need.debut - old] == [delta] * 3
        assert [etape.debut - old for etape in action.programme] == [delta, delta + HOUR]
        assert journaled(action, decaler) == 1


def test_a_move_and_a_firm_booking_of_where_it_goes_never_both_pass(crowd, zoe, hands, as_, size, record_property):
    gina = builders.personne("Gina Payet")
    groupe, won = builders.pole("Mobilier", Genre.GROUPE, members=[gina]), Counter[str]()
    site = builders.espace("Le site")
    case, rounds = builders.espace("La case", site), size(3, 200)
    says_yes = badge(as_(gina))
    for turn in range(rounds):
        day = builders.in_days(10 + 2 * turn, 9)
        moving = builders.action(zoe, titre=f"Part {turn}", debut=day, fin=day + 9 * HOUR)
        staying = builders.action(zoe, titre=f"Reste {turn}", debut=day + DAY, fin=day + DAY + 9 * HOUR)
        held = builders.besoin(moving, groupe, case)
        besoins.answer(held, confirmer, by=gina)
        asked = builders.besoin(staying, groupe, site if turn % 2 else case)
        db.session.commit()
        form = announced(moving, zoe, day + DAY)
        posts = [(f"/actions/{moving.id}/decaler", form, hands[0]), (f"/besoins/{asked.id}/confirmer", {}, says_yes)]
        moved, promised = (answer.status for answer in crowd.press(posts))
        db.session.expire_all()
        assert {moved, promised} == {303, 409}
        assert moving.debut - day == (DAY if moved == 303 else timedelta())
        assert db.session.get(Besoin, asked.id).etat is (Etat.CONFIRME if promised == 303 else Etat.A_CONFIRMER)
        assert set(db.session.scalars(select(Occupation.ferme).where(Occupation.besoin_id == held.id))) == {True}
        won["décalée" if moved == 303 else "promise"] += 1
        db.session.commit()
    assert promised_twice() == []
    record_property("décaler contre réserver", f"{rounds} courses : {dict(won)}")
