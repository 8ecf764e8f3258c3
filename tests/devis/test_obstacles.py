"""What keeps a devis from leaving: each thing is said with the place where it is mended, a large discount by somebody else."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import reglage
from portal.actions.models import reading
from portal.comptes.models import NomRole
from portal.db import db
from portal.devis import commands, envoi, queries
from portal.devis.models import Unite
from tests import builders
from tests.devis.test_editeur import add, client, devis, numbers, words, zoe

__all__ = ["client", "devis", "zoe"]  # fixtures


def obstacles(client, devis) -> dict[str, str]:
    """Each sentence of the list, and where it leads."""
    rows = BeautifulSoup(client.get(f"/devis/{devis.id}").text, "html5lib").select(".obstacles > li")
    return {" ".join(row.p.get_text().split()): str(row.a["href"]) if row.a else "" for row in rows if row.p}


def test_each_thing_that_is_missing_leads_where_it_is_mended(as_, app):
    ada = builders.personne("Ada Dijoux", [NomRole.ADMIN, NomRole.BIENVEILLANT])
    devis = builders.devis(builders.validated(ada), prix=160_00)
    devis.action.demandeur.adresse = ""
    free = add(devis, "Sono", prix=0)
    found = list(obstacles(as_(ada), devis).values())
    line = devis.lignes[0]
    assert found == [
        "/reglages/identite",
        f"/actions/{devis.action_id}/modifier?next=/devis/{devis.id}%23envoi#demandeur_adresse",
        f"#l{line.id}-motif",
        f"#l{free.id}-prix",
    ]
    page = BeautifulSoup(as_(ada).get(f"/devis/{devis.id}").text, "html5lib")
    assert [bool(page.find(id=link[1:])) for link in found if link.startswith("#")] == [True, True]
    assert page.find(id="force") is None  # a reason passes over a pôle only


def test_while_something_else_is_missing_no_reason_passes_over_a_pole(client, devis, zoe):
    commands.add(devis, by=zoe, libelle="Visite", unite=Unite.FORFAIT, prix=100_00, pole_id=builders.pole("Jardin").id)
    passed = "On attend encore le pôle Jardin. Relance, ou envoie quand même en disant pourquoi."
    assert list(obstacles(client, devis)) == [passed]
    devis.action.demandeur.adresse = ""
    assert "On attend encore le pôle Jardin." in obstacles(client, devis)


def test_an_hour_of_site_out_of_the_range_asks_why_in_its_line(client, devis):
    line = devis.lignes[0]
    client.post(f"/devis/{devis.id}/lignes", data=numbers(line, prix="160"))
    assert any("n’est pas entre 100 et 150" in sentence for sentence in obstacles(client, devis))
    assert client.post(f"/devis/{devis.id}/envoyer").status_code == 422
    client.post(f"/devis/{devis.id}/lignes", data=numbers(queries.fresh(devis.id).lignes[0], motif="Un soir de fête"))
    assert obstacles(client, devis) == {}
    assert client.post(f"/devis/{devis.id}/envoyer").status_code == 303


def test_an_hour_of_site_that_is_given_away_asks_why_too(devis, zoe):
    [line] = devis.lignes
    commands.edit(line, by=zoe, read=reading(line.sheet), comprise=True)
    assert [type(left) for left in envoi.obstacles(devis)] == [envoi.OutOfRange]


def test_it_leaves_with_the_number_of_the_house_on_it(devis, zoe):
    """Its SIRET, or else its RNA."""
    reglage.change(reglage.SIRET, "", by=zoe)
    assert [type(left) for left in envoi.obstacles(devis)] == [envoi.NobodyKnown]
    reglage.change(reglage.RNA, "W9R1234567", by=zoe)
    assert envoi.obstacles(devis) == []


def test_a_large_discount_is_approved_by_somebody_else(as_, client, devis, zoe):
    bruno = builders.bienveillant("Bruno Ozoux")
    client.post(f"/devis/{devis.id}/remise", data={"remise": "16"})
    assert queries.fresh(devis.id).lignes[0].remise == 1600
    assert "Approuver la remise" not in client.get(f"/devis/{devis.id}").text
    assert client.post(f"/devis/{devis.id}/approuver").status_code == 403
    assert client.post(f"/devis/{devis.id}/envoyer").status_code == 409
    other = as_(bruno)
    assert "Approuver la remise" in other.get(f"/devis/{devis.id}").text
    assert other.post(f"/devis/{devis.id}/approuver").status_code == 303
    assert "Approuver la remise" not in other.get(f"/devis/{devis.id}").text
    assert not envoi.needs_approval(queries.fresh(devis.id))


@pytest.mark.parametrize("how", ["a new line", "a number", "all lines"])
def test_what_was_approved_is_not_a_larger_discount(as_, client, devis, zoe, how):
    line, bruno = devis.lignes[0], builders.bienveillant("Bruno Ozoux")
    commands.discount(devis, by=zoe, remise=1600)
    envoi.approve(devis, by=bruno)
    if how == "a new line":
        add(devis, remise=9000)
    elif how == "a number":
        client.post(f"/devis/{devis.id}/lignes", data=numbers(line, remise="50"))
    else:
        commands.discount(devis, by=zoe, remise=5000)
    assert envoi.needs_approval(queries.fresh(devis.id))


def test_a_small_discount_by_somebody_else_does_not_let_the_first_one_approve_their_own(devis, zoe):
    bruno = builders.personne("Ada Dijoux", [NomRole.ADMIN])
    commands.discount(devis, by=zoe, remise=5000)
    small = add(devis)
    commands.edit(small, by=bruno, read=reading(small.sheet), remise=100)
    with pytest.raises(envoi.OwnDiscount):
        envoi.approve(devis, by=zoe)


def test_a_need_that_nobody_has_answered_is_said_before_it_leaves(client, zoe, devis):
    garden = builders.pole("Jardin", members=[builders.personne("Gina")])
    page = f"/devis/{devis.id}"
    assert "pas encore de réponse" not in words(client.get(page))
    builders.besoin(devis.action, garden, titre="Ruban")
    builders.besoin(devis.action, garden, asked=False, titre="Bancs")
    db.session.commit()
    assert "2 besoins n’ont pas encore de réponse : Ruban, Bancs." in words(client.get(page))
