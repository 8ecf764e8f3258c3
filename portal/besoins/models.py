"""What an action needs, which pôle or groupe confirms it, and which space or equipment is promised for it when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, event, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.db import Base
from portal.poles.models import Espace, Materiel, Pole, Ressource
from portal.shown import Shown
from portal.workflow import Event, Transition, Workflow

Slot = tuple[datetime, datetime]
SHEET = ("titre", "mot", "pole_id", "espace_id", "materiel_id", "quantite", "unite", "debut", "fin", "depassement")


class Etat(Shown):
    BROUILLON = "brouillon", "Brouillon", "pencil", "neutre"
    A_CONFIRMER = "a_confirmer", "À confirmer", "hourglass", "attente"
    CONFIRME = "confirme", "Confirmé", "check", "bon"
    REFUSE = "refuse", "Refusé", "x", "attention"


class Besoin(Base):
    """One need of an action, asked of a pôle or groupe."""

    __tablename__ = "besoin"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("action.id", ondelete="CASCADE"), index=True)
    ressource: Mapped[Ressource]
    titre: Mapped[str]
    mot: Mapped[str] = mapped_column(default="")  # what the pôle should know
    pole_id: Mapped[int | None] = mapped_column(ForeignKey("pole.id"))  # who confirms it; None only in a draft
    espace_id: Mapped[int | None] = mapped_column(ForeignKey("espace.id"))
    materiel_id: Mapped[int | None] = mapped_column(ForeignKey("materiel.id"))
    quantite: Mapped[int] = mapped_column(default=1)
    unite: Mapped[str] = mapped_column(default="")
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    etat: Mapped[Etat] = mapped_column(default=Etat.BROUILLON)
    quantite_confirmee: Mapped[int | None]
    motif: Mapped[str] = mapped_column(default="")  # why it is refused, or confirmed otherwise
    depassement: Mapped[str] = mapped_column(default="")  # why more people are expected than the space holds
    repondu_par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))
    repondu_le: Mapped[datetime | None]
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    action: Mapped[Action] = relationship()
    pole: Mapped[Pole | None] = relationship()
    espace: Mapped[Espace | None] = relationship()
    materiel: Mapped[Materiel | None] = relationship()
    repondu_par: Mapped[Personne | None] = relationship()
    occupations: Mapped[list[Occupation]] = relationship(viewonly=True, lazy="raise_on_sql")

    __table_args__ = (
        CheckConstraint("fin > debut", name="ordre"),
        CheckConstraint("quantite > 0", name="quantite"),
        CheckConstraint("(etat = 'confirme') = (quantite_confirmee IS NOT NULL)", name="confirme"),
        CheckConstraint("quantite_confirmee > 0", name="quantite_confirmee"),
        CheckConstraint("etat <> 'refuse' OR motif <> ''", name="motif"),
        CheckConstraint("etat = 'brouillon' OR pole_id IS NOT NULL", name="pole"),
        CheckConstraint("(ressource = 'espace') = (espace_id IS NOT NULL) OR etat = 'brouillon'", name="espace"),
        CheckConstraint("(ressource = 'materiel') = (materiel_id IS NOT NULL) OR etat = 'brouillon'", name="materiel"),
        Index("ix_besoin__du_pole", "pole_id", "etat", "fin"),
    )

    @property
    def sheet(self) -> dict[str, Any]:
        """What its form shows and changes, by field."""
        return {name: getattr(self, name) for name in SHEET}

    @property
    def is_answered(self) -> bool:
        return self.etat in {Etat.CONFIRME, Etat.REFUSE}

    @property
    def is_asked(self) -> bool:
        """It was put before a pôle, whatever that one answered."""
        return self.etat is not Etat.BROUILLON

    @property
    def is_editable(self) -> bool:
        """Nobody works on it: what a pôle was asked, or has promised, is taken back first."""
        return self.etat in {Etat.BROUILLON, Etat.REFUSE}

    @property
    def is_past(self) -> bool:
        return self.fin <= clock.now()

    @property
    def is_promised(self) -> bool:
        return self.etat is Etat.CONFIRME

    @property
    def is_of_a_day(self) -> bool:
        """People and supplies are promised for a day: on another one, their pôle says it again."""
        return self.ressource in {Ressource.HUMAIN, Ressource.CONSOMMABLE}

    @property
    def is_otherwise(self) -> bool:
        """Confirmed, but not as many as asked."""
        return self.quantite_confirmee is not None and self.quantite_confirmee != self.quantite

    @property
    def is_too_small(self) -> bool:
        """More people are expected than its space holds."""
        most, expected = self.espace and self.espace.capacite, self.action.personnes
        return bool(most and expected and expected > most)

    @property
    def is_overfull(self) -> bool:
        """Too small, and nobody said why that is all right."""
        return self.is_too_small and not self.depassement.strip()

    @property
    def busy(self) -> Slot:
        """When its space is taken: to set up and to tidy too."""
        if self.espace is None:
            return self.debut, self.fin
        before, after = (timedelta(minutes=m) for m in (self.espace.avant_min, self.espace.apres_min))
        return self.debut - before, self.fin + after

    @property
    def held(self) -> Occupation | None:
        """The option or the firm booking of its own space, of a need whose occupations are loaded."""
        return next((o for o in self.occupations if o.espace_id == self.espace_id), None)


class Occupation(Base):
    """A space is kept for an action, buffers included: by an option, or firmly. Booking a space occupies those inside it too.

    Two firm ones of a space never overlap: the database itself refuses it (migration 0007).
    """

    __tablename__ = "occupation"
    id: Mapped[int] = mapped_column(primary_key=True)
    besoin_id: Mapped[int] = mapped_column(ForeignKey("besoin.id", ondelete="CASCADE"), index=True)
    espace_id: Mapped[int] = mapped_column(ForeignKey("espace.id"))
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    ferme: Mapped[bool] = mapped_column(default=False)
    expire_le: Mapped[datetime | None]  # of an option
    besoin: Mapped[Besoin] = relationship()
    espace: Mapped[Espace] = relationship()

    __table_args__ = (
        CheckConstraint("fin > debut", name="ordre"),
        CheckConstraint("ferme = (expire_le IS NULL)", name="option"),
        Index("ix_occupation__espace", "espace_id", "fin"),
        ExcludeConstraint(
            ("espace_id", "="), (text("tstzrange(debut, fin)"), "&&"), where=text("ferme"), name="ex_occupation__ferme"
        ).ddl_if(dialect="postgresql"),
    )

    @property
    def is_standing(self) -> bool:
        """An option that has expired keeps nothing, even before the worker has passed."""
        return self.expire_le is None or self.expire_le > clock.now()


NEEDS_GIST = DDL("CREATE EXTENSION IF NOT EXISTS btree_gist")  # type: ignore[no-untyped-call]
event.listen(Occupation.__table__, "before_create", NEEDS_GIST.execute_if(dialect="postgresql"))


class Pret(Base):
    """So many of an equipment are promised to an action for a time; never more at once than the house has."""

    __tablename__ = "pret"
    id: Mapped[int] = mapped_column(primary_key=True)
    besoin_id: Mapped[int] = mapped_column(ForeignKey("besoin.id", ondelete="CASCADE"), unique=True)
    materiel_id: Mapped[int] = mapped_column(ForeignKey("materiel.id"))
    quantite: Mapped[int]
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    besoin: Mapped[Besoin] = relationship()
    materiel: Mapped[Materiel] = relationship()

    __table_args__ = (
        CheckConstraint("fin > debut", name="ordre"),
        CheckConstraint("quantite > 0", name="quantite"),
        Index("ix_pret__materiel", "materiel_id", "fin"),
    )


_B, _A, _C, _R = Etat.BROUILLON, Etat.A_CONFIRMER, Etat.CONFIRME, Etat.REFUSE
demander = Transition("besoin.demander", "Demander au pôle", "demandé au pôle", "send", frozenset({_B, _R}), _A)
confirmer = Transition("besoin.confirmer", "Confirmer", "confirmé", "check", frozenset({_A}), _C)
refuser = Transition("besoin.refuser", "Refuser", "refusé", "x", frozenset({_A}), _R, needs_motif=True)
reprendre = Transition("besoin.reprendre", "Reprendre", "repris en brouillon", "undo-2", frozenset({_A, _C}), _B)
desister = Transition("besoin.desister", "Retirer notre oui", "oui retiré", "undo-2", frozenset({_C}), _R, needs_motif=True)
expirer = Transition("besoin.expirer", "Laisser expirer", "option expirée", "hourglass", frozenset({_C}), _A)
perdre = Transition("besoin.perdre", "Redemander", "à redire", "hourglass", frozenset({_C}), _A, needs_motif=True)
WORKFLOW = Workflow(Besoin.etat, (demander, confirmer, refuser, reprendre, desister, expirer, perdre))

ajouter = Event("besoin.ajouter", "Ajouter un besoin", "ajouté", "plus")
modifier = Event("besoin.modifier", "Modifier le besoin", "modifié", "pencil")
retirer = Event("besoin.retirer", "Retirer le besoin", "retiré", "trash-2")
adopter = Event("besoin.adopter", "Garder cette quantité", "quantité du pôle gardée", "check")
deplacer = Event("besoin.deplacer", "Déplacer le besoin", "déplacé avec l’action", "calendar")
liberer = Event("besoin.liberer", "Libérer", "n’est plus attendu", "undo-2")
chevaucher = Event("besoin.chevaucher", "Signaler un chevauchement", "promis à deux actions à la fois", "triangle-alert")
