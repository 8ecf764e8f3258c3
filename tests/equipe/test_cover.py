"""« Trouver du renfort »: who may be asked for a mission, in which order, and that nobody else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.candidatures import commands as candidatures
from portal.candidatures import depot
from portal.candidatures.models import Demande, refuser
from portal.comptes import commands as comptes
from portal.comptes.models import Personne, Profil, Reception
from portal.db import db
from portal.equipe import commands, queries
from portal.equipe.commands import NobodyChosen, NobodyLeft, NotTaking
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.missions.accord import JOURS
from portal.missions.commands import MissionFull
from portal.missions.models import Invitation, Mission, annuler, fermer, inviter
from portal.notifications import messages
from portal.notifications.genres import Outdated
from portal.outbox import Voie
from tests import builders


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def mission(zoe) -> Mission:
    """From nine to noon, in ten days."""
    debut = builders.in_days(10, 9)
    return builders.mission(builders.action(zoe), titre="Buvette", debut=debut, fin=debut + timedelta(hours=3))


def offered(mission: Mission, zoe: Personne) -> list[str]:
    return [c.personne.nom for c in queries.cover_for(mission, 1, but=zoe).items]


def elsewhere(mission: Mission, zoe: Personne, **moved: float) -> Mission:
    """A mission of another action, moved by so much."""
    by = timedelta(**moved)
    return builders.mission(builders.action(zoe, titre="Autre"), debut=mission.debut + by, fin=mission.fin + by)


def half_day(mission: Mission, *, later: int = 0) -> str:
    return f"{JOURS[(clock.local(mission.debut).weekday() + later) % 7]}-matin"


def said(personne: Personne, **profil: list[str]) -> Personne:
    db.session.add(Profil(personne_id=personne.id, **profil))
    return personne


# --- who may be asked ----------------------------------------------------------------------------------------


@pytest.mark.both
def test_nobody_who_is_on_it_waits_for_an_answer_is_busy_then_or_does_not_want_to_be_asked(zoe, mission):
    held, applied, refused, busy, shy, gone, free = (
        builders.personne(name) for name in ("Tenue", "Candidate", "Refusée", "Prise", "Discrète", "Partie", "Libre")
    )
    builders.hold(mission, held)
    builders.candidature(mission, applied)
    candidatures.decide(builders.candidature(mission, refused), refuser, by=zoe, motif="Trop tôt")
    builders.hold(elsewhere(mission, zoe, hours=2), busy)
    shy.sollicitable = False
    comptes.set_active(gone, False, by=zoe)
    comptes.introduce(nom="Inconnue", email="x@example.org")
    assert offered(mission, zoe) == ["Libre"]
    with clock.freeze(clock.now() + timedelta(minutes=3)):  # a refusal is news by then
        assert offered(mission, zoe) == ["Libre", "Refusée"]
    assert free.id


@pytest.mark.both
def test_slots_that_touch_do_not_clash_and_a_cancelled_one_keeps_nobody(zoe, mission):
    before, after, cancelled, inside = (builders.personne(name) for name in ("Avant", "Après", "Tombée", "Dedans"))
    builders.hold(elsewhere(mission, zoe, hours=-3), before)
    builders.hold(elsewhere(mission, zoe, hours=3), after)
    fallen = elsewhere(mission, zoe)
    builders.hold(fallen, cancelled)
    missions.decide(fallen, annuler, by=zoe, motif="Pluie")
    builders.hold(elsewhere(mission, zoe, hours=2, minutes=59), inside)
    assert offered(mission, zoe) == ["Après", "Avant", "Tombée"]


@pytest.mark.both
def test_asked_longest_ago_comes_first_and_times_that_do_not_suit_last(zoe, mission):
    names = ("Zoé libre", "Abel", "Bao", "Chloé ailleurs", "Dora ailleurs")
    free, abel, bao, chloe, dora = (builders.personne(name) for name in names)
    said(free, disponibilites=[half_day(mission)])
    for person in (chloe, dora):
        said(person, disponibilites=[half_day(mission, later=1)])
    other = elsewhere(mission, zoe, days=1)
    for days, person in ((2, bao), (9, abel), (1, chloe)):
        with clock.freeze(clock.now() - timedelta(days=days)):
            commands.invite(other, [person.id], by=zoe)
    assert offered(mission, zoe) == ["Zoé libre", "Abel", "Bao", "Dora ailleurs", "Chloé ailleurs"]


def test_the_list_says_who_is_free_and_what_they_know_that_the_mission_wants(as_, zoe, mission):
    mission.competences = ["service"]
    said(builders.personne("Awa"), disponibilites=[half_day(mission)], competences=["service", "jardin"])
    said(builders.personne("Bao"), disponibilites=[half_day(mission, later=1)])
    builders.personne("Chloé")
    html = BeautifulSoup(as_(zoe).get(f"/equipe/renfort/{mission.id}").text, "html5lib")
    rows = [" ".join(row.get_text(" ").split()) for row in html.select(".rangees > li")]
    assert rows == [
        "Awa Pas encore d’invitation Libre ce jour-là Bar et service",
        "Chloé Pas encore d’invitation",
        "Bao Pas encore d’invitation Pas libre d’habitude",
    ]


@pytest.mark.parametrize("n", [1, 3])
def test_the_page_costs_the_same_for_one_or_many(as_, zoe, mission, count_queries, n):
    for _ in range(n):
        said(builders.personne(), disponibilites=[half_day(mission)])
        commands.invite(mission, [builders.personne().id], by=zoe)
    client, url = as_(zoe), f"/equipe/renfort/{mission.id}"
    with count_queries() as statements:
        client.get(url)
    assert len(statements) == 5, statements


# --- asking --------------------------------------------------------------------------------------------------


def invited(mission: Mission) -> set[int]:
    return set(db.session.scalars(select(Invitation.personne_id).where(Invitation.mission_id == mission.id)))


@pytest.mark.both
def test_those_ticked_are_asked_once_and_nobody_else(as_, zoe, mission, outbox):
    awa, bao, _ = (builders.personne(name) for name in ("Awa", "Bao", "Chloé"))
    client, url = as_(zoe), f"/equipe/renfort/{mission.id}"
    for _ in range(2):
        client.post(url, data={"personne": [awa.id, bao.id, "x", "0"]})
    assert invited(mission) == {awa.id, bao.id}
    asked = [m for m in outbox() if m.genre == "invitation_mission"]
    assert {m.adresse for m in asked} == {awa.email, bao.email}
    assert len(asked) == 2
    [line] = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == inviter.key))
    assert (line.sujet, line.personne_id) == (f"mission:{mission.id}", zoe.id)
    assert sorted(line.faits["personnes"]) == [awa.id, bao.id]


def test_the_page_tells_how_many_were_asked_and_shows_them_apart(as_, zoe, mission):
    awa, bao = builders.personne("Awa"), builders.personne("Bao")
    client, url = as_(zoe), f"/equipe/renfort/{mission.id}"
    answer = client.post(url, data={"personne": [awa.id]})
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    html = BeautifulSoup(client.get(url).text, "html5lib")
    assert "1 personne invitée." in html.get_text()
    assert [box["value"] for box in html.select("input[type=checkbox]")] == [str(bao.id)]
    section = html.find("h2", string="Déjà invitées")
    assert section
    assert "Awa" in section.parent.get_text()


def test_who_has_become_unavailable_is_left_out_and_said(as_, zoe, mission):
    awa, bao = builders.personne("Awa"), builders.personne("Bao")
    client = as_(zoe)
    builders.candidature(mission, bao)
    client.post(f"/equipe/renfort/{mission.id}", data={"personne": [awa.id, bao.id]})
    assert invited(mission) == {awa.id}
    assert "1 personne invitée. Les autres ne pouvaient plus l’être : 1." in client.get("/").text.replace("\u00a0", " ")


@pytest.mark.both
def test_asking_is_refused_when_nobody_could_answer(zoe, mission):
    awa = builders.personne("Awa")
    with pytest.raises(NobodyChosen):
        commands.invite(mission, [], by=zoe)
    with pytest.raises(NobodyLeft):
        commands.invite(mission, [zoe.id], by=zoe)
    for _ in range(mission.places):
        builders.hold(mission, builders.personne())
    with pytest.raises(MissionFull):
        commands.invite(mission, [awa.id], by=zoe)
    closed = builders.mission(mission.action)
    missions.decide(closed, fermer, by=zoe)
    with pytest.raises(NotTaking):
        commands.invite(closed, [awa.id], by=zoe)
    assert db.session.scalar(select(Invitation.id)) is None


def test_a_refusal_shows_the_list_as_it_now_is(as_, zoe, mission):
    builders.personne("Awa")
    answer = as_(zoe).post(f"/equipe/renfort/{mission.id}")
    assert answer.status_code == 422
    assert "Coche au moins une personne" in answer.text
    assert "Awa" in answer.text


def test_a_page_that_can_offer_nobody_says_why(as_, zoe, mission):
    client, url = as_(zoe), f"/equipe/renfort/{mission.id}"
    assert "Personne à inviter" in client.get(url).text
    builders.personne("Awa")
    missions.decide(mission, fermer, by=zoe)
    html = client.get(url).text
    assert "ne prend pas de candidatures" in html
    assert "checkbox" not in html


@pytest.mark.parametrize("who", ["rose", "awa"])
def test_asking_is_for_whoever_sets_the_mission_up(as_, mission, who):
    awa = builders.personne("Awa")
    by = {"rose": builders.bienveillant("Rose"), "awa": awa}[who]
    assert as_(by).post(f"/equipe/renfort/{mission.id}", data={"personne": [awa.id]}).status_code == 403
    assert invited(mission) == set()


# --- what they read ------------------------------------------------------------------------------------------


def test_they_read_who_asks_when_where_how_to_come_and_how_to_hear_no_more(zoe, mission, outbox):
    commands.invite(mission, [builders.personne("Awa Payet").id], by=zoe)
    found = messages.render("invitation_mission", outbox()[-1].faits)
    assert found.objet.startswith("Un coup de main ? Buvette")
    when, apply = "9\u00a0h\u00a0à\u00a012\u00a0h", f"/candidatures/deposer/{mission.id}"
    for part in ("Bonjour Awa", "Zoé Hoarau", when, "La Raffinerie", apply, "/moi/"):
        assert part in found.texte


def test_it_is_dropped_once_they_applied_or_the_mission_is_full(zoe, mission, outbox):
    awa, bao = builders.personne("Awa"), builders.personne("Bao")
    commands.invite(mission, [awa.id, bao.id], by=zoe)
    facts = {m.faits["personne"]: m.faits for m in outbox()}
    builders.candidature(mission, awa)
    with pytest.raises(Outdated):
        messages.render("invitation_mission", facts[awa.id])
    assert messages.render("invitation_mission", facts[bao.id])
    for _ in range(2):
        builders.hold(mission, builders.personne())
    with pytest.raises(Outdated):
        messages.render("invitation_mission", facts[bao.id])


@pytest.mark.parametrize(
    ("reception", "voie"),
    [(Reception.AUSSITOT, Voie.COURRIER), (Reception.RESUME, Voie.COURRIER), (Reception.ESSENTIEL, Voie.PORTAIL)],
)
def test_whoever_wants_the_essential_only_finds_it_on_the_portal(zoe, mission, outbox, reception, voie):
    awa = builders.personne("Awa")
    awa.reception = reception
    commands.invite(mission, [awa.id], by=zoe)
    assert outbox()[-1].voie is voie


@pytest.mark.both
def test_whoever_applied_is_asked_again_only_if_they_said_so(zoe, mission):
    other = elsewhere(mission, zoe, hours=8)
    for name, agrees in (("Oui", True), ("Non", False)):
        demande = Demande(f"cle-{name}", name, f"{name.lower()}@example.org", "", "", sollicitable=agrees)
        depot.join(depot.apply(other, demande, waiting_list=False, by=None))
    assert offered(mission, zoe) == ["Oui"]
