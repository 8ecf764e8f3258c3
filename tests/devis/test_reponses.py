"""An answer that did not come by the link is recorded with its proof, shown as kept, and undone until people count on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.actions.models import Etat as ActionEtat
from portal.db import db
from portal.devis import accords, commands, envoi, queries
from portal.devis.models import Etat, Voie
from portal.missions import commands as missions
from portal.missions.models import annuler, fermer
from tests import builders
from tests.cells import fingerprint


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def devis(zoe):
    made = builders.sent(builders.validated(zoe))
    db.session.commit()
    return made


@pytest.fixture
def client(as_, zoe):
    """Its bienveillant, signed in."""
    return as_(zoe)


def words(**said):
    typical = {"voie": "telephone", "nom": "Armelle Gigan", "preuve": "Au 0692 12 34 56, elle a dit oui.", "le": now()}
    return typical | said


def now(**later) -> str:
    return clock.local(clock.now() + timedelta(**later)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.both
def test_an_acceptance_by_telephone_is_noted_once_and_shown_as_it_is_kept(client, devis, zoe):
    assert client.get(f"/devis/{devis.id}/accord").status_code == 200
    for _ in range(2):
        assert client.post(f"/devis/{devis.id}/accord", data=words()).status_code == 303
    found = queries.fresh(devis.id)
    [accord] = queries.accords_of(found)
    assert (found.etat, found.action.etat) == (Etat.ACCEPTE, ActionEtat.CONFIRMEE)
    assert (accord.voie, accord.par, accord.empreinte) == (Voie.TELEPHONE, zoe, found.empreinte)
    page = client.get(f"/devis/{devis.id}").text
    for shown in ("Armelle Gigan", "Par téléphone", "noté par Zoé", "elle a dit oui", found.empreinte[:12], "Annuler l’accord"):
        assert shown in page


def test_a_signed_paper_is_noted_after_the_event(client, devis):
    with clock.freeze(devis.action.fin + timedelta(days=2)):
        assert f"/devis/{devis.id}/accord" in client.get(f"/devis/{devis.id}").text
        assert client.post(f"/devis/{devis.id}/accord", data=words(voie="papier")).status_code == 303
    assert queries.fresh(devis.id).etat is Etat.ACCEPTE


def test_another_agreement_than_the_one_that_stands_is_not_taken_for_it(client, devis):
    """The demandeur was faster, online: what somebody has typed is given back, not dropped."""
    signature = accords.Signature("Dal Gigan")
    accords.accept(devis, signature=signature, empreinte=devis.empreinte, by=None)
    db.session.commit()
    answer = client.post(f"/devis/{devis.id}/accord", data=words())
    assert (answer.status_code, "Un autre accord est déjà noté" in answer.text) == (409, True)
    assert "elle a dit oui" in answer.text
    assert [a.nom for a in queries.accords_of(queries.fresh(devis.id))] == ["Dal Gigan"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"voie": ""}, {"voie": "en_ligne"}, {"nom": ""}, {"nom": "x" * 121}, {"preuve": " "}, {"preuve": "x" * 1001},
        {"le": ""}, {"le": "hier"}, {"le": "2020-01-01T10:00"}, {"le": "2099-01-01T10:00"},
    ],
)  # fmt: skip
def test_what_is_missing_or_impossible_is_said_and_every_word_comes_back(client, devis, wrong):
    before = fingerprint()
    answer = client.post(f"/devis/{devis.id}/accord", data=words(**wrong))
    assert answer.status_code == 422
    assert "resume-erreurs" in answer.text
    for name, word in words(**wrong).items():
        assert not word.strip() or name == "voie" or word in answer.text
    assert fingerprint() == before


def test_an_agreement_to_come_is_not_noted_were_it_in_three_minutes(client, devis):
    assert client.post(f"/devis/{devis.id}/accord", data=words(le=now(minutes=3))).status_code == 422


@pytest.mark.both
def test_a_refusal_is_noted_with_what_was_said(client, devis):
    assert client.post(f"/devis/{devis.id}/refus", data={"motif": ""}).status_code == 422
    assert client.post(f"/devis/{devis.id}/refus", data={"motif": "Trop cher, dit au téléphone."}).status_code == 303
    assert queries.fresh(devis.id).etat is Etat.REFUSE
    late = client.post(f"/devis/{devis.id}/accord", data=words())
    assert late.status_code == 409
    assert "elle a dit oui" in late.text


@pytest.mark.both
def test_an_acceptance_is_undone_with_a_reason_and_its_trace_stays(client, devis, zoe):
    client.post(f"/devis/{devis.id}/accord", data=words())
    assert client.post(f"/devis/{devis.id}/annuler_accord", data={"motif": " "}).status_code == 422
    assert client.post(f"/devis/{devis.id}/annuler_accord", data={"motif": "C’était un autre devis."}).status_code == 303
    found = queries.fresh(devis.id)
    assert (found.etat, found.action.etat, queries.accord_of(found)) == (Etat.ENVOYE, ActionEtat.DEVIS_ENVOYE, None)
    page = client.get(f"/devis/{devis.id}").text
    assert "Accord annulé" in page
    assert "C’était un autre devis." in page
    again = client.post(f"/devis/{devis.id}/annuler_accord", data={"motif": "Encore"})
    assert (again.status_code, "déjà été annulé" in again.text) == (409, True)
    assert client.post(f"/devis/{devis.id}/accord", data=words(nom="Dal Gigan")).status_code == 303
    assert [a.nom for a in queries.accords_of(queries.fresh(devis.id))] == ["Dal Gigan", "Armelle Gigan"]


@pytest.mark.parametrize("step", ["a draft", "published", "closed", "taken", "cancelled"])
def test_it_is_undone_until_missions_have_been_told_to_people(client, devis, zoe, step):
    client.post(f"/devis/{devis.id}/accord", data=words())
    action = queries.fresh(devis.id).action
    mission = builders.referent_mission(action, published=step not in {"a draft", "taken"}, take_post=step == "taken")
    for transition in {"closed": [fermer], "cancelled": [annuler]}.get(step, []):
        missions.decide(mission, transition, by=zoe, motif="Plus besoin")
    db.session.commit()
    answer = client.post(f"/devis/{devis.id}/annuler_accord", data={"motif": "Une erreur"})
    free = step in {"a draft", "cancelled"}
    assert answer.status_code == (303 if free else 409)
    assert queries.fresh(devis.id).etat is (Etat.ENVOYE if free else Etat.ACCEPTE)
    assert free or mission.titre in answer.text
    assert free or "Une erreur" in answer.text


def test_an_acceptance_stands_while_a_newer_version_waits_for_its_answer(client, devis, zoe):
    client.post(f"/devis/{devis.id}/accord", data=words())
    envoi.send(commands.draft(queries.fresh(devis.id).action, by=zoe), by=zoe, force="Dit de vive voix")
    db.session.commit()
    answer = client.post(f"/devis/{devis.id}/annuler_accord", data={"motif": "Une erreur"})
    assert (answer.status_code, "La version 2 attend déjà" in answer.text) == (409, True)
    assert queries.fresh(devis.id).etat is Etat.ACCEPTE


@pytest.mark.both
def test_undone_the_version_that_was_accepted_before_holds_again_whoever_is_engaged(client, devis, zoe):
    client.post(f"/devis/{devis.id}/accord", data=words())
    builders.hold(builders.mission(queries.fresh(devis.id).action), builders.personne())
    second = builders.accepted(queries.fresh(devis.id).action)
    db.session.commit()
    assert "La version 1, acceptée avant" in client.get(f"/devis/{second.id}/annuler_accord").text
    assert client.post(f"/devis/{second.id}/annuler_accord", data={"motif": "Une erreur"}).status_code == 303
    etats = [queries.fresh(one.id).etat for one in (devis, second)]
    assert (etats, second.action.etat) == ([Etat.ACCEPTE, Etat.ENVOYE], ActionEtat.CONFIRMEE)
    assert client.post(f"/devis/{second.id}/accord", data=words()).status_code == 303
    assert [queries.fresh(one.id).etat for one in (devis, second)] == [Etat.REMPLACE, Etat.ACCEPTE]


@pytest.mark.parametrize("who", ["stranger", "volunteer", "pole", "other", "admin"])
def test_its_bienveillant_and_an_admin_alone_record_and_undo(client, as_, devis, who):
    people = {
        "volunteer": lambda: builders.personne("Léa Grondin"),
        "pole": lambda: builders.interpole("Jardin")["Jardin"].member,
        "other": lambda: builders.bienveillant("Bruno Ozoux"),
        "admin": lambda: builders.personne("Ada Dijoux", [builders.ADMIN]),
    }
    visitor = as_(people[who]()) if who in people else client.application.test_client()
    posts = [("accord", words()), ("annuler_accord", {"motif": "Erreur"}), ("refus", {"motif": "Non"})]
    status, before = 303 if who in {"stranger", "admin"} else 403, fingerprint()
    answers = [visitor.post(f"/devis/{devis.id}/{end}", data=data) for end, data in posts]
    assert [a.status_code for a in answers] == [status] * 3
    assert (fingerprint() == before) == (who != "admin")
    assert who != "stranger" or "/comptes/connexion" in answers[0].location
    read = {visitor.get(f"/devis/{devis.id}/{end}").status_code for end, _ in posts}
    assert read == {{"stranger": 303, "admin": 200}.get(who, 403)}
