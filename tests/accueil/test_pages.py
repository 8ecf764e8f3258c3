"""The legal pages: public, without cookie, and saying what the law wants said."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock, presse, reglage
from portal.config import ROOT
from portal.db import db
from tests import builders
from tests.support import PHONE
from tests.test_every_page import NARROW, RULES

PAGES = ["mentions-legales", "donnees-personnelles", "accessibilite"]
AXE = re.match(r"/\*! axe v([0-9.]+)", (ROOT / "tests/vendor/axe.min.js").read_text())


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
    """RGPD, art. 13: who, why, on what basis, for whom, how long, which rights, and to whom to complain."""
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
        "ton âge le jour de la mission, et le nom et le numéro de ton parent ou responsable légal",
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


def test_the_statement_of_accessibility_says_what_the_tests_do(client):
    """The tool, its rules, the widths: those of tests/test_every_page.py; the papers: those of presse."""
    said = words(client.get("/pages/accessibilite"))
    assert f"axe-core {AXE[1]}" in said
    assert set(RULES["runOnly"]) == {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"}
    assert "règles A et AA de WCAG 2.0, 2.1 et 2.2" in said
    assert f"{PHONE['viewport']['width']} pixels" in said
    assert (NARROW * 4, f"{NARROW} pixels" in said, "400 %" in said) == (1280, True, True)
    assert ("ua-1" in presse.STANDARDS, "PDF/UA-1" in said) == (True, True)


# --- whom to tell of a hole ------------------------------------------------------------------------------------


def test_programs_read_whom_to_tell_of_a_hole(client, settings, app):
    """RFC 9116: Contact and Expires once each, less than a year away, on https addresses of this portal."""
    settings(base_url="https://portail.example.org")
    reglage.change(reglage.COURRIEL, "donnees@example.org", by=builders.personne("Ada Robert"))
    db.session.commit()
    answer = client.get("/.well-known/security.txt")
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert "Set-Cookie" not in answer.headers
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    expires = datetime.fromisoformat(fields.pop("Expires"))
    assert clock.now() + timedelta(days=90) < expires < clock.now() + timedelta(days=365)
    assert fields == {
        "Contact": "mailto:donnees@example.org",
        "Preferred-Languages": "fr, en",
        "Canonical": "https://portail.example.org/.well-known/security.txt",
        "Policy": "https://portail.example.org/pages/securite",
    }


def test_until_the_house_says_whom_there_is_none(client):
    assert client.get("/.well-known/security.txt").status_code == 404
    assert client.get("/pages/securite").status_code == 200


def test_the_register_says_of_each_processing_what_article_30_wants(client):
    page = client.get("/pages/registre")
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    main = BeautifulSoup(page.text, "html.parser").main
    wanted = ["Pourquoi", "Base légale", "De qui", "Quelles données", "Qui les lit", "Combien de temps"]
    said = [[dt.get_text() for dt in dl.select("dt")] for dl in main.select("dl")]
    assert said == [wanted] * len(main.select("h2"))
    assert len(said) == 6
    assert "Mesures de sécurité" in words(page)  # RGPD, art. 30, 1 g
    assert "l’adresse réseau, qui en sont la preuve" in words(page)
    assert 'href="/pages/registre"' in client.get("/pages/donnees-personnelles").text


def test_the_durations_are_those_that_the_house_has_set(client):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    reglage.change(reglage.GARDE_CANDIDATURE, 6, by=ada)
    reglage.change(reglage.GARDE_PERSONNE, 1, by=ada)
    reglage.change(reglage.GARDE_DEMANDE, 5, by=ada)
    reglage.change(reglage.GARDE_CLIENT, 2, by=ada)
    db.session.commit()
    register, notice = (words(client.get(f"/pages/{nom}")) for nom in ("registre", "donnees-personnelles"))
    assert "Sans suite : 6 mois après l’action. Acceptée : 1 an après le dernier contact." in register
    assert "effacée 6 mois après l’action" in notice
    assert "1 an après le dernier contact" in notice
    assert "responsable légal d’une personne mineure, candidature acceptée ou non : 6 mois après l’action" in notice
    assert "effacés 5 mois après. Facturée ou soldée : 2 ans après, et jamais tant que de l’argent reste dû" in notice
    assert "5 mois après une demande refusée, abandonnée ou annulée ; 2 ans après une action facturée ou soldée" in register
