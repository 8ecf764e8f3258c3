"""Every write of the day: taps are received, versions moved on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import update

from portal import clock, outbox, policy
from portal.actions.models import Etat
from portal.actions.processus import clore, ouvrir, rouvrir
from portal.comptes.models import Personne
from portal.db import db, insert_once, lock_one
from portal.jour_j import cloture, queries, signalement
from portal.jour_j.droits import Droits, NotYourTap, check_arrival
from portal.jour_j.models import LIBRES, VALEURS, Entree, Genre, Jour, Phase, Point, ecrire, emporter
from portal.jour_j.pli import NON_CONFORME, Site, correct
from portal.jour_j.refus import (
    LONGEST,
    PLACE,
    AnotherDay,
    DayOver,
    FaultMissing,
    NotARunner,
    NotATap,
    NotOfThisDay,
    NotOpen,
    ReasonWanted,
    SiteStays,
    TooEarly,
    TooLong,
    WordsMissing,
)
from portal.jour_j.retouches import is_said
from portal.missions.models import Affectation
from portal.workflow import Refusal, fire

UUID_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
UUID_LENGTH = 36  # the longest thing that a tap is about
EARLIEST = timedelta(hours=36)  # before the start; a tap is never dated earlier
TRAVEL = timedelta(minutes=1)  # a phone gives a sending up sooner
FOLLOWING = {  # the site moved, the action follows
    (Site.OUVERT, Etat.CONFIRMEE): ouvrir,
    (Site.OUVERT, Etat.TERMINEE): rouvrir,
    (Site.CLOS, Etat.EN_COURS): clore,
}

AT_ANY_TIME = frozenset({Genre.INCIDENT, Genre.SUITE, Genre.ANNULE})  # the rest is of the day itself
URGENT = frozenset({"serieux", "grave"})  # of which the bienveillant hears at once
CHANGES = (Genre.DUREE, Genre.DECALE, Genre.ECHANGE)  # of the programme
TOLD = {"ouvrir": "jour_ouverture", "fermer": "jour_fermeture"}  # when critical lines stay open


class Statut(StrEnum):
    RECUE = "reçue"
    DEJA_RECUE = "déjà reçue"
    REFUSEE = "refusée"


@dataclass(frozen=True)
class Tap:
    """What a phone or a form says; `saisi_le` by its own clock."""

    uuid: str
    genre: str
    saisi_le: datetime
    cible: str = ""
    valeur: str = ""
    mot: str = ""
    lieu: str = ""
    mesures: str = ""


def undoing(uuid: str, *, at: datetime) -> Tap:
    """The tap that takes another back; undoing twice is the same tap."""
    return Tap(str(uuid5(UUID(uuid), Genre.ANNULE)), Genre.ANNULE, at, cible=uuid)


@dataclass(frozen=True)
class Outcome:
    uuid: str
    statut: Statut
    refusal: Refusal | None = None


def receive(jour: Jour, taps: Sequence[Tap], *, by: Personne, sent: datetime | None = None) -> list[Outcome]:
    """Write the taps, in their order; each answers for itself, and one sent again is one row.

    `sent` is when the phone says it sends, None when the server's clock dated them. What `by` may tap is asked under the
    lock: they may have left the team meanwhile. Locks: the action when the site may move, then the day.
    """
    if any(tap.genre == Genre.SITE for tap in taps):
        lock_one(jour.action)
    jour = lock_one(jour)
    db.session.refresh(jour.action)  # it may have been cancelled, or handed over, while the lock was awaited
    reception = Reception(jour, by, clock.now(), sent)
    policy.forget()
    outcomes = [reception.take(tap) for tap in taps]
    if any(o.statut is Statut.RECUE for o in outcomes):
        jour.version += 1
    return outcomes


class Reception:
    """One sending of taps, under the lock of its day."""

    def __init__(self, jour: Jour, by: Personne, now: datetime, sent: datetime | None):
        self.jour, self.by, self.now, self.sent = jour, by, now, sent or now
        self.day = queries.Day(jour, now)

    def take(self, tap: Tap) -> Outcome:
        try:
            new = self._take(tap)
        except Refusal as refusal:
            return Outcome(tap.uuid, Statut.REFUSEE, refusal)
        return Outcome(tap.uuid, Statut.RECUE if new else Statut.DEJA_RECUE)

    def _take(self, tap: Tap) -> bool:
        if not UUID_SHAPE.fullmatch(tap.uuid):
            raise NotATap
        if known := queries.entry(tap.uuid):
            if known.jour_id != self.jour.id:
                raise NotOfThisDay
            return False
        _check(self, tap)
        before = self.day
        values = self._values(tap)
        if not insert_once(Entree, **values):
            return False
        entree = Entree(**values)
        self.day = before.after(entree)
        self._spread(entree, before)
        return True

    def _spread(self, entree: Entree, before: queries.Day) -> None:
        """What follows from a tap, in the same transaction."""
        if entree.genre is Genre.SITE:
            self._follow(entree, before)
        elif entree.valeur == NON_CONFORME:
            point = next(p for p in self.jour.points if str(p.id) == entree.cible)
            signalement.tell_what_is_wrong(entree, point, by=self.by)
        elif entree.genre is Genre.INCIDENT and entree.valeur in URGENT:
            signalement.tell_of_an_incident(entree, self.jour.action, by=self.by)
        elif entree.genre is Genre.MESSAGE:
            ecrire.tell(self.jour, by=self.by, entree=entree.uuid)

    def _values(self, tap: Tap) -> dict[str, object]:
        quand = self.instant(tap)
        return {
            "uuid": tap.uuid, "jour_id": self.jour.id, "personne_id": self.by.id, "genre": Genre(tap.genre),
            "cible": tap.cible, "valeur": tap.valeur, "mot": tap.mot, "lieu": tap.lieu, "mesures": tap.mesures,
            "quand": quand, "saisi_le": tap.saisi_le, "recu_le": self.now,
        }  # fmt: skip

    @property
    def droits(self) -> Droits:
        return Droits(self.day, self.by)

    def at(self, tap: Tap) -> queries.Day:
        """The day as it stood when it was tapped: what came since, from another phone, makes it no less true."""
        return self.day.before(self.instant(tap))

    def instant(self, tap: Tap) -> datetime:
        """When it was tapped. How long a sending travels is never known: what one person tapped later stays later."""
        earliest = self.jour.action.debut - EARLIEST
        quand = correct(tap.saisi_le, sent=self.sent, received=self.now, earliest=earliest)
        sooner = [e.quand for e in self.day.entries if e.personne_id == self.by.id and e.saisi_le <= tap.saisi_le]
        if sooner and timedelta() <= max(sooner) - quand < TRAVEL:
            quand = max(sooner)
        while quand in {e.quand for e in self.day.entries}:  # of two taps at the same instant, the first received comes first
            quand += timedelta(microseconds=1)
        return quand

    def _follow(self, entree: Entree, before: queries.Day) -> None:
        """The action's state follows the site's, in the same transaction; of what stays open its bienveillant hears."""
        action, left = self.jour.action, _left_open(before, entree.valeur)
        if transition := FOLLOWING.get((self.day.state.site, action.etat)):
            facts = {"lignes": [p.label for p in left]}
            if transition is clore:
                facts |= cloture.left_by(before, self.by.id).facts | {"a": entree.quand.isoformat()}
            fire(transition, action, by=self.by, motif=entree.mot, **facts)
        critical = [_said(before, point) for point in left if point.critique]
        if critical and action.bienveillant:
            outbox.post(
                TOLD[entree.valeur],
                f"jour:{self.jour.id}:{entree.valeur}:{entree.uuid}",
                to=action.bienveillant.email,
                action=action.id,
                par=self.by.id,
                motif=entree.mot,
                lignes=critical,
            )


def _said(day: queries.Day, point: Point) -> str:
    return f"{point.label} (non conforme)" if day.is_wrong(point) else point.label


# --- what is refused -----------------------------------------------------------------------------------------


def _check(reception: Reception, tap: Tap) -> None:
    if tap.genre not in CHECKS or (tap.genre not in LIBRES and tap.valeur not in VALEURS[Genre(tap.genre)]):
        raise NotATap
    if max(len(tap.mot), len(tap.mesures)) > LONGEST or len(tap.lieu) > PLACE:
        raise TooLong
    if len(tap.cible) > UUID_LENGTH or "\0" in tap.mot + tap.cible + tap.lieu + tap.mesures:
        raise NotATap
    if not reception.jour.is_live:
        raise DayOver
    if not reception.droits.allows(tap.genre, tap.cible):
        raise NotYourTap
    if tap.genre not in AT_ANY_TIME and reception.day.is_too_early:
        raise TooEarly
    CHECKS[Genre(tap.genre)](reception, tap)


def _check_site(reception: Reception, tap: Tap) -> None:
    day = reception.day
    if tap.valeur == "ouvrir" and day.state.site is Site.CLOS and not day.may_reopen:
        raise AnotherDay
    if tap.valeur == "fermer" and day.state.site is Site.FERME:
        raise NotOpen
    left = _left_open(day, tap.valeur)
    closes = tap.valeur == "fermer" and day.state.site is Site.OUVERT
    if not tap.mot and (left or (closes and cloture.left_by(day, reception.by.id))):
        raise ReasonWanted(tap.valeur, left)


def _left_open(day: queries.Day, valeur: str) -> list[Point]:
    """The lines that this opening or closing leaves open, or not as they should be."""
    if valeur == "ouvrir":
        return day.unsafe
    return [*day.left(Phase.FERMETURE), *day.wrong] if day.state.site is Site.OUVERT else []


def _among(rows: Callable[[Reception], Iterable[Any]]) -> Callable[[Reception, Tap], None]:
    """The target is one of these rows of the day."""

    def check(reception: Reception, tap: Tap) -> None:
        if tap.cible not in {str(row.id) for row in rows(reception)}:
            raise NotOfThisDay

    return check


def _check_charge(reception: Reception, tap: Tap) -> None:
    day = reception.at(tap)
    if day.state.site is not Site.OUVERT:
        raise NotOpen
    if tap.valeur == "passe" and tap.cible not in {str(personne.id) for personne in day.runners}:
        raise NotARunner


def _check_change(reception: Reception, tap: Tap) -> None:
    """A length is always heard; what an earlier tap has made impossible meanwhile is refused."""
    if not is_said(tap.genre, tap.valeur):
        raise NotATap
    named = {tap.cible, tap.valeur} if tap.genre == Genre.ECHANGE else {tap.cible}
    if named - {str(item.id) for item in reception.jour.action.programme}:
        raise NotOfThisDay
    if refusal := reception.at(tap).deroule.refusal(tap.genre, tap.cible, tap.valeur):
        raise refusal


def _check_tick(reception: Reception, tap: Tap) -> None:
    _among(lambda r: r.jour.points)(reception, tap)
    if tap.valeur == NON_CONFORME and not tap.mot:
        raise FaultMissing


def _check_presence(reception: Reception, tap: Tap) -> None:
    """Of somebody of the team, now or when it was tapped: that they came may be sent after they gave their place back."""
    place = _place(reception.day, tap) or _place(reception.at(tap), tap)
    if place is None:
        raise NotOfThisDay
    if tap.valeur == "arrive" and not reception.droits.runs:
        check_arrival(place, reception.instant(tap))


def _place(day: queries.Day, tap: Tap) -> Affectation | None:
    return next((a for a in day.team if str(a.id) == tap.cible), None)


def _check_handing(reception: Reception, tap: Tap) -> None:
    _among(lambda r: r.jour.points)(reception, tap)
    if tap.valeur not in {"", *(str(a.id) for a in reception.day.held)}:
        raise NotOfThisDay


def _check_message(reception: Reception, tap: Tap) -> None:
    if not tap.mot:
        raise WordsMissing
    if tap.cible not in {"", *(str(a.mission_id) for a in reception.day.held)}:
        raise NotOfThisDay


def _check_incident(_reception: Reception, tap: Tap) -> None:
    if not tap.mot:
        raise WordsMissing


def _check_suite(reception: Reception, tap: Tap) -> None:
    """Of an incident of this day, were it written a second ago on the same phone."""
    if tap.cible not in {incident.uuid for incident in reception.day.entries if incident.genre is Genre.INCIDENT}:
        raise NotOfThisDay
    _check_incident(reception, tap)


def _check_undoing(reception: Reception, tap: Tap) -> None:
    """An undoing may come before what it undoes: another phone may not have sent that yet."""
    if not UUID_SHAPE.fullmatch(tap.cible):
        raise NotATap
    target = queries.entry(tap.cible)
    if target and target.jour_id != reception.jour.id:
        raise NotOfThisDay
    if target and target.genre is Genre.SITE:
        raise SiteStays


CHECKS: dict[Genre, Callable[[Reception, Tap], None]] = {
    Genre.SITE: _check_site,
    Genre.COCHE: _check_tick,
    Genre.PRESENCE: _check_presence,
    Genre.ETAPE: _among(lambda r: r.jour.action.programme),
    Genre.JAUGE: lambda _reception, _tap: None,
    Genre.CHARGE: _check_charge,
    Genre.CONFIE: _check_handing,
    Genre.MESSAGE: _check_message,
    **dict.fromkeys(CHANGES, _check_change),
    Genre.INCIDENT: _check_incident,
    Genre.SUITE: _check_suite,
    Genre.ANNULE: _check_undoing,
}


# --- the day itself ------------------------------------------------------------------------------------------


def touch(action_id: int) -> None:
    """What the day shows has changed elsewhere: its team, its programme. The day's row is always locked last."""
    db.session.execute(update(Jour).where(Jour.action_id == action_id).values(version=Jour.version + 1))


def note_export(lines: int, people: int, *, by: Personne) -> None:
    """Who took the safety register away, how many incidents and how many people it names."""
    emporter.tell(by, by=by, lignes=lines, personnes=people)
