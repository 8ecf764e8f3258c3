"""The team on the day: who may tap what, who is late, what is written to it, what is handed over, whom one calls."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock
from portal.comptes.commands import set_roles
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j.models import Entree, Genre
from portal.missions import commands as missions
from portal.missions.models import UNDO, Affectation, Nature
from portal.notifications import messages
from portal.notifications.genres import Outdated
from portal.outbox import Message
from portal.policy import can
from tests import builders
from tests.cells import fingerprint
from tests.jour_j.conftest import at, tap
from tests.jour_j.test_routes import fields, name_of, one, said_in, soup
from tests.jour_j.test_telephones import numbers


@pytest.fixture
def charge(saturday) -> Affectation:
    """Charlie's place, in charge of the sound from nine to six."""
    mission = builders.mission(saturday.action, nature=Nature.CHARGE_DE_MISSION, titre="Son et lumière", fin=at(18))
    return builders.hold(mission, builders.personne("Charlie Maillot", telephone="+262692333333"))


# --- who may tap what, over HTTP -----------------------------------------------------------------------------

RIGHTS = """
                        référent  bienveillant  chargé  volontaire  libéré  autre  admin
site ouvrir                  y         y          -         -         -       -      -
coche, an open line          y         y          -         -         -       -      -
coche, a line handed         y         y          y         y         -       -      -
coche, handed to another     y         y          -         -         -       -      -
presence, one's own          y         -          y         y         -       -      -
presence, of another         y         y          -         -         -       -      -
etape debut                  y         y          -         -         -       -      -
incident                     y         y          y         -         -       -      -
message                      y         y          -         -         -       -      -
confie                       y         y          -         -         -       -      -
annule, one's own            y         y          y         y         -       -      -
annule, of another           y         y          -         -         -       -      -
"""
WHO = ("référent", "bienveillant", "chargé", "volontaire", "libéré", "autre", "admin")
ROWS = {line[:24].strip(): line[24:].split() for line in RIGHTS.strip("\n").splitlines()[1:]}


def people(saturday, charge) -> dict[str, Personne]:
    freed = builders.personne("Ex Bénévole")
    missions.release(builders.hold(builders.mission(saturday.action, titre="Parking"), freed), motif="malade")
    return {
        "référent": saturday.awa, "bienveillant": saturday.zoe, "chargé": charge.personne, "volontaire": saturday.lea,
        "libéré": freed, "autre": builders.bienveillant("Max Autre"), "admin": builders.personne("Ada", [builders.ADMIN]),
    }  # fmt: skip


def own(saturday, personne) -> object:
    """The place of a person, or a stranger's guess."""
    held = next((a for a in saturday.day().team if a.personne_id == personne.id), None)
    return held.id if held else 10**6


def asked(saturday, personne, what: str) -> dict[str, str]:
    points, theirs = saturday.jour.points, own(saturday, personne)
    other = saturday.held_by(saturday.lea if personne is saturday.awa else saturday.awa).id
    if what.startswith("annule"):
        made = tap(Genre.PRESENCE, theirs if "own" in what else other, "arrive")
        saturday.send(made, by=personne if "own" in what and saturday.day().team else saturday.zoe)
        return fields("annule", made.uuid)
    if "handed" in what:
        to = other if "another" in what or theirs == 10**6 else theirs
        saturday.send(tap(Genre.CONFIE, points[0].id, str(to)), by=saturday.zoe)
    return {
        "site ouvrir": fields("site", "", "ouvrir", mot="Tout est vu."),
        "coche, an open line": fields("coche", points[0].id, "fait"),
        "coche, a line handed": fields("coche", points[0].id, "fait"),
        "coche, handed to another": fields("coche", points[0].id, "fait"),
        "presence, one's own": fields("presence", theirs, "arrive"),
        "presence, of another": fields("presence", other, "arrive"),
        "etape debut": fields("etape", saturday.steps[0].id, "debut"),
        "incident": fields("incident", mot="Verre cassé."),
        "message": fields("message", mot="Repas à midi."),
        "confie": fields("confie", points[0].id, str(other)),
    }[what]


@pytest.mark.parametrize("what", ROWS)
def test_each_taps_what_is_theirs_and_the_rest_changes_nothing(saturday, charge, as_, what):
    """Whoever runs the day taps it all, the others theirs, cell by cell: by a plain form, then by a phone's sending."""
    found = []
    for personne in people(saturday, charge).values():
        said = asked(saturday, personne, what)
        db.session.commit()
        client, before = as_(personne), fingerprint()
        status = client.post(f"{saturday.url}/entrees", data=said).status_code
        assert status == 303 or fingerprint() == before
        again = {
            "envoye_le": clock.now().timestamp(),
            "entrees": [said | {"uuid": str(uuid4()), "quand": clock.now().timestamp(), "compte": personne.id}],
        }
        [heard] = client.post(f"{saturday.url}/entrees", json=again).json["resultats"]
        assert (heard["statut"] == "reçue") == (status == 303), heard
        assert status == 303 or heard["motif"]
        found.append("y" if status == 303 else "-")
    assert dict(zip(WHO, found, strict=True)) == dict(zip(WHO, ROWS[what], strict=True))


def test_somebody_demoted_meanwhile_is_refused_tap_by_tap(saturday):
    """Awa's phone comes back on the network: the post of référent is somebody else's, and she helps at the door."""
    taps = [tap(Genre.COCHE, saturday.jour.points[0].id, "fait"), tap(Genre.INCIDENT, mot="Verre cassé.")]
    missions.release(saturday.held_by(saturday.awa), motif="relais")
    mine = builders.hold(builders.mission(saturday.action, titre="Porte"), saturday.awa)
    outcomes = saturday.send(*taps, tap(Genre.PRESENCE, mine.id, "arrive"))
    assert [o.statut for o in outcomes] == ["refusée", "refusée", "reçue"]
    assert "n’est pas, ou plus, le tien" in outcomes[0].refusal.sentence


def test_rights_are_asked_again_under_the_lock(app, saturday):
    """What the request had asked before it waited for the day is not what is now true."""
    with app.test_request_context(method="POST"):
        assert can(saturday.awa, "jour.agir", saturday.jour)
        missions.release(saturday.held_by(saturday.awa), motif="relais")
        assert can(saturday.awa, "jour.agir", saturday.jour)  # remembered
        assert saturday.send(tap(Genre.INCIDENT, mot="Verre cassé."))[0].refusal


def test_a_bienveillant_who_is_one_no_more_taps_nothing(saturday):
    set_roles(saturday.zoe, [], by=builders.personne("Ada", [builders.ADMIN]))
    [outcome] = saturday.send(tap(Genre.INCIDENT, mot="Verre cassé."), by=saturday.zoe)
    assert outcome.refusal


def test_a_line_taken_back_is_theirs_no_more_and_what_they_ticked_stays(saturday):
    line, place = saturday.jour.points[0].id, saturday.held_by(saturday.lea).id
    saturday.send(tap(Genre.CONFIE, line, str(place)))
    [done] = saturday.send(tap(Genre.COCHE, line, "fait"), by=saturday.lea)
    saturday.send(tap(Genre.CONFIE, line, ""))
    [undone] = saturday.send(tap(Genre.COCHE, line, "defait"), by=saturday.lea)
    assert (done.refusal, bool(undone.refusal)) == (None, True)
    assert str(line) in saturday.day().state.ticks


def test_a_line_handed_opens_no_other(saturday):
    first, second = saturday.jour.points[:2]
    saturday.send(tap(Genre.CONFIE, first.id, str(saturday.held_by(saturday.lea).id)))
    assert saturday.send(tap(Genre.COCHE, second.id, "fait"), by=saturday.lea)[0].refusal


def test_what_somebody_else_said_of_oneself_is_not_undone_but_answered(saturday):
    place = saturday.held_by(saturday.lea).id
    saturday.send(said := tap(Genre.PRESENCE, place, "absent"), by=saturday.zoe)
    undone, answered = saturday.send(tap(Genre.ANNULE, said.uuid), tap(Genre.PRESENCE, place, "arrive"), by=saturday.lea)
    assert (bool(undone.refusal), answered.refusal) == (True, None)
    assert saturday.day().state.presences[str(place)].valeur == "arrive"


@pytest.mark.parametrize(("cible", "valeur"), [("line", "999"), ("line", "x"), ("999", "place"), ("", "place")])
def test_only_a_line_of_the_day_is_handed_to_somebody_of_its_team(saturday, cible, valeur):
    known = {"line": str(saturday.jour.points[0].id), "place": str(saturday.held_by(saturday.lea).id)}
    [outcome] = saturday.send(tap(Genre.CONFIE, known.get(cible, cible), known.get(valeur, valeur)))
    assert outcome.refusal


# --- what each page shows ------------------------------------------------------------------------------------


def page_of(client, saturday) -> BeautifulSoup:
    return soup(client.get(saturday.url).text)


def genres(page: BeautifulSoup) -> set[str]:
    return {str(one(form, "[name=genre]")["value"]) for form in page.select("form[data-geste]")}


def test_the_page_shows_the_buttons_one_has_and_no_other(saturday, charge, as_):
    lea, charlie = page_of(as_(saturday.lea), saturday), page_of(as_(charge.personne), saturday)
    assert (genres(lea), genres(charlie)) == ({"presence"}, {"presence", "incident"})
    for page, place in ((lea, saturday.held_by(saturday.lea)), (charlie, charge)):
        assert {i["value"] for i in page.select("form[data-geste] [name=cible]")} - {""} == {str(place.id)}
        assert name_of(one(page, "#geste button")) == "Je suis là"
    assert "Faire l’appel" not in charlie.get_text()


def test_one_s_own_arrival_and_departure_without_javascript(saturday, as_):
    lea = as_(saturday.lea)
    for words in ("Je suis là", "Je pars"):
        form = one(page_of(lea, saturday), "#geste form")
        assert name_of(one(form, "button")) == words
        data = {str(i["name"]): str(i["value"]) for i in form.select("input")}
        assert lea.post(str(form["action"]), data=data).status_code == 303
    assert saturday.day().state.presences[str(saturday.held_by(saturday.lea).id)].valeur == "parti"


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (-3, "Tu pourras dire ici que tu es là demain à partir de 8 h 45."),
        (8.5, "à partir de 8 h 45."),
        (25.1, "Ta mission est finie."),
    ],
)
def test_outside_of_their_hours_the_bar_says_when(saturday, as_, hour, words):
    with clock.freeze(at(hour)):
        assert words in said_in(page_of(as_(saturday.lea), saturday), "#geste").replace("\u00a0", " ")


def test_what_was_handed_is_on_top_of_their_page_and_marked_on_the_line(saturday, as_):
    line = saturday.jour.points[0]
    saturday.send(tap(Genre.CONFIE, line.id, str(saturday.held_by(saturday.lea).id)))
    assert said_in(page_of(as_(saturday.awa), saturday), f"#point-{line.id} .point").endswith("Importante Confiée à Léa")
    lea = as_(saturday.lea)
    page = page_of(lea, saturday)
    assert [name_of(b).split(",")[0] for b in page.select("#moi button.point")] == ["Issues de secours déverrouillées"]
    assert len(page.select(f"#point-{line.id}")) == 1
    form = page.select("#moi form")[0]
    data = {str(i["name"]): str(i["value"]) for i in form.select("input")}
    assert lea.post(str(form["action"]), data=data).status_code == 303
    assert "Léa, 9 h" in said_in(page_of(as_(saturday.awa), saturday), f"#point-{line.id}").replace("\u00a0", " ")


def test_a_line_handed_to_somebody_who_left_is_nobody_s(saturday, as_):
    place = saturday.held_by(saturday.lea)
    saturday.send(tap(Genre.CONFIE, saturday.jour.points[0].id, str(place.id)))
    missions.release(place, motif="malade")
    assert "Confiée à" not in page_of(as_(saturday.awa), saturday).get_text()


def test_only_whoever_is_on_site_is_handed_a_line_by_the_page(saturday, as_):
    awa = as_(saturday.awa)
    assert page_of(awa, saturday).select("#confie-a") == []
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive"))
    assert [o.get_text() for o in page_of(awa, saturday).select("#confie-a option")][:-1] == ["Léa Grondin"]


def test_a_charge_has_the_number_of_the_referent_and_no_other(saturday, charge, as_):
    assert numbers(as_(charge.personne), saturday.url) == {"tel:+262692123456"}


# --- presences -----------------------------------------------------------------------------------------------


def team(client, saturday) -> list[str]:
    return [str(li.strong.get_text()) for li in page_of(client, saturday).select("#equipe .personnes > .presence")]


def test_the_late_stand_out_and_nobody_moves_under_the_thumb(saturday, charge, as_):
    awa = as_(saturday.awa)
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.awa).id, "arrive"))
    with clock.freeze(at(9) + timedelta(minutes=14)):
        assert team(awa, saturday) == ["Awa Payet", "Charlie Maillot", "Léa Grondin"]
        assert said_in(page_of(awa, saturday), "#equipe .chiffres") == "1 sur 3 sur place"
    with clock.freeze(at(9.25)):
        saturday.send(tap(Genre.PRESENCE, charge.id, "arrive"))
        page = page_of(awa, saturday)
        assert team(awa, saturday) == ["Awa Payet", "Charlie Maillot", "Léa Grondin"]
        assert said_in(page, "#equipe .chiffres") == "2 sur 3 sur place , 1 en retard"
        assert [str(m.find_parent("li").strong.get_text()) for m in page.select("[data-retard]:not([hidden])")] == [
            "Léa Grondin"
        ]


@pytest.mark.parametrize("valeur", ["arrive", "parti", "absent"])
def test_whoever_is_said_to_be_somewhere_is_late_no_more(saturday, as_, valeur):
    with clock.freeze(at(9.5)):
        saturday.send(*(tap(Genre.PRESENCE, a.id, valeur) for a in saturday.day().team))
        assert "en retard" not in page_of(as_(saturday.awa), saturday).get_text().lower()


def test_somebody_on_site_on_another_post_is_not_late(saturday, as_):
    builders.hold(builders.mission(saturday.action, titre="Cuisine", debut=at(10), fin=at(12)), saturday.lea)
    saturday.send(*(tap(Genre.PRESENCE, saturday.held_by(p).id, "arrive") for p in (saturday.awa, saturday.lea)))
    with clock.freeze(at(10.5)):
        assert page_of(as_(saturday.awa), saturday).select("[data-retard]") == []


def test_nobody_is_late_once_the_mission_is_over_or_the_site_closed(saturday, as_):
    awa, late = as_(saturday.awa), "[data-retard]:not([hidden])"
    with clock.freeze(at(24)):
        assert [li.get_text() for li in page_of(awa, saturday).select(late)] == [" En retard"]  # Awa’s own post ended before
        saturday.open("Vu.")
        saturday.close("fini")
        assert page_of(awa, saturday).select("[data-retard]") == []


def test_the_roll_starts_from_those_on_site_and_adds_those_who_may_be(saturday, charge, as_):
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive"), tap(Genre.PRESENCE, charge.id, "parti"))
    page = page_of(as_(saturday.awa), saturday)
    called = [[str(b.find(string=True)) for b in ul.select("button")] for ul in page.select("#appel ul")]
    assert called == [["Léa Grondin"], ["Awa Payet"]]
    assert said_in(page, "#appel summary") == "Faire l’appel 1 sur place"
    assert one(page, '#incident a[href="#appel"]')


# --- writing to the team -------------------------------------------------------------------------------------


def mailed(outbox) -> set[tuple[str, str]]:
    return {(m.adresse, m.faits["entree"]) for m in outbox() if m.genre == "message_equipe"}


@pytest.mark.both
def test_a_message_is_mailed_once_to_whoever_has_a_place(saturday, charge, outbox):
    told = tap(Genre.MESSAGE, mot="Le repas est à midi.")
    for _ in range(2):
        saturday.send(told)
    assert mailed(outbox) == {(p.email, told.uuid) for p in (charge.personne, saturday.lea)}
    assert {m.du_le - clock.now() for m in outbox()} == {UNDO}


def test_a_message_to_a_mission_is_for_its_people(saturday, charge, as_, outbox):
    saturday.send(told := tap(Genre.MESSAGE, charge.mission_id, mot="Balance à neuf heures."))
    assert mailed(outbox) == {(charge.personne.email, told.uuid)}
    for personne, reads in ((charge.personne, True), (saturday.awa, True), (saturday.zoe, True), (saturday.lea, False)):
        assert ("Balance à neuf heures." in said_or_nothing(page_of(as_(personne), saturday))) == reads
    assert (
        said_in(page_of(as_(charge.personne), saturday), "#messages") == "9 h , Awa, pour Son et lumière Balance à neuf heures."
    )


def said_or_nothing(page: BeautifulSoup) -> str:
    return said_in(page, "#messages")


def test_nobody_who_left_or_was_not_told_is_written_to(saturday, charge, outbox):
    missions.release(saturday.held_by(saturday.lea), motif="malade")
    charge.connue_le = clock.now() + timedelta(minutes=2)
    saturday.send(tap(Genre.MESSAGE, mot="Le repas est à midi."))
    assert mailed(outbox) == set()


def leaves(message: Message) -> bool:
    try:
        return "Le repas est à midi." in messages.render(message.genre, message.faits).texte
    except Outdated:
        return False


@pytest.mark.parametrize("what", ["nothing", "undone", "undone first", "freed", "over"])
def test_it_leaves_unless_it_was_taken_back_or_concerns_them_no_more(saturday, outbox, what):
    told = tap(Genre.MESSAGE, mot="Le repas est à midi.")
    undo = tap(Genre.ANNULE, told.uuid)
    saturday.send(*((undo, told) if what == "undone first" else (told,)))
    if what == "undone":
        saturday.send(undo)
    if what == "freed":
        missions.release(saturday.held_by(saturday.lea), motif="malade")
    with clock.freeze(at(40) if what == "over" else at(9.1)):
        assert [leaves(m) for m in outbox()] == ([] if what == "undone first" else [what == "nothing"])


def test_taken_back_it_leaves_the_pages(saturday, as_):
    saturday.send(told := tap(Genre.MESSAGE, mot="Le repas est à midi."))
    lea = as_(saturday.lea)
    assert one(page_of(lea, saturday), "#messages:not([hidden])")
    saturday.send(tap(Genre.ANNULE, told.uuid))
    assert one(page_of(lea, saturday), "#messages[hidden]").get_text(strip=True) == ""


@pytest.mark.parametrize(("mot", "cible"), [("", ""), ("x" * 2001, ""), ("Bonjour", "999"), ("Bonjour", "x")])
def test_a_message_wants_words_and_a_mission_of_the_day(saturday, as_, outbox, mot, cible):
    answer = as_(saturday.awa).post(f"{saturday.url}/entrees", data=fields("message", cible, mot=mot))
    assert answer.status_code == 422
    assert db.session.scalars(select(Entree)).all() == outbox() == []
    if len(mot) > 10:
        assert said_in(soup(answer.text), "#mot-message") == mot


def test_the_latest_message_is_on_top_and_old_ones_are_folded(saturday, as_):
    for n in range(4):
        saturday.send(tap(Genre.MESSAGE, mot=f"Message {n}"))
    page = page_of(as_(saturday.lea), saturday)
    assert [m.get_text() for m in page.select("#messages .mot")] == ["Message 3", "Message 2", "Message 1", "Message 0"]
    assert len(page.select("#messages details .mot")) == 3


def test_the_journal_says_to_whom(saturday, charge, as_):
    line = saturday.jour.points[0]
    saturday.send(
        tap(Genre.CONFIE, line.id, str(charge.id)), tap(Genre.MESSAGE, charge.mission_id, mot="Balance à neuf heures.")
    )
    said = [
        li.p.get_text(" ", strip=True).replace("\u00a0", " ")
        for li in page_of(as_(saturday.awa), saturday).select("#journal li")
    ]
    assert said == ["9 h Message : Son et lumière", f"9 h Confiée à Charlie : {line.texte}"]


def test_the_journal_of_the_action_knows_of_it_without_its_words(saturday, as_):
    saturday.send(tap(Genre.MESSAGE, mot="Le repas est à midi."))
    text = as_(saturday.zoe).get(f"/actions/{saturday.action.id}/journal").text
    assert "essage envoyé à l’équipe" in text
    assert "Le repas est à midi." not in text


def test_whose_mission_was_days_before_reads_the_day(saturday, as_):
    with clock.freeze(at(10 - 48)):
        early = builders.mission(saturday.action, titre="Montage", debut=at(9 - 48), fin=at(12 - 48))
        paul = builders.personne("Paul Maillot")
        builders.hold(early, paul)
        db.session.commit()
        assert as_(paul).get(saturday.url).status_code == 200
