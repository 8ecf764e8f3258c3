"""Before a paid mission is theirs, a person says as what they are paid; volunteer and paid on one action is warned about."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.candidatures import commands, depot
from portal.candidatures.commands import Mixed, StatutMissing
from portal.candidatures.models import Candidature, Etat, accepter, refuser
from portal.candidatures.suivi import page_token
from portal.comptes import commands as comptes
from portal.comptes.models import Situation, Statut
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Nature
from portal.workflow import TransitionRefused
from tests import builders

SIRET = "99999999800019"  # well formed, nobody's
FREELANCE = Situation(Statut.INDEPENDANT, siret=SIRET)


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe):
    return builders.action(zoe)


@pytest.fixture
def paid(action):
    return builders.mission(action, nature=Nature.CHARGE_DE_MISSION, titre="Son et lumière", montant=20_000)


def form(client, mission, **fields: str) -> dict[str, str]:
    return {"nom": "Léa Grondin", "email": "lea@example.org", "accord": "y", "cle": "c" * 22, **fields}


def apply(client, mission, **fields: str):
    return client.post(f"/candidatures/deposer/{mission.id}", data=form(client, mission, **fields))


def sent() -> Candidature:
    return db.session.scalars(select(Candidature).order_by(Candidature.id.desc())).first()


# --- said ----------------------------------------------------------------------------------------------------


def test_one_may_apply_without_saying_it(client, paid):
    assert apply(client, paid).status_code == 303
    assert sent().personne.situation is None


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"statut": "salarie"}, Situation(Statut.SALARIE)),
        ({"statut": "independant", "siret": "999 999 998 00019", "structure": "x"}, FREELANCE),
        ({"statut": "independant", "siret": "356 000 000 49837"}, Situation(Statut.INDEPENDANT, siret="35600000049837")),
        ({"statut": "autre_structure", "structure": "Zistwar"}, Situation(Statut.AUTRE_STRUCTURE, structure="Zistwar")),
    ],
    ids=["salarié", "indépendant", "La Poste, whose key is another", "autre structure"],
)  # fmt: skip
def test_what_is_said_while_applying_is_kept(client, paid, said, kept):
    assert apply(client, paid, **said).status_code == 303
    assert sent().personne.situation == kept


@pytest.mark.parametrize(
    "said",
    [
        {"statut": "independant"},
        {"statut": "independant", "siret": "99999999800018"},
        {"statut": "independant", "siret": "9" * 40},
        {"statut": "autre_structure"},
        {"statut": "roi"},
    ],
    ids=["no SIRET", "a wrong key", "too long", "no structure", "no such status"],
)
def test_what_cannot_be_is_asked_again(client, paid, said):
    assert apply(client, paid, **said).status_code == 422
    assert sent() is None


def test_a_volunteer_is_asked_nothing(client, action):
    mission = builders.mission(action)
    assert "SIRET" not in client.get(f"/candidatures/deposer/{mission.id}").text
    assert apply(client, mission, statut="salarie").status_code == 303
    assert sent().personne.situation is None


def test_it_is_said_later_from_the_candidature_s_own_page(client, paid):
    candidature = builders.candidature(paid)
    db.session.commit()
    url = f"/candidatures/suivi/{page_token(candidature)}"
    assert "Dire mon statut" in client.get(url).text
    assert client.post(f"{url}/statut", data={}).status_code == 422
    assert client.post(f"{url}/statut", data={"statut": "independant", "siret": SIRET}).status_code == 303
    assert candidature.personne.situation == FREELANCE


def test_it_is_said_once_for_all_from_my_own_details(paid, as_):
    lea = builders.personne("Léa Grondin")
    client = as_(lea)
    assert "pas encore dit" in client.get("/moi/coordonnees").text
    assert client.post("/comptes/statut", data={}).status_code == 422
    assert client.post("/comptes/statut", data={"statut": "independant", "siret": SIRET}).status_code == 303
    assert lea.situation == FREELANCE
    assert SIRET in client.get("/comptes/statut").text


def test_it_joins_the_person_who_proves_the_address(paid):
    lea = builders.personne("Léa Grondin", email="lea@example.org")
    candidature = builders.candidature(paid, email="lea@example.org", situation=FREELANCE)
    depot.join(candidature)
    assert (candidature.personne, lea.situation) == (lea, FREELANCE)


def test_what_a_stranger_says_does_not_change_what_the_person_said(paid):
    lea = builders.personne("Léa Grondin", email="lea@example.org")
    comptes.declare(lea, Situation(Statut.SALARIE), by=lea)
    depot.join(builders.candidature(paid, email="lea@example.org", situation=FREELANCE))
    assert lea.situation == Situation(Statut.SALARIE)


def test_the_journal_says_that_it_changed_and_not_what_it_is(paid):
    builders.candidature(paid, situation=FREELANCE)
    facts = db.session.scalars(select(EntreeJournal.faits).where(EntreeJournal.evenement == "personne.modifier")).all()
    assert facts == [{"champs": ["statut"]}]


# --- wanted before accepting ---------------------------------------------------------------------------------


@pytest.mark.both
def test_nobody_is_accepted_on_a_paid_mission_without_it(zoe, paid):
    candidature = builders.candidature(paid)
    with pytest.raises(StatutMissing):
        commands.decide(candidature, accepter, by=zoe)
    assert paid.prises == 0
    depot.declare(candidature, FREELANCE)
    commands.decide(candidature, accepter, by=zoe)
    assert candidature.etat is Etat.ACCEPTEE


def test_it_is_not_wanted_to_refuse(zoe, paid):
    candidature = builders.candidature(paid)
    commands.decide(candidature, refuser, by=zoe, motif="Complet.")
    assert candidature.etat is Etat.REFUSEE


def test_the_queue_says_what_is_missing_and_asks_for_it(zoe, paid, as_, outbox):
    candidature = builders.candidature(paid)
    client = as_(zoe)
    page = client.get("/candidatures/").text
    assert "Statut à préciser" in page
    assert client.post(f"/candidatures/{candidature.id}/accepter").status_code == 409
    for _ in range(2):
        assert client.post(f"/candidatures/{candidature.id}/demander_statut").status_code == 303
    assert [m.genre for m in outbox()].count("statut_a_preciser") == 1
    depot.declare(candidature, FREELANCE)
    db.session.commit()
    assert "Indépendant" in client.get("/candidatures/").text
    assert client.post(f"/candidatures/{candidature.id}/demander_statut").status_code == 409


def test_it_is_not_asked_of_a_volunteer(zoe, action):
    with pytest.raises(TransitionRefused):
        depot.ask_statut(builders.candidature(builders.mission(action)), by=zoe)


# --- volunteer and paid --------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("first", [Nature.VOLONTAIRE, Nature.CHARGE_DE_MISSION])
def test_volunteer_and_paid_on_one_action_is_warned_about_both_ways(zoe, action, first):
    other = Nature.CHARGE_DE_MISSION if first is Nature.VOLONTAIRE else Nature.VOLONTAIRE
    lea = builders.personne("Léa Grondin")
    comptes.declare(lea, FREELANCE, by=lea)
    builders.hold(builders.mission(action, nature=first, fin=builders.in_days(10, 12)), lea)
    candidature = builders.candidature(builders.mission(action, nature=other, debut=builders.in_days(10, 13)), lea)
    with pytest.raises(Mixed):
        commands.decide(candidature, accepter, by=zoe)
    commands.decide(candidature, accepter, by=zoe, despite_mix=True)
    said = db.session.scalars(select(EntreeJournal.faits).where(EntreeJournal.evenement == "candidature.accepter")).one()
    assert said["malgre_melange"] is True


def test_a_referent_who_helps_is_no_mix(zoe, action):
    lea = builders.personne("Léa Grondin")
    builders.hold(builders.referent_mission(action, fin=builders.in_days(10, 12)), lea)
    candidature = builders.candidature(builders.mission(action, debut=builders.in_days(10, 13)), lea)
    commands.decide(candidature, accepter, by=zoe)
    assert candidature.etat is Etat.ACCEPTEE


def test_the_queue_shows_the_mix_and_one_tick_passes_it(zoe, action, paid, as_):
    lea = builders.personne("Léa Grondin")
    comptes.declare(lea, FREELANCE, by=lea)
    builders.hold(builders.mission(action, titre="Vaisselle"), lea)
    candidature = builders.candidature(paid, lea)
    client = as_(zoe)
    assert "Volontaire sur la même action\u00a0: Vaisselle" in client.get("/candidatures/").text
    url = f"/candidatures/{candidature.id}/accepter"
    refused = client.post(url)
    assert refused.status_code == 409
    assert 'name="malgre_melange"' in refused.text
    assert client.post(url, data={"malgre_chevauchement": "1"}).status_code == 409
    assert client.post(url, data={"malgre_chevauchement": "1", "malgre_melange": "1"}).status_code == 303
