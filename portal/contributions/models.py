"""What people earn: the hours of each place held (Releve), the ledger they are written into, the attestations drawn from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import Base
from portal.missions.models import Affectation, Mission, Nature
from portal.poles.models import Pole
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow

MOST = 100 * 60  # minutes of one place; more is a typing mistake


class Etat(Shown):
    PROPOSE = "propose", "Proposé", "hourglass", "attente"
    VALIDE_REFERENT = "valide_referent", "Validé par le référent", "user-check", "action"
    VALIDE = "valide", "Validé", "circle-check", "bon"


class Constat(Shown):
    """What was seen of somebody that day. Being excused is told apart from being missed; nobody is given a score."""

    PRESENT = "present", "Sur place", "user-check", "bon"
    NON_POINTE = "non_pointe", "Non pointé", "circle", "neutre"
    EXCUSE = "excuse", "Excusé", "message-square", "neutre"
    ABSENT = "absent", "Absence", "user-x", "attention"


AWAY = frozenset({Constat.EXCUSE, Constat.ABSENT})


class Unite(Shown):
    HEURES = "heures", "Monnaie temps"  # counted in minutes
    POINTS = "points", "Points"
    CENTIMES = "centimes", "Euros"


MONEY = (Unite.POINTS, Unite.CENTIMES)


class Releve(Base):
    """The time of one place held on an action that took place: proposed, mended, then settled by two people."""

    __tablename__ = "releve"
    id: Mapped[int] = mapped_column(primary_key=True)
    affectation_id: Mapped[int] = mapped_column(ForeignKey("affectation.id"), unique=True)
    propose: Mapped[int]  # minutes, as the day's presence says
    minutes: Mapped[int]  # as people corrected them
    constat: Mapped[Constat]
    etat: Mapped[Etat] = mapped_column(default=Etat.PROPOSE, index=True)
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    affectation: Mapped[Affectation] = relationship()

    __table_args__ = (
        CheckConstraint(f"minutes BETWEEN 0 AND {MOST}", name="minutes"),
        CheckConstraint("constat NOT IN ('excuse', 'absent') OR minutes = 0", name="absence"),
    )

    @property
    def mission(self) -> Mission:
        return self.affectation.mission

    @property
    def personne(self) -> Personne:
        return self.affectation.personne

    @property
    def action(self) -> Action:
        return self.mission.action

    @property
    def action_id(self) -> int:
        return self.mission.action_id

    @property
    def is_settled(self) -> bool:
        return self.etat is Etat.VALIDE

    def is_of(self, personne: Personne) -> bool:
        """Whether it is theirs, even from before their address was proved."""
        return self.personne.adresse == personne.adresse

    @property
    def due(self) -> tuple[Unite, int] | None:
        """What this place earns in all: hours; for a chargé de mission, what the mission says, once they came.

        None: they are paid outside the portal, which says nothing of it; nobody has hours of volunteering for paid work.
        """
        mission = self.mission
        if mission.nature is not Nature.CHARGE_DE_MISSION:
            return Unite.HEURES, self.minutes
        given = mission.points or mission.montant
        return (Unite.POINTS if mission.points else Unite.CENTIMES, given if self.minutes else 0) if given else None


@dataclass(frozen=True)
class Line:
    """What somebody says of one place."""

    minutes: int
    constat: Constat


def sheet_of(releves: Iterable[Releve]) -> dict[str, Any]:
    """What the page of an action's hours shows and changes, by field."""
    return {
        name: value
        for releve in releves
        for name, value in ((f"minutes_{releve.id}", releve.minutes), (f"constat_{releve.id}", releve.constat))
    }


class Contribution(Base):
    """One line of the ledger. Never changed nor deleted, triggers see to it: a correction is a line with the difference."""

    __tablename__ = "contribution"
    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    mission_id: Mapped[int] = mapped_column(ForeignKey("mission.id"))
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), index=True)
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))  # which carried the action then
    annee: Mapped[int]  # of the mission's day
    nature: Mapped[Nature]
    unite: Mapped[Unite]
    quantite: Mapped[int]  # minutes, points or cents
    corrige_id: Mapped[int | None]  # the first line of the same person, mission and unit
    motif: Mapped[str] = mapped_column(default="")
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    personne: Mapped[Personne] = relationship(foreign_keys=personne_id)
    par: Mapped[Personne] = relationship(foreign_keys=par_id)
    mission: Mapped[Mission] = relationship()
    action: Mapped[Action] = relationship()
    pole: Mapped[Pole | None] = relationship()

    __table_args__ = (
        CheckConstraint("quantite <> 0", name="quantite"),
        CheckConstraint("(nature = 'charge_de_mission') = (unite <> 'heures')", name="jamais_paye"),
        CheckConstraint("(corrige_id IS NULL AND quantite > 0) OR (corrige_id IS NOT NULL AND motif <> '')", name="correction"),
        Index("ix_contribution__personne", "personne_id", "annee"),
        Index("ix_contribution__annee", "annee"),
        UniqueConstraint("id", "personne_id", "mission_id", "unite", name="uq_contribution__objet"),
        ForeignKeyConstraint(
            ["corrige_id", "personne_id", "mission_id", "unite"],
            ["contribution.id", "contribution.personne_id", "contribution.mission_id", "contribution.unite"],
            name="fk_contribution__corrige",
        ),
        Index(
            "uq_contribution__premiere", "personne_id", "mission_id", "unite", unique=True,
            postgresql_where=text("corrige_id IS NULL"), sqlite_where=text("corrige_id IS NULL"),
        ),
    )  # fmt: skip


class Attestation(Base):
    """The hours of a person on an action, or of a year, as they were when it was issued; a later `rang` replaces it."""

    __tablename__ = "attestation"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(ForeignKey("action.id"))  # None: of the whole year
    annee: Mapped[int]  # of the action's day, when it is of an action
    rang: Mapped[int]  # 1, 2… of the same person and object
    initiales: Mapped[str]
    minutes: Mapped[int]
    contenu: Mapped[dict[str, Any]]  # what the document says, frozen: the same PDF is made of it again
    emise_le: Mapped[datetime] = mapped_column(default=clock.now)
    personne: Mapped[Personne] = relationship()

    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        Index(
            "uq_attestation__action", "personne_id", "action_id", "rang", unique=True,
            postgresql_where=text("action_id IS NOT NULL"), sqlite_where=text("action_id IS NOT NULL"),
        ),
        Index(
            "uq_attestation__annee", "personne_id", "annee", "rang", unique=True,
            postgresql_where=text("action_id IS NULL"), sqlite_where=text("action_id IS NULL"),
        ),
    )  # fmt: skip

    @property
    def objet(self) -> str:
        """As it was called when it was issued."""
        return str(self.contenu["objet"])


transmettre = Transition(
    "releve.transmettre", "Valider et transmettre", "heures validées par le référent", "send",
    frozenset({Etat.PROPOSE}), Etat.VALIDE_REFERENT,
)  # fmt: skip
valider = Transition(
    "releve.valider", "Valider les heures", "heures validées", "check",
    frozenset({Etat.PROPOSE, Etat.VALIDE_REFERENT}), Etat.VALIDE,
)  # fmt: skip
WORKFLOW = Workflow(Releve.etat, (transmettre, valider))

proposer = Event("releve.proposer", "Proposer les heures", "heures proposées", "clock")
exporter = Event("contribution.exporter", "Télécharger en tableur", "téléchargées en tableur", "download")
corriger = Event("releve.corriger", "Corriger", "heures corrigées", "pencil")
attester = Event("attestation.attester", "Demander une attestation", "attestation émise", "file-text")
