"""An action from the first call to the last euro: its states are the process of the house (domain.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal import clock
from portal.comptes.models import Personne
from portal.db import Base
from portal.fields import search_key
from portal.poles.models import Pole
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow


class Etat(Shown):
    SOLLICITEE = "sollicitee", "Sollicitée", "mail", "attente"
    PROPOSEE = "proposee", "Proposée à un pôle", "users", "attente"
    EN_VALIDATION = "en_validation", "En validation", "hourglass", "attente"
    VALIDEE = "validee", "Validée", "check", "action"
    DEVIS_ENVOYE = "devis_envoye", "Devis envoyé", "send", "attente"
    CONFIRMEE = "confirmee", "Confirmée", "calendar", "bon"
    EN_COURS = "en_cours", "En cours", "play", "action"
    TERMINEE = "terminee", "Terminée", "check", "neutre"
    FACTUREE = "facturee", "Facturée", "clipboard-list", "neutre"
    SOLDEE = "soldee", "Soldée", "check", "bon"
    REFUSEE = "refusee", "Refusée", "x", "attention"
    DECLINEE = "declinee", "Déclinée", "x", "neutre"
    ANNULEE = "annulee", "Annulée", "ban", "attention"


class TypeAction(Shown):
    FORMATION = "formation", "Formation"
    ATELIER = "atelier", "Atelier de travail"
    MANIFESTATION = "manifestation", "Manifestation thématique"
    AUTRE = "autre", "Autre"


class Canal(Shown):
    PERMANENCE = "permanence", "Permanence"
    TELEPHONE = "telephone", "Téléphone"
    MAIL = "mail", "Mail"
    RESEAUX = "reseaux", "Réseaux sociaux"
    PORTAIL = "portail", "Portail"


HELD = frozenset({Etat.TERMINEE, Etat.FACTUREE, Etat.SOLDEE})
FORGOTTEN = frozenset({Etat.CONFIRMEE, Etat.EN_COURS})  # once its day is over
NIGHT = timedelta(hours=6)  # left to close the site, before hours are proposed without its closing
SHEET = ("titre", "type", "canal", "pole_porteur_id", "debut", "fin", "lieu", "description", "valeurs")
CLIENT = ("nom", "contact", "email", "telephone")
SHARED_BEFORE, SHARED_AFTER = timedelta(days=2), timedelta(days=7)
STEP = ("titre", "debut", "fin", "lieu", "piste", "ancre")


def digest(value: object) -> str:
    """Enough of a hash to see that a field is no more what someone read."""
    return sha256(str(value).encode()).hexdigest()[:8]


def reading(sheet: Mapping[str, Any]) -> str:
    """What a form has read: one digest for each field of the sheet, in its order."""
    return "-".join(digest(value) for value in sheet.values())


class Demandeur(Base):
    """The outside person or organisation that asks for the action."""

    __tablename__ = "demandeur"
    id: Mapped[int] = mapped_column(primary_key=True)
    nom: Mapped[str]
    contact: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    telephone: Mapped[str] = mapped_column(default="")


class Action(Base):
    """One external event hosted on the site."""

    __tablename__ = "action"
    id: Mapped[int] = mapped_column(primary_key=True)
    titre: Mapped[str]
    type: Mapped[TypeAction]
    etat: Mapped[Etat] = mapped_column(default=Etat.SOLLICITEE, index=True)
    canal: Mapped[Canal]
    demandeur_id: Mapped[int] = mapped_column(ForeignKey("demandeur.id"))
    pole_porteur_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))
    bienveillant_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)  # None: "à prendre"
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    lieu: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")  # Markdown, public once missions are open
    valeurs: Mapped[str] = mapped_column(default="")  # what may interest volunteers; without it no volontaire mission
    recherche: Mapped[str]  # fields.search_key of its title and place, kept with them
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)

    demandeur: Mapped[Demandeur] = relationship()
    pole_porteur: Mapped[Pole | None] = relationship()
    bienveillant: Mapped[Personne | None] = relationship()
    programme: Mapped[list[Etape]] = relationship(
        back_populates="action", order_by="Etape.debut, Etape.fin.desc(), Etape.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("fin > debut", name="ordre"),
        Index("ix_action__debut", "debut"),
    )

    @validates("titre", "lieu")
    def _keep_the_search(self, name: str, words: str) -> str:
        texts = {"titre": self.titre, "lieu": self.lieu} | {name: words}
        self.recherche = search_key(*texts.values())
        return words

    @property
    def action(self) -> Action:
        """Rules speak of `subject.action` whatever the subject is, the journal of `subject.action_id`."""
        return self

    @property
    def action_id(self) -> int:
        return self.id

    @property
    def sheet(self) -> dict[str, Any]:
        """What the edition form shows and changes, by field."""
        return {name: getattr(self, name) for name in SHEET} | {
            f"demandeur_{name}": getattr(self.demandeur, name) for name in CLIENT
        }

    @property
    def is_over(self) -> bool:
        return self.etat in ENDED

    @property
    def is_stopped(self) -> bool:
        return self.etat in STOPPED

    @property
    def is_late(self) -> bool:
        """Its day has passed and nothing says what became of it."""
        return not self.is_over and self.fin <= clock.now()

    @property
    def took_place(self) -> bool:
        """Whether its hours may be counted: its site was closed, or nobody closed it and its night is over."""
        return self.etat in HELD or (self.etat in FORGOTTEN and self.fin + NIGHT <= clock.now())

    @property
    def shares_team(self) -> bool:
        """Whether those who run the day may call the team now: from J-2 to J+7 (design.md, Phones)."""
        return self.shares_referent and clock.today() >= clock.local(self.debut).date() - SHARED_BEFORE

    @property
    def shares_referent(self) -> bool:
        """Whether the accepted team may call its référent now: until J+7 (design.md, Phones)."""
        return clock.today() <= clock.local(self.fin).date() + SHARED_AFTER

    @property
    def takes_missions(self) -> bool:
        """Missions are published from the demandeur's agreement to the closing of the site."""
        return self.etat in {Etat.CONFIRMEE, Etat.EN_COURS}


class Etape(Base):
    """One timed item of the programme; items of different `piste` run side by side."""

    __tablename__ = "etape"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"), index=True)
    titre: Mapped[str]
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    lieu: Mapped[str] = mapped_column(default="")
    piste: Mapped[str] = mapped_column(default="")  # "" is the main thread of the day
    ancre: Mapped[bool] = mapped_column(default=False)  # fixed by the clock: a meal, a bus
    action: Mapped[Action] = relationship(back_populates="programme")

    __table_args__ = (CheckConstraint("fin > debut", name="ordre"),)

    @property
    def sheet(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in STEP}


ENDED = frozenset({Etat.TERMINEE, Etat.FACTUREE, Etat.SOLDEE, Etat.REFUSEE, Etat.DECLINEE, Etat.ANNULEE})
STOPPED = frozenset({Etat.REFUSEE, Etat.DECLINEE, Etat.ANNULEE})
_UP_TO_VALIDATED = frozenset({Etat.SOLLICITEE, Etat.PROPOSEE, Etat.EN_VALIDATION, Etat.VALIDEE})
_BEFORE_THE_END = _UP_TO_VALIDATED | {Etat.DEVIS_ENVOYE, Etat.CONFIRMEE, Etat.EN_COURS}


def _t(
    slug: str,
    label: str,
    done: str,
    sources: set[Etat] | frozenset[Etat],
    target: Etat,
    *,
    motif: bool = False,
    icon: str = "check",
) -> Transition:
    return Transition(f"action.{slug}", label, done, icon, frozenset(sources), target, needs_motif=motif)


proposer = _t("proposer", "Proposer à un pôle", "proposée à un pôle", {Etat.SOLLICITEE}, Etat.PROPOSEE)
prendre_en_charge = _t("prendre_en_charge", "Le pôle la porte", "portée par le pôle", {Etat.PROPOSEE}, Etat.EN_VALIDATION)
valider = _t("valider", "Valider", "validée par l’interpôle", {Etat.EN_VALIDATION}, Etat.VALIDEE)
enregistrer = _t(
    "enregistrer",
    "Enregistrer comme confirmée",
    "enregistrée, validée hors du portail",
    {Etat.SOLLICITEE},
    Etat.CONFIRMEE,
    motif=True,
)
envoyer_le_devis = _t("envoyer_le_devis", "Envoyer le devis", "devis envoyé", {Etat.VALIDEE}, Etat.DEVIS_ENVOYE, icon="send")
confirmer = _t("confirmer", "Confirmer", "devis accepté", {Etat.DEVIS_ENVOYE}, Etat.CONFIRMEE)
confirmer_sans_devis = _t(
    "confirmer_sans_devis", "Confirmer sans devis", "confirmée sans devis", {Etat.VALIDEE}, Etat.CONFIRMEE, motif=True
)
revenir_au_devis = _t(
    "revenir_au_devis",
    "Revenir au devis",
    "accord annulé",
    {Etat.CONFIRMEE},
    Etat.DEVIS_ENVOYE,
    motif=True,
    icon="undo-2",
)
ouvrir = _t("ouvrir", "Ouvrir le site", "site ouvert", {Etat.CONFIRMEE}, Etat.EN_COURS, icon="door-open")
clore = _t("clore", "Fermer le site", "site fermé", {Etat.EN_COURS}, Etat.TERMINEE, icon="door-closed")
rouvrir = _t("rouvrir", "Rouvrir le site", "site rouvert", {Etat.TERMINEE}, Etat.EN_COURS, icon="door-open")
facturer = _t("facturer", "Facturer", "facturée", {Etat.TERMINEE}, Etat.FACTUREE)
solder = _t("solder", "Solder", "soldée", {Etat.FACTUREE}, Etat.SOLDEE)
solder_sans_facture = _t(
    "solder_sans_facture", "Solder sans facture", "soldée sans facture", {Etat.TERMINEE}, Etat.SOLDEE, motif=True
)
refuser = _t("refuser", "Refuser", "refusée", _UP_TO_VALIDATED, Etat.REFUSEE, motif=True, icon="x")
decliner = _t(
    "decliner",
    "Le demandeur renonce",
    "déclinée par le demandeur",
    _UP_TO_VALIDATED | {Etat.DEVIS_ENVOYE},
    Etat.DECLINEE,
    motif=True,
    icon="x",
)
annuler = _t("annuler", "Annuler l’action", "annulée", _BEFORE_THE_END, Etat.ANNULEE, motif=True, icon="ban")

WORKFLOW = Workflow(
    Action.etat,
    (
        proposer, prendre_en_charge, valider, enregistrer, envoyer_le_devis, confirmer, confirmer_sans_devis, revenir_au_devis,
        ouvrir, clore, rouvrir, facturer, solder, solder_sans_facture, refuser, decliner, annuler,
    ),
)  # fmt: skip

modifier = Event("action.modifier", "Modifier", "modifiée", "pencil")
creer = Event("action.creer", "Nouvelle action", "créée", "plus")
