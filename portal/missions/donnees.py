"""The places that a person holds or held, once they know of them, and the missions on which they were asked for a hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from portal.comptes.models import Personne, Profil
from portal.donnees import Code, each, section
from portal.fields import local_phone
from portal.missions import queries
from portal.missions.accord import SLOTS
from portal.missions.models import Affectation, Competence, Invitation, Mineur, Mission


def _profiles(_personne: Personne, rows: Sequence[Profil]) -> list[tuple[object, ...]]:
    words = SLOTS | {c.value: c.label for c in Competence} | (queries.wishes() if rows else {})
    told = ((profil.disponibilites, profil.competences, profil.envies) for profil in rows)
    return [tuple([Code(kept, words.get(kept, kept)) for kept in part] for part in parts) for parts in told]


@section("profil", "Ton profil", ("Libre", "Sait faire", "Envies"), _profiles, tient=["profil.personne_id"])
def profile(personne: Personne) -> Select[Any]:
    return select(Profil).where(Profil.personne_id == personne.id)


WITH_MISSION = joinedload(Affectation.mission).joinedload(Mission.action)


def _place(place: Affectation) -> tuple[object, ...]:
    mission = place.mission
    return mission.titre, mission.action.titre, mission.debut, mission.fin, place.cree_le, place.libere_le, place.motif


@section(
    "places", "Tes missions", ("Mission", "Action", "Début", "Fin", "Depuis le", "Rendue le", "Motif"), each(_place),
    tient=["affectation.personne_id"],
)  # fmt: skip
def places(personne: Personne) -> Select[Any]:
    """A place that they were never told of, or not yet, is nobody's news."""
    heard = queries.told(), or_(Affectation.libere_le.is_(None), Affectation.libere_le >= Affectation.connue_le)
    mine = select(Affectation).where(Affectation.personne_id == personne.id, *heard)
    return mine.options(WITH_MISSION).order_by(Affectation.id)


def _minor(mineur: Mineur) -> tuple[object, ...]:
    said = mineur.age, mineur.responsable, local_phone(mineur.telephone), mineur.autorise_le
    return mineur.mission.titre, mineur.mission.debut, *said


@section(
    "mineur", "Ton âge et ton responsable légal",
    ("Mission", "Début", "Âge ce jour-là", "Responsable légal", "Son téléphone", "Autorisation reçue le"), each(_minor),
    tient=["mineur.personne_id"],
)  # fmt: skip
def minority(personne: Personne) -> Select[Any]:
    mine = select(Mineur).where(Mineur.personne_id == personne.id)
    return mine.options(joinedload(Mineur.mission)).order_by(Mineur.id)


def _invitation(invitation: Invitation) -> tuple[object, ...]:
    return invitation.mission.titre, invitation.mission.debut, invitation.invitee_le


@section(
    "invitations", "Les renforts qu’on t’a demandés", ("Mission", "Début", "Demandé le"), each(_invitation),
    tient=["invitation.personne_id"],
)  # fmt: skip
def invitations(personne: Personne) -> Select[Any]:
    mine = select(Invitation).where(Invitation.personne_id == personne.id)
    return mine.options(joinedload(Invitation.mission)).order_by(Invitation.id)
