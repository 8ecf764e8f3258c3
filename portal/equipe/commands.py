"""What a bienveillant keeps in mind of a person, and asks of people."""

from __future__ import annotations

from collections.abc import Collection

from portal import clock
from portal.actions.commands import check_reading
from portal.comptes.models import Note, Personne
from portal.db import db, insert_once, lock, lock_one
from portal.equipe import queries
from portal.missions.commands import MissionFull
from portal.missions.models import Invitation, Mission, inviter
from portal.workflow import Event, Refusal

annoter = Event("personne.annoter", "Enregistrer la note", "note changée", "pencil")


class NobodyChosen(Refusal):
    status = 422
    sentence = "Coche au moins une personne à inviter."


class NobodyLeft(Refusal):
    sentence = (
        "Entre-temps, les personnes cochées ont été invitées, ont candidaté ou ne sont plus libres. Voici la liste à jour."
    )


class NotTaking(Refusal):
    sentence = "Cette mission ne prend pas de candidatures en ce moment\u00a0: personne ne pourrait répondre à l’invitation."


def sheet_of(note: Note | None) -> dict[str, str]:
    """What the note's form shows and changes."""
    return {"texte": note.texte if note else ""}


def annotate(personne: Personne, *, by: Personne, read: str, texte: str) -> None:
    """Change what is noted of this person; no words, no note. The journal says that it changed, never what it says.

    `read` is the `reading` of the note when the form was shown: raises Conflict when somebody wrote since.
    """
    personne = lock_one(personne)
    note = queries.note_of(personne)
    check_reading(read, sheet_of(note), {"texte": texte})
    if sheet_of(note)["texte"] == texte:
        return
    if note and not texte:
        db.session.delete(note)
    elif note:
        note.texte, note.par_id, note.modifiee_le = texte, by.id, clock.now()
    else:
        db.session.add(Note(personne_id=personne.id, texte=texte, par_id=by.id))
    annoter.tell(personne, by=by)


def invite(mission: Mission, ids: Collection[int], *, by: Personne) -> int:
    """Ask these people, and nobody else, to give a hand; once each. Returns how many still could be asked.

    Raises NobodyChosen, NotTaking, MissionFull, or NobodyLeft when none of them can be any more.
    """
    if not ids:
        raise NobodyChosen
    lock(Personne, *ids)
    mission = lock_one(mission)
    if not mission.accepts_candidatures:
        raise NotTaking
    if mission.is_full:
        raise MissionFull("Cette mission est complète\u00a0: il n’y a plus de place à proposer.")
    found = db.session.scalars(queries.askable(mission).where(Personne.id.in_(ids), Personne.id != by.id))
    asked = [personne.id for personne in found if _ask(mission, personne, by)]
    if not asked:
        raise NobodyLeft
    inviter.tell(mission, by=by, titre=mission.titre, personnes=asked)
    return len(asked)


def _ask(mission: Mission, personne: Personne, by: Personne) -> bool:
    said = {"mission_id": mission.id, "personne_id": personne.id, "par_id": by.id}
    return insert_once(Invitation, **said, invitee_le=clock.now())
