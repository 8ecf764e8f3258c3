"""A task of the rétroplanning, so many days before or after its action."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import Base
from portal.shown import Shown
from portal.workflow import Event

SOON = timedelta(days=7)  # a task to do by then is on its owner's mind
TASK = ("titre", "jours", "responsable_id")


def rank(jours: int) -> str:
    """ "J-15", "J+2", "Jour J": so many days before the action."""
    return f"J{-jours:+d}" if jours else "Jour J"


class Avancee(Shown):
    """Where a task of the rétroplanning is."""

    A_FAIRE = "a_faire", "À faire", "hourglass", "attente"
    FAIT = "fait", "Fait", "check", "bon"
    SANS_OBJET = "sans_objet", "Sans objet", "minus", "neutre"


class Tache(Base):
    """A task of the rétroplanning, so many days before the action (after it, when negative)."""

    __tablename__ = "tache"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"), index=True)
    titre: Mapped[str]
    aide: Mapped[str] = mapped_column(default="")  # the rule behind it
    jours: Mapped[int]
    modele: Mapped[str] = mapped_column(default="")  # its key in the template; "" for one written by hand
    avancee: Mapped[Avancee] = mapped_column(default=Avancee.A_FAIRE)
    motif: Mapped[str] = mapped_column(default="")  # why it has no object
    responsable_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    traitee_le: Mapped[datetime | None]
    traitee_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    relancee_pour: Mapped[datetime | None]  # the beginning of the action for which its owner was told that it was late
    action: Mapped[Action] = relationship()
    responsable: Mapped[Personne | None] = relationship(foreign_keys=responsable_id)
    traitee_par: Mapped[Personne | None] = relationship(foreign_keys=traitee_par_id)

    __table_args__ = (
        CheckConstraint("jours BETWEEN -60 AND 730", name="jours"),
        CheckConstraint("(avancee = 'a_faire') = (traitee_le IS NULL)", name="traitee"),
        CheckConstraint("avancee <> 'sans_objet' OR motif <> ''", name="motif"),
        Index("ix_tache__responsable_id", "responsable_id", "avancee"),
        Index(
            "uq_tache__modele", "action_id", "modele", unique=True,
            postgresql_where=text("modele <> ''"), sqlite_where=text("modele <> ''"),
        ),
    )  # fmt: skip

    @property
    def sheet(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in TASK}

    @property
    def rang(self) -> str:
        return rank(self.jours)

    @property
    def echeance(self) -> date:
        """Its day, which follows the action's."""
        return clock.local(self.action.debut).date() - timedelta(days=self.jours)

    @property
    def is_open(self) -> bool:
        return self.avancee is Avancee.A_FAIRE

    @property
    def is_late(self) -> bool:
        return self.is_open and self.echeance < clock.today()

    @property
    def is_soon(self) -> bool:
        return self.is_open and clock.today() <= self.echeance <= clock.today() + SOON


class Trame(Base):
    """A version of the rétroplanning that the house proposes to its actions; a change is another version."""

    __tablename__ = "trame"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    le: Mapped[datetime] = mapped_column(default=clock.now)
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))  # none: what the house began with
    par: Mapped[Personne | None] = relationship()
    taches: Mapped[list[TacheTrame]] = relationship(order_by="TacheTrame.id")

    __table_args__ = (CheckConstraint("version > 0", name="version"),)


class TacheTrame(Base):
    """A task that it proposes; its key follows it from one version to the next, and into the actions."""

    __tablename__ = "tache_trame"
    id: Mapped[int] = mapped_column(primary_key=True)
    trame_id: Mapped[int] = mapped_column(ForeignKey("trame.id"))
    cle: Mapped[str]
    titre: Mapped[str]
    aide: Mapped[str] = mapped_column(default="")
    jours: Mapped[int]
    types: Mapped[list[str]]  # of the actions that it is for

    __table_args__ = (
        UniqueConstraint("trame_id", "cle"),
        CheckConstraint("jours BETWEEN -60 AND 730", name="jours"),
        CheckConstraint("cle <> '' AND titre <> ''", name="dite"),
    )


enregistrer_trame = Event("trame.enregistrer", "Enregistrer le rétroplanning", "nouvelle version", "list-checks")
