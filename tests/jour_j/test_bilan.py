"""What a day came to: its page, its paper, what was used, for the invoice."""

from __future__ import annotations

from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from sqlalchemy import select

from portal import clock
from portal.actions.models import reading
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.comptes.models import NomRole
from portal.contributions import commands as contributions
from portal.db import db
from portal.jour_j import bilan, consommations, document
from portal.jour_j.commands import Tap
from portal.jour_j.models import Consommation, Genre
from portal.poles.models import Ressource
from portal.workflow import Refusal
from tests import builders
from tests.jour_j.conftest import at, tap


@pytest.fixture
def done(saturday):
    """A day from nine to ten in the evening: people came, something broke, the site is closed."""
    saturday.open("Le contrôle finit dans cinq minutes.")
    lea = saturday.held_by(saturday.lea)
    broken = tap("x").uuid
    for hour, said in (
        (9.5, tap(Genre.PRESENCE, lea.id, "arrive")),
        (10, tap(Genre.JAUGE, "", "+10")),
        (11, tap(Genre.JAUGE, "", "+5")),
        (12, Tap(broken, Genre.INCIDENT, at(12), valeur="serieux", mot="Verre cassé.", lieu="La cour", mesures="Balayé.")),
        (13, tap(Genre.SUITE, broken, mot="Vitre changée.")),
        (14, tap(Genre.JAUGE, "", "-10")),
        (15, tap(Genre.PRESENCE, lea.id, "parti")),
    ):
        with clock.freeze(at(hour)):
            saturday.send(Tap(said.uuid, said.genre, at(hour), said.cible, said.valeur, said.mot, said.lieu, said.mesures))
    with clock.freeze(at(22)):
        saturday.close("Poubelles à sortir.")
        db.session.commit()
        yield saturday


@pytest.fixture
def coffee(saturday):
    """Twelve litres of coffee, that the kitchen has promised."""
    gina = builders.personne("Gina")
    pole = builders.pole("Cuisine", members=[gina])
    fields = {"ressource": Ressource.CONSOMMABLE, "titre": "Café", "quantite": 12, "unite": "litres"}
    need = builders.besoin(saturday.action, pole, **fields)
    besoins.answer(need, confirmer, by=gina)
    db.session.commit()
    return need


def words(text: str) -> str:
    return " ".join(BeautifulSoup(text, "html5lib").get_text(" ").replace("\u202f", " ").replace("\u00a0", " ").split())


SAID = [
    "9 h Site ouvert, Awa Payet", "Le contrôle finit dans cinq minutes.", "22 h Site fermé, Awa Payet",
    "Poubelles à sortir.", "En charge de 9 h à 22 h : Awa Payet", "Verre cassé.", "Balayé.",
    "13 h, Awa Payet : Vitre changée.", "Sur place : Léa Grondin",
]  # fmt: skip


@pytest.mark.both
def test_its_page_says_how_the_day_went(done, as_):
    said = words(as_(done.awa).get(f"{done.url}/bilan").text)
    for part in [*SAID, "15 personnes au plus, à 11 h ; 15 entrées comptées"]:
        assert part in said


def test_its_paper_says_the_same(done, as_):
    answer = as_(done.zoe).get(f"{done.url}/bilan.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    said = " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())
    for part in [*SAID, "Au plus 15 personnes en même temps, à 11 h ; 15 entrées comptées"]:
        assert part in said


def test_the_paper_of_a_hostile_day_is_made_of_words_alone(done):
    with clock.freeze(at(22)):
        done.send(tap(Genre.INCIDENT, "", "grave", '#panic("x") $y$ \\ "), #read("/etc/passwd")'))
        made = document.pdf(bilan.content(done.jour, []))
    assert "#panic" in "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)


def test_while_the_site_is_open_it_says_since_when_one_is_in_charge(saturday, as_):
    saturday.open("Le contrôle finit dans cinq minutes.")
    db.session.commit()
    assert "En charge depuis 9 h : Awa Payet" in words(as_(saturday.zoe).get(f"{saturday.url}/bilan").text)


def test_a_day_that_never_opened_has_an_honest_report(saturday, as_):
    said = words(as_(saturday.zoe).get(f"{saturday.url}/bilan").text)
    assert "Le site n’a pas été ouvert." in said
    assert as_(saturday.zoe).get(f"{saturday.url}/bilan.pdf").data[:5] == b"%PDF-"


def test_the_hours_that_are_proposed_stand_in_it(done):
    contributions.propose(done.action)
    content = bilan.content(done.jour, [])
    assert [(h["nom"], h["etat"]) for h in content["heures"]] == [("Awa Payet", "Proposé"), ("Léa Grondin", "Proposé")]


# --- what was used -------------------------------------------------------------------------------------------


def note(client, saturday, **fields):
    page = BeautifulSoup(client.get(f"{saturday.url}/bilan").text, "html5lib")
    lu = page.select_one('form.formulaire input[name="lu"]')
    assert lu
    return client.post(f"{saturday.url}/consommations", data={"lu": lu["value"]} | fields)


def used() -> list[tuple[str, int, int | None]]:
    db.session.rollback()
    rows = db.session.scalars(select(Consommation).order_by(Consommation.id))
    return [(row.libelle, row.quantite, row.besoin_id) for row in rows]


@pytest.mark.both
def test_what_was_really_used_is_kept_beside_what_was_foreseen(coffee, done, as_):
    awa = as_(done.awa)
    field = f"besoin_{coffee.id}"
    assert "Prévu : 12 litres" in words(awa.get(f"{done.url}/bilan").text)
    answer = note(awa, done, **{field: "9,5", "libelle": "Gobelets", "quantite": "120"})
    assert (answer.status_code, answer.location) == (303, f"{done.url}/bilan#consommations")
    assert used() == [("Café", 950, coffee.id), ("Gobelets", 12_000, None)]
    line = db.session.scalar(select(Consommation.id).where(Consommation.besoin_id.is_(None)))
    note(awa, done, **{field: "", f"ligne_{line}": "100"})
    assert used() == [("Gobelets", 10_000, None)]


def test_a_form_sent_twice_is_written_once(done, as_):
    awa = as_(done.awa)
    read = reading(consommations.sheet_of([]))
    for _ in range(2):
        awa.post(f"{done.url}/consommations", data={"lu": read, "libelle": "Gobelets", "quantite": "120"})
    assert used() == [("Gobelets", 12_000, None)]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"libelle": "Gobelets"}, "Il manque l’un des deux"),
        ({"quantite": "3"}, "Il manque l’un des deux"),
        ({"libelle": "Gobelets", "quantite": "-3"}, "Un nombre entre"),
        ({"libelle": "Gobelets", "quantite": "1e400"}, "Ce nombre n’est pas compris"),
        ({"libelle": "G" * 121, "quantite": "3"}, "Ce nom"),
    ],
)
def test_what_makes_no_sense_is_said_and_every_word_kept(coffee, done, as_, fields, sentence):
    answer = note(as_(done.awa), done, **({f"besoin_{coffee.id}": "7,25"} | fields))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="7,25"' in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in fields.values())
    assert used() == []


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(coffee, done, as_):
    awa, field = as_(done.awa), f"besoin_{coffee.id}"
    read = reading(consommations.sheet_of(consommations.consumptions(done.jour)))
    note(as_(done.zoe), done, **{field: "10"})
    answer = awa.post(f"{done.url}/consommations", data={"lu": read, field: "8"})
    assert answer.status_code == 409
    assert 'value="8"' in answer.text
    assert used() == [("Café", 1_000, coffee.id)]


def test_once_it_is_invoiced_it_is_only_read(done, monkeypatch):
    monkeypatch.setattr("portal.jour_j.models.LIVE", frozenset())
    with pytest.raises(Refusal, match="se lit seulement"):
        consommations.note_used(done.jour, {}, more=("Gobelets", 100), by=done.awa, read=reading({}))


def test_who_runs_the_day_writes_it_the_house_reads_it_and_nobody_else(done, as_):
    ada = builders.personne("Ada Dijoux", [NomRole.ADMIN])
    db.session.commit()
    seen = [as_(who).get(f"{done.url}/bilan") for who in (done.zoe, done.awa, ada, done.lea)]
    assert [answer.status_code for answer in seen] == [200, 200, 200, 403]
    assert [f"{done.url}/consommations" in answer.text for answer in seen] == [True, True, False, False]


@pytest.mark.parametrize("many", [1, 30])
def test_it_costs_the_same_for_one_line_or_for_thirty(done, as_, count_queries, many):
    for n in range(many):
        done.send(tap(Genre.INCIDENT, mot=f"Incident {n}"))
        db.session.add(Consommation(jour_id=done.action.id, libelle=f"Chose {n}", quantite=100, par_id=done.awa.id))
    db.session.commit()
    page, paper, spent = f"{done.url}/bilan", f"{done.url}/bilan.pdf", []
    for client, url in ((as_(done.awa), page), (as_(done.awa), paper), (as_(done.zoe), paper)):
        with count_queries() as statements:
            client.get(url)
        spent.append(len(statements))
    assert spent == [10, 10, 9]
