"""Every write about pôles, groupes, their members and the spaces."""

from __future__ import annotations

from sqlalchemy import func, select

from portal import journal
from portal.comptes.models import Personne
from portal.db import db
from portal.poles.models import Adhesion, Espace, Genre, Pole
from portal.workflow import Refusal


class NameTaken(Refusal):
    sentence = "Ce nom est déjà pris."


class SpaceLoop(Refusal):
    status = 422
    sentence = "Un espace ne peut pas être contenu dans lui-même, ni dans un espace qu’il contient."


def save_pole(pole: Pole | None, *, nom: str, genre: Genre, description: str, by: Personne | None) -> Pole:
    """Create or edit a pôle or groupe. Raises NameTaken."""
    _check_name(Pole, nom, pole)
    pole = pole or Pole()
    pole.nom, pole.genre, pole.description = nom, genre, description
    db.session.add(pole)
    journal.record("pole.enregistrer", pole, by=by)
    return pole


def add_member(pole: Pole, personne: Personne, *, by: Personne | None) -> None:
    if db.session.scalar(select(Adhesion).where(Adhesion.pole_id == pole.id, Adhesion.personne_id == personne.id)):
        return
    db.session.add(Adhesion(pole_id=pole.id, personne_id=personne.id))
    personne.is_pole_member = True
    journal.record("pole.accueillir", pole, by=by, faits={"personne": personne.id})


def remove_member(adhesion: Adhesion, *, by: Personne) -> None:
    personne, pole = adhesion.personne, adhesion.pole
    db.session.delete(adhesion)
    db.session.flush()
    left = db.session.scalar(select(func.count()).select_from(Adhesion).where(Adhesion.personne_id == personne.id))
    personne.is_pole_member = bool(left)
    journal.record("pole.quitter", pole, by=by, faits={"personne": personne.id})


def save_space(
    espace: Espace | None,
    *,
    nom: str,
    parent: Espace | None,
    capacite: int | None,
    avant_min: int,
    apres_min: int,
    by: Personne | None,
) -> Espace:
    """Create or edit a space. Raises NameTaken or SpaceLoop."""
    _check_name(Espace, nom, espace)
    ancestor = parent
    while ancestor is not None:
        if espace is not None and ancestor.id == espace.id:
            raise SpaceLoop
        ancestor = ancestor.parent
    espace = espace or Espace()
    espace.nom, espace.parent, espace.capacite = nom, parent, capacite
    espace.avant_min, espace.apres_min = avant_min, apres_min
    db.session.add(espace)
    journal.record("espace.enregistrer", espace, by=by)
    return espace


def _check_name(model: type[Pole] | type[Espace], nom: str, row: Pole | Espace | None) -> None:
    with db.session.no_autoflush:
        same = db.session.scalar(select(model).where(func.lower(model.nom) == nom.lower()))
    if same is not None and same is not row:
        raise NameTaken
