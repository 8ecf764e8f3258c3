"""The years on their pages: what each came to, its closing by the treasurer, and what leaves for the accountant."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock, reglage
from portal.actions import commands as actions
from portal.actions.models import Action
from portal.actions.models import Etat as EtatAction
from portal.actions.processus import annuler, rouvrir
from portal.db import db
from portal.factures import commands, exercices, queries, reglements
from portal.factures.models import Exercice, Nature, Serie
from portal.journal import EntreeJournal
from portal.workflow import fire
from tests import builders
from tests.factures.conftest import agreed
from tests.factures.test_avoirs import credit
from tests.factures.test_exercices import FORGED, WHOLE, closed, closings, forge, once_over, receive
from tests.test_races import badge, crowd

__all__ = ["crowd"]  # a fixture

# --- the pages -----------------------------------------------------------------------------------------------


def spaced(words: str) -> str:
    return words.replace("\u202f", " ").replace("\u00a0", " ").replace("&nbsp;", " ")


def test_the_treasurer_closes_it_on_its_page(as_, affaire, facture, annee):
    receive(facture, affaire.rita, 500_00)
    with once_over(annee, days=3):
        page, url = as_(affaire.rita), f"/factures/exercices/{annee}"
        assert 'href="/factures/exercices"' in page.get("/factures/").text
        assert 'href="/factures/exercices"' in page.get("/factures/reglements").text
        before = spaced(page.get("/factures/exercices").text)
        assert "Ouverte" in before
        assert "1 facture" in before
        assert "500,00 € reçus" in before
        assert f"Clore l’année {annee}" in before
        assert f"Clore l’année {annee + 1}" not in before
        assert page.post(f"{url}/clore").status_code == 303
        after = spaced(page.get(url).text)
        assert f"Close le 4 janvier {annee + 1} par Rita Payet" in after
        assert "Vérifié :" in after
        assert db.session.scalars(select(Exercice.empreinte)).one()[:12] in after
        again = page.post(f"{url}/clore")
        assert again.status_code == 409
        assert f"L’année {annee} est close" in again.text


def shown(answer) -> str:
    """Its main part, every space a plain one."""
    return " ".join(spaced(BeautifulSoup(answer.text, "html5lib").main.get_text(" ")).split())


def test_a_deposit_counts_once_in_what_the_year_came_to(as_, people, annee):
    """Its own invoice asks for it, the invoice of the whole deducts it: 1,080.00 € were sold, and not 1,404.00 €."""
    builders.taxed(people[1])
    affaire = agreed(*people)
    affaire.issued(Nature.ACOMPTE)
    affaire.end().issued()
    db.session.commit()
    said = shown(as_(affaire.rita).get(f"/factures/exercices/{annee}"))
    assert "Total HT 1 080,00 € TVA 8,5 % sur 1 080,00 € 91,80 € Total TTC 1 171,80 €" in said
    assert "les 351,54 € que les factures en déduisent ne sont plus dans ces sommes" in said
    assert "1 404,00" not in said


def test_what_is_deducted_of_an_earlier_year_is_not_of_this_one(as_, people, annee):
    with clock.freeze(clock.now() - timedelta(days=366)):
        affaire = agreed(*people)
        affaire.issued(Nature.ACOMPTE)
    affaire.end().issued()
    db.session.commit()
    rita = as_(affaire.rita)
    assert "Total 324,00 €" in shown(rita.get(f"/factures/exercices/{clock.local(affaire.devis.cree_le).year}"))
    assert "Total 756,00 €" in shown(rita.get(f"/factures/exercices/{annee}"))


def test_it_says_what_its_closing_would_leave_and_hinders_nothing(as_, people, annee):
    receive(agreed(*people).end().issued(), people[1], 500_00)
    receive(agreed(*people).end().issued(), people[1])
    agreed(*people).end().draft().action.debut = clock.start_of(date(annee, 6, 1))
    rita, url = people[1], f"/factures/exercices/{annee}"
    with once_over(annee, days=3):
        page = as_(rita)
        left = f"Il reste 1 papier à émettre pour une action de {annee}, et 580,00 € à recevoir des factures de {annee}."
        assert left in shown(page.get(url))
        assert left in shown(page.get("/factures/exercices"))
        assert page.post(f"{url}/clore").status_code == 303
        assert "Il reste" not in shown(page.get(url))


def test_with_nothing_left_it_says_nothing_of_it(as_, affaire, facture, annee):
    """Neither before it is over: much is then still to come."""
    assert "Il reste" not in shown(as_(affaire.rita).get(f"/factures/exercices/{annee}"))
    receive(facture, affaire.rita)
    with once_over(annee, days=3):
        assert "Il reste" not in shown(as_(affaire.rita).get(f"/factures/exercices/{annee}"))


@pytest.mark.both
def test_what_is_left_of_a_year_is_what_is_still_to_come_for_it_and_its_drafts(people, affaire, facture, annee):
    assert queries.left_of(annee) == (0, WHOLE)
    assert queries.left_of(annee - 1) == (0, 0)
    credit(facture, affaire.rita, 80_00)
    receive(facture, affaire.rita, 400_00)
    assert queries.left_of(annee) == (0, 600_00)
    receive(facture, affaire.rita, 600_00)
    draft = agreed(*people).draft(Nature.ACOMPTE)
    draft.action.debut = clock.start_of(date(annee, 1, 1))
    db.session.flush()
    assert queries.left_of(annee) == (1, 0)
    draft.action.debut -= timedelta(seconds=1)
    db.session.flush()
    assert (queries.left_of(annee), queries.left_of(annee - 1)) == ((0, 0), (1, 0))


@pytest.mark.both
def test_what_cannot_be_issued_is_not_left_and_what_nobody_prepared_is_and_so_is_an_avoir(people, annee):
    begins = clock.start_of(date(annee, 6, 1))
    over, stopped, paid = agreed(*people).end(), agreed(*people), agreed(*people).end()
    over.action.debut = stopped.action.debut = paid.action.debut = begins
    stopped.draft(Nature.ACOMPTE)
    actions.decide(stopped.action, annuler, by=stopped.zoe, motif="Cyclone.")
    receive(issued := paid.issued(), people[1])
    db.session.flush()
    assert queries.left_of(annee) == (1, 0)
    commands.credit(issued, by=people[1])
    db.session.flush()
    assert queries.left_of(annee) == (2, 0)
    over.draft()
    assert queries.left_of(annee) == (2, 0)


@pytest.mark.both
def test_a_day_that_went_by_and_whose_site_nobody_closed_is_left_too(people, annee):
    """Its deposit was paid, and what remains of it cannot be prepared yet; nor can what a site opened again keeps."""
    forgotten, reopened, to_come = agreed(*people), agreed(*people).end(), agreed(*people)
    for one in (forgotten, reopened, to_come):
        one.action.debut = clock.start_of(date(annee, 6, 1))
    forgotten.action.fin = clock.now() - timedelta(days=1)
    receive(forgotten.issued(Nature.ACOMPTE), people[1], 324_00)
    receive(to_come.issued(Nature.ACOMPTE), people[1], 324_00)
    reopened.draft()
    fire(rouvrir, reopened.action, by=reopened.zoe)
    db.session.flush()
    assert queries.left_of(annee) == (2, 0)


@pytest.mark.both
def test_a_deposit_nobody_asked_for_in_time_is_not_left_beside_the_invoice(people, annee):
    there = agreed(*people)
    there.action.debut = clock.start_of(date(annee, 6, 1))
    there.draft(Nature.ACOMPTE)
    assert queries.left_of(annee) == (1, 0)
    there.action.fin = clock.now() - timedelta(days=1)
    db.session.flush()
    assert queries.left_of(annee) == (1, 0)
    there.end()
    assert queries.left_of(annee) == (1, 0)
    there.draft()
    assert queries.left_of(annee) == (1, 0)


@pytest.mark.both
def test_what_is_invoiced_anew_of_a_settled_action_is_left(people, annee):
    there = agreed(*people).end()
    there.action.debut = clock.start_of(date(annee, 6, 1))
    credit(there.issued(), people[1])
    db.session.execute(update(Action).where(Action.id == there.action.id).values(etat=EtatAction.SOLDEE))
    db.session.expire_all()
    assert queries.left_of(annee) == (0, 0)
    there.draft()
    assert queries.left_of(annee) == (1, 0)


@pytest.mark.sqlite
def test_a_year_whose_papers_are_not_read_any_more_says_so_and_is_not_closed(as_, people, facture, annee):
    url = f"/factures/exercices/{annee}"
    forge("UPDATE facture SET contenu = '{'")
    db.session.commit()
    assert exercices.Unreadable.sentence in as_(people[1]).get(url).text
    with once_over(annee, days=3):
        page = as_(people[1])
        for path in ("/factures/exercices", url):
            answer = page.get(path)
            assert (answer.status_code, exercices.Unreadable.sentence in answer.text) == (200, True)
            assert "Clore" not in answer.text
        for gesture in ("clore", "factures.csv", "fec.txt"):
            answer = page.post(f"{url}/{gesture}")
            assert (answer.status_code, exercices.Unreadable.sentence in answer.text) == (409, True), gesture
    assert closings() == 0


@pytest.mark.sqlite
@pytest.mark.parametrize("is_closed", [False, True])
def test_the_other_years_are_still_read(as_, people, facture, annee, is_closed):
    """And a file that says something of the paper which nobody reads any more is refused, of a closed year too."""
    if is_closed:
        closed(annee, people[1])
    with once_over(annee, days=3):
        receive(agreed(*people).end().issued(), people[1])
        forge(f"UPDATE facture SET contenu = '{{' WHERE annee = {annee}")
        db.session.commit()
        page = as_(people[1])
        assert page.post(f"/factures/exercices/{annee + 1}/factures.csv").status_code == 200
        for gesture in ("factures.csv", "fec.txt"):
            answer = page.post(f"/factures/exercices/{annee}/{gesture}")
            assert (answer.status_code, exercices.Unreadable.sentence in answer.text) == (409, True), gesture
        years = page.get("/factures/exercices")
    assert years.text.count(exercices.Unreadable.sentence) == (0 if is_closed else 1)
    assert shown(years).count("1 facture") == (2 if is_closed else 1)


@pytest.mark.sqlite
def test_a_year_is_shown_when_a_deposit_that_it_keeps_is_not_read_any_more(as_, to_come, annee):
    to_come.issued(Nature.ACOMPTE)
    actions.decide(to_come.action, annuler, by=to_come.zoe, motif="Cyclone")
    forge("UPDATE facture SET contenu = '{'")
    db.session.commit()
    assert "324,00 €" in shown(as_(to_come.rita).get(f"/factures/exercices/{annee}"))


@pytest.mark.sqlite
def test_why_a_file_is_not_made_is_in_the_log(as_, affaire, facture, annee, caplog):
    """Whoever keeps the server reads whether the paper was touched, or the portal is wrong."""
    forge("UPDATE facture SET contenu = json_remove(contenu, '$.parts')")
    db.session.commit()
    assert as_(affaire.rita).post(f"/factures/exercices/{annee}/factures.csv").status_code == 409
    assert {repr(one.exc_info[1]) for one in caplog.records if one.exc_info} == {"KeyError('parts')"}


def test_what_is_refused_is_said_on_its_page(as_, affaire, facture, annee):
    answer = as_(affaire.rita).post(f"/factures/exercices/{annee}/clore")
    assert answer.status_code == 409
    assert "pas finie" in answer.text
    assert closings() == 0
    for nothing in ("1999/clore", "1999/factures.csv", "10000/reglements.csv", "10000/fec.txt"):
        assert as_(affaire.rita).post(f"/factures/exercices/{nothing}").status_code == 404, nothing


def test_a_payment_dated_in_it_is_refused_on_the_page_and_what_was_typed_stays(as_, affaire, facture, annee):
    closed(annee, affaire.rita)
    with once_over(annee, days=5):
        form = {"montant": "500", "le": f"{annee}-12-31", "moyen": "cheque", "reference": "Chèque <12>"}
        answer = as_(affaire.rita).post(f"/factures/{facture.id}/reglements", data=form)
    assert answer.status_code == 422
    assert f"L’année {annee} est close : note ce règlement à une date de l’année en cours." in spaced(answer.text)
    assert "Chèque &lt;12&gt;" in answer.text
    assert db.session.get(Serie, "R").dernier == 0


@pytest.mark.sqlite
def test_what_changed_since_is_said_on_its_page(as_, affaire, facture, annee):
    closed(annee, affaire.rita)
    forge(FORGED["a paper changed"][0])
    db.session.commit()
    said = as_(affaire.rita).get(f"/factures/exercices/{annee}").text
    assert "n’est plus ce qui a été clos" in said
    assert f"F-{annee}-0001" in said
    assert "Vérifié" not in said


@pytest.mark.both
@pytest.mark.proof
def test_payments_that_race_its_closing_are_of_it_or_refused(crowd, as_, affaire, facture, annee, size):
    """Twice closed at once too: one closing is made."""
    past, headers, half = annee - 1, badge(as_(affaire.rita)), size(4, 20)
    receive(facture, affaire.rita, 1_00, le=date(past, 12, 30))
    form = {"montant": "1", "le": f"{past}-12-31", "moyen": "virement", "reference": ""}
    pay = [(f"/factures/{facture.id}/reglements", form, headers)] * half
    pressed = crowd.press([*pay, *[(f"/factures/exercices/{past}/clore", {}, headers)] * 2, *pay])
    statuses = [answer.status for answer in pressed]
    assert sorted(statuses[half : half + 2]) == [303, 409]
    noted = statuses[:half] + statuses[half + 2 :]
    assert set(noted) <= {303, 422}
    db.session.expire_all()
    exercice = db.session.scalars(select(Exercice)).one()
    assert exercice.contenu["reglements"]["nombre"] == 1 + noted.count(303) == len(queries.paid_in(past))
    assert exercices.doubt(exercice) is None
    db.session.rollback()


# --- what leaves ---------------------------------------------------------------------------------------------


def table(answer) -> list[list[str]]:
    return [line.split(";") for line in answer.data.decode("utf-8-sig").splitlines()]


def test_the_invoices_leave_as_a_table_whose_columns_add_up(as_, people, annee):
    builders.taxed(people[1])
    affaire = agreed(*people)
    receive(affaire.issued(Nature.ACOMPTE), affaire.rita, 351_54)
    whole = affaire.end().issued()
    credit(whole, affaire.rita, 100_00)
    receive(whole, affaire.rita, 200_00)
    db.session.commit()
    answer = as_(affaire.rita).post(f"/factures/exercices/{annee}/factures.csv")
    assert f'filename="factures-{annee}-provisoire.csv"' in answer.headers["Content-Disposition"]
    head, *rows = table(answer)
    assert [spaced(name) for name in head][7:] == [
        "Total HT en €", "TVA 8,5 % en €", "Total TTC en €", "Acomptes déduits en €", "dont HT en €",
        "dont TVA en €", "À payer en €", "Repris par avoir en €", "Payé en €", "Reste en €", "État",
    ]  # fmt: skip
    assert [[row[0], *row[7:]] for row in rows] == [
        [f"F-{annee}-0001", "324,00", "27,54", "351,54", "0,00", "0,00", "0,00", "351,54", "0,00", "351,54", "0,00", "Payée"],
        [
            f"F-{annee}-0002",
            "1080,00",
            "91,80",
            "1171,80",
            "351,54",
            "324,00",
            "27,54",
            "820,26",
            "108,50",
            "200,00",
            "511,76",
            "À encaisser",
        ],
        [f"A-{annee}-0001", "-100,00", "-8,50", "-108,50", "0,00", "0,00", "0,00", "-108,50", "", "", "", "Émis"],
    ]
    assert rows[2][6] == f"F-{annee}-0002"


def test_the_payments_leave_as_a_table(as_, affaire, facture, annee):
    reglements.reverse(receive(facture, affaire.rita, 500_00, reference="=1+1"), by=affaire.rita, motif="Impayé.")
    closed(annee, affaire.rita)
    db.session.commit()
    answer = as_(affaire.rita).post(f"/factures/exercices/{annee}/reglements.csv")
    assert f'filename="reglements-{annee}.csv"' in answer.headers["Content-Disposition"]
    _, first, second = table(answer)
    assert [first[0], *first[2:6]] == [f"R-{annee}-0001", "500,00", "Virement", "'=1+1", f"F-{annee}-0001"]
    assert [second[2], *second[7:9]] == ["-500,00", f"R-{annee}-0001", "Impayé."]


def test_what_a_closed_year_exports_no_longer_moves(as_, affaire, facture, annee):
    receive(facture, affaire.rita, 500_00)
    closed(annee, affaire.rita)
    rita = as_(affaire.rita)
    files = ("factures.csv", "reglements.csv", "fec.txt")
    before = [rita.post(f"/factures/exercices/{annee}/{name}").data for name in files]
    with once_over(annee, days=5):
        receive(facture, affaire.rita, 580_00)
    db.session.commit()
    assert [rita.post(f"/factures/exercices/{annee}/{name}").data for name in files] == before


def test_the_deposit_of_a_stopped_action_is_named_to_the_accountant(as_, people, annee):
    affaire = agreed(*people)
    deposit = affaire.issued(Nature.ACOMPTE)
    db.session.commit()
    rita = as_(affaire.rita)
    assert "Acomptes gardés" not in rita.get(f"/factures/exercices/{annee}").text
    actions.decide(affaire.action, annuler, by=affaire.zoe, motif="Cyclone")
    db.session.commit()
    page = spaced(rita.get(f"/factures/exercices/{annee}").text)
    assert "Acomptes gardés" in page
    assert deposit.numero in page


def test_each_export_is_journaled(as_, affaire, facture, annee):
    rita = as_(affaire.rita)
    for name in ("factures.xlsx", "reglements.xlsx"):
        with ZipFile(BytesIO(rita.post(f"/factures/exercices/{annee}/{name}").data)) as book:
            assert "xl/workbook.xml" in book.namelist()
    journal = rita.post(f"/factures/exercices/{annee}/fec.txt")
    assert f'filename="123456782FEC{annee}1231-provisoire.txt"' in journal.headers["Content-Disposition"]
    lines = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "exercice.exporter")).all()
    said = [{"annee": annee, "quoi": name} for name in ("factures.xlsx", "reglements.xlsx", "FEC")]
    assert [(line.personne_id, line.faits) for line in lines] == [(affaire.rita.id, one) for one in said]


def test_without_a_siret_its_name_still_says_what_it_is(as_, affaire, facture, annee):
    reglage.change(reglage.SIRET, "", by=affaire.rita)
    answer = as_(affaire.rita).post(f"/factures/exercices/{annee}/fec.txt")
    assert f'filename="SANS-SIRENFEC{annee}1231-provisoire.txt"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("many", [1, 3])
def test_the_page_costs_the_same_for_one_closed_year_or_for_three(as_, affaire, facture, annee, count_queries, many):
    for back in reversed(range(1, many + 1)):
        receive(facture, affaire.rita, 1, le=date(annee - back, 6, 1))
        closed(annee - back, affaire.rita)
    page = as_(affaire.rita)
    page.get("/factures/exercices")
    with count_queries() as statements:
        page.get("/factures/exercices")
    assert len(statements) == 5, statements


@pytest.mark.parametrize("many", [1, 3])
def test_the_pages_cost_the_same_for_one_open_year_or_for_three(as_, affaire, facture, to_come, annee, count_queries, many):
    for back in range(many + 1):
        receive(facture, affaire.rita, 1, le=date(annee - back, 1, 1))
    deposit = to_come.issued(Nature.ACOMPTE)
    for _ in range(many):
        credit(deposit, to_come.rita, 1_00)
    actions.decide(to_come.action, annuler, by=to_come.zoe, motif="Cyclone")
    db.session.commit()
    page = as_(affaire.rita)
    pages = {"": 6, f"/{annee}": 6, f"/{annee - many}": 7}  # one more of the one that may be closed: what that would leave
    for address, asked in pages.items():
        with count_queries() as statements:
            page.get(f"/factures/exercices{address}")
        assert len(statements) == asked, statements
