"""To which pôles and groupes a person belongs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.comptes.models import Personne
from portal.donnees import each, section
from portal.poles.models import Adhesion


@section("poles", "Tes pôles et groupes", ("Nom",), each(lambda a: (a.pole.label,)), tient=["adhesion.personne_id"])
def adhesions(personne: Personne) -> Select[Any]:
    mine = select(Adhesion).where(Adhesion.personne_id == personne.id)
    return mine.options(joinedload(Adhesion.pole)).order_by(Adhesion.id)
