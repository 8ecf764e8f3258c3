"""What changes from one version of a devis to the next, line by line, in words."""

from __future__ import annotations

from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from portal import clock, reglage
from portal.actions.models import reading
from portal.devis import commands, ecarts, envoi, papier
from portal.devis.ecarts import Sort
from portal.devis.models import Unite
from portal.reglage import Profil
from tests import builders


def line(libelle="Repas", **more):
    typical = {
        "libelle": libelle, "detail": "", "quantite": 1000, "prix": 15_00, "taux": 0, "remise": 0, "comprise": False,
        "unite": "personnes", "montant": 150_00, "besoin": None, "ressource": None,
    }  # fmt: skip
    return typical | more


def content(*lines, pour="Groupe cuisine", **more):
    total = sum(each["montant"] for each in lines)
    typical = {
        "action": {"titre": "Fête", "quand": "samedi", "lieu": "La case", "personnes": 10}, "client": {"nom": "DAL974"},
        "mot": "", "conditions": "", "paiement": "", "avec_tva": False, "acompte_pct": 30, "acompte": total * 30 // 100,
        "ht": total, "tva": 0, "ttc": total, "groupes": [{"nom": pour, "lignes": list(lines)}],
    }  # fmt: skip
    return typical | more


def plain(words: str) -> str:
    return words.replace("\u00a0", " ").replace("\u202f", " ")


def said(before, after) -> list[tuple[Sort, str, list[str]]]:
    found = ecarts.between(before, after)
    return [(each.sort, each.libelle, [plain(words) for words in each.mots]) for each in found.lignes]


def test_a_line_that_is_added_and_one_that_is_removed():
    before, after = content(line("Repas")), content(line("Concert", quantite=100, unite="forfait", prix=300_00, montant=300_00))
    assert said(before, after) == [
        (Sort.AJOUTEE, "Concert", ["1 forfait à 300,00 €, pour Groupe cuisine"]),
        (Sort.RETIREE, "Repas", ["10 personnes à 15,00 €, pour Groupe cuisine"]),
    ]
    assert plain(ecarts.between(before, after).resume) == "1 ligne ajoutée, 1 retirée. Total : 300,00 € au lieu de 150,00 €."


def test_numbers_of_a_line_from_what_to_what():
    after = line(quantite=1250, prix=16_00, remise=500, montant=190_00)
    assert said(content(line()), content(after)) == [
        (
            Sort.CHANGEE,
            "Repas",
            [
                "quantité : 12,5 personnes au lieu de 10 personnes",
                "prix unitaire : 16,00 € au lieu de 15,00 €",
                "remise : 5 % au lieu de 0 %",
            ],
        )
    ]


def test_the_line_of_a_need_is_the_same_under_another_name_and_in_another_pole():
    before, after = line(besoin=7), line("Repas de midi", besoin=7)
    [(sort, libelle, words)] = said(content(before), content(after, pour="Le commun"))
    assert (sort, libelle) == (Sort.CHANGEE, "Repas de midi")
    assert words == ["nom : « Repas de midi » au lieu de « Repas »", "pour : Le commun au lieu de Groupe cuisine"]


def test_two_lines_of_one_name_are_told_apart_by_their_order():
    before = content(line("Repas"), line("Repas", quantite=500, montant=75_00))
    after = content(line("Repas"), line("Repas", quantite=600, montant=90_00))
    assert [words for _, _, words in said(before, after)] == [["quantité : 6 personnes au lieu de 5 personnes"]]


def test_what_is_said_around_the_lines():
    action = {"titre": "Fête", "quand": "dimanche", "lieu": "La case", "personnes": 20}
    found = ecarts.between(content(line()), content(line(), action=action, mot="Bonjour", acompte_pct=50, acompte=75_00))
    assert [plain(words) for words in found.reste] == [
        "Quand : dimanche au lieu de samedi",
        "Personnes attendues : 20 au lieu de 10",
        "Acompte : 50 % au lieu de 30 %",
        "Le mot d’accompagnement a changé",
    ]
    assert found.totaux == [("Acompte à l’accord", 45_00, 75_00)]
    assert found.resume == "Les lignes n’ont pas changé. Le total reste le même."


lines = st.builds(
    line,
    st.sampled_from(("Repas", "Café", "Sono")),
    quantite=st.integers(1, 3),
    montant=st.integers(0, 3),
    besoin=st.sampled_from((None, None, 1, 2)),
)
contents = st.lists(lines, max_size=6).map(lambda found: content(*found))


@given(contents)
def test_nothing_differs_from_itself(one):
    assert not ecarts.between(one, one)


@given(contents, contents)
def test_what_is_added_and_removed_makes_the_difference_of_the_numbers_of_lines(before, after):
    sorts = [each.sort for each in ecarts.between(before, after).lignes]
    was, now = (len(each["groupes"][0]["lignes"]) for each in (before, after))
    assert sorts.count(Sort.AJOUTEE) - sorts.count(Sort.RETIREE) == now - was


def test_a_frozen_version_and_a_draft_compare_on_their_page(as_, app):
    zoe = builders.bienveillant()
    reglage.change(reglage.PROFIL, Profil.ASSUJETTIE, by=zoe)
    first = builders.sent(builders.validated(zoe))
    client = as_(zoe)
    assert client.get(f"/devis/{first.id}/changements").status_code == 404
    page = client.post(f"/devis/action/{first.action_id}/preparer").location
    assert "Rien n’a changé" in client.get(f"{page}/changements").text
    second = commands.draft(first.action, by=zoe)
    commands.add(second, by=zoe, libelle="Concert", unite=Unite.FORFAIT, prix=300_00, taux=850)
    hour = second.lignes[0]
    commands.edit(hour, by=zoe, read=reading(hour.sheet), quantite=800)
    text = plain(" ".join(BeautifulSoup(client.get(f"{page}/changements").text, "html5lib").get_text(" ").split()))
    for words in (
        "quantité : 8 heures au lieu de 9 heures",
        "Concert",
        "Total TTC 1 171,80 € 1 367,10 €",
        "encore en brouillon",
    ):
        assert words in text
    envoi.send(second, by=zoe)
    assert ecarts.between(first.contenu, second.contenu) == ecarts.between(first.contenu, papier.content(second, clock.now()))
    assert "version 1" in client.get(f"{page}/changements").text
