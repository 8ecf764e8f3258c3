"""The legal pages: public, without cookie, and saying what the law wants said."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import reglage
from portal.db import db
from tests import builders

PAGES = ["mentions-legales", "donnees-personnelles", "accessibilite"]


def words(page) -> str:
    main = BeautifulSoup(page.text, "html.parser").main
    assert main
    return " ".join(main.get_text(" ").split())


@pytest.mark.parametrize("nom", PAGES)
def test_a_page_is_public_leaves_no_cookie_and_is_linked_from_everywhere(client, nom):
    page = client.get(f"/pages/{nom}")
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    assert f'href="/pages/{nom}"' in client.get("/missions/").text


@pytest.mark.parametrize("nom", [*PAGES, "registre"])
def test_a_page_costs_the_database_no_more_than_the_settings_that_it_says(client, count_queries, nom):
    with count_queries() as statements:
        client.get(f"/pages/{nom}")
    assert len(statements) == 1


@pytest.mark.parametrize("nom", ["inconnue", "../index", "..%2findex", "mentions-legales.html", "%00"])
def test_there_is_no_other_page(client, nom):
    assert client.get(f"/pages/{nom}").status_code == 404


def test_the_notice_says_what_the_law_wants_said(client):
    """RGPD, article 13: who, why, on what basis, for whom, how long, which rights, and to whom to complain."""
    notice = words(client.get("/pages/donnees-personnelles"))
    for said in (
        "responsable de ce traitement",
        "intérêt légitime",
        "mesures prises avant un contrat",
        "Qui les lit",
        "effacée 12 mois après l’action",
        "3 ans après le dernier contact",
        "Factures : dix ans",
        "t’y opposer",
        "réclamation à la CNIL",
        *("Ton profil", "Une note", "ton SIRET", "Tes heures, tes points et tes euros", "vérifier le document sur une page"),
        *("Les messages que le portail t’a envoyés", "L’adresse de ton calendrier", "Chaque téléchargement est noté"),
    ):
        assert said in notice


def test_who_publishes_hosts_and_answers_is_named_once_known(client):
    before = words(client.get("/pages/mentions-legales"))
    assert "ne sont pas encore tous renseignés" in before
    assert "L’hébergeur n’est pas encore renseigné" in before
    said = {
        reglage.NOM: "Association <b>Un</b>",
        reglage.ADRESSE: "1 rue du Port\n97420 Le Port",
        reglage.TELEPHONE: "0262 00 00 00",
        reglage.COURRIEL: "donnees@example.org",
        reglage.RESPONSABLE: "Ada Dijoux",
        reglage.HEBERGEUR: "Hébergeur Deux, 2 rue du Port",
    }
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    for texte, valeur in said.items():
        reglage.change(texte, valeur, by=ada)
    page = client.get("/pages/mentions-legales")
    for valeur in said.values():
        assert " ".join(valeur.split()) in words(page)
    assert f"{said[reglage.NOM]} est responsable" in words(client.get("/pages/donnees-personnelles"))
    assert "renseigné" not in words(page)
    for nom in PAGES:
        assert 'href="mailto:donnees@example.org"' in client.get(f"/pages/{nom}").text


def test_the_statement_of_accessibility_claims_no_audit(client):
    assert "Personne d’extérieur n’a encore mené d’audit" in words(client.get("/pages/accessibilite"))


def test_the_register_says_of_each_processing_what_article_30_wants(client):
    page = client.get("/pages/registre")
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    main = BeautifulSoup(page.text, "html.parser").main
    wanted = ["Pourquoi", "Base légale", "De qui", "Quelles données", "Qui les lit", "Combien de temps"]
    said = [[dt.get_text() for dt in dl.select("dt")] for dl in main.select("dl")]
    assert said == [wanted] * len(main.select("h2"))
    assert len(said) == 6
    assert 'href="/pages/registre"' in client.get("/pages/donnees-personnelles").text


def test_the_durations_are_those_that_the_house_has_set(client):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    reglage.change(reglage.GARDE_CANDIDATURE, 6, by=ada)
    reglage.change(reglage.GARDE_PERSONNE, 1, by=ada)
    db.session.commit()
    register, notice = (words(client.get(f"/pages/{nom}")) for nom in ("registre", "donnees-personnelles"))
    assert "Sans suite : 6 mois après l’action. Acceptée : 1 an après le dernier contact." in register
    assert "effacée 6 mois après l’action" in notice
    assert "1 an après le dernier contact" in notice
