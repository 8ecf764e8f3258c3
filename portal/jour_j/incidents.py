"""The incidents of one day: each with what followed, who was there then, and whoever took it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from portal.filters import date_courte, heure
from portal.jour_j.models import Entree, Genre
from portal.jour_j.pli import Gravite, State
from portal.jour_j.soiree import evening_of

if TYPE_CHECKING:
    from portal.actions.models import Action
    from portal.comptes.models import Personne


class Then(Protocol):
    """The day as it was at that instant (a queries.Day)."""

    @property
    def action(self) -> Action: ...
    @property
    def state(self) -> State: ...
    @property
    def people_present(self) -> list[Personne]: ...


@dataclass(frozen=True)
class Incident:
    """An incident, what was added to it since, and the day as it was then: who was on site. `undone`: by uuid, its undoing."""

    entree: Entree
    suites: list[Entree]
    then: Then
    undone: Mapping[str, Entree]

    @property
    def gravite(self) -> Gravite:
        return Gravite(self.entree.valeur or Gravite.LEGER)

    @property
    def present(self) -> list[Personne]:
        """Of the team, who was there."""
        return self.then.people_present

    @property
    def public(self) -> int:
        return max(0, sum(people for _, people in self.then.state.passages))

    @property
    def noted_later(self) -> bool:
        return self.entree.recu_le - self.entree.quand >= timedelta(minutes=5)

    @property
    def counts(self) -> bool:
        return self.entree.uuid not in self.undone

    @property
    def taken_back(self) -> str:
        """ "annulé à 11 h 20 par Awa Payet"; nothing of one that still counts."""
        return self.undoing_of(self.entree)

    def undoing_of(self, said: Entree) -> str:
        """The same of the incident or of what followed it, with its date when that is not the same evening."""
        undoing = self.undone.get(said.uuid)
        if undoing is None:
            return ""
        later = evening_of(undoing.quand) != evening_of(said.quand)
        when = f"le {date_courte(undoing.quand)} à" if later else "à"
        fait = "annulée" if said.genre is Genre.SUITE else "annulé"
        return f"{fait} {when} {heure(undoing.quand)} par {undoing.personne.nom}"


class Incidents:
    """What `queries.Day` says of its incidents."""

    if TYPE_CHECKING:

        @property
        def _undone(self) -> set[str]: ...
        @property
        def entries(self) -> list[Entree]: ...

        def before(self, instant: datetime) -> Then: ...

    @property
    def incidents(self) -> list[Incident]:
        """Those that count, in the order in which they happened, each with what followed."""
        return self._among([e for e in self.entries if e.uuid not in self._undone])

    @property
    def noted(self) -> list[Incident]:
        """The same with whatever was taken back: a register loses nothing."""
        return self._among(self.entries)

    def _among(self, entries: list[Entree]) -> list[Incident]:
        told = [e for e in entries if e.genre is Genre.SUITE]
        return [
            Incident(e, [s for s in told if s.cible == e.uuid], self.before(e.quand), self._undoings)
            for e in entries
            if e.genre is Genre.INCIDENT
        ]

    @cached_property
    def _undoings(self) -> dict[str, Entree]:
        """The first that took each entry back."""
        return {e.cible: e for e in reversed(self.entries) if e.genre is Genre.ANNULE and e.cible in self._undone}
