"""What a person does around actions: those they set up, what they answer for, what they wrote, the opinions they gave."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from portal.actions.deliberation import Avis
from portal.actions.models import Action, Echange, Etape
from portal.actions.tache import Tache
from portal.comptes.models import Personne
from portal.donnees import each, section


def _action(action: Action) -> tuple[object, ...]:
    return action.titre, action.debut, action.fin, action.etat


@section(
    "actions", "Les actions que tu montes, ou qu’on te propose", ("Action", "Début", "Fin", "État"), each(_action),
    tient=["action.bienveillant_id", "action.relais_id"],
)  # fmt: skip
def actions(personne: Personne) -> Select[Any]:
    mine = or_(Action.bienveillant_id == personne.id, Action.relais_id == personne.id)
    return select(Action).where(mine).order_by(Action.debut, Action.id)


def _task(tache: Tache) -> tuple[object, ...]:
    return tache.action.titre, tache.titre, tache.avancee, tache.traitee_le, tache.motif


@section(
    "taches", "Les tâches dont tu réponds", ("Action", "Tâche", "Avancée", "Traitée le", "Motif"), each(_task),
    tient=["tache.responsable_id"],
)  # fmt: skip
def tasks(personne: Personne) -> Select[Any]:
    mine = select(Tache).where(Tache.responsable_id == personne.id)
    return mine.options(joinedload(Tache.action)).order_by(Tache.id)


def _step(etape: Etape) -> tuple[object, ...]:
    return etape.action.titre, etape.titre, etape.debut, etape.fin


@section(
    "programme", "Ce que tu tiens dans un programme", ("Action", "Étape", "Début", "Fin"), each(_step),
    tient=["etape.responsable_id"],
)  # fmt: skip
def steps(personne: Personne) -> Select[Any]:
    mine = select(Etape).where(Etape.responsable_id == personne.id)
    return mine.options(joinedload(Etape.action)).order_by(Etape.debut, Etape.id)


def _exchange(echange: Echange) -> tuple[object, ...]:
    return echange.action.titre, echange.ecrit_le, echange.texte


@section(
    "echanges", "Ce que tu as écrit à un demandeur", ("Action", "Le", "Texte"), each(_exchange), tient=["echange.personne_id"]
)
def exchanges(personne: Personne) -> Select[Any]:
    mine = select(Echange).where(Echange.personne_id == personne.id)
    return mine.options(joinedload(Echange.action)).order_by(Echange.id)


def _opinion(avis: Avis) -> tuple[object, ...]:
    words = "\n".join(f"{label}\u00a0: {sens.label}. {mot}".strip() for label, sens, mot in avis.said)
    return avis.action.titre, avis.pole.label, avis.donne_le, words


@section(
    "avis",
    "Les avis que tu as donnés pour un pôle",
    ("Action", "Pôle", "Le", "Avis"),
    each(_opinion),
    tient=["avis.personne_id"],
)
def opinions(personne: Personne) -> Select[Any]:
    mine = select(Avis).where(Avis.personne_id == personne.id)
    return mine.options(joinedload(Avis.action), joinedload(Avis.pole)).order_by(Avis.id)
