"""A person's application to a mission, from the form to the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from portal import clock
from portal.actions.models import Action
from portal.comptes.models import Personne, Situation
from portal.db import Base
from portal.fields import address_key
from portal.missions.models import Mineur, Minorite, Mission, Nature
from portal.security import fingerprint
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow

HELD_UNTIL = timedelta(hours=48)  # before the mission: an answer that was kept back leaves by itself
KEPT = timedelta(days=365)  # after the mission: how long what was sent is kept, and its link opens; a rule of the house


class Etat(Shown):
    DEPOSEE = "deposee", "En attente de réponse", "hourglass", "attente"
    ACCEPTEE = "acceptee", "Acceptée", "check", "bon"
    LISTE_ATTENTE = "liste_attente", "Liste d’attente", "clock", "attente"
    REFUSEE = "refusee", "Non retenue", "x", "attention"
    LIBEREE = "liberee", "Place libérée", "undo-2", "neutre"
    RETIREE = "retiree", "Retirée", "undo-2", "neutre"
    DESISTEE = "desistee", "Désistement", "undo-2", "neutre"


LIVE = frozenset({Etat.DEPOSEE, Etat.ACCEPTEE, Etat.LISTE_ATTENTE})


@dataclass(frozen=True)
class Demande:
    """What one sending of the form says."""

    cle: str  # the form's hidden key
    nom: str
    email: str
    telephone: str
    message: str
    situation: Situation | None = None  # as what they would be paid, when they said it
    sollicitable: bool = False  # whether other missions may be proposed to them
    mineur: Minorite | None = None  # of somebody under eighteen

    def key(self, mission: Mission) -> str:
        """One submission: the same form sent again is one; sent again for another mission or address, it is another."""
        return fingerprint(f"{self.cle}|{mission.id}|{address_key(self.email)}")


class Candidature(Base):
    """`personne` is provisional until the mail's link was used, or the signed-in person themself."""

    __tablename__ = "candidature"
    id: Mapped[int] = mapped_column(primary_key=True)
    mission_id: Mapped[int] = mapped_column(ForeignKey("mission.id"))
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    etat: Mapped[Etat] = mapped_column(default=Etat.DEPOSEE)
    message: Mapped[str] = mapped_column(default="")
    cle: Mapped[str] = mapped_column(unique=True)  # Demande.key: one submission is one row
    en_double: Mapped[bool] = mapped_column(default=False)  # the same address had already applied to this mission
    deposee_le: Mapped[datetime] = mapped_column(default=clock.now)
    decidee_le: Mapped[datetime | None]
    dite_le: Mapped[datetime | None]  # from when that answer is news; None: nobody is told until its bienveillant sends it
    rang_le: Mapped[datetime | None]  # on the waiting list, their place in line; None: no place is offered to them
    attendait: Mapped[bool] = mapped_column(default=False)  # on the waiting list before its present answer
    decisions: Mapped[int] = mapped_column(default=0)  # numbers the answers, so that each has its own message
    cedee: Mapped[bool] = mapped_column(default=False)  # moved to the waiting list by the référent's priority, never judged
    generation: Mapped[int] = mapped_column(default=1)  # of its personal link
    mission: Mapped[Mission] = relationship()
    personne: Mapped[Personne] = relationship()
    mineur: Mapped[Mineur | None] = relationship(
        primaryjoin="and_(foreign(Mineur.mission_id) == Candidature.mission_id, "
        "foreign(Mineur.personne_id) == Candidature.personne_id)",
        viewonly=True, uselist=False,
    )  # fmt: skip
    offre: Mapped[Offre | None] = relationship(
        primaryjoin="and_(Offre.candidature_id == Candidature.id, Offre.close_le.is_(None))", viewonly=True, uselist=False
    )  # the place held for them now
    is_noted: Mapped[bool | None] = query_expression()  # whether it is written down that who reads the queue looked at it

    __table_args__ = (
        Index("ix_candidature__file", "mission_id", "etat", "deposee_le"),
        Index("ix_candidature__toutes", "etat", "deposee_le", "id"),
    )

    @property
    def action(self) -> Action:
        return self.mission.action

    @property
    def action_id(self) -> int:
        return self.mission.action_id

    @property
    def is_undoable(self) -> bool:
        """Whether its answer was told to nobody yet: two minutes, or until its bienveillant sends it."""
        told = self.dite_le is not None and self.dite_le <= clock.now()
        return annuler.opens_from(self.etat) and self.decidee_le is not None and not told

    @property
    def is_kept_back(self) -> bool:
        """Whether that answer waits for its bienveillant to send it."""
        return self.is_undoable and self.dite_le is None

    @property
    def etat_dit(self) -> Etat:
        """The state as the candidate was told it: an answer that can still be taken back is nobody's news."""
        if self.etat is Etat.DESISTEE and self.dite_le is None:
            return Etat.RETIREE
        return self.etat_rendu if self.is_undoable else self.etat

    @property
    def etat_rendu(self) -> Etat:
        """The state that « Annuler » gives back."""
        return Etat.LISTE_ATTENTE if self.attendait else Etat.DEPOSEE

    @property
    def is_out_of_turn(self) -> bool:
        """On the waiting list and offered nothing more: they let an offer lapse, and have not come back."""
        return self.etat is Etat.LISTE_ATTENTE and self.rang_le is None and not self.cedee

    @property
    def wants_statut(self) -> bool:
        """Whether it must still be said as what this person would be paid, before the mission is theirs."""
        return self.mission.nature is Nature.CHARGE_DE_MISSION and self.personne.statut is None

    @property
    def is_live(self) -> bool:
        return self.etat in LIVE

    @property
    def is_open(self) -> bool:
        """Whether the candidate may still correct it, or step back."""
        return self.etat_dit in LIVE and not self.mission.is_past

    @property
    def leaves_late(self) -> bool:
        """Whether stepping down now leaves somebody to find cover: they said they come, and the notice has passed."""
        return self.etat_dit is Etat.ACCEPTEE and self.mission.is_late_to_leave

    @property
    def link_opens(self) -> bool:
        return clock.now() < self.mission.fin + KEPT

    @property
    def answer_key(self) -> str:
        """The outbox key of the present answer's message."""
        return f"candidature:{self.id}:reponse:{self.decisions}"


class Issue(StrEnum):
    """How an offer ended."""

    PRISE = "prise"
    LAISSEE = "laissee"
    EXPIREE = "expiree"
    RETIREE = "retiree"  # by the house: answered otherwise, the mission is cancelled or has begun


class Offre(Base):
    """A place held for the next in line, until a time; while it is open it counts as taken."""

    __tablename__ = "offre"
    id: Mapped[int] = mapped_column(primary_key=True)
    candidature_id: Mapped[int] = mapped_column(ForeignKey("candidature.id"), index=True)
    creee_le: Mapped[datetime] = mapped_column(default=clock.now)
    expire_le: Mapped[datetime]
    close_le: Mapped[datetime | None]
    issue: Mapped[Issue | None]
    candidature: Mapped[Candidature] = relationship()

    @property
    def is_open(self) -> bool:
        return self.close_le is None and clock.now() < self.expire_le

    @property
    def is_lapsed(self) -> bool:
        """Nobody took it in time, whether or not the clock's own work has closed it yet."""
        return self.issue is Issue.EXPIREE or (self.close_le is None and not self.is_open)

    @property
    def is_refused(self) -> bool:
        """Whether its person was refused, and told so."""
        return self.candidature.etat_dit is Etat.REFUSEE

    @property
    def is_told_open(self) -> bool:
        """As its person sees it: given by hand a minute ago, which nobody was told, it is still theirs to take."""
        untold = self.issue is Issue.PRISE and self.candidature.is_undoable
        return self.is_open or (untold and clock.now() < self.expire_le)

    __table_args__ = (
        CheckConstraint("(close_le IS NULL) = (issue IS NULL)", name="close"),
        Index(
            "uq_offre__ouverte", "candidature_id", unique=True,
            postgresql_where=text("close_le IS NULL"), sqlite_where=text("close_le IS NULL"),
        ),
    )  # fmt: skip


_D = Etat.DEPOSEE
_W = Etat.LISTE_ATTENTE
accepter = Transition("candidature.accepter", "Accepter", "acceptée", "check", frozenset({_D, _W}), Etat.ACCEPTEE)
mettre_en_attente = Transition(
    "candidature.mettre_en_attente", "Liste d’attente", "mise en liste d’attente", "clock", frozenset({_D}), _W
)
refuser = Transition("candidature.refuser", "Refuser", "refusée", "x", frozenset({_D, _W}), Etat.REFUSEE, needs_motif=True)
annuler = Transition(
    "candidature.annuler",
    "Annuler la réponse",
    "réponse annulée",
    "undo-2",
    frozenset({Etat.ACCEPTEE, Etat.REFUSEE, _W}),
    _D,
)
reprendre = Transition(
    "candidature.reprendre",
    "Reprendre la réponse",
    "réponse annulée, de nouveau en liste d’attente",
    "undo-2",
    frozenset({Etat.ACCEPTEE, Etat.REFUSEE}),
    _W,
)
liberer = Transition(
    "candidature.liberer",
    "Libérer la place",
    "place libérée",
    "undo-2",
    frozenset({Etat.ACCEPTEE}),
    Etat.LIBEREE,
    needs_motif=True,
)
ceder = Transition(
    "candidature.ceder",
    "Céder la priorité",
    "en attente\u00a0: le poste est pris par priorité",
    "clock",
    frozenset({_D}),
    _W,
)
rendre = Transition(
    "candidature.rendre",
    "Revenir dans la file",
    "revenue dans la file\u00a0: le poste est rendu",
    "undo-2",
    frozenset({_W}),
    _D,
)
retirer = Transition("candidature.retirer", "Retirer ma candidature", "retirée", "undo-2", frozenset({_D, _W}), Etat.RETIREE)
desister = Transition("candidature.desister", "Me désister", "désistement", "undo-2", frozenset({Etat.ACCEPTEE}), Etat.DESISTEE)
prendre_place = Transition(
    "candidature.prendre_place", "Je prends la place", "place proposée, prise", "check", frozenset({_W}), Etat.ACCEPTEE
)
WORKFLOW = Workflow(
    Candidature.etat,
    (accepter, mettre_en_attente, refuser, annuler, reprendre, liberer, ceder, rendre, retirer, desister, prendre_place),
)
DECISIONS = (accepter, mettre_en_attente, refuser)

deposer = Event("candidature.deposer", "Déposer ma candidature", "déposée", "send")
annoncer = Event("candidature.annoncer", "Envoyer la réponse", "réponse envoyée", "send")
corriger = Event("candidature.corriger", "Corriger", "corrigée", "pencil")
autoriser = Event("candidature.autoriser", "Autorisation reçue", "autorisation du responsable légal reçue", "check")
desautoriser = Event(
    "candidature.desautoriser", "Pas reçue", "autorisation du responsable légal, finalement pas reçue", "undo-2"
)
demander_statut = Event("candidature.demander_statut", "Demander son statut", "statut demandé", "mail")
rejoindre = Event("candidature.rejoindre", "C’est bien moi", "adresse confirmée", "user-check")
proposer = Event("candidature.proposer", "Proposer la place", "place proposée", "hand-heart")
avancer = Event("candidature.avancer", "Avancer l’échéance", "réponse attendue plus tôt : la mission est avancée", "clock")
expirer = Event("candidature.expirer", "Fermer l’offre", "place laissée sans réponse", "clock")
revenir = Event("candidature.revenir", "Revenir dans la liste", "revenue dans la liste d’attente", "undo-2")
