"""Every write about actions and their programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal import clock, journal
from portal.actions import programme, queries
from portal.actions.models import Action, Demandeur, Etape, Etat, reading
from portal.actions.processus import creer, enregistrer, importer, modifier, renouveler
from portal.comptes.models import Personne
from portal.db import db, lock, lock_one
from portal.fields import address_key
from portal.workflow import Event, Refusal, Transition, fire

APART = timedelta(hours=6)  # two items with such a pause between them are not swapped: one would land at night

ajouter_etape = Event("action.ajouter_etape", "Ajouter au programme", "ajoutée au programme", "plus")
deplacer_etape = Event("action.deplacer_etape", "Déplacer dans le programme", "déplacée dans le programme", "clock")
modifier_etape = Event("action.modifier_etape", "Modifier le programme", "modifiée", "pencil")
retirer_etape = Event("action.retirer_etape", "Retirer du programme", "retirée du programme", "trash-2")


class ActionOver(Refusal):
    sentence = "Cette action est close : elle ne se modifie plus."


class StepGone(Refusal):
    sentence = "Cette étape a été retirée du programme entre-temps."


class StepFixed(Refusal):
    sentence = "Cette étape est fixée par l’horloge : elle ne bouge pas. Pour la placer ailleurs, change son heure."


class NeighbourFixed(Refusal):
    def __init__(self, other: Etape):
        kind = "à heure fixe" if other.ancre else "tenue de finir à l’heure"
        super().__init__(f"«\u00a0{other.titre}\u00a0» est {kind}\u00a0: rien ne passe par-dessus. Change plutôt les heures.")


class NobodyToPass(Refusal):
    sentence = "Cette étape est déjà au bout de sa piste : il n’y a rien à faire passer de l’autre côté."


class TooFarApart(Refusal):
    def __init__(self, other: Etape):
        super().__init__(f"«\u00a0{other.titre}\u00a0» est à plus de six heures de là\u00a0: change plutôt les heures.")


class Conflict(Refusal):
    sentence = "Cette page a changé pendant que tu écrivais. Rien n’est perdu : compare, puis renvoie."


class PoleAsked(Refusal):
    sentence = "Le pôle porteur se décide dans l’onglet Validation\u00a0: la fiche n’en change pas avant la confirmation."


class ClientErased(Refusal):
    sentence = "Ce demandeur a été effacé\u00a0: rien ne se retrouve ni ne s’ajoute."


class OfTheDay(Refusal):
    sentence = "Le site s’ouvre et se ferme depuis la page du jour, avec ses vérifications."


def create(
    *,
    by: Personne,
    demandeur: dict[str, str],
    outside_motif: str = "",
    cle: str = "",
    take: bool = True,
    invite: bool = False,
    **fields: Any,
) -> Action:
    """Record an action; its author becomes its bienveillant, unless it is left to be taken (`take`).

    `invite`: the demandeur receives the link of their page. The same form (its `cle`) sent twice is one action. With
    `outside_motif`, it was validated outside the portal and goes straight to `confirmee`, with that reason.
    """
    lock(Personne, by.id)
    cle = journal.submission(cle, demandeur, outside_motif, fields)
    if (made := journal.made_by(cle, creer.key, by=by)) and (twin := db.session.get(Action, made)):
        return twin
    action = Action(demandeur=Demandeur(**demandeur), etat=Etat.SOLLICITEE, **fields)
    if take:
        action.bienveillant, action.prise_le = by, clock.now()
    db.session.add(action)
    creer.tell(action, by=by, cle=cle)
    if invite and action.demandeur.email:
        renouveler.tell(action, by=by, generation=action.generation)
    if outside_motif:
        fire(enregistrer, action, by=by, motif=outside_motif, des_l_entree=True)
    return action


def take_in(*, by: Personne, source: str, organisation: str, **fields: Any) -> Action:
    """An action of before the portal: settled, it waits for nobody. It went through none of the house's transitions here, and
    the journal says where it is from.
    """
    action = Action(demandeur=Demandeur(nom=organisation), etat=Etat.SOLDEE, **fields)
    db.session.add(action)
    importer.tell(action, by=by, motif=source)
    return action


def edit(action: Action, *, by: Personne, read: str, demandeur: dict[str, Any], **fields: Any) -> None:
    """Change the sheet; `read` is `reading(action.sheet)` when the form was shown. Raises ActionOver or Conflict."""
    action = _open(action)
    db.session.refresh(action.demandeur)
    check_reading(read, action.sheet, fields | {f"demandeur_{name}": value for name, value in demandeur.items()})
    on_its_way = action.is_asked and action.etat is not Etat.SOLLICITEE
    if on_its_way and fields.get("pole_porteur_id", action.pole_id) != action.pole_id:
        raise PoleAsked
    lieu, email = action.lieu, action.demandeur.email
    changed = [f"demandeur_{name}" for name in apply(action.demandeur, demandeur)] + apply(action, fields)
    if changed:
        modifier.tell(action, by=by, champs=changed, lieu_avant=lieu)
        reach_anew(action, email, by=by)


def edit_client(action: Action, *, by: Personne, read: str, demandeur: dict[str, Any]) -> None:
    """Change who the demandeur is, whatever has become of the action: an invoice wants their address, and their SIRET.

    `read` is `reading(action.client)` when the form was shown. Raises ClientErased or Conflict.
    """
    action = lock_one(action)
    db.session.refresh(action.demandeur)
    if action.demandeur.is_erased:
        raise ClientErased
    check_reading(read, action.client, {f"demandeur_{name}": value for name, value in demandeur.items()})
    email = action.demandeur.email
    if changed := [f"demandeur_{name}" for name in apply(action.demandeur, demandeur)]:
        modifier.tell(action, by=by, champs=changed, lieu_avant=action.lieu)
        reach_anew(action, email, by=by)


def reach_anew(action: Action, before: str, *, by: Personne | None) -> None:
    """The demandeur has another address: it receives the link, and those that went to the one before open nothing any more."""
    email = action.demandeur.email
    if address_key(email) == address_key(before):
        return
    action.generation += 1 if before else 0
    if email:
        renouveler.tell(action, by=by, generation=action.generation)


def decide(action: Action, transition: Transition, *, by: Personne, motif: str = "") -> None:
    """Move the action; what depends on it reacts."""
    fire(transition, lock_one(action), by=by, motif=motif)


def add_step(action: Action, *, by: Personne, titre: str, debut: datetime, fin: datetime, **fields: Any) -> Etape:
    """A timed item of the programme; items may overlap (an all-day stand runs beside the others), never be twins."""
    action = _open(action)
    if twin := queries.same_step(action, titre=titre, debut=debut, fin=fin):
        return twin
    etape = Etape(titre=titre, debut=debut, fin=fin, **fields)
    action.programme.append(etape)
    db.session.flush()
    ajouter_etape.tell(action, by=by, etape=etape.id, titre=titre)
    return etape


@dataclass(frozen=True)
class Consequences:
    """Of a change of the programme: the items that moved along, and the pairs that now run at the same time."""

    moved: list[Etape]
    overlapping: list[tuple[Etape, Etape]]


def edit_step(etape: Etape, *, by: Personne, read: str, follow: bool = False, **fields: Any) -> Consequences:
    """Change an item of the programme. With `follow`, what came right after it keeps coming right after it.

    Raises ActionOver, StepGone, or Conflict as `edit` does.
    """
    action, etape = _open_step(etape)
    check_reading(read, etape.sheet, fields)
    items = queries.programme_of(action)
    clashing, after, end = programme.at_once(items), programme.chain(etape, items), etape.fin
    changed = apply(etape, fields)
    moved = after if follow and etape.fin != end else []
    _place({other.id: programme.slot_of(other).later(etape.fin - end) for other in moved}, items)
    if changed:
        modifier_etape.tell(action, by=by, etape=etape.id, titre=etape.titre, suivantes=len(moved))
    return Consequences(moved, _pairs(programme.at_once(items) - clashing, items))


def _place(slots: Mapping[int, programme.Slot], items: list[Etape]) -> None:
    for item in items:
        if item.id in slots:
            item.debut, item.fin = slots[item.id].debut, slots[item.id].fin


def _pairs(ids: set[tuple[int, int]], items: list[Etape]) -> list[tuple[Etape, Etape]]:
    named = {item.id: item for item in items}
    return [(named[a], named[b]) for a, b in sorted(ids)]


def move_step(etape: Etape, *, by: Personne, up: bool) -> None:
    """The item changes places with the one before it (`up`) or after it, of the same piste.

    Raises StepFixed, NeighbourFixed, NobodyToPass or TooFarApart.
    """
    action, etape = _open_step(etape)
    items = queries.programme_of(action)
    other = programme.neighbour(etape, items, up=up)
    if other is None:
        raise NobodyToPass
    first, second = (other, etape) if up else (etape, other)
    _check_swap(etape, other, second.debut - first.fin)
    _place(programme.swapped(first, second), items)
    deplacer_etape.tell(action, by=by, etape=etape.id, titre=etape.titre)


def _check_swap(etape: Etape, other: Etape, pause: timedelta) -> None:
    if programme.is_fixed(etape):
        raise StepFixed
    if programme.is_fixed(other):
        raise NeighbourFixed(other)
    if pause > APART:
        raise TooFarApart(other)


def remove_step(etape: Etape, *, by: Personne) -> None:
    action, etape = _open_step(etape)
    retirer_etape.tell(action, by=by, titre=etape.titre)
    action.programme.remove(etape)
    db.session.flush()


def check_reading(read: str, sheet: Mapping[str, Any], typed: Mapping[str, Any]) -> None:
    """Raises Conflict when the sheet is no more what somebody's form has read, nor what it says; the caller holds its lock."""
    if read != reading(sheet) and any(sheet[name] != value for name, value in typed.items()):
        raise Conflict


def _open_step(etape: Etape) -> tuple[Action, Etape]:
    """The action under lock, and the item as it now is."""
    id, action = etape.id, _open(etape.action)
    found = queries.step(action, id)
    if found is None:
        raise StepGone
    return action, found


def _open(action: Action) -> Action:
    action = lock_one(action)
    if action.is_over:
        raise ActionOver
    return action


def apply(row: Any, fields: dict[str, Any]) -> list[str]:
    """Set what differs; returns the names of what changed."""
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fields[name])
    return changed
