"""The day: an append-only journal of taps (live.md). Its state is the fold of the entries, never a column."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import Base


class Phase(StrEnum):
    OUVERTURE = "ouverture"
    FERMETURE = "fermeture"

    @property
    def label(self) -> str:
        return {"ouverture": "Ouverture", "fermeture": "Fermeture"}[self]


class Genre(StrEnum):
    """What a tap says; `valeur` is one of VALEURS, or free text for a `mot` and an `incident`."""

    SITE = "site"  # ouvrir, fermer; the text after the first word is the reason given
    COCHE = "coche"  # cible: a Point
    PRESENCE = "presence"  # cible: an Affectation
    ETAPE = "etape"  # cible: an Etape
    INCIDENT = "incident"
    ANNULE = "annule"  # cible: the uuid of the entry that no longer counts


VALEURS = {
    Genre.SITE: {"ouvrir", "fermer"},
    Genre.COCHE: {"fait", "defait", "sans_objet"},
    Genre.PRESENCE: {"arrive", "parti", "absent", "attendu"},
    Genre.ETAPE: {"debut", "fin", "passe", "annule", "a_venir"},
}


class Jour(Base):
    """The event day of an action; `version` grows by one in each transaction that changes what the page shows."""

    __tablename__ = "jour"
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    action: Mapped[Action] = relationship()
    points: Mapped[list[Point]] = relationship(back_populates="jour", order_by="Point.phase, Point.ordre")
    entrees: Mapped[list[Entree]] = relationship(
        back_populates="jour", order_by="Entree.quand, Entree.uuid", lazy="raise_on_sql"
    )

    @property
    def id(self) -> int:
        return self.action_id


class Point(Base):
    """A line of the opening or closing checklist, frozen into the action."""

    __tablename__ = "point"
    id: Mapped[int] = mapped_column(primary_key=True)
    jour_id: Mapped[int] = mapped_column(ForeignKey("jour.action_id"), index=True)
    phase: Mapped[Phase]
    texte: Mapped[str]
    critique: Mapped[bool] = mapped_column(default=False)  # left open, it asks for a reason
    ordre: Mapped[int]
    jour: Mapped[Jour] = relationship(back_populates="points")


class Entree(Base):
    """One tap. Never updated nor deleted; the same uuid received again is the same tap."""

    __tablename__ = "entree"
    uuid: Mapped[str] = mapped_column(String(36), primary_key=True)
    jour_id: Mapped[int] = mapped_column(ForeignKey("jour.action_id"))
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    genre: Mapped[Genre]
    cible: Mapped[str] = mapped_column(default="")
    valeur: Mapped[str] = mapped_column(default="")
    mot: Mapped[str] = mapped_column(default="")  # a reason, an incident's text
    quand: Mapped[datetime]  # corrected
    saisi_le: Mapped[datetime]  # by the phone's clock
    recu_le: Mapped[datetime]  # by the server's clock
    jour: Mapped[Jour] = relationship(back_populates="entrees")
    personne: Mapped[Personne] = relationship()

    __table_args__ = (
        Index("ix_entree__recu", "jour_id", "recu_le"),
        CheckConstraint("length(valeur) <= 200 AND length(mot) <= 2000", name="tailles"),
    )
