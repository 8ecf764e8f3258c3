"""A mission is one post on an action; an Affectation alone says who holds a place of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, and_, exists, text
from sqlalchemy.orm import Mapped, aliased, column_property, mapped_column, relationship, validates

from portal import clock, reglage
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import Base
from portal.plein_texte import search_key
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow

Slot = tuple[datetime, datetime]  # from its beginning to its end

URGENT = timedelta(hours=72)
UNDO = timedelta(minutes=2)  # how long the message of an answer waits, and « Annuler » works
SOON = timedelta(minutes=15)  # before a mission, from when one says of oneself that one is there
PREAVIS, ALERTE = 48, 7  # hours, and days, that a mission has when nobody says otherwise
SHEET = (
    "nature", "titre", "description", "debut", "fin", "places", "fourni", "contrepartie", "candidatures_du", "candidatures_au",
    "apporter", "competences", "preavis", "minimum", "alerte", "points", "montant", "reserve_majeurs",
)  # fmt: skip


class Nature(Shown):
    REFERENT = "referent", "Référent", "key-round", "neutre"
    CHARGE_DE_MISSION = "charge_de_mission", "Chargé de mission", "briefcase", "action"
    VOLONTAIRE = "volontaire", "Volontaire", "hand-heart", "bon"


class Competence(Shown):
    """What a mission may want, and a person may know how to do."""

    ACCUEIL = "accueil", "Accueil et orientation"
    ANIMATION = "animation", "Animation"
    BRICOLAGE = "bricolage", "Bricolage"
    CUISINE = "cuisine", "Cuisine"
    JARDIN = "jardin", "Jardin"
    MEDIATION = "mediation", "Médiation et visites"
    NUMERIQUE = "numerique", "Numérique et image"
    SECOURS = "secours", "Premiers secours"
    SERVICE = "service", "Bar et service"
    TECHNIQUE = "technique", "Son et lumière"


class Etat(Shown):
    BROUILLON = "brouillon", "Brouillon", "pencil", "neutre"
    OUVERTE = "ouverte", "Ouverte", "door-open", "bon"
    FERMEE = "fermee", "Fermée", "door-closed", "neutre"
    ANNULEE = "annulee", "Annulée", "ban", "attention"


class Origine(StrEnum):
    CANDIDATURE = "candidature"
    PRIORITE = "priorite"


class Mission(Base):
    """One post: a nature, a slot, a number of places. `prises` counts the active affectations, under the row's lock."""

    __tablename__ = "mission"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), index=True)
    nature: Mapped[Nature]
    etat: Mapped[Etat] = mapped_column(default=Etat.BROUILLON)
    titre: Mapped[str]
    description: Mapped[str] = mapped_column(default="")  # what one does
    recherche: Mapped[str]  # plein_texte.search_key of its title and description, kept with them
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    places: Mapped[int] = mapped_column(default=1)
    prises: Mapped[int] = mapped_column(default=0)
    fourni: Mapped[str] = mapped_column(default="")  # what the house provides: a meal, gloves
    contrepartie: Mapped[str] = mapped_column(default="")  # hours credited, points, or what the contract says
    apporter: Mapped[str] = mapped_column(default="")  # what one brings: closed shoes, a hat
    competences: Mapped[list[str]] = mapped_column(default=list)  # values of Competence
    preavis: Mapped[int] = mapped_column(default=PREAVIS)  # hours before it starts, until which one leaves freely
    minimum: Mapped[int | None]  # people under which the bienveillant is warned
    alerte: Mapped[int] = mapped_column(default=ALERTE)  # days before it starts, when they are
    reserve_majeurs: Mapped[bool] = mapped_column(default=False)  # a bar, a ladder: nobody under eighteen
    points: Mapped[int | None]  # what a chargé de mission earns: points, or an amount in cents
    montant: Mapped[int | None]
    besoin_id: Mapped[int | None] = mapped_column(ForeignKey("besoin.id", ondelete="SET NULL"))  # it answers it
    a_revoir: Mapped[str] = mapped_column(default="")  # what an accepted devis has changed under it, until somebody looked
    sequence: Mapped[int] = mapped_column(default=0)  # grows with each change that calendars show (RFC 5545)
    a_offrir: Mapped[int] = mapped_column(default=0)  # places freed or added, that the waiting list is offered first
    candidatures_du: Mapped[datetime | None]  # the phase de candidature; None: as soon as published
    candidatures_au: Mapped[datetime | None]  # None: until the mission starts
    publiee_le: Mapped[datetime | None]  # None: the public never saw it, were it cancelled since
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)

    action: Mapped[Action] = relationship()
    affectations: Mapped[list[Affectation]] = relationship(back_populates="mission", lazy="raise_on_sql")
    if TYPE_CHECKING:
        lacks_adult: Mapped[bool]  # whether only minors hold its places; set below, and loaded by the lists that show it

    __table_args__ = (
        CheckConstraint("fin > debut", name="ordre"),
        CheckConstraint("places BETWEEN 1 AND 500", name="places"),
        CheckConstraint("prises BETWEEN 0 AND places", name="prises"),
        CheckConstraint("nature <> 'referent' OR places = 1", name="un_referent"),
        CheckConstraint(
            "candidatures_au IS NULL OR candidatures_du IS NULL OR candidatures_au > candidatures_du", name="phase"
        ),
        CheckConstraint("preavis BETWEEN 0 AND 720", name="preavis"),
        CheckConstraint("minimum BETWEEN 1 AND places", name="minimum"),
        CheckConstraint("alerte BETWEEN 1 AND 60", name="alerte"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("montant > 0", name="montant"),
        CheckConstraint("points IS NULL OR montant IS NULL", name="une_retribution"),
        CheckConstraint("nature = 'charge_de_mission' OR (points IS NULL AND montant IS NULL)", name="jamais_paye"),
        CheckConstraint("a_offrir >= 0", name="a_offrir"),
        Index("ix_mission__a_venir", "debut", "id"),
        Index(
            "uq_mission__besoin_id", "besoin_id", unique=True,
            postgresql_where=text("etat <> 'annulee'"), sqlite_where=text("etat <> 'annulee'"),
        ),
    )  # fmt: skip

    @validates("titre", "description")
    def _keep_the_search(self, name: str, words: str) -> str:
        texts = {"titre": self.titre, "description": self.description} | {name: words}
        self.recherche = search_key(*texts.values())
        return words

    @property
    def sheet(self) -> dict[str, Any]:
        """What the edition form shows and changes, by field."""
        return {name: getattr(self, name) for name in SHEET}

    @property
    def is_public(self) -> bool:
        return self.publiee_le is not None

    @property
    def left(self) -> int:
        return self.places - self.prises

    @property
    def is_full(self) -> bool:
        return self.left == 0

    @property
    def is_paid(self) -> bool:
        """Whether it says itself what it earns; how much is read by its holder and by whoever validates."""
        return bool(self.points or self.montant)

    @property
    def takes_minors(self) -> bool:
        """Never a référent's post, nor a paid one, by a rule of the house; any other unless it is said otherwise."""
        return self.nature is Nature.VOLONTAIRE and not self.reserve_majeurs

    @property
    def lacks_people(self) -> bool:
        """Whether it is time to find help: fewer people than it takes, this many days before it starts."""
        published = self.etat in (Etat.OUVERTE, Etat.FERMEE)
        if not published or self.has_started or self.minimum is None or self.prises >= self.minimum:
            return False
        return self.debut - clock.now() <= timedelta(days=self.alerte)

    @property
    def slot(self) -> Slot:
        return self.debut, self.fin

    @property
    def leave_by(self) -> datetime:
        """Until when one leaves freely; later, somebody has to find cover."""
        return self.debut - timedelta(hours=self.preavis)

    @property
    def is_late_to_leave(self) -> bool:
        return self.leave_by <= clock.now()

    @property
    def is_past(self) -> bool:
        return self.fin <= clock.now()

    @property
    def has_started(self) -> bool:
        return self.debut <= clock.now()

    @property
    def arrivals_from(self) -> datetime:
        """From when its people may say of themselves that they are there; until its end."""
        return self.debut - SOON

    @property
    def takes_arrivals(self) -> bool:
        return self.etat is not Etat.ANNULEE and self.arrivals_from <= clock.now() <= self.fin

    @property
    def is_today(self) -> bool:
        return clock.local(self.debut).date() <= clock.today() <= clock.local(self.fin).date()

    @property
    def is_urgent(self) -> bool:
        return self.accepts_candidatures and not self.is_full and self.debut - clock.now() < URGENT

    @property
    def phase(self) -> str:
        """Where the phase de candidature stands: "avant", "ouverte", "apres"; "close" when the mission is not open."""
        if self.etat is not Etat.OUVERTE:
            return "close"
        if self.candidatures_du and clock.now() < self.candidatures_du:
            return "avant"
        return "apres" if clock.now() >= (self.candidatures_au or self.debut) or self.has_started else "ouverte"

    @property
    def accepts_candidatures(self) -> bool:
        return self.phase == "ouverte"


class Affectation(Base):
    """Someone holds a place. Never deleted: a place given back keeps its row, with when and why."""

    __tablename__ = "affectation"
    id: Mapped[int] = mapped_column(primary_key=True)
    mission_id: Mapped[int] = mapped_column(ForeignKey("mission.id"), index=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    origine: Mapped[Origine]
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    connue_le: Mapped[datetime | None]  # from when its holder knows; None: not told yet
    a_confirmer_avant: Mapped[datetime | None]  # the mission moved: they say by then whether they still come
    rappels_pour: Mapped[datetime | None]  # the start for which its reminders are in the outbox
    libere_le: Mapped[datetime | None]
    motif: Mapped[str] = mapped_column(default="")
    mission: Mapped[Mission] = relationship(back_populates="affectations")
    personne: Mapped[Personne] = relationship()
    mineur: Mapped[Mineur | None] = relationship(
        primaryjoin="and_(foreign(Mineur.mission_id) == Affectation.mission_id, "
        "foreign(Mineur.personne_id) == Affectation.personne_id)",
        viewonly=True, uselist=False, lazy="raise_on_sql",
    )  # fmt: skip

    __table_args__ = (
        Index(
            "uq_affectation__active", "mission_id", "personne_id", unique=True,
            postgresql_where=text("libere_le IS NULL"), sqlite_where=text("libere_le IS NULL"),
        ),
    )  # fmt: skip

    @property
    def is_told(self) -> bool:
        """Whether its holder knows of it: queries.told(), for one row."""
        return self.connue_le is not None and self.connue_le <= clock.now()

    @property
    def shows_a_number(self) -> bool:
        """To whom may call the team: their own, or that of whoever answers for them."""
        return bool(self.personne.telephone or self.mineur)

    @property
    def action(self) -> Action:
        return self.mission.action


@dataclass(frozen=True)
class Minorite:
    """What a form says of somebody under eighteen: their age on the day, and whom to call."""

    age: int
    responsable: str
    telephone: str


class Mineur(Base):
    """The same, of one person for one mission. Nothing else says their age; it goes as candidatures do (retention)."""

    __tablename__ = "mineur"
    id: Mapped[int] = mapped_column(primary_key=True)
    mission_id: Mapped[int] = mapped_column(ForeignKey("mission.id"))
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    age: Mapped[int]
    responsable: Mapped[str]  # the name of their parent or guardian
    telephone: Mapped[str]  # E.164, of that person
    autorise_le: Mapped[datetime | None]  # when a bienveillant had the written authorisation in hand
    mission: Mapped[Mission] = relationship()

    __table_args__ = (
        UniqueConstraint("mission_id", "personne_id"),
        CheckConstraint(f"age BETWEEN 0 AND {reglage.MAJORITE - 1}", name="age"),
        CheckConstraint("responsable <> '' AND telephone <> ''", name="responsable"),
    )

    @property
    def wants_autorisation(self) -> bool:
        """Whether the house still waits for it before the place is theirs."""
        return self.autorise_le is None and self.age < reglage.AGE_AUTORISATION.valeur


def _held_by(adults: bool) -> ColumnElement[bool]:
    """Whether a place of the mission is an adult's, or a minor's."""
    held = aliased(Affectation)
    minor = exists().where(Mineur.mission_id == held.mission_id, Mineur.personne_id == held.personne_id)
    wanted = ~minor.correlate_except(Mineur) if adults else minor.correlate_except(Mineur)
    return exists().where(held.mission_id == Mission.id, held.libere_le.is_(None), wanted).correlate_except(held)


Mission.lacks_adult = column_property(and_(_held_by(adults=False), ~_held_by(adults=True)), deferred=True)


class Invitation(Base):
    """Someone was asked to give a hand on a mission, once."""

    __tablename__ = "invitation"
    id: Mapped[int] = mapped_column(primary_key=True)
    mission_id: Mapped[int] = mapped_column(ForeignKey("mission.id"))
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    invitee_le: Mapped[datetime] = mapped_column(default=clock.now)
    mission: Mapped[Mission] = relationship()
    personne: Mapped[Personne] = relationship(foreign_keys=personne_id)

    __table_args__ = (UniqueConstraint("mission_id", "personne_id"),)


publier = Transition("mission.publier", "Publier", "publiée", "send", frozenset({Etat.BROUILLON}), Etat.OUVERTE)
fermer = Transition(
    "mission.fermer", "Fermer les candidatures", "fermée", "door-closed", frozenset({Etat.OUVERTE}), Etat.FERMEE
)
rouvrir = Transition(
    "mission.rouvrir", "Rouvrir les candidatures", "rouverte", "door-open", frozenset({Etat.FERMEE}), Etat.OUVERTE
)
annuler = Transition(
    "mission.annuler", "Annuler la mission", "annulée", "ban",
    frozenset({Etat.BROUILLON, Etat.OUVERTE, Etat.FERMEE}), Etat.ANNULEE, needs_motif=True,
)  # fmt: skip
WORKFLOW = Workflow(Mission.etat, (publier, fermer, rouvrir, annuler))

creer = Event("mission.creer", "Nouvelle mission", "créée", "plus")
modifier = Event("mission.modifier", "Modifier", "modifiée", "pencil")
prendre = Event("mission.prendre", "Je prends le poste", "prise par priorité", "key-round")
confirmer_creneau = Event("mission.confirmer_creneau", "Je confirme", "nouveau créneau confirmé", "calendar-plus")
liberer = Event("mission.liberer", "Je rends le poste", "rendue", "undo-2")
inviter = Event("mission.inviter", "Inviter", "renfort demandé", "send")
toucher = Event("mission.toucher", "À revoir", "à revoir après un nouveau devis", "triangle-alert")
revoir = Event("mission.revoir", "C’est vu", "revue après un nouveau devis", "check")
ecarter = Event("besoin.sans_mission", "Sans mission", "n’aura pas de mission", "minus")
