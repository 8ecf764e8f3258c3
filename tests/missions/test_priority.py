"""The référent's priority: the post is the bienveillant's at once, nobody accepted is evicted, giving it back undoes it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock
from portal.candidatures.models import Etat as EtatCandidature
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands
from portal.missions.models import UNDO, Affectation, Etat, Mission, Nature, Origine
from tests import builders
from tests.missions.test_manage import local

pytestmark = pytest.mark.both


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def post(zoe):
    return builders.referent_mission(builders.action(zoe))


def holders(mission) -> list[tuple[str, Origine]]:
    db.session.expire_all()
    active = select(Affectation).where(Affectation.mission_id == mission.id, Affectation.libere_le.is_(None))
    found = [(a.personne.nom, a.origine) for a in db.session.scalars(active)]
    assert len(found) == mission.prises
    return found


def form_of(mission, **more: str) -> dict[str, str]:
    slot = {"debut": local(mission.debut), "fin": local(mission.fin)}
    return {"nature": "referent", "titre": "Référent", **slot} | more


def sentence(answer) -> str:
    return " ".join(BeautifulSoup(answer.text, "html5lib").main.get_text(" ").split())


# --- taking it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["", "publier"])
def test_taken_with_a_tick_when_the_mission_is_created(as_, zoe, suite):
    action = builders.action(zoe)
    path = f"/missions/nouvelle/{action.id}"
    assert as_(zoe).post(path, data=form_of(action, prendre_poste="y", suite=suite)).status_code == 303
    mission = db.session.scalars(select(Mission)).one()
    assert holders(mission) == [("Zoé Hoarau", Origine.PRIORITE)]
    assert mission.etat is (Etat.OUVERTE if suite else Etat.BROUILLON)


def test_taken_with_the_button(as_, zoe, post):
    answer = as_(zoe).post(f"/missions/{post.id}/prendre")
    assert (answer.status_code, answer.location) == (303, f"/missions/action/{post.action_id}#mission-{post.id}")
    assert holders(post) == [("Zoé Hoarau", Origine.PRIORITE)]
    assert db.session.scalars(select(EntreeJournal.personne_id).where(EntreeJournal.evenement == "mission.prendre")).all() == [
        zoe.id
    ]


def elsewhere(zoe, post, *, known_in: int) -> None:
    """A place of that hour that Zoé holds, and knows of in so many hours."""
    other = builders.mission(builders.action(builders.bienveillant("Rose Técher")), titre="Tenir la porte")
    commands.assign(other, zoe, origine=Origine.CANDIDATURE, known_at=clock.now() + timedelta(hours=known_in))
    db.session.commit()


def button(visitor, post):
    return visitor.post(f"/missions/{post.id}/prendre", follow_redirects=True)


def candidature(visitor, post):
    return visitor.post(f"/candidatures/deposer/{post.id}", follow_redirects=True)


def tick(visitor, post):
    data = form_of(post.action, prendre_poste="y")
    return visitor.post(f"/missions/nouvelle/{post.action_id}", data=data, follow_redirects=True)


@pytest.mark.parametrize("take", [button, candidature, tick])
def test_two_places_of_the_same_hour_are_held_and_that_is_said(as_, zoe, post, take):
    elsewhere(zoe, post, known_in=-1)
    answer = take(as_(zoe), post)
    assert "À la même heure que ton poste de référent, tu tiens déjà «\u00a0Tenir la porte\u00a0»." in answer.text


@pytest.mark.parametrize("take", [button, candidature, tick])
def test_a_place_that_they_do_not_know_of_yet_is_not_told(as_, zoe, post, take):
    elsewhere(zoe, post, known_in=1)
    assert "Tenir la porte" not in take(as_(zoe), post).text


def test_the_tick_is_for_the_bienveillant_of_the_action_alone(as_, zoe):
    action = builders.action(zoe)
    ada = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert "prendre_poste" not in ada.get(f"/missions/nouvelle/{action.id}?nature=referent").text
    ada.post(f"/missions/nouvelle/{action.id}", data=form_of(action, prendre_poste="y"))
    assert holders(db.session.scalars(select(Mission)).one()) == []


def test_those_who_wait_move_to_the_waiting_list_and_are_told(as_, zoe, post, outbox):
    waiting = [builders.candidature(post, nom=nom) for nom in ("Léa Grondin", "Ali Hoareau")]
    as_(zoe).post(f"/missions/{post.id}/prendre")
    db.session.expire_all()
    assert [(c.etat, c.cedee) for c in waiting] == [(EtatCandidature.LISTE_ATTENTE, True)] * 2
    assert {m.adresse for m in outbox() if m.genre == "candidature_cedee"} == {c.personne.email for c in waiting}


def test_one_s_own_candidature_has_no_object_any_more(as_, zoe, post):
    mine = builders.candidature(post, zoe)
    as_(zoe).post(f"/missions/{post.id}/prendre")
    db.session.expire_all()
    assert mine.etat is EtatCandidature.RETIREE
    assert holders(post) == [("Zoé Hoarau", Origine.PRIORITE)]


def test_someone_already_accepted_is_never_evicted_and_it_is_said(as_, zoe, post, outbox):
    accepted, waiting = builders.candidature(post), builders.candidature(post)
    client = as_(zoe)
    client.post(f"/candidatures/{accepted.id}/accepter")
    told = len(outbox())
    answer = client.post(f"/missions/{post.id}/prendre")
    assert answer.status_code == 409
    assert "déjà tenu par une personne acceptée" in sentence(answer)
    assert holders(post) == [("Léa Grondin", Origine.CANDIDATURE)]
    assert (accepted.etat, waiting.etat) == (EtatCandidature.ACCEPTEE, EtatCandidature.DEPOSEE)
    assert len(outbox()) == told
    page = BeautifulSoup(client.get(f"/missions/action/{post.action_id}").text, "html5lib")
    assert not page.select(f'form[action="/missions/{post.id}/prendre"]')


def test_nobody_is_accepted_on_a_post_taken_by_priority(as_, zoe, post):
    waiting = builders.candidature(post)
    client = as_(zoe)
    client.post(f"/missions/{post.id}/prendre")
    answer = client.post(f"/candidatures/{waiting.id}/accepter")
    assert answer.status_code == 409
    assert holders(post) == [("Zoé Hoarau", Origine.PRIORITE)]


def test_a_second_tap_takes_it_once(as_, zoe, post):
    client = as_(zoe)
    for path in (f"/missions/{post.id}/prendre", f"/missions/{post.id}/prendre", f"/candidatures/deposer/{post.id}"):
        assert client.post(path).status_code == 303
    lines = select(func.count()).where(EntreeJournal.evenement == "mission.prendre")
    assert db.session.scalar(lines) == 1
    assert holders(post) == [("Zoé Hoarau", Origine.PRIORITE)]


def test_the_priority_is_for_a_referent_s_post(as_, zoe, post):
    other = builders.mission(post.action, nature=Nature.CHARGE_DE_MISSION)
    answer = as_(zoe).post(f"/missions/{other.id}/prendre")
    assert answer.status_code == 409
    assert "que pour un poste de référent" in sentence(answer)
    assert holders(other) == []


@pytest.mark.parametrize("who", ["another bienveillant", "an admin", "a bienveillant who is admin", "a volunteer"])
def test_nobody_else_has_the_priority(as_, post, who):
    roles = {
        "another bienveillant": [builders.BIENVEILLANT],
        "an admin": [builders.ADMIN],
        "a bienveillant who is admin": [builders.BIENVEILLANT, builders.ADMIN],
        "a volunteer": [],
    }[who]
    assert as_(builders.personne("Bruno Ozoux", roles)).post(f"/missions/{post.id}/prendre").status_code == 403
    assert holders(post) == []


def test_a_cancelled_or_past_post_is_not_taken(as_, zoe, post):
    client = as_(zoe)
    client.post(f"/missions/{post.id}/annuler", data={"motif": "pluie"})
    assert client.post(f"/missions/{post.id}/prendre").status_code == 409
    assert holders(post) == []


# --- giving it back ------------------------------------------------------------------------------------------


def test_given_back_those_who_had_yielded_return_to_the_queue(as_, zoe, post, outbox):
    judged, waiting = builders.candidature(post), builders.candidature(post)
    client = as_(zoe)
    client.post(f"/candidatures/{judged.id}/mettre_en_attente")
    client.post(f"/missions/{post.id}/prendre")
    answer = client.post(f"/missions/{post.id}/liberer")
    assert (answer.status_code, holders(post)) == (303, [])
    # the one whom a bienveillant put on the list was judged, and stays there
    assert (waiting.etat, judged.etat) == (EtatCandidature.DEPOSEE, EtatCandidature.LISTE_ATTENTE)
    assert [m.adresse for m in outbox() if m.genre == "candidature_rendue"] == [waiting.personne.email]
    assert client.post(f"/candidatures/{waiting.id}/accepter").status_code == 303
    assert holders(post) == [("Léa Grondin", Origine.CANDIDATURE)]


def test_taken_given_back_and_taken_again(as_, zoe, post):
    client = as_(zoe)
    for slug in ("prendre", "liberer", "prendre"):
        assert client.post(f"/missions/{post.id}/{slug}").status_code == 303
    assert holders(post) == [("Zoé Hoarau", Origine.PRIORITE)]
    assert len(db.session.scalars(select(Affectation)).all()) == 2


def test_an_accepted_referent_gives_their_own_post_back(as_, zoe, post):
    remi = builders.personne("Rémi Fontaine")
    candidature = builders.candidature(post, remi)
    as_(zoe).post(f"/candidatures/{candidature.id}/accepter")
    assert as_(remi).post(f"/missions/{post.id}/liberer").status_code == 403  # not told yet
    with clock.freeze(clock.now() + UNDO):
        answer = as_(remi).post(f"/missions/{post.id}/liberer")
    assert (answer.status_code, answer.location) == (303, "/moi/")
    assert holders(post) == []
    assert candidature.etat is EtatCandidature.DESISTEE


def test_an_admin_frees_somebody_else_s_post_with_a_reason_that_they_are_told(as_, zoe, post, outbox):
    as_(zoe).post(f"/missions/{post.id}/prendre")
    ada = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    answer = ada.post(f"/missions/{post.id}/liberer")
    assert answer.status_code == 422
    assert "Un motif est nécessaire" in sentence(answer)
    assert holders(post) == [("Zoé Hoarau", Origine.PRIORITE)]
    assert ada.post(f"/missions/{post.id}/liberer", data={"motif": "Zoé est malade"}).status_code == 303
    assert holders(post) == []
    told = outbox()[-1]
    assert (told.genre, told.adresse, told.faits["motif"]) == ("poste_libere", zoe.email, "Zoé est malade")
    assert ada.post(f"/missions/{post.id}/liberer", data={"motif": "encore"}).status_code == 409


def test_the_bienveillant_does_not_free_the_post_of_someone_else(as_, zoe, post):
    remi = builders.personne("Rémi Fontaine")
    commands.assign(post, remi, origine=Origine.CANDIDATURE, known_at=clock.now())
    assert as_(zoe).post(f"/missions/{post.id}/liberer", data={"motif": "je le veux"}).status_code == 403
    assert holders(post) == [("Rémi Fontaine", Origine.CANDIDATURE)]


def test_a_volunteer_frees_nobody_s_place_of_a_shared_mission(as_, post):
    """`liberer` is for the référent's post: on a mission of several places it must never choose someone's."""
    shared = builders.mission(post.action, places=2)
    first, second = builders.personne("Léa Grondin"), builders.personne("Ali Hoareau")
    for who in (first, second):
        builders.hold(shared, who)
    assert as_(second).post(f"/missions/{shared.id}/liberer").status_code == 409
    assert len(holders(shared)) == 2
