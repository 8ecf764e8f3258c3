"""A slot that changes under those who hold a place: said before it is saved, asked again, freed without an answer."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from portal import clock, security
from portal.actions import commands as actions
from portal.actions.models import reading
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.candidatures.queries import accepted_of
from portal.db import db
from portal.missions import commands, creneau, queries
from portal.missions.models import Affectation, Mission, annuler
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from tests import builders

HOUR = timedelta(hours=1)


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe), places=3)


@pytest.fixture
def lea(app):
    return builders.personne("Léa Grondin")


@pytest.fixture
def place(mission, lea) -> Affectation:
    return accepted(mission, lea)


@pytest.fixture
def told(outbox):
    """(genre, address) of what was written since the last call."""
    seen: set[int] = set()

    def since() -> list[tuple[str, str]]:
        new = [m for m in outbox() if m.id not in seen and m.genre not in ("candidature_recue", "candidature_reponse")]
        seen.update(m.id for m in outbox())
        return [(m.genre, m.adresse) for m in new]

    return since


def accepted(mission: Mission, who) -> Affectation:
    """A place by a candidature whose answer was told."""
    candidature = builders.candidature(mission, who)
    candidatures.decide(candidature, accepter, by=mission.action.bienveillant, despite_clash=True)
    held = queries.active_of(mission, who)
    assert held
    candidature.dite_le = held.connue_le = clock.now()
    return held


def move(mission: Mission, by=None, *, announced: bool = True, **fields: Any) -> list[Affectation]:
    sheet, nature = mission.sheet | fields, mission.nature
    by = by or mission.action.bienveillant
    return commands.edit(mission, by=by, read=reading(mission.sheet), announced=announced, **(sheet | {"nature": nature}))


def later(mission: Mission, hours: float = 1) -> dict[str, Any]:
    return {"debut": mission.debut + hours * HOUR, "fin": mission.fin + hours * HOUR}


# --- the calculation -----------------------------------------------------------------------------------------


@given(st.tuples(*[st.integers(0, 50)] * 4))
def test_a_slot_inside_the_accepted_one_asks_nothing(hours):
    origin = clock.now()
    a, b, c, d = (origin + h * HOUR for h in hours)
    instants_of_new = {origin + h * HOUR for h in range(hours[0], hours[1])}
    instants_of_old = {origin + h * HOUR for h in range(hours[2], hours[3])}
    if instants_of_new and instants_of_old:
        assert creneau.is_inside((a, b), (c, d)) == (instants_of_new <= instants_of_old)


@pytest.mark.parametrize(("left", "given_time"), [(300, 48), (96, 48), (20, 10), (1, 0.5)])
def test_one_has_48_hours_or_half_of_what_is_left(left, given_time):
    with clock.freeze(clock.now()):
        assert creneau.answer_by(clock.now() + left * HOUR) == clock.now() + given_time * HOUR


# --- asking --------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_mission_that_moves_asks_whoever_holds_a_place(mission, place, lea, told):
    told()
    with clock.freeze(clock.now()):
        assert move(mission, **later(mission)) == [place]
        assert place.a_confirmer_avant == clock.now() + 48 * HOUR
    assert told() == [("mission_deplacee", lea.email)]


@pytest.mark.parametrize("change", [{"debut": -1, "fin": 0}, {"debut": 0, "fin": 1}, {"debut": 200, "fin": 200}])
def test_moved_or_lengthened_it_wants_to_be_announced_first(mission, place, change):
    fields = {name: getattr(mission, name) + hours * HOUR for name, hours in change.items()}
    with pytest.raises(creneau.Unannounced, match="Une personne devra confirmer avant"):
        move(mission, announced=False, **fields)
    assert place.a_confirmer_avant is None


def test_shortened_it_asks_nothing_and_says_so(mission, place, lea, told):
    told()
    assert move(mission, announced=False, fin=mission.fin - HOUR) == []
    assert (told(), place.a_confirmer_avant) == ([("mission_modifiee", lea.email)], None)


def test_another_change_tells_nobody(mission, place, told):
    told()
    assert move(mission, announced=False, titre="Accueil et vestiaire") == []
    assert told() == []


def test_whoever_moves_their_own_post_has_nothing_to_confirm(zoe, told):
    post = builders.referent_mission(builders.action(zoe), take_post=True)
    assert move(post, announced=False, **later(post)) == []
    assert told() == []


def test_whoever_holds_the_post_by_priority_is_asked_when_an_admin_moves_it(zoe, told):
    post = builders.referent_mission(builders.action(zoe), take_post=True)
    assert [a.personne for a in move(post, builders.personne("Ada", [builders.ADMIN]), **later(post))] == [zoe]
    assert told() == [("mission_deplacee", zoe.email)]


def test_accepted_and_not_told_they_hear_of_a_move_as_those_who_wait(mission, zoe, lea, told):
    """They have nothing to confirm: their answer will say the new slot."""
    candidatures.decide(builders.candidature(mission, lea), accepter, by=zoe)
    assert move(mission, announced=False, **later(mission)) == []
    assert told() == [("mission_modifiee", lea.email)]


def test_those_who_wait_hear_of_a_move_and_not_of_a_shorter_slot(mission, lea, told):
    builders.candidature(mission, lea)
    move(mission, fin=mission.fin - HOUR)
    assert told() == []
    move(mission, **later(mission))
    assert told() == [("mission_modifiee", lea.email)]


def test_a_mission_that_has_begun_asks_nobody_and_tells_them(mission, place, lea, told):
    told()
    with clock.freeze(mission.debut + HOUR):
        assert move(mission, announced=False, fin=mission.fin + HOUR) == []
    assert told() == [("mission_modifiee", lea.email)]


def test_a_mission_that_is_over_is_mended_in_silence(mission, place, told):
    told()
    with clock.freeze(mission.fin + HOUR):
        move(mission, announced=False, fin=mission.fin - HOUR)
    assert told() == []


# --- again, and back -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_moved_again_the_time_runs_anew(mission, place, lea, told):
    told()
    now = clock.now()
    for hours in (0, 24):
        with clock.freeze(now + hours * HOUR):
            move(mission, **later(mission))
    assert place.a_confirmer_avant == now + 72 * HOUR
    assert told() == [("mission_deplacee", lea.email)] * 2


@pytest.mark.both
def test_moved_back_to_what_they_had_accepted_there_is_nothing_to_confirm(mission, place, lea, told):
    accepted_slot = dict(zip(("debut", "fin"), mission.slot, strict=True))
    move(mission, **later(mission))
    move(mission, **later(mission))
    told()
    assert move(mission, announced=False, **accepted_slot) == []
    assert (place.a_confirmer_avant, told()) == (None, [("mission_modifiee", lea.email)])


def test_once_confirmed_the_former_slot_is_a_move_like_any_other(mission, place, lea):
    before = dict(zip(("debut", "fin"), mission.slot, strict=True))
    move(mission, **later(mission))
    creneau.confirm(place, by=lea)
    assert move(mission, **before) == [place]


# --- answering -----------------------------------------------------------------------------------------------


def link(place: Affectation) -> str:
    candidature = accepted_of(place.mission, place.personne_id)
    assert candidature
    return f"/candidatures/suivi/{security.seal('candidature.mail', candidature.id, candidature.generation)}"


def main(answer) -> str:
    found = BeautifulSoup(answer.text, "html.parser").main
    assert found
    return " ".join(found.get_text(" ").split())


@pytest.mark.both
def test_one_tap_confirms_from_the_mail_and_a_second_changes_nothing(client, mission, place):
    move(mission, **later(mission))
    db.session.commit()
    assert "Viens-tu toujours" in main(client.get(link(place)))
    for _ in range(2):
        assert client.post(f"{link(place)}/confirmer_creneau").status_code == 303
    db.session.expire_all()
    assert place.a_confirmer_avant is None
    assert "Viens-tu toujours" not in main(client.get(link(place)))


def test_one_tap_confirms_a_post_held_by_priority(as_, zoe):
    post = builders.referent_mission(builders.action(zoe), take_post=True)
    [place] = move(post, builders.personne("Ada", [builders.ADMIN]), **later(post))
    client = as_(zoe)
    assert "Viens-tu toujours" in main(client.get("/moi/"))
    assert client.post(f"/moi/missions/{place.id}/confirmer").location == "/moi/"
    db.session.expire_all()
    assert place.a_confirmer_avant is None


def test_nobody_confirms_for_another(as_, mission, place):
    move(mission, **later(mission))
    assert as_(builders.personne("Paul")).post(f"/moi/missions/{place.id}/confirmer").status_code == 404
    db.session.expire_all()
    assert place.a_confirmer_avant


def test_a_place_that_is_gone_is_not_confirmed(mission, place, lea):
    move(mission, **later(mission))
    commands.release(place, motif="malade")
    with pytest.raises(creneau.PlaceGone):
        creneau.confirm(place, by=lea)


# --- no answer -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_without_an_answer_in_time_the_place_is_free_again_and_both_are_told(mission, place, lea, zoe, outbox):
    move(mission, **later(mission))
    assert place.a_confirmer_avant
    db.session.commit()
    with clock.freeze(place.a_confirmer_avant - timedelta(minutes=1)):
        pass_time()
    db.session.expire_all()
    assert (place.libere_le, mission.prises) == (None, 1)
    with clock.freeze(place.a_confirmer_avant):
        pass_time()
        pass_time()
    db.session.expire_all()
    assert (place.libere_le is None, mission.prises) == (False, 0)
    ended = [(m.genre, m.adresse, m.faits["motif"]) for m in outbox()[-2:]]
    assert sorted(ended) == sorted(
        (g, p.email, candidatures.UNCONFIRMED) for g, p in (("candidature_reponse", lea), ("desistement", zoe))
    )


def test_a_post_by_priority_is_given_back_too(zoe, outbox):
    post = builders.referent_mission(builders.action(zoe), take_post=True)
    [place] = move(post, builders.personne("Ada", [builders.ADMIN]), **later(post))
    db.session.commit()
    with clock.freeze(place.a_confirmer_avant):
        pass_time()
    db.session.expire_all()
    assert post.prises == 0
    assert (outbox()[-1].genre, outbox()[-1].adresse) == ("poste_libere", zoe.email)


def test_confirmed_at_the_last_minute_nothing_lapses(mission, place, lea):
    move(mission, **later(mission))
    late = place.a_confirmer_avant
    creneau.confirm(place, by=lea)
    with clock.freeze(late):
        candidatures.lapse(place.id)
    assert place.libere_le is None


def test_once_it_has_begun_nobody_is_sent_home(mission, place):
    """The worker was down all along: whoever came is there."""
    move(mission, **later(mission))
    db.session.commit()
    with clock.freeze(mission.debut):
        pass_time()
    db.session.expire_all()
    assert place.libere_le is None


# --- the form ------------------------------------------------------------------------------------------------


def posted(mission: Mission, **fields: Any) -> dict[str, Any]:
    db.session.refresh(mission)
    instants = {name: clock.local(fields.pop(name, getattr(mission, name))) for name in ("debut", "fin")}
    return {
        "nature": mission.nature.value,
        "titre": mission.titre,
        "places": str(mission.places),
        "lu": reading(mission.sheet),
        "preavis": "48",
        **{name: at.strftime("%Y-%m-%dT%H:%M") for name, at in instants.items()},
    } | fields


def test_the_form_says_what_will_happen_then_saves_once_ticked(as_, zoe, mission, place):
    accepted(mission, builders.personne("Paul Maillot"))
    client, url = as_(zoe), f"/missions/{mission.id}/modifier"
    db.session.commit()
    before = mission.debut
    typed = posted(mission, titre="Accueil et bar", **later(mission))
    first = client.post(url, data=typed)
    assert first.status_code == 422
    assert "2 personnes devront confirmer avant" in main(first)
    form = BeautifulSoup(first.text, "html.parser")
    assert form.select_one("input[name=titre]")["value"] == "Accueil et bar"
    tick = form.select_one("input[name=prevenir]")
    assert tick.has_attr("autofocus")
    assert not tick.has_attr("checked")
    db.session.expire_all()
    assert mission.debut == before
    second = client.post(url, data=typed | {"prevenir": "y"}, follow_redirects=True)
    assert "2 personnes reçoivent un e-mail pour confirmer" in second.text
    db.session.expire_all()
    assert (mission.debut, mission.titre) == (before + HOUR, "Accueil et bar")
    assert "Léa Grondin, à confirmer avant" in main(client.get(f"/missions/action/{mission.action_id}"))


def test_nothing_is_asked_while_nobody_is_on_it(as_, zoe, mission):
    db.session.commit()
    answer = as_(zoe).post(f"/missions/{mission.id}/modifier", data=posted(mission, **later(mission)))
    assert answer.status_code == 303


# --- what agendas show ---------------------------------------------------------------------------------------


def test_each_change_that_agendas_show_makes_a_new_sequence(mission, zoe):
    seen = [mission.sequence]
    for change in ({"titre": "Bar"}, later(mission), {"fourni": "Gants"}, {"places": 4}):
        move(mission, **change)
        seen.append(mission.sequence)
    commands.decide(mission, annuler, by=zoe, motif="Pluie")
    assert [*seen, mission.sequence] == [0, 1, 2, 2, 2, 3]


@pytest.mark.both
def test_an_action_elsewhere_tells_its_team_once_each(zoe, lea, outbox):
    action = builders.action(zoe)
    first, second = builders.mission(action), builders.mission(action, titre="Bar")
    gone = builders.mission(action, titre="Annulée")
    builders.hold(gone, builders.personne("Paul"))
    commands.decide(gone, annuler, by=zoe, motif="Pluie")
    for mission in (first, second):
        builders.hold(mission, lea)
    edit(action, zoe, lieu="Le jardin")
    found = [(m.adresse, m.faits["lieu"]) for m in outbox() if m.genre == "mission_modifiee"]
    assert found == [(lea.email, "La Raffinerie, l’Hermitage")]
    assert [m.sequence for m in (first, second, gone)] == [1, 1, 1]
    edit(action, zoe, description="Autre")
    assert [m.sequence for m in (first, second)] == [1, 1]


def letters(outbox) -> list[str]:
    """What would leave now of the changes."""
    found = []
    for message in outbox():
        if message.genre in ("mission_deplacee", "mission_modifiee"):
            with suppress(Outdated):
                found.append(messages.render(message.genre, message.faits).texte)
    return found


@pytest.mark.both
def test_whoever_must_confirm_is_never_told_that_there_is_nothing_to_confirm(mission, place, zoe, outbox):
    move(mission, fin=mission.fin - HOUR)
    [said] = letters(outbox)
    assert "rien à confirmer" in said
    move(mission, **later(mission, 5))  # before the worker's look
    [said] = letters(outbox)
    assert "Viens-tu toujours" in said
    edit(mission.action, zoe, lieu="Le jardin")
    elsewhere = letters(outbox)[-1]
    assert "L’action change de lieu" in elsewhere
    assert "rien à confirmer" not in elsewhere
    assert "Réponds avant" in elsewhere


def edit(action, by, **fields: Any) -> None:
    client = {name: getattr(action.demandeur, name) for name in ("nom", "contact", "email", "telephone")}
    actions.edit(action, by=by, read=reading(action.sheet), demandeur=client, **fields)
