"""On the day too: an item that would end past its hard end says so, in time to cut something short."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.actions import commands
from tests import builders

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("late", "said"), [(0, False), (20, True)])
def test_the_page_says_when_a_hard_end_would_be_passed(as_, app, late, said):
    zoe = builders.bienveillant()
    action = builders.action(zoe)
    slot = {"debut": action.debut, "fin": action.debut + HOUR}
    commands.add_step(action, by=zoe, titre="Concert", butoir=True, **slot)
    client, path = as_(zoe), f"/jour-j/{action.id}"
    with clock.freeze(slot["debut"] + timedelta(minutes=late)):
        text = " ".join(client.get(path).text.replace("&nbsp;", " ").replace("\u00a0", " ").split())
    assert ("Finirait à 10 h 20, après l’heure à ne pas dépasser" in text) == said
    assert "fin à ne pas dépasser" in text
