"""The devis of the house: each where it is to be found, said what is to be done of it, and its money added up."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from bs4 import BeautifulSoup

from portal import clock, reglage
from portal.actions import commands as actions
from portal.actions.processus import annuler
from portal.db import db
from portal.devis import accords, commands, envoi, listes
from portal.devis.listes import Filtres, Vue
from portal.devis.models import Etat, LigneDevis, Unite
from portal.journal import EntreeJournal
from tests import builders
from tests.test_tableur import read as sheet


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def ugo(app):
    return builders.personne("Ugo Robert", [builders.TRESORIER])


def titles(client, **query):
    answer = client.get("/devis/", query_string=query)
    assert answer.status_code == 200
    return [a.get_text() for a in BeautifulSoup(answer.text, "html5lib").select("article .quoi a")]


def seen(by, vue):
    return {row.devis.action.titre for row in listes.listed(Filtres(vue), 1, by=by).leaf.items}


def each_state(zoe):
    """One action of each name, whose devis is there."""
    made = {
        titre: builders.validated(zoe, titre=titre) for titre in ("Brouillon", "Attente", "Accord", "Refus", "Change", "Fini")
    }
    builders.devis(made["Brouillon"])
    builders.sent(made["Attente"])
    builders.accepted(made["Accord"])
    accords.refuse(builders.sent(made["Refus"]), mot="Trop cher", by=None)
    accords.ask_for_a_change(builders.sent(made["Change"]), mot="Sans le repas")
    fini = builders.sent(made["Fini"])
    with clock.freeze(clock.now() + timedelta(days=31)):
        envoi.expire(fini.id)
    db.session.flush()
    return made


@pytest.mark.both
def test_each_devis_is_where_it_is_to_be_found(zoe):
    made = each_state(zoe)
    assert {vue: seen(zoe, vue) for vue in Vue} == {
        Vue.EN_ATTENTE: {"Attente"},
        Vue.A_RELANCER: set(),
        Vue.A_REVOIR: {"Refus", "Change", "Fini"},
        Vue.A_APPROUVER: set(),
        Vue.BROUILLONS: {"Brouillon"},
        Vue.ACCEPTES: {"Accord"},
        Vue.EXPIRES: {"Fini"},
        Vue.TOUS: set(made),
    }


@pytest.mark.parametrize(("days", "follows"), [(0, False), (10, False), (11, True), (26, False), (27, True), (30, True)])
def test_it_is_followed_up_after_ten_days_or_three_days_before_it_expires(zoe, days, follows):
    patience = 10 if days < 20 else 90
    reglage.change(reglage.RELANCE, patience, by=zoe)
    builders.sent(builders.validated(zoe, titre="Bal"))
    with clock.freeze(clock.now() + timedelta(days=days)):
        assert ("Bal" in seen(zoe, Vue.A_RELANCER)) is follows
        [row] = listes.listed(Filtres(), 1, by=zoe).leaf.items
        assert (row.is_late or row.is_urgent) is follows


def test_another_version_answers_what_was_asked(zoe):
    action = builders.validated(zoe, titre="Bal")
    accords.ask_for_a_change(builders.sent(action), mot="Sans le repas")
    commands.draft(action, by=zoe)
    assert seen(zoe, Vue.A_REVOIR) == set()
    envoi.send(commands.draft(action, by=zoe), by=zoe)
    assert (seen(zoe, Vue.A_REVOIR), seen(zoe, Vue.EN_ATTENTE)) == (set(), {"Bal"})


@pytest.mark.both
def test_a_large_discount_awaits_everybody_but_who_granted_it(zoe, ugo):
    devis = builders.devis(builders.validated(zoe, titre="Bal"))
    commands.discount(devis, by=zoe, remise=15_00)
    assert seen(ugo, Vue.A_APPROUVER) == set()
    commands.discount(devis, by=zoe, remise=15_01)
    assert (seen(ugo, Vue.A_APPROUVER), seen(zoe, Vue.A_APPROUVER)) == ({"Bal"}, set())
    envoi.approve(devis, by=ugo)
    assert seen(builders.bienveillant("Rose"), Vue.A_APPROUVER) == set()


def test_a_stopped_action_awaits_nothing(zoe):
    builders.sent(action := builders.validated(zoe))
    actions.decide(action, annuler, by=zoe, motif="Pluie")
    assert all(not seen(zoe, vue) for vue in Vue if vue is not Vue.TOUS)


# --- the page ------------------------------------------------------------------------------------------------


def test_a_bienveillant_sees_theirs_first_and_the_treasurer_all(as_, zoe, ugo):
    builders.sent(builders.validated(zoe, titre="Bal de Zoé"))
    builders.sent(builders.validated(builders.bienveillant("Rose Técher"), titre="Kabar de Rose"))
    db.session.commit()
    assert titles(as_(zoe)) == ["Bal de Zoé"]
    assert set(titles(as_(zoe), qui="toutes")) == set(titles(as_(ugo))) == {"Bal de Zoé", "Kabar de Rose"}


def test_it_is_narrowed_by_the_month_of_the_action_and_by_pole(as_, zoe):
    meals = builders.pole("Cuisine")
    for days, titre in ((10, "Bal"), (45, "Kabar")):
        start = builders.in_days(days)
        action = builders.validated(zoe, titre=titre, debut=start, fin=start + timedelta(hours=8))
        devis = builders.devis(action)
        if titre == "Kabar":
            commands.add(devis, by=zoe, libelle="Repas", unite=Unite.PERSONNE, prix=14_00, pole_id=meals.id)
    db.session.commit()
    client = as_(zoe)
    month = f"{clock.local(builders.in_days(45)):%Y-%m}"
    assert titles(client, etat="brouillons", mois=month) == titles(client, etat="brouillons", pole=meals.id) == ["Kabar"]
    assert len(titles(client, etat="brouillons", mois="2026-13", pole="x")) == 2  # what makes no sense is ignored


def test_the_card_says_what_to_do(as_, zoe):
    each_state(zoe)
    db.session.commit()
    page = " ".join(BeautifulSoup(as_(zoe).get("/devis/?etat=tous").text, "html5lib").main.get_text(" ").split())
    for words in (
        "À relire, puis à envoyer",
        "Réponse attendue jusqu’au",
        "Un changement est demandé",
        "Rappelle le demandeur",
    ):
        assert words in page
    assert "1 080,00 €" in page.replace("\u202f", " ")


@pytest.mark.parametrize("n", [1, 3])
def test_it_costs_the_same_for_one_and_for_many(as_, zoe, count_queries, n):
    for _ in range(n):
        builders.accepted(builders.validated(zoe))
        builders.sent(builders.validated(zoe))
    db.session.commit()
    client = as_(zoe)
    for path, cost in (("/devis/", 5), ("/devis/?etat=tous", 5), ("/devis/montants", 2)):
        with count_queries() as statements:
            client.get(path)
        assert len(statements) == cost, (path, statements)


def test_fifty_a_page(as_, zoe, monkeypatch):
    monkeypatch.setattr(listes, "PAGE", 2)
    for n in range(3):
        builders.devis(builders.validated(zoe, titre=f"Bal {n}"))
    db.session.commit()
    client = as_(zoe)
    assert titles(client, etat="brouillons") == ["Bal 2", "Bal 1"]
    assert titles(client, etat="brouillons", page=2) == ["Bal 0"]


def test_neither_a_pole_member_nor_a_stranger_comes_in(as_, app):
    member = builders.personne()
    builders.pole("Culture", members=[member])
    db.session.commit()
    for path in ("/devis/", "/devis/montants"):
        assert as_(member).get(path).status_code == 403


# --- the amounts ---------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_database_counts_a_line_as_the_devis_does(zoe):
    """To the cent: half cents go up, a comprised line is worth nothing, billions do not overflow."""
    action = builders.validated(zoe)
    devis = builders.devis(action)
    for quantite, prix, remise, comprise in (
        (750, 100_01, 0, False), (100, 99, 50_00, False), (333, 33_33, 3_33, False), (1_000, 120_00, 0, True),
        (1, 1, 0, False), (50, 1, 0, False), (99_900, 9_999_99, 1, False),
    ):  # fmt: skip
        more = {"libelle": "Ligne", "unite": Unite.UNITE, "taux": 0}
        commands.add(devis, by=zoe, quantite=quantite, prix=prix, remise=remise, comprise=comprise, **more)
    reglage.change(reglage.REMISE_SEULE, 100, by=zoe)
    exact = sum(line.compte.montant for line in devis.lignes)
    builders.sent(action)
    [found] = listes.amounts(clock.local(action.debut).year)
    assert (found.pole, found.acquis, found.attendu) == (None, 0, exact)
    assert exact == devis.ht


def test_the_largest_line_is_counted_too(zoe):
    builders.sent(action := builders.validated(zoe))
    db.session.execute(db.update(LigneDevis).values(quantite=1_000_000, prix=10_000_000))
    [found] = listes.amounts(clock.local(action.debut).year)
    assert found.attendu == 100_000_000_000


@pytest.mark.both
def test_amounts_go_to_the_month_of_the_action_and_to_whom_they_benefit(zoe):
    meals = builders.pole("Cuisine")
    year = clock.today().year + 1
    for month, agreed in ((1, True), (1, False), (12, True)):
        last = clock.start_of(clock.today().replace(year=year, month=month, day=31)) + timedelta(hours=20)
        action = builders.validated(zoe, debut=last, fin=last + timedelta(hours=3, minutes=59))
        devis = builders.devis(action)
        commands.add(devis, by=zoe, libelle="Repas", unite=Unite.PERSONNE, quantite=10_00, prix=14_50, pole_id=meals.id)
        (builders.accepted if agreed else builders.sent)(action)
    sums = listes.amounts(year)
    found = sorted((s.mois, s.pole.nom if s.pole else "", s.acquis, s.attendu) for s in sums)
    assert found == [
        (1, "", 1080_00, 1080_00), (1, "Cuisine", 145_00, 145_00), (12, "", 1080_00, 0), (12, "Cuisine", 145_00, 0),
    ]  # fmt: skip
    assert listes.amounts(year - 1) == listes.amounts(year + 1) == []
    assert listes.by_month(sums)[0] == (1, 1225_00, 1225_00)
    assert next(iter(listes.by_pole(sums))) == ("Le commun", 2160_00, 1080_00)
    assert sum(row[1] for row in listes.by_pole(sums)) == sum(row[1] for row in listes.by_month(sums))


def test_a_new_version_is_not_counted_beside_the_one_that_was_accepted(zoe):
    action = builders.validated(zoe)
    builders.accepted(action)
    envoi.send(commands.draft(action, by=zoe), by=zoe)
    assert [(s.acquis, s.attendu) for s in listes.amounts(clock.local(action.debut).year)] == [(1080_00, 0)]
    actions.decide(action, annuler, by=zoe, motif="Pluie")
    assert listes.amounts(clock.local(action.debut).year) == []


def test_the_chart_says_in_words_what_it_draws(as_, zoe):
    builders.accepted(action := builders.validated(zoe))
    db.session.commit()
    year = clock.local(action.debut).year
    page = BeautifulSoup(as_(zoe).get(f"/devis/montants?annee={year}").text, "html5lib")
    chart = page.select_one('svg[role="img"]')
    for part in chart["aria-labelledby"].split():
        assert chart.find(id=part).get_text()
    assert len(chart.select("rect.acquis")) == 1
    assert not chart.select("rect.espere")
    assert "1 080,00 € acceptés" in chart.desc.get_text().replace("\u202f", " ").replace("\u00a0", " ")
    assert "1 080,00" in page.select_one("tfoot").get_text().replace("\u202f", " ")
    assert as_(zoe).get("/devis/montants?annee=1").status_code == 200
    assert "Rien en 2031" in as_(zoe).get("/devis/montants?annee=2031").text


def test_states_are_all_shown_somewhere(zoe):
    """A devis of any state is in the list of all of them, drafts first made last."""
    each_state(zoe)
    assert {row.devis.etat for row in listes.listed(Filtres(Vue.TOUS), 1, by=zoe).leaf.items} == set(Etat) - {Etat.REMPLACE}


# --- spreadsheets --------------------------------------------------------------------------------------------


def rows(answer):
    assert answer.status_code == 200, answer.status_code
    content = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(StringIO(content, newline=""), delimiter=";"))


def test_the_treasurer_takes_all_away_and_a_bienveillant_their_own(as_, zoe, ugo):
    builders.accepted(builders.validated(zoe, titre="Bal de Zoé"))
    builders.sent(builders.validated(builders.bienveillant("Rose Técher"), titre="Kabar de Rose"))
    db.session.commit()
    said = {"etat": "tous", "qui": "toutes"}
    assert [r["Action"] for r in rows(as_(ugo).post("/devis/export.csv", data=said))] == ["Bal de Zoé", "Kabar de Rose"]
    [row] = rows(as_(zoe).post("/devis/export.csv", data=said))
    assert (row["Action"], row["État"], row["Total HT en €"], row["Accepté par"]) == (
        "Bal de Zoé", "Accepté", "1080,00", "Armelle Gigan",
    )  # fmt: skip
    year = clock.local(builders.in_days(10)).year
    for client, sum_of_all in ((as_(ugo), "1080,00"), (as_(zoe), "0,00")):
        [row] = rows(client.post("/devis/montants/export.csv", data={"annee": year}))
        assert (row["Acceptés, HT en €"], row["En attente, HT en €"]) == ("1080,00", sum_of_all)


def test_what_a_demandeur_typed_never_computes(as_, zoe):
    trap = "=HYPERLINK(1)"
    demandeur = {"nom": trap, "contact": "", "email": "dal@example.org", "telephone": ""}
    builders.devis(builders.validated(zoe, titre="+1", demandeur=demandeur))
    db.session.commit()
    client = as_(zoe)
    [row] = rows(client.post("/devis/export.csv", data={"etat": "tous"}))
    assert (row["Demandeur"], row["Action"]) == (f"'{trap}", "'+1")
    answer = client.post("/devis/export.xlsx", data={"etat": "tous"})
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="devis-{clock.today()}.xlsx"'
    page, [_, line] = sheet(answer.data)
    assert line[3] == trap
    assert not list(page.iter("{*}f"))
    assert line[-3:] == [Decimal(1080), 0, Decimal(1080)]


def test_who_took_them_away_is_written_down(as_, zoe):
    builders.devis(builders.validated(zoe))
    db.session.commit()
    client = as_(zoe)
    client.post("/devis/export.csv", data={"etat": "tous"})
    client.post("/devis/montants/export.xlsx")
    told = db.session.query(EntreeJournal).filter_by(evenement="devis.exporter").order_by(EntreeJournal.id).all()
    assert [(e.sujet, e.personne_id, e.faits) for e in told] == [
        (f"personne:{zoe.id}", zoe.id, {"lignes": 1}),
        (f"personne:{zoe.id}", zoe.id, {"lignes": 0}),
    ]


@pytest.mark.parametrize("path", ["/devis/export.csv", "/devis/export.xlsx", "/devis/montants/export.csv"])
def test_nobody_else_takes_them_away(as_, client, app, path):
    member = builders.personne()
    builders.pole("Culture", members=[member])
    db.session.commit()
    assert as_(member).post(path).status_code == 403
    assert client.post(path).status_code == 303
    assert client.get(path).status_code == 405
