"""What the pages of invoices ask of the database: the same number of statements for one row as for several."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.db import db
from portal.factures import commands, depots, relances
from portal.factures.models import Facture, Nature, Statut
from portal.jour_j import consommations
from portal.jour_j.models import Consommation, Genre, Jour
from portal.poles.models import Ressource
from portal.reglage import Profil
from tests import builders
from tests.factures.conftest import Affaire
from tests.factures.test_avoirs import credit
from tests.factures.test_constats import noted
from tests.factures.test_exercices import receive
from tests.factures.test_facturx import deal, issued
from tests.factures.test_lien import url as link

many = pytest.mark.parametrize("rows", [1, 3])


@pytest.fixture
def asked(count_queries):
    def asked(client, address: str) -> int:
        with count_queries() as statements:
            assert client.get(address).status_code == 200
        return len(statements)

    return asked


def draft(to_come: Affaire, rows: int) -> Facture:
    """Of the whole, its deposit issued and taken back in part, after a day that noted people, hours and what it used."""
    deposit = to_come.issued(Nature.ACOMPTE)
    for _ in range(rows):
        credit(deposit, to_come.rita, 1_00)
    consumable = {"ressource": Ressource.CONSOMMABLE, "quantite": 1}
    needs = [builders.besoin(to_come.action, builders.pole(f"Bar {n}"), titre=f"Café {n}", **consumable) for n in range(rows)]
    made, there = to_come.end().draft(), db.session.get_one(Jour, to_come.action.id)
    for number, need in enumerate(needs):
        said = {"libelle": f"Repas {number}", "unite": made.lignes[0].unite, "prix": 1_00, "motif": "En plus."}
        commands.add(made, by=to_come.rita, pole_id=builders.pole(f"Pôle {number}").id, **said)
        db.session.add(Consommation(jour_id=there.id, besoin_id=need.id, libelle="Café", quantite=100, par=builders.personne()))
        consommations.note_used(there, {}, more=(f"Gobelets {number}", 12_00), by=builders.personne(), read="")
        noted(
            to_come, (Genre.SITE, "ouvrir", 9 + number), (Genre.JAUGE, "+10", 9 + number), (Genre.SITE, "fermer", 9.5 + number)
        )
    db.session.commit()
    return made


@many
def test_a_draft(to_come, as_, asked, rows):
    made = draft(to_come, rows)
    for who in (to_come.rita, to_come.zoe):
        assert asked(as_(who), f"/factures/{made.id}") == 6
    assert asked(as_(to_come.rita), f"/factures/{made.id}.pdf") == 4
    assert asked(as_(to_come.rita), f"/factures/{made.id}/ligne") == 4
    used = db.session.query(Consommation).filter_by(besoin_id=None).first()
    assert asked(as_(to_come.rita), f"/factures/{made.id}/ligne?releve=ligne_{used.id}") == 5


@many
def test_the_tab_of_its_action(to_come, as_, count_queries, rows):
    """What its head asks of who looks is left out: every tab says it."""
    deposit = to_come.issued(Nature.ACOMPTE)
    for _ in range(rows):
        receive(deposit, to_come.rita, 1_00)
        credit(deposit, to_come.rita, 1_00)
    to_come.end()
    db.session.commit()
    address = f"/factures/action/{to_come.action.id}"
    for client in (as_(to_come.rita), as_(to_come.zoe)):
        with count_queries() as statements:
            tab = client.get(address)
        assert "Préparer la facture" in tab.text
        assert len([one for one in statements if not one.startswith("SELECT EXISTS")]) == 5


@many
@pytest.mark.parametrize("nature", Nature)
def test_a_draft_of_another_nature(to_come, as_, asked, nature, rows):
    """An avoir on a deposit asks besides whether an invoice deducts it, and what was paid of it."""
    if nature is Nature.AVOIR:
        deposit = to_come.issued(Nature.ACOMPTE)
        for _ in range(rows):
            receive(deposit, to_come.rita, 1_00)
            credit(deposit, to_come.rita, 1_00)
        made = commands.credit(deposit, by=to_come.rita)
    else:
        made = to_come.draft(Nature.ACOMPTE)
    db.session.commit()
    assert asked(as_(to_come.rita), f"/factures/{made.id}") == (6 if nature is Nature.AVOIR else 4)


@pytest.fixture
def one_of_everything(people):
    """Issued by somebody, paid in part, corrected, reminded, handed over: each as often as it is said."""

    def build(rows: int) -> Facture:
        other = builders.personne("Ravi Técher", [builders.TRESORIER])
        facture = issued(deal((people[0], other), Profil.ASSUJETTIE).end())
        for rang in range(1, rows + 1):
            receive(facture, builders.personne(f"Payé {rang}", [builders.TRESORIER]), 1_00)
            credit(facture, other, 1_00)
            depots.note(facture, Statut.DEPOSEE, by=builders.personne(f"Noté {rang}"))
            with clock.freeze(clock.now() + timedelta(days=30 + 50 * rang)):
                relances.remind(facture, rang, by=builders.personne(f"Relancé {rang}"))
        db.session.commit()
        return facture

    return build


@many
def test_what_left(people, one_of_everything, as_, client, asked, rows):
    facture, rita = one_of_everything(rows), as_(people[1])
    avoir = facture.avoirs[0]
    assert asked(rita, f"/factures/{facture.id}") == 6
    assert asked(rita, f"/factures/{facture.id}.pdf") == 2
    assert asked(client, link(facture)) == 4
    assert asked(client, link(facture, "/facture.pdf")) == 1
    for vue in ("a_encaisser", "toutes"):
        assert asked(rita, f"/factures/?vue={vue}") <= 6
    assert asked(rita, f"/factures/{avoir.id}") <= 6
    assert asked(client, link(avoir)) <= 6
