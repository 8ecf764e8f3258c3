"""The journal as a whole: every event has its words, every change of state its row, and no row is ever changed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from portal import clock, demo
from portal.actions.recit import NOMS, done, line
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.comptes.models import Personne
from portal.config import ROOT
from portal.db import Base, apart, db
from portal.journal import EntreeJournal, described, forget, strike_out
from portal.workflow import EVENTS, Refusal, Transition, TransitionRefused, fire
from tests import builders
from tests.test_routes import rules

KEPT = ("id", "quand", "sujet", "action_id", "evenement", "avant", "apres", "personne_id")


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


def moving() -> dict[str, Any]:
    """By table, the classes whose state moves by transitions alone."""
    classes = (mapper.class_ for mapper in Base.registry.mappers)
    return {one.__tablename__: one for one in classes if "etat" in one.__table__.columns}


def transitions() -> list[tuple[Any, Transition]]:
    """Each with the class of what it moves."""
    found = [(moving()[key.partition(".")[0]], one) for key, one in EVENTS.items() if isinstance(one, Transition)]
    assert {one.__tablename__ for one, _ in found} == moving().keys()
    return found


# --- words -----------------------------------------------------------------------------------------------------


def test_every_event_has_its_words():
    for key, one in EVENTS.items():
        noun, _, slug = key.partition(".")
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", key), key
        assert noun in NOMS, f"{key}: how does its line begin?"
        assert one.done, f"{key} is told in no words"
        assert slug != done(key) or slug.isalpha()


def test_nothing_is_journaled_but_events():
    """Whatever writes to the journal names an event, whose words everybody reads."""
    for path in (ROOT / "portal").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                if ast.unparse(node.func.value) != "journal":
                    continue
                assert isinstance(node.args[0], ast.Attribute), f"{path}:{node.lineno}"
                assert node.args[0].attr == "key", f"{path}:{node.lineno}"


def test_what_the_portal_no_longer_knows_is_still_read():
    old = EntreeJournal(
        sujet="chose:3", evenement="chose.ranger_tout", avant="ici", apres="la", motif="", faits={}, quand=clock.now()
    )
    told = line(old, None, {})
    assert (told.sujet, told.fait, told.avant, told.apres) == ("Chose", "ranger tout", "ici", "la")


@pytest.mark.both
def test_subjects_of_every_kind_are_named_in_one_query(zoe, count_queries):
    action = builders.action(zoe, titre="Fête")
    sent = builders.candidature(builders.mission(action, titre="Vaisselle"))
    pole, espace = builders.pole("Jardin"), builders.espace("La case")
    quote = builders.devis(builders.validated(zoe, titre="Autre"))
    db.session.flush()
    keys = [f"{row.__tablename__}:{row.id}" for row in (action, sent, pole, espace, quote, zoe)]
    with count_queries() as statements:
        called = described([*keys, "facture:999", "chose:1"])
    assert len(statements) == 1
    assert [called[key] for key in keys] == [
        "Action «\u00a0Fête\u00a0»", "Candidature de Léa Grondin, «\u00a0Vaisselle\u00a0»", "Pôle Jardin",
        "Espace «\u00a0La case\u00a0»", f"Devis {quote.numero}", "Zoé Hoarau",
    ]  # fmt: skip
    assert len(called) == len(keys)
    assert described([]) == {}


# --- never changed ---------------------------------------------------------------------------------------------


def one_row(zoe: Personne) -> EntreeJournal:
    builders.action(zoe)
    db.session.commit()
    return db.session.scalars(select(EntreeJournal).where(EntreeJournal.motif != "")).first()


@pytest.mark.both
@pytest.mark.parametrize("deed", ["DELETE FROM journal", *(f"UPDATE journal SET {name} = {{}}" for name in KEPT)])
def test_the_database_refuses_that_a_row_goes_or_changes(zoe, deed):
    entry = one_row(zoe)
    other = {"id": entry.id + 1000, "quand": "'2020-01-01'", "action_id": 999, "personne_id": "NULL"}
    name = deed.partition("SET ")[2].partition(" ")[0]
    statement = f"{deed.format(other.get(name, repr('autre')))} WHERE id = {entry.id}"
    before = db.session.execute(text("SELECT * FROM journal ORDER BY id")).all()
    with pytest.raises(IntegrityError, match="une ligne du journal ne change plus"):
        db.session.execute(text(statement))
    db.session.rollback()
    assert db.session.execute(text("SELECT * FROM journal ORDER BY id")).all() == before


@pytest.mark.both
def test_no_row_takes_the_place_of_another_nor_does_the_table_go_empty(zoe, database):
    entry, copied = one_row(zoe), "id, quand, sujet, action_id, 'faux', avant, apres, personne_id, motif, faits"
    if database.engine == "sqlite":
        deeds = [f"REPLACE INTO journal SELECT {copied} FROM journal WHERE id = {entry.id}"]
        db.session.rollback()
        with apart() as connection:
            connection.execute(text("PRAGMA recursive_triggers=OFF"))  # as whoever opens the file by hand
            with pytest.raises(IntegrityError, match="ne change plus"):
                connection.execute(text(deeds[0]))
    else:
        deeds = ["TRUNCATE journal CASCADE"]
    with pytest.raises(IntegrityError, match="ne change plus"):
        db.session.execute(text(deeds[0]))
    db.session.rollback()
    assert db.session.scalar(select(func.count(EntreeJournal.id)).where(EntreeJournal.evenement == "faux")) == 0


@pytest.mark.both
def test_an_erasure_takes_words_and_nothing_else(zoe):
    entry = one_row(zoe)
    entry.faits = {"mot": "Léa dit oui", "n": 3}
    db.session.commit()
    kept = [getattr(entry, name) for name in KEPT]
    strike_out(["Léa"])
    db.session.commit()
    assert entry.faits["mot"] == "(effacé) dit oui"
    forget(EntreeJournal.id == entry.id)
    db.session.commit()
    assert (entry.motif, entry.faits) == ("", {"n": 3})
    assert [getattr(entry, name) for name in KEPT] == kept


def test_no_route_changes_it(app):
    """What has the journal in its address is read, or taken away by a POST that adds a line to it."""
    found = {(rule.endpoint, method) for rule in rules(app) for method in rule.methods or () if "journal" in rule.rule}
    unsafe = {(endpoint, method) for endpoint, method in found if method not in {"GET", "HEAD", "OPTIONS"}}
    assert unsafe == {("reglages.export_journal", "POST"), ("reglages.export_looks", "POST")}
    assert {endpoint for endpoint, _ in found} == {
        "actions.history", "jour_j.journal", "reglages.export_journal", "reglages.export_looks", "reglages.journal",
        "reglages.looks",
    }  # fmt: skip


def test_nothing_in_the_portal_deletes_or_updates_a_row_of_it():
    """But the three functions that empty words, which the journal itself holds."""
    for path in (ROOT / "portal").rglob("*.py"):
        source = path.read_text()
        assert not re.search(r"(delete|update)\(\s*(journal\.)?EntreeJournal", source), path


# --- one row for each change of state ----------------------------------------------------------------------------


@pytest.fixture
def moves():
    """Every change of a state that a workflow holds: (subject, before, after), but the birth of a row, as it is flushed."""
    seen: list[tuple[Any, str, str]] = []
    hooks = []

    def watch(column: Any) -> None:
        def moved(subject: Any, new: Any, old: Any, _initiator: object) -> None:
            if isinstance(old, str) and old != new:
                seen.append((subject, str(old), str(new)))

        event.listen(column, "set", moved, active_history=True)
        hooks.append((column, moved))

    for one in moving().values():
        watch(one.etat)
    yield seen
    for column, moved in hooks:
        event.remove(column, "set", moved)


def named(moves: list[tuple[Any, str, str]]) -> Counter[tuple[str, str, str]]:
    return Counter((f"{subject.__tablename__}:{subject.id}", before, after) for subject, before, after in moves)


def journaled() -> Counter[tuple[str, str, str]]:
    rows = select(EntreeJournal).where(EntreeJournal.avant.is_not(None), EntreeJournal.apres.is_not(None))
    moved = (e for e in db.session.scalars(rows) if isinstance(EVENTS[e.evenement], Transition))
    return Counter((e.sujet, str(e.avant), str(e.apres)) for e in moved)


@pytest.fixture
def alone():
    """The transitions, to which nobody reacts meanwhile."""
    listening = [(one, list(one.reactions)) for _, one in transitions()]
    for one, _ in listening:
        one.reactions.clear()
    yield
    for one, reactions in listening:
        one.reactions.extend(reactions)


def test_each_transition_from_each_state_leaves_one_row_or_none(zoe, alone):
    """The whole table."""
    db.session.commit()
    tried: Counter[bool] = Counter()
    for model, transition in transitions():
        for state in model.__table__.columns["etat"].type.enum_class:
            subject = model(id=7, etat=state)
            opens = transition.opens_from(state)
            try:
                fire(transition, subject, by=zoe, motif="parce que")
            except TransitionRefused:
                assert not opens
            rows = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == transition.key)).all()
            said = [(e.sujet, e.avant, e.apres, e.personne_id, e.motif) for e in rows]
            assert said == [(f"{model.__tablename__}:7", state, transition.target, zoe.id, "parce que")] * opens
            assert subject.etat == (transition.target if opens else state)
            db.session.rollback()
            tried[opens] += 1
    assert tried[True] > 60
    assert tried[False] > 200


def test_in_all_that_the_demo_lives_each_change_of_state_has_one_row(app, moves):
    """Reactions included, whoever moves what."""
    demo.load()
    db.session.flush()
    assert len(moves) > 200
    assert named(moves) == journaled()
    by_key = {one.key: one for _, one in transitions()}
    rows = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement.in_(by_key))).all()
    assert all(e.apres == by_key[e.evenement].target and e.avant in by_key[e.evenement].sources for e in rows)
    assert len({e.evenement for e in rows}) > 30
    everything_is_said_in_words()


def everything_is_said_in_words() -> None:
    """No line shows a name that only the code knows."""
    rows = db.session.execute(
        select(EntreeJournal, Personne.nom).outerjoin(Personne, Personne.id == EntreeJournal.personne_id)
    ).all()
    called = described(entry.sujet for entry, _ in rows)
    for entry, nom in rows:
        told = line(entry, nom, called)
        for words in (told.sujet, told.fait, told.avant, told.apres, told.precision):
            assert "_" not in words, (entry.evenement, words)
        assert told.sujet[0].isupper() or told.sujet[0] in "«", told
        assert all(state[0].isupper() for state in (told.avant, told.apres) if state and "reglage" not in entry.sujet), told


@pytest.mark.both
def test_a_change_that_is_refused_leaves_no_row(zoe, moves):
    mission = builders.mission(builders.action(zoe))
    sent = builders.candidature(mission)
    candidatures.decide(sent, accepter, by=zoe)
    db.session.commit()
    before = db.session.scalar(select(func.count(EntreeJournal.id)))
    del moves[:]
    with pytest.raises(Refusal):
        candidatures.decide(sent, accepter, by=zoe)
    db.session.rollback()
    assert (db.session.scalar(select(func.count(EntreeJournal.id))), moves) == (before, [])
