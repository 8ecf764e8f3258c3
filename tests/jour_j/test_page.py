"""The page of the day: its parts in the order of the day, what each of them says, and until when a phone keeps it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.jour_j.commands import Statut
from portal.jour_j.models import Genre, Phase
from tests import builders
from tests.jour_j.conftest import at, jour_of, tap
from tests.jour_j.test_routes import REASON, fields, one, said_in, soup


@pytest.mark.parametrize("more", [0, 6])
@pytest.mark.parametrize(("who", "cost"), [("zoe", 8), ("awa", 9), ("lea", 7)])
def test_the_page_costs_the_same_for_one_or_many(saturday, as_, count_queries, who, cost, more):
    for n in range(more):
        builders.hold(builders.mission(saturday.action), builders.personne(f"Personne {n}"))
        actions.add_step(saturday.action, by=saturday.zoe, titre=f"Étape {n}", debut=at(14 + n), fin=at(15 + n))
        person = builders.hold(builders.mission(saturday.action), builders.personne(f"Autre {n}"))
        saturday.send(tap(Genre.PRESENCE, person.id, "arrive"), by=saturday.zoe if n % 2 else saturday.awa)
    client, url = as_(getattr(saturday, who)), saturday.url
    client.get(url)  # whose numbers they saw is written down
    with count_queries() as statements:
        assert client.get(url).status_code == 200
    assert len(statements) == cost, statements


def test_each_button_has_a_uuid_of_its_own(saturday, as_):
    page = soup(as_(saturday.awa).get(saturday.url).text)
    uuids = [i["value"] for i in page.select("input[name=uuid]")]
    assert len(uuids) > 30
    assert len(set(uuids)) == len(uuids)


def test_days_ahead_the_page_is_read_and_only_an_incident_is_noted(saturday, as_):
    awa = as_(saturday.awa)
    with clock.freeze(saturday.action.debut - timedelta(days=10)):
        page = soup(awa.get(saturday.url).text)
        assert said_in(page, "#geste").startswith("Le site s’ouvre samedi 21 novembre.")
        assert "Merci" not in said_in(page, "#geste")
        assert {f.select_one("[name=genre]")["value"] for f in page.select("#contenu form")} == {"incident"}
        assert "Issues de secours" in said_in(page, "#ouverture .points")
        assert awa.post(f"{saturday.url}/entrees", data=fields("incident", mot="Clé égarée.")).status_code == 303
        one(soup(awa.get(saturday.url).text), "#journal form")


def test_the_bar_leads_to_what_is_left_and_opening_without_it_says_what(saturday, as_):
    awa = as_(saturday.awa)
    critical = [p for p in saturday.day().points(Phase.OUVERTURE) if p.critique]
    saturday.send(*(tap(Genre.COCHE, p.id, "fait") for p in critical[:5]))
    page = soup(awa.get(saturday.url).text)
    assert (said_in(page, "#geste a"), one(page, "#geste a")["href"]) == (
        "Encore 2 vérifications importantes",
        f"#point-{critical[5].id}",
    )
    one(page, f"#point-{critical[5].id} button")
    assert [li.get_text() for li in page.select("#passage li")] == [p.texte for p in critical[5:]]
    assert "primaire" not in one(page, "#passage form button")["class"]
    saturday.send(tap(Genre.COCHE, critical[5].id, "fait"))
    assert said_in(soup(awa.get(saturday.url).text), "#geste a") == "Encore 1 vérification importante"
    saturday.send(tap(Genre.COCHE, critical[6].id, "sans_objet"))
    page = soup(awa.get(saturday.url).text)
    assert said_in(page, "#geste form button") == "Ouvrir le site"
    assert page.select("#passage") == []


def order_of(client, saturday) -> list[str]:
    """The parts of the page that show, from top to bottom."""
    return [str(s["id"]) for s in soup(client.get(saturday.url).text).select("#contenu section:not([hidden])")]


def test_the_parts_come_in_the_order_of_the_day(saturday, as_):
    awa, lea = as_(saturday.awa), as_(saturday.lea)
    assert order_of(awa, saturday) == ["maintenant", "ouverture", "equipe", "programme", "incident", "journal"]
    assert order_of(lea, saturday) == ["maintenant", "programme", "equipe", "ouverture", "journal"]
    saturday.tick_all(Phase.OUVERTURE)
    saturday.open()
    assert order_of(awa, saturday) == ["maintenant", "equipe", "programme", "incident", "fermeture", "journal"]
    assert order_of(lea, saturday) == ["maintenant", "programme", "equipe", "fermeture", "journal"]


def test_the_closing_list_is_folded_until_the_last_item_runs(saturday, as_):
    saturday.open(REASON)
    awa = as_(saturday.awa)
    assert one(soup(awa.get(saturday.url).text), "#fermeture details").get("open") is None
    saturday.send(*(tap(Genre.ETAPE, s.id, "debut") for s in saturday.steps[1:4]))
    page = soup(awa.get(saturday.url).text)
    assert one(page, "#fermeture details").get("open") is not None
    assert said_in(page, "#geste > :not([hidden])") == "Terminer : Repas, carry poulet"
    saturday.send(tap(Genre.ETAPE, saturday.steps[3].id, "fin"))
    assert said_in(soup(awa.get(saturday.url).text), "#geste a") == "Fermer le site : encore 10 lignes"
    assert saturday.close("fini").statut is Statut.RECUE
    assert (
        said_in(soup(awa.get(saturday.url).text), "#geste")
        == "Le site est fermé, la journée est finie. Merci. Bilan de la journée"
    )


def test_the_next_morning_of_a_longer_action_the_bar_opens_the_site_again(saturday, as_):
    saturday.action.fin = at(24 + 18)
    saturday.open(REASON)
    with clock.freeze(at(21)):
        saturday.close("à demain")
        assert "Merci" in said_in(soup(as_(saturday.awa).get(saturday.url).text), "#geste")
    with clock.freeze(at(24 + 8)):
        saturday.tick_all(Phase.OUVERTURE)
        assert said_in(soup(as_(saturday.awa).get(saturday.url).text), "#geste form button") == "Rouvrir le site"


def test_who_only_reads_meets_the_referent_first(saturday, as_):
    text = said_in(soup(as_(saturday.lea).get(saturday.url).text), ".jour")
    assert text.index("Référent Awa Payet Appeler Awa Payet") < text.index("jusqu’à 17 h 30") < text.index("Équipe 0 sur 2")


@pytest.mark.parametrize("path", ["", "/feuille"])
def test_a_longer_programme_is_told_day_by_day(saturday, as_, path):
    """One in the morning is still the evening before."""
    for titre, start in (("Bal", 25), ("Grand ménage", 24 + 9)):
        actions.add_step(saturday.action, by=saturday.zoe, titre=titre, debut=at(start), fin=at(start + 1))
    page = soup(as_(saturday.awa).get(saturday.url + path).text)
    days = [(h.get_text(), [t.get_text() for t in h.find_next("ol").select("h4")]) for h in page.select("h3.surtitre")]
    assert [(day.replace("\u00a0", " "), titres[-1]) for day, titres in days] == [
        ("samedi 21 novembre", "Bal"),
        ("dimanche 22 novembre", "Grand ménage"),
    ]


def test_an_item_says_until_when(saturday, as_):
    programme = f"/actions/{saturday.action.id}/programme"
    for path, end in ((saturday.url, "jusqu’à"), (f"{saturday.url}/feuille", "jusqu’à"), (programme, "à")):
        text = " ".join(soup(as_(saturday.awa).get(path).text).get_text(" ").split())
        assert f" {end} 17 h 30" in text
        assert "8 h 30" not in text
    assert "jusqu’à 13 h 30 · heure fixe" in said_in(soup(as_(saturday.awa).get(saturday.url).text), "#programme")


def test_a_post_is_not_named_twice(saturday, as_):
    titre = saturday.held_by(saturday.awa).mission.titre
    assert titre.startswith("Référent")
    team = said_in(soup(as_(saturday.zoe).get(saturday.url).text), "#equipe")
    assert f"9 h · {titre}" in team
    saturday.held_by(saturday.awa).mission.titre = "Tenir le site"
    assert "· Référent, Tenir le site" in said_in(soup(as_(saturday.zoe).get(saturday.url).text), "#equipe")


def test_a_day_that_is_off_is_read_without_buttons(saturday, as_):
    actions.decide(saturday.action, annuler, by=saturday.zoe, motif="pluie")
    answer = as_(saturday.zoe).get(saturday.url)
    assert "Annulée" in answer.text
    assert soup(answer.text).select("#contenu form, .barre") == []


def test_people_s_words_stay_words(saturday, as_):
    hostile = '"\'><svg/onload=alert(1)> <b hx-post="/x" hx-trigger="load">'
    saturday.lea.nom = saturday.action.titre = saturday.steps[2].titre = hostile
    awa = as_(saturday.awa)
    awa.post(f"{saturday.url}/entrees", data=fields("incident", mot=hostile))
    awa.post(f"{saturday.url}/entrees", data=fields("presence", saturday.held_by(saturday.lea).id, "arrive"))
    for path in (saturday.url, "/jour-j/", f"{saturday.url}/feuille"):
        page = soup(awa.get(path).text)
        assert page.select("svg[onload], b[hx-post]") == []
    assert hostile in said_in(soup(awa.get(saturday.url).text), "#journal")


# --- what it says --------------------------------------------------------------------------------------------


def now_of(client, saturday) -> str:
    return said_in(soup(client.get(saturday.url).text), "#maintenant")


def test_the_screen_says_where_the_day_stands(saturday, as_):
    awa = as_(saturday.awa)
    assert "Pas encore ouvert Pour commencer, 9 h : Accueil, petit-déjeuner" in now_of(awa, saturday)
    assert "Ouverture 7 importantes 0/9" in now_of(awa, saturday)
    assert "Fermeture" not in now_of(awa, saturday)
    saturday.open(REASON)
    with clock.freeze(at(9.1)):
        saturday.send(tap(Genre.ETAPE, saturday.steps[1].id, "debut"))
        said = now_of(awa, saturday)
        assert "Site ouvert depuis 9 h 6 min de retard" in said
        assert "9 h 06 à 10 h 06 encore 1 h Accueil, petit-déjeuner Ensuite, 10 h 06 : Visite dans 1 h" in said
    saturday.close("fini")
    assert "Site fermé à 9 h" in now_of(awa, saturday)


def test_the_team_is_counted(saturday, as_):
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive"))
    page = soup(as_(saturday.awa).get(saturday.url).text)
    assert "1 sur 2 sur place" in said_in(page, "#equipe")
    assert said_in(page, "#equipe .point.fait") == "Léa Grondin Sur place, 9 h"


def test_what_the_opening_left_stays_in_sight(saturday, as_):
    saturday.open(REASON)
    awa = as_(saturday.awa)
    assert said_in(soup(awa.get(saturday.url).text), "#ouverture summary") == "Ouverture : 9 vérifications restent à faire"
    points = saturday.day().points(Phase.OUVERTURE)
    with clock.freeze(at(9.5)):
        saturday.send(*(tap(Genre.COCHE, p.id, "fait") for p in points[:8]))
    page = soup(awa.get(saturday.url).text)
    assert said_in(page, "#ouverture summary") == "Ouverture : 1 vérification reste à faire"
    assert len(page.select('#ouverture .point[aria-pressed="true"]')) == 8
    with clock.freeze(at(9.6)):
        saturday.send(tap(Genre.COCHE, points[8].id, "fait"))
    assert said_in(soup(awa.get(saturday.url).text), "#ouverture summary") == "Ouverture : tout est fait"


def test_the_journal_says_who_and_when(saturday, as_):
    saturday.send(tap(Genre.PRESENCE, saturday.held_by(saturday.lea).id, "arrive"), by=saturday.zoe)
    [line] = soup(as_(saturday.awa).get(saturday.url).text).select("#journal li")
    assert " ".join(line.get_text(" ", strip=True).split()).startswith("9 h Arrivée : Léa Grondin Zoé Hoarau")


def test_an_action_without_team_nor_programme_has_a_page(nine, as_):
    zoe = builders.bienveillant()
    action = builders.action(zoe, debut=at(9), fin=at(18))
    page = as_(zoe).get(f"/jour-j/{action.id}")
    assert page.status_code == 200
    assert "Pas de programme" in page.text
    assert jour_of(action).version == 0


def test_the_page_says_until_when_a_phone_may_keep_it(saturday, as_):
    until = as_(saturday.lea).get(saturday.url).headers["X-Oubli"]
    assert int(until) == at(21.5 + 48).timestamp()


def test_so_does_the_list_of_the_days_which_names_its_reader(saturday, as_):
    answer = as_(saturday.awa).get("/jour-j/")
    assert "Awa" in answer.text
    assert int(answer.headers["X-Oubli"]) == at(9 + 48).timestamp()
