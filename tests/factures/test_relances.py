"""Reminders of what is late: each once, by hand or by themselves, and none once the money has come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock, reglage
from portal.actions import commands as actions
from portal.actions import effacement
from portal.actions.processus import annuler
from portal.db import db
from portal.factures import depots, emission, queries, reactions, reglements, relances
from portal.factures.models import Facture, Moyen, Nature, Relance, Statut
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.notifications.worker import run_once
from portal.reglage import Profil
from tests.cells import fingerprint
from tests.devis.test_lien import words
from tests.factures.conftest import agreed
from tests.factures.test_facturx import deal, issued
from tests.factures.test_lien import credited
from tests.test_races import badge, crowd, pass_time_until

__all__ = ["crowd"]  # a fixture
WHOLE = 1080_00
GENRES = ["facture_rappel", "facture_relance", "facture_mise_en_demeure"]


@pytest.fixture
def facture(affaire) -> Facture:
    made = affaire.issued()
    db.session.commit()
    return made


@pytest.fixture
def alone(affaire):
    """The house lets reminders leave by themselves."""
    reglage.change(reglage.RELANCES, reglage.Relances.SEULES, by=affaire.rita)
    db.session.commit()


@contextmanager
def late(facture: Facture, days: int, hour: int = 9):
    """So many days after its last one to pay."""
    with clock.freeze(clock.start_of(facture.echeance) + timedelta(days=days, hours=hour)):
        yield


def pay(facture: Facture, by) -> None:
    reglements.receive(facture, by=by, montant=WHOLE, moyen=Moyen.VIREMENT, le=clock.today())


def told(outbox) -> list[str]:
    return [m.genre for m in outbox() if m.genre in GENRES]


def read(outbox, genre: str) -> messages.Letter:
    [message] = [m for m in outbox() if m.genre == genre]
    return messages.render(genre, message.faits)


# --- by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_three_reminders_each_from_its_day_harder_and_harder(affaire, facture, outbox):
    for rang, day in ((1, 7), (2, 21), (3, 45)):
        with late(facture, day - 1), pytest.raises(relances.TooSoon):
            relances.remind(facture, rang, by=affaire.rita)
        with late(facture, day):
            relances.remind(facture, rang, by=affaire.rita)
    assert told(outbox) == GENRES
    assert [one.nom for one in facture.relances] == ["première relance", "deuxième relance", "mise en demeure"]
    with late(facture, 400), pytest.raises(relances.NothingToRemind):
        relances.remind(facture, 4, by=affaire.rita)


def test_one_that_leaves_late_puts_the_next_one_off(affaire, facture):
    with late(facture, 60):
        relances.remind(facture, 1, by=affaire.rita)
        with pytest.raises(relances.TooSoon):
            relances.remind(facture, 2, by=affaire.rita)
    with late(facture, 74):
        relances.remind(facture, 2, by=affaire.rita)
    with late(facture, 97), pytest.raises(relances.TooSoon):
        relances.remind(facture, 3, by=affaire.rita)
    with late(facture, 98):
        relances.remind(facture, 3, by=affaire.rita)


def test_a_rank_is_not_jumped(affaire, facture):
    with late(facture, 60), pytest.raises(relances.TooSoon):
        relances.remind(facture, 3, by=affaire.rita)


def test_nothing_is_reminded_of_a_draft_an_avoir_what_is_paid_or_cancelled(affaire, to_come):
    deposit = to_come.issued(Nature.ACOMPTE)
    avoir = credited(deposit, affaire.rita)
    draft = affaire.draft()
    with clock.freeze(clock.now() + timedelta(days=60)):
        for one in (deposit, avoir, draft):
            with pytest.raises(relances.NothingToRemind):
                relances.remind(one, 1, by=affaire.rita)
    emission.emit(draft, by=affaire.rita, read=emission.reading(draft))
    with late(draft, 60):
        reglements.receive(draft, by=affaire.rita, montant=draft.reste, moyen=Moyen.CHEQUE, le=clock.today())
        with pytest.raises(relances.NothingToRemind):
            relances.remind(draft, 1, by=affaire.rita)


def test_it_says_what_remains_and_keeps_its_link(affaire, facture, outbox):
    reglements.receive(facture, by=affaire.rita, montant=80_00, moyen=Moyen.CHEQUE, le=clock.today())
    with late(facture, 7):
        relances.remind(facture, 1, by=affaire.rita, mot="Bonjour <Dal>,\nun souci ?")
        letter = read(outbox, "facture_rappel")
    assert "1\u202f000,00\u00a0€" in letter.texte
    assert "> Bonjour <Dal>," in letter.texte
    assert "Bonjour &lt;Dal&gt;" in letter.html
    assert "/factures/lien/" in letter.texte


@pytest.mark.parametrize("consumer", [True, False])
def test_penalties_are_named_to_a_professional_alone(affaire, outbox, consumer):
    affaire.action.demandeur.particulier = consumer
    facture = affaire.issued()
    for rang, day in ((1, 7), (2, 21), (3, 45)):
        with late(facture, day):
            relances.remind(facture, rang, by=affaire.rita)
    said = [read(outbox, genre).texte for genre in GENRES]
    assert ["pénalités" in text for text in said] == [False, False, not consumer]
    assert ["40,00" in text for text in said] == [False, False, not consumer]
    assert "mise en demeure" in said[2]


def test_paid_while_the_message_waited_nothing_leaves(affaire, facture, outbox):
    with late(facture, 7):
        relances.remind(facture, 1, by=affaire.rita)
        pay(facture, affaire.rita)
        with pytest.raises(Outdated):
            read(outbox, "facture_rappel")


def test_the_page_says_that_its_message_did_not_leave(affaire, facture, as_):
    with late(facture, 7):
        relances.remind(facture, 1, by=affaire.rita)
        page, url = as_(affaire.rita), f"/factures/{facture.id}"
        assert "n’est pas parti" not in page.get(url).text
        pay(facture, affaire.rita)
        db.session.commit()
        run_once()
        assert "l’e-mail n’est pas parti" in page.get(url).text


def test_an_erased_demandeur_is_not_reminded_and_no_word_names_them(affaire, to_come, alone, outbox):
    facture = to_come.issued(Nature.ACOMPTE)
    facture.action.demandeur.contact = "Armelle Gigan"
    with late(facture, 7):
        relances.remind(facture, 1, by=affaire.rita, mot="Chère Armelle Gigan,")
        actions.decide(facture.action, annuler, by=affaire.zoe, motif="Cyclone")
        db.session.commit()
        with pytest.raises(reactions.NotPaid, match="à encaisser, le demandeur"):
            effacement.erase(facture.action, by=affaire.zoe)
        db.session.rollback()
        credited(facture, affaire.rita)
        effacement.erase(facture.action, by=affaire.zoe)
        db.session.commit()
    [kept] = db.session.scalars(select(Relance))
    assert "Armelle" not in kept.mot
    assert all(not m.adresse for m in outbox() if m.genre == "facture_rappel")


def test_whoever_left_no_address_is_reminded_otherwise(affaire, facture):
    facture.action.demandeur.email = ""
    db.session.commit()
    with late(facture, 7):
        with pytest.raises(relances.NoAddress):
            relances.remind(facture, 1, by=affaire.rita)
        assert relances.due() == []


# --- by themselves -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_left_to_themselves_each_leaves_on_its_morning_and_once(facture, alone, outbox):
    for day, sent in ((6, 0), (7, 1), (8, 1), (20, 1), (21, 2), (44, 2), (45, 3), (300, 3)):
        with late(facture, day):
            pass_time()
            pass_time()
        assert told(outbox) == GENRES[:sent], day
    assert [one.par for one in facture.relances] == [None, None, None]


def test_looking_for_the_late_ones_costs_the_same_for_two_or_four(people, alone, count_queries):
    asked = []
    for _ in range(2):
        last = [agreed(*people).end().issued() for _ in range(2)][-1]
        db.session.commit()
        db.session.expire_all()
        with late(last, 7), count_queries() as statements:
            relances.due()
        asked.append(len(statements))
    assert asked[0] == asked[1]


def test_nobody_is_reminded_in_their_night(facture, alone):
    with late(facture, 7, hour=7):
        assert relances.due() == []
    with late(facture, 7, hour=8):
        assert relances.due() == [facture.id]


def test_unless_the_house_says_so_none_leaves_by_itself(facture, outbox):
    with late(facture, 60):
        pass_time()
    assert told(outbox) == []


def test_set_on_over_an_old_debt_one_leaves_and_the_next_waits(facture, alone, outbox):
    with late(facture, 60):
        for _ in range(3):
            pass_time()
        assert told(outbox) == GENRES[:1]
    with late(facture, 74):
        pass_time()
    assert told(outbox) == GENRES[:2]


def test_neither_what_is_paid_nor_what_was_cancelled_nor_nobody_s_address(affaire, facture, alone):
    with late(facture, 7):
        assert relances.due() == [facture.id]
        affaire.action.demandeur.email = ""
        assert relances.due() == []
        affaire.action.demandeur.email = "dal@example.org"
        pay(facture, affaire.rita)
        assert relances.due() == []


def test_what_the_platform_refused_is_left_to_whoever_keeps_the_money(people, alone):
    facture = issued(deal(people, Profil.ASSUJETTIE).end())
    depots.note(facture, Statut.REFUSEE, by=people[1], motif="SIRET inconnu de l’annuaire")
    with late(facture, 7):
        assert relances.due() == []
        depots.note(facture, Statut.DEPOSEE, by=people[1])
        assert relances.due() == [facture.id]


def test_a_stopped_action_is_left_to_whoever_keeps_the_money(to_come, alone):
    deposit = to_come.issued(Nature.ACOMPTE)
    actions.decide(to_come.action, annuler, by=to_come.zoe, motif="Cyclone")
    with late(deposit, 7):
        assert relances.due() == []
        relances.remind(deposit, 1, by=to_come.rita)


@pytest.mark.both
def test_one_that_was_paid_between_the_look_and_the_deed_is_left(affaire, facture, alone, outbox):
    with late(facture, 7):
        pay(facture, affaire.rita)
        relances.remind_in_time(facture.id)
    assert (told(outbox), facture.relances) == ([], [])


@pytest.mark.both
@pytest.mark.proof
def test_two_workers_and_several_hands_send_it_once(app, crowd, as_, people, outbox, size):
    """Issued long ago: the clock of the processes is the real one."""
    zoe, rita = people
    headers = badge(as_(rita))
    for turn in range(size(2, 60)):
        with clock.freeze(clock.now() - timedelta(days=60)):
            old = agreed(zoe, rita).issued(Nature.ACOMPTE)
        reglage.change(reglage.RELANCES, reglage.Relances.SEULES, by=rita)
        db.session.commit()
        with ThreadPoolExecutor(2) as workers:
            end = clock.now() + timedelta(seconds=0.3)
            running = [workers.submit(pass_time_until, app, end) for _ in range(2)]
            pressed = crowd.press([(f"/factures/{old.id}/relancer/1", {"mot": ""}, headers)] * 4)
            for one in running:
                one.result()
        assert {answer.status for answer in pressed} <= {303, 409}
        assert [one.rang for one in queries.fresh(old.id).relances] == [1]
        assert told(outbox) == GENRES[:1] * (turn + 1)
        db.session.rollback()


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_treasurer_reads_the_message_then_sends_it(affaire, facture, as_, outbox):
    url = f"/factures/{facture.id}"
    assert "Relancer" not in as_(affaire.rita).get(url).text
    with late(facture, 7):
        page = as_(affaire.rita)
        assert "Relancer (première relance)" in page.get(url).text
        before = fingerprint()
        shown = page.post(f"{url}/relancer/1", data={"mot": "Un <souci> ?", "apercu": "Relancer"})
        assert "Un petit rappel" in shown.text
        assert "Un &lt;souci&gt;" in shown.text
        assert fingerprint() == before
        for _ in range(2):
            assert page.post(f"{url}/relancer/1", data={"mot": "Un <souci> ?"}).status_code == 303
        after = page.get(url).text
        journal = words(as_(affaire.zoe).get(f"/actions/{facture.action_id}/journal"))
    assert told(outbox) == GENRES[:1]
    for text in ("Relancée le", "première relance, par Rita Payet", "Un &lt;souci&gt;", "la suite (deuxième relance)"):
        assert text in after, text
    assert f"{facture.label} : relancée" in journal


def test_words_that_came_after_it_left_are_given_back(affaire, facture, alone, as_):
    with late(facture, 7):
        pass_time()
        answer = as_(affaire.rita).post(f"/factures/{facture.id}/relancer/1", data={"mot": "Un mot <à moi>"})
    assert answer.status_code == 409
    assert "déjà partie" in answer.text
    assert "Un mot &lt;à moi&gt;" in answer.text
    assert "partie seule" in answer.text


@pytest.mark.parametrize(("rang", "mot", "status"), [(2, "", 409), (9, "", 409), (0, "", 404), (1, "x" * 1001, 422)])
def test_what_is_wrong_sends_nothing(affaire, facture, as_, outbox, rang, mot, status):
    with late(facture, 7):
        page = as_(affaire.rita)
        assert page.post(f"/factures/{facture.id}/relancer/{rang}", data={"mot": mot}).status_code == status
    assert told(outbox) == []


def test_a_bienveillant_reads_them_and_sends_none(affaire, facture, as_):
    with late(facture, 7):
        relances.remind(facture, 1, by=affaire.rita)
    with late(facture, 30):
        zoe = as_(affaire.zoe)
        page = zoe.get(f"/factures/{facture.id}").text
        assert "<summary>Relancer" not in zoe.get(f"/factures/{facture.id}").text
        assert zoe.post(f"/factures/{facture.id}/relancer/2").status_code == 403
    assert "Relancée le" in page
