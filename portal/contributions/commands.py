"""Every write about hours: proposed, settled, credited, mended, attested."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from portal import clock
from portal.actions.commands import check_reading
from portal.actions.models import Action
from portal.comptes.models import Personne
from portal.contributions import document, heures, queries
from portal.contributions.heures import Proposal, Slot
from portal.contributions.models import (
    AWAY,
    Attestation,
    Constat,
    Contribution,
    Etat,
    Line,
    Releve,
    Unite,
    attester,
    corriger,
    exporter,
    proposer,
    sheet_of,
    valider,
)
from portal.db import db, lock, lock_one
from portal.jour_j import queries as jour_j
from portal.jour_j.models import Genre
from portal.jour_j.pli import Site, undone
from portal.missions import queries as missions
from portal.missions.models import Affectation, Mission
from portal.missions.models import Etat as EtatMission
from portal.workflow import MotifMissing, Refusal, Transition, TransitionRefused, fire

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none is taken for another

JOINED = "inscription rattachée à son compte"
GIVEN_BACK = "place rendue"
CORRECTION = "correction"  # why is in the journal: a line of the ledger can never be changed


class NotYet(Refusal):
    sentence = "Cette action n’a pas encore eu lieu\u00a0: ses heures se comptent après la fermeture du site."


class OwnHours(Refusal):
    status = 403
    sentence = "Ce sont tes propres heures\u00a0: c’est à une autre personne de les corriger."


class RetributionFixed(Refusal):
    sentence = "Des heures de cette mission sont déjà validées\u00a0: ce qu’elle rétribue ne change plus."


class NothingToAttest(Refusal):
    sentence = "Aucune heure validée à attester ici pour l’instant."


# --- proposed ------------------------------------------------------------------------------------------------


def propose(action: Action) -> None:
    """Propose the hours of every place, from the day's presence. Twice is once: what people mended or settled stays."""
    action = lock_one(action)
    if not action.took_place:
        return
    known = {releve.affectation_id: releve for releve in lock(Releve, *queries.ids_of(action))}
    said, changed = _proposals(action), False
    for place, proposal in said:
        changed = _keep(known.get(place.id), place, proposal) or changed
    if changed:
        proposer.tell(action, by=None)


def propose_of(action_id: int) -> None:
    """The same, of the action of that id, whose site nobody closed."""
    if action := db.session.get(Action, action_id):
        propose(action)


def _proposals(action: Action) -> list[tuple[Affectation, Proposal]]:
    """Of each place whose time is over, what its taps come to; the others' turn comes when they end."""
    team = [place for place in missions.team_of(action) if place.mission.etat is not EtatMission.ANNULEE]
    day = jour_j.read(action.id)
    gone = undone(day.entries)
    taps = [e for e in day.entries if e.genre is Genre.PRESENCE and e.uuid not in gone]
    closed = day.state.moved.quand if day.state.site is Site.CLOS and day.state.moved else None
    slots = ((place, Slot(place.mission.debut, place.mission.fin, closed)) for place in team)
    return [
        (place, heures.propose([tap for tap in taps if tap.cible == str(place.id)], slot))
        for place, slot in slots
        if slot.end <= clock.now()
    ]


def _keep(releve: Releve | None, place: Affectation, proposal: Proposal) -> bool:
    """Whether that was news: a first proposal, or another one in the place of one that nobody touched."""
    if releve is None:
        minutes, constat = proposal.minutes, proposal.constat
        db.session.add(Releve(affectation=place, propose=minutes, minutes=minutes, constat=constat, etat=Etat.PROPOSE))
        return True
    untouched = releve.etat is Etat.PROPOSE and releve.minutes == releve.propose
    if not untouched or (releve.propose, releve.constat) == (proposal.minutes, proposal.constat):
        return False
    releve.propose = releve.minutes = proposal.minutes
    releve.constat = proposal.constat
    return True


# --- settled -------------------------------------------------------------------------------------------------


def settle(action: Action, said: Mapping[int, Line], transition: Transition, *, by: Personne, read: str) -> None:
    """Keep what was corrected, then move every line on: `transmettre` by the référent, `valider` by the bienveillant.

    `read` is `reading(sheet_of(…))` when the page was shown: raises Conflict when somebody wrote something else since.
    Sent twice it is done once. Nobody validates their own: theirs is left to somebody else. Raises NotYet.
    """
    action = lock_one(action)
    if not action.took_place:
        raise NotYet
    releves = _locked(action)
    check_reading(read, sheet_of(releves), _typed(said))
    for releve in releves:
        own = transition is valider and releve.is_of(by)
        if releve.id in said and not releve.is_settled and not own:
            _settle(releve, said[releve.id], transition, by=by)


def _locked(action: Action) -> list[Releve]:
    """Its hours as they are now: whoever joins or edits a mission meanwhile waits for its lock."""
    lock(Mission, *queries.missions_of(action))
    ids = queries.ids_of(action)
    lock(Affectation, *(releve.affectation_id for releve in lock(Releve, *ids)))
    return queries.of_action(action)


def _typed(said: Mapping[int, Line]) -> dict[str, Any]:
    return {
        name: value
        for id, line in said.items()
        for name, value in ((f"minutes_{id}", line.minutes), (f"constat_{id}", line.constat))
    }


def _settle(releve: Releve, line: Line, transition: Transition, *, by: Personne) -> None:
    before = releve.minutes, releve.constat
    releve.minutes, releve.constat = after = _fair(line)
    if transition.opens_from(releve.etat):
        fire(transition, releve, by=by, minutes=releve.minutes, propose=releve.propose)
        if transition is valider:
            _credit(releve.personne.id, releve.mission, by=by.id)
    elif before != after:
        raise TransitionRefused  # the référent has handed them over: the bienveillant mends them now


def _fair(line: Line) -> tuple[int, Constat]:
    """Whoever was not there gave no time."""
    return (0 if line.constat in AWAY else line.minutes), line.constat


def correct(releve: Releve, line: Line, *, motif: str, by: Personne, read: str) -> None:
    """Mend what was settled: a new line of the ledger with the difference, and the reason. Twice is once."""
    lock_one(releve.mission)
    releve = lock(Releve, releve.id)[0]
    lock(Affectation, releve.affectation_id)
    if queries.settled_of(releve.personne.id, releve.mission.id) is not releve:
        raise TransitionRefused
    check_reading(read, sheet_of([releve]), _typed({releve.id: line}))
    minutes, constat = _fair(line)
    if (minutes, constat) == (releve.minutes, releve.constat):
        return
    if not motif.strip():
        raise MotifMissing
    if releve.is_of(by):
        raise OwnHours
    before, releve.minutes, releve.constat = releve.minutes, minutes, constat
    corriger.tell(releve, by=by, motif=motif, avant=before, minutes=minutes)
    _credit(releve.personne.id, releve.mission, by=by.id)


def hand_over(mission: Mission, *, depuis: int, to: Personne) -> None:
    """The place of a provisional person is another's now, who turned out to be the same: so are the hours it gave.

    The caller holds the lock of the mission.
    """
    moved = queries.earned(depuis, mission.id)
    for whose in (depuis, to.id) if moved else ():
        _credit(whose, mission, by=moved[0].par_id, motif=JOINED, like=moved[0])


def take_back(mission: Mission, *personnes: int) -> None:
    """These people give their place back after its hours were validated: so do they what it gave.

    The caller holds the lock of the mission, whose place may not be free yet.
    """
    for personne_id in personnes:
        if given := queries.earned(personne_id, mission.id):
            _write(personne_id, mission, {}, by=given[0].par_id, motif=GIVEN_BACK)


def _credit(personne_id: int, mission: Mission, *, by: int, motif: str = "", like: Contribution | None = None) -> None:
    """This person has earned what was validated of their place, or nothing."""
    settled = queries.settled_of(personne_id, mission.id)
    due = dict([settled.due]) if settled and settled.due else {}
    _write(personne_id, mission, due, by=by, motif=motif, like=like)


def _write(
    personne_id: int,
    mission: Mission,
    due: Mapping[Unite, int],
    *,
    by: int,
    motif: str = "",
    like: Contribution | None = None,
) -> None:
    """Add to the ledger what it lacks, in each unit, to say what is due to this person for this mission."""
    written = queries.earned(personne_id, mission.id)
    for unite in Unite:
        mine = [line for line in written if line.unite is unite]
        missing = due.get(unite, 0) - sum(line.quantite for line in mine)
        if missing:
            about = _about(mission, next(iter(mine or written), like))
            first = {"corrige_id": mine[0].id, "motif": motif or CORRECTION} if mine else {"motif": motif}
            db.session.add(Contribution(personne_id=personne_id, unite=unite, quantite=missing, par_id=by, **about, **first))
            db.session.flush()


def _about(mission: Mission, like: Contribution | None) -> dict[str, Any]:
    """What a line is about: as the first one said, whatever became of the mission since."""
    if like:
        return {name: getattr(like, name) for name in ("mission_id", "action_id", "pole_id", "annee", "nature")}
    action = mission.action
    annee = clock.local(mission.debut).year
    return {
        "mission_id": mission.id, "action_id": action.id, "pole_id": action.pole_porteur_id, "annee": annee,
        "nature": mission.nature,
    }  # fmt: skip


def note_export(of: Action | Personne, lines: list[Contribution], *, by: Personne) -> None:
    """Who took the data of others away, how many lines and of how many people: of an action, or of a year, which is journaled
    on whoever did.
    """
    exporter.tell(of, by=by, lignes=len(lines), personnes=len({line.personne_id for line in lines}))


# --- attested ------------------------------------------------------------------------------------------------


def attest(personne: Personne, *, action: Action | None = None, annee: int, publisher: str) -> Attestation:
    """The hours of an action, or of a year, under a code that anybody can verify.

    Asked for again it is the same one, until its hours or its name have changed: then another replaces it.
    Raises NothingToAttest.
    """
    personne = lock(Personne, personne.id)[0]
    counted = queries.hours_of(personne, action=action, annee=annee)
    minutes = sum(line.quantite for line in counted)
    if minutes <= 0:
        raise NothingToAttest
    annee = clock.local(action.debut).year if action else annee
    objet = action.titre if action else f"Année {annee}"
    contenu = {"nom": personne.nom, "objet": objet, "maison": publisher} | document.body(counted)
    last = queries.last_attestation(personne, action=action, annee=annee)
    if last and _attested(last.contenu) == _attested(contenu):
        return last
    made = Attestation(
        code=_code(),
        personne_id=personne.id,
        action_id=action.id if action else None,
        annee=annee,
        rang=last.rang + 1 if last else 1,
        initiales=document.initials(personne.nom),
        minutes=minutes,
        contenu=contenu,
    )
    db.session.add(made)
    attester.tell(made, by=personne, minutes=minutes)
    return made


def _attested(contenu: Mapping[str, Any]) -> list[object]:
    """What replaces an attestation when it changes; not a title that somebody reworded."""
    return [contenu["nom"], *((line["le"], line["minutes"]) for line in contenu["lignes"])]


def _code() -> str:
    """Ten letters and figures, about 49 bits: nobody finds one by trying."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"
