"""« Mes données »: all that is held about a person, by themself: read, taken away; nothing of others, nothing untold."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock, demo, reglage
from portal.actions.models import Echange, Etape
from portal.actions.tache import Tache
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter, refuser
from portal.comptes.models import (
    CleAcces,
    Consultation,
    NomRole,
    Note,
    Personne,
    Profil,
    Reception,
    Role,
    Session,
    Statut,
    Vue,
)
from portal.contributions.models import Attestation, Contribution, Unite
from portal.db import Base, db
from portal.donnees import SECTIONS, counted
from portal.journal import EntreeJournal
from portal.missions.models import UNDO, Affectation, Mineur, Nature
from portal.notifications import worker
from portal.outbox import Message
from portal.partage.models import Depense
from portal.partage.models import Nature as Poste
from tests import builders

DEED = "who did it: a line of the journal, which its section tells"
OTHERS = {  # the columns that lead to a person and that no section tells, and why
    "jeton.personne_id": "a secret, for ten minutes; once used, it says no more than the device",
    "second_facteur.personne_id": "a secret; since when it is asked for is told with who they are",
    "code_secours.personne_id": "secrets, of which the house keeps but the fingerprints",
    "consultation.par_id": "what they looked at is told to whom it was about",
    "note.par_id": "the note is about somebody else, whose section tells it",
    "outbox.par_id": DEED,
    "reglage.par_id": DEED,
    "tache.traitee_par_id": DEED,
    "decision.par_id": DEED,
    "besoin.repondu_par_id": DEED,
    "devis.par_id": DEED,
    "devis.remise_par_id": DEED,
    "devis.approuve_par_id": DEED,
    "devis.envoye_par_id": DEED,
    "ligne_devis.confirmee_par_id": DEED,
    "accord.par_id": DEED,
    "accord.annule_par_id": DEED,
    "invitation.par_id": DEED,
    "modele.par_id": DEED,
    "trame.par_id": DEED,
    "consommation.par_id": DEED,
    "contribution.par_id": DEED,
    "facture.par_id": DEED,
    "facture.emise_par_id": DEED,
    "reglement.par_id": DEED,
    "depot.par_id": DEED,
    "relance.par_id": DEED,
    "exercice.par_id": DEED,
    "partage.decide_par_id": DEED,
    "ecriture.par_id": DEED,
}


@pytest.fixture
def awa(app) -> Personne:
    return builders.personne("Awa Unique", email="awa.unique@example.org", telephone="+262692777777")


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


def taken(client: Any, sorte: str = "json") -> dict[str, list[Any]]:
    """What the download holds, by section."""
    answer = client.post(f"/moi/donnees/tout.{sorte}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="mes-donnees.{sorte}"'
    if sorte == "json":
        return {part["cle"]: part["lignes"] for part in json.loads(answer.data)["parties"]}
    with ZipFile(BytesIO(answer.data)) as archive:
        texts = {name.removesuffix(".csv"): archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    return {cle: list(csv.DictReader(StringIO(text, newline=""), delimiter=";")) for cle, text in texts.items()}


def test_each_column_that_leads_to_a_person_is_told_or_it_is_said_why_not(app):
    leading = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "personne"
    }
    told = {column for section in SECTIONS.values() for column in section.tient}
    assert leading - told - OTHERS.keys() == set(), "a table names a person and nobody tells it to them"
    assert (told | OTHERS.keys()) - leading == set()
    assert told & OTHERS.keys() == set()


@pytest.mark.both
def test_all_that_is_held_is_told_and_both_files_say_the_same(awa, zoe, as_, smtp):
    mission = builders.mission(builders.action(zoe, titre="Fête du moulin"))
    applied = builders.candidature(mission, awa, message="=Je viens; avec plaisir")
    candidatures.decide(applied, accepter, by=zoe, mot="Merci Awa")
    db.session.add_all([
        Profil(personne_id=awa.id, disponibilites=["samedi-matin"], competences=[], envies=[]),
        Note(personne_id=awa.id, texte="Préfère l’ombre", par_id=zoe.id),
    ])  # fmt: skip
    builders.join(awa, builders.pole("Jardin"))
    db.session.commit()
    with clock.freeze(clock.now() + 2 * UNDO):
        worker.run_once()
    client = as_(awa)
    found = taken(client)
    assert set(found) == set(SECTIONS)
    [who] = found["identite"]
    assert (who["Nom"], who["E-mail"], who["Téléphone"]) == ("Awa Unique", "awa.unique@example.org", "0692 77 77 77")
    assert found["profil"][0]["Libre"] == ["samedi-matin"]
    assert found["note"][0]["Note"] == "Préfère l’ombre"
    assert [line["Nom"] for line in found["poles"]] == ["Pôle Jardin"]
    assert [line["Appareil"] for line in found["appareils"]] == ["pytest"]
    assert any("Merci Awa" in line["Texte"] for line in found["messages"])
    assert found["candidatures"][0]["Message"] == "=Je viens; avec plaisir"
    tables = taken(client, "zip")
    assert tables["candidatures"][0]["Message"] == "'=Je viens; avec plaisir"  # inert in a spreadsheet
    for cle in set(SECTIONS) - {"journal"}:  # where the first download has become a line
        assert len(tables[cle]) == len(found[cle]), cle


# --- words for a person, codes for a machine -------------------------------------------------------------------

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"
MACHINE = (  # what no person would write
    re.compile(r"\b(True|False|None|null)\b"),
    re.compile(r"\d{4}-\d\d-\d\d"),
    re.compile(r"(?<![\w/])[a-z]+_[a-z_]+"),
    re.compile(r"Mozilla|[\[\]{}]"),
    re.compile(r"(?m)^([a-z]+[-_:][a-z_\d]+)$"),
)


@pytest.fixture
def hary(app) -> Personne:
    """The demo's, and whatever else one may have: something in each section."""
    demo.load()
    hary, zoe = (
        db.session.scalars(select(Personne).where(Personne.email == f"{name}@example.org")).one()
        for name in ("hary.razafy", "bienveillant")
    )
    hary.statut, hary.siret, hary.structure = Statut.INDEPENDANT, "73282932000074", "Atelier Razafy"
    hary.reception, hary.sollicitable = Reception.RESUME, True
    jardin = builders.pole("Jardin des mots")
    profil = db.session.get_one(Profil, hary.id)
    profil.disponibilites, profil.competences = ["samedi-apres_midi", "dimanche-soir"], ["mediation", "secours"]
    profil.envies = ["nature:charge_de_mission", f"pole:{jardin.id}"]
    task, step, place = (db.session.scalars(select(model)).first() for model in (Tache, Etape, Affectation))
    task.responsable_id = step.responsable_id = hary.id
    mission, action = place.mission, place.mission.action
    action.relais_id = hary.id
    key = {"identifiant": "AAAA", "cle_publique": b"COSE", "compteur": 0, "porteur": "BBBB", "nom": "Mon téléphone"}
    code = {"code": "AAAAA-BBBBB", "annee": 2026, "rang": 9, "initiales": "H. R.", "minutes": 60, "contenu": {"objet": "Fête"}}
    given = {"personne_id": hary.id, "mission": mission, "action": action, "annee": 2026, "par_id": zoe.id}
    cost = {"nature": Poste.AUTRE, "libelle": "Marché", "montant": 10_00, "le": clock.today()}
    sent = {
        "genre": "x",
        "cle": "x",
        "adresse": zoe.email,
        "faits": {},
        "objet": "Une place se libère",
        "envoye_le": clock.now(),
    }
    db.session.add_all([
        Role(personne_id=hary.id, nom=NomRole.TRESORIER),
        *(Consultation(personne_id=hary.id, par_id=zoe.id, page=page) for page in Vue),
        CleAcces(personne_id=hary.id, **key),
        Echange(action=action, personne_id=hary.id, texte="Bonjour, à samedi"),
        Mineur(mission=mission, personne_id=hary.id, age=17, responsable="Lalao Razafy", telephone="+262692888888"),
        Contribution(nature=Nature.VOLONTAIRE, unite=Unite.HEURES, quantite=90, **given),
        Contribution(nature=Nature.CHARGE_DE_MISSION, unite=Unite.CENTIMES, quantite=150_00, **given),
        Attestation(personne_id=hary.id, **code),
        Depense(action=action, par_id=hary.id, **cost),
        Message(personne_id=zoe.id, sur_id=hary.id, **sent),
    ])  # fmt: skip
    db.session.flush()
    reglage.change(reglage.QUORUM, 4, by=hary)
    db.session.commit()
    return hary


def test_a_person_reads_words_and_a_machine_codes(hary, as_):
    client = as_(hary)
    db.session.execute(update(Session).values(appareil=PHONE))
    db.session.commit()
    tables = taken(client, "zip")
    assert [cle for cle in SECTIONS if not tables[cle]] == [], "nothing to read there: give some to Hary"
    check_words(tables)
    assert "samedi après-midi, dimanche soir" in client.get("/moi/donnees?quoi=profil").text
    check_codes(json.loads(client.post("/moi/donnees/tout.json").data))


def check_words(tables: dict[str, list[dict[str, str]]]) -> None:
    for cle, lines in tables.items():
        for what, words in ((what, words) for line in lines for what, words in line.items()):
            said = re.sub(r"https?://\S+|\S+@\S+", "", words).replace(", ", "\n")
            assert not [found[0] for found in (sign.search(said) for sign in MACHINE) if found], (cle, what, words)
    assert tables["profil"] == [{
        "Libre": "samedi après-midi, dimanche soir", "Sait faire": "Médiation et visites, Premiers secours",
        "Envies": "Chargé de mission, Pôle Jardin des mots",
    }]  # fmt: skip
    [device], [who] = tables["appareils"], tables["identite"]
    assert device["Appareil"] == "iPhone, Safari"
    assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d", device["Ouvert le"])
    assert (who["Statut"], who["Peut être sollicitée"]) == ("Indépendant", "oui")
    assert "Réglage «\u00a0Avis pour clore une validation en ligne\u00a0»" in {line["Sujet"] for line in tables["journal"]}


def check_codes(answer: dict[str, Any]) -> None:
    found = {part["cle"]: part["lignes"] for part in answer["parties"]}
    assert found["profil"][0]["Libre"] == ["samedi-apres_midi", "dimanche-soir"]
    [device], [who] = found["appareils"], found["identite"]
    assert device["Appareil"] == PHONE
    assert (who["Statut"], who["Peut être sollicitée"], who["Messages"]) == ("independant", True, "resume")
    assert [line["Quantité"] for line in found["contributions"]] == ["1.50", "150.00"]
    texts = [value for lines in found.values() for line in lines for value in line.values() if isinstance(value, str)]
    instants = [answer["le"], *(text for text in texts if re.match(r"\d{4}-\d\d-\d\dT", text))]
    assert len(instants) > 20
    assert [text for text in instants if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+04:00", text)] == []


@pytest.mark.both
def test_an_answer_that_was_not_told_is_in_no_part_of_it(awa, zoe, as_):
    mission = builders.mission(builders.action(zoe))
    for transition, motif in ((accepter, ""), (refuser, "Motif tout neuf")):
        applied = builders.candidature(mission, awa)
        candidatures.decide(applied, transition, by=zoe, motif=motif, despite_clash=True)
    db.session.commit()
    client = as_(awa)
    found = taken(client)
    assert {line["État"] for line in found["candidatures"]} == {applied.etat_rendu}
    assert found["places"] == found["messages"] == []
    assert "Motif tout neuf" not in json.dumps(found, ensure_ascii=False)
    assert "accepté" not in json.dumps(found["journal"], ensure_ascii=False)
    with clock.freeze(clock.now() + 2 * UNDO):
        found = taken(as_(awa))
    assert len(found["places"]) == 1
    assert "Motif tout neuf" in json.dumps(found["journal"], ensure_ascii=False)


@pytest.mark.both
def test_what_is_of_others_is_not_theirs_to_take(awa, zoe, as_):
    """A bienveillant's own journal tells what they decided, and names nobody whom they decided of."""
    applied = builders.candidature(builders.mission(builders.action(zoe)), awa)
    candidatures.decide(applied, accepter, by=zoe)
    db.session.commit()
    found = json.dumps(taken(as_(zoe)), ensure_ascii=False).lower()
    assert f"candidature n°\u00a0{applied.id}" in found
    for sign in ("unique", "777777", "77 77"):
        assert sign not in found


@pytest.mark.both
def test_who_took_what_is_journaled_and_reading_is_not(awa, as_):
    client = as_(awa)
    for page in ("/moi/donnees", "/moi/donnees?quoi=identite", "/moi/donnees?quoi=journal"):
        assert client.get(page).status_code == 200
    rows = select(EntreeJournal).where(EntreeJournal.evenement == "personne.exporter")
    assert db.session.scalars(rows).all() == []
    taken(client)
    [noted] = db.session.scalars(rows)
    assert (noted.sujet, noted.personne_id, noted.faits) == (f"personne:{awa.id}", awa.id, {"sorte": "json"})


def test_no_secret_leaves(awa, as_):
    awa.mot_de_passe = "$argon2id$secret"
    client = as_(awa)
    found = json.dumps(taken(client), ensure_ascii=False)
    assert "argon2" not in found
    assert not re.search(r"\b[0-9a-f]{32,}\b", found)


def test_the_page_counts_each_part_in_few_queries_and_leads_to_it(awa, zoe, as_, count_queries):
    for _ in range(3):
        builders.candidature(builders.mission(builders.action(zoe)), awa)
    client = as_(awa)
    with count_queries() as statements:
        page = BeautifulSoup(client.get("/moi/donnees").text, "html.parser")
    assert len(statements) <= 6
    rows = {a["href"]: a.get_text(" ", strip=True) for a in page.select(".rangees a")}
    assert rows["/moi/donnees?quoi=candidatures"] == "Tes candidatures 3 lignes"
    with count_queries() as statements:
        part = client.get("/moi/donnees?quoi=candidatures").text
    assert len(statements) <= 6
    assert part.count("<article") == 3
    assert "Je viens avec plaisir." in part
    assert counted(awa)["note"] == 0
    assert "Rien ici" in client.get("/moi/donnees?quoi=note").text


@pytest.mark.parametrize("quoi", ["inconnue", "journal'", "../identite", "0"])
def test_there_is_no_other_part(awa, as_, quoi):
    assert as_(awa).get(f"/moi/donnees?quoi={quoi}").status_code == 404


def test_a_long_part_has_pages(awa, as_):
    for number in range(60):
        db.session.add(
            EntreeJournal(sujet=f"personne:{awa.id}", evenement="personne.profil", motif=f"ligne {number}", personne_id=awa.id)
        )
    client = as_(awa)
    with clock.freeze(clock.now() + timedelta(minutes=1)):
        first, second = (client.get(f"/moi/donnees?quoi=journal&page={n}").text for n in (1, 2))
    assert first.count("<article") == 50
    assert "ligne 59" in second
