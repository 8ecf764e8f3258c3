"""The page where a devis is built: what is typed is understood or said wrong beside its field, never lost or half done."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import reglage
from portal.actions.models import reading
from portal.db import db
from portal.devis import accords, commands, envoi, queries
from portal.devis.models import LONGEST, Etat, LigneDevis, Unite
from portal.reglage import Profil
from tests import builders
from tests.cells import fingerprint

HTMX = {"HX-Request": "true"}
A_LINE = {"quantite": "1", "prix": "300", "unite": "forfait", "taux": "0", "pole_id": ""}


@pytest.fixture
def zoe(app):
    made = builders.bienveillant()
    builders.identity(made)
    return made


@pytest.fixture
def devis(zoe):
    """A draft of one line, nine hours of site at 120 €."""
    made = builders.devis(builders.validated(zoe))
    db.session.commit()
    return made


@pytest.fixture
def client(as_, zoe):
    return as_(zoe)


def words(answer) -> str:
    """What a page says, its blanks made plain."""
    text = BeautifulSoup(answer.text, "html5lib").get_text(" ")
    return " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())


def numbers(line: LigneDevis, **typed: str) -> dict[str, str]:
    """The numbers of a line, as its page sends them."""
    shown = {"quantite": f"{line.quantite / 100:g}", "prix": f"{line.prix / 100:g}", "remise": f"{line.remise / 100:g}"}
    return {f"l{line.id}-{name}": said for name, said in ({"lu": reading(line.numbers)} | shown | typed).items()}


def add(devis, libelle="Repas", **fields):
    typical = {"quantite": 100, "unite": Unite.FORFAIT, "prix": 50_00}
    return commands.add(devis, by=devis.action.bienveillant, libelle=libelle, **(typical | fields))


def labels(devis) -> list[str]:
    return [line.libelle for line in queries.fresh(devis.id).lignes]


# --- numbers, as people type them ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("quantite", "12,50", 12_50),
        ("prix", "12,50", 12_50),
        ("prix", "1 234,50 €", 1_234_50),
        ("prix", "1\u202f234,50\u00a0€", 1_234_50),
        ("remise", "12,5 %", 12_50),
        ("remise", "", 0),
        ("prix", "0", 0),
    ],
)
def test_a_number_is_read_the_french_way(client, devis, field, typed, kept):
    line = devis.lignes[0]
    assert client.post(f"/devis/{devis.id}/lignes", data=numbers(line, **{field: typed})).status_code == 303
    assert getattr(queries.fresh(devis.id).lignes[0], field) == kept


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("quantite", "NaN", "Ce nombre n’est pas compris"),
        ("quantite", "1e400", "Ce nombre n’est pas compris"),
        ("quantite", "-3", "Un nombre entre 0,01 et 10 000 est attendu."),
        ("quantite", "0", "Un nombre entre 0,01 et 10 000 est attendu."),
        ("quantite", "", "Écris combien."),
        ("quantite", "10001", "Un nombre entre 0,01 et 10 000 est attendu."),
        ("prix", "NaN", "Ce montant n’est pas compris"),
        ("prix", "1e400", "Ce montant n’est pas compris"),
        ("prix", "Infinity", "Ce montant n’est pas compris"),
        ("prix", "-5", "C’est trop peu"),
        ("prix", "1 000 000 000", "Ce montant n’est pas compris"),
        ("prix", "999 999 999", "C’est trop"),
        ("remise", "101", "Un nombre entre 0 et 100 est attendu."),
        ("remise", "-10", "Un nombre entre 0 et 100 est attendu."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_stored(client, devis, field, typed, sentence):
    line = devis.lignes[0]
    second = add(devis)
    db.session.commit()
    before = fingerprint()
    db.session.rollback()
    sent = numbers(line, **{field: typed}) | numbers(second, quantite="7")
    answer = client.post(f"/devis/{devis.id}/lignes", data=sent)
    page = BeautifulSoup(answer.text, "html5lib")
    said = page.find(id=f"l{line.id}-{field}-erreur")
    assert answer.status_code == 422
    assert said
    assert sentence in said.get_text().replace("\u00a0", " ").replace("\u202f", " ")
    assert [page.find(id=f"l{id}-{name}")["value"] for id, name in ((line.id, field), (second.id, "quantite"))] == [typed, "7"]
    assert fingerprint() == before


def test_an_amount_in_the_billions_is_refused_as_a_whole(client, devis):
    line = devis.lignes[0]
    answer = client.post(f"/devis/{devis.id}/lignes", data=numbers(line, quantite="10 000", prix="100 000"))
    assert answer.status_code == 422
    assert "dépasse dix millions d’euros" in words(answer)
    assert BeautifulSoup(answer.text, "html5lib").find(id=f"l{line.id}-quantite")["value"].replace("\u202f", " ") == "10 000"
    assert queries.fresh(devis.id).ht == 1080_00


def test_a_devis_of_ten_thousand_lines_is_refused_at_its_longest(client, devis):
    for n in range(LONGEST - 1):
        devis.lignes.append(LigneDevis(rang=n + 2, libelle=f"Ligne {n}", unite=Unite.UNITE, prix=100))
    db.session.commit()
    answer = client.post(f"/devis/{devis.id}/ligne", data=A_LINE | {"libelle": "Une de plus"})
    assert answer.status_code == 422
    assert f"Un devis a {LONGEST} lignes au plus" in words(answer)
    assert "Une de plus" in answer.text
    assert len(labels(devis)) == LONGEST
    flood = {f"l{10_000 + n}-quantite": "1" for n in range(10_000)}
    assert client.post(f"/devis/{devis.id}/lignes", data=flood).status_code in {409, 413, 422}


@pytest.mark.parametrize("typed", ["100,01", "150", "cent", "1e2"])
def test_a_discount_over_everything_is_refused_beside_its_field(client, devis, typed):
    answer = client.post(f"/devis/{devis.id}/remise", data={"remise": typed})
    assert answer.status_code == 422
    assert BeautifulSoup(answer.text, "html5lib").find(id="remise-erreur")
    assert not queries.fresh(devis.id).lignes[0].remise


# --- counted as one types ------------------------------------------------------------------------------------


def test_it_is_counted_as_one_types_and_nothing_is_stored(client, devis, zoe):
    reglage.change(reglage.PROFIL, Profil.ASSUJETTIE, by=zoe)
    meal, line = add(devis, cout=20_00, taux=210, comprise=True), devis.lignes[0]
    sent = numbers(line, quantite="2,5", prix="100", remise="10") | numbers(meal, quantite="3")
    answer = client.post(f"/devis/{devis.id}/calcul", data=sent, headers=HTMX)
    said = words(answer)
    page = BeautifulSoup(answer.text, "html5lib")
    assert "Total HT 225,00 €" in said
    assert "TVA 8,5 % sur 225,00 € 19,13 €" in said
    assert "Dépenses prévues 60,00 €" in said
    amounts = {node["id"]: node.get_text() for node in page.select("output[hx-swap-oob]")}
    assert amounts.keys() == {f"montant-{line.id}", f"montant-{meal.id}", "total-en-bas"}
    assert amounts[f"montant-{meal.id}"] == "compris"
    assert queries.fresh(devis.id).ht == 1080_00


def test_a_number_half_typed_counts_as_it_was_and_says_so(client, devis):
    answer = client.post(f"/devis/{devis.id}/calcul", data=numbers(devis.lignes[0], prix="1e"), headers=HTMX)
    assert answer.status_code == 200
    assert "Un nombre n’est pas compris" in words(answer)
    assert "1 080,00 €" in words(answer)


# --- one page, one form --------------------------------------------------------------------------------------


def test_every_button_keeps_what_was_typed(client, devis, zoe):
    tarif = builders.tarif("Repas créole", 15_00, by=zoe, unite=Unite.PERSONNE)
    line, more = devis.lignes[0], add(devis)
    typed = numbers(line, quantite="2") | {"acompte": "40", "valable_jours": "30", "mot": "Bonjour", "lu": reading(devis.head)}
    moved = client.post(f"/devis/{devis.id}/lignes/{more.id}/monter", data=typed)
    assert moved.location == f"/devis/{devis.id}#descendre-{more.id}"
    client.post(f"/devis/{devis.id}/ajouter", data=numbers(more, prix="60") | {"tarif": str(tarif.id), "quantite": "12"})
    found = queries.fresh(devis.id)
    assert [(each.libelle, each.quantite, each.prix) for each in found.lignes] == [
        ("Repas", 100, 60_00), ("Heure de site", 200, 120_00), ("Repas créole", 1200, 15_00),
    ]  # fmt: skip
    assert (found.acompte, found.mot) == (40, "Bonjour")


def test_the_page_of_a_line_opens_once_what_was_typed_here_is_kept(client, devis):
    line, more = devis.lignes[0], add(devis)
    ways = {f"lignes/{more.id}/ouvrir": f"lignes/{more.id}", "ligne/ouvrir": "ligne"}
    for hours, (way, page) in zip(("2", "3"), ways.items(), strict=True):
        answer = client.post(f"/devis/{devis.id}/{way}", data=numbers(line, quantite=hours))
        assert answer.location == f"/devis/{devis.id}/{page}"
        assert queries.fresh(devis.id).lignes[0].quantite == int(hours) * 100
        assert client.get(answer.location).status_code == 200
    gone = client.post(f"/devis/{devis.id}/lignes/999/ouvrir", data=numbers(line, quantite="4"))
    assert (gone.status_code, "a été retirée entre-temps" in words(gone)) == (409, True)
    assert 'value="4"' in gone.text


def test_something_else_chosen_on_a_page_that_was_gone_back_to_is_another_line(client, devis, zoe):
    chosen = [builders.tarif(libelle, 15_00, by=zoe) for libelle in ("Repas créole", "Café")]
    db.session.commit()
    for tarif in (*chosen, chosen[-1]):  # tapped twice, it is one
        client.post(f"/devis/{devis.id}/ajouter", data={"cle": "une-meme-cle", "tarif": str(tarif.id), "quantite": "1"})
    assert labels(devis) == ["Heure de site", "Repas créole", "Café"]


def test_a_button_that_does_not_pass_gives_every_word_back_and_does_nothing(client, devis):
    line, more = devis.lignes[0], add(devis)
    answer = client.post(f"/devis/{devis.id}/lignes/{more.id}/retirer", data=numbers(line, quantite="beaucoup"))
    assert answer.status_code == 422
    assert BeautifulSoup(answer.text, "html5lib").find(id=f"l{line.id}-quantite")["value"] == "beaucoup"
    assert labels(devis) == ["Heure de site", "Repas"]


def test_lines_move_and_the_finger_stays_on_its_button(client, devis):
    first, second, third = devis.lignes[0], add(devis, "Deux"), add(devis, "Trois")

    def move(line, way):
        return client.post(f"/devis/{devis.id}/lignes/{line.id}/{way}").location.partition("#")[2]

    assert move(third, "monter") == f"monter-{third.id}"
    assert move(third, "monter") == f"descendre-{third.id}"  # at the top, there is no way up
    assert move(first, "descendre") == f"monter-{first.id}"
    assert labels(devis) == ["Trois", "Deux", "Heure de site"]
    assert second.rang == 2
    answer = client.post(f"/devis/{devis.id}/lignes/{first.id}/descendre")
    assert (answer.status_code, "déjà au bout" in words(answer)) == (409, True)
    shown = BeautifulSoup(client.get(f"/devis/{devis.id}").text, "html5lib")
    assert [bool(shown.find(id=f"{way}-{first.id}")) for way in ("monter", "descendre")] == [True, False]


# --- two tabs, two people ------------------------------------------------------------------------------------


def test_two_tabs_on_different_numbers_both_pass(client, devis):
    line, more = devis.lignes[0], add(devis)
    tab = numbers(line, quantite="8") | numbers(more)
    other = numbers(line, prix="110") | numbers(more, quantite="3")
    assert [client.post(f"/devis/{devis.id}/lignes", data=sent).status_code for sent in (tab, other)] == [303, 303]
    found = queries.fresh(devis.id).lignes
    assert [(each.quantite, each.prix) for each in found] == [(800, 110_00), (300, 50_00)]


def test_two_tabs_on_the_same_number_the_second_compares_and_nothing_is_lost(client, devis):
    line = devis.lignes[0]
    late = numbers(line, quantite="7", prix="110")
    client.post(f"/devis/{devis.id}/lignes", data=numbers(line, quantite="8"))
    answer = client.post(f"/devis/{devis.id}/lignes", data=late)
    page = BeautifulSoup(answer.text, "html5lib")
    assert answer.status_code == 409
    assert [page.find(id=f"l{line.id}-{name}")["value"] for name in ("quantite", "prix")] == ["7", "110,00"]
    assert "Enregistré entre-temps 8" in words(answer)
    assert queries.fresh(devis.id).lignes[0].prix == 120_00
    again = {node["name"]: node["value"] for node in page.select("#lignes input[name^=l]") if node.get("value") is not None}
    assert client.post(f"/devis/{devis.id}/lignes", data=again).status_code == 303
    assert [(each.quantite, each.prix) for each in queries.fresh(devis.id).lignes] == [(700, 110_00)]


def test_a_line_that_was_removed_meanwhile_gives_its_words_back(client, devis):
    line, more = devis.lignes[0], add(devis)
    late = numbers(line, quantite="7") | numbers(more, prix="33")
    client.post(f"/devis/{devis.id}/lignes/{more.id}/retirer")
    answer = client.post(f"/devis/{devis.id}/lignes", data=late)
    assert answer.status_code == 409
    assert "Cette ligne a été retirée entre-temps." in words(answer)
    assert "Ligne retirée : 1 à 33 €" in words(answer)
    assert BeautifulSoup(answer.text, "html5lib").find(id=f"l{line.id}-quantite")["value"] == "7"


def test_a_line_page_kept_open_on_a_removed_line_gives_its_words_back(client, devis):
    gone = add(devis, "Concert").id
    client.post(f"/devis/{devis.id}/lignes/{gone}/retirer")
    sent = A_LINE | {"libelle": "Concert du soir"}
    answer = client.post(f"/devis/{devis.id}/lignes/{gone}", data=sent)
    assert (answer.status_code, "Concert du soir" in answer.text) == (409, True)
    assert client.post(f"/devis/{devis.id}/ligne", data=sent).status_code == 303
    assert labels(devis) == ["Heure de site", "Concert du soir"]


@pytest.mark.both
def test_an_accepted_devis_edited_in_another_tab_says_so_and_keeps_the_words(client, devis, zoe):
    line = devis.lignes[0]
    late = numbers(line, quantite="7")
    envoi.send(devis, by=zoe)
    accords.accept(devis, signature=accords.Signature("Armelle"), empreinte=devis.empreinte, by=None)
    for path in ("lignes", "remise", f"lignes/{line.id}/retirer", "demander", "envoyer"):
        answer = client.post(f"/devis/{devis.id}/{path}", data=late | {"remise": "5"} if path == "remise" else late)
        assert answer.status_code == 409
        assert "Ce devis est parti" in words(answer)
        assert "Heure de site : 7 à 120 €" in words(answer)
    found = queries.fresh(devis.id)
    assert (found.etat, found.lignes[0].quantite) == (Etat.ACCEPTE, 900)
    assert client.get(f"/devis/{devis.id}/lignes/{line.id}").status_code == 409


def test_a_word_to_the_demandeur_and_a_reason_typed_too_late_are_given_back(client, devis, zoe):
    late = {"mot": "Sans le repas,\net dès 14 h.", "acompte": "30", "valable_jours": "30", "lu": reading(devis.head)}
    envoi.send(devis, by=zoe)
    db.session.commit()
    answer = client.post(f"/devis/{devis.id}/envoyer", data=late | {"force": "Paul a dit oui"})
    assert answer.status_code == 409
    assert "Un mot au demandeur : Sans le repas, et dès 14 h." in words(answer)
    assert "Paul a dit oui" in words(answer)
    unchanged = client.post(f"/devis/{devis.id}/envoyer", data=late | {"mot": ""})
    assert "Tu avais écrit" not in words(unchanged)


def test_a_number_that_becomes_what_another_was_is_given_back_too(client, devis, zoe):
    """Its discount was 0, and so is its price now."""
    meal = add(devis)
    late = numbers(meal, prix="0")
    commands.remove(meal, by=zoe)
    db.session.commit()
    answer = client.post(f"/devis/{devis.id}/lignes", data=late)
    assert (answer.status_code, "1 à 0 €" in words(answer)) == (409, True)


def another_line(devis):
    add(devis)


def another_price(devis):
    [line] = devis.lignes
    commands.edit(line, by=devis.action.bienveillant, read=reading(line.sheet), prix=130_00)


def another_deposit(devis):
    commands.edit_head(devis, by=devis.action.bienveillant, acompte=50)


@pytest.mark.parametrize("change", [another_line, another_price, another_deposit])
def test_what_changed_in_another_tab_is_read_before_it_leaves(client, devis, change):
    """Even where nothing was typed; what was typed stays, and the next tap sends all of it."""
    shown = {"mot": "Bonjour", "acompte": "30", "valable_jours": "30", "lu": reading(devis.head), "tout": devis.reading_of_all}
    shown |= numbers(devis.lignes[0])
    change(devis)
    db.session.commit()
    answer = client.post(f"/devis/{devis.id}/envoyer", data=shown)
    assert (answer.status_code, "ont changé pendant que tu les lisais" in answer.text) == (409, True)
    page = BeautifulSoup(answer.text, "html5lib")
    fields = page.select("form#lignes input[name], form#lignes textarea[name]")
    again = {str(field["name"]): str(field.get("value") or field.get_text()) for field in fields}
    assert again["mot"].strip() == "Bonjour"
    assert client.post(f"/devis/{devis.id}/envoyer", data=again).status_code == 303
    assert queries.fresh(devis.id).contenu["mot"] == "Bonjour"


# --- what it costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 60])
def test_its_pages_cost_the_same_for_one_line_or_sixty(client, devis, zoe, count_queries, many):
    jardin = builders.pole("Jardin")
    for n in range(many - 1):
        devis.lignes.append(LigneDevis(rang=n + 2, libelle=f"Ligne {n}", unite=Unite.UNITE, prix=100, pole_id=jardin.id))
    db.session.commit()
    page, line = f"/devis/{devis.id}", devis.lignes[0]
    paths = [page, f"{page}/lignes/{line.id}", f"{page}/ligne", f"/devis/action/{devis.action_id}"]
    sent = {name: words for each in devis.lignes for name, words in numbers(each).items()}
    spent = []
    for path in paths:
        with count_queries() as statements:
            client.get(path)
        spent.append(len(statements))
    with count_queries() as statements:
        client.post(f"{page}/calcul", data=sent, headers=HTMX)
    assert [*spent, len(statements)] == [5, 5, 5, 5, 4]
