"""Minors on a mission: what they say of themselves, and what the house keeps from them.

Rules of the house, to be confirmed with the insurer: an age from which one may come, the written authorisation of whoever
answers for them; never référent, never paid, never where the mission says adults only.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from portal import clock
from portal.comptes.models import Personne
from portal.db import db
from portal.missions import queries
from portal.missions.models import Mineur, Minorite, Mission
from portal.reglage import AGE_AUTORISATION, AGE_MINIMUM
from portal.workflow import Refusal


class AdultsOnly(Refusal):
    status = 422
    sentence = "Cette mission est réservée aux personnes majeures. D’autres missions sont ouvertes aux plus jeunes."
    short = "réservée aux majeurs"


class TooYoung(Refusal):
    status = 422

    def __init__(self) -> None:
        super().__init__(
            f"Merci de vouloir aider\u00a0! Les missions s’ouvrent à {AGE_MINIMUM.valeur}\u00a0ans, pour ta sécurité. "
            "D’ici là, viens aux fêtes et aux ateliers en famille\u00a0: on t’y attend."
        )


class AutorisationMissing(Refusal):
    status = 422
    sentence = (
        "Cette personne est mineure, et l’autorisation écrite de son responsable légal n’est pas reçue\u00a0: "
        "appelle-le, coche «\u00a0Autorisation reçue\u00a0», puis accepte."
    )
    short = "autorisation manquante"


class PlaceGiven(Refusal):
    status = 422
    sentence = (
        "Ta place est déjà donnée\u00a0: que tu es mineur, ton âge et ton responsable légal ne se changent plus ici. "
        "Dis-le à l’équipe avant de venir\u00a0: elle libère ta place, et tu candidates de nouveau avec l’accord écrit."
    )


def of(mission_id: int, personne_id: int) -> Mineur | None:
    here = Mineur.mission_id == mission_id, Mineur.personne_id == personne_id
    return db.session.scalar(select(Mineur).where(*here).execution_options(populate_existing=True))  # as it now is


def check_age(mission: Mission, said: Minorite) -> None:
    """Whether somebody of that age may apply; raises AdultsOnly or TooYoung."""
    if not mission.takes_minors:
        raise AdultsOnly
    if said.age < AGE_MINIMUM.valeur:
        raise TooYoung


def check_place(mission: Mission, personne_id: int) -> None:
    """Whether a place may be theirs; raises AdultsOnly or AutorisationMissing. A trigger stands behind the first."""
    mineur = of(mission.id, personne_id)
    if mineur and not mission.takes_minors:
        raise AdultsOnly
    if mineur and mineur.wants_autorisation:
        raise AutorisationMissing


def tell(mission: Mission, personne: Personne, said: Minorite) -> bool:
    """Keep what was said last; says whether that changes anything, and then no authorisation holds any more.

    Raises PlaceGiven when they hold a place that would want one.
    """
    mineur = of(mission.id, personne.id)
    if mineur and (mineur.age, mineur.responsable, mineur.telephone) == (said.age, said.responsable, said.telephone):
        return False
    if said.age < AGE_AUTORISATION.valeur and queries.active_of(mission, personne):
        raise PlaceGiven
    if mineur is None:
        mineur = Mineur(mission_id=mission.id, personne_id=personne.id)
        db.session.add(mineur)
    mineur.age, mineur.responsable, mineur.telephone = said.age, said.responsable, said.telephone
    mineur.autorise_le = None
    db.session.flush()
    return True


def authorise(mineur: Mineur, received: bool) -> None:
    mineur.autorise_le = clock.now() if received else None


def join(mission: Mission, provisional: Personne, personne: Personne) -> None:
    """What somebody said before their address was proved follows them, unless they had already said it."""
    mineur = of(mission.id, provisional.id)
    if mineur and of(mission.id, personne.id):
        db.session.delete(mineur)
    elif mineur:
        mineur.personne_id = personne.id
    db.session.flush()


def forget(*of_whom: ColumnElement[bool]) -> None:
    db.session.execute(delete(Mineur).where(*of_whom))
