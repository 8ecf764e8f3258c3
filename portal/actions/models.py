"""An action from the first call to the last euro: its states are the process of the house."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal import clock, reglage
from portal.comptes.models import Personne
from portal.db import STRUCK, Base
from portal.plein_texte import search_key
from portal.poles.models import Pole
from portal.shown import Shown


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
LINK_LIFE = timedelta(days=365)  # after the action
NIGHT = timedelta(hours=6)  # left to close the site, before hours are proposed without its closing
SHEET = (
    "titre", "type", "canal", "pole_porteur_id", "debut", "fin", "souple", "personnes", "lieu", "description", "valeurs",
    "publique", "en_direct",
)  # fmt: skip
CLIENT = ("nom", "contact", "email", "telephone")
BILLED = (*CLIENT, "adresse", "siret", "particulier")  # as the devis and the facture know them
LONGEST = timedelta(days=14)
SHARED_BEFORE, SHARED_AFTER = timedelta(days=2), timedelta(days=7)
STEP = ("titre", "debut", "fin", "lieu", "piste", "ancre", "butoir", "responsable_id")


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
    adresse: Mapped[str] = mapped_column(default="")  # where the devis and the facture are made out to
    siret: Mapped[str] = mapped_column(default="")
    particulier: Mapped[bool] = mapped_column(default=False)  # a consumer, whose price is said with its TVA

    @property
    def is_erased(self) -> bool:
        """Anybody may type that word: somebody who can be reached was not erased."""
        return self.contact == STRUCK and not (self.email or self.telephone)


class Action(Base):
    """One external event hosted on the site."""

    __tablename__ = "action"
    id: Mapped[int] = mapped_column(primary_key=True)
    titre: Mapped[str]
    type: Mapped[TypeAction]
    etat: Mapped[Etat] = mapped_column(default=Etat.SOLLICITEE)
    canal: Mapped[Canal]
    demandeur_id: Mapped[int] = mapped_column(ForeignKey("demandeur.id"))
    pole_porteur_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))
    bienveillant_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)  # None: "à prendre"
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    souple: Mapped[bool] = mapped_column(default=False)  # the date is an idea, to be settled with the demandeur
    lieu: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")  # Markdown, public once missions are open
    valeurs: Mapped[str] = mapped_column(default="")  # what may interest volunteers; without it no volontaire mission
    recherche: Mapped[str]  # plein_texte.search_key of its title and place, kept with them
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    personnes: Mapped[int | None]  # expected, public and team together
    publique: Mapped[bool] = mapped_column(default=False)  # shown in the public agenda once confirmed
    en_direct: Mapped[bool] = mapped_column(default=False)  # on the day, anybody may follow its programme
    souhaits: Mapped[list[int]] = mapped_column(default=list)  # the Prestation ids that the demandeur ticked
    cle: Mapped[str | None] = mapped_column(unique=True)  # of one sending of the public form
    generation: Mapped[int] = mapped_column(default=1)  # of the demandeur's link; a new one voids the older
    prise_le: Mapped[datetime | None]  # when a bienveillant took the request up
    repondue_le: Mapped[datetime | None]  # when the demandeur was first answered
    relais_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)  # to whom it is being handed over
    avis_avant: Mapped[datetime | None]  # until when the pôles give their opinion online

    demandeur: Mapped[Demandeur] = relationship()
    pole_porteur: Mapped[Pole | None] = relationship()
    bienveillant: Mapped[Personne | None] = relationship(foreign_keys=bienveillant_id)
    relais: Mapped[Personne | None] = relationship(foreign_keys=relais_id)
    programme: Mapped[list[Etape]] = relationship(
        back_populates="action", order_by="Etape.debut, Etape.fin.desc(), Etape.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("fin > debut", name="ordre"),
        CheckConstraint("personnes > 0", name="personnes"),
        Index("ix_action__debut", "debut"),
        Index("ix_action__etat", "etat", "debut"),
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
    def pole_id(self) -> int | None:
        """The pôle that is asked to carry it, then the one that does: who answers for the action among the pôles."""
        return self.pole_porteur_id

    @property
    def sheet(self) -> dict[str, Any]:
        """What the edition form shows and changes, by field."""
        return {name: getattr(self, name) for name in SHEET} | self.client

    @property
    def client(self) -> dict[str, Any]:
        """The part of it that says who the demandeur is."""
        return {f"demandeur_{name}": getattr(self.demandeur, name) for name in BILLED}

    @property
    def is_over(self) -> bool:
        return self.etat in ENDED

    @property
    def has_begun(self) -> bool:
        """Its site is open, or ought to be: it moves no more."""
        return self.etat is Etat.EN_COURS or (self.etat is Etat.CONFIRMEE and self.debut <= clock.now())

    @property
    def is_stopped(self) -> bool:
        return self.etat in STOPPED

    @property
    def is_late(self) -> bool:
        """Its day has passed and nothing says what became of it."""
        return not self.is_over and self.fin <= clock.now()

    @property
    def is_asked(self) -> bool:
        """Asked for, and not confirmed yet."""
        return self.etat in ASKED

    @property
    def is_to_take(self) -> bool:
        """Nobody sets it up: no bienveillant took it, or the one who did has left the house, or is one no more.

        An admin who took it without being one keeps it until a bienveillant does.
        """
        return self.etat not in SETTLED and not self.is_carried

    @property
    def is_carried(self) -> bool:
        """Whether whoever set it up still is a bienveillant of the house."""
        who = self.bienveillant
        return bool(who and who.is_active and who.is_bienveillant)

    @property
    def link_opens(self) -> bool:
        """Whether the demandeur's page is still shown."""
        return clock.now() < max(self.fin, self.cree_le) + LINK_LIFE

    @property
    def is_unanswered(self) -> bool:
        """Asked for some days ago, and nobody has answered the demandeur yet; what is decided is told to them."""
        if self.etat not in UNDECIDED or self.repondue_le is not None:
            return False
        return self.cree_le <= clock.now() - timedelta(days=reglage.DELAI_REPONSE.valeur)

    @property
    def took_place(self) -> bool:
        """Whether its hours may be counted: its site was closed, or nobody closed it and its night is over."""
        return self.etat in HELD or (self.etat in FORGOTTEN and self.fin + NIGHT <= clock.now())

    @property
    def shares_team(self) -> bool:
        """Whether those who run the day may call the team now: from J-2 to J+7 (docs/guides/referent.md)."""
        return self.shares_referent and clock.today() >= clock.local(self.debut).date() - SHARED_BEFORE

    @property
    def shares_referent(self) -> bool:
        """Whether the accepted team may call its référent now: until J+7, by a rule of the house."""
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
    ancre: Mapped[bool] = mapped_column(default=False)  # fixed by the clock: a meal, a bus; the others follow one another
    butoir: Mapped[bool] = mapped_column(default=False)  # its end is not to be passed: a neighbour, a licence
    responsable_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    action: Mapped[Action] = relationship(back_populates="programme")
    responsable: Mapped[Personne | None] = relationship()

    __table_args__ = (CheckConstraint("fin > debut", name="ordre"),)

    @property
    def sheet(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in STEP}


class Echange(Base):
    """One message between the demandeur and the house, on the demandeur's page."""

    __tablename__ = "echange"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"), index=True)
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))  # None: the demandeur
    texte: Mapped[str]
    cle: Mapped[str | None] = mapped_column(unique=True)  # of one sending of its form
    ecrit_le: Mapped[datetime] = mapped_column(default=clock.now)
    action: Mapped[Action] = relationship()
    personne: Mapped[Personne | None] = relationship()

    __table_args__ = (CheckConstraint("texte <> ''", name="texte"),)


ENDED = frozenset({Etat.TERMINEE, Etat.FACTUREE, Etat.SOLDEE, Etat.REFUSEE, Etat.DECLINEE, Etat.ANNULEE})
ALIVE = frozenset(Etat) - ENDED
STOPPED = frozenset({Etat.REFUSEE, Etat.DECLINEE, Etat.ANNULEE})
SETTLED = STOPPED | {Etat.SOLDEE}  # nothing is left to do: nobody has to be reached any more
UNDECIDED = frozenset({Etat.SOLLICITEE, Etat.PROPOSEE, Etat.EN_VALIDATION})
UP_TO_VALIDATED = UNDECIDED | {Etat.VALIDEE}
ASKED = UP_TO_VALIDATED | {Etat.DEVIS_ENVOYE}
