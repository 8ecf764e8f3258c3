"""The share-out on its pages: what each may see and do, and what it costs."""

from __future__ import annotations

import pytest

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.contributions.models import Contribution, Unite
from portal.db import db
from portal.factures import reglements
from portal.factures.models import Moyen
from portal.missions.models import Nature
from portal.partage import commands
from tests import builders
from tests.partage.conftest import WHOLE, expense, soup

# --- who sees what -------------------------------------------------------------------------------------------


def test_a_member_of_a_pole_reads_its_part_and_no_receipt(fete, url, as_):
    noted = fete.spend(80_00, fete.cuisine)
    db.session.commit()
    chef = as_(fete.chef)
    shown = chef.get(url).text
    assert "Cuisine" in shown
    assert "Changer les clés" not in shown
    assert chef.get(f"{url}/releve/{fete.cuisine.id}").status_code == 200
    assert chef.get(f"/partage/depenses/{noted.id}/justificatif").status_code == 403
    assert fete.action.titre in chef.get("/partage/?vue=a_venir").text


def test_a_member_of_a_pole_that_was_invoiced_or_paid_reads_it_too(fete, url, as_):
    jo = builders.personne("Jo Ramin")
    garden = builders.pole("Jardin", members=[jo])
    db.session.commit()
    assert as_(jo).get(url).status_code == 403
    paid = fete.spend(80_00, garden)
    db.session.commit()
    assert as_(jo).get(f"{url}/releve/{garden.id}").status_code == 200
    assert fete.action.titre in as_(jo).get("/partage/?vue=a_venir").text
    commands.remove(paid, by=fete.zoe)
    fete.baskets(garden)
    db.session.commit()
    assert as_(jo).get(url).status_code == 200


def test_with_nothing_to_decide_the_list_leads_to_what_is_to_come(fete, url, as_):
    rita = as_(fete.rita)
    empty = soup(rita.get("/partage/")).select_one(".vide")
    assert "une fois sa facture payée" in empty.text
    assert fete.action.titre in rita.get(empty.a["href"]).text


def test_a_cancelled_action_says_what_is_left_to_note_and_to_decide(a_venir, as_):
    fete = a_venir
    actions.decide(fete.action, annuler, by=fete.zoe, motif="Cyclone.")
    db.session.commit()
    zoe, rita, url = as_(fete.zoe), as_(fete.rita), f"/partage/action/{fete.action.id}"
    assert soup(zoe.get(f"/actions/{fete.action.id}")).select_one(f'.onglets a[href="{url}"]')
    page = rita.get(url).text
    assert "Pas encore facturée" not in page
    assert "rien à partager" in page
    assert "Noter une dépense" in page
    assert zoe.post(f"{url}/depense", data=expense()).status_code == 303
    page = soup(rita.get(url))
    tout = page.select_one("#decider [name=tout]")["value"]
    assert "rien à partager" not in page.text
    assert rita.post(f"{url}/decider", data={"tout": tout, "perte": ""}).status_code == 422
    assert rita.post(f"{url}/decider", data={"tout": tout, "perte": "Le cyclone"}).status_code == 303
    assert "soldée" not in soup(rita.get(url)).select_one("main").text
    assert rita.post(f"{url}/clore").status_code == 303
    assert fete.action.titre in rita.get("/partage/?vue=clos").text


def test_before_it_is_confirmed_no_expense_is_proposed(fete, as_):
    early = builders.validated(fete.zoe)
    db.session.commit()
    assert "Noter une dépense" not in as_(fete.rita).get(f"/partage/action/{early.id}").text


def test_the_statement_of_each_says_its_part_and_what_it_spent(fete, url, as_):
    fete.invoiced()
    fete.spend(80_00, fete.cuisine)
    fete.decide()
    db.session.commit()
    rita = as_(fete.rita)
    shown = rita.get(f"{url}/releve/{fete.cuisine.id}").text.replace("\u202f", "")
    for said in ("94,25", "80,00", "174,25"):
        assert said in shown
    assert rita.get(f"{url}/releve/commun").status_code == 200
    assert rita.get(f"{url}/releve/999").status_code == 404


def test_the_statement_of_a_loss_calls_it_one(fete, url, as_):
    fete.invoiced()
    fete.spend(WHOLE + 50_00)
    fete.decide("On l’a fait pour le quartier.")
    db.session.commit()
    said = soup(as_(fete.rita).get(f"{url}/releve/commun")).select_one(".sommes div")
    assert [said.dt.text, said.dd.text.split()] == ["Perte de l’action", ["50,00", "€"]]


def test_hours_that_are_validated_later_are_corrected_by_somebody_who_says_why(fete, url, as_):
    """The book of hours moves by itself: the page says that the ledger does not follow any more."""
    fete.invoiced()
    fete.decide()
    said = {"unite": Unite.CENTIMES, "quantite": 150_00, "annee": 2026, "par_id": fete.rita.id, "action_id": fete.action.id}
    line = Contribution(personne_id=fete.chef.id, mission_id=fete.mission.id, nature=Nature.CHARGE_DE_MISSION, **said)
    db.session.add(line)
    db.session.commit()
    rita = as_(fete.rita)
    page = rita.get(url).text
    assert "Les comptes ont bougé" in page
    assert "Clore le partage" not in page
    assert rita.post(f"{url}/corriger", data={"motif": " "}).status_code == 422
    assert rita.post(f"{url}/corriger", data={"motif": "Heures validées en retard"}).status_code == 303
    assert sum(fete.parts()) == WHOLE - 150_00
    assert "Les comptes ont bougé" not in rita.get(url).text
    late = rita.post(f"{url}/corriger", data={"motif": "Heures validées en retard"})  # nothing moves any more
    assert late.status_code == 409
    assert "Heures validées en retard" in soup(late).select_one(".resume-erreurs").text


def test_no_correction_is_proposed_while_the_money_that_it_would_give_is_awaited(fete, url, as_):
    facture = fete.invoiced()
    fete.decide()
    fete.credit(facture)
    anew = fete.issued()
    db.session.commit()
    rita = as_(fete.rita)
    assert "Les comptes ont bougé" not in rita.get(url).text
    assert f"{anew.label}\u00a0:" in soup(rita.get(url)).text
    late = rita.post(f"{url}/corriger", data={"motif": "La fête est passée"})
    assert late.status_code == 409
    assert "La fête est passée" in soup(late).select_one(".resume-erreurs").text


# --- what it costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 3])
def test_its_pages_cost_the_same_for_one_row_or_several(fete, url, as_, count_queries, many):
    """Who sets it up, the treasurer, a member of a pôle: each reads the tab in ten statements at most."""
    facture = fete.issued()
    for n in range(many):
        moyen = {"moyen": Moyen.VIREMENT, "le": clock.today()}
        reglements.receive(facture, by=fete.rita, montant=facture.reste // (many - n), **moyen)
        fete.spend(10_00 + n, fete.cuisine)
    readers = [as_(who) for who in (fete.zoe, fete.rita, fete.chef)]
    assert cost(readers, [url], count_queries) == [9, 10, 10]
    fete.decide()
    for n in range(many):
        fete.spend(5_00 + n, fete.scene, by=fete.rita)
    statement = f"{url}/releve/{fete.cuisine.id}"
    assert cost(readers, [url, statement], count_queries) == [9, 10, 10, 9, 9, 10]


def cost(readers, pages, count_queries) -> list[int]:
    """How many statements each page costs each of them."""
    db.session.commit()
    spent = []
    for page in pages:
        for reader in readers:
            with count_queries() as statements:
                assert reader.get(page).status_code == 200
            spent.append(len(statements))
    return spent
