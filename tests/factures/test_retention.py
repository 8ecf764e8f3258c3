"""How long whoever asked for an action is kept: sooner when nothing came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal import clock, reglage
from portal.actions import commands, effacement, relais
from portal.actions.models import Action, Etat
from portal.actions.processus import annuler, decliner, facturer, refuser, solder
from portal.db import db
from portal.factures import reglements
from portal.factures.models import Moyen
from portal.factures.models import Nature as NatureFacture
from portal.factures.reactions import NotPaid
from portal.notifications import nuit
from portal.notifications.echeances import pass_time
from portal.workflow import fire
from tests import builders
from tests.candidatures.test_retention import gone, reports, years_after
from tests.comptes.test_erase import everything
from tests.factures.test_lien import credited
from tests.test_cli import run as run  # a fixture

pytestmark = pytest.mark.both
DEMANDEURS = nuit.SORTES["demandeurs"]
NOON = builders.in_days(0, 12)  # today, when the night is over


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def asked(zoe) -> Action:
    """Somebody asks for an action, and is answered."""
    said = {"nom": "Chorale Unique", "contact": "Armelle Unique", "email": "unique@example.org", "telephone": "+262692777777"}
    made = builders.request(**said)
    relais.take(made, by=zoe)
    return made


def paid(facture: Any, by: Any) -> None:
    reglements.receive(facture, by=by, montant=facture.reste, moyen=Moyen.VIREMENT, le=clock.today())


@pytest.mark.parametrize("end", [refuser, decliner, annuler], ids=lambda end: end.slug)
def test_a_demand_that_led_nowhere_is_erased_twelve_months_after(asked, zoe, end):
    with clock.freeze(NOON):
        commands.decide(asked, end, by=zoe, motif="Pas pour Armelle Unique.")
        db.session.commit()
    limit = years_after(NOON)
    with clock.freeze(limit - timedelta(days=1)):
        assert DEMANDEURS.due() == []
    with clock.freeze(limit - timedelta(minutes=1)):
        pass_time()
        assert asked.demandeur.nom == "Chorale Unique"
    with clock.freeze(limit + timedelta(days=1)):
        assert DEMANDEURS.due() == [asked.id]
        pass_time()
        assert DEMANDEURS.due() == []
    db.session.expire_all()
    assert asked.demandeur.is_erased
    assert "unique" not in everything().lower()
    assert "777777" not in everything()
    assert (asked.etat, asked.personnes) == (end.target, 120)  # it stays counted
    assert reports()[-1] == gone(demandeurs=1)


def test_one_that_goes_on_is_not(asked):
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=5 * 365)):
        assert DEMANDEURS.due() == []


def test_the_months_are_a_setting(asked, zoe):
    commands.decide(asked, refuser, by=zoe, motif="Non.")
    reglage.change(reglage.GARDE_DEMANDE, 1, by=zoe)
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=27)):
        assert DEMANDEURS.due() == []
    with clock.freeze(clock.now() + timedelta(days=32)):
        assert DEMANDEURS.due() == [asked.id]


def settled(affaire: Any, facture: Any) -> None:
    paid(facture, affaire.rita)
    if affaire.action.etat is Etat.TERMINEE:
        fire(facturer, affaire.action, by=affaire.rita)
    fire(solder, affaire.action, by=affaire.rita)
    db.session.commit()


def test_one_that_was_settled_is_erased_three_years_after_and_the_invoice_keeps_its_name(affaire, facture):
    client = affaire.action.demandeur
    with clock.freeze(NOON):
        settled(affaire, facture)
    name, number, paper = client.nom, facture.numero, facture.empreinte
    limit = years_after(NOON, 3)
    with clock.freeze(limit - timedelta(days=1)):
        assert DEMANDEURS.due() == []
    with clock.freeze(limit + timedelta(days=1)):
        pass_time()
    db.session.expire_all()
    assert (client.nom, client.email, client.is_erased) == (name, "", True)
    assert (facture.numero, facture.empreinte) == (number, paper)
    assert facture.contenu["client"]["nom"] == name
    assert reports()[-1]["demandeurs"] == 1


def test_whoever_owes_money_or_is_owed_some_stays(to_come):
    """A deposit was asked for, then nothing came of it: it is invoiced, so the years count, and never while it is unpaid."""
    deposit = to_come.issued(NatureFacture.ACOMPTE)
    commands.decide(to_come.action, annuler, by=to_come.zoe, motif="Cyclone.")
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=4 * 365)):
        assert DEMANDEURS.due() == []
    paid(deposit, to_come.rita)
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=2 * 365)):
        assert DEMANDEURS.due() == []
    with clock.freeze(clock.now() + timedelta(days=4 * 365)):
        assert DEMANDEURS.due() == [to_come.action.id]


def test_so_does_whoever_is_owed_some(to_come):
    """What was paid, then taken back by an avoir, is still to be given back."""
    deposit = to_come.issued(NatureFacture.ACOMPTE)
    paid(deposit, to_come.rita)
    credited(deposit, to_come.rita)
    commands.decide(to_come.action, annuler, by=to_come.zoe, motif="Cyclone.")
    db.session.commit()
    assert deposit.reste < 0
    with clock.freeze(clock.now() + timedelta(days=4 * 365)):
        assert DEMANDEURS.due() == []
        with pytest.raises(NotPaid):
            effacement.erase(to_come.action, by=None)


def test_the_dry_run_says_it_and_writes_nothing(asked, zoe, run):
    commands.decide(asked, refuser, by=zoe, motif="Non.")
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=370)):
        before = everything()
        tried = run("retention", "--essai").output.replace("\u00a0", " ").splitlines()
        assert everything() == before
        assert f"Demandeurs, passé leur délai : 1 demandeurs:{asked.id}" in tried
        done = run("retention").output.replace("\u00a0", " ").splitlines()
        assert "Demandeurs, passé leur délai : 1" in done
    assert reports() == [gone(demandeurs=1)]
