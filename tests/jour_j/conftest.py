"""A Saturday at La Raffinerie, nine in the morning, the clock stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from flask import Flask

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import Action, Etape
from portal.comptes.models import Personne
from portal.db import db
from portal.jour_j import commands, queries
from portal.jour_j.commands import Outcome, Tap
from portal.jour_j.models import Entree, Genre, Jour, Phase
from portal.missions.models import Affectation
from tests import builders, services

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

NINE = datetime(2037, 11, 21, 9, 0, tzinfo=clock.ZONE)  # a phone, whose clock is real, forgets a day that is over


def at(hour: float) -> datetime:
    """That hour of the day, at La Réunion; 25 is one in the morning of the next."""
    return NINE + timedelta(hours=hour - 9)


def tap(
    genre: str, cible: object = "", valeur: str = "", mot: str = "", *, when: datetime | None = None, uuid: str = ""
) -> Tap:
    return Tap(uuid or str(uuid4()), genre, when or clock.now(), str(cible), valeur, mot)


def jour_of(action: Action) -> Jour:
    jour = db.session.get(Jour, action.id)
    assert jour
    return jour


def kept(tap: Tap) -> Entree:
    """The row that a tap became."""
    entree = db.session.get(Entree, tap.uuid)
    assert entree
    return entree


@dataclass
class Saturday:
    """An action of today with its people: Zoé set it up, Awa runs it, Léa helps."""

    action: Action
    zoe: Personne
    awa: Personne
    lea: Personne
    steps: list[Etape]

    @property
    def jour(self) -> Jour:
        return jour_of(self.action)

    @property
    def url(self) -> str:
        return f"/jour-j/{self.action.id}"

    def day(self) -> queries.Day:
        return queries.read(self.action.id)

    def held_by(self, personne: Personne) -> Affectation:
        return next(a for a in self.day().team if a.personne_id == personne.id)

    def send(self, *taps: Tap, by: Personne | None = None, sent: datetime | None = None) -> list[Outcome]:
        return commands.receive(self.jour, taps, by=by or self.awa, sent=sent)

    def tick_all(self, phase: Phase) -> None:
        self.send(*(tap(Genre.COCHE, p.id, "fait") for p in self.day().points(phase)))

    def open(self, mot: str = "") -> Outcome:
        return self.send(tap(Genre.SITE, "", "ouvrir", mot))[0]

    def close(self, mot: str = "") -> Outcome:
        return self.send(tap(Genre.SITE, "", "fermer", mot))[0]


@pytest.fixture
def nine(app: Flask) -> Iterator[None]:  # the application sets its clock as it starts
    with clock.freeze(NINE):
        yield


@contextmanager
def from_then(instant: datetime) -> Iterator[None]:
    """The portal's clock runs on from that instant, as a phone's does."""
    clock.set_from(f"{(instant - datetime.now(UTC)).total_seconds():+.0f}")
    try:
        yield
    finally:
        clock.set_from(None)


@pytest.fixture
def saturday(nine: None) -> Saturday:
    zoe, awa = builders.bienveillant(), builders.personne("Awa Payet", telephone="+262692123456")
    lea = builders.personne("Léa Grondin", telephone="+262692222222")
    zoe.telephone = "+262692111111"
    action = builders.action(zoe, titre="C’est mon patrimoine", debut=at(9), fin=at(21.5))
    steps = [
        actions.add_step(action, by=zoe, titre=titre, debut=at(start), fin=at(end), **more)
        for titre, start, end, more in (
            ("Jeux lontan", 9, 17.5, {}),
            ("Accueil, petit-déjeuner", 9, 10, {}),
            ("Visite", 10, 11, {"lieu": "Grande case"}),
            ("Repas, carry poulet", 12, 13.5, {"ancre": True}),
            ("Vidéos", 10, 16, {"piste": "Case"}),
        )
    ]
    builders.hold(builders.referent_mission(action), awa)
    builders.hold(builders.mission(action, fin=at(25)), lea)
    made = Saturday(action, zoe, awa, lea, steps)
    db.session.commit()
    made.jour.version = 0
    return made


def open_the_day(page: Page, url: str) -> Response | None:
    """Its first look at that day, until the phone keeps the page; what came."""
    came = page.goto(url)
    services.wait_until(lambda: page.evaluate("async () => !!(await caches.match(location.pathname))"), "the page on the phone")
    return came
