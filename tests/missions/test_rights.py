"""What the matrix does not say of missions (tests/matrix): whose names the page shows to whom."""

from __future__ import annotations

import pytest

from tests import builders


@pytest.mark.parametrize("who", ["AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD"])
def test_names_of_the_team_are_for_those_who_run_the_action(client, as_, app, who):
    action = builders.action(builders.bienveillant())
    person = builders.cast(action)[who]
    visitor = as_(person) if person else client
    html = visitor.get(f"/missions/action/{action.id}").text
    assert ("Vanille Técher" in html.split("<main")[-1]) == (who in {"RF", "BA", "AD"})
