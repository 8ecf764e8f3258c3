"""Stepping back: freely until the notice that the mission sets; later, whoever finds cover hears of it at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock, security
from portal.candidatures import commands, queries
from portal.candidatures.forms import AUTRE, DEPARTS
from portal.candidatures.models import Candidature, Etat, accepter
from portal.db import db
from portal.missions import commands as missions
from portal.missions.queries import active_of
from portal.notifications import messages
from portal.outbox import Message
from tests import builders

MINUTE = timedelta(minutes=1)


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe):
    return builders.action(zoe)


@pytest.fixture
def awa(action):
    """The référent of the day."""
    awa = builders.personne("Awa Payet", telephone="+262692111111")
    builders.hold(builders.referent_mission(action), awa)
    return awa


@pytest.fixture
def candidature(action, awa) -> Candidature:
    """Léa is accepted, and knows it."""
    lea = builders.personne("Léa Grondin", telephone="+262693222222")
    return accepted(builders.candidature(builders.mission(action, preavis=72), lea))


def accepted(candidature: Candidature) -> Candidature:
    commands.decide(candidature, accepter, by=candidature.action.bienveillant)
    held = active_of(candidature.mission, candidature.personne)
    assert held
    candidature.dite_le = held.connue_le = clock.now()
    return candidature


@pytest.fixture
def told(outbox):
    """{(genre, address)} of what leaving wrote."""
    return lambda: sorted((m.genre, m.adresse) for m in outbox() if m.genre in ("desistement", "empechement"))


def link(candidature: Candidature) -> str:
    return f"/candidatures/suivi/{security.seal('candidature.mail', candidature.id, candidature.generation)}"


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def gesture(answer) -> str:
    return page(answer).select_one("#partir summary").get_text(strip=True)


# --- who hears of it -----------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize(("before", "late"), [(72 * 60 + 1, False), (72 * 60, True), (1, True)])
def test_the_notice_of_the_mission_says_who_hears_of_it(candidature, zoe, awa, told, before, late):
    with clock.freeze(candidature.mission.debut - before * MINUTE):
        commands.leave(candidature, motif="Le transport")
    cover = sorted([("empechement", zoe.email), ("empechement", awa.email)])
    assert told() == (cover if late else [("desistement", zoe.email)])
    assert (candidature.etat, candidature.mission.prises) == (Etat.DESISTEE, 0)


def test_it_is_told_at_once_whatever_they_chose_to_receive(candidature, zoe, awa, outbox):
    with clock.freeze(candidature.mission.debut - MINUTE):
        commands.leave(candidature)
        late = [m for m in outbox() if m.genre == "empechement"]
        assert {(m.voie, m.du_le) for m in late} == {("courrier", clock.now())}


def test_a_bienveillant_who_is_the_referent_too_is_told_once(zoe, action, told):
    builders.referent_mission(action, take_post=True)
    candidature = accepted(builders.candidature(builders.mission(action, preavis=720)))
    commands.leave(candidature)
    assert told() == [("empechement", zoe.email)]


def test_a_referent_who_leaves_late_is_heard_of_by_the_bienveillant(zoe, action, told):
    paul = builders.personne("Paul Maillot")
    for post in (builders.referent_mission(action, preavis=720), builders.referent_mission(action, preavis=720, titre="Soir")):
        accepted(builders.candidature(post, paul))
        if post.titre == "Soir":
            missions.give_back(post, by=paul)
        else:
            commands.leave(queries.accepted_of(post, paul.id))
    assert told() == [("empechement", zoe.email)] * 2


def test_while_the_acceptance_is_nobody_s_news_leaving_is_never_late(zoe, action, told):
    candidature = builders.candidature(builders.mission(action, preavis=720))
    commands.decide(candidature, accepter, by=zoe)
    commands.leave(candidature)
    assert told() == [("desistement", zoe.email)]


def test_withdrawing_before_any_answer_is_never_late(action, told):
    commands.leave(builders.candidature(builders.mission(action, preavis=720)))
    assert told() == []


# --- what they read ------------------------------------------------------------------------------------------


def letter_to(who) -> str:
    [found] = db.session.query(Message).filter_by(genre="empechement", adresse=who.email)
    return messages.render(found.genre, found.faits).texte


def test_they_read_who_which_post_why_the_number_and_where_to_find_cover(candidature, zoe, awa):
    with clock.freeze(candidature.mission.debut - 60 * MINUTE):
        commands.leave(candidature, motif="Le transport")
        to_zoe, to_awa = letter_to(zoe), letter_to(awa)
    for said in (to_zoe, to_awa):
        for words in ("Léa Grondin ne peut plus venir", "Accueil du public", "Le transport", "0693\u00a022\u00a022\u00a022"):
            assert words in said
    assert f"/equipe/renfort/{candidature.mission_id}" in to_zoe
    assert f"/missions/equipe/{candidature.action_id}" in to_awa


def test_the_number_is_shared_from_two_days_before_only(candidature, zoe):
    with clock.freeze(candidature.mission.debut - 71 * 60 * MINUTE):
        commands.leave(candidature)
        assert "0693" not in letter_to(zoe)


# --- the page ------------------------------------------------------------------------------------------------


def test_the_button_says_what_leaving_means(client, candidature):
    db.session.commit()
    assert gesture(client.get(link(candidature))) == "Me désister"
    with clock.freeze(candidature.mission.debut - 60 * MINUTE):
        answer = client.get(link(candidature))
        assert gesture(answer) == "Je ne peux plus venir"
        assert "la personne référente est prévenue tout de suite" in answer.text


def test_before_the_answer_one_withdraws(client, action):
    candidature = builders.candidature(builders.mission(action, preavis=720))
    db.session.commit()
    assert gesture(client.get(link(candidature))) == "Retirer ma candidature"


def test_having_left_late_one_still_finds_whom_to_call(client, candidature, awa):
    db.session.commit()
    with clock.freeze(candidature.mission.debut - 60 * MINUTE):
        client.post(f"{link(candidature)}/desister", data={"motif": DEPARTS[2]})
        assert "tel:+262692111111" in client.get(link(candidature)).text


def test_having_left_in_time_one_finds_nobody_s_number(client, candidature, awa):
    db.session.commit()
    client.post(f"{link(candidature)}/desister")
    with clock.freeze(candidature.mission.debut - 60 * MINUTE):
        assert "tel:" not in client.get(link(candidature)).text


def test_reasons_are_a_short_list_of_which_none_is_asked(client, candidature):
    db.session.commit()
    form = page(client.get(link(candidature))).select_one("#partir form")
    assert [i["value"] for i in form.select("input[name=motif]")] == list(DEPARTS)
    assert not form.select("[required]")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({}, "désistement"),
        ({"motif": DEPARTS[0]}, DEPARTS[0]),
        ({"motif": AUTRE, "autre": "Mon bus\nne passe plus"}, "Mon bus ne passe plus"),
        ({"motif": AUTRE}, "désistement"),
        ({"autre": "Une fête"}, "Une fête"),
        ({"motif": DEPARTS[2], "autre": "grève des bus"}, f"{DEPARTS[2]}\u00a0: grève des bus"),
        ({"motif": "Des mots à moi"}, "Des mots à moi"),
        ({"motif": "x" * 5000}, "x" * 300),
    ],
)
def test_any_words_are_a_reason_and_none_is_one_too(client, candidature, sent, kept):
    held = active_of(candidature.mission, candidature.personne)
    db.session.commit()
    assert client.post(f"{link(candidature)}/desister", data=sent).status_code == 303
    db.session.expire_all()
    assert held.motif == kept


def test_the_signed_in_person_gives_the_same_reasons(as_, candidature):
    held = active_of(candidature.mission, candidature.personne)
    client = as_(candidature.personne)
    client.post(f"/candidatures/{candidature.id}/desister", data={"motif": AUTRE, "autre": "Déménagement"})
    db.session.expire_all()
    assert (candidature.etat, held.motif) == (Etat.DESISTEE, "Déménagement")


# --- a clash is shown to both sides --------------------------------------------------------------------------


@pytest.fixture
def lea(app):
    return builders.personne("Léa Grondin")


@pytest.fixture
def held(action, lea):
    """Léa holds a place from 9 h to 13 h."""
    mission = builders.mission(action, titre="Cuisine", fin=builders.in_days(10, 13))
    builders.hold(mission, lea)
    return mission


SLOTS = [((12, 15), True), ((13, 15), False), ((7, 9), False)]


@pytest.mark.both
@pytest.mark.parametrize(("hours", "clash"), SLOTS)
def test_the_volunteer_sees_it_before_and_after_applying_and_back_to_back_is_none(as_, action, lea, held, hours, clash):
    debut, fin = (builders.in_days(10, hour) for hour in hours)
    mission = builders.mission(action, titre="Bar", debut=debut, fin=fin)
    client = as_(lea)
    before = client.get(f"/candidatures/deposer/{mission.id}")
    candidature = builders.candidature(mission, lea)
    db.session.commit()
    pages = (before, client.get(link(candidature)), client.get("/moi/"))
    assert ["En même temps que" in answer.text for answer in pages] == [clash] * 3


def test_two_places_at_the_same_time_say_so_on_each(as_, action, lea, held):
    other = builders.mission(action, titre="Bar")
    builders.hold(other, lea)
    main = page(as_(lea).get("/moi/")).main
    said = [" ".join(p.get_text().split()) for p in main.select("p.ou") if "En même temps" in p.get_text()]
    assert [text.split(", ")[0] for text in said] == ["En même temps que Bar", "En même temps que Cuisine"]


def test_a_stranger_learns_nothing_of_what_somebody_else_does(client, action, lea, held):
    mission = builders.mission(action, titre="Bar")
    candidature = builders.candidature(mission, email=lea.email)
    db.session.commit()
    own = f"/candidatures/suivi/{security.seal('candidature', candidature.id, candidature.generation)}"
    assert "Cuisine" not in client.get(own).text
    assert "Cuisine" not in client.get(f"/candidatures/deposer/{mission.id}").text


def test_an_acceptance_not_told_yet_is_no_clash_to_whoever_waits_for_it(as_, action, lea, zoe):
    first, second = (builders.candidature(builders.mission(action, titre=t), lea) for t in ("Cuisine", "Bar"))
    commands.decide(first, accepter, by=zoe)
    db.session.commit()
    assert "En même temps" not in as_(lea).get(link(second)).text


def test_accepting_it_takes_a_tick_and_the_answer_says_it(action, lea, held, zoe):
    candidature = builders.candidature(builders.mission(action, titre="Bar"), lea)
    with pytest.raises(commands.Clash):
        commands.decide(candidature, accepter, by=zoe)
    commands.decide(candidature, accepter, by=zoe, despite_clash=True)
    said = letter(candidature)
    for text in (said.texte, said.html):
        assert "tu tiens aussi au même moment" in text
        assert "Cuisine" in text


def test_without_a_clash_the_answer_says_nothing_of_it(action, lea, zoe):
    candidature = accepted(builders.candidature(builders.mission(action), lea))
    assert "au même moment" not in letter(candidature).texte


def letter(candidature: Candidature) -> messages.Letter:
    [found] = db.session.query(Message).filter_by(cle=candidature.answer_key)
    return messages.render(found.genre, found.faits)


# --- what it costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 3])
def test_the_pages_cost_the_same_for_one_clash_or_many(as_, action, lea, count_queries, n):
    mission = builders.mission(action)
    candidature = builders.candidature(mission, lea)
    for number in range(n):
        builders.hold(builders.mission(action, titre=f"Autre {number}"), lea)
    client, costs = as_(lea), []
    db.session.commit()
    for path in (link(candidature), f"/candidatures/deposer/{mission.id}", "/moi/"):
        db.session.expire_all()
        with count_queries() as asked:
            assert client.get(path).text.count("En même temps que") >= n
        costs.append(len(asked))
    assert costs == [4, 6, 5]  # the form reads how long it says that it keeps what is written, and whether it was sent before


def test_the_page_of_whoever_comes_costs_no_more_than_another(as_, candidature, count_queries):
    client = as_(candidature.personne)
    db.session.commit()
    with count_queries() as asked:
        client.get(link(candidature))
    assert len(asked) == 6
