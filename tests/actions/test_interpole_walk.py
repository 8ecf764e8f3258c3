"""The way to a pôle and the validation walked at random, beside what somebody with a pencil would have written down."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from portal import clock, reglage
from portal.actions import avis, interpole
from portal.actions.deliberation import Avis, Decision, Ou, Sens
from portal.actions.models import Etat
from portal.comptes.commands import set_active
from portal.db import db
from portal.workflow import Refusal
from tests import builders
from tests.builders import against, doubtful, favorable

NAMES = ("Culture", "Jardin", "Sport", "Communs")
SAID = {Sens.FAVORABLE: favorable(), Sens.RESERVE: doubtful("technique"), Sens.DEFAVORABLE: against("ethique")}
pole, sens = st.sampled_from(NAMES), st.sampled_from(list(Sens))


class Interpole(RuleBasedStateMachine):
    """One action and four pôles of one member each: `asked`, `said` and `etat` are the pencil's."""

    renew: Callable[[], None]

    @initialize(quorum=st.integers(1, 6))
    def open(self, quorum: int) -> None:
        self.renew()
        self.zoe, self.house = builders.bienveillant(), builders.interpole(*NAMES)
        self.action = builders.action(self.zoe, confirmed=False)
        reglage.change(reglage.QUORUM, quorum, by=self.zoe)
        self.etat, self.quorum, self.decided = Etat.SOLLICITEE, quorum, 0
        self.asked: str | None = None
        self.said: dict[str, Sens] = {}
        self.gone: set[str] = set()
        db.session.commit()

    def expects(self, fine: bool, deed: Callable[[], object]) -> bool:
        """The house lets it be done exactly when the pencil would."""
        try:
            deed()
        except Refusal:
            db.session.rollback()
            assert not fine
            return False
        db.session.commit()
        assert fine
        return True

    # --- what people do

    @rule(to=pole)
    def propose(self, to: str) -> None:
        looking = self.etat is Etat.SOLLICITEE or (self.etat is Etat.PROPOSEE and self.asked != to)
        fine, to_pole = looking and to not in self.gone, self.house[to].pole
        if self.expects(fine, lambda: interpole.propose(self.action, to_pole, by=self.zoe)):
            self.etat, self.asked = Etat.PROPOSEE, to

    @rule()
    def take(self) -> None:
        fine = self.etat is Etat.PROPOSEE and self.asked is not None
        if self.expects(fine, lambda: interpole.take(self.action, by=self.house[self.asked or "Sport"].member)):
            self.etat = Etat.EN_VALIDATION

    @rule(to=st.none() | pole, motif=st.sampled_from(["", "Pas nous."]))
    def pass_on(self, to: str | None, motif: str) -> None:
        fine = self.etat is Etat.PROPOSEE and self.asked not in (None, to) and to not in self.gone and bool(motif)
        by, other = self.house[self.asked or "Sport"].member, self.house[to].pole if to else None
        if self.expects(fine, lambda: interpole.pass_on(self.action, by=by, motif=motif, to=other)):
            self.asked = to

    @rule(of=pole, by=pole, what=sens)
    def give(self, of: str, by: str, what: Sens) -> None:
        fine = self.etat is Etat.EN_VALIDATION and of == by
        said = partial(interpole.give, self.action, self.house[of].pole, by=self.house[by].member, **SAID[what])
        if self.expects(fine, said):
            self.said[of] = what

    @rule(of=pole, what=sens)
    def say(self, of: str, what: Sens) -> None:
        self.give(of, of, what)

    @rule(who=pole, own=st.booleans())
    def close(self, who: str, own: bool) -> None:
        needed = max(1, min(self.quorum, len(self.heard)))
        passes = len(self.said) >= needed and Sens.DEFAVORABLE not in self.said.values()
        by = self.zoe if own else self.house[who].member
        fine = self.etat is Etat.EN_VALIDATION and passes and not own
        if self.expects(fine, lambda: interpole.close(self.action, by=by)):
            self.etat, self.decided = Etat.VALIDEE, 1

    @rule(who=pole, yes=st.booleans(), sure=st.integers(0, 3))
    def meet(self, who: str, yes: bool, sure: int) -> None:
        if sure and self.etat is Etat.EN_VALIDATION:
            return  # a meeting ends the walk: seldom
        said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": "Dit.", "favorable": yes}
        fine = self.etat is Etat.EN_VALIDATION
        if self.expects(fine, lambda: interpole.decide(self.action, by=self.house[who].member, **said)):
            self.etat, self.decided = Etat.VALIDEE if yes else Etat.REFUSEE, 1

    @rule(who=pole)
    def leave(self, who: str) -> None:
        """The last member of a pôle goes: it has no voice any more, but for what it said."""
        if who != self.asked and len(self.gone) < 2:
            set_active(self.house[who].member, False, by=self.zoe)
            db.session.commit()
            self.gone.add(who)

    # --- what is always true

    @property
    def heard(self) -> set[str]:
        return (set(NAMES) - self.gone) | set(self.said)

    @invariant()
    def the_house_says_what_the_pencil_says(self) -> None:
        if not hasattr(self, "action"):
            return
        db.session.expire_all()
        asked = self.action.pole_porteur
        assert (self.action.etat, asked and asked.nom) == (self.etat, self.asked)
        assert {row.pole.nom: row.sens for row in db.session.scalars(select(Avis))} == self.said
        tally = avis.tally(self.action)
        assert {voix.pole.nom for voix in tally.voix} == self.heard
        decisions = db.session.scalars(select(Decision)).all()
        assert len(decisions) == self.decided
        assert all({row["pole"] for row in decision.avis.values()} == set(self.said) for decision in decisions)
        db.session.rollback()

    @invariant()
    def what_awaits_a_pole_is_what_it_may_do(self) -> None:
        if not hasattr(self, "action"):
            return
        for name, voice in self.house.items():
            asked = avis.asked_of(voice.member)
            assert bool(asked.to_carry) == (self.etat is Etat.PROPOSEE and self.asked == name)
            assert bool(asked.opinions) == (self.etat is Etat.EN_VALIDATION and name not in self.said)
        db.session.rollback()


@pytest.mark.proof
def test_the_interpole_walked_at_random(app, renew):
    Interpole.renew = staticmethod(renew)
    profile = settings.get_profile("portail")
    walks = settings(profile, max_examples=profile.max_examples // 3, stateful_step_count=25)
    run_state_machine_as_test(Interpole, settings=walks)
