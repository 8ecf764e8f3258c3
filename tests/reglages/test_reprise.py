"""/reglages/reprise/: what the house knew before the portal, from a file: said line by line, then done, once."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from portal import clock, outbox
from portal.actions.models import Action, Etat
from portal.comptes import commands as comptes
from portal.comptes.models import Personne, Role
from portal.comptes.queries import confirmed
from portal.db import db
from portal.factures import retention
from portal.journal import EntreeJournal
from portal.partage.queries import listed as shares
from portal.poles.queries import poles_of
from tests import builders
from tests.cells import fingerprint
from tests.test_db import READ, WRITE, begun, traced

GENS, ACTIONS = "/reglages/reprise/personnes", "/reglages/reprise/actions"
SOURCE = "liste des adhérents 2025"
pytestmark = pytest.mark.both


@pytest.fixture
def office(app, as_):
    builders.pole("Culture")
    return as_(builders.personne("Ada Robert", [builders.ADMIN], email="ada@example.org"))


def shown(page) -> list[tuple[str, str, str]]:
    """What the preview says of each line: what it is about, what becomes of it, why."""
    cards = BeautifulSoup(page.text, "html5lib").select("main article.carte")
    said = [(card.h2.text, card.select_one(".badge").text, card.select("p")[-1]) for card in cards]
    return [(quoi, sort, " ".join(p.text.removeprefix(sort).split())) for quoi, sort, p in said]


def brought(client, url: str, texte: str | bytes):
    """The preview of that text, pasted, or of that file."""
    if isinstance(texte, str):
        return client.post(url, data={"texte": texte, "source": SOURCE})
    data = {"fichier": (BytesIO(texte), "liste.csv"), "source": SOURCE}
    return client.post(url, data=data, content_type="multipart/form-data")


def confirm(client, url: str, page):
    """Its « Le faire »."""
    form = BeautifulSoup(page.text, "html5lib").select_one("form#suite")
    return client.post(url, data={e["name"]: e["value"] for e in form.select("input") if e["name"] != "csrf_token"})


def done(client, url: str, texte: str | bytes) -> None:
    answer = confirm(client, url, brought(client, url, texte))
    assert answer.status_code == 303
    db.session.rollback()


def number(table) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


# --- people ----------------------------------------------------------------------------------------------------


def test_each_line_is_announced_then_done_once(office):
    builders.personne("Rémi Fontaine", email="remi@example.org", telephone="+262692000001")
    builders.personne("Awa Payet", email="awa@example.org")
    gone = builders.personne("Paul Maillot", email="paul@example.org")
    comptes.set_active(gone, False, by=gone)
    texte = """Prénom;NOM;Courriel;Tél.;Groupe;Rôle
Léa;Grondin;Lea@Example.org;0692 12 34 56;culture;admin
Rémi;Autre-Nom;REMI@example.org;0692 99 99 99;;
Awa;Payet;awa@example.org;0692 00 00 02;Pôle Culture;
Paul;Maillot;paul@example.org;;;
;;jean@example.org;;;
Jean;Hoarau;jean;;;
Jean;Hoarau;jean@example.org;12;;
Jean;Hoarau;jean@example.org;;Pétanque;
=1+1;;x@example.org;;;
Lea;G.;lea@example.org;;;
"""
    before = fingerprint()
    page = brought(office, GENS, texte)
    assert page.status_code == 200
    assert fingerprint() == before
    said = shown(page)
    assert [(quoi, sort) for quoi, sort, _ in said] == [
        ("Léa Grondin", "Créée"), ("Rémi Autre-Nom", "Déjà là"), ("Awa Payet", "Complétée"), ("Paul Maillot", "Refusée"),
        ("jean@example.org", "Refusée"), ("Jean Hoarau", "Refusée"), ("Jean Hoarau", "Refusée"), ("Jean Hoarau", "Refusée"),
        ("=1+1", "Refusée"), ("Lea G.", "Déjà là"),
    ]  # fmt: skip
    assert said[2][2] == "téléphone, membre de : Pôle Culture"
    for line, words in {
        3: "désactivé",
        4: "Il manque le nom",
        5: "incomplète",
        6: "ne semble pas exister",
        7: "Pétanque",
        8: "un calcul",
    }.items():
        assert words in said[line][2]
    assert "Ligne 2 · Lea@Example.org" in page.text
    assert "Colonnes non lues&nbsp;: Rôle." in page.text
    assert confirm(office, GENS, page).status_code == 303
    db.session.rollback()
    lea, remi = confirmed("lea@example.org"), confirmed("remi@example.org")
    assert (lea.nom, lea.telephone, lea.roles, [p.nom for p in poles_of(lea)]) == (
        "Léa Grondin",
        "+262692123456",
        [],
        ["Culture"],
    )
    assert (remi.nom, remi.telephone) == ("Rémi Fontaine", "+262692000001")
    assert confirmed("awa@example.org").telephone == "+262692000002"
    assert number(Role) == 1
    assert number(outbox.Message) == 0
    kept = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "personne.importer")).all()
    assert [(e.motif, e.faits) for e in kept] == [(SOURCE, {}), (SOURCE, {"champs": ["telephone"]})]
    again = brought(office, GENS, texte)
    assert {sort for _, sort, _ in shown(again)} == {"Déjà là", "Refusée"}
    assert "Il n’y a rien à faire" in again.text
    assert "Le faire" not in again.text


@pytest.mark.parametrize("alphabet", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("sign", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_the_spreadsheet_writes(office, alphabet, sign, end):
    texte = end.join(
        sign.join(cells) for cells in (("nom", "adresse E-mail"), ("Éloïse “Zoé” Técher", "e@example.org"), ("", ""))
    )
    done(office, GENS, texte.encode(alphabet))
    assert confirmed("e@example.org").nom == "Éloïse “Zoé” Técher"


@pytest.mark.parametrize("head", ["\r\n\r\nnom,e-mail,téléphone", '"SEP=,"\r\nnom,e-mail,téléphone'], ids=["blank", "sep"])
def test_what_comes_before_the_head_and_a_dash_for_nothing_are_no_trouble(office, head):
    done(office, GENS, f"{head}\r\nAwa Payet,awa@example.org,-\r\n")
    assert confirmed("awa@example.org").telephone == ""


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "il manque nom, e-mail"),
        (b"nom;telephone\nx;y", "il manque e-mail"),
        (b"nom;e-mail;mail\nx;y;z", "disent la même chose"),
        (b"nom;e-mail\nA\0;a@example.org", "tableau en texte"),
        (b"PK\x03\x04\x81\x8d\0\0", "tableau en texte"),
        ("nom;e-mail\nÉ;a@example.org".encode("utf-16"), "tableau en texte"),
        (b'nom;e-mail\n"A;a@example.org', "guillemet"),
        (b"nom;e-mail\n" + b"A;a@example.org\n" * 2001, "2\u00a0000 lignes"),
        (b"nom;e-mail\n" + b"A;a@e.re\n" * 10_000, "2\u00a0000 lignes"),
        (b"nom;e-mail\n" + b"A" * 200_000, "200\u00a0ko"),
    ],
    ids=range(10),
)
def test_what_is_no_such_table_is_refused_in_a_sentence(office, raw, words):
    page = brought(office, GENS, raw)
    assert page.status_code == 422
    assert words in page.text


def test_a_cell_too_long_is_refused_alone(office):
    long = "A" * 10_000
    page = brought(
        office,
        GENS,
        f"nom;e-mail\n{long};a@example.org\nAwa;{long}@example.org\nAwa;awa@example.org;de trop\nLéo;leo@example.org",
    )
    assert [sort for _, sort, _ in shown(page)] == ["Refusée", "Refusée", "Refusée", "Créée"]
    assert long not in page.text.replace(f"{long};", "").replace(f"{long}@", "")  # but in the text that goes on


def test_the_source_is_wanted(office):
    page = office.post(GENS, data={"texte": "nom;e-mail\nA;a@example.org"})
    assert page.status_code == 422
    assert "Dis d’où elles viennent" in page.text


def test_when_something_has_changed_meanwhile_it_is_shown_again(office):
    page = brought(office, GENS, "nom;e-mail\nLéa;lea@example.org\nAwa;awa@example.org")
    builders.personne("Léa", email="lea@example.org")
    db.session.commit()
    again = confirm(office, GENS, page)
    assert again.status_code == 409
    assert "La situation a changé" in again.text
    assert [sort for _, sort, _ in shown(again)] == ["Déjà là", "Créée"]
    db.session.rollback()
    assert confirmed("awa@example.org") is None
    assert confirm(office, GENS, again).status_code == 303
    assert confirmed("awa@example.org")


def test_a_provisional_person_is_nobody_s_proof(office):
    comptes.introduce(nom="Quelqu’un", email="lea@example.org", telephone="+262692123456")
    done(office, GENS, "nom;e-mail\nLéa;lea@example.org")
    assert confirmed("lea@example.org").telephone == ""


# --- past actions ----------------------------------------------------------------------------------------------


def test_past_actions_come_in_settled(office):
    builders.personne("Trésor", [builders.TRESORIER])
    texte = """Titre;Date;Fin;Lieu;Pôle porteur;Demandeur;Jauge;Type;Arrivée par
Fête du moulin;29/10/2022 9h;21h30;La cour;culture;DAL974;120;Formation;téléphone
Vannerie;2023-03-12;;La case;;;;;
Fête du Moulin;29/10/2022;;La cour;;;;;
Marché;31/02/2023;;La cour;;;;;
Marché;01/03/2023;28/02/2023;La cour;;;;;
Marché;01/03/2023;01/04/2023;La cour;;;;;
Marché;01/03/2099;;La cour;;;;;
Marché;01/03/2023;;La cour;Jardin;;;;
Marché;01/03/2023;;;;;;;
Marché;01/03/2023;;La cour;;;zéro;;
"""
    page = brought(office, ACTIONS, texte)
    said = shown(page)
    assert [sort for _, sort, _ in said] == ["Créée", "Créée", "Déjà là", *["Refusée"] * 7]
    words = ("n’est pas une date", "avant de commencer", "plus de 14 jours", "pas finie", "Jardin", "le lieu", "nombre entier")
    for (_, _, why), expected in zip(said[3:], words, strict=True):
        assert expected in why
    assert confirm(office, ACTIONS, page).status_code == 303
    db.session.rollback()
    fete, vannerie = db.session.scalars(select(Action).order_by(Action.debut)).all()
    assert (fete.etat, fete.bienveillant, fete.pole_porteur.nom, fete.demandeur.nom) == (Etat.SOLDEE, None, "Culture", "DAL974")
    assert (fete.personnes, fete.type, fete.canal) == (120, "formation", "telephone")
    assert [clock.local(at).isoformat()[:16] for at in (fete.debut, fete.fin)] == ["2022-10-29T09:00", "2022-10-29T21:30"]
    assert [clock.local(at).isoformat()[:16] for at in (vannerie.debut, vannerie.fin)] == [
        "2023-03-12T00:00",
        "2023-03-13T00:00",
    ]
    assert not fete.is_to_take
    assert shares("a_decider", 1).items == []
    assert number(outbox.Message) == 0
    [first, _] = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.importer")).all()
    assert (first.motif, first.action_id) == (SOURCE, fete.id)
    assert {sort for _, sort, _ in shown(brought(office, ACTIONS, texte))} == {"Déjà là", "Refusée"}


def test_they_are_read_as_any_other(office, as_):
    done(office, ACTIONS, "titre,date,lieu\nVannerie,12/03/2023,La case")
    [action] = db.session.scalars(select(Action)).all()
    zoe = as_(builders.bienveillant())
    assert "Vannerie" in zoe.get("/actions/?qui=toutes&quand=passees").text
    for tab in ("", "/echanges", "/programme"):
        assert zoe.get(f"/actions/{action.id}{tab}").status_code == 200
    assert "Je la prends" not in zoe.get(f"/actions/{action.id}").text
    assert "reprise d’un fichier" in office.get(f"/actions/{action.id}/journal").text
    assert "Vannerie" in zoe.get("/actions/agenda?mois=2023-03").text


def test_who_asked_for_them_is_kept_no_longer_than_others(office):
    """No line of the journal says when they were settled: they are counted from their end."""
    done(office, ACTIONS, "titre,date,lieu,organisation\nVannerie,12/03/2012,La case,Paul Unique")
    done(office, ACTIONS, f"titre,date,lieu,organisation\nHier,{clock.today() - timedelta(days=1)},La case,Léa Unique")
    [old, _] = db.session.scalars(select(Action.id).order_by(Action.debut)).all()
    assert db.session.scalars(retention.due()).all() == [old]


def test_a_start_alone_is_read_in_either_spelling(office):
    page = brought(office, ACTIONS, "titre;début;lieu\nMatin;2022-10-29T09:00;Ici\nMatin 2;2022-10-29 09:00;Ici")
    assert [sort for _, sort, _ in shown(page)] == ["Créée", "Créée"]


@pytest.mark.parametrize(
    ("fin", "read"),
    [
        ("23h", "2022-10-29T23:00"),
        ("2 h", "2022-10-30T02:00"),
        ("24h", "2022-10-30T00:00"),
        ("minuit", "2022-10-30T00:00"),
        ("30/10/2022 2h", "2022-10-30T02:00"),
        ("20h", ""),
    ],
)
def test_an_evening_may_end_the_day_after(office, fin, read):
    page = brought(office, ACTIONS, f"titre;début;fin;lieu\nKabar;29/10/2022 20h;{fin};La cour")
    [(_, sort, why)] = shown(page)
    assert (sort, "avant de commencer" in why) == (("Créée", False) if read else ("Refusée", True))
    if read:
        confirm(office, ACTIONS, page)
        db.session.rollback()
        assert clock.local(db.session.scalars(select(Action.fin)).one()).isoformat()[:16] == read


def test_an_action_of_today_that_is_over_may_come_in(as_):
    with clock.freeze(builders.in_days(0, 20)):
        office = as_(builders.personne("Ada Robert", [builders.ADMIN]))
        today = clock.today()
        page = brought(office, ACTIONS, f"titre;début;fin;lieu\nTôt;{today} 08:00;{today} 09:00:00;Ici\nTard;{today};;Ici")
        assert [sort for _, sort, _ in shown(page)] == ["Créée", "Refusée"]


# --- both ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(
    ("url", "head", "line", "cost"),
    [(GENS, "nom;e-mail;pôle", "A;a{}@example.org;Culture", 5), (ACTIONS, "titre;date;lieu", "M{};12/03/2023;Ici", 4)],
)
def test_looking_costs_the_same_for_one_or_many(office, count_queries, url, head, line, cost, n):
    office.get(url)
    with count_queries() as statements:
        assert brought(office, url, "\n".join([head, *(line.format(i) for i in range(n))])).status_code == 200
    assert len(statements) == cost, statements


def test_two_thousand_lines_pass(office):
    texte = "nom;e-mail;tél\n" + "".join(f"Personne {n};p{n}@example.org;0692{n:06d}\n" for n in range(2000))
    page = brought(office, GENS, texte.encode())
    assert len(shown(page)) == 2000
    assert confirm(office, GENS, page).status_code == 303
    db.session.rollback()
    assert number(Personne) == 2001


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("url", "texte"), [(GENS, "nom,e-mail\nLéa,lea@example.org\n"), (ACTIONS, "titre,date\nM,12/05/2024\n")]
)
def test_while_a_file_is_looked_at_others_write(office, url, texte):
    with traced("BEGIN", "SELECT") as seen:
        brought(office, url, texte)
    assert begun(seen)[:2] == [WRITE, READ]
    assert seen.index(READ) == 3  # who is there was read, and that is all


@pytest.mark.parametrize("url", [GENS, ACTIONS])
def test_the_model_is_read_as_it_is(office, url):
    page = brought(office, url, office.get(f"{url}/modele.csv").data)
    assert [sort for _, sort, _ in shown(page)] == ["Créée", "Créée"]
    assert office.get(f"{url}/modele.xlsx").data.startswith(b"PK")


def test_hostile_words_are_shown_as_words(office):
    page = brought(office, GENS, 'nom;e-mail;<script>alert(1)</script>\n"""><svg onload=alert(1)>";a@example.org;x\n')
    assert "<svg onload" not in page.text
    assert "<script>alert" not in page.text
    assert confirm(office, GENS, page).status_code == 303
    db.session.rollback()
    assert confirmed("a@example.org").nom == '"><svg onload=alert(1)>'


def test_an_hour_later_the_proof_is_asked_and_the_text_goes_on(office):
    with clock.freeze(clock.now() + timedelta(hours=1)):
        page = brought(office, GENS, "nom;e-mail\nLéa;lea@example.org")
    assert page.status_code == 403
    assert "lea@example.org" in page.text


def test_two_taps_take_it_over_once(office):
    page = brought(office, ACTIONS, "titre;date;lieu\nVannerie;12/03/2023;La case")
    assert [confirm(office, ACTIONS, page).status_code for _ in range(2)] == [303, 409]
    db.session.rollback()
    assert number(Action) == 1
