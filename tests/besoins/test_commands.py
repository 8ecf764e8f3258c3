"""Needs: drafted, asked, answered, taken back; what is refused changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.actions import commands as actions
from portal.actions import retroplanning
from portal.actions.commands import ActionOver, Conflict
from portal.actions.models import reading
from portal.actions.processus import annuler, solliciter
from portal.besoins import commands, occupations, queries
from portal.besoins.models import Etat, confirmer, refuser
from portal.comptes import commands as comptes
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles.commands import save_prestation
from portal.poles.models import Ressource
from portal.workflow import MotifMissing, TransitionRefused
from tests import builders


def facts() -> int:
    return db.session.scalar(select(func.count(EntreeJournal.id))) or 0


@pytest.fixture
def action(house):
    return house.action()


def answer(house, besoin, transition=confirmer, **said):
    commands.answer(besoin, transition, by=house.gina, **said)


def offer(titre: str, house, **more):
    typical = {
        "ressource": Ressource.ESPACE,
        "pole": house.groupe,
        "espace": house.case,
    }
    return save_prestation(None, titre=titre, by=None, **(typical | more))


# --- drafts --------------------------------------------------------------------------------------------------


def test_one_form_sent_twice_is_one_need(house, action):
    fields = {"ressource": Ressource.HUMAIN, "titre": "Deux bras", "debut": action.debut, "fin": action.fin}
    one, two = (commands.add(action, by=house.zoe, cle="une-cle", **fields) for _ in range(2))
    assert one is two
    assert commands.add(action, by=house.zoe, cle="une-autre", **fields) is not one


def test_who_answers_is_who_lends_or_offers_it_unless_said(house, action):
    offer("Notre case", house)
    slot = {"debut": action.debut, "fin": action.fin}
    hall = commands.add(action, by=house.zoe, ressource=Ressource.ESPACE, titre="La case", espace_id=house.case.id, **slot)
    seats = commands.add(
        action, by=house.zoe, ressource=Ressource.MATERIEL, titre="Chaises", materiel_id=house.chairs.id, **slot
    )
    hands = commands.add(action, by=house.zoe, ressource=Ressource.HUMAIN, titre="Deux bras", **slot)
    assert [b.pole_id for b in (hall, seats, hands)] == [house.groupe.id, house.groupe.id, None]


def test_what_the_demandeur_ticked_becomes_drafts_once(house):
    action = house.action(confirmed=False)
    case, meal = offer("La case", house), offer("Un repas", house, ressource=Ressource.CONSOMMABLE, espace=None)
    for _ in range(2):
        solliciter.tell(action, by=None, souhaits=[case.id, meal.id, 999])
    found = queries.of_action(action)
    assert [(b.titre, b.ressource, b.etat) for b in found] == [
        ("La case", Ressource.ESPACE, Etat.BROUILLON),
        ("Un repas", Ressource.CONSOMMABLE, Etat.BROUILLON),
    ]
    assert {(b.debut, b.fin, b.pole_id) for b in found} == {(action.debut, action.fin, house.groupe.id)}


def test_two_people_who_write_on_one_need_lose_nothing(house, action):
    besoin = builders.besoin(action, house.groupe, asked=False)
    read = reading(besoin.sheet)
    commands.edit(besoin, by=house.zoe, read=read, titre="Trois personnes")
    before = facts()
    with pytest.raises(Conflict):
        commands.edit(besoin, by=house.zoe, read=read, titre="Quatre personnes")
    commands.edit(besoin, by=house.zoe, read=reading(besoin.sheet), titre="Trois personnes")
    assert facts() == before


def test_nobody_chosen_is_who_lends_it_as_a_rule_in_a_change_too(house, action):
    """What a pôle has refused always has one to answer."""
    seats = builders.besoin(action, builders.pole("Sport"), house.chairs, asked=False)
    commands.edit(seats, by=house.zoe, read=reading(seats.sheet), pole_id=None)
    assert seats.pole_id == house.groupe.id
    hands, draft = (builders.besoin(action, house.groupe, asked=asked) for asked in (True, False))
    answer(house, hands, refuser, motif="Personne ce jour-là")
    with pytest.raises(commands.NoPole):
        commands.edit(hands, by=house.zoe, read=reading(hands.sheet), pole_id=None)
    commands.edit(draft, by=house.zoe, read=reading(draft.sheet), pole_id=None)
    assert (hands.pole_id, draft.pole_id) == (house.groupe.id, None)


def test_what_a_pole_holds_is_taken_back_before_it_changes(house, action):
    besoin = builders.besoin(action, house.groupe)
    for deed in (
        lambda: commands.edit(besoin, by=house.zoe, read=reading(besoin.sheet), titre="Autre"),
        lambda: commands.remove(besoin, by=house.zoe),
    ):
        with pytest.raises(commands.Asked):
            deed()
    commands.take_back(besoin, by=house.zoe)
    commands.remove(besoin, by=house.zoe)
    assert queries.of_action(action) == []
    with pytest.raises(commands.NeedGone):
        commands.ask(besoin, by=house.zoe)


# --- asking --------------------------------------------------------------------------------------------------


def test_all_the_drafts_are_asked_but_those_that_nobody_could_answer(house, action):
    good = builders.besoin(action, house.groupe, asked=False)
    nobody = builders.besoin(action, house.groupe, asked=False, pole_id=None)
    nothing = builders.besoin(action, house.groupe, asked=False, ressource=Ressource.ESPACE)
    asked, left = commands.ask_all(action, by=house.zoe)
    assert (asked, {id: type(why) for id, why in left.items()}) == (
        1, {nobody.id: commands.NoPole, nothing.id: commands.NothingChosen}
    )  # fmt: skip
    assert [b.etat for b in (good, nobody)] == [Etat.A_CONFIRMER, Etat.BROUILLON]


def test_more_people_than_a_space_holds_want_a_reason(house, action):
    action.personnes = 50
    besoin = builders.besoin(action, house.groupe, house.salle, asked=False)
    with pytest.raises(commands.TooSmall, match="40 personnes au plus, et l’action en attend 50"):
        commands.ask(besoin, by=house.zoe)
    commands.edit(besoin, by=house.zoe, read=reading(besoin.sheet), depassement="La moitié reste dehors")
    commands.ask(besoin, by=house.zoe)
    answer(house, besoin)
    assert besoin.etat is Etat.CONFIRME


def test_people_who_come_after_it_was_asked_count_too(house, action):
    besoin = builders.besoin(action, house.groupe, house.salle)
    action.personnes = 50
    with pytest.raises(commands.TooSmall):
        answer(house, besoin)


def test_a_slot_that_is_past_is_neither_asked_nor_promised(house):
    action = house.action(confirmed=False)
    draft, asked = builders.besoin(action, house.groupe, asked=False), builders.besoin(action, house.groupe)
    with clock.freeze(action.fin):
        for deed in (lambda: commands.ask(draft, by=house.zoe), lambda: answer(house, asked)):
            with pytest.raises(occupations.Passed):
                deed()


def test_an_option_is_not_taken_on_an_action_that_has_begun(house):
    besoin = builders.besoin(house.action(confirmed=False), house.groupe, house.case)
    with clock.freeze(besoin.debut + timedelta(hours=1)), pytest.raises(occupations.Passed):
        answer(house, besoin)


# --- answering -----------------------------------------------------------------------------------------------


def test_an_answer_said_twice_is_one(house, action):
    besoin = builders.besoin(action, house.groupe)
    answer(house, besoin)
    assert (besoin.quantite_confirmee, besoin.repondu_par, besoin.motif) == (2, house.gina, "")
    before = facts()
    answer(house, besoin)
    assert facts() == before
    for said in ({"transition": refuser, "motif": "Non"}, {"quantite": 1, "motif": "Un seul"}):
        with pytest.raises(TransitionRefused):
            answer(house, besoin, **said)
    assert facts() == before


def test_another_reason_for_the_same_no_is_not_lost_in_silence(house, action):
    besoin = builders.besoin(action, house.groupe)
    for _ in range(2):
        answer(house, besoin, refuser, motif="Personne ce jour-là")
    with pytest.raises(TransitionRefused):
        answer(house, besoin, refuser, motif="Nous fermons")
    assert besoin.motif == "Personne ce jour-là"


def test_a_no_and_another_quantity_want_a_word(house, action):
    besoin = builders.besoin(action, house.groupe)
    for said in ({"transition": refuser}, {"quantite": 1}, {"quantite": 3, "motif": "  "}):
        with pytest.raises(MotifMissing):
            answer(house, besoin, **said)
    answer(house, besoin, quantite=1, motif="Gina seule")
    assert (besoin.quantite, besoin.quantite_confirmee, besoin.motif) == (2, 1, "Gina seule")


def test_what_changed_while_it_was_read_is_not_promised(house, action):
    besoin = builders.besoin(action, house.groupe)
    read = reading(besoin.sheet)
    commands.take_back(besoin, by=house.zoe)
    commands.edit(besoin, by=house.zoe, read=reading(besoin.sheet), quantite=9)
    commands.ask(besoin, by=house.zoe)
    with pytest.raises(commands.Changed):
        answer(house, besoin, read=read)
    assert besoin.etat is Etat.A_CONFIRMER


def test_a_refused_need_is_changed_and_asked_again(house, action):
    besoin = builders.besoin(action, house.groupe)
    answer(house, besoin, refuser, motif="Personne ce jour-là")
    assert (besoin.etat, besoin.motif) == (Etat.REFUSE, "Personne ce jour-là")
    assert queries.refused_of(house.zoe) == [besoin]
    commands.edit(besoin, by=house.zoe, read=reading(besoin.sheet), quantite=1)
    commands.ask(besoin, by=house.zoe)
    assert (besoin.etat, besoin.motif, besoin.repondu_par) == (Etat.A_CONFIRMER, "", None)


def test_the_bienveillant_makes_do_with_what_there_is(house, action):
    besoin = builders.besoin(action, house.groupe)
    answer(house, besoin, quantite=1, motif="Gina seule")
    assert queries.refused_of(house.zoe) == [besoin]
    commands.adopt(besoin, by=house.zoe)
    before = facts()
    commands.adopt(besoin, by=house.zoe)
    assert (besoin.quantite, besoin.is_otherwise, facts()) == (1, False, before)
    assert queries.refused_of(house.zoe) == []


def test_of_an_action_that_is_over_nothing_moves(house, action):
    asked, draft = builders.besoin(action, house.groupe), builders.besoin(action, house.groupe, asked=False)
    actions.decide(action, annuler, by=house.zoe, motif="pluie")
    before = facts()
    deeds = [
        lambda: answer(house, asked),
        lambda: commands.ask(draft, by=house.zoe),
        lambda: commands.ask_all(action, by=house.zoe),
        lambda: commands.take_back(asked, by=house.zoe),
        lambda: commands.remove(draft, by=house.zoe),
        lambda: commands.edit(draft, by=house.zoe, read="", titre="x"),
        lambda: commands.add(action, by=house.zoe, ressource=Ressource.HUMAIN, titre="x", debut=action.debut, fin=action.fin),
    ]
    for deed in deeds:
        with pytest.raises(ActionOver):
            deed()
    assert facts() == before
    assert queries.to_confirm_by(house.gina) == []


# --- who waits -----------------------------------------------------------------------------------------------


def test_what_awaits_a_person_is_what_is_asked_of_their_poles(house, action, count_queries):
    mine = builders.besoin(action, house.groupe)
    builders.besoin(action, builders.pole("Sport"))
    answer(house, builders.besoin(action, house.groupe))
    past = builders.besoin(action, house.groupe, debut=action.debut, fin=action.debut + timedelta(hours=1))
    with clock.freeze(past.fin), count_queries() as asked:
        assert queries.to_confirm_by(house.gina) == [mine]
        assert queries.refused_of(house.gina) == []
    assert len([sql for sql in asked if "FROM besoin" in sql]) == 2


# --- who is erased -------------------------------------------------------------------------------------------


def test_a_name_in_what_was_asked_or_answered_goes_with_its_owner(house, action):
    vanille = builders.personne("Vanille Técher", telephone="+262692123456")
    besoin = builders.besoin(action, house.groupe, mot="Voir Vanille Técher", depassement="Vanille Técher est d’accord")
    answer(house, besoin, refuser, motif="Demande au 0692 12 34 56, à Vanille Técher")
    task = retroplanning.add(action, by=house.zoe, titre="Pain", jours=3)
    retroplanning.set_aside(task, by=house.zoe, motif="Vanille Técher l’apporte")
    comptes.erase(vanille, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    db.session.expire_all()
    assert (besoin.mot, besoin.depassement) == ("Voir (effacé)", "(effacé) est d’accord")
    assert "Vanille" not in besoin.motif
    assert "12 34 56" not in besoin.motif
    assert task.motif == "(effacé) l’apporte"
