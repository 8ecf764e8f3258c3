"""Pôles and groupes, who belongs to them, and the spaces of the house."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.comptes.models import Personne
from portal.db import Base
from portal.shown import Shown
from portal.workflow import Event


class Genre(Shown):
    POLE = "pole", "Pôle"
    GROUPE = "groupe", "Groupe"


class Ressource(Shown):
    """What an action may need, hence what a pôle or groupe may offer."""

    ESPACE = "espace", "Espace", "map-pin"
    MATERIEL = "materiel", "Matériel", "package"
    HUMAIN = "humain", "Humain", "users"
    CONSOMMABLE = "consommable", "Consommable", "list-checks"


class Pole(Base):
    """A standing team (pôle) or a working group (groupe)."""

    __tablename__ = "pole"
    id: Mapped[int] = mapped_column(primary_key=True)
    nom: Mapped[str] = mapped_column(unique=True)
    genre: Mapped[Genre]
    description: Mapped[str] = mapped_column(default="")
    adhesions: Mapped[list[Adhesion]] = relationship(back_populates="pole", lazy="raise_on_sql")

    @property
    def pole_id(self) -> int:
        """Rules speak of `subject.pole_id` whatever the subject is."""
        return self.id

    @property
    def label(self) -> str:
        return f"{self.genre.label} {self.nom}"

    @property
    def sujet(self) -> str:
        """ "Le pôle culture", which begins a sentence."""
        return f"Le {self.nomme}"

    @property
    def nomme(self) -> str:
        """ "pôle culture", within a sentence and after its article."""
        return f"{self.genre.label.lower()} {self.nom}"

    @property
    def members(self) -> list[Personne]:
        """Who belongs to it, by name, deactivated people included; of a pôle whose adhesions are loaded."""
        return sorted((adhesion.personne for adhesion in self.adhesions), key=lambda personne: personne.nom_cle)


def named(poles: Sequence[Pole]) -> str:
    """ "le pôle jardin, le pôle sport et le groupe cuisine", within a sentence."""
    *first, last = [f"le {pole.nomme}" for pole in poles]
    return f"{', '.join(first)} et {last}" if first else last


class Adhesion(Base):
    """Someone is a member of a pôle or groupe."""

    __tablename__ = "adhesion"
    id: Mapped[int] = mapped_column(primary_key=True)
    pole_id: Mapped[int] = mapped_column(ForeignKey("pole.id", ondelete="CASCADE"))
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"), index=True)
    pole: Mapped[Pole] = relationship(back_populates="adhesions")
    personne: Mapped[Personne] = relationship()

    __table_args__ = (UniqueConstraint("pole_id", "personne_id"),)


class Espace(Base):
    """A space that can be booked; a space inside another is booked with it."""

    __tablename__ = "espace"
    id: Mapped[int] = mapped_column(primary_key=True)
    nom: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("espace.id"))
    capacite: Mapped[int | None]  # people, public and team together
    avant_min: Mapped[int] = mapped_column(default=0)  # minutes to set up
    apres_min: Mapped[int] = mapped_column(default=0)  # minutes to tidy
    parent: Mapped[Espace | None] = relationship(remote_side=[id])

    __table_args__ = (
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("capacite IS NULL OR capacite > 0", name="capacite"),
        CheckConstraint("avant_min >= 0 AND apres_min >= 0", name="marges"),
    )

    @property
    def place(self) -> tuple[int | None, int, int]:
        """Inside which it is, and its margins: what decides of which bookings meet there."""
        return self.parent_id, self.avant_min, self.apres_min


class Materiel(Base):
    """Equipment that is lent, of which the house has so many."""

    __tablename__ = "materiel"
    id: Mapped[int] = mapped_column(primary_key=True)
    nom: Mapped[str] = mapped_column(unique=True)
    stock: Mapped[int]
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))  # who lends it
    pole: Mapped[Pole | None] = relationship()

    __table_args__ = (CheckConstraint("stock >= 0", name="stock"),)


class Prestation(Base):
    """One thing that the house offers to whoever asks for an action, on the public page of the request."""

    __tablename__ = "prestation"
    id: Mapped[int] = mapped_column(primary_key=True)
    titre: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    ressource: Mapped[Ressource]
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))  # who confirms it
    espace_id: Mapped[int | None] = mapped_column(ForeignKey("espace.id"))
    materiel_id: Mapped[int | None] = mapped_column(ForeignKey("materiel.id"))
    ordre: Mapped[int] = mapped_column(default=0)
    visible: Mapped[bool] = mapped_column(default=True)
    pole: Mapped[Pole | None] = relationship()
    espace: Mapped[Espace | None] = relationship()
    materiel: Mapped[Materiel | None] = relationship()

    __table_args__ = (
        CheckConstraint("espace_id IS NULL OR ressource = 'espace'", name="espace"),
        CheckConstraint("materiel_id IS NULL OR ressource = 'materiel'", name="materiel"),
    )


enregistrer = Event("pole.enregistrer", "Enregistrer le pôle", "enregistré", "users")
accueillir = Event("pole.accueillir", "Ajouter un membre", "nouveau membre", "user-check")
quitter = Event("pole.quitter", "Retirer un membre", "membre parti", "user-x")
enregistrer_prestation = Event("prestation.enregistrer", "Enregistrer ce qui se propose", "enregistrée", "list-checks")
enregistrer_espace = Event("espace.enregistrer", "Enregistrer l’espace", "enregistré", "map-pin")
enregistrer_materiel = Event("materiel.enregistrer", "Enregistrer le matériel", "enregistré", "package")
