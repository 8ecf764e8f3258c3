"""The price list, which the treasurer keeps: a price is never overwritten, a newer one follows it."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal import clock
from portal.actions.commands import apply
from portal.comptes.models import Personne
from portal.db import db, lock
from portal.devis.models import Tarif, retirer_tarif, tarifer
from portal.devis.queries import same_tarif
from portal.workflow import Refusal


class NameTaken(Refusal):
    sentence = "Une ligne du tarif porte déjà ce nom à cette date."


class BeforeItself(Refusal):
    status = 422
    sentence = "Ce tarif ne peut pas changer avant le jour où il a commencé."


class Withdrawn(Refusal):
    sentence = "Ce tarif a été remplacé ou retiré entre-temps\u00a0: c’est le nouveau qui se modifie."


def add(*, by: Personne, du: date, **fields: Any) -> Tarif:
    """A new line of the price list, from that day on; one that was withdrawn before it began comes back. Raises NameTaken."""
    tarif = same_tarif(fields["libelle"], du) or Tarif(du=du)
    if tarif.id and tarif.au != du:
        raise NameTaken
    for name, value in (fields | {"au": None}).items():
        setattr(tarif, name, value)
    db.session.add(tarif)
    db.session.flush()
    tarifer.tell(tarif, by=by, titre=tarif.libelle, du=du.isoformat(), prix=tarif.prix)
    return tarif


def change(tarif: Tarif, *, by: Personne, du: date, **fields: Any) -> Tarif:
    """Other words or another price from that day on: the row of before keeps what it said until then.

    Changed for the very day when it began, it is mended in place. Raises Withdrawn, BeforeItself, NameTaken.
    """
    tarif = _standing(tarif)
    if all(getattr(tarif, name) == value for name, value in fields.items()):
        return tarif
    if du < tarif.du:
        raise BeforeItself
    if du > tarif.du:
        new = add(by=by, du=du, **fields)
        tarif.au = du
        return new
    if fields["libelle"] != tarif.libelle and same_tarif(fields["libelle"], du):
        raise NameTaken
    apply(tarif, fields)
    db.session.flush()
    tarifer.tell(tarif, by=by, titre=tarif.libelle, du=du.isoformat(), prix=tarif.prix)
    return tarif


def withdraw(tarif: Tarif, *, by: Personne) -> None:
    """From today on it prices nothing more; the lines made from it keep what they say. Said twice, it is said once."""
    (tarif,) = lock(Tarif, tarif.id)
    if tarif.stands:
        tarif.au = max(tarif.du, clock.today())
        retirer_tarif.tell(tarif, by=by, titre=tarif.libelle)


def _standing(tarif: Tarif) -> Tarif:
    (tarif,) = lock(Tarif, tarif.id)
    if tarif.au is not None:
        raise Withdrawn
    return tarif
