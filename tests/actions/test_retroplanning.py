"""The rétroplanning: proposed from a template, followed to the day, never the same thing said twice."""

from __future__ import annotations

from collections.abc import Collection
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
from portal.comptes import commands as comptes
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


def titles(tasks: Collection[Tache]) -> list[str]:
    return [t.titre for t in tasks]


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


# --- whose it is ---------------------------------------------------------------------------------------------

WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")
CELLS = {
    # path          AN   VO   RF   BA   BO   PM   TR   AD    of a task of nobody's
    "":           (303, 403, 403, 422, 403, 403, 403, 422),
    "/retirer":   (303, 403, 403, 303, 403, 403, 403, 303),
    "/faire":     (303, 404, 403, 303, 403, 403, 403, 303),
    "/ecarter":   (303, 404, 403, 303, 403, 403, 403, 303),
    "/reprendre": (303, 404, 403, 303, 403, 403, 403, 303),
}  # fmt: skip


def everything() -> object:
    db.session.expire_all()
    tasks = db.session.execute(select(Tache.__table__).order_by(Tache.id)).all()
    return [tuple(t) for t in tasks], len(db.session.scalars(select(EntreeJournal.id)).all())


@pytest.mark.parametrize("path", CELLS)
def test_who_may_do_what_with_a_task(client, as_, zoe, action, path):
    people = builders.cast(action)
    for n, (who, status) in enumerate(zip(WHO, CELLS[path], strict=True)):
        pain = task(action, f"Pain {n}")
        url = f"/actions/{action.id}/retroplanning/{pain.id}{path}"
        visitor = as_(people[who]) if people[who] else client
        before = everything()
        assert visitor.post(url, data={"motif": "pluie"}).status_code == status, who
        changes = status == 303 and who != "AN" and path != "/reprendre"  # there is nothing to take up again
        assert (everything() != before) == changes, who


def test_whoever_is_entrusted_with_it_reads_and_settles_it_and_nothing_else(as_, zoe, action, lea):
    pain, other = task(action, responsable_id=lea.id), task(action, "Balayer")
    client, path = as_(lea), f"/actions/{action.id}/retroplanning"
    assert client.get(path).status_code == 404  # the action itself is the house's
    page = shown(client.get(f"{path}/{pain.id}"))
    assert not page.select("#modifier")
    assert client.post(f"{path}/{pain.id}", data={"titre": "Autre"}).status_code == 403
    assert client.get(f"{path}/{other.id}").status_code == 404
    assert client.post(f"{path}/{other.id}/faire").status_code == 404
    assert client.post(f"{path}/{pain.id}/faire").location == f"{path}/{pain.id}"
    db.session.expire_all()
    assert pain.traitee_par == lea


def test_whoever_left_keeps_what_they_had_until_it_is_given_to_somebody_else(as_, zoe, action, lea):
    pain = task(action, responsable_id=lea.id)
    comptes.set_active(lea, False, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning/{pain.id}"
    assert client.post(path, data=typed_on(client, path) | {"titre": "Pain et beurre"}).status_code == 303
    db.session.expire_all()
    assert (pain.titre, pain.responsable) == ("Pain et beurre", lea)
    wrong = {"titre": "Jus", "jours": "J-3", "responsable_id": lea.id}
    assert client.post(f"/actions/{action.id}/retroplanning", data=wrong).status_code == 422


def test_erased_what_they_had_is_the_bienveillant_s_again(zoe, action, lea):
    pain = task(action, responsable_id=lea.id)
    comptes.erase(lea, by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    db.session.expire_all()
    assert pain.responsable is None


# --- what awaits somebody ------------------------------------------------------------------------------------


@pytest.mark.both
def test_late_or_due_within_a_week_is_on_its_owner_s_mind(zoe, action, lea):
    """In ten days: J-20 is late, J-10 is today, J-3 is in a week, J-2 in eight days."""
    for jours in (20, 10, 3, 2):
        task(action, f"Pour J-{jours}", jours)
    assert titles(echeancier.tasks_awaiting(zoe)) == ["Pour J-20", "Pour J-10", "Pour J-3"]
    assert echeancier.tasks_awaiting(lea) == []


@pytest.mark.both
@pytest.mark.parametrize("hour", [0, 3.9, 20.5])
def test_a_week_is_counted_in_days_of_la_reunion(zoe, hour):
    action = builders.action(zoe, debut=builders.in_days(10, 0), fin=builders.in_days(10, 3))
    task(action, "Dans sept jours", 3)
    task(action, "Dans huit jours", 2)
    with clock.freeze(clock.start_of(clock.today()) + timedelta(hours=hour)):
        assert titles(echeancier.tasks_awaiting(zoe)) == ["Dans sept jours"]


def test_entrusted_to_somebody_it_is_no_more_the_bienveillant_s(zoe, action, lea):
    task(action, "À Léa", 10, responsable_id=lea.id)
    task(action, "À personne", 10)
    assert (titles(echeancier.tasks_awaiting(lea)), titles(echeancier.tasks_awaiting(zoe))) == (["À Léa"], ["À personne"])


def test_what_somebody_who_left_had_is_on_the_bienveillant_s_mind(zoe, action, lea):
    task(action, "À Léa", 10, responsable_id=lea.id)
    lea.desactive_le = clock.now()
    assert titles(echeancier.tasks_awaiting(zoe)) == ["À Léa"]


def test_whoever_is_bienveillant_no_more_has_only_their_own(zoe, action):
    """They could settle none of the others."""
    for owner in ({}, {"responsable_id": zoe.id}):
        task(action, "À elle" if owner else "À personne", 10, **owner)
    comptes.set_roles(zoe, [], by=builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert titles(echeancier.tasks_awaiting(zoe)) == ["À elle"]


def test_what_is_settled_or_of_an_action_that_stopped_awaits_nobody(zoe, action):
    retroplanning.do(task(action, "Faite", 10), by=zoe)
    assert echeancier.tasks_awaiting(zoe) == []
    task(action, "Encore", 10)
    commands.decide(action, annuler, by=zoe, motif="pluie")
    assert echeancier.tasks_awaiting(zoe) == []


@pytest.mark.parametrize("n", [1, 3])
def test_what_awaits_costs_one_query_and_the_tab_five(as_, zoe, action, count_queries, n):
    for i in range(n):
        task(action, f"Tâche {i}", 10, responsable_id=zoe.id)
    client, path = as_(zoe), f"/actions/{action.id}/retroplanning"
    with count_queries() as statements:
        client.get(path)
    assert len(statements) == 5, statements
    with count_queries() as statements:
        assert [t.action.titre for t in echeancier.tasks_awaiting(zoe)] == ["Fête du moulin"] * n
    assert len(statements) == 3, statements  # two of them read Zoé and her roles again


def test_hostile_words_stay_words(as_, zoe, action):
    hostile = "\"'><svg/onload=alert(1)> <div hx-post=/x hx-trigger=load>"
    pain = task(action, hostile)
    retroplanning.set_aside(pain, by=zoe, motif=hostile)
    for path in (f"/actions/{action.id}/retroplanning", f"/actions/{action.id}/retroplanning/{pain.id}"):
        page = shown(as_(zoe).get(path))
        assert not page.select("svg[onload], div[hx-post], [onload]")


def test_reading_a_sheet_names_its_fields(zoe, action):
    assert reading(task(action).sheet).count("-") == 2


def test_a_task_is_ticked_where_all_of_mine_are_read_and_taken_back_there(as_, zoe, action):
    task(action, jours=12)
    client, mine = as_(zoe), "/actions/taches"
    form = shown(client.get(mine)).select_one(".personne form")
    answer = client.post(form["action"], data={field["name"]: field["value"] for field in form.select("input")})
    assert answer.location == mine
    page = shown(client.get(mine))
    assert page.select_one(".vide")
    assert client.post(page.select_one(".toast form")["action"]).location == mine
    assert shown(client.get(mine)).select_one(".personne")
