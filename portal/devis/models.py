"""The price list, the devis in its versions, its lines, and what a demandeur accepted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, foreign, mapped_column, relationship, remote

from portal import clock
from portal.actions.models import Action, digest
from portal.besoins.models import Besoin
from portal.comptes.models import Personne
from portal.db import Base
from portal.devis.chiffrage import Ligne
from portal.poles.models import Espace, Materiel, Pole, Ressource
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow

DEAREST = 10_000_000  # cents: a unit price beyond 100,000 € is a typing mistake
HIGHEST = 1_000_000_000  # cents: a devis beyond ten million euros is one too, and both databases hold it
MOST = 1_000_000  # hundredths: ten thousand hours or people on one line
LONGEST = 200  # lines of one devis
NUMBERS = ("quantite", "prix", "remise", "motif")  # of a line, as the page of its devis changes them
HEAD = ("mot", "acompte", "valable_jours")
TARIF = (
    "libelle", "detail", "unite", "prix", "taux", "cout", "pole_id", "ressource", "espace_id", "materiel_id", "site",
    "comprise",
)  # fmt: skip
SHEET = ("libelle", "detail", "quantite", "unite", "prix", "taux", "remise", "pole_id", "cout", "comprise", "motif")


class Unite(Shown):
    HEURE = "heure", "heure"
    DEMI_JOURNEE = "demi_journee", "demi-journée"
    JOUR = "jour", "jour"
    FORFAIT = "forfait", "forfait"
    PERSONNE = "personne", "personne"
    UNITE = "unite", "unité"
    KILO = "kilo", "kg"
    LITRE = "litre", "litre"
    KILOMETRE = "kilometre", "km"

    def of(self, quantite: int) -> str:
        """ "heures", "kg": the unit after so many hundredths of it."""
        return self.label + "s" * (quantite >= 200 and self not in {Unite.KILO, Unite.KILOMETRE})


class Tarif(Base):
    """One line of the price list, from a day on; a new price is a new row, so that the old one is still known."""

    __tablename__ = "tarif"
    id: Mapped[int] = mapped_column(primary_key=True)
    libelle: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    unite: Mapped[Unite]
    prix: Mapped[int]  # cents of one unit, without TVA
    taux: Mapped[int] = mapped_column(default=0)  # of TVA, in hundredths of a percent: 850 is 8.5 %
    cout: Mapped[int] = mapped_column(default=0)  # cents that one unit costs the house, for its eyes only
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))  # whom it benefits; None: the commun
    ressource: Mapped[Ressource | None]  # the needs that it prices
    espace_id: Mapped[int | None] = mapped_column(ForeignKey("espace.id"))
    materiel_id: Mapped[int | None] = mapped_column(ForeignKey("materiel.id"))
    site: Mapped[bool] = mapped_column(default=False)  # the hour of the site, whose price has a range
    comprise: Mapped[bool] = mapped_column(default=False)  # in the hour of the site: shown at 0 €
    du: Mapped[date]
    au: Mapped[date | None]  # the first day when it is no more; None: it stands
    pole: Mapped[Pole | None] = relationship()
    espace: Mapped[Espace | None] = relationship()
    materiel: Mapped[Materiel | None] = relationship()
    avant: Mapped[list[Tarif]] = relationship(  # what the same thing cost before, the latest first
        primaryjoin=lambda: (Tarif.libelle == foreign(remote(Tarif.libelle))) & (remote(Tarif.du) < Tarif.du),
        order_by=lambda: remote(Tarif.du).desc(),
        viewonly=True,
    )

    __table_args__ = (
        UniqueConstraint("libelle", "du"),
        CheckConstraint("libelle <> ''", name="libelle"),
        CheckConstraint(f"prix BETWEEN 0 AND {DEAREST} AND cout BETWEEN 0 AND {DEAREST}", name="prix"),
        CheckConstraint("taux BETWEEN 0 AND 10000", name="taux"),
        CheckConstraint("au IS NULL OR au >= du", name="ordre"),
    )

    @property
    def sheet(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in TARIF}

    @property
    def stands(self) -> bool:
        return self.au is None or self.au > clock.today()


class Etat(Shown):
    BROUILLON = "brouillon", "Brouillon", "pencil", "neutre"
    ENVOYE = "envoye", "Envoyé", "send", "attente"
    ACCEPTE = "accepte", "Accepté", "check", "bon"
    REFUSE = "refuse", "Refusé", "x", "attention"
    EXPIRE = "expire", "Expiré", "hourglass", "neutre"
    REMPLACE = "remplace", "Remplacé", "copy", "neutre"


def _only_one(etat: Etat) -> Index:
    """An action has one devis at most in that state."""
    where = text(f"etat = '{etat.value}'")
    return Index(f"uq_devis__{etat.value}", "action_id", unique=True, postgresql_where=where, sqlite_where=where)


class Devis(Base):
    """One version of what is offered to the demandeur. Sent, it is frozen: `contenu` says all of it, `pdf` is its paper."""

    __tablename__ = "devis"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(default=1)
    etat: Mapped[Etat] = mapped_column(default=Etat.BROUILLON, index=True)
    mot: Mapped[str] = mapped_column(default="")  # to the demandeur, above the lines
    acompte: Mapped[int]  # percent of the total to pay
    valable_jours: Mapped[int]
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    remise_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))  # who granted the last discount
    approuve_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))  # who else agreed to it
    demande_le: Mapped[datetime | None]  # when its pôles and groupes were last asked for their yes
    force: Mapped[str] = mapped_column(default="")  # why it left while a pôle had not confirmed its lines
    envoye_le: Mapped[datetime | None]
    envoye_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    valable_jusqu_au: Mapped[date | None]  # its last day, whole
    rappele_le: Mapped[datetime | None]  # when the demandeur was told that it would expire
    ht: Mapped[int] = mapped_column(default=0)  # cents, as its lines say; what lists and charts read
    ttc: Mapped[int] = mapped_column(default=0)
    contenu: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    empreinte: Mapped[str] = mapped_column(default="")  # SHA-256 of the paper
    pdf: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    action: Mapped[Action] = relationship()
    par: Mapped[Personne] = relationship(foreign_keys=par_id)
    approuve_par: Mapped[Personne | None] = relationship(foreign_keys=approuve_par_id)
    envoye_par: Mapped[Personne | None] = relationship(foreign_keys=envoye_par_id)
    lignes: Mapped[list[LigneDevis]] = relationship(
        back_populates="devis", order_by="LigneDevis.rang, LigneDevis.id", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("action_id", "version"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("acompte BETWEEN 0 AND 100", name="acompte"),
        CheckConstraint(f"ht BETWEEN 0 AND {HIGHEST} AND ttc BETWEEN ht AND {HIGHEST}", name="total"),
        CheckConstraint("valable_jours BETWEEN 1 AND 365", name="validite"),
        CheckConstraint("(etat = 'brouillon') = (envoye_le IS NULL)", name="envoye"),
        CheckConstraint(
            "etat = 'brouillon' OR "
            "(contenu IS NOT NULL AND pdf IS NOT NULL AND empreinte <> '' AND valable_jusqu_au IS NOT NULL)",
            name="fige",
        ),
        CheckConstraint("approuve_par_id IS NULL OR approuve_par_id <> remise_par_id", name="approuve"),
        *map(_only_one, (Etat.BROUILLON, Etat.ENVOYE, Etat.ACCEPTE)),
    )

    @property
    def numero(self) -> str:
        """ "D-0042-2": the second version of the devis of action 42."""
        return f"D-{self.action_id:04d}-{self.version}"

    @property
    def head(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in HEAD}

    def reading_of(self, pole: Pole) -> str:
        """One digest of the lines of that pôle or groupe: what a page has shown of them."""
        return digest([(line.id, line.sheet) for line in self.lignes if line.pole_id == pole.id])

    @property
    def reading_of_all(self) -> str:
        """The same of all its lines, and of its head."""
        return digest((self.head, [(line.id, line.sheet) for line in self.lignes]))

    @property
    def reading_of_discounts(self) -> str:
        """The same of the lines that have a discount."""
        return digest([(line.id, line.sheet) for line in self.lignes if line.remise])

    @property
    def is_draft(self) -> bool:
        return self.etat is Etat.BROUILLON

    @property
    def is_over(self) -> bool:
        """Its last day is past, whether or not the worker has said so."""
        return self.valable_jusqu_au is not None and clock.today() > self.valable_jusqu_au


class LigneDevis(Base):
    """One line: so much of something at a price, benefiting a pôle, a groupe or the commun."""

    __tablename__ = "ligne_devis"
    id: Mapped[int] = mapped_column(primary_key=True)
    devis_id: Mapped[int] = mapped_column(ForeignKey("devis.id", ondelete="CASCADE"), index=True)
    rang: Mapped[int]
    tarif_id: Mapped[int | None] = mapped_column(ForeignKey("tarif.id"))  # where its price came from
    besoin_id: Mapped[int | None] = mapped_column(ForeignKey("besoin.id", ondelete="SET NULL"))  # what it answers
    ressource: Mapped[Ressource | None]
    libelle: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    quantite: Mapped[int] = mapped_column(default=100)  # hundredths of its unit
    unite: Mapped[Unite]
    prix: Mapped[int]  # cents of one unit, without TVA, before the discount
    taux: Mapped[int] = mapped_column(default=0)  # of TVA, hundredths of a percent
    remise: Mapped[int] = mapped_column(default=0)  # discount, hundredths of a percent
    cout: Mapped[int] = mapped_column(default=0)  # cents that one unit costs the house
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))
    site: Mapped[bool] = mapped_column(default=False)
    comprise: Mapped[bool] = mapped_column(default=False)  # in the hour of the site: 0 €, and its worth in the share-out
    motif: Mapped[str] = mapped_column(default="")  # why the hour of the site is out of its range
    confirmee_le: Mapped[datetime | None]  # by its pôle or groupe
    confirmee_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    reserve: Mapped[str] = mapped_column(default="")  # what its pôle objects
    devis: Mapped[Devis] = relationship(back_populates="lignes")
    pole: Mapped[Pole | None] = relationship()
    besoin: Mapped[Besoin | None] = relationship()
    confirmee_par: Mapped[Personne | None] = relationship()

    __table_args__ = (
        CheckConstraint("libelle <> ''", name="libelle"),
        CheckConstraint(f"quantite BETWEEN 1 AND {MOST}", name="quantite"),
        CheckConstraint(f"prix BETWEEN 0 AND {DEAREST} AND cout BETWEEN 0 AND {DEAREST}", name="prix"),
        CheckConstraint("taux BETWEEN 0 AND 10000", name="taux"),
        CheckConstraint("remise BETWEEN 0 AND 10000", name="remise"),
        CheckConstraint("confirmee_le IS NULL OR reserve = ''", name="confirmee"),
    )

    @property
    def action(self) -> Action:
        return self.devis.action

    @property
    def action_id(self) -> int:
        return self.devis.action_id

    @property
    def sheet(self) -> dict[str, Any]:
        """What its form shows and changes, by field."""
        return {name: getattr(self, name) for name in SHEET}

    @property
    def numbers(self) -> dict[str, Any]:
        """What the page of its devis shows and changes of it, by field."""
        return {name: getattr(self, name) for name in NUMBERS}

    @property
    def is_unpromised(self) -> bool:
        """The need that it answers is not, or no more, confirmed by its pôle."""
        return self.besoin is not None and not self.besoin.is_promised

    @property
    def compte(self) -> Ligne:
        """The line as it is counted."""
        return Ligne(self.quantite, self.prix, self.taux, self.remise, self.comprise, self.pole_id, self.cout)


class Voie(Shown):
    """How an acceptance came."""

    EN_LIGNE = "en_ligne", "En ligne"
    TELEPHONE = "telephone", "Par téléphone"
    PAPIER = "papier", "Sur papier"
    MAIL = "mail", "Par mail"


class Accord(Base):
    """A demandeur accepted that version: who, when, from where, and of which paper. Undone, it is kept."""

    __tablename__ = "accord"
    id: Mapped[int] = mapped_column(primary_key=True)
    devis_id: Mapped[int] = mapped_column(ForeignKey("devis.id", ondelete="CASCADE"))
    voie: Mapped[Voie]
    nom: Mapped[str]  # as typed
    le: Mapped[datetime] = mapped_column(default=clock.now)
    adresse: Mapped[str] = mapped_column(default="")  # the network address it came from
    empreinte: Mapped[str]  # of the paper that was accepted
    preuve: Mapped[str] = mapped_column(default="")  # of an acceptance that did not come online
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))  # who recorded that one
    annule_le: Mapped[datetime | None]
    annule_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    motif: Mapped[str] = mapped_column(default="")  # why it was undone
    devis: Mapped[Devis] = relationship()
    par: Mapped[Personne | None] = relationship(foreign_keys=par_id)
    annule_par: Mapped[Personne | None] = relationship(foreign_keys=annule_par_id)

    __table_args__ = (
        CheckConstraint("nom <> ''", name="nom"),
        CheckConstraint("(voie = 'en_ligne') = (par_id IS NULL)", name="par"),
        CheckConstraint("voie = 'en_ligne' OR preuve <> ''", name="preuve"),
        CheckConstraint("annule_le IS NULL OR motif <> ''", name="motif"),
        Index(
            "uq_accord__vivant", "devis_id", unique=True,
            postgresql_where=text("annule_le IS NULL"), sqlite_where=text("annule_le IS NULL"),
        ),
    )  # fmt: skip


_B, _E, _A, _V = Etat.BROUILLON, Etat.ENVOYE, Etat.ACCEPTE, Etat.REMPLACE
envoyer = Transition("devis.envoyer", "Envoyer au demandeur", "envoyé", "send", frozenset({_B}), _E)
accepter = Transition("devis.accepter", "Accepter le devis", "accepté", "check", frozenset({_E}), _A)
refuser = Transition("devis.refuser", "Refuser le devis", "refusé", "x", frozenset({_E}), Etat.REFUSE, needs_motif=True)
expirer = Transition("devis.expirer", "Laisser expirer", "expiré", "hourglass", frozenset({_E}), Etat.EXPIRE)
remplacer = Transition("devis.remplacer", "Remplacer", "remplacé par une autre version", "copy", frozenset({_E, _A}), _V)
annuler_accord = Transition(
    "devis.annuler_accord", "Annuler l’accord", "accord annulé", "undo-2", frozenset({_A}), _E, needs_motif=True
)
retablir = Transition("devis.retablir", "Rétablir", "de nouveau celui qui vaut", "undo-2", frozenset({_V}), _A)
WORKFLOW = Workflow(Devis.etat, (envoyer, accepter, refuser, expirer, remplacer, annuler_accord, retablir))

creer = Event("devis.creer", "Préparer un devis", "préparé", "plus")
ajouter = Event("ligne.ajouter", "Ajouter une ligne", "ajoutée au devis", "plus")
modifier = Event("devis.modifier", "Modifier le devis", "modifié", "pencil")
modifier_ligne = Event("devis.modifier_ligne", "Modifier une ligne", "ligne modifiée", "pencil")
deplacer_ligne = Event("devis.deplacer_ligne", "Déplacer une ligne", "ligne déplacée", "chevron-down")
retirer_ligne = Event("devis.retirer_ligne", "Retirer une ligne", "ligne retirée", "trash-2")
remiser = Event("devis.remiser", "Appliquer une remise", "remise sur toutes les lignes", "pencil")
demander = Event("devis.demander", "Demander aux pôles", "demandé aux pôles", "send")
rappeler = Event("devis.rappeler", "Rappeler", "rappelé au demandeur avant son terme", "bell")
approuver = Event("devis.approuver", "Approuver la remise", "remise approuvée", "check")
confirmer_lignes = Event("devis.confirmer_lignes", "Confirmer nos lignes", "lignes confirmées", "check")
reserver = Event("devis.reserver", "Demander à revoir nos lignes", "lignes à revoir", "message-square")
demander_un_changement = Event("devis.demander_un_changement", "Demander un changement", "changement demandé", "message-square")
exporter = Event("devis.exporter", "Télécharger en tableur", "téléchargés en tableur", "download")
tarifer = Event("tarif.enregistrer", "Enregistrer le tarif", "enregistré", "check")
retirer_tarif = Event("tarif.retirer", "Retirer le tarif", "retiré", "trash-2")
