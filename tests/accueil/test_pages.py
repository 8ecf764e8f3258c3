"""The legal pages: public, without cookie, and saying what the law wants said."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

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


def test_a_page_costs_nothing_to_the_database(client, count_queries):
    with count_queries() as statements:
        client.get("/pages/donnees-personnelles")
    assert len(statements) == 0


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
        "effacée douze mois après l’action",
        "trois ans après le dernier contact",
        "Factures : dix ans",
        "t’y opposer",
        "réclamation à la CNIL",
        *("Ton profil", "Une note", "ton SIRET", "Tes heures, tes points et tes euros", "vérifier le document sur une page"),
        *("Les messages que le portail t’a envoyés", "L’adresse de ton calendrier", "Chaque téléchargement est noté"),
    ):
        assert said in notice


def test_who_publishes_hosts_and_answers_is_named_once_known(client, settings):
    before = words(client.get("/pages/mentions-legales"))
    assert "ne sont pas encore renseignés" in before
    assert "L’hébergeur n’est pas encore renseigné" in before
    settings(publisher="Association <b>Un</b>", host="Hébergeur Deux, 1 rue du Port", contact="donnees@example.org")
    page = client.get("/pages/mentions-legales")
    assert "Association <b>Un</b>" in words(page)
    assert "Hébergeur Deux, 1 rue du Port" in words(page)
    assert "renseigné" not in words(page)
    for nom in PAGES:
        assert 'href="mailto:donnees@example.org"' in client.get(f"/pages/{nom}").text


def test_the_statement_of_accessibility_claims_no_audit(client):
    assert "Personne d’extérieur n’a encore mené d’audit" in words(client.get("/pages/accessibilite"))
