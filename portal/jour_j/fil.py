"""The journal of one day in words: what was tapped, of whom, and what was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from portal.jour_j.models import Entree, Genre, Jour, named
from portal.jour_j.pli import undone

if TYPE_CHECKING:
    from datetime import datetime

    from portal.actions.models import Action
    from portal.comptes.models import Personne
    from portal.jour_j.deroule import Deroule
    from portal.jour_j.pli import State
    from portal.missions.models import Affectation

LAST = 12  # entries on the page of the day


@dataclass(frozen=True)
class Line:
    """An entry in words: "Arrivée", of whom."""

    entree: Entree
    fait: str
    cible: str
    is_undone: bool
    is_repeat: bool = False  # of what was already so

    @property
    def words(self) -> str:
        return f"{self.fait}\u00a0: {self.cible}" if self.cible else self.fait

    @property
    def may_be_undone(self) -> bool:
        return not self.is_undone and not self.is_repeat and self.entree.genre not in (Genre.SITE, Genre.ANNULE)


class Fil:
    """What `queries.Day` says of its journal."""

    if TYPE_CHECKING:

        def hour(self, instant: datetime) -> str: ...
        @property
        def jour(self) -> Jour: ...
        @property
        def action(self) -> Action: ...
        @property
        def team(self) -> list[Affectation]: ...
        @property
        def places(self) -> list[Affectation]: ...
        @property
        def state(self) -> State: ...
        @property
        def runners(self) -> list[Personne]: ...
        @property
        def entries(self) -> list[Entree]: ...
        @property
        def deroule(self) -> Deroule: ...

    @property
    def journal(self) -> list[Line]:
        """The last entries, latest first."""
        return [self.line(e) for e in self._told[:LAST]]

    @property
    def whole_journal(self) -> list[Line]:
        return [self.line(e) for e in self._told]

    @property
    def is_journal_longer(self) -> bool:
        return len(self._told) > LAST

    @cached_property
    def _told(self) -> list[Entree]:
        """Latest first; the people who came and went are a curve, and what was already so is no news."""
        hidden = self.state.repeated
        return [e for e in self.entries[::-1] if e.genre is not Genre.JAUGE and e.uuid not in hidden]

    def line(self, entree: Entree) -> Line:
        target = self._names.get((entree.genre, entree.cible), "") or self._change(entree)
        fait = named(entree.genre, entree.valeur)
        if entree.genre is Genre.CONFIE:
            to = next((a.personne.prenom for a in self.team if str(a.id) == entree.valeur), "")
            fait = f"{fait} à {to}" if to else "Reprise" if not entree.valeur else fait
        return Line(entree, fait, target, entree.uuid in self._undone, entree.uuid in self.state.repeated)

    def _change(self, entree: Entree) -> str:
        return self.deroule.told(entree.genre, entree.cible, entree.valeur)

    @cached_property
    def _undone(self) -> set[str]:
        return undone(self.entries)

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        """What the targets of the entries are called, in words that the whole team may read."""
        targets: dict[tuple[str, str], str] = {
            **{(Genre.COCHE, str(p.id)): p.texte for p in self.jour.points},
            **{(Genre.PRESENCE, str(a.id)): a.personne.nom for a in self.team},
            **{(Genre.CONFIE, str(p.id)): p.texte for p in self.jour.points},
            **{(Genre.MESSAGE, str(a.mission_id)): a.mission.titre for a in self.places},
            **{(Genre.ETAPE, str(e.id)): e.titre for e in self.action.programme},
            **{(Genre.CHARGE, str(p.id)): p.nom for p in self.runners},
            **{(Genre.SUITE, e.uuid): f"incident de {self.hour(e.quand)}" for e in self.entries if e.genre is Genre.INCIDENT},
        }
        return targets | {(Genre.ANNULE, e.uuid): self._undoable(e, targets) for e in self.entries}

    def _undoable(self, entree: Entree, targets: dict[tuple[str, str], str]) -> str:
        target = targets.get((entree.genre, entree.cible), "") or self._change(entree)
        return f"{named(entree.genre, entree.valeur)}, {target}".rstrip(", ")
