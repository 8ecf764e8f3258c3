"""What becomes of a promise when its action moves, when it is confirmed, when a pôle cannot keep it, when margins change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import confirmer as accept
from portal.actions.processus import enregistrer, revenir_au_devis
from portal.besoins import commands, occupations, promesses
from portal.besoins.models import Besoin, Etat, Occupation, confirmer, desister
from portal.db import db
from portal.poles.commands import save_space
from portal.poles.models import Espace, Ressource
from portal.workflow import MotifMissing, TransitionRefused, fire
from tests import builders

pytestmark = pytest.mark.both
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def yes(house, besoin: Besoin) -> Besoin:
    commands.answer(besoin, confirmer, by=house.gina)
    return besoin


def move(house, action, delta: timedelta) -> None:
    action.debut, action.fin = action.debut + delta, action.fin + delta
    promesses.shift(action, delta, by=house.zoe)


def kept(besoin: Besoin) -> list[tuple[bool, timedelta]]:
    """Of its own space: whether firmly, and how long."""
    own = select(Occupation).where(Occupation.besoin_id == besoin.id, Occupation.espace_id == besoin.espace_id)
    rows = db.session.scalars(own.execution_options(populate_existing=True))
    return [(o.ferme, o.fin - o.debut) for o in rows]


# --- another day ---------------------------------------------------------------------------------------------


def test_people_and_supplies_of_another_day_are_asked_again_not_what_is_counted(house):
    action = house.action()
    hands = yes(house, builders.besoin(action, house.groupe))
    meals = yes(house, builders.besoin(action, house.groupe, ressource=Ressource.CONSOMMABLE, titre="Repas"))
    hall, seats = (yes(house, builders.besoin(action, house.groupe, thing)) for thing in (house.salle, house.chairs))
    move(house, action, 3 * HOUR)
    assert {b.etat for b in (hands, meals, hall, seats)} == {Etat.CONFIRME}
    move(house, action, DAY)
    assert [b.etat for b in (hands, meals)] == [Etat.A_CONFIRMER] * 2
    assert (hands.motif, hands.quantite_confirmee, hands.repondu_par) == (promesses.OTHER_DAY, None, None)
    assert [b.etat for b in (hall, seats)] == [Etat.CONFIRME] * 2
    yes(house, hands)
    assert (hands.etat, hands.motif) == (Etat.CONFIRME, "")


@pytest.mark.parametrize("thing", ["jardin", "chairs", None])
def test_nothing_that_is_promised_lands_in_the_past(house, thing):
    """Such as what is set up the day before."""
    action = house.action()
    eve = {"debut": action.debut - 20 * HOUR, "fin": action.debut - 18 * HOUR}
    yes(house, builders.besoin(action, house.groupe, thing and getattr(house, thing), **eve))
    with pytest.raises(occupations.Passed, match="tomberait dans le passé"):
        move(house, action, clock.now() + 2 * HOUR - action.debut)


def test_what_is_past_already_or_not_promised_keeps_no_action_from_moving(house):
    action = house.action()
    eve = {"debut": action.debut - 20 * HOUR, "fin": action.debut - 18 * HOUR}
    done, draft = (builders.besoin(action, house.groupe, house.jardin, asked=asked, **eve) for asked in (True, False))
    yes(house, done)
    with clock.freeze(action.debut - 17 * HOUR):
        move(house, action, HOUR)
    assert done.debut == draft.debut == eve["debut"] + HOUR


# --- a pôle that cannot any more -----------------------------------------------------------------------------


def test_a_pole_takes_its_yes_back_with_a_reason_and_what_it_kept_is_free(house):
    besoin = yes(house, builders.besoin(house.action(), house.groupe, house.salle))
    with pytest.raises(MotifMissing):
        commands.answer(besoin, desister, by=house.gina, motif=" ")
    assert (besoin.etat, len(kept(besoin))) == (Etat.CONFIRME, 1)
    for _ in range(2):
        commands.answer(besoin, desister, by=house.gina, motif="Le toit fuit")
    assert (besoin.etat, besoin.motif, besoin.quantite_confirmee, kept(besoin)) == (Etat.REFUSE, "Le toit fuit", None, [])


def test_only_what_is_promised_is_taken_back(house):
    besoin = builders.besoin(house.action(), house.groupe)
    with pytest.raises(TransitionRefused):
        commands.answer(besoin, desister, by=house.gina, motif="Malade")


# --- as firm as the action -----------------------------------------------------------------------------------


def wider(espace: Espace, minutes: int) -> None:
    save_space(espace, nom=espace.nom, parent=espace.parent, capacite=None, avant_min=minutes, apres_min=0, by=None)


def test_margins_set_since_keep_no_action_from_being_confirmed(house):
    """Each of its needs keeps the time for which it was promised, even where the new margins would make them meet."""
    action = house.action(confirmed=False)
    noon = action.debut + 3 * HOUR
    one, two = (
        yes(house, builders.besoin(action, house.groupe, house.jardin, debut=debut, fin=fin))
        for debut, fin in ((action.debut, noon), (noon, action.fin))
    )
    before = house.action("Kabar", debut=action.debut - HOUR, fin=action.debut)
    other = yes(house, builders.besoin(before, house.groupe, house.jardin))
    wider(house.jardin, 60)
    actions.decide(action, enregistrer, by=house.zoe, motif="vu")
    assert kept(one) + kept(two) + kept(other) == [(True, 3 * HOUR), (True, 6 * HOUR), (True, HOUR)]
    actions.decide(action, revenir_au_devis, by=house.zoe, motif="erreur de clic")
    assert kept(one) == [(False, 3 * HOUR)]


def test_walls_moved_since_keep_no_action_from_being_confirmed(house):
    """Not even those between two spaces of its own."""
    action, annexe = house.action(confirmed=False), builders.espace("L’annexe")
    two = [yes(house, builders.besoin(action, house.groupe, space)) for space in (house.site, annexe)]
    annexe.parent = house.site
    actions.decide(action, enregistrer, by=house.zoe, motif="vu")
    assert [kept(besoin) for besoin in two] == [[(True, 9 * HOUR)]] * 2


def test_walls_moved_meanwhile_are_seen_by_whoever_promises(house):
    """They were read before the lock: where each lies is read again under it."""
    annexe = builders.espace("L’annexe")
    room = builders.espace("L’alcôve", annexe)
    yes(house, builders.besoin(house.action("Kabar"), house.groupe, house.site))
    besoin = builders.besoin(house.action("Bal"), house.groupe, room)
    assert annexe.parent_id is None
    moved = update(Espace).where(Espace.id == annexe.id).values(parent_id=house.site.id)
    db.session.execute(moved, execution_options={"synchronize_session": False})
    with pytest.raises(occupations.Taken, match="Kabar"):
        yes(house, besoin)


def test_the_demandeur_s_yes_is_not_refused_for_a_space_taken_since(house):
    """By whoever confirmed faster: that space is asked for again, and the rest is kept."""
    late = house.action("Trop tard")
    actions.decide(late, revenir_au_devis, by=house.zoe, motif="en attente du demandeur")
    first = house.action("Kabar", confirmed=False)
    lost, garden, hands = (builders.besoin(late, house.groupe, thing) for thing in (house.salle, house.jardin, None))
    for besoin in (lost, garden, hands, builders.besoin(first, house.groupe, house.case)):
        yes(house, besoin)
    actions.decide(first, enregistrer, by=house.zoe, motif="vu")
    fire(accept, late, by=None)
    assert late.etat == "confirmee"
    assert (lost.etat, lost.motif, lost.quantite_confirmee, kept(lost)) == (Etat.A_CONFIRMER, promesses.TAKEN_SINCE, None, [])
    assert [b.etat for b in (garden, hands)] == [Etat.CONFIRME] * 2
    assert kept(garden) == [(True, 9 * HOUR)]
