"""/reglages/materiel/ and /reglages/prestations/: what is lent, and what the house offers."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.besoins.commands import answer
from portal.besoins.models import confirmer
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles.commands import save_equipment, save_prestation
from portal.poles.models import Materiel, Prestation, Ressource
from tests import builders

EQUIPMENT, OFFERS = "/reglages/materiel/", "/reglages/prestations/"


@pytest.fixture
def office(app, as_):
    """The admin's browser."""
    return as_(builders.personne("Ada Robert", [builders.ADMIN]))


def main(page):
    return BeautifulSoup(page.text, "html5lib").main


def beside(page, field: str) -> str:
    found = main(page).find(id=f"{field}-erreur")
    return " ".join(found.get_text(" ").split()) if found else ""


def journaled() -> list[str]:
    return list(db.session.scalars(select(EntreeJournal.evenement).order_by(EntreeJournal.id)))


@pytest.mark.parametrize(("url", "words"), [(EQUIPMENT, "Pas encore de matériel"), (OFFERS, "Rien n’est proposé")])
def test_an_empty_list_says_how_to_begin(office, url, words):
    page = main(office.get(url))
    assert words in page.get_text()
    assert page.select(f"a[href^='{url}nouv']")


def test_equipment_is_entered_then_corrected(office):
    groupe = builders.pole("Mobilier")
    sent = {"nom": "Chaises", "stock": "80", "pole": str(groupe.id)}
    assert office.post(f"{EQUIPMENT}nouveau", data=sent).location == EQUIPMENT
    made = db.session.scalars(select(Materiel)).one()
    assert (made.nom, made.stock, made.pole) == ("Chaises", 80, groupe)
    form = main(office.get(f"{EQUIPMENT}{made.id}"))
    assert form.find(id="stock")["value"] == "80"
    assert form.select_one("#pole option[selected]")["value"] == str(groupe.id)
    office.post(f"{EQUIPMENT}{made.id}", data=sent | {"stock": "0", "pole": ""})
    db.session.refresh(made)
    assert (made.stock, made.pole) == (0, None)
    assert journaled()[-2:] == ["materiel.enregistrer"] * 2


@pytest.mark.parametrize(("stock", "words"), [("", "combien"), ("-1", "entre 0"), ("1,5", "entier"), ("9" * 30, "entre 0")])
def test_a_stock_is_a_number(office, stock, words):
    page = office.post(f"{EQUIPMENT}nouveau", data={"nom": "Chaises", "stock": stock})
    assert (page.status_code, words in beside(page, "stock")) == (422, True)
    assert db.session.scalars(select(Materiel)).all() == []


def test_a_name_that_reads_alike_is_taken(office):
    save_equipment(None, nom="Chaises", stock=1, pole=None, by=None)
    page = office.post(f"{EQUIPMENT}nouveau", data={"nom": "chaises", "stock": "3"})
    assert "déjà pris" in beside(page, "nom")
    save_prestation(None, titre="La case", ressource=Ressource.ESPACE, by=None)
    page = office.post(f"{OFFERS}nouvelle", data={"titre": "LA CASE", "ressource": "espace"})
    assert "déjà pris" in beside(page, "titre")


@pytest.mark.both
def test_the_stock_stays_above_what_is_promised(office):
    gina = builders.personne("Gina")
    groupe = builders.pole("Mobilier", members=[gina])
    chairs = save_equipment(None, nom="Chaises", stock=80, pole=groupe, by=None)
    besoin = builders.besoin(builders.action(builders.bienveillant()), groupe, chairs, quantite=50)
    answer(besoin, confirmer, by=gina)
    page = office.post(f"{EQUIPMENT}{chairs.id}", data={"nom": "Chaises", "stock": "49", "pole": ""})
    assert page.status_code == 422
    assert "50 sont promis" in beside(page, "stock")
    assert main(page).find(id="stock")["value"] == "49"
    db.session.expire_all()
    assert (chairs.stock, chairs.pole) == (80, groupe)


def test_an_offer_is_entered_then_corrected(office):
    groupe, case = builders.pole("Communs"), builders.espace("La case")
    sent = {"titre": "La case", "ressource": "espace", "espace": case.id, "pole": groupe.id, "ordre": "2", "visible": "y"}
    assert office.post(f"{OFFERS}nouvelle", data=sent).location == OFFERS
    made = db.session.scalars(select(Prestation)).one()
    assert (made.ressource, made.espace, made.pole, made.ordre, made.visible) == (Ressource.ESPACE, case, groupe, 2, True)
    form = main(office.get(f"{OFFERS}{made.id}"))
    assert form.select_one("#ressource option[selected]")["value"] == "espace"
    assert form.select_one("#espace option[selected]")["value"] == str(case.id)
    office.post(f"{OFFERS}{made.id}", data={"titre": "Un repas", "ressource": "consommable"})
    db.session.refresh(made)
    assert (made.titre, made.ressource, made.espace, made.pole, made.visible) == (
        "Un repas", Ressource.CONSOMMABLE, None, None, False
    )  # fmt: skip
    assert "Cachée" in main(office.get(OFFERS)).get_text()
    assert journaled()[-1] == "prestation.enregistrer"


@pytest.mark.parametrize(
    "sent",
    [{"titre": ""}, {"ressource": "autre"}, {"espace": "99"}, {"pole": "x"}, {"materiel": "99"}, {"ordre": "-1"}],
    ids=str,
)
def test_an_offer_that_makes_no_sense_is_not_kept(office, sent):
    typical = {"titre": "La case", "ressource": "espace", "espace": "", "pole": "", "materiel": "", "ordre": "1"}
    page = office.post(f"{OFFERS}nouvelle", data=typical | sent)
    assert page.status_code == 422
    assert main(page).select(".resume-erreurs a")
    assert db.session.scalars(select(Prestation)).all() == []


def test_a_thing_goes_with_its_own_kind_only(office):
    case, chairs = builders.espace(), save_equipment(None, nom="Chaises", stock=80, pole=None, by=None)
    sent = {"titre": "Un repas", "ressource": "consommable"}
    for name, thing in (("espace", case), ("materiel", chairs)):
        page = office.post(f"{OFFERS}nouvelle", data=sent | {name: str(thing.id)})
        assert page.status_code == 422
        assert "n’accompagne qu’une prestation du genre" in beside(page, name)
        assert office.post(f"{OFFERS}nouvelle", data={"titre": name, "ressource": name, name: str(thing.id)}).status_code == 303
    assert [p.materiel for p in db.session.scalars(select(Prestation).order_by(Prestation.id))] == [None, chairs]


@pytest.mark.parametrize("url", [EQUIPMENT, OFFERS, f"{EQUIPMENT}1", f"{OFFERS}1", f"{EQUIPMENT}nouveau", f"{OFFERS}nouvelle"])
def test_they_are_the_admin_s(as_, client, office, url):
    assert client.get(url).status_code == 303
    assert as_(builders.bienveillant()).get(url).status_code == 403
    assert as_(builders.bienveillant()).post(url).status_code in {403, 405}
    assert office.get(url).status_code == (404 if url.endswith("1") else 200)


@pytest.mark.both
def test_the_lists_cost_the_same_whatever_their_length(office, count_queries):
    costs = []
    for name in ("Un", "Deux", "Trois"):
        groupe = builders.pole(name)
        lent = save_equipment(None, nom=name, stock=1, pole=groupe, by=None)
        save_prestation(None, titre=name, ressource=Ressource.MATERIEL, pole=groupe, materiel=lent, by=None)
        for url in (EQUIPMENT, OFFERS):
            with count_queries() as asked:
                office.get(url)
            costs.append(len(asked))
    assert costs == [2] * 6
