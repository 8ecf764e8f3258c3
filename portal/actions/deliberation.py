"""What each pôle thinks of an action, and what the interpôle decided of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Enum, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import STORED, Base
from portal.poles.models import Pole
from portal.shown import Shown
from portal.workflow import Event


class Sens(Shown):
    """What a pôle thinks on one criterion."""

    FAVORABLE = "favorable", "Favorable", "check", "bon"
    RESERVE = "reserve", "Réserve", "triangle-alert", "attente"
    DEFAVORABLE = "defavorable", "Défavorable", "x", "attention"


CRITERES = {"technique": "Technique", "ethique": "Éthique", "organisationnelle": "Organisationnelle"}


def _sens(name: str) -> Mapped[Sens]:
    """One criterion; its CHECK has a name of its own, since a table holds three of them."""
    return mapped_column(Enum(Sens, name=name, **STORED))


class Avis(Base):
    """The opinion of one pôle on one action, on three criteria; changed until the validation closes."""

    __tablename__ = "avis"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"))
    pole_id: Mapped[int] = mapped_column(ForeignKey("pole.id"), index=True)
    technique: Mapped[Sens] = _sens("technique")
    ethique: Mapped[Sens] = _sens("ethique")
    organisationnelle: Mapped[Sens] = _sens("organisationnelle")
    mot_technique: Mapped[str] = mapped_column(default="")  # wanted whenever it is not favorable
    mot_ethique: Mapped[str] = mapped_column(default="")
    mot_organisationnelle: Mapped[str] = mapped_column(default="")
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))  # who gave it for the pôle
    donne_le: Mapped[datetime] = mapped_column(default=clock.now)
    action: Mapped[Action] = relationship()
    pole: Mapped[Pole] = relationship()
    personne: Mapped[Personne] = relationship()

    __table_args__ = (
        UniqueConstraint("action_id", "pole_id"),
        *(CheckConstraint(f"{name} = 'favorable' OR mot_{name} <> ''", name=f"mot_{name}") for name in CRITERES),
    )

    @property
    def said(self) -> list[tuple[str, Sens, str]]:
        """(criterion, what the pôle thinks of it, its comment), in the order of the house."""
        return [(label, getattr(self, name), getattr(self, f"mot_{name}")) for name, label in CRITERES.items()]

    @property
    def sens(self) -> Sens:
        """The opinion in one word: the gravest of the three."""
        return max((sens for _, sens, _ in self.said), key=list(Sens).index)


class Ou(Shown):
    """Where the interpôle decided."""

    EN_LIGNE = "en_ligne", "En ligne"
    REUNION = "reunion", "En réunion"
    ROCKETCHAT = "rocketchat", "Sur Rocket.Chat"


class Decision(Base):
    """What the interpôle decided of an action: where, when, by whom, with which opinions."""

    __tablename__ = "decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"), unique=True)
    ou: Mapped[Ou]
    le: Mapped[date]
    favorable: Mapped[bool]
    presents: Mapped[str] = mapped_column(default="")  # who was at the meeting
    compte_rendu: Mapped[str] = mapped_column(default="")
    avis: Mapped[dict[str, Any]]  # the opinions as they were, by pôle
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    prise_le: Mapped[datetime] = mapped_column(default=clock.now)
    action: Mapped[Action] = relationship()
    par: Mapped[Personne] = relationship()


donner = Event("avis.donner", "Donner l’avis", "donné", "message-square")
