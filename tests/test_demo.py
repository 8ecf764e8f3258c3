"""The demonstration keeps its promises: who is there, what awaits them, and a past that adds up."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from portal import clock, demo
from portal.actions.models import Action, Etape
from portal.actions.models import Etat as EtatAction
from portal.candidatures import queries as candidatures
from portal.candidatures.models import Candidature
from portal.candidatures.models import Etat as EtatCandidature
from portal.comptes.models import Personne
from portal.comptes.queries import confirmed
from portal.db import db
from portal.devis import envoi, listes
from portal.devis.listes import Filtres, Vue
from portal.devis.models import Devis
from portal.devis.models import Etat as EtatDevis
from portal.factures.models import Etat as EtatFacture
from portal.factures.models import Facture
from portal.factures.models import Nature as NatureFacture
from portal.jour_j.models import Entree
from portal.jour_j.models import Genre as Geste
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.missions.models import Affectation, Mission, Nature, Origine
from portal.missions.models import Etat as EtatMission
from portal.outbox import Message
from portal.poles.models import Espace, Genre, Pole


def every(model, *options):
    return list(db.session.scalars(select(model).options(*options).order_by(model.id)))


def known(name):
    person = confirmed(f"{name}@example.org")
    assert person
    return person


def held():
    return [a for a in every(Affectation, joinedload(Affectation.mission)) if a.libere_le is None]


def today():
    return db.session.scalars(select(Action).where(Action.titre == "C’est mon patrimoine")).one()


@pytest.mark.both
def test_a_house_to_believe_in(app):
    """One loading for all its promises: it takes more than a second."""
    the_command_fills_an_empty_base(app)
    the_team_and_the_place()
    actions_in_every_state_reached_by_hand()
    today_is_the_real_day()
    missions_of_every_kind()
    candidatures_in_every_state()
    what_awaits_the_bienveillant()
    devis_in_every_state()
    invoices_on_their_way()
    every_place_adds_up()
    time_went_forward()
    nothing_waits_to_be_sent()
    words_are_well_set()
    the_nine_accounts_sign_in(app)
    the_priority_may_be_tried()
    the_command_fills_it_once(app)


def the_command_fills_an_empty_base(app):
    loaded = app.test_cli_runner().invoke(args=["portal", "demo"])
    assert loaded.exit_code == 0, loaded.output
    assert demo.PASSWORD in loaded.output


def the_team_and_the_place():
    poles = Counter(pole.genre for pole in every(Pole))
    assert poles[Genre.POLE] == 6
    assert poles[Genre.GROUPE] >= 2
    spaces = {e.nom: e for e in every(Espace)}
    rooms = [e.nom for e in spaces.values() if e.parent is spaces["La case (200\u00a0m²)"]]
    assert rooms == ["La grande salle", "La petite salle"]
    people = [p for p in every(Personne) if p.confirme_le and p.is_active]
    assert len(people) >= 20
    assert all(p.email.endswith("@example.org") and p.telephone for p in people)
    assert {p.email for p in people if p.mot_de_passe} == set(demo.ACCOUNTS)
    assert {known(n).is_pole_member for n in ("culture", "cuisine", "tresorier")} == {True}


def actions_in_every_state_reached_by_hand():
    actions = every(Action)
    states = Counter(a.etat for a in actions)
    assert states == {
        EtatAction.SOLLICITEE: 5,
        EtatAction.PROPOSEE: 1,
        EtatAction.EN_VALIDATION: 2,
        EtatAction.VALIDEE: 1,
        EtatAction.DEVIS_ENVOYE: 2,
        EtatAction.CONFIRMEE: 7,
        EtatAction.EN_COURS: 1,
        EtatAction.TERMINEE: 3,
        EtatAction.FACTUREE: 1,
        EtatAction.REFUSEE: 1,
        EtatAction.DECLINEE: 1,
        EtatAction.ANNULEE: 1,
    }
    assert {a.type for a in actions} == set(Action.type.type.enum_class)
    now = clock.now()
    assert min(a.debut for a in actions) < now - timedelta(days=50)
    assert max(a.debut for a in actions) > now + timedelta(days=50)
    nights = [a for a in actions if clock.local(a.fin).date() - clock.local(a.debut).date() == timedelta(days=1)]
    assert [a.titre for a in nights] == ["Kabar sous les étoiles"]
    open_now = next(a for a in actions if a.etat is EtatAction.EN_COURS)
    assert open_now.debut < now < open_now.fin
    assert len([a for a in actions if a.bienveillant_id == known("bienveillant2").id]) >= 5


def today_is_the_real_day():
    action = today()
    assert action.etat is EtatAction.CONFIRMEE
    assert action.bienveillant_id == known("bienveillant").id
    assert action.demandeur.nom == "Association DAL974"
    assert clock.local(action.debut).date() == clock.today()
    hours = [f"{clock.local(t):%H:%M}" for t in (action.debut, action.fin)]
    assert hours == ["09:00", "21:30"]
    programme = [(f"{clock.local(e.debut):%H:%M}", e.piste, e.ancre, e.titre) for e in action.programme]
    assert programme[0] == ("09:00", "toute la journée", False, "Vidéos et podcasts des enfants de Savanna, jeux lontan")
    assert ("12:00", "", True, "Repas\u00a0: carry poulet") in programme
    assert [p[0] for p in programme if not p[1]] == [
        "09:00", "10:00", "11:00", "11:30", "12:00", "13:30", "14:00", "15:00", "19:00", "20:00",
    ]  # fmt: skip
    team = {a.personne_id: a for a in held() if a.mission.action_id == action.id}
    assert team[known("referent").id].mission.nature is Nature.REFERENT
    assert team[known("referent").id].origine is Origine.CANDIDATURE
    assert team[known("charge").id].mission.nature is Nature.CHARGE_DE_MISSION
    assert team[known("volontaire").id].mission.nature is Nature.VOLONTAIRE
    assert len(team) >= 10


def missions_of_every_kind():
    posts = every(Mission, joinedload(Mission.action))
    assert len(posts) >= 40
    assert {m.nature for m in posts} == set(Nature)
    assert {m.etat for m in posts} == set(EtatMission)
    to_come = [m for m in posts if m.etat is EtatMission.OUVERTE and m.debut > clock.now()]
    assert any(m.is_full for m in to_come)
    assert any(m.is_urgent for m in to_come)
    assert {m.phase for m in to_come} >= {"avant", "ouverte"}
    assert any(m.candidatures_du and m.phase == "ouverte" for m in to_come)
    assert any(clock.local(m.debut).date() != clock.local(m.fin).date() for m in to_come)
    for mission in posts:
        if mission.nature is Nature.VOLONTAIRE:
            assert "monnaie temps" in mission.contrepartie
            assert not re.search("€|euro|point", mission.contrepartie)


def candidatures_in_every_state():
    states = Counter(c.etat for c in every(Candidature))
    assert sum(states.values()) >= 80
    assert set(states) == set(EtatCandidature)
    yielded = [c for c in every(Candidature, joinedload(Candidature.mission)) if c.cedee]
    assert len(yielded) == 2
    [post] = {c.mission for c in yielded}
    assert post.nature is Nature.REFERENT
    [place] = [a for a in held() if a.mission_id == post.id]
    assert (place.origine, place.personne_id) == (Origine.PRIORITE, known("bienveillant").id)


def what_awaits_the_bienveillant():
    rows = candidatures.queue(known("bienveillant")).items
    assert 10 <= len(rows) <= 15
    assert all(row.candidature.message for row in rows)
    assert any(row.past for row in rows)
    assert [row.candidature.personne.nom for row in rows if row.clashes] == ["Bruno Sautron"]
    assert len([row for row in rows if row.candidature.en_double]) == 1
    assert len([row for row in rows if not row.candidature.personne.confirme_le]) == 3
    assert len(candidatures.queue(known("bienveillant2")).items) >= 3


def devis_in_every_state():
    made = every(Devis, joinedload(Devis.action))
    assert {d.etat for d in made} == set(EtatDevis)
    assert [d.action.titre for d in made if d.etat is EtatDevis.BROUILLON and envoi.awaited(d)]
    zoe, treasurer = known("bienveillant"), known("tresorier")
    for vue, by in ((Vue.EN_ATTENTE, zoe), (Vue.A_RELANCER, zoe), (Vue.ACCEPTES, zoe), (Vue.A_APPROUVER, treasurer)):
        assert listes.listed(Filtres(vue), 1, by=by).leaf.items, vue
    [soon] = listes.listed(Filtres(Vue.A_RELANCER), 1, by=zoe).leaf.items
    assert soon.days_left == 2
    assert {line.taux for d in made for line in d.lignes} == {850, 210}
    assert any(line.comprise for d in made for line in d.lignes)


def invoices_on_their_way():
    made = every(Facture, joinedload(Facture.action))
    assert {(f.nature, f.etat) for f in made} == {
        (NatureFacture.FACTURE, EtatFacture.EMISE),
        (NatureFacture.FACTURE, EtatFacture.BROUILLON),
        (NatureFacture.ACOMPTE, EtatFacture.PAYEE),
    }
    assert sorted(f.rang for f in made if f.rang) == [1, 2]
    assert [line.motif for f in made for line in f.lignes if line.is_another and line.motif]


def every_place_adds_up():
    taken = Counter(a.mission_id for a in held())
    assert {m.id: m.prises for m in every(Mission) if m.prises} == taken
    accepted = {(c.mission_id, c.personne_id) for c in every(Candidature) if c.etat is EtatCandidature.ACCEPTEE}
    assert {(a.mission_id, a.personne_id) for a in held() if a.origine is Origine.CANDIDATURE} == accepted
    slots: dict[int, list[Mission]] = {}
    for place in held():
        slots.setdefault(place.personne_id, []).append(place.mission)
    for own in slots.values():
        own.sort(key=lambda m: m.debut)
        assert all(before.fin <= after.debut for before, after in pairwise(own))


def time_went_forward():
    now = clock.now()
    lines = [e.quand for e in every(EntreeJournal)]
    assert lines == sorted(lines)
    assert lines[-1] <= now
    for one in every(Candidature, joinedload(Candidature.mission)):
        assert one.mission.cree_le < one.deposee_le < min(now, one.mission.debut)
        assert one.decidee_le is None or one.deposee_le < one.decidee_le < now
    for entry in db.session.scalars(select(Entree)):
        assert entry.quand <= now
    for action in every(Action):
        of_the_site = (Entree.jour_id == action.id, Entree.genre == Geste.SITE)
        moved = db.session.scalar(select(func.count()).select_from(Entree).where(*of_the_site)) or 0
        assert (moved > 0) == (action.etat in (EtatAction.EN_COURS, EtatAction.TERMINEE, EtatAction.FACTUREE)), action.titre


def nothing_waits_to_be_sent():
    due = [m for m in every(Message) if m.du_le <= clock.now()]
    assert due
    assert all(m.envoye_le == m.du_le for m in due)


def words_are_well_set():
    """A French space is never at the risk of ending a line."""
    texts = [t for a in every(Action) for t in (a.titre, a.description, a.valeurs, a.lieu)]
    texts += [t for m in every(Mission) for t in (m.titre, m.description, m.fourni, m.contrepartie)]
    texts += [e.titre for e in every(Etape)] + [p.description for p in every(Pole)]
    assert not [t for t in texts if re.search(" [:;!?»]|« |[ (]\\d+ (h|€|m²)|'", t)]


def the_nine_accounts_sign_in(app):
    for email in demo.ACCOUNTS:
        client = app.test_client()
        form = {"email": email, "mot_de_passe": demo.PASSWORD}
        assert client.post("/comptes/connexion", data=form).status_code == 303
        assert client.get("/").status_code == 200


def the_priority_may_be_tried():
    """One référent's post is free, on an action of its bienveillant, and someone waits for it."""
    bienveillant = known("bienveillant")
    posts = [m for m in every(Mission, joinedload(Mission.action)) if m.nature is Nature.REFERENT and not m.is_full]
    [post] = [m for m in posts if m.accepts_candidatures and m.action.bienveillant_id == bienveillant.id]
    assert post.action.titre == "Kabar sous les étoiles"
    [waiting] = candidatures.waiting_for(post)
    missions.take(post, by=bienveillant)
    assert waiting.etat is EtatCandidature.LISTE_ATTENTE


def the_command_fills_it_once(app):
    db.session.rollback()
    before = len(every(Personne))
    db.session.rollback()
    again = app.test_cli_runner().invoke(args=["portal", "demo"])
    assert again.exit_code == 1
    assert "n’est pas vide" in again.output
    assert len(every(Personne)) == before


@pytest.mark.parametrize("instant", ["2026-01-01T00:10", "2026-08-19T13:00", "2027-02-28T23:50"])
def test_it_is_as_good_at_any_hour(app, instant):
    moment = datetime.fromisoformat(instant).replace(tzinfo=clock.ZONE).astimezone(UTC)
    with clock.freeze(moment):
        demo.load()
        actions_in_every_state_reached_by_hand()
        today_is_the_real_day()
        what_awaits_the_bienveillant()
        every_place_adds_up()
        time_went_forward()


def test_the_same_house_each_time(app, renew):
    def told():
        return [(e.quand, e.evenement, e.sujet, e.personne_id) for e in every(EntreeJournal)]

    with clock.freeze(datetime(2026, 9, 3, 8, tzinfo=UTC)):
        demo.load()
        first = told()
        db.session.rollback()
        renew()
        demo.load()
        assert told() == first


def test_the_command_is_refused_in_production(app, settings):
    settings(env="production")
    refused = app.test_cli_runner().invoke(args=["portal", "demo"])
    assert refused.exit_code == 1
    assert "jamais en production" in refused.output
    assert demo.is_empty()
