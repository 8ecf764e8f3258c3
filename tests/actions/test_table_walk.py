"""Actions of one week-end walked through their whole table, beside what somebody with a pencil would have written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from portal import clock
from portal.actions import decalage, interpole
from portal.actions.deliberation import Ou
from portal.actions.models import Action
from portal.besoins import commands as besoins
from portal.besoins.models import Besoin, Occupation, confirmer
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.db import db
from portal.jour_j import commands as days
from portal.jour_j.models import Jour
from portal.journal import EntreeJournal
from portal.missions.models import Affectation, Mission
from portal.missions.queries import active_of
from portal.outbox import Message
from portal.workflow import Refusal
from tests import builders
from tests.actions.table import ENDED, FIRM, MOVES, SAY_WHY, SHORTEST, STOPPED, House
from tests.cells import fingerprint

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=clock.ZONE)
OF_THE_DAY = ("ouvrir", "clore", "rouvrir")
STOPS = ("refuser", "decliner", "annuler")
BY_HAND = [slug for slug in MOVES if slug not in OF_THE_DAY]
RARE = ("confirmer_sans_devis", "revenir_au_devis")  # what the plain suite makes sure to begin with
WAY_ON = [slug for slug in MOVES if slug not in (*STOPS, "revenir_au_devis")]
ITS_OWN_WORDS = ("proposer", "prendre_en_charge", "valider", "envoyer_le_devis", "confirmer")  # nobody types a reason there
OF_THE_DEVIS = {"envoyer_le_devis": "envoye", "confirmer": "accepte", "revenir_au_devis": "envoye"}  # what it then is
SITE = {("ouvrir", "confirmee"): "ouvrir", ("ouvrir", "terminee"): "rouvrir", ("fermer", "en_cours"): "clore"}
DECIDED = "Dit en réunion."
MOST = 4  # actions that share the week-end

which, motif, space = st.integers(0, MOST - 1), st.sampled_from(["", "Ainsi dit."]), st.sampled_from(["site", "case", "jardin"])


@dataclass
class Pencil:
    """What is written down of one action: its `day` from Saturday, what it is promised, by need, who counts on it."""

    id: int
    etat: str = "sollicitee"
    day: int = 0
    devis: str = "brouillon"  # its one version
    offered: int = 0  # the day that this version says: moved since, it is agreed to no more
    is_prepared: bool = False  # its day has a page
    site: str = "ferme"
    spaces: dict[int, str] = field(default_factory=dict)
    has_lost: bool = False  # a space, that its groupe is asked for again
    history: list[tuple[str, str, str, str]] = field(default_factory=list)
    team: list[str] = field(default_factory=list)

    @property
    def action(self) -> Action:
        found = db.session.get(Action, self.id)
        assert found
        return found

    @property
    def is_firm(self) -> bool:
        return self.etat in FIRM

    @property
    def is_carried(self) -> bool:
        """By the pôle Culture, or proposed to it."""
        return any(slug == "proposer" for slug, *_ in self.history)

    def moves(self, slug: str, motif: str) -> None:
        before, self.etat = self.etat, MOVES[slug][1]
        Table.walked[slug] += 1
        self.history.append((slug, before, self.etat, motif))
        self.is_prepared |= self.etat == "confirmee"


def share(a: str, b: str) -> bool:
    """Whether whoever has one of these spaces has something of the other."""
    return a == b or "site" in (a, b)


class Table(RuleBasedStateMachine):
    renew: Callable[[], None]
    aim: str  # the row of the table that this walk begins with: what chance alone hardly ever finds
    walked: Counter[str]
    rows: str  # the fingerprint of all that was done so far

    @initialize(engaged=st.booleans())
    def open(self, engaged: bool) -> None:
        self.renew()
        self.held = ExitStack()
        self.held.enter_context(clock.freeze(FRIDAY))
        self.house, self.pencils, self.heard = House(), list[Pencil](), set[str]()
        self.ask(0, "confirmee")
        self.promise(0, "case")
        if engaged:
            self.engage(0)
        self.ask(0, MOVES[self.aim][0][0])
        self.go(1, self.aim)

    def teardown(self) -> None:
        if hasattr(self, "held"):
            self.held.close()

    def at(self, n: int) -> Pencil:
        return self.pencils[n % len(self.pencils)]

    def expects(self, fine: bool, deed: Callable[[], object]) -> bool:
        """The house lets it be done exactly when the pencil would; what it refuses leaves every row as it was."""
        try:
            deed()
        except Refusal:
            db.session.rollback()
            assert not fine
            assert fingerprint() == self.rows
            return False
        db.session.commit()
        assert fine
        self.rows = fingerprint()
        return True

    def told(self) -> Counter[tuple[str, str]]:
        """(genre, address) of what was written since the last time."""
        new = [m for m in db.session.scalars(select(Message)) if m.cle not in self.heard]
        self.heard |= {m.cle for m in new}
        return Counter((m.genre, m.adresse) for m in new)

    def taken(self, by: Pencil, day: int, space: str) -> bool:
        """Whether another action has it firmly that day."""
        others = (other for other in self.pencils if other is not by and other.is_firm and other.day == day)
        return any(share(space, theirs) for other in others for theirs in other.spaces.values())

    # --- what people do

    @precondition(lambda self: len(self.pencils) < MOST)
    @rule(day=st.integers(0, 1), state=st.sampled_from([state for state in SHORTEST if state not in STOPPED]))
    def ask(self, day: int, state: str) -> None:
        """One more, brought as far as that state when its day lets it."""
        titre = f"Action {len(self.pencils)}"
        slot = {"debut": builders.in_days(1 + day, 9), "fin": builders.in_days(1 + day, 18)}
        action = self.house.ask(titre=titre, **slot)
        db.session.commit()
        self.pencils.append(Pencil(action.id, day=day))
        self.rows = fingerprint()
        for slug in SHORTEST[state]:
            self.go(len(self.pencils) - 1, slug)

    def go(self, n: int, slug: str) -> None:
        """By that row of the table."""
        if slug in OF_THE_DAY:
            self.tap(n, "fermer" if slug == "clore" else "ouvrir")
        elif self.at(n).etat in MOVES[slug][0]:
            self.move(n, slug, "Ainsi dit.", False)

    @rule(n=which, slug=st.sampled_from(BY_HAND), motif=motif, stranger=st.booleans())
    def move(self, n: int, slug: str, motif: str, stranger: bool) -> None:
        at, by = self.at(n), self.house.ada if stranger else self.house.zoe
        fine = (slug not in SAY_WHY or bool(motif)) and self.may(at, slug)
        self.told()
        if not self.expects(fine, lambda: self.house.do(slug, at.action, motif, by=by)):
            return
        at.devis = OF_THE_DEVIS.get(slug, at.devis)
        at.offered = at.day if slug == "envoyer_le_devis" else at.offered
        if at.etat not in MOVES[slug][0]:
            return  # a devis that leaves, or is accepted, after the action was confirmed otherwise; or is accepted again
        if slug == "confirmer":  # the demandeur has no say in spaces: those taken since are asked for again
            kept = {id: space for id, space in at.spaces.items() if not self.taken(at, at.day, space)}
            at.has_lost, at.spaces = at.has_lost or kept != at.spaces, kept
        at.moves(slug, "" if slug in ITS_OWN_WORDS else motif)
        if at.etat in STOPPED:
            self.all_hear_of_it(at, stranger)

    def may(self, at: Pencil, slug: str) -> bool:
        """Its row of the table, and what the devis adds to it."""
        if slug == "envoyer_le_devis":
            return at.devis == "brouillon" and at.etat in ("validee", "confirmee")
        if slug == "confirmer":
            awaited = at.devis == "envoye" and at.etat in ("devis_envoye", "confirmee") and at.day == at.offered
            return awaited or (at.devis == "accepte" and at.etat not in STOPPED)
        if slug == "revenir_au_devis":
            return at.devis == "accepte" and at.etat == "confirmee" and not at.team
        free = MOVES[slug][1] != "confirmee" or not any(self.taken(at, at.day, space) for space in at.spaces.values())
        return at.etat in MOVES[slug][0] and free

    @rule(n=which, slug=st.sampled_from(STOPS), stranger=st.booleans())
    def stop(self, n: int, slug: str, stranger: bool) -> None:
        self.move(n, slug, "Ainsi dit.", stranger)

    @rule(n=which, turns=st.lists(st.integers(0, 2), min_size=1, max_size=4))
    def go_on(self, n: int, turns: list[int]) -> None:
        """Some of the moves that lead further, so that the walk goes far."""
        for turn in turns:
            if ways := [slug for slug in WAY_ON if self.at(n).etat in MOVES[slug][0]]:
                self.go(n, ways[turn % len(ways)])

    def all_hear_of_it(self, at: Pencil, stranger: bool, met: bool = False) -> None:
        """Its team, the demandeur, the groupe that had promised; its bienveillant when somebody else stopped it; the pôle that
        carries it and those that had an answer to give, unless they `met`. Each once.
        """
        expected = Counter({("mission_annulee", address): 1 for address in at.team})
        expected["demande_suite", "dal@example.org"] = 1
        expected["action_arretee", self.house.zoe.email] = int(stranger)
        expected["besoin_libere", self.house.gina.email] = len(at.spaces)
        expected["action_sans_suite", self.house.gina.email] = int(at.has_lost)
        voting = at.history[-1][1] == "en_validation"
        for nom, concerned in (("Culture", at.is_carried), ("Jardin", voting)):
            expected["action_sans_suite", self.house.voices[nom].member.email] = int(concerned and not met)
        assert self.told() == +expected
        at.spaces, at.team = {}, []

    @rule(n=which, favorable=st.booleans())
    def meet(self, n: int, favorable: bool) -> None:
        at, by = self.at(n), self.house.voices["Culture"].member
        said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": DECIDED, "favorable": favorable}
        self.told()
        if self.expects(at.etat == "en_validation", lambda: interpole.decide(at.action, by=by, **said)):
            at.moves("valider" if favorable else "refuser", DECIDED)
            if not favorable:
                self.all_hear_of_it(at, stranger=True, met=True)

    @rule(n=which, tapped=st.sampled_from(["ouvrir", "fermer"]))
    def tap(self, n: int, tapped: str) -> None:
        """The site opens and closes from the day page; the action follows."""
        at = self.at(n)
        if not at.is_prepared:
            return
        live = at.etat in ("confirmee", "en_cours", "terminee")
        fine = live and (at.day == 0 or at.site != "ferme") and not (tapped == "fermer" and at.site == "ferme")
        jour = db.session.get(Jour, at.id)
        sent = days.Tap(str(uuid4()), "site", clock.now(), valeur=tapped, mot="Tout est vu.")

        def deed() -> None:
            [outcome] = days.receive(jour, [sent], by=self.house.zoe)
            if outcome.refusal:
                raise outcome.refusal

        if self.expects(fine, deed):
            at.site = "ouvert" if tapped == "ouvrir" else "clos"
            if slug := SITE.get((tapped, at.etat)):
                at.moves(slug, "Tout est vu.")

    @rule(n=which, space=space)
    def promise(self, n: int, space: str) -> None:
        """A space is asked for the whole action, and its groupe says yes: by an option, or firmly."""
        at, made = self.at(n), list[int]()
        own = any(share(space, other) for other in at.spaces.values())
        fine = at.etat not in ENDED and not own and not self.taken(at, at.day, space)

        def deed() -> None:
            besoin = builders.besoin(at.action, self.house.groupe, self.house.espaces[space])
            besoins.answer(besoin, confirmer, by=self.house.gina)
            made.append(besoin.id)

        if self.expects(fine, deed):
            at.spaces[made[0]] = space

    @rule(n=which)
    def give_up_a_space(self, n: int) -> None:
        at = self.at(n)
        if at.spaces:
            besoin = db.session.get(Besoin, min(at.spaces))
            if self.expects(at.etat not in ENDED, lambda: besoins.take_back(besoin, by=self.house.zoe)):
                del at.spaces[besoin.id]

    @rule(n=which)
    def engage(self, n: int) -> None:
        """Somebody holds a place on a mission, another waits for an answer."""
        at, zoe, here = self.at(n), self.house.zoe, list[str]()

        def deed() -> None:
            mission = builders.mission(at.action)
            sure, waits = builders.candidature(mission), builders.candidature(mission)
            candidatures.decide(sure, accepter, by=zoe)
            sure.dite_le = active_of(mission, sure.personne).connue_le = clock.now()
            here.extend(c.personne.email for c in (sure, waits))

        if self.expects(at.etat in ("confirmee", "en_cours"), deed):
            at.team += here

    @rule(n=which, day=st.integers(0, 1))
    def postpone(self, n: int, day: int) -> None:
        at, delta = self.at(n), timedelta(days=day - self.at(n).day)
        fine = at.etat not in (*ENDED, "en_cours") and day != at.day
        fine &= not any(self.taken(at, day, space) for space in at.spaces.values())
        action = at.action
        slot = {"debut": action.debut + delta, "fin": action.fin + delta, "motif": "La cour est prise."}
        if self.expects(fine, lambda: decalage.shift(action, by=self.house.zoe, **slot)):
            at.day = day

    # --- what is always true

    @invariant()
    def each_is_where_the_pencil_says_and_its_journal_says_how(self) -> None:
        db.session.expire_all()
        for at in getattr(self, "pencils", ()):
            assert at.action.etat == at.etat
            query = select(EntreeJournal).where(EntreeJournal.sujet == f"action:{at.id}", EntreeJournal.avant.is_not(None))
            rows = db.session.scalars(query.order_by(EntreeJournal.id)).all()
            assert [(e.evenement, e.avant, e.apres) for e in rows] == [(f"action.{s}", a, b) for s, a, b, _ in at.history]
            assert all(e.motif == said for e, (slug, *_, said) in zip(rows, at.history, strict=True) if slug != "valider")
            assert all(e.motif for e in rows if e.evenement.partition(".")[2] in SAY_WHY)

    @invariant()
    def a_space_is_kept_as_firmly_as_its_action_and_never_twice(self) -> None:
        pencils = getattr(self, "pencils", ())
        kept = {o.besoin_id: o.ferme for o in db.session.scalars(select(Occupation))}
        assert kept == {id: at.is_firm for at in pencils for id in at.spaces}
        firm = list(db.session.scalars(select(Occupation).where(Occupation.ferme)))
        for a in firm:
            for b in firm:
                assert a is b or a.espace_id != b.espace_id or a.fin <= b.debut or b.fin <= a.debut

    @invariant()
    def nobody_is_left_on_an_action_that_stopped(self) -> None:
        stopped = [at.id for at in getattr(self, "pencils", ()) if at.etat in STOPPED]
        places = select(Affectation).join(Affectation.mission).where(Mission.action_id.in_(stopped))
        assert not [place for place in db.session.scalars(places) if place.libere_le is None]
        missions = db.session.scalars(select(Mission).where(Mission.action_id.in_(stopped)))
        assert {mission.etat for mission in missions} <= {"annulee"}
        db.session.rollback()


@pytest.mark.both
@pytest.mark.proof
def test_the_table_walked_at_random_from_each_of_its_rows(app, renew, size, record_property):
    Table.renew, Table.walked = staticmethod(renew), Counter()
    found_only = (Phase.reuse, Phase.generate)  # the plain suite has no minutes to make a failing walk shorter
    far = {"max_examples": size(3, 8), "stateful_step_count": size(25, 40), "phases": size(found_only, tuple(Phase))}
    rows = size(RARE, tuple(MOVES))
    for Table.aim in rows:
        run_state_machine_as_test(Table, settings=settings(settings.get_profile("portail"), **far))
    record_property("transitions passées", ", ".join(f"{slug} {many}" for slug, many in Table.walked.most_common()))
    assert Table.walked.keys() >= set(rows)
