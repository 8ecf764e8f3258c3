"""Receiving taps: one row each, what is refused, what the site's opening and closing do to the action."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import Etat
from portal.actions.processus import annuler, revenir_au_devis
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j import commands, modeles, queries, refus
from portal.jour_j.commands import Statut, undoing
from portal.jour_j.models import Entree, Genre, Jour, Phase
from portal.jour_j.pli import Presence, Site
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from tests import builders
from tests.jour_j.conftest import at, jour_of, kept, tap

FOLLOWING = {Site.FERME: Etat.CONFIRMEE, Site.OUVERT: Etat.EN_COURS, Site.CLOS: Etat.TERMINEE}
REASON = "Tout est vérifié, je coche ensuite."


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Entree)) or 0


def journaled(event: str) -> list[EntreeJournal]:
    return list(db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == event)))


# --- one row a tap -------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_same_tap_sent_again_is_one_row(saturday):
    tick = tap(Genre.COCHE, saturday.jour.points[0].id, "fait")
    said = [saturday.send(tick)[0].statut for _ in range(5)]
    assert said == [Statut.RECUE] + [Statut.DEJA_RECUE] * 4
    assert (rows(), saturday.jour.version) == (1, 1)


@pytest.mark.both
def test_a_tap_twice_in_one_sending_is_one_row(saturday):
    tick = tap(Genre.COCHE, saturday.jour.points[0].id, "fait")
    assert [o.statut for o in saturday.send(tick, tick)] == [Statut.RECUE, Statut.DEJA_RECUE]
    assert rows() == 1


@pytest.mark.both
@pytest.mark.proof
def test_sixteen_phones_send_the_same_taps_at_once(app, saturday, size):
    """Half of them in the other order: the lock of the day comes first, so nobody waits for anybody in a circle."""
    points = [p.id for p in saturday.jour.points]
    taps = [tap(Genre.COCHE, points[n % len(points)], "fait") for n in range(20)]
    taps.append(tap(Genre.SITE, "", "ouvrir", REASON))
    action_id, awa_id, phones = saturday.action.id, saturday.awa.id, size(6, 16)
    db.session.commit()
    together = Barrier(phones)

    def send(number: int) -> list[Statut]:
        together.wait()
        with app.app_context():
            jour, awa = db.session.get_one(Jour, action_id), db.session.get_one(Personne, awa_id)
            outcomes = commands.receive(jour, taps[:: -1 if number % 2 else 1], by=awa)
            db.session.commit()
            return [o.statut for o in outcomes]

    with ThreadPoolExecutor(phones) as hands:
        said = [statut for statuts in hands.map(send, range(phones)) for statut in statuts]
    assert (said.count(Statut.RECUE), said.count(Statut.DEJA_RECUE)) == (21, 21 * (phones - 1))
    assert (rows(), saturday.jour.version, saturday.action.etat) == (21, 1, Etat.EN_COURS)


def test_each_tap_of_a_sending_answers_for_itself(saturday):
    good, bad, last = (
        tap(Genre.COCHE, saturday.jour.points[0].id, "fait"),
        tap(Genre.COCHE, 10**6, "fait"),
        tap(Genre.INCIDENT, mot="Verre cassé."),
    )
    outcomes = saturday.send(good, bad, last)
    assert [(o.uuid, o.statut) for o in outcomes] == [
        (good.uuid, Statut.RECUE),
        (bad.uuid, Statut.REFUSEE),
        (last.uuid, Statut.RECUE),
    ]
    assert isinstance(outcomes[1].refusal, refus.NotOfThisDay)
    assert (rows(), saturday.jour.version) == (2, 1)


def test_who_said_what_and_the_three_times_are_kept(saturday):
    """A phone an hour slow ticks at what it thinks is 8:10 and sends ten minutes later."""
    late = tap(Genre.COCHE, saturday.jour.points[0].id, "fait", when=at(7.75))
    saturday.send(late, sent=at(8))
    entree = kept(late)
    assert (entree.personne_id, entree.quand, entree.saisi_le, entree.recu_le) == (saturday.awa.id, at(8.75), at(7.75), at(9))


def test_taps_of_one_instant_keep_the_order_they_came_in(saturday):
    point = saturday.jour.points[0].id
    for _ in range(10):
        saturday.send(tap(Genre.COCHE, point, "fait"), tap(Genre.COCHE, point, "defait"))
    assert saturday.day().state.ticks == {}
    saturday.send(tap(Genre.COCHE, point, "fait"))
    assert str(point) in saturday.day().state.ticks


def test_a_sending_that_travelled_long_is_no_later_than_the_next(saturday):
    """A phone an hour slow: its first sending takes eight seconds to come, its second none."""
    point, second = saturday.jour.points[0].id, timedelta(seconds=1)
    saturday.send(tap(Genre.COCHE, point, "fait", when=at(8) - 9 * second), sent=at(8) - 8 * second)
    saturday.send(tap(Genre.COCHE, point, "defait", when=at(8) - 5 * second), sent=at(8))
    assert saturday.day().state.ticks == {}


# --- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        tap(Genre.COCHE, 1, "arrive", when=at(9)),
        tap(Genre.COCHE, 1, "", when=at(9)),
        tap("jauge", "", "+2", when=at(9)),
        tap(Genre.SITE, "", "brûler", when=at(9)),
        tap(Genre.INCIDENT, "", "énorme", "Feu", when=at(9)),
        tap(Genre.COCHE, 1, "fait", when=at(9), uuid="1"),
        tap(Genre.COCHE, 1, "fait", when=at(9), uuid="{00000000-0000-0000-0000-000000000001}"),
        tap(Genre.ANNULE, "pas un uuid", when=at(9)),
    ],
)
def test_what_no_button_says_is_refused(saturday, said):
    outcome = saturday.send(said)[0]
    assert (outcome.statut, type(outcome.refusal)) == (Statut.REFUSEE, refus.NotATap)
    assert (rows(), saturday.jour.version) == (0, 0)


@pytest.mark.parametrize("cible", ["", "0", "-1", "١", "9" * 30, "1 OR 1=1"])
@pytest.mark.parametrize(("genre", "valeur"), [(Genre.COCHE, "fait"), (Genre.PRESENCE, "arrive"), (Genre.ETAPE, "debut")])
def test_a_target_that_is_nothing_is_refused(saturday, genre, valeur, cible):
    assert isinstance(saturday.send(tap(genre, cible, valeur))[0].refusal, refus.NotOfThisDay)
    assert rows() == 0


def test_what_belongs_to_another_day_is_refused(saturday):
    other = builders.action(saturday.zoe, debut=at(9), fin=at(18))
    step = actions.add_step(other, by=saturday.zoe, titre="Ailleurs", debut=at(9), fin=at(10))
    held = builders.hold(builders.mission(other), saturday.lea)
    jour = jour_of(other)
    elsewhere = tap(Genre.COCHE, jour.points[0].id, "fait")
    commands.receive(jour, [elsewhere], by=saturday.zoe)
    taps = [
        tap(Genre.COCHE, jour.points[0].id, "fait"),
        tap(Genre.PRESENCE, held.id, "arrive"),
        tap(Genre.ETAPE, step.id, "debut"),
        tap(Genre.ANNULE, elsewhere.uuid),
        tap(Genre.COCHE, saturday.jour.points[0].id, "fait", uuid=elsewhere.uuid),
    ]
    assert [type(o.refusal) for o in saturday.send(*taps)] == [refus.NotOfThisDay] * 5
    assert rows() == 1


def test_someone_who_left_the_team_is_not_ticked(saturday):
    held = saturday.held_by(saturday.lea)
    missions.release(held, motif="malade")
    assert isinstance(saturday.send(tap(Genre.PRESENCE, held.id, "arrive"))[0].refusal, refus.NotOfThisDay)


def test_an_incident_wants_words_and_not_too_many(saturday):
    assert isinstance(saturday.send(tap(Genre.INCIDENT))[0].refusal, refus.WordsMissing)
    assert isinstance(saturday.send(tap(Genre.INCIDENT, mot="x" * 2001))[0].refusal, refus.TooLong)
    assert saturday.send(tap(Genre.INCIDENT, mot="é" * 2000))[0].statut is Statut.RECUE


@pytest.mark.parametrize("etat", [Etat.DEVIS_ENVOYE, Etat.ANNULEE])
def test_a_day_that_is_off_is_only_read(saturday, etat):
    actions.decide(saturday.action, annuler if etat is Etat.ANNULEE else revenir_au_devis, by=saturday.zoe, motif="pluie")
    assert isinstance(saturday.send(tap(Genre.INCIDENT, mot="Vent."))[0].refusal, refus.DayOver)
    assert isinstance(saturday.open(REASON).refusal, refus.DayOver)


@pytest.mark.parametrize("days", [2, 10])
def test_days_ahead_nothing_of_the_day_is_taken_but_an_incident(saturday, days):
    """A tap at home, to see, would count as said on the day."""
    day = saturday.day()
    taps = [
        tap(Genre.COCHE, day.points(Phase.OUVERTURE)[0].id, "fait"),
        tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive"),
        tap(Genre.ETAPE, saturday.steps[0].id, "debut"),
        tap(Genre.SITE, "", "ouvrir", REASON),
        tap(Genre.SITE, "", "fermer", REASON),
    ]
    with clock.freeze(at(9) - timedelta(days=days)):
        assert [type(o.refusal) for o in saturday.send(*taps)] == [refus.TooEarly] * 5
        noted = tap(Genre.INCIDENT, mot="Clé égarée.")
        assert saturday.send(noted)[0].statut is Statut.RECUE
        assert saturday.send(undoing(noted.uuid, at=clock.now()))[0].statut is Statut.RECUE
        assert saturday.day().gesture == ""
    assert rows() == 2


def test_from_the_eve_everything_is_taken(saturday):
    with clock.freeze(at(-23.9)):
        saturday.tick_all(Phase.OUVERTURE)
        assert saturday.open().statut is Statut.RECUE


def test_an_open_site_closes_even_when_its_day_was_put_off(saturday):
    saturday.open(REASON)
    saturday.action.debut, saturday.action.fin = at(9 + 240), at(18 + 240)
    assert saturday.close("remis à plus tard").statut is Statut.RECUE


# --- the site ------------------------------------------------------------------------------------------------


def test_opening_with_critical_lines_open_wants_a_reason_and_then_is_never_refused(saturday, outbox):
    refusal = saturday.open().refusal
    assert isinstance(refusal, refus.ReasonWanted)
    assert [p.texte for p in refusal.left] == [line.texte for line in modeles.OUVERTURE if line.critique]
    assert (rows(), saturday.action.etat, outbox()) == (0, Etat.CONFIRMEE, [])

    assert saturday.open(REASON).statut is Statut.RECUE
    assert saturday.action.etat is Etat.EN_COURS
    [line] = journaled("action.ouvrir")
    assert (line.personne_id, line.motif, len(line.faits["lignes"])) == (saturday.awa.id, REASON, 7)
    [message] = outbox()
    assert (message.genre, message.adresse) == ("jour_ouverture", saturday.zoe.email)
    assert message.faits == {
        "action": saturday.action.id,
        "par": saturday.awa.id,
        "motif": REASON,
        "lignes": [p.texte for p in refusal.left],
    }


def test_opening_a_checked_site_wants_nothing(saturday, outbox):
    for point in saturday.day().points(Phase.OUVERTURE):
        if point.critique:
            saturday.send(tap(Genre.COCHE, point.id, "sans_objet" if point.ordre else "fait"))
    assert saturday.open().statut is Statut.RECUE
    assert (saturday.action.etat, outbox()) == (Etat.EN_COURS, [])


def test_ticks_of_the_same_sending_count_for_the_opening(saturday):
    ticks = [tap(Genre.COCHE, p.id, "fait") for p in saturday.day().points(Phase.OUVERTURE)]
    assert {o.statut for o in saturday.send(*ticks, tap(Genre.SITE, "", "ouvrir"))} == {Statut.RECUE}
    assert saturday.action.etat is Etat.EN_COURS


def test_two_people_open_at_once_and_it_is_one_opening(saturday, outbox):
    saturday.open(REASON)
    assert saturday.send(tap(Genre.SITE, "", "ouvrir"), by=saturday.zoe)[0].statut is Statut.RECUE
    assert (len(journaled("action.ouvrir")), len(outbox())) == (1, 1)
    opened = saturday.day().state.opened
    assert opened
    assert opened.par == saturday.awa.id


def test_a_site_that_is_not_open_does_not_close(saturday):
    assert isinstance(saturday.close("fini").refusal, refus.NotOpen)


def test_closing_with_lines_open_wants_a_word_tells_the_critical_ones_and_ends_the_action(saturday, outbox):
    saturday.open(REASON)
    refusal = saturday.close().refusal
    assert isinstance(refusal, refus.ReasonWanted)
    assert len(refusal.left) == len(modeles.FERMETURE)
    assert saturday.action.etat is Etat.EN_COURS
    assert saturday.close("Alarme en panne.").statut is Statut.RECUE
    assert (saturday.action.etat, saturday.day().state.site) == (Etat.TERMINEE, Site.CLOS)
    [line] = journaled("action.clore")
    assert (line.motif, len(line.faits["lignes"])) == ("Alarme en panne.", len(modeles.FERMETURE))
    message = outbox()[-1]
    assert (message.genre, message.adresse, message.faits["motif"]) == (
        "jour_fermeture",
        saturday.zoe.email,
        "Alarme en panne.",
    )
    assert message.faits["lignes"] == [line.texte for line in modeles.FERMETURE if line.critique]


def test_closing_a_checked_site_wants_nothing_and_tells_nobody(saturday, outbox):
    saturday.tick_all(Phase.OUVERTURE)
    saturday.open()
    with clock.freeze(at(21.75)):
        saturday.tick_all(Phase.FERMETURE)
        assert saturday.close().statut is Statut.RECUE
    assert {m.genre for m in outbox()} == {"heures_a_valider"}  # nothing is amiss: only the hours are to be looked at


@pytest.mark.parametrize(("hour", "again"), [(22, True), (27.9, True), (28, False), (48, False)])
def test_it_reopens_the_same_evening_until_four_in_the_morning(saturday, hour, again):
    saturday.open(REASON)
    with clock.freeze(at(21.75)):
        saturday.close("fini")
    with clock.freeze(at(hour)):
        refusal = saturday.open().refusal
        assert isinstance(refusal, refus.AnotherDay) != again
        assert saturday.action.etat is (Etat.EN_COURS if again else Etat.TERMINEE)
        assert (saturday.day().state.site is Site.OUVERT) == again


def test_a_day_closed_after_midnight_reopens_until_that_dawn(saturday):
    saturday.open(REASON)
    with clock.freeze(at(24.5)):
        saturday.close("fini")
    with clock.freeze(at(27.9)):
        assert saturday.open().statut is Statut.RECUE


def test_an_action_of_several_days_opens_again_each_morning(saturday):
    saturday.action.fin = at(24 + 18)
    saturday.open(REASON)
    with clock.freeze(at(21)):
        saturday.close("à demain")
    with clock.freeze(at(24 + 8)):
        assert saturday.open(REASON).statut is Statut.RECUE
        assert saturday.action.etat is Etat.EN_COURS


def test_a_tick_that_arrives_after_the_closing_is_kept(saturday):
    saturday.open(REASON)
    saturday.close("fini")
    with clock.freeze(at(20)):
        late = tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive", when=at(9.5))
        assert saturday.send(late, sent=at(20))[0].statut is Statut.RECUE
    assert saturday.day().state.presences[late.cible].quand == at(9.5)


@given(st.lists(st.tuples(st.sampled_from(["ouvrir", "fermer"]), st.integers(0, 120)), min_size=1, max_size=8))
def test_the_action_always_follows_the_fold(saturday, said):
    """In whatever order openings and closings arrive, and whenever they are dated, the action's state is the site's."""
    action = builders.action(saturday.zoe, debut=at(9), fin=at(18))
    jour = jour_of(action)
    with clock.freeze(at(11)):
        for valeur, minute in said:
            commands.receive(jour, [tap(Genre.SITE, "", valeur, "mot", when=at(9 + minute / 60))], by=saturday.zoe)
            assert action.etat is FOLLOWING[queries.read(action.id).state.site]


# --- taking back ---------------------------------------------------------------------------------------------


def test_undoing_twice_is_one_row(saturday):
    tick = tap(Genre.COCHE, saturday.jour.points[0].id, "fait")
    saturday.send(tick)
    said = [saturday.send(undoing(tick.uuid, at=clock.now()))[0].statut for _ in range(2)]
    assert said == [Statut.RECUE, Statut.DEJA_RECUE]
    assert (rows(), saturday.day().state.ticks) == (2, {})


def test_anyone_who_runs_the_day_undoes_anyone_s_tap(saturday):
    tick = tap(Genre.COCHE, saturday.jour.points[0].id, "fait")
    saturday.send(tick, by=saturday.zoe)
    saturday.send(undoing(tick.uuid, at=clock.now()), by=saturday.awa)
    assert saturday.day().state.ticks == {}


def test_the_undoing_may_come_first(saturday):
    tick = tap(Genre.COCHE, saturday.jour.points[0].id, "fait")
    assert saturday.send(undoing(tick.uuid, at=clock.now()))[0].statut is Statut.RECUE
    saturday.send(tick)
    assert saturday.day().state.ticks == {}


def test_an_opening_is_not_undone(saturday):
    opening = tap(Genre.SITE, "", "ouvrir", REASON)
    saturday.send(opening)
    assert isinstance(saturday.send(undoing(opening.uuid, at=clock.now()))[0].refusal, refus.SiteStays)
    assert saturday.action.etat is Etat.EN_COURS


def test_undoing_an_opening_before_it_came_leaves_action_and_fold_agreed(saturday):
    opening = tap(Genre.SITE, "", "ouvrir", REASON)
    saturday.send(undoing(opening.uuid, at=clock.now()))
    saturday.send(opening)
    assert (saturday.day().state.site, saturday.action.etat) == (Site.OUVERT, Etat.EN_COURS)


# --- the programme and the team ------------------------------------------------------------------------------


def test_the_next_item_ends_its_own_lane_never_the_all_day_one(saturday):
    games, welcome, visit, _meal, videos = saturday.steps
    saturday.open(REASON)
    for step in (games, videos, welcome, visit):
        saturday.send(tap(Genre.ETAPE, step.id, "debut"))
    day = saturday.day()
    assert [day.state.step(s.id).etat for s in (games, videos, welcome, visit)] == [
        "en_cours",
        "en_cours",
        "termine",
        "en_cours",
    ]
    assert (day.track.current.id, day.track.next.titre) == (visit.id, "Repas, carry poulet")


def test_the_one_big_gesture_follows_the_day(saturday):
    gestures = [saturday.day().gesture]
    saturday.open(REASON)
    gestures.append(saturday.day().gesture)
    for step in saturday.steps[1:4]:
        saturday.send(tap(Genre.ETAPE, step.id, "debut"))
    gestures.append(saturday.day().gesture)
    saturday.send(tap(Genre.ETAPE, saturday.steps[3].id, "fin"))
    gestures.append(saturday.day().gesture)
    saturday.close("fini")
    gestures.append(saturday.day().gesture)
    assert gestures == ["ouvrir", "suivante", "terminer", "fermer", ""]


def test_people_are_counted_once(saturday):
    """Léa holds two posts: she is one person, there when she is on either."""
    second = builders.hold(builders.mission(saturday.action, titre="Cuisine"), saturday.lea)
    assert (saturday.day().present, saturday.day().expected) == (0, 2)
    saturday.send(tap(Genre.PRESENCE, second.id, "arrive"))
    assert (saturday.day().present, saturday.day().expected) == (1, 2)
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "absent"))
    assert saturday.day().present == 1
    assert saturday.day().state.presence(second.id) is Presence.ARRIVE


def test_a_tap_of_the_preparation_is_not_dated_in_the_future(saturday):
    with clock.freeze(long_before := at(9) - timedelta(days=9)):
        early = tap(Genre.INCIDENT, mot="Clé égarée.", uuid=str(uuid4()))
        saturday.send(early)
    assert kept(early).quand == long_before
