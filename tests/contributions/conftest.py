"""A Saturday that is over: Zoé set it up, Awa ran it, Léa and Rémi helped, Noé was paid in points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from portal import clock
from portal.actions.models import Action, reading
from portal.comptes.models import Personne
from portal.contributions import commands, queries
from portal.contributions.models import Constat, Contribution, Line, Releve, sheet_of, valider
from portal.db import db
from portal.jour_j import commands as jour_j
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre, Jour
from portal.missions.models import Affectation, Nature
from tests import builders
from tests.test_races import crowd as crowd  # a fixture

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=clock.ZONE)


def at(hour: float) -> datetime:
    """That hour of the day, at La Réunion."""
    return NINE + timedelta(hours=hour - 9)


def words(html: str) -> str:
    """What a page says, each space a plain one."""
    return " ".join(BeautifulSoup(html, "html5lib").get_text(" ").split())


@dataclass
class Past:
    """The action, its people, and the taps that its référent sends."""

    action: Action
    zoe: Personne
    awa: Personne
    lea: Personne
    remi: Personne
    noe: Personne
    places: dict[Personne, Affectation]

    @property
    def url(self) -> str:
        return f"/contributions/action/{self.action.id}"

    def says(self, who: Personne, valeur: str, hour: float) -> None:
        """Awa taps somebody's presence at that hour."""
        self._send(Tap(str(uuid4()), Genre.PRESENCE, at(hour), str(self.places[who].id), valeur), hour)

    def turn(self, valeur: str, hour: float) -> None:
        self._send(Tap(str(uuid4()), Genre.SITE, at(hour), "", valeur, "vu"), hour)

    def close(self) -> None:
        """Open at nine and closed at six; Léa came, Rémi did not, nobody tapped the others."""
        self.turn("ouvrir", 9)
        self.says(self.lea, "arrive", 9.1)
        self.says(self.remi, "absent", 10)
        self.turn("fermer", 18)
        db.session.commit()

    def pay(self, who: Personne, **fields: Any) -> None:
        """A mission of chargé de mission all day, held by them."""
        with clock.freeze(at(-100)):
            builders.hold(builders.mission(self.action, **({"nature": Nature.CHARGE_DE_MISSION} | fields)), who)

    def clear_up(self, who: Personne) -> None:
        """The next day, from nine to noon, they put everything away."""
        morrow = {"debut": at(33), "fin": at(36)}
        self.pay(who, nature=Nature.VOLONTAIRE, titre="Démontage", **morrow)

    def _send(self, tap: Tap, hour: float) -> None:
        jour = db.session.get(Jour, self.action.id)
        assert jour
        with clock.freeze(at(hour)):
            [outcome] = jour_j.receive(jour, [tap], by=self.awa)
        assert outcome.refusal is None, outcome

    def releve(self, who: Personne) -> Releve:
        return next(r for r in queries.of_action(self.action) if r.personne is who)

    def settle(self, transition=valider, *, by: Personne | None = None, read: str = "", **said: float) -> None:
        """Say these hours (by first name; the others as they stand), and move all on."""
        rows = queries.of_action(self.action)
        lines = {r.id: Line(int(said.get(r.personne.prenom, r.minutes / 60) * 60), r.constat) for r in rows}
        commands.settle(self.action, lines, transition, by=by or self.zoe, read=read or reading(sheet_of(rows)))

    def correct(
        self, who: Personne, hours: float, *, motif: str = "Compté deux fois.", constat: Constat = Constat.PRESENT
    ) -> None:
        releve = self.releve(who)
        line = Line(int(hours * 60), constat)
        commands.correct(releve, line, motif=motif, by=self.zoe, read=reading(sheet_of([releve])))

    def ledger(self, who: Personne) -> list[tuple[str, int]]:
        """(unit, quantity) of each line, the first one first."""
        return [(c.unite, c.quantite) for c in reversed(queries.lines(Contribution.personne_id == who.id))]


@pytest.fixture
def evening(app: Flask) -> Iterator[None]:  # the application sets its clock as it starts
    with clock.freeze(at(20)):
        yield


@pytest.fixture
def past(evening: None) -> Past:
    """Nobody has tapped anything yet, nor closed the site."""
    zoe, awa = builders.bienveillant(), builders.personne("Awa Payet")
    lea, remi, noe = (builders.personne(nom) for nom in ("Léa Grondin", "Rémi Fontaine", "Noé Técher"))
    with clock.freeze(at(-100)):
        action = builders.action(zoe, debut=at(9), fin=at(18), pole_porteur=builders.pole("Culture"))
        helped = builders.mission(action, debut=at(9), fin=at(13))
        paid = builders.mission(action, nature=Nature.CHARGE_DE_MISSION, titre="Son", points=110, debut=at(14), fin=at(18))
        post = builders.referent_mission(action)
        held = {who: builders.hold(to, who) for to, who in ((helped, lea), (helped, remi), (paid, noe), (post, awa))}
    db.session.commit()
    return Past(action, zoe, awa, lea, remi, noe, held)


@pytest.fixture
def closed(past: Past) -> Past:
    past.close()
    return past
