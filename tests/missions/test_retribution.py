"""What a paid mission earns: read by whoever holds it and by who validates, on no public page."""

from __future__ import annotations

import pytest

from portal import clock
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.comptes.models import Statut
from portal.db import db
from portal.missions.models import UNDO, Nature
from tests import builders
from tests.candidatures.test_follow import link
from tests.contributions.conftest import words


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.mark.parametrize(
    ("paid", "said"), [({"points": 1}, "1 point "), ({"montant": 12_050}, "120,50 €")], ids=["points", "euros"]
)
def test_whoever_is_accepted_reads_it_and_nobody_before(client, as_, zoe, paid, said):
    noe = builders.personne("Noé Técher")
    noe.statut = Statut.INDEPENDANT
    mission = builders.mission(builders.action(zoe), nature=Nature.CHARGE_DE_MISSION, **paid)
    candidature = builders.candidature(mission, noe)
    pages = "/moi/", f"/missions/{mission.id}", "/missions/", link(candidature)

    def read() -> list[bool]:
        return [said in words(as_(noe).get(page).text) + " " for page in pages]

    assert read() == [False] * 4
    candidatures.decide(candidature, accepter, by=zoe)
    assert read() == [False] * 4  # nobody has told them yet
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        assert read() == [True, False, False, True]
        assert said not in words(client.get(f"/missions/{mission.id}").text)
