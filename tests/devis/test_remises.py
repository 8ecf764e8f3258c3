"""A large discount is the word of two people: what the second one agreed to is what leaves, whatever moves meanwhile."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal import reglage
from portal.actions.models import reading
from portal.db import db
from portal.devis import commands, envoi, queries
from portal.devis.listes import to_approve
from tests import builders


@pytest.fixture
def zoe(app):
    made = builders.bienveillant()
    builders.identity(made)
    return made


@pytest.fixture
def bruno(app):
    return builders.bienveillant("Bruno Ozoux")


@pytest.fixture
def devis(zoe):
    made = builders.devis(builders.validated(zoe))
    db.session.commit()
    return made


def change(devis, by, **fields) -> None:
    [line] = devis.lignes
    commands.edit(line, by=by, read=reading(line.sheet), **fields)


@pytest.mark.parametrize(("fields", "again"), [
    ({"quantite": 900_00}, True),
    ({"prix": 1200_00}, True),
    ({"libelle": "La case, en soirée"}, False),
    ({"remise": 10_00}, False),
])  # fmt: skip
def test_the_same_discount_on_another_amount_is_approved_again(devis, zoe, bruno, fields, again):
    commands.discount(devis, by=zoe, remise=50_00)
    envoi.approve(devis, by=bruno)
    change(devis, zoe, **fields)
    assert envoi.needs_approval(devis) is again


def test_whoever_changes_what_nobody_approved_yet_does_not_grant_it_instead(devis, zoe, bruno):
    commands.discount(devis, by=zoe, remise=50_00)
    change(devis, bruno, quantite=10_00)
    with pytest.raises(envoi.OwnDiscount):
        envoi.approve(devis, by=zoe)


@pytest.mark.both
def test_a_discount_that_becomes_large_by_the_settings_is_approved_by_somebody_else(devis, zoe, bruno):
    commands.discount(devis, by=zoe, remise=12_00)
    reglage.change(reglage.REMISE_SEULE, 10, by=zoe)
    assert envoi.needs_approval(devis)
    assert [db.session.scalars(to_approve(who)).all() for who in (zoe, bruno)] == [[], [devis]]
    with pytest.raises(envoi.OwnDiscount):
        envoi.approve(devis, by=zoe)
    envoi.approve(devis, by=bruno)
    assert not envoi.needs_approval(devis)


@pytest.mark.parametrize("who", ["an admin", "another bienveillant"])
def test_a_discount_that_grew_while_it_was_read_is_read_again(as_, devis, zoe, bruno, who):
    """On the page of whoever reads it as on that of whoever may change it too."""
    other = as_(bruno if who != "an admin" else builders.personne("Ada Dijoux", [builders.ADMIN]))
    commands.discount(devis, by=zoe, remise=20_00)
    db.session.commit()
    page = BeautifulSoup(other.get(f"/devis/{devis.id}").text, "html5lib")
    form = page.select_one("form[action$='/approuver']")
    assert form
    sent = {str(field["name"]): str(field["value"]) for field in form.select("input[name]")}
    commands.discount(devis, by=zoe, remise=90_00)
    db.session.commit()
    answer = other.post(f"/devis/{devis.id}/approuver", data=sent)
    assert (answer.status_code, "ont changé pendant que tu les lisais" in answer.text) == (409, True)
    assert envoi.needs_approval(queries.fresh(devis.id))
