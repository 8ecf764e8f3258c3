"""A deposit, rate by rate: its parts make the amount that was agreed, to the cent wherever TVA can fall on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.devis.chiffrage import WHOLE, Ligne, Part, half_up, totaux
from portal.factures.compte import credited, deposit, exceeds, left

lines = st.lists(
    st.builds(Ligne, st.integers(1, 5_000), st.integers(1, 500_00), st.sampled_from([0, 210, 850, 2000])),
    min_size=1,
    max_size=8,
)


def whole(parts):
    return sum(part.base + part.tva for part in parts)


def test_without_tva_it_is_the_amount_itself():
    assert deposit(324_00, [Part(0, 1_080_00, 0)]) == [Part(0, 324_00, 0)]


def test_each_rate_keeps_its_weight():
    parts = [Part(850, 1000_00, 85_00), Part(210, 500_00, 10_50)]
    found = deposit(478_65, parts)
    assert found == [Part(850, 300_00, 25_50), Part(210, 150_00, 3_15)]


def test_an_amount_that_no_base_reaches_is_the_nearest_below():
    taxes = {base + half_up(base * 850, WHOLE) for base in range(1, 200)}
    missed = next(cents for cents in range(1, 150) if cents not in taxes)
    assert whole(deposit(missed, [Part(850, 1000_00, 85_00)])) == missed - 1


def test_of_nothing_there_is_no_deposit():
    with pytest.raises(ValueError, match="weights"):
        deposit(10, [Part(850, 0, 0)])


@pytest.mark.hypothesis
@given(lines, st.integers(1, 100))
def test_it_is_never_above_what_was_agreed_nor_a_cent_below_for_each_rate(drawn, percent):
    sums = totaux(drawn)
    if not sums.ttc:
        return
    montant = sums.acompte(percent)
    found = deposit(montant, sums.parts)
    assert montant - 1 <= whole(found) <= montant
    assert all(part.tva == half_up(part.base * part.taux, WHOLE) for part in found)
    assert all(part.base <= agreed.base for part, agreed in zip(found, sums.parts, strict=True))


# --- an avoir ------------------------------------------------------------------------------------------------


def test_what_remains_is_what_was_not_taken_rate_by_rate():
    parts = [Part(850, 1000_00, 85_00), Part(210, 500_00, 10_50)]
    assert left(parts, []) == parts
    assert left(parts, [Part(210, 500_00, 10_50), Part(850, 400_00, 34_00)]) == [Part(850, 600_00, 51_00)]
    assert left(parts, parts) == []


def test_where_more_was_taken_of_a_rate_the_largest_of_the_others_bears_it_alone():
    parts = [Part(850, 1000_00, 85_00), Part(0, 1000_00, 0)]
    assert left(parts, [Part(210, 1, 0)]) == [Part(850, 999_99, 85_00), Part(0, 1000_00, 0)]
    assert left([Part(850, 10_00, 85)], [Part(210, 500_00, 10_50)]) == []
    assert left([Part(850, 1, 0)], []) == [Part(850, 1, 0)]
    other = Part(2000, 10_00, 1_99)  # its TVA is what its invoice asked for, whatever a count would say
    assert left([Part(850, 1000_00, 85_00), other], [Part(210, 1, 0)]) == [other, Part(850, 999_99, 85_00)]
    assert left([], [Part(850, 1, 0)]) == []


def test_a_cent_of_tva_that_remains_without_its_base_is_borne_by_another_rate():
    asked = [Part(2000, 1000, 200), Part(550, 2000, 110)]
    assert left(asked, [Part(2000, 1000, 199)]) == [Part(550, 2001, 110)]


def test_all_of_a_rate_takes_back_its_tva_to_the_cent_and_a_part_never_more():
    assert credited([Part(850, 333_34, 28_33)], [Part(850, 333_34, 28_34)]) == [Part(850, 333_34, 28_34)]
    assert credited([Part(850, 1_00, 9)], [Part(850, 2_00, 8)]) == [Part(850, 1_00, 0)]  # 1.00 € stays, and its 9 cents
    assert credited([Part(850, 3_00, 26)], [Part(850, 2_00, 17)]) == [Part(850, 3_00, 26)]  # refused elsewhere
    assert credited([Part(850, 70_04, 5_95)], [Part(850, 270_19, 22_97)]) == [Part(850, 70_04, 5_96)]  # 200.15 at 17.01
    assert credited([Part(210, 50, 1)], [Part(850, 2_00, 17)]) == [Part(210, 50, 1)]
    assert credited([Part(210, 0, 0)], []) == [Part(210, 0, 0)]
    assert exceeds([Part(850, 2_01, 17)], [Part(850, 2_00, 17)]) == Part(850, 2_01, 17)
    assert exceeds([Part(850, 2_00, 17)], [Part(850, 2_00, 17)]) is None
    assert exceeds([Part(210, 1, 0)], [Part(850, 2_00, 17)]) == Part(210, 1, 0)


PARTS = lines.map(lambda drawn: totaux(drawn).parts)


@pytest.mark.hypothesis
@given(PARTS, PARTS)
def test_what_remains_falls_on_the_cent_and_never_below_nothing(asked, taken):
    found = left(asked, taken)
    there = [part for part in asked if part.base]
    if there and whole(found):
        assert whole(found) == whole(asked) - whole(taken)
    else:
        assert whole(asked) - whole(taken) <= 1
    assert all(part.base > 0 for part in found)
    assert len({part.taux for part in found}) == len(found)
