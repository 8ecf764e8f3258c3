"""What a person noted on the day of an action, and what was noted there of their coming."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, and_, cast, or_, select
from sqlalchemy.orm import joinedload

from portal.comptes.models import Personne
from portal.donnees import Code, each, section
from portal.jour_j.models import Entree, Genre, Jour, named
from portal.missions.models import Affectation

HEAD = ("Action", "Le", "Ce qui est noté", "Mots", "Lieu", "Mesures prises", "Photo")


def _entry(entree: Entree) -> tuple[object, ...]:
    fact = Code(f"{entree.genre}:{entree.valeur}", named(entree.genre, entree.valeur))
    return entree.jour.action.titre, entree.quand, fact, entree.mot, entree.lieu, entree.mesures, bool(entree.photo) or None


@section("jour", "Ce que tu as noté le jour J, et ta présence", HEAD, each(_entry), tient=["entree.personne_id"])
def entries(personne: Personne) -> Select[Any]:
    theirs = select(cast(Affectation.id, Text)).where(Affectation.personne_id == personne.id)
    of_them = and_(Entree.genre == Genre.PRESENCE, Entree.cible.in_(theirs))
    to_them = and_(Entree.genre == Genre.CHARGE, Entree.cible == str(personne.id))
    mine = select(Entree).where(or_(Entree.personne_id == personne.id, of_them, to_them))
    with_action = joinedload(Entree.jour).joinedload(Jour.action), joinedload(Entree.photo)
    return mine.options(*with_action).order_by(Entree.quand, Entree.uuid)
