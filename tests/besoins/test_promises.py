"""What is promised when: spaces by option or firmly, equipment up to its stock, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler, decaler, decliner, enregistrer, refuser, revenir_au_devis
from portal.besoins import commands, occupations, prets, promesses
from portal.besoins.models import Besoin, Etat, Occupation, Pret, confirmer
from portal.besoins.queries import expired_options
from portal.besoins.reactions import StockPromised
from portal.db import db
from portal.journal import EntreeJournal
from portal.notifications.echeances import pass_time
from portal.poles.commands import save_equipment
from tests import builders

pytestmark = pytest.mark.both


def yes(house, besoin: Besoin, quantite: int | None = None) -> Besoin:
    motif = "C’est tout ce que nous avons" if quantite else ""
    commands.answer(besoin, confirmer, by=house.gina, quantite=quantite, motif=motif)
    return besoin


def kept() -> Counter[tuple[str, str, bool]]:
    """(space, need, firm) of every row that keeps a space."""
    return Counter((o.espace.nom, o.besoin.titre, o.ferme) for o in db.session.scalars(select(Occupation)))


def lent() -> list[int]:
    return list(db.session.scalars(select(Pret.quantite).order_by(Pret.id)))


def of(action) -> list[Occupation]:
    query = select(Occupation).join(Occupation.besoin).where(Besoin.action_id == action.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


# --- spaces --------------------------------------------------------------------------------------------------


def test_a_space_of_a_confirmed_action_is_firm_with_its_margins_and_all_that_it_holds(house):
    action = house.action()
    besoin = yes(house, builders.besoin(action, house.groupe, house.salle))
    (row,) = of(action)
    assert row.ferme
    assert (row.debut, row.fin) == (action.debut - timedelta(minutes=30), action.fin + timedelta(minutes=60))
    commands.take_back(besoin, by=house.zoe)
    yes(house, builders.besoin(action, house.groupe, house.site))
    assert kept() == {(nom, "Le site", True): 1 for nom in ("Le site", "La case", "La salle", "Le jardin")}


def test_before_it_is_confirmed_a_space_is_an_option_that_ends(house):
    """After the days that the collective set, or when the action begins."""
    soon = house.action(confirmed=False)
    late = house.action(confirmed=False, debut=builders.in_days(90), fin=builders.in_days(91))
    with clock.freeze(clock.now()):
        for action in (soon, late):
            yes(house, builders.besoin(action, house.groupe, house.salle))
        ends = {o.besoin.action_id: o.expire_le for o in db.session.scalars(select(Occupation))}
        assert ends == {soon.id: soon.debut, late.id: clock.now() + timedelta(days=30)}


@pytest.mark.parametrize(("first", "second"), [("site", "salle"), ("salle", "site"), ("case", "case"), ("salle", "case")])
def test_what_holds_a_space_and_what_it_holds_are_taken_with_it(house, first, second):
    yes(house, builders.besoin(house.action("Kabar"), house.groupe, getattr(house, first)))
    besoin = builders.besoin(house.action("Séminaire"), house.groupe, getattr(house, second))
    before = kept()
    with pytest.raises(occupations.Taken, match="Kabar"):
        yes(house, besoin)
    assert besoin.etat is Etat.A_CONFIRMER
    assert kept() == before


def test_a_space_put_inside_one_that_is_taken_is_taken_too(house):
    yes(house, builders.besoin(house.action("Kabar"), house.groupe, house.case))
    alcove = builders.espace("L’alcôve", house.salle)
    with pytest.raises(occupations.Taken, match="Kabar"):
        yes(house, builders.besoin(house.action("Lecture"), house.groupe, alcove))


def test_spaces_side_by_side_and_hours_that_follow_do_not_meet(house):
    morning = house.action("Matin", fin=builders.in_days(10, 12))
    yes(house, builders.besoin(morning, house.groupe, house.case))
    yes(house, builders.besoin(house.action("Jardin"), house.groupe, house.jardin))
    after = house.action("Après-midi", debut=morning.fin, fin=builders.in_days(10, 18))
    yes(house, builders.besoin(after, house.groupe, house.case))
    assert kept()["La case", "La case", True] == 2


def test_hours_to_set_up_and_to_tidy_count(house):
    morning = house.action("Matin", fin=builders.in_days(10, 12))
    yes(house, builders.besoin(morning, house.groupe, house.salle))
    after = house.action("Après-midi", debut=builders.in_days(10, 13), fin=builders.in_days(10, 18))
    with pytest.raises(occupations.Taken, match="Matin"):
        yes(house, builders.besoin(after, house.groupe, house.salle))


def test_one_action_has_a_space_once(house):
    """Its own options could not become firm otherwise."""
    action = house.action(confirmed=False)
    yes(house, builders.besoin(action, house.groupe, house.case))
    with pytest.raises(occupations.Twice, match="La case"):
        yes(house, builders.besoin(action, house.groupe, house.salle))


def test_options_may_overlap_and_both_actions_are_told(house):
    first = yes(house, builders.besoin(house.action("Un", confirmed=False), house.groupe, house.site))
    second = yes(house, builders.besoin(house.action("Deux", confirmed=False), house.groupe, house.salle))
    assert kept()["La salle", "La salle", False] == kept()["La salle", "Le site", False] == 1
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "besoin.chevaucher")).one()
    assert (told.sujet, told.faits["autre"]) == (f"besoin:{second.id}", first.id)


def test_an_option_over_a_firm_booking_is_refused(house):
    yes(house, builders.besoin(house.action("Kabar"), house.groupe, house.case))
    with pytest.raises(occupations.Taken, match="Kabar"):
        yes(house, builders.besoin(house.action("Peut-être", confirmed=False), house.groupe, house.case))


def test_the_options_of_an_action_become_firm_with_it(house):
    action = house.action(confirmed=False)
    yes(house, builders.besoin(action, house.groupe, house.case))
    actions.decide(action, enregistrer, by=house.zoe, motif="vu en réunion")
    assert [(o.ferme, o.expire_le) for o in of(action)] == [(True, None)] * 2


def test_an_action_whose_space_was_taken_meanwhile_is_not_confirmed_and_says_by_whom(house):
    late, first = house.action("Trop tard", confirmed=False), house.action("Kabar", confirmed=False)
    for action in (late, first):
        yes(house, builders.besoin(action, house.groupe, house.case))
    actions.decide(first, enregistrer, by=house.zoe, motif="vu en réunion")
    db.session.commit()
    with pytest.raises(occupations.Taken, match="Kabar"):
        actions.decide(late, enregistrer, by=house.zoe, motif="vu en réunion")
    db.session.rollback()
    assert late.etat == "sollicitee"
    assert [o.ferme for o in of(late)] == [False] * 2


def test_an_option_that_has_run_out_frees_its_space_at_once_and_asks_the_pole_again(house):
    besoin = yes(house, builders.besoin(house.action("Un", confirmed=False), house.groupe, house.case))
    db.session.commit()
    with clock.freeze(besoin.action.debut - timedelta(minutes=5)):
        assert expired_options() == []
    later = house.action("Deux", debut=builders.in_days(50), fin=builders.in_days(50, 18), confirmed=False)
    other = yes(house, builders.besoin(later, house.groupe, house.case))
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=31)):
        third = house.action("Trois", debut=later.debut, fin=later.fin)
        yes(house, builders.besoin(third, house.groupe, house.case))  # before the worker has passed
        db.session.commit()
        pass_time()
        db.session.expire_all()
        assert (other.etat, other.quantite_confirmee) == (Etat.A_CONFIRMER, None)
        assert "expiré" in other.motif
        assert (len(of(later)), len(of(third))) == (0, 2)
        promesses.expire(other.id)  # another worker
        assert other.etat is Etat.A_CONFIRMER


@pytest.mark.parametrize("end", [annuler, refuser, decliner])
def test_an_action_that_stops_frees_all_it_had(house, end):
    action = house.action(confirmed=False)
    besoin = yes(house, builders.besoin(action, house.groupe, house.case))
    yes(house, builders.besoin(action, house.groupe, house.chairs, quantite=40))
    actions.decide(action, end, by=house.zoe, motif="pluie")
    assert (kept(), lent(), besoin.etat) == ({}, [], Etat.CONFIRME)


def test_the_agreement_undone_makes_options_again(house):
    action = house.action()
    yes(house, builders.besoin(action, house.groupe, house.case))
    actions.decide(action, revenir_au_devis, by=house.zoe, motif="erreur de clic")
    assert {(o.ferme, o.expire_le is not None) for o in of(action)} == {(False, True)}


def test_the_database_itself_refuses_two_firm_bookings(house):
    yes(house, builders.besoin(house.action("Kabar"), house.groupe, house.salle))
    besoin = builders.besoin(house.action("Autre"), house.groupe, house.salle)
    debut, fin = besoin.busy
    row = Occupation(besoin_id=besoin.id, espace_id=house.salle.id, debut=debut, fin=fin, ferme=True)
    with pytest.raises(occupations.Taken):
        occupations.write(besoin, [row])
    assert kept() == {("La salle", "La salle", True): 1}
    option = Occupation(besoin_id=besoin.id, espace_id=house.salle.id, debut=debut, fin=fin, expire_le=clock.now())
    db.session.add(option)
    db.session.flush()
    option.ferme, option.expire_le = True, None
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


# --- equipment -----------------------------------------------------------------------------------------------


def test_no_more_is_promised_than_there_is_at_any_instant(house):
    yes(house, builders.besoin(house.action("Un"), house.groupe, house.chairs, quantite=50))
    besoin = builders.besoin(house.action("Deux"), house.groupe, house.chairs, quantite=31)
    with pytest.raises(prets.NotEnough, match="il en reste 30 à ce moment-là, sur 80"):
        yes(house, besoin)
    yes(house, besoin, 30)
    assert lent() == [50, 30]
    assert (besoin.quantite_confirmee, besoin.is_otherwise) == (30, True)
    other_day = house.action("Trois", debut=builders.in_days(12), fin=builders.in_days(12, 18))
    yes(house, builders.besoin(other_day, house.groupe, house.chairs, quantite=80))


def test_the_stock_does_not_go_under_what_is_promised(house):
    for hour in (9, 14):
        action = house.action(debut=builders.in_days(10, hour), fin=builders.in_days(10, hour + 4))
        yes(house, builders.besoin(action, house.groupe, house.chairs, quantite=60))
    with pytest.raises(StockPromised, match="60"):
        save_equipment(house.chairs, nom="Chaises", stock=59, pole=None, by=None)
    save_equipment(house.chairs, nom="Chaises", stock=60, pole=None, by=None)


def test_the_database_itself_counts_what_is_lent(house):
    yes(house, builders.besoin(house.action("Un"), house.groupe, house.chairs, quantite=50))
    yes(house, builders.besoin(house.action("Deux", fin=builders.in_days(10, 12)), house.groupe, house.chairs, quantite=20))
    besoin = builders.besoin(house.action("Trois"), house.groupe, house.chairs)
    for many, debut, passes in ((11, 9, False), (11, 11, False), (30, 12, True)):
        slot = {"debut": builders.in_days(10, debut), "fin": builders.in_days(10, 15)}
        row = Pret(besoin_id=besoin.id, materiel_id=house.chairs.id, quantite=many, **slot)
        if passes:
            prets.write(house.chairs, row)
        else:
            with pytest.raises(prets.NotEnough):
                prets.write(house.chairs, row)
    assert lent() == [50, 20, 30]
    db.session.scalars(select(Pret).where(Pret.quantite == 20)).one().quantite = 31
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


# --- moving --------------------------------------------------------------------------------------------------


def move(action, delta: timedelta) -> None:
    action.debut, action.fin = action.debut + delta, action.fin + delta
    dates = dict.fromkeys(("avant", "fin_avant", "debut", "fin"), action.debut.isoformat())
    decaler.tell(action, by=None, minutes=int(delta.total_seconds() // 60), dire=False, **dates)


def test_all_moves_with_the_action(house):
    """Even where its new hours meet those that it had itself."""
    action = house.action(fin=builders.in_days(10, 18))
    one, two = (
        yes(
            house, builders.besoin(action, house.groupe, house.case, debut=builders.in_days(10, a), fin=builders.in_days(10, b))
        )
        for a, b in ((9, 12), (14, 17))
    )
    yes(house, builders.besoin(action, house.groupe, house.chairs, quantite=70))
    people = builders.besoin(action, house.groupe)
    move(action, timedelta(hours=5))
    assert (one.debut, two.debut, people.debut) == (builders.in_days(10, 14), builders.in_days(10, 19), action.debut)
    hours = Counter((o.espace.nom, o.debut) for o in of(action))
    assert hours == {(nom, b.debut): 1 for nom in ("La case", "La salle") for b in (one, two)}
    assert db.session.scalars(select(Pret)).one().debut == action.debut


def test_it_moves_onto_nobody(house):
    yes(house, builders.besoin(house.action("Kabar"), house.groupe, house.site))
    action = house.action("Mobile", debut=builders.in_days(12), fin=builders.in_days(12, 18))
    yes(house, builders.besoin(action, house.groupe, house.salle))
    db.session.commit()
    with pytest.raises(occupations.Taken, match="Kabar"):
        move(action, timedelta(days=-2))
    db.session.rollback()
    assert [o.debut for o in of(action)] == [builders.in_days(12, 8) + timedelta(minutes=30)]


def test_an_option_that_moves_ends_no_later_nor_after_the_action_has_begun(house):
    action = house.action(confirmed=False, debut=builders.in_days(25), fin=builders.in_days(25, 18))
    yes(house, builders.besoin(action, house.groupe, house.salle))
    ends = action.debut
    move(action, timedelta(days=30))
    assert [o.expire_le for o in of(action)] == [ends]
    move(action, timedelta(days=-35))
    assert [o.expire_le for o in of(action)] == [action.debut]
