"""The states of a mission are those of the house’s process: each button moves it as it says, or is not there."""

from __future__ import annotations

import itertools

import pytest

from portal import clock
from portal.missions.models import WORKFLOW, Etat, Mission
from portal.workflow import TransitionRefused
from tests import builders
from tests.missions.test_manage import action, draft_action, error_of, hold, made, page, zoe

__all__ = ["action", "draft_action", "zoe"]  # fixtures

PROCESS = {
    ("brouillon", "ouverte"),
    ("ouverte", "fermee"),
    ("fermee", "ouverte"),
    ("brouillon", "annulee"),
    ("ouverte", "annulee"),
    ("fermee", "annulee"),
}


def test_the_transitions_are_the_process():
    assert {(source, t.target) for t in WORKFLOW for source in t.sources} == PROCESS
    assert {t.slug for t in WORKFLOW if t.needs_motif} == {"annuler"}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations([e.value for e in Etat], 2)))
def test_assigning_a_state_by_hand_obeys_the_process(before, after):
    mission = Mission(etat=Etat(before))
    if (before, after) in PROCESS:
        mission.etat = Etat(after)
    else:
        with pytest.raises(TransitionRefused):
            mission.etat = Etat(after)


# --- the buttons that move it --------------------------------------------------------------------------------


def test_published_closed_and_opened_again(as_, zoe, action):
    mission = builders.mission(action, published=False)
    client = as_(zoe)
    for slug, etat in (("publier", Etat.OUVERTE), ("fermer", Etat.FERMEE), ("rouvrir", Etat.OUVERTE)):
        answer = client.post(f"/missions/{mission.id}/{slug}")
        assert answer.location == f"/missions/action/{action.id}#mission-{mission.id}"
        assert made().etat is etat
    assert client.post(f"/missions/{mission.id}/publier").status_code == 409


def test_what_is_past_is_not_published(as_, zoe):
    with clock.freeze(builders.in_days(-20)):
        past = builders.mission(builders.action(zoe), published=False)
    assert as_(zoe).post(f"/missions/{past.id}/publier").status_code == 409
    assert made().etat is Etat.BROUILLON


def test_cancelling_wants_a_reason_asked_in_place(as_, zoe, action):
    mission = builders.mission(action)
    hold(mission)
    client = as_(zoe)
    answer = client.post(f"/missions/{mission.id}/annuler", data={"motif": " "})
    assert answer.status_code == 422
    assert "Un motif est nécessaire" in error_of(answer, f"motif-annuler-{mission.id}")
    assert made().etat is Etat.OUVERTE
    assert client.post(f"/missions/{mission.id}/annuler", data={"motif": "pluie"}).status_code == 303
    assert (made().etat, made().prises) == (Etat.ANNULEE, 0)


def buttons(client, mission) -> set[str]:
    card = page(client.get(f"/missions/action/{mission.action_id}")).select_one(f"#mission-{mission.id}")
    return {form["action"].rsplit("/", 1)[1] for form in card.select("form")}


def test_the_buttons_are_the_posts_that_pass(as_, zoe, action, draft_action):
    client = as_(zoe)
    open_one, post = builders.mission(action), builders.referent_mission(action)
    early = builders.referent_mission(draft_action, published=False)
    assert buttons(client, open_one) == {"fermer", "dupliquer", "annuler"}
    assert buttons(client, post) == {"prendre", "fermer", "dupliquer", "annuler"}
    assert buttons(client, early) == {"prendre", "dupliquer", "annuler"}
    assert buttons(as_(builders.personne("Ada Dijoux", [builders.ADMIN])), post) == {"fermer", "dupliquer", "annuler"}
    assert buttons(as_(builders.bienveillant("Bruno Ozoux")), post) == set()
