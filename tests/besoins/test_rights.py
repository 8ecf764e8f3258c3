"""What the matrix does not say of needs (tests/matrix): being the bienveillant of one action opens no other."""

from __future__ import annotations

from tests import builders
from tests.cells import fingerprint


def test_the_needs_of_another_action_are_another_s(as_, house):
    draft = builders.besoin(house.action(), house.groupe, asked=False)
    bruno = builders.bienveillant("Bruno Ozoux")
    builders.action(bruno, titre="Autre")
    stranger = as_(bruno)
    before = fingerprint()
    for slug in ("demander", "retirer", "reprendre", "adopter", "modifier"):
        assert stranger.post(f"/besoins/{draft.id}/{slug}").status_code == 403
    assert fingerprint() == before
