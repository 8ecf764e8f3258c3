"""/equipe/: who the house is made of, what each did with us, and what the bienveillants keep in mind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.actions.models import reading
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter, refuser
from portal.comptes import commands as comptes
from portal.comptes.models import Note, Personne, Profil
from portal.db import db
from portal.equipe import commands
from portal.jour_j.models import Entree, Genre
from portal.journal import EntreeJournal
from portal.missions.models import UNDO, Affectation, Mission
from tests import builders


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Payet", telephone="+262692123456")


def came(who: Personne, zoe: Personne, days: float, titre: str = "Accueil") -> Affectation:
    """They hold a place on a mission that many days from today; of another action each time."""
    debut = builders.in_days(days)
    action = builders.action(zoe, debut=debut, fin=debut + timedelta(hours=4))
    return builders.hold(builders.mission(action, titre=titre), who) if days > 0 else _past(action, who, titre)


def _past(action: Any, who: Personne, titre: str) -> Affectation:
    """Nobody is put on a mission that is over: the clock is set back for it."""
    with clock.freeze(action.debut - timedelta(days=1)):
        return builders.hold(builders.mission(action, titre=titre), who)


def seen(place: Affectation, valeur: str, *, minutes: int = 0, undone: bool = False) -> None:
    """What the référent's phone said of a person, so long after the start, and perhaps took back."""
    said = _tap(place, Genre.PRESENCE, str(place.id), valeur, minutes)
    if undone:
        _tap(place, Genre.ANNULE, said.uuid)


def _tap(place: Affectation, genre: Genre, cible: str, valeur: str = "", minutes: int = 0) -> Entree:
    action, quand = place.mission.action, place.mission.debut + timedelta(minutes=minutes)
    times = {"quand": quand, "saisi_le": quand, "recu_le": quand}
    said = {"genre": genre, "cible": cible, "valeur": valeur}
    entree = Entree(uuid=str(uuid4()), jour_id=action.id, personne_id=action.bienveillant_id, **said, **times)
    db.session.add(entree)
    db.session.flush()
    return entree


def rows(answer: Any) -> dict[str, str]:
    """What the list says of each person, by name and in its order."""
    found = BeautifulSoup(answer.text, "html5lib").select("#liste .rangees > li .corps")
    said = [(row.strong.get_text(), " ".join(row.get_text(" ").split())) for row in found if row.strong]
    return {name: words.removeprefix(name).strip() for name, words in said}


def words(answer: Any) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main
    return " ".join(main.get_text(" ").split())


# --- the list ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_each_person_with_what_they_did_and_when_one_meets_again(as_, zoe, awa):
    came(awa, zoe, -40)
    last, coming = came(awa, zoe, -10), came(awa, zoe, 5)
    said = rows(as_(zoe).get("/equipe/"))
    assert said["Awa Payet"].startswith("2 missions, la dernière")
    assert str(clock.local(last.mission.debut).day) in said["Awa Payet"].split("Revient")[0]
    assert str(clock.local(coming.mission.debut).day) in said["Awa Payet"].split("Revient")[1]
    assert said["Zoé Hoarau"] == "Pas encore venue"


def test_by_name_and_never_by_what_they_did(as_, zoe):
    names = ["Élodie Zitte", "Anne Abel", "Zacharie Bon"]
    for n, name in enumerate(names):
        for _ in range(n):
            came(builders.personne(name), zoe, -3)
    builders.personne("Élodie Zitte")
    found = list(rows(as_(zoe).get("/equipe/")))
    assert found == sorted(found, key=lambda name: name.replace("É", "E"))


@pytest.mark.both
def test_who_was_seen_not_to_come_did_not(as_, zoe, awa):
    """As the fold of the day's journal has it: what was said last, less what was taken back."""
    missed, corrected, undone = (came(awa, zoe, -days) for days in (30, 20, 10))
    seen(missed, "arrive")
    seen(missed, "absent", minutes=30)
    seen(corrected, "absent")
    seen(corrected, "arrive", minutes=30)
    seen(undone, "absent", undone=True)
    assert rows(as_(zoe).get("/equipe/"))["Awa Payet"].startswith("2 missions")


def test_places_given_back_and_cancelled_missions_are_no_visit(as_, zoe, awa):
    given, cancelled = came(awa, zoe, -9), came(awa, zoe, -8)
    given.libere_le = clock.now()
    db.session.get(Mission, cancelled.mission_id).etat = "annulee"
    assert rows(as_(zoe).get("/equipe/"))["Awa Payet"] == "Pas encore venue"


@pytest.mark.both
def test_often_once_long_ago_and_never(as_, zoe, awa):
    once, back, lately = (builders.personne(name) for name in ("Bao", "Chloé", "Dora"))
    for days in (-10, -20, -300):
        came(awa, zoe, days)
    came(once, zoe, -200)
    came(back, zoe, -200)
    came(back, zoe, 5)
    came(lately, zoe, -20)
    client = as_(zoe)

    def found(venue: str) -> list[str]:
        return list(rows(client.get(f"/equipe/?venue={venue}")))

    assert found("souvent") == ["Awa Payet"]
    assert found("jamais_revenue") == ["Bao"]
    assert found("jamais") == ["Zoé Hoarau"]
    assert len(found("inconnue")) == 5


@pytest.mark.both
def test_by_skill_and_by_name(as_, zoe, awa):
    bao = builders.personne("Bao Técher")
    db.session.add_all(
        [Profil(personne_id=awa.id, competences=["jardin", "cuisine"]), Profil(personne_id=bao.id, competences=["cuisine"])]
    )
    client = as_(zoe)
    assert list(rows(client.get("/equipe/?competence=jardin"))) == ["Awa Payet"]
    assert "Cuisine, Jardin" in rows(client.get("/equipe/"))["Awa Payet"]
    assert list(rows(client.get("/equipe/?competence=cuisine&q=tech"))) == ["Bao Técher"]
    assert list(rows(client.get("/equipe/?q=100%25"))) == []
    assert "« tech », Cuisine" in words(client.get("/equipe/?competence=cuisine&q=tech"))
    assert "Personne ne correspond" in words(client.get("/equipe/?q=personne-de-ce-nom"))


def test_neither_who_left_nor_who_proved_nothing(as_, zoe, awa):
    comptes.introduce(nom="Inconnue", email="x@example.org")
    comptes.set_active(awa, False, by=zoe)
    assert list(rows(as_(zoe).get("/equipe/"))) == ["Zoé Hoarau"]


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_costs_the_same_for_one_or_many(as_, zoe, count_queries, n):
    for i in range(n):
        seen(came(builders.personne(f"Nom {i}"), zoe, -3), "absent")
    client = as_(zoe)
    with count_queries() as statements:
        client.get("/equipe/")
    assert len(statements) == 5, statements


# --- one person ----------------------------------------------------------------------------------------------


def test_their_history_says_whether_they_came(as_, zoe, awa):
    for days, valeur in ((-30, "arrive"), (-20, "absent"), (-10, "")):
        place = came(awa, zoe, days, f"Poste {valeur or 'muet'}")
        if valeur:
            seen(place, valeur)
    said = words(as_(zoe).get(f"/equipe/{awa.id}"))
    assert "3 missions avec nous" in said
    for post, presence in (("arrive", "Présence"), ("absent", "Absence"), ("muet", "Présence non notée")):
        assert said.split(f"Poste {post}")[1].split("Volontaire")[1].strip().startswith(presence)


def test_a_candidature_is_read_by_whoever_it_was_sent_to(as_, zoe, awa):
    rose = builders.bienveillant("Rose Técher")
    candidature = builders.candidature(builders.mission(builders.action(zoe)), awa, message="Je viens à vélo.")
    candidatures.decide(candidature, refuser, by=zoe, motif="Complet")
    said = {who: words(as_(who).get(f"/equipe/{awa.id}")) for who in (zoe, rose)}
    assert [("Non retenue" in text) for text in said.values()] == [True, False]
    assert [("à vélo" in text) for text in said.values()] == [True, False]


def test_nobody_reads_on_their_own_page_an_answer_that_they_were_not_told(as_, zoe):
    rose = builders.bienveillant("Rose Técher")
    candidature = builders.candidature(builders.mission(builders.action(zoe)), rose)
    with clock.freeze(clock.now()):
        candidatures.decide(candidature, refuser, by=zoe, motif="Complet")
        said = {who: words(as_(who).get(f"/equipe/{rose.id}")) for who in (zoe, rose)}
    assert [("Non retenue" in text) for text in said.values()] == [True, False]
    assert "En attente de réponse" in said[rose]
    with clock.freeze(clock.now() + UNDO):
        assert "Non retenue" in words(as_(rose).get(f"/equipe/{rose.id}"))


def test_a_number_is_read_by_the_bienveillant_of_an_action_around_its_day(as_, zoe, awa):
    rose = builders.bienveillant("Rose Técher")
    candidature = builders.candidature(builders.mission(builders.action(zoe)), awa)
    candidatures.decide(candidature, accepter, by=zoe)
    db.session.commit()
    for day, shown in ((7, False), (8, True), (17, True), (18, False)):
        with clock.freeze(builders.in_days(day)):
            assert ("tel:+262692123456" in as_(zoe).get(f"/equipe/{awa.id}").text) == shown, day
            assert "692" not in as_(rose).get(f"/equipe/{awa.id}").text


def test_what_they_said_of_themself(as_, zoe, awa):
    assert "Rien d’écrit" in words(as_(zoe).get(f"/equipe/{awa.id}"))
    db.session.add(Profil(personne_id=awa.id, competences=["secours"], disponibilites=["samedi-apres_midi"]))
    awa.sollicitable = False
    said = words(as_(zoe).get(f"/equipe/{awa.id}"))
    assert "Premiers secours" in said
    assert "samedi après-midi" in said
    assert "Ne souhaite pas recevoir d’invitations" in said


@pytest.mark.parametrize("n", [1, 3])
def test_a_person_costs_the_same_for_one_mission_or_many(as_, zoe, awa, count_queries, n):
    for _ in range(n):
        seen(came(awa, zoe, -3), "arrive")
        builders.candidature(builders.mission(builders.action(zoe)), awa)
    commands.annotate(awa, by=builders.bienveillant("Rose"), read=unread(), texte="À l’aise au bar.")
    client, url = as_(zoe), f"/equipe/{awa.id}"
    spent = []
    for _ in range(2):  # that she looked is written down once
        with count_queries() as statements:
            client.get(url)
        spent.append(len(statements))
    assert spent == [6, 5], statements


# --- the note ------------------------------------------------------------------------------------------------


def unread() -> str:
    """What the form of a person without a note has read."""
    return reading(commands.sheet_of(None))


def noted(who: Personne) -> str | None:
    return db.session.scalar(select(Note.texte).where(Note.personne_id == who.id))


def form(client: Any, who: Personne) -> dict[str, str]:
    fields = BeautifulSoup(client.get(f"/equipe/{who.id}").text, "html5lib").select("form.formulaire [name]")
    return {str(f["name"]): f.get("value", "") if f.name == "input" else f.get_text() for f in fields}


@pytest.mark.both
def test_a_note_is_written_changed_and_erased_with_its_author(as_, zoe, awa):
    client = as_(zoe)
    url = f"/equipe/{awa.id}/note"
    assert client.post(url, data=form(client, awa) | {"texte": "À l’aise au bar."}).status_code == 303
    assert noted(awa) == "À l’aise au bar."
    rose = as_(builders.bienveillant("Rose Técher"))
    rose.post(url, data=form(rose, awa) | {"texte": "À l’aise partout."})
    assert "par Rose Técher" in words(client.get(f"/equipe/{awa.id}"))
    client.post(url, data=form(client, awa) | {"texte": " "})
    assert noted(awa) is None


@pytest.mark.both
def test_two_who_write_at_once_lose_nothing(as_, zoe, awa):
    first, second = as_(zoe), as_(builders.bienveillant("Rose"))
    url, forms = f"/equipe/{awa.id}/note", [form(client, awa) for client in (first, second)]
    first.post(url, data=forms[0] | {"texte": "Vient en bus."})
    answer = second.post(url, data=forms[1] | {"texte": "Aime le jardin."})
    assert answer.status_code == 409
    assert "Aime le jardin." in answer.text
    assert "Vient en bus." in answer.text
    again = BeautifulSoup(answer.text, "html5lib").select_one("[name=lu]")
    assert again
    assert second.post(url, data={"lu": again["value"], "texte": "Bus et jardin."}).status_code == 303
    assert noted(awa) == "Bus et jardin."


def test_the_journal_knows_that_it_changed_and_not_what_it_says(zoe, awa):
    commands.annotate(awa, by=zoe, read=unread(), texte="Vient en bus.")
    commands.annotate(awa, by=zoe, read=unread(), texte="Vient en bus.")
    [line] = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == commands.annoter.key))
    assert (line.sujet, line.personne_id, line.faits, line.motif) == (f"personne:{awa.id}", zoe.id, {}, "")


def test_too_long_a_note_comes_back_whole(as_, zoe, awa):
    client = as_(zoe)
    answer = client.post(f"/equipe/{awa.id}/note", data=form(client, awa) | {"texte": "é" * 2001})
    assert answer.status_code == 422
    assert "é" * 2001 in answer.text
    assert noted(awa) is None


def test_nobody_sees_the_note_on_themself(as_, zoe, awa):
    rose = builders.bienveillant("Rose Técher")
    for who in (rose, awa):
        commands.annotate(who, by=zoe, read=unread(), texte="Vient en bus.")
    assert "Vient en bus." not in as_(rose).get(f"/equipe/{rose.id}").text
    assert as_(rose).post(f"/equipe/{rose.id}/note", data={"texte": "Parfaite."}).status_code == 403
    assert "Vient en bus." in as_(rose).get(f"/equipe/{awa.id}").text
    assert "Vient en bus." not in as_(awa).get("/moi/").text


def test_an_admin_reads_it_without_writing_it(as_, zoe, awa):
    ada = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert "Pas de note" in words(ada.get(f"/equipe/{awa.id}"))
    commands.annotate(awa, by=zoe, read=unread(), texte="Vient en bus.")
    assert "Vient en bus." in words(ada.get(f"/equipe/{awa.id}"))
    assert ada.post(f"/equipe/{awa.id}/note", data={"texte": "-"}).status_code == 403


# --- who enters ----------------------------------------------------------------------------------------------

WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")
READS = {
    # path                        AN   VO   RF   BA   BO   PM   TR   AD
    "/equipe/":                  (303, 403, 403, 200, 200, 403, 403, 200),
    "/equipe/{personne}":        (303, 403, 403, 200, 200, 403, 403, 200),
    "/equipe/{provisoire}":      (303, 403, 403, 404, 404, 403, 403, 404),
    "/equipe/renfort/{mission}": (303, 403, 403, 200, 403, 403, 403, 200),
    "/equipe/renfort/999":       (303, 403, 403, 404, 404, 403, 403, 404),
}  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_who_reads_what(client, as_, zoe, path):
    action = builders.action(zoe)
    cast = builders.cast(action)
    unknown = comptes.introduce(nom="Inconnue", email="x@example.org")
    db.session.flush()
    url = path.format(
        personne=builders.personne().id,
        provisoire=unknown.id,
        mission=builders.mission(action, titre="Vaisselle").id,
    )
    visitors = {who: as_(person) if (person := cast[who]) else client for who in WHO}
    assert {who: visitors[who].get(url).status_code for who in WHO} == dict(zip(WHO, READS[path], strict=True))


def test_the_nav_leads_there_those_who_may_enter(as_, zoe, awa):
    assert 'href="/equipe/"' in as_(zoe).get("/").text
    assert 'href="/equipe/"' in as_(zoe).get("/moi/").text.split("<main")[1]  # a phone's bar has no room for it
    assert "/equipe/" not in as_(awa).get("/").text + as_(awa).get("/moi/").text
