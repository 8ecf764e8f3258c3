"""The waiting list walked at random: never more people than places, the order kept, no offer once it is too late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from portal import clock
from portal.actions.models import reading
from portal.candidatures import attente, commands, offres
from portal.candidatures.models import Candidature, Etat, Offre, accepter, mettre_en_attente, refuser
from portal.db import db
from portal.missions import commands as missions
from portal.missions import queries as missions_queries
from portal.missions.models import Etat as EtatMission
from portal.missions.models import annuler, fermer, rouvrir
from portal.workflow import Refusal, Transition
from tests import builders

START = builders.in_days(3, 9)
Rank = tuple[datetime, int]


class WaitingList(RuleBasedStateMachine):
    """One mission, whoever applies to it, and the line as somebody with a pencil would keep it."""

    renew: Callable[[], None]

    @initialize(places=st.integers(1, 2), line=st.integers(1, 4).flatmap(lambda n: st.permutations(range(n))))
    def open(self, places: int, line: list[int]) -> None:
        """A full mission, and a line in front of it, not in the order in which they applied."""
        self.renew()
        self.set_clock(START - timedelta(days=3))
        self.zoe = builders.bienveillant()
        self.mission = builders.mission(
            builders.action(self.zoe, debut=START, fin=START + timedelta(hours=9)), places=places, debut=START
        )
        self.worker_runs = False
        self.people: list[Candidature] = []
        self.ranks: dict[int, Rank] = {}
        for number in range(places + len(line)):
            self.apply()
            if number < places:
                self.answer(number, accepter)
        for number in line:
            self.set_clock(self.now + timedelta(minutes=1))
            self.put_on_list(places + number)
        self.set_clock(self.now + timedelta(minutes=3))
        self.worker_runs = True
        self.edit(places=places + 1)

    def set_clock(self, instant: datetime) -> None:
        self.now = instant
        clock.set_from(instant.isoformat())

    def does(self, deed: Callable[[], object], then: Callable[[], object] = bool) -> bool:
        """Whether the house let it be done; `then` is noted, and the worker looks."""
        try:
            deed()
        except Refusal:
            db.session.rollback()
            return False
        db.session.commit()
        then()
        if self.worker_runs:
            self.tick()
        return True

    def somebody(self, number: int) -> Candidature:
        return self.people[number % len(self.people)]

    def stand(self, candidature: Candidature) -> None:
        self.ranks[candidature.id] = (self.now, candidature.id)

    # --- what people do

    @precondition(lambda self: len(self.people) < 9)
    @rule()
    def apply(self) -> None:
        self.does(lambda: self.people.append(builders.candidature(self.mission)))

    @rule(number=st.integers(0, 8))
    def put_on_list(self, number: int) -> None:
        candidature = self.somebody(number)
        self.does(lambda: commands.decide(candidature, mettre_en_attente, by=self.zoe), lambda: self.stand(candidature))

    @rule(number=st.integers(0, 8), transition=st.sampled_from([accepter, refuser]), held=st.booleans())
    def answer(self, number: int, transition: Transition, held: bool = False) -> None:
        candidature = self.offered(number) if held else self.somebody(number)
        self.does(lambda: commands.decide(candidature, transition, by=self.zoe, motif="-"))

    @rule(number=st.integers(0, 8))
    def undo(self, number: int) -> None:
        candidature = self.somebody(number)

        def forget() -> None:
            if candidature.etat is Etat.DEPOSEE:
                self.ranks.pop(candidature.id, None)

        self.does(lambda: commands.undo(candidature, by=self.zoe), forget)

    def offered(self, number: int) -> Candidature:
        """Of those a place is held for, if any: they are few, and everything happens around them."""
        held = [offre.candidature for offre in offres.open_offers(self.mission)]
        return held[number % len(held)] if held else self.somebody(number)

    @rule(number=st.integers(0, 8))
    def take(self, number: int) -> None:
        candidature = self.offered(number)
        held = offres.last_offer(candidature)
        in_time = bool(held and held.close_le is None and self.now < held.expire_le)
        waited = candidature.etat is Etat.LISTE_ATTENTE
        taken = self.does(lambda: attente.take_place(candidature))
        assert not waited or taken == in_time

    @rule(number=st.integers(0, 8), held=st.booleans())
    def leave(self, number: int, held: bool) -> None:
        candidature = self.offered(number) if held else self.somebody(number)
        self.does(lambda: commands.leave(candidature))

    @rule(number=st.integers(0, 8))
    def come_back(self, number: int) -> None:
        candidature = self.somebody(number)
        out = candidature.rang_le is None or self.is_late(candidature)
        self.does(lambda: attente.come_back(candidature), lambda: out and self.stand(candidature))

    def is_late(self, candidature: Candidature) -> bool:
        held = offres.last_offer(candidature)
        return bool(held and held.close_le is None and held.expire_le <= self.now)

    @rule(number=st.integers(0, 8))
    def accept_and_undo(self, number: int) -> None:
        """All is as it was; « Annuler » twice in two minutes would go back further, to what the person was told last."""
        candidature = self.offered(number)
        if candidature.is_undoable:
            return
        before = self.situation(candidature)
        try:
            commands.decide(candidature, accepter, by=self.zoe)
            commands.undo(candidature, by=self.zoe)
            assert self.situation(candidature) == before
        except Refusal:
            db.session.rollback()
        db.session.commit()

    def situation(self, candidature: Candidature) -> tuple[object, ...]:
        held = [(offre.id, offre.expire_le) for offre in offres.open_offers(self.mission)]
        return candidature.etat, candidature.rang_le, held, self.mission.prises, self.mission.a_offrir

    @rule(number=st.integers(0, 8))
    def free(self, number: int) -> None:
        accepted = [c for c in self.people if c.etat is Etat.ACCEPTEE] or self.people
        self.does(lambda: commands.free(accepted[number % len(accepted)], by=self.zoe, motif="-"))

    # --- what happens to the mission

    @precondition(lambda self: self.mission.places < 5)
    @rule(more=st.integers(1, 2))
    def add_places(self, more: int) -> None:
        self.edit(places=self.mission.places + more)

    @rule(hours=st.sampled_from([-24, -5, 30]))
    def move(self, hours: int) -> None:
        self.edit(debut=self.mission.debut + timedelta(hours=hours), fin=self.mission.fin + timedelta(hours=hours))

    def edit(self, **fields: object) -> None:
        """As the worker runs: what has lapsed is closed."""
        self.tick()
        sheet = self.mission.sheet
        self.does(lambda: missions.edit(self.mission, by=self.zoe, read=reading(sheet), announced=True, **(sheet | fields)))

    @rule(transition=st.sampled_from([fermer, rouvrir]))
    def close(self, transition: Transition) -> None:
        self.does(lambda: missions.decide(self.mission, transition, by=self.zoe))

    @precondition(lambda self: len(self.people) > 4)
    @rule(sure=st.integers(0, 9))
    def cancel(self, sure: int) -> None:
        if sure == 0:
            self.does(lambda: missions.decide(self.mission, annuler, by=self.zoe, motif="-"))

    # --- what time does

    @rule(minutes=st.sampled_from([1, 3, 40, 300, 800]))
    def wait(self, minutes: int) -> None:
        self.set_clock(self.now + timedelta(minutes=minutes))
        if self.worker_runs:
            self.tick()

    @rule()
    def stop_or_start_the_worker(self) -> None:
        self.worker_runs = not self.worker_runs

    @rule(number=st.integers(0, 8))
    def take_too_late(self, number: int) -> None:
        """At the very end of an offer, before the worker has looked."""
        if held := offres.open_offers(self.mission):
            self.set_clock(max(self.now, held[number % len(held)].expire_le))
            self.take(number)

    @rule()
    def tick(self) -> None:
        for id in offres.lapsed_offers():
            attente.expire(id)
            self.ranks.pop(db.session.get_one(Offre, id).candidature_id, None)
        db.session.commit()
        before, line = {offre.id for offre in offres.open_offers(self.mission)}, self.line()
        many = min(self.mission.a_offrir, self.mission.left, len(line))
        served = offres.missions_to_serve()
        for id in served:
            attente.serve(id)
        db.session.commit()
        new = [offre for offre in offres.open_offers(self.mission) if offre.id not in before]
        offered = [offre.candidature_id for offre in new]
        assert all(offre.expire_le - self.now == min(attente.HELD, (self.mission.debut - self.now) / 2) for offre in new)
        on_time = self.mission.etat is not EtatMission.ANNULEE and self.now < self.mission.debut - timedelta(hours=1)
        assert offered == (line[:many] if on_time else [])
        assert offres.missions_to_serve() == []  # what is left waits for something to happen

    def line(self) -> list[int]:
        """Who stands, was told so and holds nothing, in order."""
        held = {offre.candidature_id for offre in offres.open_offers(self.mission)}
        standing = (c for c in self.people if c.etat is Etat.LISTE_ATTENTE and not c.is_undoable and c.id not in held)
        return sorted((c.id for c in standing if c.id in self.ranks), key=lambda id: self.ranks[id])

    # --- what is always true

    @invariant()
    def nobody_is_overbooked(self) -> None:
        if not hasattr(self, "mission"):
            return
        db.session.expire_all()
        held = offres.open_offers(self.mission)
        assert self.mission.prises == len(missions_queries.active_on(self.mission)) + len(held) <= self.mission.places
        waits = (Etat.LISTE_ATTENTE, Etat.REFUSEE)  # refused, it stays theirs until they are told and the worker looks
        assert all(offre.candidature.etat in waits for offre in held)
        assert all(offre.expire_le <= max(self.now, self.mission.debut) for offre in held)
        assert not held or self.mission.etat is not EtatMission.ANNULEE

    @invariant()
    def whoever_was_accepted_has_their_place_and_nobody_else(self) -> None:
        if hasattr(self, "mission"):
            accepted = sorted(c.personne_id for c in self.people if c.etat is Etat.ACCEPTEE)
            assert sorted(a.personne_id for a in missions_queries.active_on(self.mission)) == accepted

    @invariant()
    def positions_are_the_line(self) -> None:
        if hasattr(self, "mission"):
            held = {offre.candidature_id for offre in offres.open_offers(self.mission)}
            standing = [c for c in self.people if c.etat is Etat.LISTE_ATTENTE and c.rang_le and c.id not in held]
            assert sorted(map(offres.position, standing)) == list(range(1, len(standing) + 1))

    def teardown(self) -> None:
        clock.set_from(None)


@pytest.mark.proof
def test_a_waiting_list_walked_at_random(app, renew):
    WaitingList.renew = staticmethod(renew)
    profile = settings.get_profile("portail")
    run_state_machine_as_test(
        WaitingList, settings=settings(profile, max_examples=profile.max_examples // 3, stateful_step_count=40)
    )
