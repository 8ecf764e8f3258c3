"""/reglages/journal: all that was done, by whom, before and after; looked for, taken away, read by those who may."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock, demo, journal
from portal.actions import commands as actions
from portal.actions.models import reading
from portal.actions.processus import annuler
from portal.comptes import commands as comptes
from portal.comptes.models import NomRole, Personne
from portal.db import db
from portal.devis.commands import Typed
from portal.factures import commands as invoices
from portal.journal import EntreeJournal
from portal.partage import commands as shares
from portal.partage import queries as partages
from portal.reglages import recherche
from portal.reglages.recherche import Filtres
from tests import builders
from tests.factures.conftest import agreed

PAGE = "/reglages/journal"
HEAD = "Jour;Heure;Par;Sujet;Fait;Avant;Après;Précision;Motif;Action;Numéro;Évènement"


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def ada(app) -> Personne:
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def tara(app) -> Personne:
    return builders.personne("Tara Robert", [builders.TRESORIER])


@pytest.fixture
def stopped(zoe):
    """An action that was cancelled for a reason, with a sent devis of another one beside it."""
    action = builders.action(zoe, titre="Fête du moulin")
    actions.decide(action, annuler, by=zoe, motif="Il pleut sur l’Hermitage")
    return action


def lines(answer) -> list[list[str]]:
    """The words of each line, without its hour."""
    corps = BeautifulSoup(answer.text, "html5lib").select(".recit .corps")
    return [[" ".join(part.get_text(" ").split()) for part in one.find_all(recursive=False)] for one in corps]


def heads(answer) -> list[str]:
    return [line[0] for line in lines(answer)]


def named(answer) -> str:
    return " ".join(answer.text.split())


# --- read ------------------------------------------------------------------------------------------------------


def test_a_line_says_who_did_what_before_and_after_and_why(as_, ada, stopped):
    first = lines(as_(ada).get(PAGE))[0]
    assert first == [
        "Action « Fête du moulin » : annulée",
        "Confirmée Annulée",
        "Zoé Hoarau",
        "Il pleut sur l’Hermitage",
    ]


def test_roles_and_settings_say_what_they_were(as_, ada, zoe):
    comptes.set_roles(zoe, [NomRole.BIENVEILLANT, NomRole.TRESORIER], by=ada)
    comptes.edit_person(zoe, nom="Zoé Técher", telephone="", by=ada)
    told = lines(as_(ada).get(PAGE))
    assert told[0] == ["Zoé Técher : modifiée", "nom", "Ada Dijoux"]
    assert told[1] == ["Zoé Técher : rôles changés", "Bienveillant Bienveillant, Trésorier", "Ada Dijoux"]


def said_of(client, fact: str) -> list[str]:
    """The line of that fact, in one text each."""
    [line] = [line for line in lines(client.get(PAGE)) if fact in line[0]]
    return [part.replace("\u202f", " ") for part in line]


def test_numbers_say_what_they_were(as_, ada, zoe, tara):
    affaire = agreed(zoe, tara).end()
    facture = affaire.draft()
    [line] = facture.lignes
    typed = {line.id: Typed(reading(line.numbers), line.numbers | {"quantite": 10_50, "motif": "Plus long."})}
    invoices.edit(facture, by=tara, read=reading(facture.head), head=facture.head, lines=typed)
    told = said_of(as_(ada), ": modifiée")[1]
    assert told == f"{line.libelle} : quantité 9 {line.libelle} : quantité 10,5"
    assert said_of(as_(ada), ": modifiée")[2] == f"{line.libelle}, raison"


def test_keys_say_what_they_were(as_, ada, zoe, tara):
    action, scene = agreed(zoe, tara).end().action, builders.pole("Scène")
    said = {"by": zoe, "motif": "Elle a tout porté."}
    shares.set_keys(action, cles={scene.id: 40_00}, read=shares.keys_reading(partages.compte(action)), **said)
    assert said_of(as_(ada), "clés changées")[1:] == [
        "Pôle Scène : clé 0 % Pôle Scène : clé 40 %",
        f"Zoé Hoarau · Action « {action.titre} »",
        "Elle a tout porté.",
    ]
    shares.follow_the_lines(action, by=zoe)
    assert "Pôle Scène : clé 40 % Pôle Scène : clé 0 %" in [line[1] for line in lines(as_(ada).get(PAGE))]


def test_what_somebody_was_called_goes_from_numbers_too(app, zoe, tara):
    affaire = agreed(zoe, tara).end()
    facture = affaire.draft()
    [line] = facture.lignes
    line.libelle = "Accueil de Armelle Gigan"
    typed = {line.id: Typed(reading(line.numbers), line.numbers | {"quantite": 10_00, "motif": "Armelle Gigan est restée."})}
    invoices.edit(facture, by=tara, read=reading(facture.head), head=facture.head, lines=typed)
    journal.strike_out(["Armelle Gigan"])
    told = db.session.scalars(select(EntreeJournal.faits).where(EntreeJournal.evenement == "facture.modifier")).one()
    assert told == {"champs": ["Accueil de (effacé), raison"], "changements": [["Accueil de (effacé)", "quantite", 900, 1000]]}


def test_an_empty_journal_says_what_will_be_there(as_, tara):
    client = as_(tara)
    assert "Rien encore" in client.get(PAGE).text
    assert "Rien de tel" in client.get(f"{PAGE}?q=orage").text


@pytest.mark.both
@pytest.mark.parametrize("n", [1, 40])
def test_it_costs_the_same_for_one_line_or_many(as_, ada, zoe, count_queries, n):
    for number in range(n):
        action = builders.action(zoe, titre=f"Action {number}")
        builders.candidature(builders.mission(action), builders.personne())
    db.session.commit()
    client = as_(ada)
    with count_queries() as statements:
        answer = client.get(PAGE)
    assert n < len(lines(answer)) <= recherche.PAGE
    assert len(statements) == 4, statements
    assert ('rel="next"' in answer.text) is (n > 1)


@pytest.mark.both
def test_a_thousand_lines_have_pages(as_, ada):
    db.session.add_all(
        EntreeJournal(sujet=f"personne:{ada.id}", evenement="personne.profil", motif=f"mot {n}", personne_id=ada.id)
        for n in range(1_000)
    )
    client = as_(ada)
    assert "plus de 500 lignes" in named(client.get(PAGE))
    assert "mot 999" in client.get(PAGE).text
    assert [line[-1] for line in lines(client.get(f"{PAGE}?page=20"))] == [f"mot {n}" for n in range(49, -1, -1)]


# --- looked for ------------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=annulée", 1),
        ("q=ANNULEE", 1),
        ("q=pleut", 1),
        ("q=action+annulée", 1),
        ("q=mission+annulée", 0),
        ("qui=hoarau", 3),
        ("qui=zoe", 3),
        ("qui=dijoux", 0),
        ("qui=portail", 2),
        ("sorte=action", 3),
        ("sorte=facture", 0),
        ("sorte=inconnue", 5),
        ("action=moulin", 3),
        ("action=moul", 3),
        ("action=!!!", 0),
        ("action=autre", 0),
        ("sujet=action:{id}", 3),
        ("sujet=action:999", 0),
        ("sujet=%27%20OR%201%3D1", 5),
        ("sujet=personne:abc", 5),
        ("sujet=personne:99999999999", 5),
        ("sujet=personne:999999999", 0),
        ("sujet=reglage:quorum", 0),
        ("autre=x&csrf_token=y", 5),
        ("du={today}&au={today}", 5),
        ("du={tomorrow}", 0),
        ("au={yesterday}", 0),
        ("du=demain&au=32/13/2026", 5),
        ("q=%25", 0),
        ("q=_", 0),
    ],
)
def test_filters(as_, ada, stopped, query, found):
    days = {name: clock.today() + timedelta(days=n) for name, n in (("yesterday", -1), ("today", 0), ("tomorrow", 1))}
    answer = as_(ada).get(f"{PAGE}?{query.format(id=stopped.id, **days)}")
    assert answer.status_code == 200
    assert len(heads(answer)) == found


def test_the_filter_stays_in_the_form_and_goes_with_the_export(as_, ada, stopped):
    page = BeautifulSoup(as_(ada).get(f"{PAGE}?q=pleut&sorte=action&sujet=action:{stopped.id}").text, "html5lib")
    assert page.select_one("#q")["value"] == "pleut"
    assert page.select_one("#sorte option[selected]").text == "Actions"
    assert page.select_one("details.filtres").has_attr("open")
    assert "Action « Fête du moulin »" in page.select_one(".actifs .puce").get_text().replace("\u00a0", " ")
    kept = {e["name"]: e["value"] for e in page.select('form[action$="export.csv"] input') if e["name"] != "csrf_token"}
    assert kept == {"q": "pleut", "sorte": "action", "sujet": f"action:{stopped.id}"}


def test_htmx_gets_the_list_alone(as_, ada, stopped):
    answer = as_(ada).get(f"{PAGE}?q=pleut", headers={"HX-Request": "true"})
    assert "<h1" not in answer.text
    assert len(heads(answer)) == 1


# --- who reads what --------------------------------------------------------------------------------------------


@pytest.mark.both
def test_whoever_keeps_the_accounts_reads_the_money_alone(as_, tara, zoe):
    sent = builders.sent(builders.validated(zoe, titre="Fête"))
    client = as_(tara)
    assert set(recherche.kinds(whole=False)) == {"devis", "facture", "partage"}
    shown = heads(client.get(PAGE))
    assert f"Devis {sent.numero} : envoyé" in shown
    assert all(head.startswith(("Devis", "Ligne", "Tarif")) for head in shown)
    for query in ("?sorte=personne", "?sorte=action", f"?sujet=action:{sent.action_id}", f"?sujet=personne:{zoe.id}"):
        assert heads(client.get(PAGE + query)) == []
    assert "Ce qui a été regardé" not in client.get(PAGE).text
    assert client.get(f"{PAGE}/consultations").status_code == 403
    taken = client.post(f"{PAGE}/export.csv", data={"sujet": f"action:{sent.action_id}"}).data.decode("utf-8-sig")
    assert taken.splitlines() == [HEAD]


def test_each_line_of_the_demo_leads_somewhere_that_its_reader_may_see(app, as_):
    demo.load()
    db.session.commit()
    for who in ("admin", "tresorier"):
        reader = db.session.scalars(select(Personne).where(Personne.email == f"{who}@example.org")).one()
        client = as_(reader)
        found: dict[str, None] = {}
        for kind in recherche.kinds(whole=who == "admin"):
            page = BeautifulSoup(client.get(f"{PAGE}?sorte={kind}").text, "html5lib")
            links = [a["href"] for a in page.select(".recit a")]
            assert links or kind == "reglage" or not page.select(".recit"), kind
            found |= dict.fromkeys(links[:12])
        assert len(found) > 8
        for link in found:
            assert client.get(link).status_code == 200, (who, link)


def test_the_pages_of_its_subjects_lead_to_it(as_, ada, tara, zoe):
    sent = builders.sent(builders.validated(zoe))
    for who, path, subject in ((ada, f"/devis/{sent.id}", f"devis:{sent.id}"), (tara, f"/devis/{sent.id}", f"devis:{sent.id}")):
        assert f'href="{PAGE}?sujet={subject}"' in as_(who).get(path).text
    assert PAGE not in as_(zoe).get(f"/devis/{sent.id}").text
    assert f'href="{PAGE}?sujet=personne:{zoe.id}"' in as_(ada).get(f"/reglages/personnes/{zoe.id}").text
    assert f'href="{PAGE}"' in as_(tara).get("/factures/").text


# --- taken away ------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_export_says_the_same_and_computes_nothing(as_, ada, stopped):
    stopped_line = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.annuler")).one()
    stopped_line.motif = '=HYPERLINK(1);"é"'
    db.session.commit()
    answer = as_(ada).post(f"{PAGE}/export.csv", data={"q": "annulée"})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="journal-{clock.today()}.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    head, row = csv.reader(StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";")
    assert ";".join(head) == HEAD
    said = dict(zip(head, row, strict=True))
    assert (said["Par"], said["Fait"], said["Avant"], said["Après"]) == ("Zoé Hoarau", "annulée", "Confirmée", "Annulée")
    assert said["Motif"] == '\'=HYPERLINK(1);"é"'
    assert (said["Numéro"], said["Évènement"]) == (f"action:{stopped.id}", "action.annuler")
    assert said["Jour"] == f"{clock.today():%d/%m/%Y}"


def test_the_workbook_too_and_each_export_is_one_more_line(as_, ada, stopped):
    client = as_(ada)
    book = client.post(f"{PAGE}/export.xlsx")
    with ZipFile(BytesIO(book.data)) as archive:
        assert "Il pleut" in archive.read("xl/worksheets/sheet1.xml").decode() + archive.read("xl/sharedStrings.xml").decode()
    client.post(f"{PAGE}/export.csv", data={"sujet": "action:999"})
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "journal.exporter")).all()
    assert [(e.sujet, e.personne_id, e.faits) for e in told] == [
        (f"personne:{ada.id}", ada.id, {"lignes": 5}), (f"personne:{ada.id}", ada.id, {"lignes": 0}),
    ]  # fmt: skip
    assert lines(client.get(PAGE))[1] == ["Journal : téléchargé en tableur", "5 lignes", "Ada Dijoux"]


@pytest.mark.both
def test_a_long_journal_leaves_whole(ada, count_queries):
    db.session.add_all(
        EntreeJournal(sujet=f"personne:{ada.id}", evenement="personne.profil", motif=f"mot {n}", personne_id=ada.id)
        for n in range(recherche.BATCH + 100)
    )
    db.session.flush()
    with count_queries() as statements:
        found = list(recherche.exported(Filtres(q="profil"), whole=True))
    assert [fait.line.motif for fait in found] == [f"mot {n}" for n in range(recherche.BATCH + 99, -1, -1)]
    assert len(statements) == 3
