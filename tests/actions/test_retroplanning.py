"""The rétroplanning: proposed from a template, followed to the day, never the same thing said twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.actions import commands, echeancier, modeles, retroplanning
from portal.actions.models import Action, TypeAction, reading
from portal.actions.processus import annuler
from portal.actions.saisie import TaskForm
from portal.actions.tache import Avancee, Tache
from portal.db import db
from portal.journal import EntreeJournal
from portal.workflow import MotifMissing
from tests import builders

DAY = timedelta(days=1)


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe) -> Action:
    """A manifestation thématique in ten days."""
    return builders.action(zoe)


@pytest.fixture
def lea(app):
    return builders.personne("Léa Grondin")


def task(action: Action, titre: str = "Commander le pain", jours: int = 3, **fields: Any) -> Tache:
    return retroplanning.add(action, by=action.bienveillant, titre=titre, jours=jours, **fields)


def shown(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    return " ".join(shown(answer).body.get_text(" ").split())


# --- the template --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cle", "jours"), [("mairie", 62), ("buvette", 15), ("sacem", 15)]
)  # two months for the town hall, fifteen days for a bar and for the SACEM
def test_the_formalities_have_the_delays_of_the_law(cle, jours):
    assert next(m.jours for m in modeles.MODELES if m.cle == cle) == jours


def test_every_formality_of_a_public_event_is_there(app):
    of_an_event = {m.cle for m in echeancier.of_type(TypeAction.MANIFESTATION)}
    assert of_an_event >= {
        "mairie",
        "chapiteau",
        "buvette",
        "sacem",
        "guso",
        "assurance",
        "secours",
        "jauge",
        "presence",
        "registre",
    }
    assert of_an_event >= {"devis", "missions", "briefing", "feuille", "merci"}
    assert not {"buvette", "sacem", "mairie"} & {m.cle for m in echeancier.of_type(TypeAction.FORMATION)}


def test_the_template_knows_the_types_and_its_keys_are_its_own():
    assert set(TypeAction) == modeles.EVERY
    keys = [m.cle for m in modeles.MODELES]
    assert len(keys) == len(set(keys))
    assert all(-60 <= m.jours <= 730 for m in modeles.MODELES)


@pytest.mark.both
def test_proposed_once_whatever_the_taps(as_, zoe, action):
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning"
    wanted = len(echeancier.of_type(action.type))
    assert f"Proposer les {wanted} tâches" in client.get(path).text
    for _ in range(2):
        assert client.post(f"{path}/modele").location == path
    assert len(echeancier.tasks_of(action)) == wanted
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.appliquer_taches")).all()
    assert [entry.faits["nombre"] for entry in told] == [wanted]


@pytest.mark.both
def test_the_database_holds_one_task_of_each_model(zoe, action):
    retroplanning.apply_template(action, by=zoe)
    db.session.add(Tache(action=action, titre="Encore", jours=3, modele="devis"))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_another_type_brings_what_it_lacks(as_, zoe):
    action = builders.action(zoe, type=TypeAction.FORMATION)
    retroplanning.apply_template(action, by=zoe)
    action.type = TypeAction.MANIFESTATION
    page = words(as_(zoe).get(f"/actions/{action.id}/retroplanning"))
    assert "tâches du modèle ne sont pas dans cette liste" in page
    retroplanning.apply_template(action, by=zoe)
    assert {t.modele for t in echeancier.tasks_of(action)} >= {"sacem", "supports"}


# --- its days ------------------------------------------------------------------------------------------------


def test_its_day_follows_the_action(zoe, action):
    pain = task(action, jours=3)
    assert pain.echeance == clock.today() + 7 * DAY
    action.debut += 5 * DAY
    action.fin += 5 * DAY
    assert pain.echeance == clock.today() + 12 * DAY
    assert (task(action, "Merci", -2).echeance, task(action, "Ouvrir", 0).rang) == (clock.today() + 17 * DAY, "Jour J")


def test_its_day_is_la_reunion_s(zoe):
    """An action at one in the morning there is still the day before in UTC."""
    action = builders.action(zoe, debut=builders.in_days(10, 1), fin=builders.in_days(10, 4))
    assert task(action, jours=10).echeance == clock.today()


def test_what_is_late_stands_out_and_comes_first(as_, zoe, action):
    task(action, "Louer le chapiteau", 20)
    task(action, "Commander le pain", 8)
    task(action, "Balayer", 1)
    page = shown(as_(zoe).get(f"/actions/{action.id}/retroplanning"))
    heads = [" ".join(h.get_text().split()) for h in page.select("main h2")]
    assert heads[:3] == ["En retard (1)", "Cette semaine (1)", "Plus tard (1)"]
    assert [h.get_text() for h in page.select("main li h3")] == ["Louer le chapiteau", "Commander le pain", "Balayer"]


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("J-15", 15), ("j - 15", 15), ("15", 15), ("-15", 15), ("J+2", -2), ("+2", -2), ("J", 0), ("jour J", 0),
        ("demain", None), ("J-800", None), ("J+61", None), ("", None), ("J-１５", None), ("J--2", None),
    ],
)  # fmt: skip
def test_one_says_for_when_as_one_would(app, action, typed, days):
    with app.test_request_context(method="POST", data={"titre": "Pain", "jours": typed}):
        form = TaskForm(action=action, meta={"csrf": False})
        assert form.validate() == (days is not None)
        if days is not None:
            assert form.fields["jours"] == days


@pytest.mark.parametrize("form_of", ["%Y-%m-%d", "%d/%m/%Y"])
def test_a_date_becomes_so_many_days_before(as_, zoe, action, form_of):
    day = (clock.today() + 4 * DAY).strftime(form_of)
    as_(zoe).post(f"/actions/{action.id}/retroplanning", data={"titre": "Pain", "jours": day})
    assert [(t.titre, t.jours) for t in echeancier.tasks_of(action)] == [("Pain", 6)]


# --- by hand -------------------------------------------------------------------------------------------------


def test_a_task_by_hand_sent_twice_is_there_once(as_, zoe, action, lea):
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning"
    for _ in range(2):
        assert client.post(path, data={"titre": "Pain", "jours": "J-3", "responsable_id": lea.id}).status_code == 303
    assert [(t.titre, t.jours, t.responsable) for t in echeancier.tasks_of(action)] == [("Pain", 3, lea)]


def test_what_another_has_or_what_is_done_is_another_task(zoe, action, lea):
    first = task(action, "Pain")
    assert task(action, "Pain", responsable_id=lea.id) is not first
    retroplanning.do(first, by=zoe)
    again = task(action, "Pain")
    assert again.is_open
    assert len(echeancier.tasks_of(action)) == 3


def test_a_wrong_task_keeps_every_word(as_, zoe, action):
    answer = as_(zoe).post(f"/actions/{action.id}/retroplanning", data={"titre": "Pain", "jours": "bientôt"})
    assert answer.status_code == 422
    assert [shown(answer).select_one(f"#{name}")["value"] for name in ("titre", "jours")] == ["Pain", "bientôt"]
    assert "Écris J-15, J+2, ou une date" in words(answer)


def typed_on(client, path: str) -> dict[str, Any]:
    form = shown(client.get(path)).select_one("#modifier")
    chosen = {s["name"]: (s.select_one("option[selected]") or s.option)["value"] for s in form.select("select")}
    return {e["name"]: e.get("value", "") for e in form.select("input[name]")} | chosen


@pytest.mark.both
def test_a_task_changes_and_goes(as_, zoe, action, lea):
    pain = task(action)
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning/{pain.id}"
    answer = client.post(path, data=typed_on(client, path) | {"jours": "J-5", "responsable_id": lea.id})
    assert answer.location == f"/actions/{action.id}/retroplanning#tache-{pain.id}"
    db.session.expire_all()
    assert (pain.jours, pain.responsable) == (5, lea)
    assert client.post(f"{path}/retirer").status_code == 303
    assert client.post(f"{path}/retirer").status_code == 404
    assert "Tâche « Commander le pain » : retirée du rétroplanning" in words(client.get(f"/actions/{action.id}/journal"))


def test_two_people_on_the_same_task_lose_neither_text(as_, zoe, action):
    pain = task(action)
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning/{pain.id}"
    mine, hers = typed_on(client, path), typed_on(client, path)
    client.post(path, data=hers | {"titre": "Commander le pain et le beurre", "jours": "J-6"})
    answer = client.post(path, data=mine | {"titre": "Pain", "jours": "J-4"})
    assert answer.status_code == 409
    assert [c.get_text() for c in shown(answer).select("#modifier .citation")] == ["Commander le pain et le beurre", "J-6"]


def test_a_task_of_another_action_is_as_absent(as_, zoe, action):
    other, pain = builders.action(zoe, titre="Autre"), task(action)
    assert as_(zoe).get(f"/actions/{other.id}/retroplanning/{pain.id}").status_code == 404
    assert as_(zoe).post(f"/actions/{other.id}/retroplanning/{pain.id}/faire").status_code == 404


# --- what becomes of it --------------------------------------------------------------------------------------


@pytest.mark.both
def test_done_says_by_whom_and_is_taken_back(as_, zoe, action):
    pain = task(action)
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning/{pain.id}"
    for _ in range(2):  # a double tap
        assert client.post(f"{path}/faire").status_code == 303
    db.session.expire_all()
    assert (pain.avancee, pain.traitee_par) == (Avancee.FAIT, zoe)
    assert "Fait : Commander le pain." in words(client.get(f"/actions/{action.id}/retroplanning"))
    client.post(f"{path}/reprendre")
    db.session.expire_all()
    assert (pain.avancee, pain.traitee_le, pain.traitee_par) == (Avancee.A_FAIRE, None, None)
    told = db.session.scalars(
        select(EntreeJournal.evenement).where(EntreeJournal.faits["titre"].as_string() == pain.titre)
    ).all()
    assert told == ["action.ajouter_tache", "action.faire_tache", "action.reprendre_tache"]


def test_without_object_wants_to_know_why(as_, zoe, action):
    pain = task(action)
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning/{pain.id}"
    answer = client.post(f"{path}/ecarter", data={"motif": "  "})
    assert answer.status_code == 422
    assert "« pas encore regardé » n’est pas « sans objet »" in words(answer)
    assert client.post(f"{path}/ecarter", data={"motif": "Chacun apporte le sien."}).status_code == 303
    db.session.expire_all()
    assert (pain.avancee, pain.motif) == (Avancee.SANS_OBJET, "Chacun apporte le sien.")
    assert "Chacun apporte le sien." in words(client.get(f"/actions/{action.id}/retroplanning"))


def test_a_reason_that_is_too_long_is_given_back_whole(as_, zoe, action):
    path, long = f"/actions/{action.id}/retroplanning/{task(action).id}", "Chacun apporte " * 40
    answer = as_(zoe).post(f"{path}/ecarter", data={"motif": long})
    assert answer.status_code == 422
    assert "500 caractères au plus" in words(answer)
    assert BeautifulSoup(answer.text, "html5lib").select_one("#motif")["value"] == long.strip()


def test_the_database_too_wants_a_reason(zoe, action):
    pain = task(action)
    pain.avancee, pain.traitee_le = Avancee.SANS_OBJET, clock.now()
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_what_somebody_settled_is_not_settled_otherwise_by_a_stale_page(zoe, action):
    pain = task(action)
    retroplanning.set_aside(pain, by=zoe, motif="Chacun apporte le sien.")
    with pytest.raises(retroplanning.AlreadySettled):
        retroplanning.do(pain, by=zoe)
    with pytest.raises(MotifMissing):
        retroplanning.set_aside(pain, by=zoe, motif="")


def test_thanks_come_after_the_end_and_nothing_after_a_cancellation(as_, zoe, action):
    merci = task(action, "Remercier", -2)
    with clock.freeze(action.fin + DAY):
        retroplanning.do(merci, by=zoe)
        retroplanning.take_up(merci, by=zoe)
        commands.decide(action, annuler, by=zoe, motif="pluie")
        for gesture in (retroplanning.do, retroplanning.take_up, retroplanning.remove):
            with pytest.raises(retroplanning.ActionStopped):
                gesture(merci, by=zoe)
    assert as_(zoe).post(f"/actions/{action.id}/retroplanning/modele").status_code == 409
    page = shown(as_(zoe).get(f"/actions/{action.id}/retroplanning"))
    assert not page.select("main form")


def test_hostile_words_stay_words(as_, zoe, action):
    hostile = "\"'><svg/onload=alert(1)> <div hx-post=/x hx-trigger=load>"
    pain = task(action, hostile)
    retroplanning.set_aside(pain, by=zoe, motif=hostile)
    for path in (f"/actions/{action.id}/retroplanning", f"/actions/{action.id}/retroplanning/{pain.id}"):
        page = shown(as_(zoe).get(path))
        assert not page.select("svg[onload], div[hx-post], [onload]")


def test_reading_a_sheet_names_its_fields(zoe, action):
    assert reading(task(action).sheet).count("-") == 2
