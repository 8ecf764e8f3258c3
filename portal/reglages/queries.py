"""Who last changed a page of settings, and how far a new house has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select

from portal import reglage
from portal.actions.models import Action
from portal.comptes.models import NomRole, Personne, Role
from portal.db import db
from portal.missions.models import Mission
from portal.poles.models import Espace, Pole
from portal.reglage import Reglage, Setting

NAMED = 5  # bienveillants


def last_change(settings: Iterable[Setting]) -> tuple[datetime, str] | None:
    """When one of these was last changed, and who did; None when all are as they were at first."""
    row = db.session.execute(
        select(Reglage.modifie_le, Personne.nom)
        .join(Personne, Personne.id == Reglage.par_id)
        .where(Reglage.cle.in_([setting.cle for setting in settings]))
        .order_by(Reglage.modifie_le.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


@dataclass(frozen=True)
class Demarrage:
    """What a new house has so far, by step; `bienveillants` are the names of some."""

    faits: dict[str, bool]
    bienveillants: list[str]

    @property
    def suivante(self) -> str:
        """The first step that is left, "" when none is."""
        return next((cle for cle, done in self.faits.items() if not done), "")

    @property
    def combien(self) -> int:
        return sum(self.faits.values())


PUBLISHED = exists().where(Mission.publiee_le.is_not(None))


def to_begin(personne: Personne) -> Select[Personne]:
    """Whoever is led through the first steps: this person, as long as no mission was ever published."""
    return select(Personne).where(Personne.id == personne.id, ~PUBLISHED)


def demarrage() -> Demarrage:
    """Three queries, the settings' own among them."""
    spaces, teams, action = (exists().select_from(table) for table in (Espace, Pole, Action))
    there = db.session.execute(select(spaces, teams, action, PUBLISHED)).one()
    who = _bienveillants()
    faits = {
        "lieu": bool(reglage.MAISON.valeur and reglage.LIEU.valeur),
        "identite": all(texte.valeur for texte in (reglage.NOM, reglage.ADRESSE, reglage.COURRIEL)),
        "espaces": there[0],
        "poles": there[1],
        "personnes": bool(who),
        "action": there[2],
        "mission": there[3],
    }
    return Demarrage(faits, who)


def _bienveillants() -> list[str]:
    active = Role.nom == NomRole.BIENVEILLANT, Personne.desactive_le.is_(None)
    query = select(Personne.nom).join(Role, Role.personne_id == Personne.id).where(*active)
    return list(db.session.scalars(query.order_by(Personne.nom_cle).limit(NAMED)))
