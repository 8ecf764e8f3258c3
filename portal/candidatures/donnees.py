"""The candidatures of a person, as they were told them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.candidatures.models import Candidature
from portal.comptes.models import Personne
from portal.donnees import each, section
from portal.missions.models import Mission


def _sent(candidature: Candidature) -> tuple[object, ...]:
    mission = candidature.mission
    return (
        mission.titre,
        mission.action.titre,
        mission.debut,
        candidature.deposee_le,
        candidature.etat_dit,
        candidature.message,
    )


@section(
    "candidatures", "Tes candidatures", ("Mission", "Action", "Début", "Déposée le", "État", "Message"), each(_sent),
    tient=["candidature.personne_id"],
)  # fmt: skip
def sent(personne: Personne) -> Select[Any]:
    mine = select(Candidature).where(Candidature.personne_id == personne.id)
    return mine.options(joinedload(Candidature.mission).joinedload(Mission.action)).order_by(Candidature.id)
