"""Moving a whole action: everything that it changes is shown first, then done at once or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock
from portal.actions import commands, decalage, retroplanning
from portal.actions.models import Action, Etat, annuler, decaler, reading
from portal.actions.programme import Slot
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.missions import creneau
from portal.missions.models import Mission
from portal.missions.models import annuler as annuler_mission
from portal.missions.queries import active_on
from portal.outbox import Message
from portal.workflow import Refusal
from tests import builders

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe) -> Action:
    """In ten days, from nine to six."""
    return builders.action(zoe)


@pytest.fixture
def lea(app):
    return builders.personne("Léa Grondin")


def step(action: Action, titre: str, start: float, hours: float = 1, **fields: Any) -> Any:
    debut = action.debut + start * HOUR
    return commands.add_step(action, by=action.bienveillant, titre=titre, debut=debut, fin=debut + hours * HOUR, **fields)


def shift(action: Action, delta: timedelta = 7 * DAY, **more: Any) -> decalage.Move:
    return decalage.shift(action, by=action.bienveillant, debut=action.debut + delta, fin=action.fin + delta, **more)


def at(instant: datetime) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    return " ".join(page(answer).body.get_text(" ").split())


def confirm(client, answer) -> Any:
    """The form of the preview, as it is."""
    form = page(answer).select_one("form#suite")
    return client.post(form["action"], data={field["name"]: field["value"] for field in form.select("input")})


def everything() -> object:
    db.session.expire_all()
    slots = [db.session.execute(select(t.debut, t.fin).order_by(t.id)).all() for t in (Action, Mission)]
    counts = [len(db.session.scalars(select(t.id)).all()) for t in (Message, EntreeJournal)]
    return [[tuple(row) for row in rows] for rows in slots], counts


# --- shown, then done ----------------------------------------------------------------------------------------


@pytest.mark.both
def test_all_that_it_changes_is_shown_first_and_nothing_is_done(as_, zoe, action, lea):
    step(action, "Repas", 3)
    mission = builders.mission(action, titre="Accueil du public")
    place = builders.hold(mission, lea)
    builders.candidature(mission, builders.personne("Paul Maillot"))
    retroplanning.add(action, by=zoe, titre="Commander le pain", jours=5)
    db.session.commit()
    client, path, new = as_(zoe), f"/actions/{action.id}/decaler", action.debut - 6 * DAY
    before = everything()
    answer = client.post(path, data={"debut": at(new)})
    assert answer.status_code == 200
    said = words(answer)
    assert "Rien n’est encore fait" in said
    assert "Une personne devra dire de nouveau oui, sinon sa place se libère." in said
    assert "À reconfirmer avant" in said
    assert "Léa Grondin" in said
    assert "Une étape suit" in said
    assert "En retard dès maintenant : Commander le pain" in said
    assert "Les 2 messages qui partiraient" in said
    assert everything() == before
    assert confirm(client, answer).location == f"/actions/{action.id}"
    db.session.expire_all()
    assert (action.debut, mission.debut, action.programme[0].debut) == (new, new, new + 3 * HOUR)
    assert place.a_confirmer_avant
    assert {m.genre for m in db.session.scalars(select(Message))} >= {"mission_deplacee", "mission_modifiee"}


def test_what_was_not_announced_is_shown_again(as_, zoe, action, lea):
    """Somebody was accepted between the preview and its confirmation: who is affected has changed."""
    mission = builders.mission(action)
    client = as_(zoe)
    answer = client.post(f"/actions/{action.id}/decaler", data={"debut": at(action.debut + 7 * DAY)})
    assert "Personne n’a à confirmer de nouveau." in words(answer)
    builders.hold(mission, lea)
    db.session.commit()
    again = confirm(client, answer)
    assert again.status_code == 200
    assert "La situation a changé depuis l’aperçu précédent" in words(again)
    assert "Léa Grondin" in words(again)
    assert confirm(client, again).status_code == 303


def test_a_key_made_up_confirms_nothing(as_, zoe, action):
    before = everything()
    data = {"debut": at(action.debut + DAY), "annonce": "x" * 32}
    assert as_(zoe).post(f"/actions/{action.id}/decaler", data=data).status_code == 200
    assert everything() == before


@pytest.mark.parametrize("n", [1, 3])
def test_the_form_costs_the_same_for_one_or_many(as_, zoe, action, count_queries, n):
    for i in range(n):
        step(action, f"Étape {i}", i)
    client, path = as_(zoe), f"/actions/{action.id}/decaler"
    with count_queries() as statements:
        client.get(path)
    assert len(statements) == 2, statements


# --- what follows --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_programme_and_the_missions_follow(zoe, action):
    step(action, "Repas", 3)
    closes, delta = action.debut - DAY, 7 * DAY + HOUR
    mission = builders.mission(action, candidatures_au=closes)
    slot = mission.slot
    shift(action, delta)
    assert action.debut == builders.in_days(17, 10)
    assert action.programme[0].debut == builders.in_days(17, 13)
    assert mission.slot == tuple(instant + delta for instant in slot)
    assert mission.candidatures_au == closes + delta


def test_what_the_clock_fixes_keeps_its_hour(zoe, action):
    bus, concert = step(action, "Bus", 2, ancre=True), step(action, "Concert", 7, butoir=True)
    talk = step(action, "Ronkozé", 4)
    moved = shift(action, DAY + HOUR)
    assert [clock.local(e.debut).hour for e in (bus, concert, talk)] == [11, 16, 14]
    assert {clock.local(e.debut).date() for e in (bus, concert, talk)} == {clock.today() + 11 * DAY}
    assert ([line.titre for line in moved.kept], [line.titre for line in moved.steps]) == (["Bus", "Concert"], ["Ronkozé"])


def test_what_falls_outside_the_new_slot_is_said(zoe, action):
    step(action, "Bus", 0, ancre=True)
    assert shift(action, 3 * HOUR).outside == ["Bus"]


def test_what_now_runs_at_the_same_time_is_said(as_, zoe, action):
    step(action, "Accueil", 1)
    step(action, "Bus", 2, ancre=True)
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data={"debut": at(action.debut + HOUR)})
    assert "En même temps, désormais : Accueil et Bus." in words(answer)


def test_without_an_end_it_lasts_as_long(as_, zoe, action):
    client, new = as_(zoe), action.debut + 2 * DAY
    confirm(client, client.post(f"/actions/{action.id}/decaler", data={"debut": at(new)}))
    db.session.expire_all()
    assert (action.debut, action.fin) == (new, new + 9 * HOUR)


def test_with_another_end_nothing_else_gets_longer(as_, zoe, action):
    mission = builders.mission(action)
    client, new = as_(zoe), action.debut + 2 * DAY
    confirm(client, client.post(f"/actions/{action.id}/decaler", data={"debut": at(new), "jusqu_a": at(new + 12 * HOUR)}))
    db.session.expire_all()
    assert action.fin - action.debut == 12 * HOUR
    assert mission.fin - mission.debut == 9 * HOUR


def test_a_mission_that_was_cancelled_stays_where_it_was(zoe, action):
    past = {"debut": builders.in_days(-2), "fin": builders.in_days(-1), "published": False}
    cancelled, over = builders.mission(action), builders.mission(action, **past)
    missions.decide(cancelled, annuler_mission, by=zoe, motif="pluie")
    before = cancelled.slot, over.slot
    shift(action)
    assert (cancelled.slot, over.slot) == before


def test_whoever_moves_it_has_nothing_to_confirm(zoe, action, outbox):
    post = builders.referent_mission(action, take_post=True)
    shift(action)
    assert not active_on(post)[0].a_confirmer_avant
    assert outbox() == []


def test_each_is_asked_for_every_place_they_hold_and_has_48_hours(zoe, action, lea, outbox):
    places = [builders.hold(builders.mission(action, titre=titre), lea) for titre in ("Accueil", "Bar")]
    with clock.freeze(clock.now()):
        shift(action)
        assert {place.a_confirmer_avant for place in places} == {clock.now() + 48 * HOUR}
    assert [m.genre for m in outbox()] == ["mission_deplacee"] * 2


def test_confirmed_they_keep_their_place(zoe, action, lea):
    place = builders.hold(builders.mission(action), lea)
    shift(action)
    creneau.confirm(place, by=lea)
    assert place.a_confirmer_avant is None


def test_moved_back_nobody_has_anything_to_confirm_any_more(zoe, action, lea):
    place = builders.hold(builders.mission(action), lea)
    shift(action, 7 * DAY)
    shift(action, -7 * DAY)
    assert place.a_confirmer_avant is None


def test_an_offer_on_hold_leaves_less_time_when_it_comes_nearer(zoe, action):
    offre = builders.offer(builders.in_line(builders.mission(action)))
    before = offre.expire_le
    shift(action, -9 * DAY)
    assert offre.expire_le < before


def test_moved_by_an_admin_its_bienveillant_hears_of_it(zoe, action, outbox):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    decalage.shift(action, by=ada, debut=action.debut + DAY, fin=action.fin + DAY)
    decalage.shift(action, by=ada, debut=action.debut + DAY, fin=action.fin + DAY)
    assert {(m.genre, m.adresse) for m in outbox()} == {("action_arretee", zoe.email)}


def test_only_the_tasks_that_become_late_are_named(zoe, action):
    for jours in (20, 5, 1):
        retroplanning.add(action, by=zoe, titre=f"Pour J-{jours}", jours=jours)
    moved = shift(action, -6 * DAY)
    assert (moved.late, moved.dated) == ([("Pour J-5", clock.today() - DAY)], 3)


def test_the_journal_says_from_when_to_when(as_, zoe, action):
    debut = action.debut
    shift(action, DAY)
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == decaler.key)).one()
    assert (told.faits["avant"], told.faits["debut"], told.faits["minutes"]) == (
        debut.isoformat(), (debut + DAY).isoformat(), 1440,
    )  # fmt: skip
    assert "Action : décalée, " in words(as_(zoe).get(f"/actions/{action.id}/journal"))


# --- what left it behind -------------------------------------------------------------------------------------


def test_dates_changed_on_the_sheet_lead_to_what_stayed_behind(as_, zoe, action):
    """The sheet alone moved: its warning leads to the rest, which then follows by as much."""
    mission, before = builders.mission(action), action.debut
    repas = step(action, "Repas", 3)
    client, path = as_(zoe), f"/actions/{action.id}/modifier"
    sheet = action.sheet | {"debut": action.debut + 7 * DAY, "fin": action.fin + 7 * DAY}
    data = {name: at(v) if isinstance(v, datetime) else v for name, v in sheet.items() if v is not None}
    answer = client.post(path, data=data | {"lu": reading(action.sheet)}, follow_redirects=True)
    link = page(answer).select_one(".toast a.bouton")
    assert link.get_text() == "Tout décaler"
    form = page(client.get(link["href"])).select_one("#decaler")
    sent = {field["name"]: field["value"] for field in form.select("input")}
    assert confirm(client, client.post(form["action"], data=sent)).status_code == 303
    db.session.expire_all()
    assert (action.debut, mission.debut, repas.debut) == (before + 7 * DAY, before + 7 * DAY, before + 7 * DAY + 3 * HOUR)


@pytest.mark.parametrize("depuis", ["hier", "2027", "<svg>", "9" * 40])
def test_an_address_made_up_is_the_plain_form(as_, zoe, action, depuis):
    form = page(as_(zoe).get(f"/actions/{action.id}/decaler", query_string={"depuis": depuis})).select_one("#decaler")
    assert not form.select("[name=depuis]")


def test_confirmed_twice_by_one_thumb_it_moves_once(as_, zoe, action):
    mission = builders.mission(action)
    client, new = as_(zoe), action.debut + 7 * DAY
    answer = client.post(f"/actions/{action.id}/decaler", data={"debut": at(new)})
    assert [confirm(client, answer).status_code for _ in range(2)] == [303, 422]
    db.session.expire_all()
    assert (action.debut, mission.debut) == (new, new)


# --- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"debut": ""}, "Écris le jour et l’heure du nouveau début."),
        ({"debut": "2020-01-01T09:00"}, "Cette date est déjà passée"),
        ({"debut": "demain"}, "Cette date n’est pas comprise"),
        ({"debut": "2090-01-01T09:00", "jusqu_a": "2089-01-01T09:00"}, "La fin doit venir après le début."),
        ({"debut": "2090-01-01T09:00", "jusqu_a": "2090-02-01T09:00"}, "plus de 14 jours"),
    ],
)
def test_a_wrong_date_is_refused_beside_its_field(as_, zoe, action, fields, sentence):
    before = everything()
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data=fields)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert page(answer).select_one("#debut")["value"] == fields["debut"]
    assert everything() == before


def test_the_same_date_moves_nothing(as_, zoe, action):
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data={"debut": at(action.debut)})
    assert answer.status_code == 422
    assert "rien ne bougerait" in words(answer)


@pytest.mark.parametrize(("etat", "sentence"), [(Etat.EN_COURS, "a déjà commencé"), (Etat.TERMINEE, "Cette action est close")])
def test_neither_under_way_nor_over(as_, zoe, action, etat, sentence):
    db.session.execute(update(Action).values(etat=etat))
    db.session.commit()
    client, path = as_(zoe), f"/actions/{action.id}/decaler"
    for answer in (client.get(path), client.post(path, data={"debut": at(action.debut + DAY)})):
        assert answer.status_code == 409
        assert sentence in words(answer)


def test_confirmed_and_begun_by_the_clock_it_is_too_late(zoe, action):
    with clock.freeze(action.debut + HOUR), pytest.raises(decalage.UnderWay):
        shift(action)


def test_a_request_whose_day_went_by_may_have_another(zoe):
    asked = builders.action(zoe, confirmed=False)
    with clock.freeze(asked.fin + DAY):
        shift(asked)
        assert not asked.is_late


def test_a_cancelled_action_does_not_move(zoe, action):
    commands.decide(action, annuler, by=zoe, motif="pluie")
    with pytest.raises(commands.ActionOver):
        shift(action)


def test_a_mission_that_would_fall_in_the_past_keeps_the_whole_in_place(as_, zoe, action):
    builders.mission(action, titre="Montage", debut=action.debut - 2 * DAY, fin=action.debut - DAY)
    db.session.commit()
    before = everything()
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data={"debut": at(action.debut - 9 * DAY)})
    assert answer.status_code == 422
    assert "La mission « Montage » commencerait dans le passé" in words(answer)
    assert page(answer).select_one("#debut")["value"] == at(action.debut - 9 * DAY)
    assert everything() == before


def test_a_package_that_says_no_keeps_the_whole_in_place(as_, zoe, action):
    """As a space that is taken on the new date will."""

    class Taken(Refusal):
        sentence = "La case est prise ce jour-là."

    def refuse(_news: object) -> None:
        raise Taken

    decaler.reactions.append(refuse)
    try:
        before = everything()
        answer = as_(zoe).post(f"/actions/{action.id}/decaler", data={"debut": at(action.debut + DAY)})
        assert answer.status_code == 409
        assert "La case est prise ce jour-là." in words(answer)
        assert everything() == before
    finally:
        decaler.reactions.remove(refuse)


def test_what_a_move_tells_is_no_row(zoe, action, lea):
    """It is read once all is undone."""
    builders.hold(builders.mission(action), lea)
    step(action, "Repas", 3)
    moved = shift(action)
    db.session.rollback()
    db.session.remove()
    [part] = moved.parts
    assert isinstance(part.lines[0].apres, Slot)
    assert "Léa Grondin" in part.lines[0].note
