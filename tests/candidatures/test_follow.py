"""The personal link: state, correct, withdraw; only the mail's link proves an address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock, security
from portal.candidatures import commands
from portal.candidatures.models import KEPT, Candidature, Etat, accepter, mettre_en_attente, refuser
from portal.db import db
from portal.journal import EntreeJournal, subject_key
from portal.missions.models import UNDO, Affectation
from portal.outbox import Message
from tests import builders


@pytest.fixture
def candidature(app):
    zoe = builders.bienveillant()
    made = builders.candidature(builders.mission(builders.action(zoe), places=1), email="lea@example.org")
    db.session.commit()
    return made


def link(candidature: Candidature, purpose: str = "candidature") -> str:
    return f"/candidatures/suivi/{security.seal(purpose, candidature.id, candidature.generation)}"


def test_correcting_keeps_the_address_and_journals(client, candidature):
    typed = {"nom": "Léa G.", "email": "autre@example.org", "telephone": "0262 45 67 89", "message": "Bis"}
    answer = client.post(f"{link(candidature)}/corriger", data=typed)
    assert answer.status_code == 303
    db.session.expire_all()
    assert (candidature.personne.nom, candidature.personne.telephone, candidature.message) == ("Léa G.", "+262262456789", "Bis")
    assert candidature.personne.email == "lea@example.org"


def test_the_page_shows_the_address_that_was_typed(client, candidature):
    page = client.get(link(candidature)).text
    assert "lea@example.org" in page
    assert f'href="/candidatures/deposer/{candidature.mission_id}"' in page  # another address is another candidature


def test_the_page_says_all_that_the_answer_said(client, candidature):
    """Whoever applied without an account has only this page in the bus."""
    commands.decide(candidature, refuser, by=candidature.action.bienveillant, motif="Complet", mot="Une autre fois <3")
    assert "Complet" not in client.get(link(candidature)).text  # not told yet
    candidature.dite_le = clock.now()
    page = client.get(link(candidature)).text
    assert "La raison\u00a0: Complet" in page
    assert "Une autre fois &lt;3" in page


def test_who_comes_finds_whom_to_call_and_the_agenda(client, candidature):
    builders.hold(builders.referent_mission(candidature.action), builders.personne("Awa Payet", telephone="+262692111111"))
    commands.decide(candidature, accepter, by=candidature.action.bienveillant)
    candidature.dite_le = clock.now()
    page = client.get(link(candidature)).text
    assert f'href="/missions/{candidature.mission_id}.ics"' in page
    assert "tel:" not in page  # anybody may have typed that address
    assert "tel:+262692111111" in client.get(link(candidature, "candidature.mail")).text


def test_the_word_that_was_told_stays_until_the_next_answer_is(client, candidature):
    zoe = candidature.action.bienveillant
    commands.decide(candidature, mettre_en_attente, by=zoe, mot="Reste près du téléphone")
    candidature.dite_le = clock.now()
    told = "Reste près du téléphone"
    assert told in client.get(link(candidature)).text
    commands.decide(candidature, accepter, by=zoe, mot="Viens !")
    page = client.get(link(candidature)).text
    assert (told in page, "Viens !" in page) == (True, False)
    commands.undo(candidature, by=zoe)
    assert told in client.get(link(candidature)).text


def test_a_wrong_correction_keeps_every_word(client, candidature):
    answer = client.post(f"{link(candidature)}/corriger", data={"nom": "Léa", "telephone": "12", "message": "Mot gardé"})
    assert answer.status_code == 422
    assert "Mot gardé" in answer.text


@pytest.mark.both
def test_withdrawing_before_the_answer(client, candidature):
    client.post(f"{link(candidature)}/retirer")
    db.session.expire_all()
    assert candidature.etat is Etat.RETIREE
    assert "Tu as retiré" in client.get(link(candidature)).text


@pytest.mark.both
def test_stepping_down_frees_the_place_and_takes_back_an_answer_not_yet_sent(client, candidature):
    commands.decide(candidature, accepter, by=candidature.action.bienveillant)
    client.post(f"{link(candidature)}/desister", data={"motif": "Malade"})
    db.session.expire_all()
    assert (candidature.etat, candidature.mission.prises) == (Etat.DESISTEE, 0)
    assert "candidature_reponse" not in db.session.scalars(select(Message.genre)).all()
    released = db.session.scalars(select(Affectation)).one()
    assert (released.libere_le is not None, released.motif) == (True, "Malade")


def test_withdrawing_twice_is_withdrawing_once(client, candidature):
    for _ in range(2):
        assert client.post(f"{link(candidature)}/retirer").status_code == 303
    withdrawn = select(EntreeJournal.sujet).where(EntreeJournal.evenement == "candidature.retirer")
    assert db.session.scalars(withdrawn).all() == [subject_key(candidature)]


@pytest.mark.parametrize(("decision", "told"), [(accepter, "C’est oui"), (refuser, "n’est pas retenue")])
def test_an_answer_is_nobody_s_news_before_its_message_leaves(client, candidature, decision, told):
    """Until then « Annuler » takes both back: a page that said yes first would have promised."""
    commands.decide(candidature, decision, by=candidature.action.bienveillant, motif="Complet")
    db.session.commit()
    page = client.get(link(candidature)).text
    assert "En attente de réponse" in page
    assert "Retirer ma candidature" in page
    assert told not in page
    with clock.freeze(candidature.decidee_le + UNDO):
        assert told in client.get(link(candidature)).text


@pytest.mark.parametrize(
    ("decision", "left"), [(accepter, Etat.DESISTEE), (mettre_en_attente, Etat.RETIREE), (refuser, Etat.RETIREE)]
)
def test_one_may_withdraw_while_the_answer_waits(client, candidature, decision, left):
    """The button still says « Retirer »; the house, which had answered, learns what it must."""
    commands.decide(candidature, decision, by=candidature.action.bienveillant, motif="Complet")
    db.session.commit()
    assert client.post(f"{link(candidature)}/retirer").status_code == 303
    db.session.expire_all()
    assert (candidature.etat, candidature.mission.prises) == (left, 0)
    assert "candidature_reponse" not in db.session.scalars(select(Message.genre)).all()


def test_a_place_is_nobody_s_before_its_holder_is_told(as_, app):
    """What « Annuler » would take back opens nothing meanwhile: neither the day page, nor the référent's number."""
    action, lea = builders.action(builders.bienveillant()), builders.personne("Léa Grondin")
    mission = builders.mission(action)
    builders.hold(builders.referent_mission(action), builders.personne("Awa Payet", telephone="+262692111111"))
    commands.decide(builders.candidature(mission, lea), accepter, by=action.bienveillant)
    client, paths = as_(lea), (f"/missions/{mission.id}", f"/jour-j/{action.id}", "/moi/", "/")
    before = [client.get(path) for path in paths]
    assert [answer.status_code for answer in before] == [200, 404, 200, 200]
    assert not any("On compte sur toi" in answer.text or "0692" in answer.text for answer in before)
    with clock.freeze(clock.now() + UNDO):
        fiche, jour, moi, _ = (client.get(path) for path in paths)
    assert "On compte sur toi" in fiche.text
    assert jour.status_code == 200
    assert "tel:+262692111111" in moi.text


def test_an_admin_with_a_page_s_link_acts_for_nobody(as_, client, candidature):
    client.post(f"{link(candidature, 'candidature.mail')}/confirmer")
    admin = as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    assert admin.post(f"{link(candidature)}/retirer").status_code == 403
    db.session.expire_all()
    assert candidature.etat is Etat.DEPOSEE


def test_a_closed_account_may_still_step_back_and_gets_nothing_else(client, candidature):
    lea = builders.personne("Léa de longue date", email="lea@example.org")
    lea.desactive_le = clock.now()
    db.session.commit()
    mail = link(candidature, "candidature.mail")
    assert client.post(f"{mail}/confirmer").status_code == 403
    assert client.post(f"{mail}/retirer").status_code == 303
    db.session.expire_all()
    assert candidature.etat is Etat.RETIREE
    assert candidature.personne_id != lea.id


def test_reading_never_writes_even_with_the_mail_s_link(client, candidature):
    assert "C’est bien moi" in client.get(link(candidature, "candidature.mail")).text
    db.session.expire_all()
    assert candidature.personne.confirme_le is None


def test_the_page_s_own_link_proves_nothing(client, candidature):
    assert "C’est bien moi" not in client.get(link(candidature)).text
    client.post(f"{link(candidature)}/confirmer")
    db.session.expire_all()
    assert candidature.personne.confirme_le is None


@pytest.mark.both
def test_the_mail_s_link_confirms_a_new_person(client, candidature):
    client.post(f"{link(candidature, 'candidature.mail')}/confirmer")
    db.session.expire_all()
    assert candidature.personne.confirme_le is not None


@pytest.mark.both
def test_the_mail_s_link_joins_the_person_already_known_with_their_place(client, candidature):
    lea = builders.personne("Léa de longue date", email="Lea@Example.org")
    commands.decide(candidature, accepter, by=candidature.action.bienveillant)
    provisional = candidature.personne
    client.post(f"{link(candidature, 'candidature.mail')}/confirmer")
    db.session.expire_all()
    assert candidature.personne_id == lea.id
    assert db.session.scalars(select(Affectation)).one().personne_id == lea.id
    assert not provisional.is_active
    assert candidature.mission.prises == 1


def test_a_refusal_thanks_gives_its_way_and_two_other_missions(client, candidature):
    others = [builders.mission(candidature.action, titre=f"Autre {i}") for i in range(3)]
    commands.decide(candidature, refuser, by=candidature.action.bienveillant, motif="Complet")
    candidature.dite_le = clock.now()
    page = client.get(link(candidature)).text
    assert "Merci d’avoir proposé ton aide" in page
    assert sum(m.titre in page for m in others) == 2


def test_an_altered_link_is_as_absent(client, candidature):
    good = link(candidature)
    absent = client.get("/candidatures/suivi/rien")
    for bad in (good[:-1], good + "=", good + ".", good.upper(), good[:-1] + ("A" if good[-1] != "A" else "B")):
        answer = client.get(bad)
        assert (answer.status_code, answer.text) == (404, absent.text.replace("/candidatures/suivi/rien", bad))
    assert client.get(good + "?utm_source=mail").status_code == 200


def test_a_new_generation_revokes_the_old_link(client, candidature):
    old = link(candidature)
    candidature.generation += 1
    assert client.get(old).status_code == 404
    assert client.get(link(candidature)).status_code == 200


def test_a_year_after_the_mission_the_link_says_that_it_is_over(client, candidature):
    with clock.freeze(candidature.mission.fin + KEPT - timedelta(minutes=1)):
        assert client.get(link(candidature)).status_code == 200
    with clock.freeze(candidature.mission.fin + KEPT):
        for answer in (client.get(link(candidature)), client.post(f"{link(candidature, 'candidature.mail')}/retirer")):
            assert answer.status_code == 410
            assert "écris à l’équipe" in answer.text
    db.session.expire_all()
    assert candidature.etat is Etat.DEPOSEE


def test_the_link_never_reaches_the_log(client, candidature, caplog):
    token = link(candidature).rsplit("/", 1)[1]
    client.get(link(candidature))
    client.post(f"{link(candidature)}/retirer")
    client.post(f"{link(candidature)}/retirer")
    assert token not in caplog.text


def test_once_the_address_is_proved_a_stranger_s_page_link_shows_the_state_and_no_more(client, candidature):
    """Somebody applied with Léa's address and kept the page's link; Léa confirmed by mail."""
    lea = builders.personne("Léa de longue date", email="lea@example.org", telephone="+262692000000")
    client.post(f"{link(candidature, 'candidature.mail')}/confirmer")
    page = client.get(link(candidature))
    assert page.status_code == 200
    assert "Léa de longue date" not in page.text
    assert "0692" not in page.text
    for slug in ("corriger", "retirer"):
        assert client.post(f"{link(candidature)}/{slug}", data={"nom": "Pirate"}).status_code == 403
    db.session.expire_all()
    assert (lea.nom, candidature.etat) == ("Léa de longue date", Etat.DEPOSEE)


def test_the_mail_s_link_never_renames_an_account(client, candidature):
    lea = builders.personne("Léa de longue date", email="lea@example.org")
    client.post(f"{link(candidature, 'candidature.mail')}/confirmer")
    client.post(f"{link(candidature, 'candidature.mail')}/corriger", data={"nom": "Autre", "message": "Nouveau mot"})
    db.session.expire_all()
    assert (lea.nom, candidature.message) == ("Léa de longue date", "Nouveau mot")


def test_after_the_mission_there_is_nothing_to_withdraw(client, candidature):
    commands.decide(candidature, accepter, by=candidature.action.bienveillant)
    with clock.freeze(candidature.mission.fin):
        assert client.post(f"{link(candidature)}/desister").status_code == 409
    db.session.expire_all()
    assert (candidature.etat, candidature.mission.prises) == (Etat.ACCEPTEE, 1)


@pytest.mark.both
def test_accepted_twice_under_one_address_is_one_place(client, candidature):
    candidature.mission.places = 2
    again = builders.candidature(candidature.mission, email="lea@example.org")
    zoe = candidature.action.bienveillant
    for one in (candidature, again):
        commands.decide(one, accepter, by=zoe)
    for one in (candidature, again):
        client.post(f"{link(one, 'candidature.mail')}/confirmer")
    db.session.expire_all()
    assert [candidature.etat, again.etat] == [Etat.ACCEPTEE, Etat.LIBEREE]
    assert candidature.mission.prises == 1
    client.post(f"{link(candidature, 'candidature.mail')}/desister")
    db.session.expire_all()
    assert candidature.mission.prises == 0
