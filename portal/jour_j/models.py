"""The day: an append-only journal of taps (docs/decisions/06). Its state is the fold of the entries, never a column."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from portal import clock
from portal.actions.models import Action, Etat
from portal.comptes.models import Personne
from portal.db import Base
from portal.poles.models import Espace
from portal.shown import Shown
from portal.workflow import Event

LIVE = frozenset({Etat.CONFIRMEE, Etat.EN_COURS, Etat.TERMINEE})  # outside of these the day is only read


class Phase(Shown):
    OUVERTURE = "ouverture", "Ouverture"
    FERMETURE = "fermeture", "Fermeture"


class Genre(StrEnum):
    """What a tap is about; `valeur` is a key of VALEURS but for LIBRES, `mot` a reason or an incident's text."""

    SITE = "site"
    COCHE = "coche"  # cible: a Point
    PRESENCE = "presence"  # cible: an Affectation
    ETAPE = "etape"  # cible: an Etape
    DUREE = "duree"  # cible: an Etape; valeur: the minutes it now lasts
    DECALE = "decale"  # cible: an Etape, the first of those that move; valeur: by so many minutes
    ECHANGE = "echange"  # cible and valeur: two Etapes of one lane, each in the other's place
    JAUGE = "jauge"  # valeur: so many people more, or fewer
    CHARGE = "charge"  # who is in charge; cible: a Personne, when the post is handed to somebody
    CONFIE = "confie"  # cible: a Point; valeur: the Affectation of who sees to it
    MESSAGE = "message"  # cible: a Mission, or the whole team
    INCIDENT = "incident"
    SUITE = "suite"  # cible: the uuid of an incident, of which it tells what followed
    ANNULE = "annule"  # cible: the uuid of the entry that no longer counts


VALEURS = {  # what may be said, and how the day's journal puts it
    Genre.SITE: {"ouvrir": "Site ouvert", "fermer": "Site fermé"},
    Genre.COCHE: {"fait": "Fait", "defait": "Décoché", "sans_objet": "Sans objet", "non_conforme": "Non conforme"},
    Genre.PRESENCE: {"arrive": "Arrivée", "parti": "Départ", "absent": "Absence", "attendu": "Présence effacée"},
    Genre.ETAPE: {"debut": "Début", "fin": "Fin", "passe": "Sautée", "annule": "Annulée", "a_venir": "Remise à venir"},
    Genre.JAUGE: {number: f"Public, {number}" for number in ("+1", "+5", "+10", "-1", "-5", "-10")},
    Genre.CHARGE: {"passe": "Main passée", "prend": "A pris la main"},
    Genre.MESSAGE: {"": "Message"},
    Genre.INCIDENT: {"": "Incident noté", "leger": "Incident léger", "serieux": "Incident sérieux", "grave": "Incident grave"},
    Genre.SUITE: {"": "Suite"},
    Genre.ANNULE: {"": "Annulation"},
}
LIBRES = {  # whose `valeur` is not one of a few words: CHECKS judges it
    Genre.DUREE: "Durée changée",
    Genre.DECALE: "Suite décalée",
    Genre.ECHANGE: "Étapes échangées",
    Genre.CONFIE: "Confiée",
}


def named(genre: Genre, valeur: str) -> str:
    """How the day's journal puts it."""
    return LIBRES.get(genre) or VALEURS[genre].get(valeur, valeur)


class Jour(Base):
    """The event day of an action; `version` grows by one in each transaction that changes what the page shows."""

    __tablename__ = "jour"
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    action: Mapped[Action] = relationship()
    points: Mapped[list[Point]] = relationship(back_populates="jour", order_by="Point.ordre")

    @property
    def id(self) -> int:
        return self.action_id

    @property
    def is_live(self) -> bool:
        return self.action.etat in LIVE

    @property
    def is_too_early(self) -> bool:
        """Whether the site may not open yet: a tap days ahead would end the action before it began."""
        return clock.now() < clock.start_of(clock.local(self.action.debut).date() - timedelta(days=1))


class Point(Base):
    """A line of the opening or closing checklist, frozen into the action."""

    __tablename__ = "point"
    id: Mapped[int] = mapped_column(primary_key=True)
    jour_id: Mapped[int] = mapped_column(ForeignKey("jour.action_id"), index=True)
    phase: Mapped[Phase]
    espace_id: Mapped[int | None] = mapped_column(ForeignKey("espace.id"))  # none: the whole site
    texte: Mapped[str]
    critique: Mapped[bool] = mapped_column(default=False)  # left open, it asks for a reason
    ordre: Mapped[int]
    jour: Mapped[Jour] = relationship(back_populates="points")
    espace: Mapped[Espace | None] = relationship()

    @property
    def label(self) -> str:
        """The line, and where it is when it is not of the whole site."""
        return f"{self.espace.nom}\u00a0: {self.texte}" if self.espace else self.texte


class Modele(Base):
    """A version of the opening or closing list of a space, or of the whole site; a change is another version."""

    __tablename__ = "modele"
    id: Mapped[int] = mapped_column(primary_key=True)
    espace_id: Mapped[int | None] = mapped_column(ForeignKey("espace.id"))
    phase: Mapped[Phase]
    version: Mapped[int]
    le: Mapped[datetime] = mapped_column(default=clock.now)
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))  # none: the list that the house began with
    espace: Mapped[Espace | None] = relationship()
    par: Mapped[Personne | None] = relationship()
    lignes: Mapped[list[LigneModele]] = relationship(order_by="LigneModele.ordre")

    __table_args__ = (
        UniqueConstraint("espace_id", "phase", "version"),
        Index(
            "uq_modele__site",
            "phase",
            "version",
            unique=True,
            postgresql_where=text("espace_id IS NULL"),
            sqlite_where=text("espace_id IS NULL"),
        ),
        CheckConstraint("version > 0", name="version"),
    )


class LigneModele(Base):
    """A line of such a list."""

    __tablename__ = "ligne_modele"
    id: Mapped[int] = mapped_column(primary_key=True)
    modele_id: Mapped[int] = mapped_column(ForeignKey("modele.id"), index=True)
    texte: Mapped[str]
    critique: Mapped[bool] = mapped_column(default=False)
    ordre: Mapped[int]


class Entree(Base):
    """One tap. Never deleted, nor updated but for what an erasure takes from its words; the same uuid again is the same tap."""

    __tablename__ = "entree"
    uuid: Mapped[str] = mapped_column(String(36), primary_key=True)
    jour_id: Mapped[int] = mapped_column(ForeignKey("jour.action_id"))
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    genre: Mapped[Genre]
    cible: Mapped[str] = mapped_column(default="")
    valeur: Mapped[str] = mapped_column(default="")
    mot: Mapped[str] = mapped_column(default="")  # a reason, an incident's text
    lieu: Mapped[str] = mapped_column(default="")  # of an incident
    mesures: Mapped[str] = mapped_column(default="")  # what was done about it
    quand: Mapped[datetime]  # corrected
    saisi_le: Mapped[datetime]  # by the phone's clock
    recu_le: Mapped[datetime]  # by the server's clock
    personne: Mapped[Personne] = relationship()
    jour: Mapped[Jour] = relationship(viewonly=True)
    photo: Mapped[Photo | None] = relationship(back_populates="entree", viewonly=True)

    __table_args__ = (
        Index("ix_entree__recu", "jour_id", "recu_le"),
        CheckConstraint("length(valeur) <= 200 AND length(mot) <= 2000", name="tailles"),
        CheckConstraint("length(lieu) <= 200 AND length(mesures) <= 2000", name="tailles_incident"),
    )


class Photo(Base):
    """The picture of an entry, made anew: whatever the phone had hidden in it is gone. It goes with whoever took it (album)."""

    __tablename__ = "photo"
    entree_uuid: Mapped[str] = mapped_column(ForeignKey("entree.uuid"), primary_key=True)
    contenu: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))  # JPEG
    largeur: Mapped[int]
    hauteur: Mapped[int]
    recu_le: Mapped[datetime] = mapped_column(default=clock.now)
    entree: Mapped[Entree] = relationship(back_populates="photo", viewonly=True)


class Consommation(Base):
    """What was really used on the day, for the invoice; of a need, or of what nobody had foreseen."""

    __tablename__ = "consommation"
    id: Mapped[int] = mapped_column(primary_key=True)
    jour_id: Mapped[int] = mapped_column(ForeignKey("jour.action_id"), index=True)
    besoin_id: Mapped[int | None] = mapped_column(ForeignKey("besoin.id", ondelete="SET NULL"))
    libelle: Mapped[str]
    quantite: Mapped[int]  # hundredths
    le: Mapped[datetime] = mapped_column(default=clock.now)
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    par: Mapped[Personne] = relationship()

    __table_args__ = (
        UniqueConstraint("jour_id", "besoin_id"),
        CheckConstraint("quantite >= 0", name="quantite"),
    )


emporter = Event("jour.emporter", "Emporter le registre", "registre de sécurité téléchargé", "download")
relever = Event("jour.relever", "Noter ce qui a servi", "consommations notées", "list-checks")
enregistrer_liste = Event("modele.enregistrer", "Enregistrer la liste", "nouvelle version", "list-checks")
ecrire = Event("jour.ecrire", "Message à l’équipe", "message envoyé à l’équipe", "message-square")
