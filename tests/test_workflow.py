"""A transition is one object: the rule, the button, the journal's line and the event; a state moves by it or not at all."""

from __future__ import annotations

from enum import StrEnum

import pytest
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from portal.comptes.models import Personne
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Etat as EtatMission
from portal.workflow import EVENTS, Event, MotifMissing, News, Refusal, Transition, TransitionRefused, Workflow, fire
from tests import builders


class Own(DeclarativeBase):
    """Apart from the portal's tables, which its migrations know."""


class Etat(StrEnum):
    FERMEE = "fermee"
    OUVERTE = "ouverte"
    CASSEE = "cassee"


class Porte(Own):
    __tablename__ = "porte"
    id: Mapped[int] = mapped_column(primary_key=True)
    etat: Mapped[Etat]


def t(slug: str, sources: set[Etat], target: Etat, **more: bool) -> Transition:
    return Transition(f"porte.{slug}", slug.title(), slug, "check", frozenset(sources), target, **more)


ouvrir = t("ouvrir", {Etat.FERMEE}, Etat.OUVERTE)
claquer = t("claquer", {Etat.OUVERTE}, Etat.FERMEE)
enfoncer = t("enfoncer", {Etat.FERMEE}, Etat.CASSEE, needs_motif=True)
arracher = t("arracher", {Etat.OUVERTE}, Etat.CASSEE, needs_motif=True)
reparer = t("reparer", {Etat.CASSEE}, Etat.FERMEE)
sonner = Event("porte.sonner", "Sonner", "sonnée")
PORTE = Workflow(Porte.etat, (ouvrir, claquer, enfoncer, arracher, reparer))
for own in (*PORTE, sonner):
    assert EVENTS.pop(own.key) is own  # registered as any event is; the portal's pages need not know these


@pytest.fixture
def zoe(app) -> Personne:
    return builders.bienveillant()


@pytest.fixture
def heard():
    """The news that a reaction to each event receives."""
    news: list[News] = []
    for event in (*PORTE, sonner):
        event.react(news.append)
    yield news
    for event in (*PORTE, sonner):
        event.reactions.remove(news.append)


def porte(etat: Etat = Etat.FERMEE) -> Porte:
    return Porte(id=7, etat=etat)


def journal() -> list[EntreeJournal]:
    db.session.flush()
    return list(db.session.scalars(select(EntreeJournal).where(EntreeJournal.sujet == "porte:7")))


def test_it_moves_the_subject_writes_the_journal_and_tells_the_others(zoe, heard):
    door = porte()
    fire(ouvrir, door, by=zoe, motif="il fait chaud", combien=2)
    assert door.etat is Etat.OUVERTE
    [line] = journal()
    assert (line.evenement, line.avant, line.apres) == ("porte.ouvrir", "fermee", "ouverte")
    assert (line.personne_id, line.motif, line.faits) == (zoe.id, "il fait chaud", {"combien": 2})
    assert heard == [News(ouvrir, door, zoe, "il fait chaud", {"combien": 2}, avant=Etat.FERMEE)]


def test_the_portal_itself_may_act(app, heard):
    fire(ouvrir, porte(), by=None)
    assert [(line.personne_id, line.motif, line.faits) for line in journal()] == [(None, "", {})]


def test_a_reaction_finds_the_subject_moved_and_the_line_written(zoe):
    seen = []

    @ouvrir.react
    def look(news: News) -> None:
        seen.append((news.subject.etat, len(journal())))

    fire(ouvrir, porte(), by=zoe)
    ouvrir.reactions.remove(look)
    assert seen == [(Etat.OUVERTE, 1)]


def test_an_event_that_moves_nothing_is_journaled_and_told(zoe, heard):
    door = porte()
    sonner.tell(door, by=zoe, fois=3)
    assert door.etat is Etat.FERMEE
    [line] = journal()
    assert (line.evenement, line.avant, line.apres, line.faits) == ("porte.sonner", None, None, {"fois": 3})
    assert [news.event for news in heard] == [sonner]


# --- refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transition", "etat"),
    [(ouvrir, Etat.OUVERTE), (ouvrir, Etat.CASSEE), (claquer, Etat.FERMEE), (reparer, Etat.OUVERTE), (claquer, Etat.CASSEE)],
    ids=lambda value: getattr(value, "slug", str(value)),
)
def test_a_transition_not_open_from_here_is_refused_before_anything_moves(zoe, heard, transition, etat):
    door = porte(etat)
    with pytest.raises(TransitionRefused):
        fire(transition, door, by=zoe, motif="parce que")
    assert (door.etat, journal(), heard) == (etat, [], [])


def test_it_is_refused_even_when_a_sister_leads_the_same_way(zoe):
    """The edge ouverte → cassee exists, by another transition than this one."""
    with pytest.raises(TransitionRefused):
        fire(enfoncer, porte(Etat.OUVERTE), by=zoe, motif="vent")


@pytest.mark.parametrize("motif", ["", " ", "\n\t"])
def test_a_reason_that_is_wanted_must_be_given(zoe, heard, motif):
    door = porte()
    with pytest.raises(MotifMissing):
        fire(enfoncer, door, by=zoe, motif=motif)
    assert (door.etat, journal(), heard) == (Etat.FERMEE, [], [])
    fire(enfoncer, door, by=zoe, motif="clé perdue")
    assert door.etat is Etat.CASSEE


def test_the_present_state_is_looked_at_before_the_reason(zoe):
    with pytest.raises(TransitionRefused):
        fire(enfoncer, porte(Etat.CASSEE), by=zoe)


# --- by hand ---------------------------------------------------------------------------------------------------


def test_assigning_the_state_by_hand_obeys_the_same_table(app):
    door = porte(Etat.CASSEE)
    with pytest.raises(TransitionRefused):
        door.etat = Etat.OUVERTE
    door.etat = Etat.CASSEE  # nothing moves
    door.etat = Etat.FERMEE  # as reparer does
    assert door.etat is Etat.FERMEE


@pytest.mark.both
def test_so_it_does_on_a_row_that_a_commit_has_expired(zoe):
    mission = builders.mission(builders.action(zoe))
    assert mission.etat is EtatMission.OUVERTE
    db.session.commit()
    with pytest.raises(TransitionRefused):
        mission.etat = EtatMission.BROUILLON
    assert mission.etat is EtatMission.OUVERTE


# --- the table -------------------------------------------------------------------------------------------------


def test_a_slug_finds_its_transition():
    assert PORTE.get("ouvrir") is ouvrir
    assert PORTE.get("inventer") is None
    assert [t.slug for t in PORTE] == ["ouvrir", "claquer", "enfoncer", "arracher", "reparer"]


def test_two_transitions_with_one_slug_are_refused_at_start_up():
    with pytest.raises(ValueError, match="share a slug"):
        Workflow(Porte.etat, (ouvrir, claquer, ouvrir))


def test_what_the_house_says_no_with():
    class Complet(Refusal):
        sentence = "Tout est pris."

    assert (Complet().status, Complet().sentence, str(Complet())) == (409, "Tout est pris.", "Tout est pris.")
    assert Complet("Il reste la liste d’attente.").sentence == "Il reste la liste d’attente."
    assert (MotifMissing().status, TransitionRefused().status) == (422, 409)
