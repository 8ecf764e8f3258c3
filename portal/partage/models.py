"""What an action cost, and how its profit is shared: provisional, decided, then closed; what was given is only corrected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from portal import clock
from portal.actions.models import Action, digest
from portal.comptes.models import Personne
from portal.db import Base
from portal.devis.models import HIGHEST
from portal.partage.calcul import WHOLE
from portal.poles.models import Pole
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow

FIELDS = ("nature", "libelle", "montant", "le", "pole_id")  # of an expense, as its page changes them


class Nature(Shown):
    """What money was spent on."""

    CHARGES = "charges", "Chargés de mission", "users"
    CONSOMMABLES = "consommables", "Consommables", "package"
    MATERIEL = "materiel", "Matériel", "package"
    AUTRE = "autre", "Autre", "receipt-euro"


class Etat(Shown):
    PROVISOIRE = "provisoire", "Provisoire", "hourglass", "attente"
    DECIDE = "decide", "Décidé", "check", "action"
    CLOS = "clos", "Clos", "lock", "bon"


class Depense(Base):
    """Money that the action cost, and who spent it: they are given it back before anything is shared."""

    __tablename__ = "depense"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), index=True)
    nature: Mapped[Nature]
    libelle: Mapped[str]
    montant: Mapped[int]  # cents, all taxes included
    le: Mapped[date]
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))  # who spent it; None: the commun
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    action: Mapped[Action] = relationship()
    pole: Mapped[Pole | None] = relationship()
    par: Mapped[Personne] = relationship()
    justificatif: Mapped[Justificatif | None] = relationship(back_populates="depense", cascade="all, delete-orphan")

    @property
    def sheet(self) -> dict[str, Any]:
        """What its page shows and changes, by field."""
        return {name: getattr(self, name) for name in FIELDS}

    __table_args__ = (
        CheckConstraint("libelle <> ''", name="libelle"),
        CheckConstraint(f"montant BETWEEN 1 AND {HIGHEST}", name="montant"),
    )


class Justificatif(Base):
    """The receipt of an expense: a PDF as it came, or a picture made anew."""

    __tablename__ = "justificatif"
    depense_id: Mapped[int] = mapped_column(ForeignKey("depense.id", ondelete="CASCADE"), primary_key=True)
    mime: Mapped[str]
    contenu: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    taille: Mapped[int]  # bytes
    depense: Mapped[Depense] = relationship(back_populates="justificatif")

    __table_args__ = (CheckConstraint("mime IN ('application/pdf', 'image/jpeg')", name="mime"),)


class Partage(Base):
    """The share-out of one action. Its keys are what the lines say until somebody changes them, and says why."""

    __tablename__ = "partage"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), unique=True)
    etat: Mapped[Etat] = mapped_column(default=Etat.PROVISOIRE, index=True)
    motif: Mapped[str] = mapped_column(default="")  # why its keys are not what the lines say; "" while they are
    decide_le: Mapped[datetime | None]
    decide_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    valeur_point: Mapped[int | None]  # cents that a point cost the house when it was decided
    action: Mapped[Action] = relationship()
    decide_par: Mapped[Personne | None] = relationship()
    cles: Mapped[list[Cle]] = relationship(order_by="Cle.id", cascade="all, delete-orphan")
    ecritures: Mapped[list[Ecriture]] = relationship(back_populates="partage", order_by="Ecriture.id")

    __table_args__ = (
        CheckConstraint(
            "(etat = 'provisoire') = (decide_le IS NULL) AND (decide_le IS NULL) = (decide_par_id IS NULL)", name="decide"
        ),
        CheckConstraint("(etat = 'provisoire') = (valeur_point IS NULL)", name="valeur_point"),
    )


class Cle(Base):
    """What a pôle or groupe gets of the profit, in hundredths of a percent; what the keys leave is the commun's."""

    __tablename__ = "cle"
    id: Mapped[int] = mapped_column(primary_key=True)
    partage_id: Mapped[int] = mapped_column(ForeignKey("partage.id", ondelete="CASCADE"))
    pole_id: Mapped[int] = mapped_column(ForeignKey("pole.id"))
    part: Mapped[int]

    __table_args__ = (UniqueConstraint("partage_id", "pole_id"), CheckConstraint(f"part BETWEEN 0 AND {WHOLE}", name="part"))


def digest_of_keys(cles: Mapping[int, int], motif: str) -> str:
    """Of the keys by pôle, and of why they are what they are: what a form read, and what it brings back.

    A pôle whose key is nothing, or rounds to it, is as one that has none.
    """
    return digest((sorted((pole, part) for pole, part in cles.items() if part), motif))


class Ecriture(Base):
    """A line of the ledger of the shares, which never changes: a part that was given, then its corrections."""

    __tablename__ = "ecriture"
    id: Mapped[int] = mapped_column(primary_key=True)
    partage_id: Mapped[int] = mapped_column(ForeignKey("partage.id"), index=True)
    rang: Mapped[int]  # 1: the decision; then each correction
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"), index=True)  # None: the commun
    montant: Mapped[int]  # cents
    motif: Mapped[str]
    quand: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    partage: Mapped[Partage] = relationship(back_populates="ecritures")
    pole: Mapped[Pole | None] = relationship()
    par: Mapped[Personne | None] = relationship()

    __table_args__ = (
        UniqueConstraint("partage_id", "rang", "pole_id"),
        CheckConstraint("montant <> 0", name="montant"),
        Index(
            "uq_ecriture__commun", "partage_id", "rang", unique=True,
            postgresql_where=text("pole_id IS NULL"), sqlite_where=text("pole_id IS NULL"),
        ),
    )  # fmt: skip


decider = Transition("partage.decider", "Décider ce partage", "décidé", "check", frozenset({Etat.PROVISOIRE}), Etat.DECIDE)
clore = Transition("partage.clore", "Clore le partage", "clos", "lock", frozenset({Etat.DECIDE}), Etat.CLOS)
WORKFLOW = Workflow(Partage.etat, (decider, clore))
regler_les_cles = Event("partage.regler_les_cles", "Changer les clés", "clés changées", "pencil")
corriger = Event("partage.corriger", "Corriger le partage", "corrigé", "undo-2")
noter = Event("depense.noter", "Noter une dépense", "notée", "plus")
modifier = Event("depense.modifier", "Modifier la dépense", "modifiée", "pencil")
retirer = Event("depense.retirer", "Retirer la dépense", "retirée", "trash-2")
