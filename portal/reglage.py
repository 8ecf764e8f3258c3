"""What the collective itself sets: a few numbers, each with its default, kept in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, has_request_context
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock, journal
from portal.db import Base, db
from portal.journal import Person


class Reglage(Base):
    """A number that somebody changed; one that nobody touched has no row."""

    __tablename__ = "reglage"
    cle: Mapped[str] = mapped_column(primary_key=True)
    valeur: Mapped[int]
    modifie_le: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))

    @property
    def id(self) -> str:
        """The journal names a row by its id."""
        return self.cle


@dataclass(frozen=True)
class Nombre:
    """One thing that is set, as its form says it."""

    cle: str
    label: str
    aide: str
    defaut: int
    least: int
    most: int

    @property
    def valeur(self) -> int:
        return _stored().get(self.cle, self.defaut)


QUORUM = Nombre("quorum", "Avis pour clore une validation en ligne", "Le nombre de pôles qui doivent avoir répondu.", 3, 1, 30)
DELAI_AVIS = Nombre(
    "delai_avis",
    "Jours pour donner un avis",
    "Après, un pôle qui n’a rien dit n’est plus attendu et ne répond plus en ligne\u00a0: la réunion l’entend.",
    7,
    1,
    60,
)
DELAI_REPONSE = Nombre(
    "delai_reponse", "Jours pour répondre à une demande", "Après, la demande ressort dans la liste.", 5, 1, 60
)
DUREE_OPTION = Nombre(
    "duree_option", "Jours que dure une option sur un espace", "Après, l’espace est de nouveau libre.", 30, 1, 365
)
NOMBRES = (QUORUM, DELAI_AVIS, DELAI_REPONSE, DUREE_OPTION)


def set_number(nombre: Nombre, valeur: int, *, by: Person) -> None:
    """Change it, and journal what it was."""
    before = nombre.valeur
    if before == valeur:
        return
    row = db.session.merge(Reglage(cle=nombre.cle, valeur=valeur, par_id=by.id))
    if has_request_context():
        g.pop("reglages", None)
    journal.record("reglage.changer", row, by=by, avant=str(before), apres=str(valeur))


def _stored() -> dict[str, int]:
    """What was changed, read once a request."""
    if not has_request_context():
        return _read()
    if "reglages" not in g:
        g.reglages = _read()
    found: dict[str, Any] = g.reglages
    return found


def _read() -> dict[str, int]:
    return dict(db.session.execute(select(Reglage.cle, Reglage.valeur)).all())
