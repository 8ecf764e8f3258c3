"""Moving a whole action: everything that it changes is shown first, then done at once or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock, filters
from portal.actions import commands, decalage, retroplanning
from portal.actions.models import Action, Etat
from portal.actions.processus import annuler, decaler
from portal.actions.programme import Slot
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.missions import creneau
from portal.missions.models import Mission
from portal.missions.models import annuler as annuler_mission
from portal.missions.queries import active_on
from portal.notifications import messages
from portal.notifications.genres import Outdated
from portal.outbox import Message
from portal.workflow import MotifMissing, Refusal
from tests import builders

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = {"motif": "La cour est en travaux."}


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
    slot = {"debut": action.debut + delta, "fin": action.fin + delta}
    return decalage.shift(action, **({"by": action.bienveillant} | WHY | slot | more))


def at(instant: datetime) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    return " ".join(page(answer).body.get_text(" ").split())


def link_of(answer, label: str) -> Any:
    return next(link for link in page(answer).select("a") if link.get_text(strip=True) == label)


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
    answer = client.post(path, data=WHY | {"debut": at(new)})
    assert answer.status_code == 200
    said = words(answer)
    assert "Rien n’est encore fait" in said
    assert "Une personne devra dire de nouveau oui, sinon sa place se libère." in said
    assert "À reconfirmer avant" in said
    assert "Léa Grondin" in said
    assert "Une étape suit" in said
    assert "En retard dès maintenant : Commander le pain" in said
    assert "Les 3 messages qui partiraient" in said
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
    answer = client.post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(action.debut + 7 * DAY)})
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
    data = WHY | {"debut": at(action.debut + DAY), "annonce": "x" * 32}
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
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(action.debut + HOUR)})
    assert "En même temps, désormais : Accueil et Bus." in words(answer)


def test_without_an_end_it_lasts_as_long(as_, zoe, action):
    client, new = as_(zoe), action.debut + 2 * DAY
    confirm(client, client.post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(new)}))
    db.session.expire_all()
    assert (action.debut, action.fin) == (new, new + 9 * HOUR)


def test_with_another_end_nothing_else_gets_longer(as_, zoe, action):
    mission = builders.mission(action)
    client, new = as_(zoe), action.debut + 2 * DAY
    confirm(client, client.post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(new), "jusqu_a": at(new + 12 * HOUR)}))
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
    assert {m.genre for m in outbox()} == {"demande_decalee"}


def test_each_is_asked_for_every_place_they_hold_and_has_48_hours(zoe, action, lea, outbox):
    places = [builders.hold(builders.mission(action, titre=titre), lea) for titre in ("Accueil", "Bar")]
    with clock.freeze(clock.now()):
        shift(action)
        assert {place.a_confirmer_avant for place in places} == {clock.now() + 48 * HOUR}
    assert [m.genre for m in outbox() if m.genre != "demande_decalee"] == ["mission_deplacee"] * 2


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
    shift(action, DAY, by=ada)
    shift(action, DAY, by=ada)
    told = {(m.genre, m.adresse) for m in outbox()}
    assert told == {("action_arretee", zoe.email), ("demande_decalee", "dal@example.org")}
    assert {m.faits["motif"] for m in outbox() if m.genre == "action_arretee"} == {WHY["motif"]}


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


# --- why, and who is told -------------------------------------------------------------------------------------


def to_the_demandeur(outbox) -> list[Message]:
    return [m for m in outbox() if m.genre == "demande_decalee"]


def test_without_a_reason_it_does_not_move_and_every_word_comes_back(as_, zoe, action):
    before = everything()
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data={"debut": at(action.debut + DAY), "motif": "  ", "dire": "y"})
    assert answer.status_code == 422
    assert "pourquoi l’action change de date" in words(answer)
    assert page(answer).select_one("#debut")["value"] == at(action.debut + DAY)
    assert page(answer).select_one("#dire").has_attr("checked")
    with pytest.raises(MotifMissing):
        shift(action, motif=" ")
    assert everything() == before


@pytest.mark.both
@pytest.mark.parametrize(("more", "said"), [({}, False), ({"dire": "y"}, True)])
def test_the_demandeur_reads_both_dates_and_why_only_if_it_is_to_be_said(as_, zoe, action, outbox, more, said):
    """In the preview first, in the same words."""
    client, before, new = as_(zoe), action.debut, action.debut + 7 * DAY
    answer = client.post(f"/actions/{action.id}/decaler", data=WHY | more | {"debut": at(new), "jusqu_a": at(new + HOUR)})
    assert f"reçoit un e-mail avec l’ancienne date et la nouvelle, {'et' if said else 'sans'} ta raison" in words(answer)
    [announced] = [d.get_text() for d in page(answer).select("details") if "dal@example.org" in d.get_text()]
    confirm(client, answer)
    [message] = to_the_demandeur(outbox)
    assert message.adresse == "dal@example.org"
    letter = messages.render(message.genre, message.faits)
    for told in (announced, letter.texte):
        assert f"{filters.jour_long(before)}, {filters.creneau(before, before + 9 * HOUR)}" in told
        assert f"{filters.jour_long(new)}, {filters.creneau(new, new + HOUR)}" in told
        assert (WHY["motif"] in told) is said
    assert WHY["motif"] in words(client.get(f"/actions/{action.id}/journal"))


def test_each_of_two_moves_is_told(zoe, action, outbox):
    for n in range(2):
        with clock.freeze(clock.now() + n * HOUR):
            shift(action, DAY)
    dates = [(m.faits["avant"], m.faits["debut"]) for m in to_the_demandeur(outbox)]
    assert dates[0][1] == dates[1][0]
    assert all(messages.render(m.genre, m.faits) for m in to_the_demandeur(outbox))


def test_cancelled_meanwhile_its_new_date_is_no_news(zoe, action, outbox):
    shift(action, DAY)
    commands.decide(action, annuler, by=zoe, motif="pluie")
    with pytest.raises(Outdated):
        messages.render("demande_decalee", to_the_demandeur(outbox)[0].faits)


def test_without_an_address_the_team_is_asked_to_say_it(as_, zoe, outbox):
    action = builders.action(zoe, demandeur={"nom": "DAL974", "contact": "", "email": "", "telephone": "+262692000048"})
    client = as_(zoe)
    answer = client.post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(action.debut + DAY)})
    assert "DAL974 n’a pas d’adresse e-mail" in words(answer)
    confirm(client, answer)
    assert to_the_demandeur(outbox) == []
    assert "préviens-le autrement" in page(client.get(f"/actions/{action.id}")).select_one("#toasts").get_text()


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
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data=WHY | fields)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert page(answer).select_one("#debut")["value"] == fields["debut"]
    assert everything() == before


def test_the_same_date_moves_nothing(as_, zoe, action):
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(action.debut)})
    assert answer.status_code == 422
    assert "rien ne bougerait" in words(answer)


@pytest.mark.parametrize(("etat", "sentence"), [(Etat.EN_COURS, "a déjà commencé"), (Etat.TERMINEE, "Cette action est close")])
def test_neither_under_way_nor_over(as_, zoe, action, etat, sentence):
    db.session.execute(update(Action).values(etat=etat))
    db.session.commit()
    client, path = as_(zoe), f"/actions/{action.id}/decaler"
    for answer in (client.get(path), client.post(path, data=WHY | {"debut": at(action.debut + DAY)})):
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
    answer = as_(zoe).post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(action.debut - 9 * DAY)})
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
        answer = as_(zoe).post(f"/actions/{action.id}/decaler", data=WHY | {"debut": at(action.debut + DAY)})
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
