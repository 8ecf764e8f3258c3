"""/reglages/identite and /reglages/devis: who the house is on paper, and what the collective decided of its devis."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal import reglage
from portal.db import db
from portal.devis.forms import rates
from portal.reglage import Choix, Profil
from tests import builders

PAGES = {"maison": reglage.LE_LIEU, "identite": reglage.ASSOCIATION, "devis": reglage.DEVIS}


@pytest.fixture
def ada(app):
    made = builders.personne("Ada Dijoux", [builders.ADMIN])
    db.session.commit()
    return made


def form_of(client, page: str) -> dict[str, Any]:
    """What the page's form would send as it is."""
    form = BeautifulSoup(client.get(f"/reglages/{page}").text, "html5lib").select_one("form.formulaire")
    fields = {i["name"]: i.get("value", "") for i in form.select("input[name]")}
    fields |= {t["name"]: t.get_text().strip() for t in form.select("textarea")}
    return fields | {s["name"]: s.select_one("option[selected]")["value"] for s in form.select("select")}


def send(client, page: str, **typed: str):
    return client.post(f"/reglages/{page}", data=form_of(client, page) | typed)


@pytest.mark.both
def test_who_the_house_is(as_, ada):
    client = as_(ada)
    who = {"identite_nom": "La Raffinerie", "identite_siret": "123 456 782 00010", "profil_fiscal": "assujettie"}
    assert send(client, "identite", **who).status_code == 303
    assert (reglage.NOM.valeur, reglage.SIRET.valeur) == ("La Raffinerie", "12345678200010")
    assert send(client, "devis", taux_tva="8,5 % ; 2.1", devis_acompte="40").status_code == 303
    assert (reglage.PROFIL.valeur, reglage.ACOMPTE.valeur, rates()) == (Profil.ASSUJETTIE, 40, [850, 210, 0])


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_is_what_is_kept(as_, ada, page):
    client = as_(ada)
    before = [s.valeur for s in PAGES[page]]
    assert send(client, page).status_code == 303
    assert [s.valeur for s in PAGES[page]] == before
    kept = {s.cle: s.valeur.value if isinstance(s, Choix) else str(s.valeur) for s in PAGES[page]}
    assert {cle: value for cle, value in form_of(client, page).items() if cle in kept} == kept


@pytest.mark.parametrize(
    ("page", "field", "wrong", "said"),
    [
        ("identite", "identite_siret", "12345678200011", "Ce SIRET n’est pas valide"),
        ("identite", "identite_rna", "123456789", "Un numéro RNA est un W"),
        ("identite", "identite_tva", "FR00123456782", "Ce numéro de TVA n’est pas valide"),
        ("identite", "identite_email", "bonjour", "Cette adresse semble incomplète"),
        ("identite", "identite_nom", "R" * 201, "200 caractères au plus"),
        ("devis", "taux_tva", "8,5, 2,1", "séparés par des points-virgules"),
        ("devis", "taux_tva", "vingt", "séparés par des points-virgules"),
        ("devis", "taux_tva", "8,555", "séparés par des points-virgules"),
        ("devis", "taux_tva", "", "séparés par des points-virgules"),
        ("devis", "site_heure_min", "151", "Le minimum dépasse le maximum"),
        ("devis", "devis_acompte", "101", "Un nombre entier entre 0 et 100"),
        ("devis", "devis_validite", "0", "Un nombre entier entre 1 et 365"),
        ("identite", "profil_fiscal", "pirate", ""),
    ],
)
def test_what_makes_no_sense_changes_nothing_and_is_given_back(as_, ada, page, field, wrong, said):
    client = as_(ada)
    before = [s.valeur for s in PAGES[page]]
    answer = send(client, page, **{field: wrong, "identite_forme": "Coopérative", "devis_relance": "12"})
    assert answer.status_code == 422
    shown = BeautifulSoup(answer.text, "html5lib")
    assert said in shown.select_one(f"#{field}-erreur").get_text().replace("\u00a0", " ")
    assert [s.valeur for s in PAGES[page]] == before
    assert "Coopérative" in answer.text or 'value="12"' in answer.text


@pytest.mark.parametrize("rates", ["8,5", "8.5;2.1", "8,5 % ; 2,1 % ; 20", "0"])
def test_rates_are_written_as_people_write_them(as_, ada, rates):
    assert send(as_(ada), "devis", taux_tva=rates).status_code == 303


@pytest.mark.parametrize(("least", "most"), [("100", "100"), ("0", "0"), ("90", "160")])
def test_the_hour_of_the_site_has_a_range(as_, ada, least, most):
    assert send(as_(ada), "devis", site_heure_min=least, site_heure_max=most).status_code == 303
    assert (reglage.SITE_LEAST.valeur, reglage.SITE_MOST.valeur) == (int(least), int(most))


@pytest.mark.both
def test_a_stale_page_does_not_write_over_what_somebody_else_changed(as_, ada):
    client, other = as_(ada), as_(builders.personne("Noé Admin", [builders.ADMIN]))
    stale = form_of(client, "devis")
    assert send(other, "devis", devis_acompte="50", devis_validite="45").status_code == 303
    answer = client.post("/reglages/devis", data=stale | {"devis_acompte": "20", "devis_paiement": "Par virement."})
    assert answer.status_code == 409
    assert (reglage.ACOMPTE.valeur, reglage.VALIDITE.valeur, reglage.PAIEMENT.valeur) == (50, 45, "")
    form = BeautifulSoup(answer.text, "html5lib").select_one("form.formulaire")
    values = {i["name"]: i.get("value") for i in form.select("input[name]")}
    assert (values["devis_acompte"], values["devis_validite"]) == ("20", "45")  # one's own words, and what the other set
    assert "50" in form.select_one(".encart .citation").get_text()
    assert form.select_one("textarea[name=devis_paiement]").get_text().strip() == "Par virement."


def test_only_an_admin_comes_in(as_, app):
    for roles in ([], [builders.BIENVEILLANT], [builders.TRESORIER]):
        client = as_(builders.personne(roles=roles))
        for page in PAGES:
            assert client.get(f"/reglages/{page}").status_code == 403
            assert client.post(f"/reglages/{page}", data={"identite_nom": "X"}).status_code == 403
