"""The written authorisation of a minor: no place is theirs before it came, and it holds for who gave it, at that age."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock, reglage
from portal.candidatures import attente, commands, depot
from portal.candidatures.models import Candidature, Etat, accepter
from portal.candidatures.suivi import page_token
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.mineurs import AutorisationMissing
from portal.missions.models import UNDO, Affectation
from tests import builders
from tests.accueil.test_pages import words
from tests.candidatures.test_mineurs import SEVENTEEN, TICKED, accepted, action, apply, minor, minors, mission, zoe

__all__ = ["action", "mission", "zoe"]  # fixtures


@pytest.mark.both
def test_nobody_is_accepted_before_it_came(zoe, mission):
    made = minor(mission)
    with pytest.raises(AutorisationMissing):
        commands.decide(made, accepter, by=zoe)
    assert mission.prises == 0
    commands.authorise(made, True, by=zoe)
    commands.decide(made, accepter, by=zoe)
    assert made.etat is Etat.ACCEPTEE


def test_the_queue_says_it_all_and_takes_it_in(as_, zoe, mission):
    made = minor(mission)
    db.session.commit()
    client = as_(zoe)
    shown = words(client.get("/candidatures/"))
    for said in ("Mineur, 17 ans", "Autorisation à recevoir", "Responsable légal : Marie Unique, 0692 77 77 77"):
        assert said in shown, said
    assert "n’est pas reçue" in client.post(f"/candidatures/{made.id}/accepter").text
    for slug, said in (("autoriser", "Autorisation reçue"), ("desautoriser", "Autorisation à recevoir"), ("autoriser", "")):
        assert client.post(f"/candidatures/{made.id}/{slug}").status_code == 303
        assert said in words(client.get("/candidatures/"))
    assert client.post(f"/candidatures/{made.id}/accepter").status_code == 303
    assert client.post(f"/candidatures/{made.id}/desautoriser").status_code == 409  # it is what the answer stands on
    told = select(EntreeJournal.evenement).where(EntreeJournal.evenement.contains("autoriser")).order_by(EntreeJournal.id)
    assert db.session.scalars(told).all() == [f"candidature.{s}" for s in ("autoriser", "desautoriser", "autoriser")]


def test_an_adult_has_none(as_, zoe, mission):
    made = builders.candidature(mission)
    db.session.commit()
    assert as_(zoe).post(f"/candidatures/{made.id}/autoriser").status_code == 409


@pytest.mark.both
def test_a_place_held_for_a_minor_waits_for_it_too(client, mission, zoe):
    made = builders.in_line(mission, mineur=SEVENTEEN)
    builders.offer(made)
    db.session.commit()
    with pytest.raises(attente.AutorisationFirst):
        attente.take_place(made)
    db.session.rollback()
    answer = client.post(f"/candidatures/suivi/{page_token(made)}/prendre_place")
    assert answer.status_code == 409
    assert "Il manque l’autorisation écrite" in answer.text
    commands.authorise(made, True, by=zoe)
    db.session.commit()
    assert client.post(f"/candidatures/suivi/{page_token(made)}/prendre_place").status_code == 303
    db.session.expire_all()
    assert made.etat is Etat.ACCEPTEE


# --- said otherwise, once it came or once the place is theirs ---------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("other", [{"age": "16"}, {"responsable": "Un Copain"}, {"responsable_telephone": "0692 11 22 33"}])
def test_an_authorisation_holds_for_who_gave_it_and_for_that_age(client, zoe, mission, other):
    apply(client, mission, **TICKED)
    made = db.session.scalars(select(Candidature)).one()
    commands.authorise(made, True, by=zoe)
    db.session.commit()
    apply(client, mission, **TICKED)
    assert minors()[0].autorise_le
    db.session.rollback()
    assert apply(client, mission, **(TICKED | other)).status_code == 303
    db.session.expire_all()
    assert minors()[0].autorise_le is None
    with pytest.raises(AutorisationMissing):
        commands.decide(made, accepter, by=zoe)


@pytest.mark.both
@pytest.mark.parametrize("before", [{}, TICKED], ids=["as an adult", "as a minor"])
def test_a_place_already_theirs_does_not_become_one_that_nobody_authorised(client, zoe, mission, before):
    apply(client, mission, **before)
    made = db.session.scalars(select(Candidature)).one()
    if before:
        commands.authorise(made, True, by=zoe)
    commands.decide(made, accepter, by=zoe)
    db.session.commit()
    otherwise = TICKED | {"age": "16", "responsable": "Un Copain"}
    with clock.freeze(clock.now() + UNDO):
        answer = apply(client, mission, message="Un mot gardé", **otherwise)
        assert answer.status_code == 422
        page = BeautifulSoup(answer.text, "html5lib")
        assert "Ta place est déjà donnée" in page.select_one(".resume-erreurs").text
        assert page.select_one("#message").text.strip() == "Un mot gardé"
        url = f"/candidatures/suivi/{page_token(made)}"
        if before:
            said = {"nom": "Léa Grondin", "message": "Un mot gardé", "responsable": "Un Copain"}
            answer = client.post(f"{url}/corriger", data=said | {"responsable_telephone": "0692 77 77 77"})
            assert answer.status_code == 422
            assert "Ta place est déjà donnée" in answer.text
            assert "Un mot gardé" in answer.text
        assert apply(client, mission, message="Je viens", **before).status_code == 303
    db.session.expire_all()
    assert (made.etat, made.message) == (Etat.ACCEPTEE, "Je viens")
    assert [(m.age, m.responsable, m.wants_autorisation) for m in minors()] == ([(17, "Marie Unique", False)] if before else [])


@pytest.mark.both
def test_an_acceptance_that_nobody_was_told_goes_back_to_the_queue(client, zoe, mission, outbox):
    apply(client, mission)
    made = db.session.scalars(select(Candidature)).one()
    commands.decide(made, accepter, by=zoe)
    db.session.commit()
    assert apply(client, mission, **TICKED).status_code == 303
    db.session.expire_all()
    assert (made.etat, mission.prises) == (Etat.DEPOSEE, 0)
    assert minors()[0].wants_autorisation


@pytest.mark.both
def test_nor_does_applying_twice_make_it_so(as_, zoe, mission):
    lea = builders.personne("Léa Grondin", email="lea@example.org")
    accepted(mission, by=lea, email="lea@example.org")
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        client = as_(lea)
        again = {"cle": "d" * 22}
        assert apply(client, mission, **(TICKED | again | {"responsable": "Un Copain"})).status_code == 422
        assert apply(client, mission, **(TICKED | again)).status_code == 303
        assert apply(client, mission, **again).status_code == 303
    assert [(m.responsable, m.wants_autorisation) for m in minors()] == [("Marie Unique", False)]


def test_a_number_is_still_corrected_where_the_house_wants_no_authorisation(client, zoe, mission):
    reglage.change(reglage.AGE_AUTORISATION, 16, by=zoe)
    apply(client, mission, **TICKED)
    made = db.session.scalars(select(Candidature)).one()
    commands.decide(made, accepter, by=zoe)
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        assert apply(client, mission, **(TICKED | {"responsable_telephone": "0692 11 22 33"})).status_code == 303
    assert minors()[0].telephone == "+262692112233"


@pytest.mark.both
def test_a_place_that_turns_out_to_be_an_unauthorised_minor_s_is_freed_and_told(zoe, mission, outbox):
    """The place was taken as an adult's; then the same address, proved, says seventeen."""
    builders.personne("Léa Grondin", email="lea@example.org")
    grown = builders.candidature(mission, email="lea@example.org")
    depot.join(grown)
    commands.decide(grown, accepter, by=zoe)
    assert mission.prises == 1
    depot.join(minor(mission, email="lea@example.org"))
    db.session.refresh(mission)
    assert mission.prises == 0
    assert (grown.etat, db.session.scalars(select(Affectation.libere_le)).one() is None) == (Etat.LIBEREE, False)
    with pytest.raises(AutorisationMissing):
        commands.decide(db.session.scalars(select(Candidature).order_by(Candidature.id.desc())).first(), accepter, by=zoe)
