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
from sqlalchemy import select

from portal import clock
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter, refuser
from portal.comptes.models import Note, Personne, Profil
from portal.db import Base, db
from portal.donnees import SECTIONS, counted
from portal.journal import EntreeJournal
from portal.missions.models import UNDO
from portal.notifications import worker
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
    assert found["profil"][0]["Libre"] == "samedi-matin"
    assert found["note"][0]["Note"] == "Préfère l’ombre"
    assert [line["Nom"] for line in found["poles"]] == ["Pôle Jardin"]
    assert [line["Appareil"] for line in found["appareils"]] == ["pytest"]
    assert any("Merci Awa" in line["Texte"] for line in found["messages"])
    assert found["candidatures"][0]["Message"] == "=Je viens; avec plaisir"
    tables = taken(client, "zip")
    assert tables["candidatures"][0]["Message"] == "'=Je viens; avec plaisir"  # inert in a spreadsheet
    for cle in set(SECTIONS) - {"journal"}:  # where the first download has become a line
        assert len(tables[cle]) == len(found[cle]), cle


@pytest.mark.both
def test_an_answer_that_was_not_told_is_in_no_part_of_it(awa, zoe, as_):
    mission = builders.mission(builders.action(zoe))
    for transition, motif in ((accepter, ""), (refuser, "Motif tout neuf")):
        applied = builders.candidature(mission, awa)
        candidatures.decide(applied, transition, by=zoe, motif=motif, despite_clash=True)
    db.session.commit()
    client = as_(awa)
    found = taken(client)
    assert {line["État"] for line in found["candidatures"]} == {applied.etat_rendu.label}
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
