"""From the accepted devis to a numbered paper: what is explained, what is refused, and what never changes any more."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from portal import clock, reglage
from portal.actions import processus
from portal.actions.models import Etat as EtatAction
from portal.actions.models import reading
from portal.db import db
from portal.devis import accords
from portal.devis.commands import Typed
from portal.devis.models import Unite
from portal.factures import commands, document, emission, numeros, queries
from portal.factures.models import Etat, Facture, LigneFacture, Nature, Serie
from portal.reglage import Profil
from portal.workflow import fire
from tests import builders
from tests.factures.conftest import agreed

EXTRA = {"libelle": "Assiettes", "quantite": 1200, "unite": Unite.UNITE, "prix": 3_50, "taux": 850, "pole_id": None}


def said(line: LigneFacture, **fields: object) -> dict[int, Typed]:
    return {line.id: Typed(reading(line.numbers), line.numbers | fields)}


def edit(facture: Facture, by: object, **fields: object) -> None:
    commands.edit(facture, by=by, read=reading(facture.head), head=facture.head, lines=said(facture.lignes[0], **fields))


# --- the draft -----------------------------------------------------------------------------------------------


def test_it_starts_from_what_was_agreed(affaire):
    facture = affaire.draft()
    assert [(line.libelle, line.quantite, line.prix) for line in facture.lignes] == [("Heure de site", 900, 120_00)]
    assert (facture.ttc, facture.a_payer, facture.etat) == (affaire.devis.ttc, affaire.devis.ttc, Etat.BROUILLON)
    assert affaire.draft() is facture  # prepared twice, it is one


def test_before_the_site_is_closed_only_a_deposit_is_invoiced(to_come):
    with pytest.raises(commands.TooEarly):
        to_come.draft()
    assert to_come.draft(Nature.ACOMPTE).ttc == to_come.devis.contenu["acompte"] == 324_00


def test_without_an_agreement_nothing_is_invoiced(people):
    zoe, rita = people
    with pytest.raises(commands.NoAgreement):
        commands.prepare(builders.action(zoe), Nature.FACTURE, by=rita)


def test_what_differs_from_the_devis_is_explained(affaire):
    facture = affaire.draft()
    edit(facture, affaire.rita, quantite=1000)
    assert [type(one) for one in emission.obstacles(facture)] == [emission.Unexplained]
    edit(facture, affaire.rita, motif="Le concert a fini une heure plus tard.")
    assert emission.obstacles(facture) == []
    assert facture.ttc == 1200_00


def test_what_the_devis_did_not_foresee_is_explained_too(affaire):
    facture = affaire.draft()
    commands.add(facture, by=affaire.rita, motif="", **EXTRA)
    assert [type(one) for one in emission.obstacles(facture)] == [emission.Unexplained]
    commands.remove(facture.lignes[1], by=affaire.rita)
    assert emission.obstacles(facture) == []


def test_a_line_of_the_devis_is_never_dropped_in_silence(affaire):
    facture = affaire.draft()
    with pytest.raises(commands.OfTheDevis):
        commands.remove(facture.lignes[0], by=affaire.rita)


def test_the_same_form_sent_twice_adds_one_line(affaire):
    facture = affaire.draft()
    first, again = (commands.add(facture, by=affaire.rita, cle="un-envoi", motif="En plus.", **EXTRA) for _ in range(2))
    assert again is first
    assert [line.libelle for line in facture.lignes] == ["Heure de site", "Assiettes"]


# --- it leaves -----------------------------------------------------------------------------------------------


def test_issued_it_has_a_number_a_paper_and_its_action_follows(affaire):
    facture = affaire.issued()
    assert facture.numero == f"F-{clock.today().year}-0001"
    assert facture.etat is Etat.EMISE
    assert affaire.action.etat is EtatAction.FACTUREE
    assert facture.echeance == clock.today() + timedelta(days=30)
    assert facture.contenu["numero"] == facture.numero
    assert sha256(facture.pdf).hexdigest() == facture.empreinte
    assert document.pdf(facture.contenu) == facture.pdf  # the same to the byte


def test_a_deposit_is_taken_off_the_whole(to_come):
    deposit = to_come.issued(Nature.ACOMPTE)
    facture = to_come.end().issued()
    assert (facture.ttc, facture.deduit, facture.a_payer) == (1080_00, 324_00, 756_00)
    assert [one["numero"] for one in facture.contenu["acomptes"]] == [deposit.numero]
    assert (deposit.numero[-4:], facture.numero[-4:]) == ("0001", "0002")  # one series


def test_what_its_deposits_asked_for_whole_is_paid_as_it_leaves(to_come):
    to_come.issued(Nature.ACOMPTE)
    facture = to_come.end().draft()
    edit(facture, to_come.rita, quantite=270, motif="Le public est parti au bout de trois heures.")
    emission.emit(facture, by=to_come.rita, read=emission.reading(facture))
    assert (facture.ttc, facture.deduit, facture.etat) == (324_00, 324_00, Etat.PAYEE)


def test_a_deposit_above_the_whole_waits_for_an_avoir(to_come):
    to_come.issued(Nature.ACOMPTE)
    facture = to_come.end().draft()
    edit(facture, to_come.rita, quantite=100, motif="Annulé au bout d’une heure.")
    assert [type(one) for one in emission.obstacles(facture)] == [emission.DepositsExceed]


def test_an_action_is_invoiced_once(to_come):
    to_come.issued(Nature.ACOMPTE)
    with pytest.raises(commands.DepositAsked):
        to_come.draft(Nature.ACOMPTE)
    to_come.end().issued()
    with pytest.raises(commands.AlreadyInvoiced):
        to_come.draft()


def said_of(draft) -> list[str]:
    return [one.sentence for one in emission.obstacles(draft)]


def test_opened_again_its_site_lets_a_deposit_be_asked_for_and_the_whole_deducts_it(to_come):
    whole = to_come.end().draft()
    fire(processus.rouvrir, to_come.action, by=to_come.zoe)
    assert commands.openings(to_come.action, queries.of_action(to_come.action)) == [Nature.ACOMPTE]
    deposit = to_come.issued(Nature.ACOMPTE)
    fire(processus.clore, to_come.action, by=to_come.zoe)
    assert to_come.issued() is whole
    assert whole.a_payer == whole.ttc - deposit.ttc


def test_no_deposit_is_asked_for_once_the_day_is_over(to_come):
    """One that was prepared before says so, and what to do with it, as does whatever the action keeps from leaving."""
    draft = to_come.draft(Nature.ACOMPTE)
    assert said_of(draft) == []
    to_come.end()
    assert said_of(draft) == [f"{commands.TooLate.sentence} Abandonne ce brouillon."]
    whole = to_come.draft()
    assert said_of(whole) == []
    fire(processus.rouvrir, to_come.action, by=to_come.zoe)
    assert (said_of(draft), said_of(whole)) == ([], [f"{commands.TooEarly.sentence} Ce brouillon attend."])


def test_nor_once_what_was_agreed_no_longer_is(to_come):
    draft = to_come.draft(Nature.ACOMPTE)
    accords.undo(to_come.devis, by=to_come.zoe, motif="Erreur.")
    assert said_of(draft)[0] == f"{commands.NoAgreement.sentence} Ce brouillon attend."


def test_nothing_is_asked_for_an_action_that_was_stopped(to_come):
    draft = to_come.draft(Nature.ACOMPTE)
    fire(processus.annuler, to_come.action, by=to_come.zoe, motif="Cyclone.")
    assert said_of(draft) == [f"{commands.ActionStopped.sentence} Abandonne ce brouillon."]


def test_no_deposit_is_prepared_once_the_day_is_over(to_come):
    to_come.end()
    with pytest.raises(commands.TooLate):
        to_come.draft(Nature.ACOMPTE)


def test_nobody_issues_what_they_have_not_read(affaire):
    facture = affaire.draft()
    read = emission.reading(facture)
    edit(facture, affaire.zoe, quantite=1000, motif="Une heure de plus.")
    with pytest.raises(emission.Reread):
        emission.emit(facture, by=affaire.rita, read=read)
    assert facture.is_draft


def test_a_draft_under_a_devis_that_another_replaced_is_prepared_anew(to_come):
    draft = to_come.draft(Nature.ACOMPTE)
    accords.undo(to_come.devis, by=to_come.zoe, motif="Un avenant suit.")
    builders.accepted(to_come.action)
    with pytest.raises(emission.Outdated, match="abandonne ce brouillon"):
        emission.emit(draft, by=to_come.rita, read=emission.reading(draft))
    commands.drop(draft, by=to_come.rita)
    assert to_come.issued(Nature.ACOMPTE).numero


LAW = [
    (emission.NoTaxNumber, reglage.TVA_INTRA),
    (emission.NoLateTerms, reglage.ESCOMPTE),
    (emission.NoLateTerms, reglage.PENALITES),
]


@pytest.mark.parametrize(("missing", "texte"), LAW)
def test_what_the_law_wants_on_it_is_there(people, missing, texte):
    builders.taxed(people[1])
    affaire = agreed(*people).end()
    draft = affaire.draft()
    reglage.change(texte, "", by=affaire.rita)
    with pytest.raises(missing):
        emission.emit(draft, by=affaire.rita, read=emission.reading(draft))


@pytest.mark.parametrize(("days", "consumer", "leaves"), [(60, False, True), (61, False, False), (61, True, True)])
def test_a_professional_pays_within_sixty_days(affaire, days, consumer, leaves):
    affaire.action.demandeur.particulier = consumer
    draft = affaire.draft()
    draft.delai = days
    assert any(isinstance(one, emission.TooLong) for one in emission.obstacles(draft)) is not leaves


def test_taxes_that_are_no_more_those_of_the_devis_are_explained(affaire):
    draft = affaire.draft()
    builders.taxed(affaire.rita)
    commands.count(draft)
    assert [type(one) for one in emission.obstacles(draft)] == [emission.Retaxed]
    draft.mot = "Depuis janvier, nous facturons la TVA."
    assert emission.obstacles(draft) == []


CHANGES = {
    "its client": lambda affaire: setattr(affaire.action.demandeur, "nom", "Tout Autre SARL"),
    "what its client is": lambda affaire: setattr(affaire.action.demandeur, "particulier", True),
    "the house": lambda affaire: reglage.change(reglage.FACTURE_PAIEMENT, "IBAN FR76", by=affaire.rita),
    "the taxes": lambda affaire: reglage.change(reglage.PROFIL, Profil.FRANCHISE, by=affaire.rita),
}


@pytest.mark.parametrize("what", CHANGES)
def test_nor_what_changed_around_it_since(affaire, what):
    draft = affaire.draft()
    read = emission.reading(draft)
    CHANGES[what](affaire)
    with pytest.raises(emission.Reread):
        emission.emit(draft, by=affaire.rita, read=read)


def test_a_deposit_has_no_other_line(to_come):
    with pytest.raises(commands.OfADeposit):
        commands.add(to_come.draft(Nature.ACOMPTE), by=to_come.rita, motif="Un oubli.", **EXTRA)


def test_chorus_pro_goes_from_one_siret_to_another(affaire):
    draft = affaire.draft()
    draft.chorus, draft.service, draft.commande = True, "ACHATS", "EJ-42"
    affaire.action.demandeur.siret, affaire.action.demandeur.particulier = "13002526500013", True
    assert [type(one) for one in emission.obstacles(draft)] == [emission.NotByChorus]


def test_chorus_pro_wants_its_three_numbers(affaire):
    facture = affaire.draft()
    facture.chorus = True
    assert [type(one) for one in emission.obstacles(facture)] == [emission.NotForChorus]
    affaire.action.demandeur.siret = "12345678200010"
    facture.service, facture.commande = "SPORTS", "ENG-42"
    assert emission.obstacles(facture) == []


def test_a_free_event_has_no_invoice(affaire):
    facture = affaire.draft()
    edit(facture, affaire.rita, quantite=0, motif="Offert.")
    assert [type(one) for one in emission.obstacles(facture)] == [emission.NothingToPay]


def test_a_refusal_burns_no_number(affaire):
    facture = affaire.draft()
    edit(facture, affaire.rita, quantite=1000)
    with pytest.raises(emission.Unexplained):
        emission.emit(facture, by=affaire.rita, read=emission.reading(facture))
    assert db.session.get(Serie, "F") is None


# --- what it says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profil", "mention", "taxed"),
    [(Profil.EXONEREE, "article 261-7", False), (Profil.FRANCHISE, "article 293 B", False), (Profil.ASSUJETTIE, "", True)],
)
def test_it_says_the_tax_profile_of_the_house(people, profil, mention, taxed):
    reglage.change(reglage.TVA_INTRA, "FR32123456782", by=people[1])
    reglage.change(reglage.PROFIL, profil, by=people[1])
    contenu = agreed(*people).end().issued().contenu
    assert mention in contenu["mention"]
    assert contenu["avec_tva"] is taxed
    assert contenu["tva"] == (91_80 if taxed else 0)


@pytest.mark.parametrize("consumer", [True, False])
def test_a_consumer_is_told_of_the_mediator_and_of_no_penalty(affaire, consumer):
    reglage.change(reglage.MEDIATEUR, "Médiateur de l’océan", by=affaire.rita)
    affaire.action.demandeur.particulier = consumer
    contenu = affaire.issued().contenu
    assert ("40,00" in contenu["notes"].get("PMT", "")) is not consumer
    assert set(contenu["notes"]) == (set() if consumer else {"PMD", "PMT", "AAB"})
    assert bool(contenu["mediateur"]) is consumer


# --- numbers -------------------------------------------------------------------------------------------------


def test_each_year_begins_its_own_numbers_at_the_very_midnight(people):
    new_year = clock.start_of(clock.today().replace(month=1, day=1)) + timedelta(days=730)
    first, second = agreed(*people).end(), agreed(*people).end()
    year = clock.local(new_year).year
    with clock.freeze(new_year - timedelta(seconds=1)):
        assert first.issued().numero == f"F-{year - 1}-0001"
    with clock.freeze(new_year):
        assert second.issued().numero == f"F-{year}-0001"


def test_a_clock_that_goes_back_issues_nothing(people):
    agreed(*people).end().issued()
    with clock.freeze(clock.now() - timedelta(days=2)), pytest.raises(numeros.Backwards):
        agreed(*people).end().issued()


# --- what left never changes, whoever writes -----------------------------------------------------------------


WRITES = {
    "its amounts": lambda f: update(Facture).where(Facture.id == f.id).values(ttc=1, ht=1, deduit=0),
    "its words": lambda f: update(Facture).where(Facture.id == f.id).values(contenu={"ttc": 1}),
    "its paper": lambda f: update(Facture).where(Facture.id == f.id).values(pdf=b"%PDF"),
    "its number": lambda f: update(Facture).where(Facture.id == f.id).values(rang=7),
    "itself": lambda f: delete(Facture).where(Facture.id == f.id),
    "a line": lambda f: update(LigneFacture).where(LigneFacture.facture_id == f.id).values(prix=1),
    "its lines": lambda f: delete(LigneFacture).where(LigneFacture.facture_id == f.id),
}


@pytest.mark.both
@pytest.mark.parametrize("what", WRITES)
def test_the_database_itself_refuses(affaire, what):
    facture = affaire.issued()
    db.session.commit()
    with pytest.raises(DBAPIError, match="ne change plus"):
        db.session.execute(WRITES[what](facture))
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Facture)) == 1


EMPTIED = {"sqlite": "DELETE FROM ligne_facture", "postgresql": "TRUNCATE ligne_facture"}


@pytest.mark.both
def test_nor_are_all_lines_emptied_at_once(affaire, engine):
    affaire.issued()
    db.session.commit()
    with pytest.raises(DBAPIError, match="ne change plus"):
        db.session.execute(text(EMPTIED[engine]))
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(LigneFacture))


@pytest.mark.both
def test_a_line_is_not_slipped_into_it_either(affaire):
    facture = affaire.issued()
    db.session.commit()
    db.session.add(LigneFacture(facture_id=facture.id, rang=9, motif="", **EXTRA))
    with pytest.raises(DBAPIError, match="ne change plus"):
        db.session.flush()
    db.session.rollback()


def test_a_draft_is_given_up_and_nothing_is_missing(affaire):
    commands.drop(affaire.draft(), by=affaire.rita)
    assert affaire.issued().numero.endswith("-0001")
