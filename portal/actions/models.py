"""An action from the first call to the last euro: its states are the process of the house (domain.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal import clock, reglage
from portal.comptes.models import Personne
from portal.db import STORED, Base
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
LINK_LIFE = timedelta(days=365)  # after the action
NIGHT = timedelta(hours=6)  # left to close the site, before hours are proposed without its closing
SHEET = (
    "titre", "type", "canal", "pole_porteur_id", "debut", "fin", "souple", "personnes", "lieu", "description", "valeurs",
    "publique",
)  # fmt: skip
CLIENT = ("nom", "contact", "email", "telephone")
LONGEST = timedelta(days=14)
SOON = timedelta(days=7)  # a task to do by then is on its owner's mind
SHARED_BEFORE, SHARED_AFTER = timedelta(days=2), timedelta(days=7)
STEP = ("titre", "debut", "fin", "lieu", "piste", "ancre", "butoir", "responsable_id")
TASK = ("titre", "jours", "responsable_id")


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
    souple: Mapped[bool] = mapped_column(default=False)  # the date is an idea, to be settled with the demandeur
    lieu: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")  # Markdown, public once missions are open
    valeurs: Mapped[str] = mapped_column(default="")  # what may interest volunteers; without it no volontaire mission
    recherche: Mapped[str]  # fields.search_key of its title and place, kept with them
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    personnes: Mapped[int | None]  # expected, public and team together
    publique: Mapped[bool] = mapped_column(default=False)  # shown in the public agenda once confirmed
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
        return {name: getattr(self, name) for name in SHEET} | {
            f"demandeur_{name}": getattr(self.demandeur, name) for name in CLIENT
        }

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
        """Nobody sets it up: no bienveillant took it, or the one who did has left the house."""
        return not self.is_stopped and not (self.bienveillant and self.bienveillant.is_active)

    @property
    def link_opens(self) -> bool:
        """Whether the demandeur's page is still shown."""
        return clock.now() < max(self.fin, self.cree_le) + LINK_LIFE

    @property
    def is_unanswered(self) -> bool:
        """Asked for some days ago, and nobody has answered the demandeur yet."""
        if self.etat is not Etat.SOLLICITEE or self.repondue_le is not None:
            return False
        return self.cree_le <= clock.now() - timedelta(days=reglage.DELAI_REPONSE.valeur)

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


def rank(jours: int) -> str:
    """ "J-15", "J+2", "Jour J": so many days before the action."""
    return f"J{-jours:+d}" if jours else "Jour J"


class Avancee(Shown):
    """Where a task of the rétroplanning is."""

    A_FAIRE = "a_faire", "À faire", "hourglass", "attente"
    FAIT = "fait", "Fait", "check", "bon"
    SANS_OBJET = "sans_objet", "Sans objet", "minus", "neutre"


class Tache(Base):
    """A task of the rétroplanning, so many days before the action (after it, when negative)."""

    __tablename__ = "tache"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"), index=True)
    titre: Mapped[str]
    aide: Mapped[str] = mapped_column(default="")  # the rule behind it
    jours: Mapped[int]
    modele: Mapped[str] = mapped_column(default="")  # its key in the template; "" for one written by hand
    avancee: Mapped[Avancee] = mapped_column(default=Avancee.A_FAIRE)
    motif: Mapped[str] = mapped_column(default="")  # why it has no object
    responsable_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    traitee_le: Mapped[datetime | None]
    traitee_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    relancee_pour: Mapped[datetime | None]  # the beginning of the action for which its owner was told that it was late
    action: Mapped[Action] = relationship()
    responsable: Mapped[Personne | None] = relationship(foreign_keys=responsable_id)
    traitee_par: Mapped[Personne | None] = relationship(foreign_keys=traitee_par_id)

    __table_args__ = (
        CheckConstraint("jours BETWEEN -60 AND 730", name="jours"),
        CheckConstraint("(avancee = 'a_faire') = (traitee_le IS NULL)", name="traitee"),
        CheckConstraint("avancee <> 'sans_objet' OR motif <> ''", name="motif"),
        Index(
            "uq_tache__modele", "action_id", "modele", unique=True,
            postgresql_where=text("modele <> ''"), sqlite_where=text("modele <> ''"),
        ),
    )  # fmt: skip

    @property
    def sheet(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in TASK}

    @property
    def rang(self) -> str:
        return rank(self.jours)

    @property
    def echeance(self) -> date:
        """Its day, which follows the action's."""
        return clock.local(self.action.debut).date() - timedelta(days=self.jours)

    @property
    def is_open(self) -> bool:
        return self.avancee is Avancee.A_FAIRE

    @property
    def is_late(self) -> bool:
        return self.is_open and self.echeance < clock.today()

    @property
    def is_soon(self) -> bool:
        return self.is_open and clock.today() <= self.echeance <= clock.today() + SOON


ENDED = frozenset({Etat.TERMINEE, Etat.FACTUREE, Etat.SOLDEE, Etat.REFUSEE, Etat.DECLINEE, Etat.ANNULEE})
STOPPED = frozenset({Etat.REFUSEE, Etat.DECLINEE, Etat.ANNULEE})
_UP_TO_VALIDATED = frozenset({Etat.SOLLICITEE, Etat.PROPOSEE, Etat.EN_VALIDATION, Etat.VALIDEE})
ASKED = _UP_TO_VALIDATED | {Etat.DEVIS_ENVOYE}
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

reproposer = Event("action.reproposer", "Proposer à un autre pôle", "proposée à un autre pôle", "users")
passer = Event("action.passer", "Passer", "passée par le pôle", "skip-forward")
donner = Event("avis.donner", "Donner l’avis", "donné", "message-square")
modifier = Event("action.modifier", "Modifier", "modifiée", "pencil")
creer = Event("action.creer", "Nouvelle action", "créée", "plus")

solliciter = Event("action.solliciter", "Demander une action", "demandée par le portail", "mail")
corriger = Event("action.corriger", "Corriger", "corrigée par le demandeur", "pencil")
prendre = Event("action.prendre", "Je la prends", "prise en main", "hand-heart")
confier = Event("action.confier", "Passer le relais", "relais proposé", "share-2")
accepter_relais = Event("action.accepter_relais", "Prendre le relais", "relais pris", "hand-heart")
laisser_relais = Event("action.laisser_relais", "Laisser le relais", "relais sans suite", "undo-2")
ecrire = Event("action.ecrire", "Écrire", "message écrit", "message-square")
repondre = Event("action.repondre", "J’ai répondu autrement", "réponse donnée autrement", "phone")
renouveler = Event("action.renouveler", "Envoyer un lien", "lien envoyé au demandeur", "key-round")
decaler = Event("action.decaler", "Décaler l’action", "décalée", "calendar")
