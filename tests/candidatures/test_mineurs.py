"""Somebody under eighteen applies: their age, whom to call and until when, and what is never theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from portal import clock, reglage
from portal.actions.models import reading
from portal.candidatures import commands, depot
from portal.candidatures.models import Candidature, Etat, accepter
from portal.candidatures.suivi import page_token
from portal.comptes import commands as comptes
from portal.db import db
from portal.missions import commands as missions
from portal.missions.commands import MinorsOn
from portal.missions.mineurs import AdultsOnly
from portal.missions.models import UNDO, Affectation, Mineur, Minorite, Mission, Nature
from portal.missions.queries import of_action
from portal.notifications.echeances import pass_time
from tests import builders
from tests.candidatures.test_retention import gone, reports, years_after
from tests.comptes.test_erase import everything
from tests.moi.test_donnees import taken

MARIE = "+262692777777"
SEVENTEEN = Minorite(17, "Marie Unique", MARIE)
TICKED = {"mineur": "y", "age": "17", "responsable": "Marie Unique", "responsable_telephone": "0692 77 77 77"}


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe):
    return builders.action(zoe)


@pytest.fixture
def mission(action) -> Mission:
    return builders.mission(action)


def apply(client: Any, mission: Mission, **fields: str) -> Any:
    said = {"nom": "Léa Grondin", "email": "lea@example.org", "accord": "y", "cle": "c" * 22}
    return client.post(f"/candidatures/deposer/{mission.id}", data=said | fields)


def minors() -> list[Mineur]:
    return list(db.session.scalars(select(Mineur).order_by(Mineur.id)))


def minor(mission: Mission, *, authorised: bool = False, **fields: Any) -> Candidature:
    made = builders.candidature(mission, mineur=SEVENTEEN, **fields)
    if authorised:
        commands.authorise(made, True, by=mission.action.bienveillant)
    return made


def accepted(mission: Mission, **fields: Any) -> Candidature:
    made = minor(mission, authorised=True, **fields)
    commands.decide(made, accepter, by=mission.action.bienveillant)
    return made


# --- the form ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_minor_says_their_age_and_whom_to_call(client, mission):
    assert apply(client, mission, **TICKED).status_code == 303
    [said] = minors()
    assert (said.age, said.responsable, said.telephone, said.autorise_le) == (17, "Marie Unique", MARIE, None)


def test_an_adult_ticks_nothing_and_nothing_is_kept_of_what_stands_there(client, mission):
    assert apply(client, mission, age="40", responsable="Marie Unique", responsable_telephone="12").status_code == 303
    assert minors() == []


@pytest.mark.parametrize(
    ("wrong", "where"),
    [({"age": ""}, "age"), ({"age": "18"}, "age"), ({"responsable": ""}, "responsable"),
     ({"responsable_telephone": ""}, "responsable_telephone"), ({"responsable_telephone": "12"}, "responsable_telephone")],
)  # fmt: skip
def test_once_ticked_all_of_it_is_wanted_and_what_was_typed_comes_back(client, mission, wrong, where):
    answer = apply(client, mission, message="Un mot gardé", **(TICKED | wrong))
    page = BeautifulSoup(answer.text, "html5lib")
    assert answer.status_code == 422
    assert page.select_one(f"#{where}-erreur")
    assert page.select_one("#mineur").has_attr("checked")
    assert page.select_one("#message").text.strip() == "Un mot gardé"
    assert minors() == []


@pytest.mark.both
def test_too_young_is_refused_kindly_and_every_word_comes_back(client, mission):
    answer = apply(client, mission, message="Un mot gardé", **(TICKED | {"age": "15"}))
    assert answer.status_code == 422
    assert "Merci de vouloir aider\u00a0! Les missions s’ouvrent à 16\u00a0ans" in answer.text
    page = BeautifulSoup(answer.text, "html5lib")
    assert page.select_one(".resume-erreurs h2").text == "À lire d’abord"  # there is nothing to correct
    assert page.select_one("#message").text.strip() == "Un mot gardé"
    assert page.select_one("#responsable")["value"] == "Marie Unique"
    assert db.session.scalar(select(func.count(Candidature.id))) == 0


def test_the_ages_are_settings(client, mission, zoe):
    reglage.change(reglage.AGE_MINIMUM, 0, by=zoe)
    reglage.change(reglage.AGE_AUTORISATION, 16, by=zoe)
    db.session.commit()
    assert "si tu as moins de 16 ans" in client.get(f"/candidatures/deposer/{mission.id}").text.replace("\u00a0", " ")
    assert apply(client, mission, **(TICKED | {"age": "9"})).status_code == 303
    assert minors()[0].wants_autorisation
    older = minor(mission)
    commands.decide(older, accepter, by=zoe)
    assert older.etat is Etat.ACCEPTEE


def test_an_admin_sets_them(as_):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    client = as_(ada)
    typed = {"mineurs_age_minimum": "14", "mineurs_age_autorisation": "0"}
    lu = BeautifulSoup(client.get("/reglages/mineurs").text, "html5lib").select_one("[name=lu]")["value"]
    assert client.post("/reglages/mineurs", data=typed | {"lu": lu}).status_code == 303
    assert (reglage.AGE_MINIMUM.valeur, reglage.AGE_AUTORISATION.valeur) == (14, 0)
    assert client.post("/reglages/mineurs", data=typed | {"mineurs_age_minimum": "19"}).status_code == 422


def test_sent_again_the_last_words_count(client, mission):
    for said in ({}, TICKED, TICKED | {"responsable": "Paul Unique"}):
        assert apply(client, mission, **said).status_code == 303
    assert [m.responsable for m in minors()] == ["Paul Unique"]
    apply(client, mission)
    assert minors() == []


def test_the_one_to_call_is_corrected_from_the_candidature_s_own_page(client, mission):
    made = minor(mission)
    db.session.commit()
    url = f"/candidatures/suivi/{page_token(made)}"
    assert "Il manque l’accord écrit" in client.get(url).text
    said = {"nom": "Léa Grondin", "message": "", "responsable": "Paul Unique", "responsable_telephone": "0692 11 11 11"}
    assert client.post(f"{url}/corriger", data=said | {"responsable": ""}).status_code == 422
    assert client.post(f"{url}/corriger", data=said).status_code == 303
    [kept] = minors()
    assert (kept.age, kept.responsable, kept.telephone) == (17, "Paul Unique", "+262692111111")


@pytest.mark.both
def test_it_follows_the_person_who_proves_the_address(mission):
    lea = builders.personne("Léa Grondin", email="lea@example.org")
    made = minor(mission, email="lea@example.org")
    depot.join(made)
    assert [m.personne_id for m in minors()] == [lea.id]
    depot.join(minor(mission, email="lea@example.org"))
    assert [m.personne_id for m in minors()] == [lea.id]


# --- adults only ---------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("nature", [Nature.REFERENT, Nature.CHARGE_DE_MISSION])
def test_a_minor_is_never_referent_nor_paid(client, action, nature):
    post = builders.mission(action, nature=nature)
    assert "réservée aux personnes majeures" in client.get(f"/candidatures/deposer/{post.id}").text
    answer = apply(client, post, message="Un mot gardé", **TICKED)
    assert answer.status_code == 422
    assert "Un mot gardé" in answer.text
    with pytest.raises(AdultsOnly):
        minor(post)
    db.session.rollback()
    assert minors() == []


@pytest.mark.both
def test_nor_where_the_mission_says_adults_only(client, as_, zoe, mission):
    waiting = minor(mission, authorised=True)
    db.session.commit()
    client_of_zoe = as_(zoe)
    form = BeautifulSoup(client_of_zoe.get(f"/missions/{mission.id}/modifier").text, "html5lib").select_one("#mission")
    typed = {i["name"]: i.get("value", "") for i in form.select("input[name]") if i.get("type") not in ("checkbox", "radio")}
    typed |= {"nature": "volontaire", "description": "Servir.", "reserve_majeurs": "y"}
    assert client_of_zoe.post(f"/missions/{mission.id}/modifier", data=typed).status_code == 303
    assert mission.reserve_majeurs
    assert "Réservée aux personnes majeures" in client.get(f"/missions/{mission.id}").text
    assert apply(client, mission, **TICKED).status_code == 422
    with pytest.raises(AdultsOnly):
        commands.decide(waiting, accepter, by=zoe)
    db.session.rollback()
    assert "D’autres missions sont ouvertes aux plus jeunes" in as_(zoe).post(f"/candidatures/{waiting.id}/accepter").text


@pytest.mark.both
def test_it_becomes_adults_only_once_no_minor_holds_a_place_of_it(zoe, mission):
    accepted(mission)
    sheet = mission.sheet | {"reserve_majeurs": True}
    with pytest.raises(MinorsOn):
        missions.edit(mission, by=zoe, read=reading(mission.sheet), **sheet)


@pytest.mark.both
@pytest.mark.parametrize("adults", [{"reserve_majeurs": True}, {"nature": Nature.CHARGE_DE_MISSION}])
def test_the_database_itself_refuses_a_minor_there(mission, adults):
    """The same from both sides: a place given on such a mission, or such a mission made of theirs."""
    held = accepted(mission)
    db.session.commit()
    with pytest.raises(IntegrityError, match="réservé aux personnes majeures"):
        db.session.execute(update(Mission).values(**adults))
    db.session.rollback()
    missions.release(db.session.scalars(select(Affectation)).one(), motif="")
    db.session.execute(update(Mission).values(**adults))
    db.session.commit()
    with pytest.raises(IntegrityError, match="réservé aux personnes majeures"):
        builders.hold(mission, held.personne)
    db.session.rollback()
    with pytest.raises(IntegrityError, match="réservé aux personnes majeures"):
        db.session.execute(update(Affectation).values(libere_le=None))


@pytest.mark.both
@pytest.mark.parametrize("wrong", [{"age": 18}, {"age": -1}, {"responsable": ""}, {"telephone": ""}])
def test_nor_an_adult_among_minors_nor_one_whom_nobody_answers_for(mission, wrong):
    minor(mission)
    db.session.commit()
    with pytest.raises(IntegrityError):
        db.session.execute(update(Mineur).values(**wrong))


# --- never alone ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_mission_of_minors_alone_wants_an_adult(as_, zoe, action, mission):
    def lacks() -> bool:
        db.session.expire_all()
        return next(m for m in of_action(action) if m.id == mission.id).lacks_adult

    assert not lacks()
    accepted(mission)
    assert lacks()
    waiting = builders.candidature(mission)
    db.session.commit()
    client = as_(zoe)
    for path in ("/candidatures/", f"/missions/action/{action.id}"):
        assert "Personne majeure manquante" in client.get(path).text, path
    with clock.freeze(clock.now() + 2 * UNDO):
        assert "Personne majeure manquante" in client.get(f"/missions/equipe/{action.id}").text
    commands.decide(waiting, accepter, by=zoe)
    db.session.commit()
    assert not lacks()
    assert "Personne majeure manquante" not in client.get(f"/missions/action/{action.id}").text


# --- the day -------------------------------------------------------------------------------------------------


def test_whoever_runs_the_day_sees_it_and_calls_from_j_2_to_j_plus_7(as_, zoe, action, mission):
    remi, awa = builders.personne("Rémi Fontaine"), builders.personne("Awa Payet")
    builders.hold(builders.referent_mission(action), remi)
    accepted(mission, nom="Léa Grondin")
    builders.hold(mission, awa)
    db.session.commit()
    pages = (f"/missions/equipe/{action.id}", f"/jour-j/{action.id}", f"/jour-j/{action.id}/feuille")
    for days, called in ((7, False), (8, True), (17, True), (18, False)):
        with clock.freeze(builders.in_days(days, 12)):
            for path in pages:
                text = as_(remi).get(path).text
                assert f"tel:{MARIE}" in text if called else f"tel:{MARIE}" not in text, (path, days)
    with clock.freeze(builders.in_days(10, 12)):
        for path in pages:
            assert "Mineur, 17 ans" in as_(zoe).get(path).text
        of_the_team = as_(awa).get(f"/jour-j/{action.id}").text
    assert "Mineur" not in of_the_team
    assert MARIE not in of_the_team


# --- how long ------------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("taken_on", [True, False])
def test_whoever_answers_for_a_minor_is_forgotten_twelve_months_after_the_action(mission, taken_on):
    lea = builders.personne("Léa Grondin")
    (accepted if taken_on else minor)(mission, by=lea)
    db.session.commit()
    limit = years_after(mission.action.fin)
    with clock.freeze(limit):
        pass_time()
        assert [m.responsable for m in minors()] == ["Marie Unique"]
    with clock.freeze(limit + timedelta(days=1)):
        pass_time()
    assert minors() == []
    assert "unique" not in everything().lower()
    assert MARIE not in everything()
    assert lea.nom == "Léa Grondin"
    assert reports()[-1] == gone(mineurs=1, candidatures=int(not taken_on))


@pytest.mark.both
def test_they_are_erased_with_the_person_and_told_to_them_before(as_, mission):
    lea = builders.personne("Léa Grondin")
    accepted(mission, by=lea)
    db.session.commit()
    assert taken(as_(lea))["mineur"][0]["Responsable légal"] == "Marie Unique"
    comptes.erase(lea, by=None)
    db.session.commit()
    assert minors() == []
    assert MARIE not in everything()
    assert "Marie Unique" not in everything()
