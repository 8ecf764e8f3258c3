"""The hours, points and euros of a person, those that wait to be validated, and their attestations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.comptes.models import Personne
from portal.contributions.models import Attestation, Contribution, Releve, Unite
from portal.donnees import each, section
from portal.missions.models import Affectation, Mission

EARNED = ("Année", "Action", "Mission", "Unité", "Quantité", "Motif", "Validé le")


SMALLEST = {Unite.HEURES: 60, Unite.POINTS: 1, Unite.CENTIMES: 100}  # of what is kept, in one of what is read


def _earned(line: Contribution) -> tuple[object, ...]:
    quantity = (Decimal(line.quantite) / SMALLEST[line.unite]).quantize(Decimal("0.01"))
    return line.annee, line.action.titre, line.mission.titre, line.unite, quantity, line.motif, line.cree_le


@section("contributions", "Ce que tu as donné et reçu", EARNED, each(_earned), tient=["contribution.personne_id"])
def earned(personne: Personne) -> Select[Any]:
    mine = select(Contribution).where(Contribution.personne_id == personne.id)
    return mine.options(joinedload(Contribution.action), joinedload(Contribution.mission)).order_by(Contribution.id)


def _proposed(releve: Releve) -> tuple[object, ...]:
    return releve.action.titre, releve.mission.titre, releve.minutes, releve.constat, releve.etat


@section("releves", "Tes heures, relevées", ("Action", "Mission", "Minutes", "Constat", "État"), each(_proposed))
def proposed(personne: Personne) -> Select[Any]:
    mine = select(Releve).join(Releve.affectation).where(Affectation.personne_id == personne.id)
    with_mission = joinedload(Releve.affectation).joinedload(Affectation.mission).joinedload(Mission.action)
    return mine.options(with_mission).order_by(Releve.id)


def _attested(attestation: Attestation) -> tuple[object, ...]:
    return attestation.code, attestation.objet, attestation.annee, attestation.minutes, attestation.emise_le


@section(
    "attestations", "Tes attestations", ("Code", "Objet", "Année", "Minutes", "Émise le"), each(_attested),
    tient=["attestation.personne_id"],
)  # fmt: skip
def attested(personne: Personne) -> Select[Any]:
    return select(Attestation).where(Attestation.personne_id == personne.id).order_by(Attestation.id)
