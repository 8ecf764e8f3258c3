"""An e-invoice goes to the « plateforme agréée »: what it says is noted, line after line; what is to go is in sight."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.actions import effacement
from portal.actions.models import Etat as ActionEtat
from portal.comptes import commands as comptes
from portal.db import db
from portal.factures import depots, facturx, queries, reglements
from portal.factures.models import Depot, Facture, Moyen, Statut
from portal.reglage import Profil
from portal.workflow import MotifMissing
from tests import builders
from tests.devis.test_lien import words
from tests.factures.test_facturx import PUBLIC, deal, issued
from tests.factures.test_lien import credited


@pytest.fixture
def rita(people):
    return people[1]


@pytest.fixture
def facture(people) -> Facture:
    made = issued(deal(people, Profil.ASSUJETTIE).end())
    db.session.commit()
    return made


def waiting() -> list[Facture]:
    return queries.listed("a_deposer", 1).items


def test_from_its_issue_to_the_money(rita, facture):
    assert (facture.statut, waiting()) == (Statut.A_DEPOSER, [facture])
    for statut in (Statut.DEPOSEE, Statut.RECUE, Statut.ENCAISSEE):
        depots.note(facture, statut, by=rita, reference="PA-77")
        assert (facture.statut, waiting()) == (statut, [])
    assert [one.statut for one in facture.depots] == [Statut.DEPOSEE, Statut.RECUE, Statut.ENCAISSEE]


def test_a_mistake_is_put_right_by_one_more_line(rita, facture):
    depots.note(facture, Statut.DEPOSEE, by=rita)
    depots.note(facture, Statut.A_DEPOSER, by=rita)
    assert waiting() == [facture]
    assert len(facture.depots) == 2


def test_a_refusal_says_why(rita, facture):
    with pytest.raises(MotifMissing):
        depots.note(facture, Statut.REFUSEE, by=rita, motif=" ")
    noted = depots.note(facture, Statut.REFUSEE, by=rita, motif="SIRET inconnu de l’annuaire")
    assert (noted.motif, facture.statut) == ("SIRET inconnu de l’annuaire", Statut.REFUSEE)


def test_the_same_form_sent_twice_is_one_line(rita, facture):
    first, again = (depots.note(facture, Statut.DEPOSEE, by=rita, cle="un-envoi") for _ in range(2))
    assert first is again


@pytest.mark.both
def test_what_goes_to_a_platform_is_what_its_paper_says(people, rita):
    """The list, which the database reads, and the rule of the paper."""
    made = [
        issued(deal(people, profil, consumer=consumer).end(), **head)
        for profil, consumer, head in (
            (Profil.ASSUJETTIE, False, {}),
            (Profil.ASSUJETTIE, True, {}),
            (Profil.FRANCHISE, False, {}),
            (Profil.EXONEREE, False, {}),
            (Profil.EXONEREE, False, PUBLIC),
        )
    ]
    without = deal(people, Profil.ASSUJETTIE)
    without.action.demandeur.siret = ""
    made += [issued(without.end())]
    made += [credited(made[0], rita), credited(made[3], rita)]
    deal(people, Profil.ASSUJETTIE).end().draft()
    db.session.commit()
    electronic = [one for one in made if facturx.is_wanted(one.contenu)]
    assert [one.id for one in reversed(waiting())] == [one.id for one in electronic]
    assert len(electronic) == 4
    for one in made:
        assert depots.is_handed_over(one) == (one in electronic)


def test_a_plain_one_and_a_draft_go_nowhere(affaire):
    draft = affaire.draft()
    with pytest.raises(depots.NotElectronic):
        depots.note(draft, Statut.DEPOSEE, by=affaire.rita)
    with pytest.raises(depots.NotElectronic):
        depots.note(affaire.issued(), Statut.DEPOSEE, by=affaire.rita)


# --- the pages ---------------------------------------------------------------------------------------------------


def test_the_treasurer_notes_it_and_the_bienveillant_reads(as_, people, rita, facture):
    page, url = as_(rita), f"/factures/{facture.id}"
    assert facture.numero in words(page.get("/factures/?vue=a_deposer"))
    assert "Dépose le PDF Factur-X" in words(page.get(url))
    form = {"statut": "deposee", "plateforme": "PA-<77>", "motif": "", "cle": "un-envoi"}
    for _ in range(2):
        assert page.post(f"{url}/depots", data=form).status_code == 303
    shown = as_(people[0]).get(url)
    assert words(shown).count("Déposée, noté") == 1
    assert "par Rita Payet, PA-<77>" in words(shown)
    assert "Noter ce que dit la plateforme" not in shown.text
    assert "Rien à déposer" in words(page.get("/factures/?vue=a_deposer"))
    assert f"Plateforme, {facture.numero} déposée : noté" in words(as_(people[0]).get(f"/actions/{facture.action_id}/journal"))


def test_a_refused_one_says_what_to_do(as_, rita, facture):
    page, url = as_(rita), f"/factures/{facture.id}"
    page.post(f"{url}/depots", data={"statut": "refusee", "motif": "SIRET <inconnu>", "plateforme": ""})
    said = words(page.get(url))
    assert "SIRET <inconnu>" in said
    assert "prépare un avoir qui la reprend en entier, puis une nouvelle facture" in said
    credited(facture, rita)
    assert "Un avoir l’a reprise" in words(page.get(url))


def test_on_a_plain_one_nothing_of_a_platform_is_shown_nor_noted(as_, affaire):
    facture = affaire.issued()
    page, url = as_(affaire.rita), f"/factures/{facture.id}"
    assert "Plateforme agréée" not in page.get(url).text
    assert page.post(f"{url}/depots", data={"statut": "deposee"}).status_code == 409


@pytest.mark.parametrize("wrong", [{"statut": "perdue"}, {"statut": "refusee", "motif": ""}, {"plateforme": "x" * 121}])
def test_what_is_wrong_is_said_and_what_was_typed_stays(as_, rita, facture, wrong):
    form = {"statut": "deposee", "plateforme": "PA-<77>", "motif": "Parce <que>"} | wrong
    answer = as_(rita).post(f"/factures/{facture.id}/depots", data=form)
    assert answer.status_code == 422
    assert ("PA-&lt;77&gt;" in answer.text) == ("plateforme" not in wrong)
    assert db.session.scalars(select(Depot)).all() == []


def test_an_erased_demandeur_is_named_in_no_reason(people, rita, facture):
    facture.action.demandeur.contact = "Armelle Gigan"
    said = {"motif": "Armelle Gigan n’est pas dans l’annuaire", "reference": "Armelle Gigan"}
    depots.note(facture, Statut.REFUSEE, by=rita, **said)
    reglements.receive(facture, by=rita, montant=facture.reste, moyen=Moyen.VIREMENT, le=clock.today())
    facture.action.etat = ActionEtat.SOLDEE
    db.session.flush()
    effacement.erase(facture.action, by=people[0])
    db.session.expire_all()
    [kept] = facture.depots
    assert "Armelle" not in kept.motif + kept.reference


def test_the_name_stays_that_an_invoice_bears(as_, people, rita, facture):
    reglements.receive(facture, by=rita, montant=facture.reste, moyen=Moyen.VIREMENT, le=clock.today())
    facture.action.etat = ActionEtat.SOLDEE
    db.session.commit()
    assert "Son nom reste, pour la facture" in as_(people[0]).get(f"/actions/{facture.action_id}").text
    name = facture.action.demandeur.nom
    effacement.erase(facture.action, by=people[0])
    db.session.commit()
    assert (facture.action.demandeur.nom, facture.action.demandeur.email) == (name, "")


def test_what_the_platform_refused_is_to_hand_over_until_an_avoir_took_it_back(rita, facture):
    depots.note(facture, Statut.REFUSEE, by=rita, motif="SIREN inconnu")
    assert [one.id for one in queries.listed("a_deposer", 1).items] == [facture.id]
    avoir = credited(facture, rita)
    depots.note(avoir, Statut.REFUSEE, by=rita, motif="SIREN inconnu")
    assert [one.id for one in queries.listed("a_deposer", 1).items] == [avoir.id]


def test_nor_in_the_words_that_a_member_is_named_in(affaire):
    marie, draft = builders.personne("Marie Grondin"), affaire.draft()
    draft.mot = "Vu avec Marie Grondin."
    db.session.commit()
    comptes.erase(marie, by=affaire.zoe)
    db.session.commit()
    assert "Marie" not in draft.mot


def test_nor_in_the_words_of_a_draft(affaire):
    draft = affaire.draft()
    draft.action.demandeur.contact = "Armelle Gigan"
    draft.mot, draft.livraison, draft.lignes[0].motif = "Chère Armelle Gigan,", "Chez Armelle Gigan", "Armelle Gigan l’a dit."
    draft.action.etat = ActionEtat.SOLDEE
    db.session.flush()
    effacement.erase(draft.action, by=affaire.zoe)
    db.session.expire_all()
    assert "Armelle" not in draft.mot + draft.livraison + draft.lignes[0].motif


@pytest.mark.both
@pytest.mark.parametrize("write", ["UPDATE depot SET statut = 'deposee'", "DELETE FROM depot"])
def test_the_database_itself_keeps_what_was_noted(rita, facture, write):
    depots.note(facture, Statut.REFUSEE, by=rita, motif="SIREN inconnu")
    db.session.commit()
    with pytest.raises(DBAPIError, match="ne change plus"):
        db.session.execute(text(write))


@pytest.mark.sqlite
def test_on_sqlite_a_replacement_from_elsewhere_is_refused_too(rita, facture, site):
    depots.note(facture, Statut.REFUSEE, by=rita, motif="SIREN inconnu")
    db.session.commit()
    names = ", ".join(column.name for column in Depot.__table__.columns)
    with closing(sqlite3.connect(site.database.path)) as elsewhere, pytest.raises(sqlite3.Error, match="ne change plus"):
        elsewhere.execute(f"REPLACE INTO depot ({names}) SELECT {names} FROM depot")
