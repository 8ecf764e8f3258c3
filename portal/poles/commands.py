"""Every write about pôles, groupes, their members and the spaces."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.comptes.commands import Erased
from portal.comptes.models import Personne
from portal.db import db, insert_once, lock, lock_one
from portal.fields import name_key
from portal.poles.models import (
    Adhesion,
    Espace,
    Genre,
    Materiel,
    Pole,
    Prestation,
    Ressource,
    accueillir,
    enregistrer,
    enregistrer_espace,
    enregistrer_materiel,
    enregistrer_prestation,
    quitter,
)
from portal.workflow import Refusal


class NameTaken(Refusal):
    sentence = "Ce nom est déjà pris\u00a0: choisis-en un qui s’en distingue."


class SpaceLoop(Refusal):
    status = 422
    sentence = "Un espace ne peut pas être contenu dans lui-même, ni dans un espace qu’il contient."


def save_pole(pole: Pole | None, *, nom: str, genre: Genre, description: str, by: Personne | None) -> Pole:
    """Create or edit a pôle or groupe. Raises NameTaken."""
    _check_name(Pole.nom, nom, pole)
    pole = pole or Pole()
    pole.nom, pole.genre, pole.description = nom, genre, description
    db.session.add(pole)
    enregistrer.tell(pole, by=by)
    return pole


def add_member(pole: Pole, personne: Personne, *, by: Personne | None) -> None:
    """Welcome someone; a second time changes nothing."""
    if lock_one(personne).is_erased:
        raise Erased
    if not insert_once(Adhesion, pole_id=pole.id, personne_id=personne.id):
        return
    personne.is_pole_member = True
    accueillir.tell(pole, by=by, personne=personne.id)


def remove_member(adhesion: Adhesion, *, by: Personne) -> None:
    """Someone leaves; the rights of a pôle's member go with their last pôle."""
    personne, pole = adhesion.personne, adhesion.pole
    lock(Personne, personne.id)
    db.session.delete(adhesion)
    db.session.flush()
    left = db.session.scalar(select(func.count()).select_from(Adhesion).where(Adhesion.personne_id == personne.id))
    personne.is_pole_member = bool(left)
    quitter.tell(pole, by=by, personne=personne.id)


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
    """Create or edit a space. Raises NameTaken or SpaceLoop; whoever has promised it may refuse that it changes."""
    _check_name(Espace.nom, nom, espace)
    if espace and parent:
        _check_place(espace, parent)
    espace = espace or Espace()
    before = espace.place
    espace.nom, espace.parent, espace.capacite = nom, parent, capacite
    espace.avant_min, espace.apres_min = avant_min, apres_min
    db.session.add(espace)
    db.session.flush()
    enregistrer_espace.tell(espace, by=by, deplace=espace.place != before)
    return espace


def save_equipment(materiel: Materiel | None, *, nom: str, stock: int, pole: Pole | None, by: Personne | None) -> Materiel:
    """Create or edit equipment that is lent. Raises NameTaken; whoever has promised some of it may refuse a lower stock."""
    _check_name(Materiel.nom, nom, materiel)
    materiel = lock_one(materiel) if materiel else Materiel()
    materiel.nom, materiel.stock, materiel.pole = nom, stock, pole
    db.session.add(materiel)
    db.session.flush()
    enregistrer_materiel.tell(materiel, by=by)
    return materiel


def save_prestation(
    prestation: Prestation | None,
    *,
    titre: str,
    ressource: Ressource,
    pole: Pole | None = None,
    description: str = "",
    espace: Espace | None = None,
    materiel: Materiel | None = None,
    ordre: int = 0,
    visible: bool = True,
    by: Personne | None,
) -> Prestation:
    """Create or edit what the public page offers. Raises NameTaken."""
    _check_name(Prestation.titre, titre, prestation)
    prestation = prestation or Prestation()
    prestation.titre, prestation.description, prestation.ressource = titre, description, ressource
    prestation.pole, prestation.espace, prestation.materiel = pole, espace, materiel
    prestation.ordre, prestation.visible = ordre, visible
    db.session.add(prestation)
    enregistrer_prestation.tell(prestation, by=by)
    return prestation


def _check_place(espace: Espace, parent: Espace) -> None:
    """All the spaces are locked while one moves, so that two moves at once cannot close a loop."""
    every = {e.id: e for e in db.session.scalars(select(Espace).order_by(Espace.id).with_for_update())}
    above: int | None = parent.id
    while above is not None:
        if above == espace.id:
            raise SpaceLoop
        above = every[above].parent_id


def _check_name(column: InstrumentedAttribute[str], nom: str, row: Pole | Espace | Materiel | Prestation | None) -> None:
    """Two names that read alike are one; there are few enough to compare them all."""
    for id, other in db.session.execute(select(column.class_.id, column)):
        if name_key(other) == name_key(nom) and (row is None or row.id != id):
            raise NameTaken
