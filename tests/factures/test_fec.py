"""The journal of a year: eighteen columns, every entry balanced to the cent, and the same totals as the invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import clock, reglage
from portal.actions.models import Action
from portal.devis.chiffrage import Part, totaux
from portal.factures import commands, compte, emission, exercices, fec, queries, reglements
from portal.factures.models import Categorie, Facture, Moyen, Nature, rembourser
from tests import builders
from tests.factures.conftest import Affaire, agreed
from tests.factures.test_avoirs import credit
from tests.factures.test_compte import lines

COLUMNS = [
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate",
    "Montantdevise", "Idevise",
]  # fmt: skip


def rows() -> list[dict[str, str]]:
    """Of the present year."""
    annee = clock.today().year
    issued, paid = queries.issued_in(annee), queries.paid_in(annee)
    said = fec.text(issued, paid, queries.deducting(issued), queries.asked_by(issued, paid)).decode()
    head, *found = said.removesuffix("\r\n").split("\r\n")
    assert head.split("\t") == COLUMNS
    return [dict(zip(COLUMNS, row.split("\t"), strict=True)) for row in found]


def cents(amount: str) -> int:
    return int(amount.replace(",", ""))


def entry(piece: str) -> list[tuple[str, str, str]]:
    return [(row["CompteNum"], row["Debit"], row["Credit"]) for row in rows() if row["PieceRef"] == piece]


def moved(found: Iterable[dict[str, str]], *accounts: str, journal: str = "VE") -> int:
    """Cents on the debit of these accounts in that journal, less those on their credit."""
    return sum(
        cents(row["Debit"]) - cents(row["Credit"])
        for row in found
        if row["CompteNum"] in accounts and row["JournalCode"] == journal
    )


@pytest.fixture
def taxed(people) -> Affaire:
    """A deposit taken off, two rates, an avoir of each, money of all ways, a refund and a reversal."""
    builders.taxed(people[1])
    affaire = agreed(*people)
    rita, deposit = affaire.rita, affaire.issued(Nature.ACOMPTE)
    receive(deposit, rita, 351_54, Moyen.CHEQUE)
    credit(deposit, rita, 24_00)
    receive(deposit, rita, 26_04, Moyen.VIREMENT, rembourser)
    draft = affaire.end().draft()
    meal = {"libelle": "Repas", "quantite": 100, "unite": draft.lignes[0].unite, "prix": 333_33, "taux": 210, "pole_id": None}
    commands.add(draft, by=rita, motif="Le traiteur a fait défaut.", **meal)
    emission.emit(draft, by=rita, read=emission.reading(draft))
    receive(draft, rita, 100_00, Moyen.CARTE)
    reglements.reverse(receive(draft, rita, 50_00, Moyen.ESPECES), by=rita, motif="Faux billet.")
    credit(draft, rita, 111_11, 33_33)
    return affaire


def receive(facture: Facture, by, montant: int, moyen: Moyen, *what, reference: str = ""):
    said = {"montant": montant, "moyen": moyen, "le": clock.today(), "reference": reference}
    return reglements.receive(facture, *what, by=by, **said)


# --- its entries ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_every_entry_is_balanced_and_their_numbers_have_no_gap(taxed):
    sums: defaultdict[str, int] = defaultdict(int)
    for row in rows():
        sums[row["EcritureNum"]] += cents(row["Debit"]) - cents(row["Credit"])
        assert sorted([cents(row["Debit"]), cents(row["Credit"])])[0] == 0 < cents(row["Debit"]) + cents(row["Credit"])
    assert list(sums.items()) == [(str(rank), 0) for rank in range(1, 10)]  # 2 invoices, 2 avoirs, 5 payments


def test_its_totals_are_those_of_the_year(taxed):
    found, year = rows(), exercices.one(clock.today().year).contenu
    asked, back, paid = year["factures"], year["avoirs"], year["reglements"]
    assert moved(found, "411") == asked["a_payer"] - back["a_payer"]
    deducted = sum(part["base"] for part in asked["deduits"])
    assert -moved(found, "706", "4191") == asked["ht"] - deducted - back["ht"]
    tva = {name: sum(part["tva"] for part in said) for name, said in (("+", asked["parts"]), ("d", asked["deduits"]))}
    assert -moved(found, "44571", "44574") == tva["+"] - tva["d"] - sum(part["tva"] for part in back["parts"])
    assert sum(-moved(found, "411", journal=code) for code in ("BQ", "CA")) == paid["recu"] - paid["rendu"]


def test_a_deposit_is_owed_until_the_whole_takes_it_off(taxed):
    annee = clock.today().year
    assert entry(f"F-{annee}-0001") == [("411", "351,54", "0,00"), ("4191", "0,00", "324,00"), ("44574", "0,00", "27,54")]
    assert entry(f"A-{annee}-0001") == [
        ("411", "0,00", "26,04"), ("4191", "24,00", "0,00"), ("44574", "2,04", "0,00"),
        ("44574", "0,00", "2,04"), ("44571", "2,04", "0,00"),
    ]  # fmt: skip
    assert entry(f"F-{annee}-0002") == [
        ("411", "1186,63", "0,00"),
        ("706", "0,00", "1080,00"), ("44574", "0,00", "91,80"),
        ("706", "0,00", "333,33"), ("44574", "0,00", "7,00"),
        ("4191", "300,00", "0,00"), ("44574", "25,50", "0,00"),
    ]  # fmt: skip
    assert moved(rows(), "4191") == 0


def collected() -> tuple[int, ...]:
    """Cents of TVA that are due by now, and that wait for their money."""
    found = rows()
    return tuple(-sum(moved(found, account, journal=code) for code in ("VE", "BQ", "CA")) for account in ("44571", "44574"))


def test_the_tva_of_a_service_is_due_as_its_money_comes(people):
    builders.taxed(people[1])
    facture = agreed(*people).end().issued()  # 1,171.80 €, of which 91.80 of TVA
    assert collected() == (0, 91_80)
    for montant, due in ((390_60, 30_60), (1, 30_60), (390_59, 61_20)):
        receive(facture, people[1], montant, Moyen.VIREMENT)
        assert collected() == (due, 91_80 - due)
    reglements.reverse(facture.reglements[-1], by=people[1], motif="Rejeté.")
    assert collected() == (30_60, 61_20)
    receive(facture, people[1], facture.reste, Moyen.VIREMENT)
    assert collected() == (91_80, 0)
    credit(facture, people[1], 100_00)
    assert collected() == (83_30, 0)


@pytest.mark.both
def test_no_tva_is_due_of_money_that_went_back_more_than_it_came(people):
    """An invoice is paid, cancelled and given back; then its payment is reversed, which had been noted by mistake."""
    builders.taxed(people[1])
    facture = agreed(*people).end().issued()
    receive(facture, people[1], facture.reste, Moyen.VIREMENT)
    credit(facture, people[1])
    reglements.receive(facture, rembourser, by=people[1], montant=-facture.reste, moyen=Moyen.VIREMENT, le=clock.today())
    reglements.reverse(facture.reglements[0], by=people[1], motif="Noté sur la mauvaise facture.")
    assert facture.reste == 1171_80
    assert collected() == (0, 0)


def test_nor_while_part_of_it_is_still_asked(people):
    builders.taxed(people[1])
    facture = agreed(*people).end().issued()
    receive(facture, people[1], facture.reste, Moyen.VIREMENT)
    credit(facture, people[1], 100_00)
    reglements.receive(facture, rembourser, by=people[1], montant=-facture.reste, moyen=Moyen.VIREMENT, le=clock.today())
    reglements.reverse(facture.reglements[0], by=people[1], motif="Noté sur la mauvaise facture.")
    assert collected() == (0, 83_30)


@pytest.mark.parametrize("said", ["on the débits", "goods"])
def test_it_is_due_at_once_on_the_debits_and_for_goods(people, said):
    builders.taxed(people[1])
    if said == "on the débits":
        reglage.change(reglage.EXIGIBILITE, reglage.Exigibilite.DEBITS, by=people[1])
    draft = agreed(*people).end().draft()
    if said == "goods":
        draft.categorie = Categorie.BIENS
    emission.emit(draft, by=people[1], read=emission.reading(draft))
    receive(draft, people[1], 1, Moyen.VIREMENT)
    assert collected() == (91_80, 0)
    assert moved(rows(), "707" if said == "goods" else "706") == -1080_00


def test_what_was_paid_in_another_year_is_due_in_the_year_of_the_money(people, annee):
    builders.taxed(people[1])
    facture = agreed(*people).end().issued()
    with clock.freeze(clock.start_of(date(annee + 1, 1, 2))):
        receive(facture, people[1], facture.reste, Moyen.VIREMENT)
        assert collected() == (91_80, -91_80)


def balances() -> dict[str, int]:
    """Cents on the credit of each account of what is sold, less those on its debit."""
    found = rows()
    return {account: -moved(found, account) for account in ("706", "4191")}


def test_a_whole_and_its_deposit_taken_back_leave_nothing_on_any_account(people):
    affaire = agreed(*people)
    deposit, whole = affaire.issued(Nature.ACOMPTE), affaire.end().issued()
    assert balances() == {"706": 1080_00, "4191": 0}
    credit(whole, affaire.rita)
    assert balances() == {"706": 324_00, "4191": 0}
    credit(deposit, affaire.rita)
    assert balances() == {"706": 0, "4191": 0}


def test_invoiced_anew_the_sales_are_what_was_invoiced_and_the_deposit_is_owed_no_more(people):
    affaire = agreed(*people)
    affaire.issued(Nature.ACOMPTE)
    credit(affaire.end().issued(), affaire.rita)
    affaire.issued()
    assert balances() == {"706": 1080_00, "4191": 0}


def test_an_avoir_is_its_invoice_the_other_way_round(taxed):
    assert entry(f"A-{clock.today().year}-0002") == [
        ("411", "0,00", "154,58"),
        ("706", "111,11", "0,00"), ("44574", "9,44", "0,00"),
        ("706", "33,33", "0,00"), ("44574", "0,70", "0,00"),
        ("44574", "0,00", "0,06"), ("44571", "0,06", "0,00"),  # of the 100 € that came, less is TVA
    ]  # fmt: skip


def test_money_goes_where_its_way_takes_it(taxed):
    found = [row for row in rows() if row["PieceRef"].startswith("R-") and not row["CompteNum"].startswith("4457")]
    said = [(row["JournalCode"], row["CompteNum"], row["Debit"], row["Credit"]) for row in found]
    assert said[::2] == [
        ("BQ", "5112", "351,54", "0,00"),
        ("BQ", "512", "0,00", "26,04"),
        ("BQ", "512", "100,00", "0,00"),
        ("CA", "530", "50,00", "0,00"),
        ("CA", "530", "0,00", "50,00"),
    ]
    assert {row["CompteNum"] for row in found[1::2]} == {"411"}


def test_its_columns_say_the_days_the_paper_and_the_client(taxed):
    first, today = rows()[0], f"{clock.today():%Y%m%d}"
    assert {first[name] for name in ("EcritureDate", "PieceDate", "ValidDate")} == {today}
    assert (first["JournalLib"], first["CompteLib"]) == ("Ventes", "Clients")
    assert first["CompAuxNum"] == f"C{taxed.action.demandeur_id:05d}"
    assert first["CompAuxLib"] == taxed.action.demandeur.nom
    assert {row["CompAuxNum"] for row in rows() if row["CompteNum"] != "411"} == {""}


@pytest.mark.sqlite
def test_what_was_typed_breaks_neither_line_nor_column(people):
    affaire = agreed(*people)
    affaire.action.demandeur.nom = "Chorale\t«\u00a0Vwa\r\nKréol\u00a0»\u2028"
    facture = affaire.end().issued()
    receive(facture, affaire.rita, 1, Moyen.VIREMENT, reference="a\tb\nc\x00")
    assert rows()[0]["CompAuxLib"] == "Chorale « Vwa Kréol »"
    assert rows()[-1]["EcritureLib"].endswith("a b c")


def test_a_payment_noted_late_is_of_the_day_on_which_it_came(people):
    facture = agreed(*people).end().issued()
    past = date(clock.today().year, 1, 1)
    reglements.receive(facture, by=people[1], montant=1, moyen=Moyen.CARTE, le=past)
    row = rows()[-1]
    assert (row["EcritureDate"], row["ValidDate"]) == (f"{past:%Y%m%d}", f"{clock.today():%Y%m%d}")


@given(lines, st.integers(1, 100), st.integers(0, 100))
def test_whatever_is_invoiced_the_entries_of_its_papers_are_balanced(lignes, percent, credited):
    """A deposit, an avoir on it, then the whole that takes off what remains."""
    sums = totaux(lignes)
    if not sums.ttc:
        return
    parts = [part for part in compte.deposit(sums.acompte(percent), sums.parts) if part.base]
    taken = [Part(part.taux, part.base * credited // 100, part.tva * credited // 100) for part in parts]
    left = compte.left(parts, taken)
    deposit = paper(Nature.ACOMPTE, parts)
    avoir = paper(Nature.AVOIR, taken, origine=deposit)
    whole = paper(Nature.FACTURE, sums.parts, left)
    for facture in (deposit, avoir, whole):
        assert sum(one.montant for one in fec.of_invoice(facture, {deposit.numero: whole}, {}).mouvements) == 0


def paper(nature: Nature, parts, deducted=(), origine: Facture | None = None) -> Facture:
    """What the journal reads of an issued invoice."""
    said: dict[str, object] = {"parts": [vars(part) for part in parts], "client": {"nom": "Chorale"}, "le": "2026-12-31"}
    said |= {"avec_tva": True, "debits": False, "objet": "services"}
    acomptes = [{"numero": "F-2026-0001", "parts": [vars(part) for part in deducted]}] if deducted else []
    whole = sum(part.base + part.tva for part in parts) - sum(part.base + part.tva for part in deducted)
    contenu = said | {"acomptes": acomptes, "a_payer": whole}
    number = {"serie": nature.prefixe, "annee": 2026, "rang": 1, "emise_le": clock.now()}
    return Facture(nature=nature, contenu=contenu, action=Action(demandeur_id=1), origine=origine, **number)
