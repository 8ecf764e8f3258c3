"""/besoins/: the tab of an action, a groupe's own page, the calendar of spaces."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock
from portal.actions.models import reading
from portal.besoins import commands, queries
from portal.besoins.models import Besoin, Etat, confirmer, refuser
from portal.db import db
from portal.poles.models import Ressource
from tests import builders


def main(page):
    return BeautifulSoup(page.text, "html5lib").main


def words(node) -> str:
    return " ".join(node.get_text(" ").split())


def card(page, besoin) -> str:
    return words(main(page).find(id=f"besoin-{besoin.id}"))


@pytest.fixture
def action(house):
    return house.action()


@pytest.fixture
def tab(action) -> str:
    return f"/besoins/action/{action.id}"


@pytest.fixture
def zoe(house, as_):
    return as_(house.zoe)


@pytest.fixture
def gina(house, as_):
    return as_(house.gina)


@pytest.fixture
def rita(house, as_):
    """Neither of a pôle, nor who sets anything up."""
    return as_(builders.personne("Rita Payet", [builders.TRESORIER]))


@pytest.fixture
def slot(action):
    return {n: clock.local(getattr(action, n)).strftime("%Y-%m-%dT%H:%M") for n in ("debut", "fin")}


def only() -> Besoin:
    db.session.expire_all()
    (besoin,) = db.session.query(Besoin).all()
    return besoin


# --- the bienveillant ----------------------------------------------------------------------------------------


def test_an_empty_tab_says_how_to_begin(zoe, tab):
    page = main(zoe.get(tab))
    assert "Aucun besoin pour l’instant" in words(page)
    assert {a["href"].partition("=")[2] for a in page.select("#ajouter a[href*=ressource]")} == {r.value for r in Ressource}


@pytest.mark.parametrize(
    ("ressource", "sent", "titre", "quantite"),
    [
        ("espace", {"espace_id": "{case}"}, "La case", 1),
        ("materiel", {"materiel_id": "{chairs}", "quantite": "40"}, "Chaises", 40),
        ("humain", {"titre": "Deux bras", "quantite": "2"}, "Deux bras", 2),
        ("consommable", {"titre": "Repas", "quantite": "60", "unite": "repas"}, "Repas", 60),
    ],
)
def test_each_kind_is_drafted_then_asked(house, zoe, action, tab, slot, ressource, sent, titre, quantite):
    ids = {"case": house.case.id, "chairs": house.chairs.id}
    form = main(zoe.get(f"/besoins/nouveau/{action.id}?ressource={ressource}"))
    assert form.find(id="debut")["value"] == slot["debut"]
    data = {**slot, "ressource": ressource, "cle": "c", **{name: value.format(**ids) for name, value in sent.items()}}
    data["pole_id"] = house.groupe.id
    answer = zoe.post(f"/besoins/nouveau/{action.id}", data=data)
    besoin = only()
    assert (answer.status_code, answer.location) == (303, f"{tab}#besoin-{besoin.id}")
    assert (besoin.ressource, besoin.titre, besoin.quantite, besoin.etat) == (ressource, titre, quantite, Etat.BROUILLON)
    assert "Brouillon" in card(zoe.get(tab), besoin)
    assert zoe.post(f"/besoins/{besoin.id}/demander").status_code == 303
    assert "À confirmer" in card(zoe.get(tab), besoin)


def test_one_tap_saves_and_asks_or_gives_every_word_back(house, zoe, action, slot):
    data = {**slot, "ressource": "humain", "titre": "Deux bras", "quantite": "2", "mot": "Dès 8 h", "suite": "demander"}
    page = zoe.post(f"/besoins/nouveau/{action.id}", data=data)
    assert page.status_code == 422
    assert "Choisis le pôle ou le groupe" in words(main(page).find(id="pole_id-erreur"))
    assert main(page).find(id="pole_id")["aria-invalid"] == "true"
    assert main(page).find(id="titre")["value"] == "Deux bras"
    assert words(main(page).find(id="mot")) == "Dès 8 h"
    assert db.session.query(Besoin).count() == 0
    assert zoe.post(f"/besoins/nouveau/{action.id}", data=data | {"pole_id": house.groupe.id}).status_code == 303
    assert only().etat is Etat.A_CONFIRMER


@pytest.mark.parametrize(
    ("ressource", "option", "hint"),
    [
        ("espace", "Celui d’habitude, s’il y en a un", "D’habitude : qui le prête ou le propose."),
        ("materiel", "Celui d’habitude, s’il y en a un", "D’habitude : qui le prête ou le propose."),
        ("humain", "À décider", "À choisir avant de demander."),
        ("consommable", "À décider", "À choisir avant de demander."),
    ],
)
def test_without_a_pole_it_goes_to_the_usual_one_or_waits_for_a_choice(zoe, action, ressource, option, hint):
    form = main(zoe.get(f"/besoins/nouveau/{action.id}?ressource={ressource}"))
    assert words(form.select_one("#pole_id option[value='']")) == option
    assert words(form.find(id="pole_id-aide")) == hint


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"quantite": "0"}, "entre 1 et"),
        ({"quantite": ""}, "combien il en faut"),
        ({"titre": ""}, "Écris ce qu’il faut"),
        ({"debut": "", "fin": ""}, "le jour et l’heure"),
        ({"fin": "{debut}"}, "La fin doit venir après"),
        ({"debut": "2020-01-01T09:00", "fin": "2020-01-01T10:00"}, "tombe un autre jour"),
        ({"fin": "2099-01-01T09:00"}, "plus de 14 jours"),
        ({"fin": "{long}"}, "trop longtemps après elle"),
        ({"pole_id": "999"}, "pas un choix valide"),
        ({"pole_id": "x"}, ""),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(zoe, action, slot, changed, sentence):
    data = {**slot, "ressource": "humain", "titre": "Deux bras", "quantite": "2", **changed}
    late = f"{clock.local(action.fin) + timedelta(days=1, minutes=1):%Y-%m-%dT%H:%M}"
    data = {name: value.format(**slot, long=late) for name, value in data.items()}
    page = zoe.post(f"/besoins/nouveau/{action.id}", data=data)
    assert page.status_code == 422
    assert sentence in words(main(page).select_one(".resume-erreurs"))
    assert db.session.query(Besoin).count() == 0


def test_a_night_past_midnight_is_one_slot(house, zoe, as_):
    night = house.action("Kabar", debut=builders.in_days(9, 20), fin=builders.in_days(10, 2))
    besoin = builders.besoin(night, house.groupe, house.case)
    as_(house.gina).post(f"/besoins/{besoin.id}/confirmer")
    db.session.expire_all()
    assert besoin.etat is Etat.CONFIRME
    assert "20 h à 2 h" in card(zoe.get(f"/besoins/action/{night.id}"), besoin).replace("\u00a0", " ")


def test_a_space_is_wanted_or_nothing(zoe, action, slot):
    page = zoe.post(f"/besoins/nouveau/{action.id}", data={**slot, "ressource": "espace"})
    assert "Choisis l’espace qu’il faut" in words(main(page))


def test_a_need_is_corrected_and_a_second_hand_loses_nothing(house, zoe, action, tab, slot):
    besoin = builders.besoin(action, house.groupe, asked=False)
    form = main(zoe.get(f"/besoins/{besoin.id}/modifier"))
    read = form.find("input", attrs={"name": "lu"})["value"]
    data = {**slot, "titre": "Trois bras", "quantite": "3", "pole_id": house.groupe.id, "mot": "", "lu": read}
    assert zoe.post(f"/besoins/{besoin.id}/modifier", data=data).location == f"{tab}#besoin-{besoin.id}"
    late = zoe.post(f"/besoins/{besoin.id}/modifier", data=data | {"titre": "Quatre bras"})
    assert late.status_code == 409
    assert main(late).find(id="titre")["value"] == "Quatre bras"
    assert "Trois bras" in words(main(late))
    assert only().titre == "Trois bras"


def test_all_the_drafts_are_asked_at_once(house, zoe, action, tab):
    ready = [builders.besoin(action, house.groupe, asked=False) for _ in range(2)]
    alone = builders.besoin(action, house.groupe, asked=False, pole_id=None)
    assert "Demander les 3 brouillons" in words(main(zoe.get(tab)).parent)
    assert zoe.post(f"{tab}/demander").status_code == 303
    db.session.expire_all()
    assert [b.etat for b in (*ready, alone)] == [Etat.A_CONFIRMER, Etat.A_CONFIRMER, Etat.BROUILLON]
    again = zoe.post(f"{tab}/demander")
    assert again.status_code == 422
    assert "Choisis le pôle ou le groupe" in card(again, alone)


def test_what_a_pole_promised_is_taken_back_then_removed(house, zoe, gina, action, tab):
    besoin = builders.besoin(action, house.groupe, house.case)
    url = f"/besoins/{besoin.id}"
    gina.post(f"{url}/confirmer")
    assert "Réservé fermement" in card(zoe.get(tab), besoin)
    late = zoe.post(f"{url}/retirer")
    assert late.status_code == 409
    assert "reprends-le d’abord" in card(late, besoin)
    assert zoe.get(f"{url}/modifier").status_code == 409
    assert [zoe.post(f"{url}/reprendre").status_code for _ in range(2)] == [303, 409]
    assert [zoe.post(f"{url}/retirer").status_code for _ in range(2)] == [303, 404]
    assert queries.of_action(action) == []


def test_another_quantity_is_kept_in_one_tap(house, zoe, gina, action, tab):
    besoin = builders.besoin(action, house.groupe, house.chairs, quantite=60)
    gina.post(f"/besoins/{besoin.id}/confirmer", data={"quantite": "40", "motif": "Vingt sont cassées"})
    said = card(zoe.get(tab), besoin)
    assert "Tu en avais demandé 60" in said
    assert "Vingt sont cassées" in said
    assert "Garder 40" in said
    zoe.post(f"/besoins/{besoin.id}/adopter")
    assert "Tu en avais demandé" not in card(zoe.get(tab), besoin)


def test_two_options_show_on_both_tabs(house, zoe):
    one, two = (house.action(titre, confirmed=False) for titre in ("Kabar", "Bal"))
    first, second = builders.besoin(one, house.groupe, house.site), builders.besoin(two, house.groupe, house.salle)
    for besoin in (first, second):
        commands.answer(besoin, confirmer, by=house.gina)
    assert "Une option de Bal" in card(zoe.get(f"/besoins/action/{one.id}"), first)
    said = card(zoe.get(f"/besoins/action/{two.id}"), second)
    assert "Une option de Kabar ( Le site )" in said.replace("(Le site)", "( Le site )")
    assert "Option, expire" in said


def test_a_referent_reads_nothing_of_other_actions(house, as_):
    kabar = house.action("Kabar")
    commands.answer(builders.besoin(kabar, house.groupe, house.case), confirmer, by=house.gina)
    mine = house.action("Bal", confirmed=False)
    builders.besoin(mine, house.groupe, house.salle, asked=False)
    held = builders.personne("Rémi Fontaine")
    builders.hold(builders.referent_mission(mine, published=False), held)
    db.session.commit()
    for page in (f"/besoins/action/{mine.id}", f"/actions/{mine.id}"):
        assert "Kabar" in words(main(as_(house.zoe).get(page)))
        assert "Kabar" not in words(main(as_(held).get(page)))


def test_the_tab_is_read_only_for_the_others(house, gina, action, tab):
    besoin = builders.besoin(action, house.groupe)
    page = main(gina.get(tab))
    assert page.find("form") is None
    assert page.find("a", href=f"/besoins/#besoin-{besoin.id}")


# --- the pôle ------------------------------------------------------------------------------------------------


def test_the_page_of_a_groupe_with_nothing_to_answer_says_so(gina):
    assert "Rien à confirmer" in words(main(gina.get("/besoins/")))


def test_yes_in_one_tap_and_what_is_promised_stays_in_sight(house, gina, action):
    besoin = builders.besoin(action, house.groupe, mot="Dès 8 h")
    page = gina.get("/besoins/")
    said = card(page, besoin)
    assert "2 personnes pour Fête du moulin" in said
    assert "demandé par Zoé Hoarau" in said
    assert "Dès 8 h" in said
    form = main(page).find("form", action=f"/besoins/{besoin.id}/confirmer")
    data = {field["name"]: field["value"] for field in form.select("input[name]")}
    assert gina.post(form["action"], data=data).location == "/besoins/"
    after = words(main(gina.get("/besoins/"))).partition("Promis ")[2]
    assert "Deux personnes à la sono 2 personnes pour Fête du moulin" in after
    twice = gina.post(form["action"], data=data)
    assert twice.status_code == 303
    late = gina.post(f"/besoins/{besoin.id}/refuser", data={"motif": "Non"})
    assert late.status_code == 409
    assert "est maintenant « Confirmé », par Gina Payet" in words(main(late)).replace("\u00a0", " ")


def test_a_no_without_a_word_comes_back_open_with_what_is_missing(house, gina, action):
    besoin = builders.besoin(action, house.groupe)
    page = gina.post(f"/besoins/{besoin.id}/refuser", data={"motif": " "})
    assert page.status_code == 422
    assert "Un motif est nécessaire" in card(page, besoin)
    opened = main(page).select(f"#besoin-{besoin.id} details[open]")
    assert [d.form["action"] for d in opened] == [f"/besoins/{besoin.id}/refuser"]


@pytest.mark.parametrize(("quantite", "motif", "kept"), [("0", "Cassées", "Cassées"), ("12", "", "12"), ("x", "Oui", "Oui")])
def test_a_quantity_that_makes_no_sense_gives_the_words_back(house, gina, action, quantite, motif, kept):
    besoin = builders.besoin(action, house.groupe, house.chairs, quantite=40)
    page = gina.post(f"/besoins/{besoin.id}/confirmer", data={"quantite": quantite, "motif": motif})
    assert page.status_code == 422
    (opened,) = main(page).select(f"#besoin-{besoin.id} details[open]")
    assert [field["value"] for field in opened.select("input:not([type=hidden])")] == [quantite, motif]
    assert kept in str(opened)
    assert only().etat is Etat.A_CONFIRMER


@pytest.mark.parametrize(
    ("slug", "sent", "faulty"),
    [
        ("refuser", {"motif": " "}, "motif-refuser"),
        ("confirmer", {"quantite": "12", "motif": ""}, "motif-autre"),
        ("confirmer", {"quantite": "x", "motif": "Oui"}, "quantite"),
    ],
)
def test_the_field_to_mend_is_marked_reads_why_and_has_the_focus(house, gina, action, slug, sent, faulty):
    besoin = builders.besoin(action, house.groupe, house.chairs, quantite=40)
    found = main(gina.post(f"/besoins/{besoin.id}/{slug}", data=sent))
    assert [e["id"] for e in found.select("[aria-invalid=true]")] == [f"{faulty}-{besoin.id}"]
    assert [e["id"] for e in found.select("[autofocus]")] == [f"{faulty}-{besoin.id}"]
    assert found.find(id=found.find(id=f"{faulty}-{besoin.id}")["aria-describedby"]).text.strip()


def test_a_plain_yes_that_comes_too_late_opens_no_drawer(house, gina, action):
    besoin = builders.besoin(action, house.groupe, house.chairs, quantite=40)
    page = gina.post(f"/besoins/{besoin.id}/confirmer", data={"lu": "autre-chose"})
    assert page.status_code == 409
    assert not main(page).select(f"#besoin-{besoin.id} details[open]")
    assert [e["id"] for e in main(page).select("[autofocus]")] == [f"erreur-{besoin.id}"]


def test_what_is_promised_elsewhere_is_said_before_and_after(house, gina, action):
    commands.answer(builders.besoin(house.action("Kabar"), house.groupe, house.case), confirmer, by=house.gina)
    commands.answer(builders.besoin(house.action("Bal"), house.groupe, house.chairs, quantite=70), confirmer, by=house.gina)
    hall, seats = (
        builders.besoin(action, house.groupe, house.salle),
        builders.besoin(action, house.groupe, house.chairs, quantite=20),
    )
    page = gina.get("/besoins/")
    assert "Déjà pris par Kabar" in card(page, hall)
    assert "10 libres à ce moment-là, sur 80" in card(page, seats)
    assert main(page).select(f"form.une-action[action='/besoins/{hall.id}/confirmer']") == []
    late = gina.post(f"/besoins/{hall.id}/confirmer")
    assert late.status_code == 409
    assert "c’est déjà pris par" in card(late, hall)
    late = gina.post(f"/besoins/{seats.id}/confirmer")
    assert late.status_code == 409
    assert "il en reste 10" in card(late, seats)


def test_more_people_than_the_space_holds_is_read_before_the_yes(house, gina, action):
    action.personnes = 90
    besoin = builders.besoin(action, house.groupe, house.salle, depassement="La moitié reste dehors")
    said = card(gina.get("/besoins/"), besoin)
    assert "90 personnes pour 40" in said
    assert "La moitié reste dehors" in said


def test_what_changed_while_it_was_read_is_shown_again(house, gina, action):
    besoin = builders.besoin(action, house.groupe)
    read = reading(besoin.sheet)
    commands.take_back(besoin, by=house.zoe)
    commands.edit(besoin, by=house.zoe, read=read, quantite=9)
    commands.ask(besoin, by=house.zoe)
    page = gina.post(f"/besoins/{besoin.id}/confirmer", data={"lu": read})
    assert page.status_code == 409
    assert "9 personnes" in card(page, besoin)
    assert "a changé pendant que tu la lisais" in card(page, besoin)


def test_what_was_taken_back_meanwhile_is_told(house, gina, action):
    besoin = builders.besoin(action, house.groupe)
    commands.take_back(besoin, by=house.zoe)
    page = gina.post(f"/besoins/{besoin.id}/refuser", data={"motif": "Non"})
    assert page.status_code == 409
    assert "est maintenant « Brouillon »" in words(main(page)).replace("\u00a0", " ")


def test_a_yes_is_taken_back_with_a_word_and_nothing_typed_is_lost(house, zoe, gina, action, tab):
    besoin = builders.besoin(action, house.groupe, house.salle)
    early = gina.post(f"/besoins/{besoin.id}/desister", data={"motif": "Le toit fuit"})
    assert early.status_code == 409
    assert "Tu avais écrit : « Le toit fuit »" in words(main(early)).replace("\u00a0", " ")
    gina.post(f"/besoins/{besoin.id}/confirmer")
    page = gina.post(f"/besoins/{besoin.id}/desister", data={"motif": " "})
    assert page.status_code == 422
    assert "Un motif est nécessaire" in card(page, besoin)
    (opened,) = main(page).select("details[open]")
    assert gina.post(opened.form["action"], data={"motif": "Le toit fuit"}).status_code == 303
    said = card(zoe.get(tab), besoin)
    assert "Refusé" in said
    assert "Le toit fuit" in said
    assert "Redemander" in said


# --- the spaces ----------------------------------------------------------------------------------------------


def test_the_calendar_says_what_is_firm_and_what_is_an_option(house, zoe, gina):
    commands.answer(builders.besoin(house.action("Kabar"), house.groupe, house.case), confirmer, by=house.gina)
    option = house.action("Bal", confirmed=False, debut=builders.in_days(12), fin=builders.in_days(12, 18))
    commands.answer(builders.besoin(option, house.groupe, house.salle), confirmer, by=house.gina)
    far = house.action("Loin", debut=builders.in_days(100), fin=builders.in_days(101))
    commands.answer(builders.besoin(far, house.groupe, house.jardin), confirmer, by=house.gina)
    for reader in (zoe, gina):
        sections = {s.h2.get_text(): words(s) for s in main(reader.get("/besoins/espaces")).select("section")}
        assert list(sections) == ["La case", "La salle", "Libres d’ici là"]
        assert sections["La case"].endswith("Ferme Kabar")
        assert "Kabar avec La case" in sections["La salle"]
        assert sections["La salle"].endswith("Option Bal")
        assert sections["Libres d’ici là"].endswith("Le site sauf ce qu’il contient et qui est pris Le jardin")


def test_the_calendar_of_a_house_without_spaces(as_, app):
    assert "Pas encore d’espace" in words(main(as_(builders.bienveillant()).get("/besoins/espaces")))


# --- what they cost ------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_pages_cost_the_same_whatever_their_number(house, zoe, gina, rita, action, tab, count_queries):
    spaces = [house.salle, house.jardin, builders.espace("La cour")]
    pages = ((zoe, tab), (rita, tab), (gina, "/besoins/"), (zoe, "/besoins/espaces"))
    costs = []
    for day, space in enumerate(spaces, start=1):
        other = house.action("Autre", debut=builders.in_days(9 + day), fin=builders.in_days(9 + day, 18), confirmed=False)
        commands.answer(builders.besoin(other, house.groupe, space), confirmer, by=house.gina)
        builders.besoin(action, house.groupe, space)
        builders.besoin(action, house.groupe, house.chairs, quantite=day)
        commands.answer(builders.besoin(action, house.groupe), confirmer, by=house.gina)
        commands.answer(builders.besoin(action, house.groupe), refuser, by=house.gina, motif="Non")
        for client, url in pages:
            with count_queries() as asked:
                assert client.get(url).status_code == 200
            costs.append(len(asked))
    assert costs == [7, 8, 6, 3] * 3
