"""Many yes at the same instant: two web processes, real threads, both databases; nothing is ever promised twice."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from portal.besoins import commands
from portal.besoins.models import Besoin, Etat, Occupation, Pret, confirmer
from portal.besoins.stock import peak
from portal.db import db
from tests import builders
from tests.test_races import badge
from tests.test_races import crowd as crowd  # a fixture

pytestmark = [pytest.mark.both, pytest.mark.proof]


def confirm(*besoins: Besoin) -> list[tuple[str, dict[str, str]]]:
    return [(f"/besoins/{besoin.id}/confirmer", {}) for besoin in besoins]


def press(crowd, headers, posts) -> list[int]:
    pressed = crowd.press([(path, fields, headers) for path, fields in posts])
    db.session.expire_all()
    return sorted(answer.status for answer in pressed)


def promised_twice() -> list[tuple[int, int]]:
    """Pairs of firm bookings of one space that share an instant."""
    firm = list(db.session.scalars(select(Occupation).where(Occupation.ferme)))
    return [
        (a.id, b.id)
        for a in firm
        for b in firm
        if a.id < b.id and a.espace_id == b.espace_id and a.debut < b.fin and b.debut < a.fin
    ]


def test_a_space_and_one_inside_it_are_never_both_firm(crowd, house, as_, size, record_property):
    """200 rounds are the size that the issue names."""
    headers, passed = badge(as_(house.gina)), Counter[str]()
    rounds = size(3, 200)
    for turn in range(rounds):
        slot = {"debut": builders.in_days(10 + turn, 9), "fin": builders.in_days(10 + turn, 18)}
        two = [
            builders.besoin(house.action(f"Action {turn}", **slot), house.groupe, space)
            for space in ((house.site, house.salle) if turn % 2 else (house.salle, house.case))
        ]
        assert press(crowd, headers, confirm(*two)) == [303, 409]
        assert sorted(b.etat for b in two) == [Etat.A_CONFIRMER, Etat.CONFIRME]
        passed[next(b.titre for b in two if b.etat is Etat.CONFIRME)] += 1
        db.session.commit()
    assert promised_twice() == []
    record_property("courses d’espaces", f"{rounds}, gagnées par {dict(passed)}")


def test_two_actions_confirmed_at_once_do_not_share_a_space(crowd, house, as_, size):
    """Their options overlap: the first that is confirmed has it, the other keeps its state."""
    headers = badge(as_(house.zoe))
    for turn in range(size(2, 50)):
        slot = {"debut": builders.in_days(10 + turn, 9), "fin": builders.in_days(10 + turn, 18)}
        two = [house.action(f"Action {turn}", confirmed=False, **slot) for _ in range(2)]
        for action, space in zip(two, (house.site, house.salle), strict=True):
            commands.answer(builders.besoin(action, house.groupe, space), confirmer, by=house.gina)
        posts = [(f"/actions/{action.id}/enregistrer", {"motif": "vu en réunion"}) for action in two]
        assert press(crowd, headers, posts) == [303, 409]
        assert sorted(action.etat for action in two) == ["confirmee", "sollicitee"]
        db.session.commit()
    assert promised_twice() == []


def test_the_chairs_are_never_lent_beyond_their_number(crowd, house, as_, size):
    headers = badge(as_(house.gina))
    for turn in range(size(2, 50)):
        slot = {"debut": builders.in_days(10 + turn, 9), "fin": builders.in_days(10 + turn, 18)}
        several = [builders.besoin(house.action(**slot), house.groupe, house.chairs, quantite=30) for _ in range(4)]
        assert press(crowd, headers, confirm(*several)) == [303, 303, 409, 409]
        db.session.commit()
    loans = db.session.execute(select(Pret.debut, Pret.fin, Pret.quantite))
    assert peak((debut, fin, many) for debut, fin, many in loans) == 60


def test_yes_and_no_at_once_are_one_answer(crowd, house, as_, size):
    headers, action = badge(as_(house.gina)), house.action()
    for _ in range(size(2, 50)):
        besoin = builders.besoin(action, house.groupe)
        posts = [*confirm(besoin), (f"/besoins/{besoin.id}/refuser", {"motif": "Non"})]
        assert press(crowd, headers, posts) == [303, 409]
        assert besoin.is_answered
        db.session.commit()
