"""The states of an action are those of the house's process, and nothing else moves them."""

from __future__ import annotations

import itertools

import pytest

from portal.actions.models import Action, Etat, reading
from portal.actions.processus import WORKFLOW
from portal.workflow import EVENTS, MotifMissing, TransitionRefused, fire
from tests import builders

# The process of the house, from one state to the next.
PROCESS = {
    ("sollicitee", "proposee"),
    ("proposee", "en_validation"),
    ("en_validation", "validee"),
    ("validee", "devis_envoye"),
    ("devis_envoye", "confirmee"),
    ("confirmee", "en_cours"),
    ("en_cours", "terminee"),
    ("terminee", "facturee"),
    ("facturee", "soldee"),
    # a free action
    ("validee", "confirmee"),
    ("terminee", "soldee"),
    # validated outside the portal; an acceptance undone; reopened the same day
    ("sollicitee", "confirmee"),
    ("confirmee", "devis_envoye"),
    ("terminee", "en_cours"),
    # refusee from sollicitee to validee
    ("sollicitee", "refusee"),
    ("proposee", "refusee"),
    ("en_validation", "refusee"),
    ("validee", "refusee"),
    # declinee up to devis_envoye
    ("sollicitee", "declinee"),
    ("proposee", "declinee"),
    ("en_validation", "declinee"),
    ("validee", "declinee"),
    ("devis_envoye", "declinee"),
    # annulee from any state before terminee
    ("sollicitee", "annulee"),
    ("proposee", "annulee"),
    ("en_validation", "annulee"),
    ("validee", "annulee"),
    ("devis_envoye", "annulee"),
    ("confirmee", "annulee"),
    ("en_cours", "annulee"),
}
WITH_A_REASON = {
    "enregistrer", "confirmer_sans_devis", "revenir_au_devis", "solder_sans_facture", "refuser", "decliner", "annuler",
}  # fmt: skip


def in_state(etat: str) -> Action:
    return Action(etat=Etat(etat))


def test_the_transitions_are_the_process():
    assert {(source, t.target) for t in WORKFLOW for source in t.sources} == PROCESS


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations([e.value for e in Etat], 2)))
def test_assigning_a_state_by_hand_obeys_the_process(before, after):
    action = in_state(before)
    if (before, after) in PROCESS:
        action.etat = Etat(after)
        assert action.etat == after
    else:
        with pytest.raises(TransitionRefused):
            action.etat = Etat(after)
        assert action.etat == before


@pytest.mark.parametrize("transition", list(WORKFLOW), ids=lambda t: t.slug)
def test_each_transition_is_refused_from_all_other_states(transition):
    for etat in set(Etat) - transition.sources:
        with pytest.raises(TransitionRefused):
            fire(transition, in_state(etat), by=None, motif="parce que")


def test_the_ends_and_the_detours_want_a_reason():
    assert {t.slug for t in WORKFLOW if t.needs_motif} == WITH_A_REASON


@pytest.mark.parametrize("slug", sorted(WITH_A_REASON))
def test_a_reason_of_blanks_is_none(slug):
    transition = WORKFLOW.get(slug)
    assert transition
    action = in_state(min(transition.sources))
    with pytest.raises(MotifMissing):
        fire(transition, action, by=None, motif=" \n")
    assert action.etat in transition.sources


def test_every_transition_is_known_by_its_key_and_says_what_it_did():
    for transition in WORKFLOW:
        assert EVENTS[transition.key] is transition
        assert transition.done
        assert isinstance(transition.target, Etat)


def test_the_reading_changes_with_each_field_of_the_sheet_and_only_there(app):
    action = builders.action(builders.bienveillant())
    before = reading(action.sheet).split("-")
    action.lieu, action.demandeur.email = "Au jardin", "autre@example.org"
    moved = [name for name, was, now in zip(action.sheet, before, reading(action.sheet).split("-"), strict=True) if was != now]
    assert moved == ["lieu", "demandeur_email"]
