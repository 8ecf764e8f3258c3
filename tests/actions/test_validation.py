"""The tab of the validation and the view for a meeting: who acts there, what they show and to whom, what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock
from portal.actions import commands, interpole
from portal.actions.deliberation import Avis, Decision, Ou, Sens
from portal.actions.models import Action, Etat, reading
from portal.db import db
from portal.filters import date_longue
from portal.journal import EntreeJournal
from portal.poles.models import Genre
from portal.poles.queries import poles_of
from tests import builders
from tests.builders import against, favorable

WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")
FAVORABLE = {"technique": "favorable", "ethique": "favorable", "organisationnelle": "favorable"}
MEETING = {
    "favorable": "favorable",
    "ou": "reunion",
    "le": clock.today().isoformat(),
    "presents": "Tous",
    "compte_rendu": "Oui.",
}
# PM belongs to the pôle that is asked, and that gives its opinion.
WRITES = {
    # what is sent             in which state    AN   VO   RF   BA   BO   PM   TR   AD
    "proposer":               ("sollicitee",    (303, 403, 403, 303, 403, 403, 403, 303)),
    "prendre_en_charge":      ("proposee",      (303, 404, 403, 403, 403, 303, 403, 303)),
    "passer":                 ("proposee",      (303, 404, 403, 403, 403, 303, 403, 303)),
    "avis":                   ("en_validation", (303, 404, 404, 403, 403, 303, 403, 403)),
    "valider":                ("en_validation", (303, 403, 403, 403, 303, 303, 403, 303)),
    "decision":               ("en_validation", (303, 403, 403, 403, 303, 303, 403, 303)),
}  # fmt: skip


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin", "Sport", "Communs")


@pytest.fixture
def action(zoe, house):
    return builders.in_validation(zoe, house["Culture"])


def tab(client, action):
    return BeautifulSoup(client.get(f"/actions/{action.id}/validation").text, "html5lib").main


def words(node) -> str:
    return " ".join(node.get_text(" ").replace("\u00a0", " ").split())


def everything() -> tuple[object, ...]:
    """What a refused request must leave as it was."""
    db.session.expire_all()
    rows = [tuple(db.session.execute(select(t.__table__).order_by(t.__table__.c.id))) for t in (Action, Avis, Decision)]
    return (*rows, db.session.scalar(select(func.count(EntreeJournal.id))))


# --- who ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "who"), [(slug, who) for slug in WRITES for who in WHO])
def test_who_may_act(client, as_, slug, who):
    etat, statuses = WRITES[slug]
    around = builders.cast(builders.action(builders.bienveillant()))
    jardin = builders.Voice(poles_of(around["PM"])[0], around["PM"])
    action = _in(etat, around["BA"], jardin)
    builders.hold(builders.referent_mission(action, published=False), around["RF"])
    if slug == "valider":
        for nom in ("A", "B"):
            builders.opinion(action, builders.interpole(nom)[nom], favorable())
        builders.opinion(action, jardin, favorable())
    path = f"avis/{jardin.pole.id}" if slug == "avis" else slug
    fields = {"pole": str(jardin.pole.id)} if slug == "proposer" else {}
    fields |= {"motif": "Pas pour nous."} | FAVORABLE | (MEETING if slug == "decision" else {})
    visitor = as_(around[who]) if around[who] else client
    before = everything()
    status = statuses[WHO.index(who)]
    assert visitor.post(f"/actions/{action.id}/{path}", data=fields).status_code == status
    assert (everything() == before) == (status != 303 or who == "AN")


def _in(etat: str, by, voice):
    if etat == "sollicitee":
        return builders.action(by, confirmed=False, titre="Autre")
    return builders.proposed(by, voice.pole) if etat == "proposee" else builders.in_validation(by, voice)


def test_a_plain_post_moves_none_of_it(as_, action, house):
    """The transitions of the tab have fields and a decision: the others' route does not take them."""
    culture = as_(house["Culture"].member)
    assert culture.post(f"/actions/{action.id}/valider").status_code == 409
    assert db.session.scalars(select(Decision)).all() == []
    assert "Valider" not in culture.get(f"/actions/{action.id}").text


# --- finding a pôle --------------------------------------------------------------------------------------------


def test_the_bienveillant_sees_whom_the_theme_suggests_and_proposes(as_, zoe, house):
    house["Sport"].pole.description = "Moringue, marche, vélo."
    action = builders.action(zoe, confirmed=False, titre="Une marche jusqu’au lagon")
    page = tab(as_(zoe), action)
    assert "Le thème fait penser au pôle Sport : marche." in words(page)
    assert page.select_one("#pole option[selected]").text == "Sport"
    as_(zoe).post(f"/actions/{action.id}/proposer", data={"pole": str(house["Sport"].pole.id)})
    db.session.expire_all()
    assert (action.etat, action.pole_porteur.nom) == (Etat.PROPOSEE, "Sport")


def test_a_pole_that_passed_it_on_is_not_suggested_again(as_, zoe, house):
    action = builders.proposed(zoe, house["Jardin"].pole, titre="Dans le jardin, une conférence")
    interpole.pass_on(action, by=house["Jardin"].member, motif="C’est une conférence.")
    page = tab(as_(zoe), action)
    assert "Le thème fait penser" not in words(page)
    assert "Jardin" in [o.text for o in page.select("#pole option")]


def test_only_poles_with_somebody_in_them_are_offered(as_, zoe, house):
    builders.pole("Désert")
    builders.pole("Cuisine", Genre.GROUPE, [zoe])
    page = tab(as_(zoe), builders.action(zoe, confirmed=False))
    assert [o.text for o in page.select("#pole option")] == ["Choisis un pôle", "Communs", "Culture", "Jardin", "Sport"]


@pytest.mark.parametrize("pole", ["", "9999", "abc", "-1"])
def test_a_pole_that_is_none_is_refused(as_, zoe, house, pole):
    action = builders.action(zoe, confirmed=False)
    answer = as_(zoe).post(f"/actions/{action.id}/proposer", data={"pole": pole})
    assert answer.status_code == 422
    assert "Choisis un pôle." in answer.text


def test_a_member_of_the_pole_takes_it_in_one_gesture(as_, zoe, house):
    action = builders.proposed(zoe, house["Jardin"].pole)
    member = as_(house["Jardin"].member)
    form = tab(member, action).select_one("form.une-action")
    assert words(form) == "Le pôle Jardin la porte"
    assert member.post(form["action"]).location == f"/actions/{action.id}/validation"
    db.session.expire_all()
    assert action.etat is Etat.EN_VALIDATION
    assert tab(as_(house["Sport"].member), action).select_one("form.une-action")


def test_passing_on_without_a_reason_gives_every_word_back(as_, zoe, house):
    action = builders.proposed(zoe, house["Jardin"].pole)
    fields = {"motif": " ", "pole": str(house["Sport"].pole.id)}
    answer = as_(house["Jardin"].member).post(f"/actions/{action.id}/passer", data=fields)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html5lib")
    assert page.select_one("#passer-a option[selected]").text == "Sport"
    assert "pourquoi le pôle ne la porte pas" in page.select_one("#motif-erreur").get_text()


# --- the opinions ----------------------------------------------------------------------------------------------


def test_nobody_reads_the_others_before_their_own_pole_has_spoken(as_, action, house):
    builders.opinion(action, house["Sport"], against("ethique", "Trop de publicité."))
    silent = tab(as_(house["Jardin"].member), action)
    assert "Trop de publicité." not in words(silent)
    assert "Défavorable" not in words(silent.select_one(".voix"))
    assert "1 avis sur 4, il en faut 3" in words(silent)
    builders.opinion(action, house["Jardin"], favorable())
    assert "Trop de publicité." in words(tab(as_(house["Jardin"].member), action))


def test_the_bienveillant_and_the_admins_read_them_always_whatever_their_pole(as_, action, house, zoe):
    builders.opinion(action, house["Sport"], against("ethique", "Trop de publicité."))
    ada = builders.personne("Ada", [builders.ADMIN])
    for reader in (zoe, ada):
        builders.join(reader, house["Jardin"].pole)
        assert "Trop de publicité." in words(tab(as_(reader), action))


def test_who_has_no_voice_in_it_reads_them_too(as_, action, house):
    builders.opinion(action, house["Sport"], against("ethique", "Trop de publicité."))
    cook = builders.personne("Ginette")
    builders.pole("Cuisine", Genre.GROUPE, [cook])
    for reader in (cook, builders.bienveillant("Bruno")):
        assert "Trop de publicité." in words(tab(as_(reader), action))


def test_the_meeting_hides_as_much(as_, action, house):
    builders.opinion(action, house["Sport"], against("ethique", "Trop de publicité."))
    assert "Trop de publicité." not in as_(house["Jardin"].member).get("/actions/reunion").text
    assert "Trop de publicité." in as_(house["Sport"].member).get("/actions/reunion").text


def test_an_opinion_is_given_in_one_gesture(as_, action, house):
    member = as_(house["Sport"].member)
    form = tab(member, action).select_one("#avis form.une-action")
    fields = {i["name"]: i["value"] for i in form.select("input[type=hidden]") if i["name"] != "csrf_token"}
    assert member.post(form["action"], data=fields).status_code == 303
    [row] = db.session.scalars(select(Avis))
    assert (row.pole.nom, row.sens, row.personne) == ("Sport", Sens.FAVORABLE, house["Sport"].member)


def test_a_doubt_without_words_gives_the_form_back_whole(as_, action, house):
    sport = house["Sport"]
    fields = FAVORABLE | {"ethique": "defavorable", "technique": "reserve", "mot_technique": "Une sono à louer"}
    answer = as_(sport.member).post(f"/actions/{action.id}/avis/{sport.pole.id}", data=fields)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html5lib")
    assert page.select_one(f"#mot_technique-{sport.pole.id}").get_text().strip() == "Une sono à louer"
    assert [r["value"] for r in page.select("input[type=radio][checked]") if r["name"] in FAVORABLE] == [
        "reserve",
        "defavorable",
        "favorable",
    ]
    assert "Éthique : écris en quelques mots" in words(page.select_one(".resume-erreurs"))
    assert db.session.scalars(select(Avis)).all() == []


@pytest.mark.parametrize("wrong", [{"technique": "parfait"}, {"technique": ""}, {"ethique": "x" * 300}])
def test_an_opinion_that_is_none_is_refused(as_, action, house, wrong):
    sport = house["Sport"]
    answer = as_(sport.member).post(f"/actions/{action.id}/avis/{sport.pole.id}", data=FAVORABLE | wrong)
    assert answer.status_code == 422
    assert db.session.scalars(select(Avis)).all() == []


def test_somebody_of_two_poles_has_a_form_for_each(as_, action, house):
    both = house["Sport"].member
    builders.join(both, house["Jardin"].pole)
    builders.opinion(action, house["Sport"], against("ethique"))
    forms = tab(as_(both), action).select("form.bulletin")
    assert [form["action"].rpartition("/")[2] for form in forms] == [str(house[n].pole.id) for n in ("Jardin", "Sport")]
    assert [r["value"] for r in forms[1].select("[name=ethique][checked]")] == ["defavorable"]


@pytest.mark.parametrize(
    ("who", "pole", "status", "sentence"),
    [
        ("Jardin", "Sport", 403, "L’avis d’un pôle est donné par ses membres"),
        ("Ginette", "Cuisine", 409, "seuls les pôles qui ont au moins un membre"),
    ],
)
def test_speaking_for_others_is_refused_in_plain_words(as_, action, house, who, pole, status, sentence):
    cook = builders.personne("Ginette")
    house = house | {"Cuisine": builders.Voice(builders.pole("Cuisine", Genre.GROUPE, [cook]), cook), "Ginette": (None, cook)}
    before = everything()
    answer = as_(house[who][1]).post(f"/actions/{action.id}/avis/{house[pole][0].id}", data=FAVORABLE)
    assert answer.status_code == status
    assert sentence in answer.text
    assert everything() == before


def test_after_the_close_an_opinion_is_refused_and_its_words_come_back(as_, action, house):
    interpole.decide(action, by=house["Sport"].member, ou=Ou.REUNION, le=clock.today(), favorable=True, compte_rendu="Oui")
    before = everything()
    said = FAVORABLE | {"ethique": "reserve", "mot_ethique": "J’avais un doute."}
    answer = as_(house["Jardin"].member).post(f"/actions/{action.id}/avis/{house['Jardin'].pole.id}", data=said)
    assert answer.status_code == 409
    assert "les avis ne se donnent ni ne changent" in answer.text
    assert "J’avais un doute." in answer.text
    assert everything() == before


def test_an_opinion_of_before_the_sheet_changed_says_so(as_, action, house, zoe):
    builders.opinion(action, house["Sport"], favorable())
    assert "modifiée depuis" not in words(tab(as_(zoe), action))
    with clock.freeze(clock.now() + timedelta(hours=1)):
        commands.edit(action, by=zoe, read=reading(action.sheet), demandeur={}, titre="Autre chose")
    assert "la fiche a été modifiée depuis" in words(tab(as_(zoe), action))


# --- the decision ----------------------------------------------------------------------------------------------


def test_closing_too_early_says_what_is_missing(as_, action, house):
    builders.opinion(action, house["Sport"], favorable())
    answer = as_(house["Sport"].member).post(f"/actions/{action.id}/valider")
    assert answer.status_code == 409
    assert "Il manque 2 avis" in answer.text.replace("\u00a0", " ")


def test_the_button_to_close_is_there_when_it_would_pass(as_, action, house):
    bruno = as_(builders.bienveillant("Bruno"))
    for name in ("Sport", "Jardin", "Culture"):
        assert "Clore" not in words(tab(bruno, action))
        builders.opinion(action, house[name], favorable())
    form = tab(bruno, action).select_one("#decider form.une-action")
    assert bruno.post(form["action"]).status_code == 303
    assert "Favorable En ligne" in words(tab(bruno, action).select_one("#decision"))


def test_whoever_sets_it_up_is_told_that_another_closes_it(as_, action, zoe):
    page = tab(as_(zoe), action)
    assert "quelqu’un d’autre clôt sa validation" in words(page)
    assert not page.select_one("#decider form")


@pytest.mark.parametrize(
    ("wrong", "field", "advice"),
    [
        ({"favorable": ""}, "favorable", "Choisis la décision"),
        ({"le": ""}, "le", "Écris la date"),
        ({"le": "2099-01-01"}, "le", "à venir"),
        ({"presents": " "}, "presents", "qui était à la réunion"),
        ({"compte_rendu": ""}, "compte_rendu", "ce qui a été décidé"),
        ({"ou": "en_ligne"}, "ou", ""),
        ({"compte_rendu": "x" * 5001}, "compte_rendu", "trop long"),
    ],
)
def test_a_decision_is_told_whole(as_, action, house, wrong, field, advice):
    answer = as_(house["Sport"].member).post(f"/actions/{action.id}/decision", data=MEETING | wrong)
    assert answer.status_code == 422
    error = BeautifulSoup(answer.text, "html5lib").select_one(f"#{field}-erreur")
    assert advice in error.get_text().replace("\u00a0", " ")
    assert db.session.scalars(select(Decision)).all() == []


def test_on_the_channel_nobody_is_present(as_, action, house):
    fields = MEETING | {"ou": "rocketchat", "presents": "", "favorable": "defavorable", "compte_rendu": "Trop de bruit."}
    assert as_(house["Sport"].member).post(f"/actions/{action.id}/decision", data=fields).status_code == 303
    db.session.expire_all()
    assert action.etat is Etat.REFUSEE
    today = date_longue(clock.today()).replace("\u00a0", " ")
    shown = words(tab(as_(house["Sport"].member), action).select_one("#decision"))
    assert shown.startswith(f"La décision Défavorable Sur Rocket.Chat, {today} Trop de bruit. Notée par Membre de Sport")


def test_its_messages_are_read_before(as_, action, house, outbox):
    before = len(outbox())
    fields = MEETING | {"favorable": "defavorable", "compte_rendu": "Trop de bruit.", "apercu": "1"}
    answer = as_(house["Sport"].member).post(f"/actions/{action.id}/decision", data=fields)
    assert (answer.status_code, "Trop de bruit." in answer.text) == (200, True)
    db.session.expire_all()
    assert (action.etat, len(outbox())) == (Etat.EN_VALIDATION, before)


# --- in a meeting ----------------------------------------------------------------------------------------------


def test_a_meeting_looks_at_one_action_after_the_other_soonest_first(as_, zoe, house):
    titles = ("Troisième", "Première", "Deuxième")
    rows = [
        builders.in_validation(zoe, house["Culture"], titre=titre, debut=builders.in_days(d), fin=builders.in_days(d, 18))
        for titre, d in zip(titles, (30, 10, 20), strict=True)
    ]
    visitor = as_(house["Sport"].member)
    seen, following = [], ["/actions/reunion"]
    while following:
        page = BeautifulSoup(visitor.get(following[0]).text, "html5lib")
        seen.append(page.select("h1")[0].get_text())
        following = [str(a["href"]) for a in page.select("a[rel=next]")]
    assert seen == ["Première", "Deuxième", "Troisième"]
    assert rows[2].id
    answer = visitor.post(f"/actions/{rows[2].id}/decision?reunion=1", data=MEETING)
    assert answer.location == f"/actions/reunion?action={rows[0].id}"
    assert visitor.post(f"/actions/{rows[0].id}/decision?reunion=1", data=MEETING).location == "/actions/reunion"
    assert "Action 1 sur 1" in visitor.get("/actions/reunion").text


@pytest.mark.parametrize("id", ["9" * 30, "0", "-1", "une"])
def test_it_begins_with_the_first_when_no_such_action_is_asked_for(as_, action, zoe, id):
    answer = as_(zoe).get(f"/actions/reunion?action={id}")
    assert answer.status_code == 200
    assert "Action 1 sur 1" in answer.text


def test_a_wrong_decision_stays_in_the_meeting(as_, action, house):
    answer = as_(house["Sport"].member).post(f"/actions/{action.id}/decision?reunion=1", data=MEETING | {"presents": ""})
    page = BeautifulSoup(answer.text, "html5lib")
    assert (answer.status_code, bool(page.select_one(".reunion"))) == (422, True)
    assert page.select_one("#compte_rendu").get_text().strip() == "Oui."


def test_an_empty_meeting_says_what_will_come(as_, house):
    for asked in ("", "?action=12", "?action=abc"):
        assert "Aucune action n’attend" in as_(house["Sport"].member).get(f"/actions/reunion{asked}").text


# --- the pôle's page -------------------------------------------------------------------------------------------


def test_the_page_of_the_poles_shows_what_awaits_its_reader(as_, action, house, zoe):
    builders.proposed(zoe, house["Sport"].pole, titre="Un tournoi")
    page = BeautifulSoup(as_(house["Sport"].member).get("/poles/").text, "html5lib").main
    assert [words(h) for h in page.select("h2")][:2] == ["À porter", "Avis à donner"]
    assert [words(a.strong) for a in page.select(".rangees a")] == ["Un tournoi", action.titre]
    assert "Avis à donner" not in as_(zoe).get("/poles/").text


# --- budgets ---------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_screens_cost_the_same_whatever_is_said(as_, zoe, house, count_queries):
    action = builders.in_validation(zoe, house["Culture"])
    reader = as_(house["Sport"].member)
    proposed = builders.proposed(zoe, house["Sport"].pole)
    pages = (f"/actions/{action.id}/validation", f"/actions/{proposed.id}/validation", "/actions/reunion", "/poles/")

    def cost() -> list[int]:
        counts = []
        for page in pages:
            with count_queries() as asked:
                assert reader.get(page).status_code == 200
            counts.append(len(asked))
        return counts

    builders.opinion(action, house["Sport"], favorable())
    one = cost()
    for name in ("Culture", "Jardin", "Communs"):
        builders.opinion(action, house[name], against("technique"))
        builders.in_validation(zoe, house["Culture"])
        builders.proposed(zoe, house["Sport"].pole)
    assert one == cost() == [8, 7, 6, 6]
