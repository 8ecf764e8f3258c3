"""What is invoiced: a draft that changes, then a paper that never does, its number taken without a gap."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, and_, text
from sqlalchemy.orm import Mapped, deferred, foreign, mapped_column, relationship, remote

from portal import clock
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import Base
from portal.devis.chiffrage import Ligne
from portal.devis.models import HIGHEST, MOST, Devis, LigneDevis, Unite
from portal.poles.models import Pole
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow

LONGEST = 250  # lines of one invoice: those of its devis, and what the day added
LATEST = 120  # days to pay
RELANCES = ((7, "première relance"), (21, "deuxième relance"), (45, "mise en demeure"))  # how many days late, what it is
HEAD_OF_A_CREDIT = ("mot",)
HEAD = ("mot", "delai", "categorie", "livraison", "commande", "service", "chorus")
SERIE_REGLEMENTS = "R"
NUMBERS = ("quantite", "prix", "remise", "motif")  # of a line, as the page of its invoice changes them


class Nature(Shown):
    FACTURE = "facture", "Facture", "receipt-euro"
    ACOMPTE = "acompte", "Facture d’acompte", "receipt-euro"
    AVOIR = "avoir", "Avoir", "undo-2"

    @property
    def prefixe(self) -> str:
        """Of its numbers: an avoir has a series of its own."""
        return "A" if self is Nature.AVOIR else "F"


class Categorie(Shown):
    """What an invoice is for, which it has to say (decree 2022-1299)."""

    SERVICES = "services", "Prestations de services"
    BIENS = "biens", "Livraisons de biens"
    MIXTE = "mixte", "Prestations de services et livraisons de biens"


class Etat(Shown):
    BROUILLON = "brouillon", "Brouillon", "pencil"
    EMISE = "emise", "Émise", "send", "attente"
    PAYEE = "payee", "Payée", "check", "bon"


class Moyen(Shown):
    """How money came."""

    VIREMENT = "virement", "Virement", "coins"
    CHEQUE = "cheque", "Chèque", "coins"
    CARTE = "carte", "Carte", "coins"
    ESPECES = "especes", "Espèces", "coins"


class Statut(Shown):
    """Where an e-invoice stands at the « plateforme agréée » (CGI, art. 289 bis)."""

    A_DEPOSER = "a_deposer", "À déposer", "send", "attente"
    DEPOSEE = "deposee", "Déposée", "check"
    RECUE = "recue", "Reçue", "circle-check"
    REFUSEE = "refusee", "Refusée", "x", "attention"
    ENCAISSEE = "encaissee", "Encaissée", "coins", "bon"


class Serie(Base):
    """The last number of a series, without a gap (CGI, annexe II, art. 242 nonies A).

    Its row is the last one that is locked, by whoever takes the next.
    """

    __tablename__ = "serie"
    prefixe: Mapped[str] = mapped_column(primary_key=True)
    annee: Mapped[int]
    dernier: Mapped[int] = mapped_column(default=0)
    le: Mapped[date]  # of the last one: the next is never dated before it

    __table_args__ = (CheckConstraint("dernier >= 0", name="dernier"),)


class Facture(Base):
    """An invoice, of a deposit or of the whole. Issued, it is frozen: `contenu` says all of it, `pdf` is its paper."""

    __tablename__ = "facture"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id"), index=True)
    devis_id: Mapped[int] = mapped_column(ForeignKey("devis.id"))  # the accepted one that it follows
    origine_id: Mapped[int | None] = mapped_column(ForeignKey("facture.id"), index=True)  # the one that an avoir corrects
    nature: Mapped[Nature]
    etat: Mapped[Etat] = mapped_column(default=Etat.BROUILLON, index=True)
    mot: Mapped[str] = mapped_column(default="")  # to whom pays, above the lines
    delai: Mapped[int]  # days to pay
    categorie: Mapped[Categorie] = mapped_column(default=Categorie.SERVICES)
    livraison: Mapped[str] = mapped_column(default="")  # the address of delivery, when it is another
    commande: Mapped[str] = mapped_column(default="")  # the number of the order, or of the « engagement »
    service: Mapped[str] = mapped_column(default="")  # the code of the service that pays, at a public body
    chorus: Mapped[bool] = mapped_column(default=False)  # through Chorus Pro, which wants both of these
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    ht: Mapped[int] = mapped_column(default=0)  # cents, as its lines say; what lists and charts read
    ttc: Mapped[int] = mapped_column(default=0)
    deduit: Mapped[int] = mapped_column(default=0)  # cents with TVA, of the deposits that were invoiced before
    serie: Mapped[str | None]
    annee: Mapped[int | None]
    rang: Mapped[int | None]  # its place in that year of that series
    emise_le: Mapped[datetime | None]
    emise_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    echeance: Mapped[date | None]  # the last day to pay
    contenu: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    empreinte: Mapped[str] = mapped_column(default="")  # SHA-256 of the paper
    pdf: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    action: Mapped[Action] = relationship()
    devis: Mapped[Devis] = relationship()
    origine: Mapped[Facture | None] = relationship(remote_side=id, back_populates="avoirs")
    avoirs: Mapped[list[Facture]] = relationship(back_populates="origine", order_by="Facture.id")
    acomptes: Mapped[list[Facture]] = relationship(  # of the whole: the deposits that were invoiced before it
        viewonly=True, order_by="Facture.id",
        primaryjoin=lambda: and_(
            Facture.nature == Nature.FACTURE, Facture.action_id == remote(foreign(Facture.action_id)),
            remote(Facture.nature) == Nature.ACOMPTE, remote(Facture.etat) != Etat.BROUILLON,
        ),
    )  # fmt: skip
    par: Mapped[Personne] = relationship(foreign_keys=par_id)
    emise_par: Mapped[Personne | None] = relationship(foreign_keys=emise_par_id)
    reglements: Mapped[list[Reglement]] = relationship(back_populates="facture", order_by="Reglement.id")
    relances: Mapped[list[Relance]] = relationship(back_populates="facture", order_by="Relance.rang")
    depots: Mapped[list[Depot]] = relationship(back_populates="facture", order_by="Depot.id")
    lignes: Mapped[list[LigneFacture]] = relationship(
        back_populates="facture", order_by="LigneFacture.rang, LigneFacture.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("serie", "annee", "rang"),
        CheckConstraint(f"ht BETWEEN 0 AND {HIGHEST} AND ttc BETWEEN ht AND {HIGHEST}", name="total"),
        CheckConstraint("deduit BETWEEN 0 AND ttc", name="deduit"),
        CheckConstraint("(nature = 'avoir') = (origine_id IS NOT NULL)", name="origine"),
        CheckConstraint(f"delai BETWEEN 0 AND {LATEST}", name="delai"),
        CheckConstraint(
            "(etat = 'brouillon' AND rang IS NULL AND emise_le IS NULL) OR "
            "(etat <> 'brouillon' AND rang > 0 AND serie IS NOT NULL AND annee IS NOT NULL AND emise_le IS NOT NULL "
            "AND echeance IS NOT NULL AND contenu IS NOT NULL AND pdf IS NOT NULL AND empreinte <> '')",
            name="fige",
        ),
        Index(
            "uq_facture__brouillon", "action_id", "nature", unique=True,
            postgresql_where=text("etat = 'brouillon'"), sqlite_where=text("etat = 'brouillon'"),
        ),
    )  # fmt: skip

    @property
    def numero(self) -> str:
        """ "F-2026-0001"; "" while it has none."""
        return numbered(self.serie or "", self.annee or 0, self.rang) if self.rang else ""

    @property
    def label(self) -> str:
        """ "Facture F-2026-0001"; "Brouillon de facture d’acompte"."""
        of = "d’" if self.is_credit else "de "
        return f"{self.nature.label} {self.numero}" if self.numero else f"Brouillon {of}{self.nature.label.lower()}"

    @property
    def head(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (HEAD_OF_A_CREDIT if self.is_credit else HEAD)}

    @property
    def is_credit(self) -> bool:
        return self.nature is Nature.AVOIR

    @property
    def is_draft(self) -> bool:
        return self.etat is Etat.BROUILLON

    @property
    def is_late(self) -> bool:
        """Its last day to pay is over."""
        return not self.is_credit and self.etat is Etat.EMISE and self.echeance is not None and self.echeance < clock.today()

    @property
    def statut(self) -> Statut:
        """At the platform, of one that goes there: the last that was noted."""
        return self.depots[-1].statut if self.depots else Statut.A_DEPOSER

    @property
    def is_sent_back(self) -> bool:
        """The platform refused it: whoever should pay has not received it."""
        return bool(self.depots) and self.statut is Statut.REFUSEE

    @property
    def a_payer(self) -> int:
        """Cents that it asks for; of an avoir, that it gives back."""
        return self.ttc - self.deduit

    @property
    def credite(self) -> int:
        """Cents that avoirs took off what it asks for."""
        return sum(one.a_payer for one in self.avoirs if not one.is_draft)

    @property
    def is_cancelled(self) -> bool:
        """Avoirs took all of it off."""
        return 0 < self.a_payer == self.credite

    @property
    def regle(self) -> int:
        """Cents that came, those that were given back taken off."""
        return sum(one.montant for one in self.reglements)

    @property
    def reste(self) -> int:
        """Cents still to come; below 0, to give back."""
        return self.a_payer - self.credite - self.regle


def numbered(serie: str, annee: int, rang: int) -> str:
    return f"{serie}-{annee}-{rang:04d}"


class LigneFacture(Base):
    """One line: what the devis foresaw, and what it really was; or what the day added."""

    __tablename__ = "ligne_facture"
    id: Mapped[int] = mapped_column(primary_key=True)
    facture_id: Mapped[int] = mapped_column(ForeignKey("facture.id", ondelete="CASCADE"), index=True)
    rang: Mapped[int]
    ligne_devis_id: Mapped[int | None] = mapped_column(ForeignKey("ligne_devis.id"))
    libelle: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    quantite: Mapped[int] = mapped_column(default=100)  # hundredths of its unit
    unite: Mapped[Unite]
    prix: Mapped[int]  # cents of one unit, without TVA, before the discount
    taux: Mapped[int] = mapped_column(default=0)  # of TVA, hundredths of a percent
    remise: Mapped[int] = mapped_column(default=0)  # discount, hundredths of a percent
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))
    comprise: Mapped[bool] = mapped_column(default=False)  # in the hour of the site: 0 €, and its worth in the share-out
    motif: Mapped[str] = mapped_column(default="")  # why it is not what the devis says; the demandeur reads it
    facture: Mapped[Facture] = relationship(back_populates="lignes")
    pole: Mapped[Pole | None] = relationship()
    ligne_devis: Mapped[LigneDevis | None] = relationship()

    __table_args__ = (
        CheckConstraint("libelle <> ''", name="libelle"),
        CheckConstraint(f"quantite BETWEEN 0 AND {MOST}", name="quantite"),
        CheckConstraint(f"prix BETWEEN 0 AND {HIGHEST}", name="prix"),  # a deposit is one line for each rate
        CheckConstraint("taux BETWEEN 0 AND 10000 AND remise BETWEEN 0 AND 10000", name="taux"),
    )

    @property
    def action(self) -> Action:
        return self.facture.action

    @property
    def action_id(self) -> int:
        return self.facture.action_id

    @property
    def numbers(self) -> dict[str, Any]:
        """What the page of its invoice shows and changes of it, by field."""
        return {name: getattr(self, name) for name in NUMBERS}

    @property
    def compte(self) -> Ligne:
        """The line as it is counted."""
        return Ligne(self.quantite, self.prix, self.taux, self.remise, self.comprise, self.pole_id)

    @property
    def is_another(self) -> bool:
        """It is not what the devis said: the demandeur is told why. A deposit follows no line of it."""
        said = self.ligne_devis
        return self.facture.nature is Nature.FACTURE and (
            said is None or (self.quantite, self.prix, self.remise) != (said.quantite, said.prix, said.remise)
        )


class Reglement(Base):
    """Money that came for an invoice, or the reversal of a mistake; a row never changes (BOFiP, BOI-TVA-DECLA-30-10-30).

    Each one holds the footprint of the one before it: whoever takes a row away or changes one breaks the chain.
    """

    __tablename__ = "reglement"
    id: Mapped[int] = mapped_column(primary_key=True)
    facture_id: Mapped[int] = mapped_column(ForeignKey("facture.id"), index=True)
    annee: Mapped[int]
    rang: Mapped[int]  # its place in that year of the series « R »
    le: Mapped[date]  # when the money came
    montant: Mapped[int]  # cents; below 0, given back, or the reversal of what came
    moyen: Mapped[Moyen]
    reference: Mapped[str] = mapped_column(default="")  # of the transfer, of the cheque
    annule_id: Mapped[int | None] = mapped_column(ForeignKey("reglement.id"), unique=True)  # the one that it reverses
    motif: Mapped[str] = mapped_column(default="")  # why it reverses
    quand: Mapped[datetime]  # when it was noted
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    precedente: Mapped[str]  # the footprint of the one before, "" of the first
    empreinte: Mapped[str] = mapped_column(unique=True)
    facture: Mapped[Facture] = relationship(back_populates="reglements")
    par: Mapped[Personne] = relationship()
    annule: Mapped[Reglement | None] = relationship(remote_side=id, back_populates="annule_par")
    annule_par: Mapped[Reglement | None] = relationship(remote_side=annule_id, back_populates="annule")

    __table_args__ = (
        UniqueConstraint("annee", "rang"),
        CheckConstraint(
            f"montant <> 0 AND montant BETWEEN -{HIGHEST} AND {HIGHEST} AND (annule_id IS NULL OR motif <> '')", name="montant"
        ),
    )

    @property
    def numero(self) -> str:
        """ "R-2026-0001"."""
        return numbered(SERIE_REGLEMENTS, self.annee, self.rang)

    @property
    def action(self) -> Action:
        return self.facture.action

    @property
    def action_id(self) -> int:
        return self.facture.action_id


class Exercice(Base):
    """A year that is closed: what it came to, sealed; a row never changes (BOFiP, BOI-TVA-DECLA-30-10-30)."""

    __tablename__ = "exercice"
    id: Mapped[int] = mapped_column(primary_key=True)
    annee: Mapped[int] = mapped_column(unique=True)
    clos_le: Mapped[datetime]
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    contenu: Mapped[dict[str, Any]]  # as exercices._content says it
    empreinte: Mapped[str]  # SHA-256 of those of its papers, of its last payment, and of `contenu`
    par: Mapped[Personne] = relationship()

    __table_args__ = (CheckConstraint("empreinte <> ''", name="empreinte"),)


class Relance(Base):
    """A reminder of what is late, once of each rank."""

    __tablename__ = "relance"
    id: Mapped[int] = mapped_column(primary_key=True)
    facture_id: Mapped[int] = mapped_column(ForeignKey("facture.id"))
    rang: Mapped[int]  # its place in RELANCES, from 1
    quand: Mapped[datetime]
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))  # None: it left by itself
    mot: Mapped[str] = mapped_column(default="")  # to the demandeur, above what is asked
    facture: Mapped[Facture] = relationship(back_populates="relances")
    par: Mapped[Personne | None] = relationship()

    __table_args__ = (
        UniqueConstraint("facture_id", "rang"),
        CheckConstraint(f"rang BETWEEN 1 AND {len(RELANCES)}", name="rang"),
    )

    @property
    def nom(self) -> str:
        return RELANCES[self.rang - 1][1]

    @property
    def cle(self) -> str:
        """Of its message."""
        return f"facture:{self.facture_id}:relancer:{self.rang}"


class Depot(Base):
    """What the platform said of an e-invoice, as somebody noted it; a row is never changed, the next one corrects it."""

    __tablename__ = "depot"
    id: Mapped[int] = mapped_column(primary_key=True)
    facture_id: Mapped[int] = mapped_column(ForeignKey("facture.id"), index=True)
    statut: Mapped[Statut]
    reference: Mapped[str] = mapped_column(default="")  # that the platform gave
    motif: Mapped[str] = mapped_column(default="")  # why it was refused
    quand: Mapped[datetime]
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    facture: Mapped[Facture] = relationship(back_populates="depots")
    par: Mapped[Personne] = relationship()

    __table_args__ = (CheckConstraint("statut <> 'refusee' OR motif <> ''", name="motif"),)

    @property
    def action(self) -> Action:
        return self.facture.action

    @property
    def action_id(self) -> int:
        return self.facture.action_id


emettre = Transition("facture.emettre", "Émettre la facture", "émise", "send", frozenset({Etat.BROUILLON}), Etat.EMISE)
payer = Transition("facture.payer", "Payée", "payée", "check", frozenset({Etat.EMISE}), Etat.PAYEE)
attendre = Transition("facture.attendre", "À encaisser", "à encaisser", "undo-2", frozenset({Etat.PAYEE}), Etat.EMISE)
WORKFLOW = Workflow(Facture.etat, (emettre, payer, attendre))
encaisser = Event("facture.encaisser", "Noter un règlement", "noté", "coins")
contrepasser = Event("facture.contrepasser", "Annuler un règlement", "annulé", "undo-2")
rembourser = Event("facture.rembourser", "Noter un remboursement", "noté en remboursement", "coins")
relancer = Event("facture.relancer", "Relancer", "relancée", "bell")
deposer = Event("facture.deposer", "Noter", "noté", "send")
crediter = Event("facture.crediter", "Préparer un avoir", "préparé", "undo-2")
preparer = Event("facture.preparer", "Préparer la facture", "préparée", "pencil")
modifier = Event("facture.modifier", "Modifier la facture", "modifiée", "pencil")
ajouter = Event("facture.ajouter", "Ajouter une ligne", "ligne ajoutée", "plus")
abandonner = Event("facture.abandonner", "Abandonner le brouillon", "brouillon abandonné", "trash-2")
clore = Event("exercice.clore", "Clore l’année", "clos", "lock")
exporter = Event("exercice.exporter", "Télécharger les comptes", "comptes téléchargés", "download")
