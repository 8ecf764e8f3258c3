"""A demandeur erased on request: nothing says who they were nor what they wrote; the action stays counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import MetaData, select, update

from portal import clock
from portal.actions import commands, depot, echanges, interpole, relais, retroplanning
from portal.actions.deliberation import Ou
from portal.actions.models import SETTLED, Action, Echange, Etat
from portal.actions.processus import annuler, enregistrer, refuser
from portal.actions.suivi import page_token
from portal.comptes.models import Reception
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions.models import Nature
from portal.notifications import worker
from portal.outbox import Message
from portal.poles.models import Genre
from tests import builders

WHO = {"nom": "Chorale Unique", "contact": "Armelle Unique", "email": "Unique@example.org", "telephone": "+262692777777"}
TRACES = ("Unique", "unique@", "692777777", "0692 77 77 77", "mot secret")


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def asked(by: Any = None, **fields: Any) -> Action:
    made = builders.request(**(WHO | {"description": "Appelez Armelle Unique."} | fields))
    if by:
        relais.take(made, by=by)
    return made


def everything() -> str:
    """All that the database holds, as text."""
    known = MetaData()
    known.reflect(db.session.connection())
    return "\n".join(str(row) for table in known.tables.values() for row in db.session.execute(select(table)))


def spoken_of(zoe, house) -> Action:
    """A request that was written about everywhere, then refused in a meeting."""
    action = asked(titre="La fête d’Armelle Unique")
    post_all()
    relais.take(action, by=zoe)
    depot.send_link(action, by=zoe)
    echanges.write(action, texte="Un mot secret", cle="", by=None)
    echanges.write(action, texte="Bonjour Armelle Unique, le mot secret est su.", cle="", by=zoe)
    interpole.propose(action, house["Culture"].pole, by=zoe)
    interpole.take(action, by=house["Culture"].member)
    builders.opinion(action, house["Jardin"], builders.against("ethique", "Armelle Unique ne veut pas de jardin."))
    builders.besoin(action, house["Jardin"].pole, mot="Appeler Armelle Unique au 0692 77 77 77", asked=False)
    said = {"ou": Ou.REUNION, "le": clock.today(), "presents": "Tous, et Armelle Unique", "mot": "Désolés, Armelle Unique."}
    decided = {"compte_rendu": "Armelle Unique a écrit à unique@example.org.", "favorable": False}
    interpole.decide(action, by=house["Jardin"].member, **said, **decided)
    db.session.commit()
    return action


def erase(client, action: Action, **fields: str) -> Any:
    return client.post(f"/actions/{action.id}/effacer_demandeur", data={"certain": "1"} | fields)


def post_all() -> None:
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=1)):  # the digest of the day among them
        for _ in range(2):
            worker.run_once()


@pytest.mark.both
def test_nothing_says_any_more_who_they_were_nor_what_they_wrote(as_, client, zoe, smtp):
    house = builders.interpole("Culture", "Jardin")
    builders.bienveillant("Rose").reception = Reception.RESUME
    action = spoken_of(zoe, house)
    link = f"/actions/suivi/{page_token(action)}"
    post_all()
    echanges.write(action, texte="Encore un mot secret", cle="", by=None)  # told to nobody yet
    db.session.commit()
    before = everything()
    assert [trace for trace in TRACES if trace in before] == list(TRACES)
    for _ in range(2):
        assert erase(as_(zoe), action).status_code == 303
    db.session.expire_all()
    after = everything()
    assert [trace for trace in TRACES if trace in after] == []
    assert (action.etat, action.personnes) == (Etat.REFUSEE, 120)  # it stays counted
    assert client.get(link).status_code == 410
    assert "ont été effacées" in client.get(link).text
    post_all()
    assert [trace for trace in TRACES if trace in everything()] == []


def confirmed_for(zoe) -> Action:
    """One that is confirmed, and where the house names them in all that it prepares."""
    action, gina = asked(zoe, titre="La fête d’Armelle Unique"), builders.personne("Gina Payet")
    cuisine = builders.pole("Cuisine", Genre.GROUPE, members=[gina])
    commands.decide(action, enregistrer, by=zoe, motif="Vu avec Armelle Unique.")
    action.lieu = "Chez Armelle Unique"
    retroplanning.add(action, by=zoe, titre="Appeler Armelle Unique", jours=3)
    slot = {"debut": action.debut, "fin": action.fin}
    commands.add_step(action, by=zoe, titre="Accueil d’Armelle Unique", lieu="Avec Armelle Unique", **slot)
    builders.besoin(action, cuisine, titre="Un repas pour Armelle Unique")
    words = dict.fromkeys(("titre", "description", "fourni", "contrepartie"), "Pour Armelle Unique")
    mission = builders.mission(action, nature=Nature.CHARGE_DE_MISSION, **words)
    builders.hold(mission, builders.personne("Vanille Técher"))
    builders.candidature(mission, email="lea@example.org", message="Armelle Unique me connaît.")
    return action


@pytest.mark.both
def test_nor_does_all_that_the_house_had_prepared_for_them(as_, zoe, smtp):
    action = confirmed_for(zoe)
    post_all()
    commands.decide(action, annuler, by=zoe, motif="Armelle Unique est malade.")
    db.session.commit()
    post_all()
    assert erase(as_(zoe), action).status_code == 303
    db.session.expire_all()
    assert [row for row in everything().lower().split("\n") if "unique" in row] == []


@pytest.mark.both
def test_nor_the_devis_that_was_mailed_to_them(as_, zoe, smtp):
    house = builders.interpole("Culture")
    action = asked(zoe)
    interpole.propose(action, house["Culture"].pole, by=zoe)
    interpole.take(action, by=house["Culture"].member)
    said = {"ou": Ou.REUNION, "le": clock.today(), "favorable": True, "compte_rendu": "Oui."}
    interpole.decide(action, by=house["Culture"].member, **said)
    builders.sent(action)
    post_all()
    depot.give_up(action)
    db.session.commit()
    assert "Bonjour Armelle Unique" in everything()
    assert erase(as_(zoe), action).status_code == 303
    db.session.expire_all()
    assert [trace for trace in TRACES if trace in everything()] == []


@pytest.mark.both
def test_what_is_of_another_request_stays(as_, zoe):
    mine, other = asked(zoe), asked(zoe)
    echanges.write(other, texte="Un autre mot", cle="", by=None)
    commands.decide(other, refuser, by=zoe, motif="Pas pour Armelle Unique.")
    commands.decide(mine, refuser, by=zoe, motif="Pas pour Armelle Unique.")
    db.session.commit()
    written = select(Message.id).where(Message.adresse != "", Message.faits["action"].as_integer() == other.id)
    before = db.session.scalars(written).all()
    erase(as_(zoe), mine)
    db.session.expire_all()
    assert mine.demandeur.is_erased
    assert (other.demandeur.nom, other.demandeur.email) == ("Chorale Unique", "Unique@example.org")
    assert db.session.scalars(select(Echange.texte)).all() == ["Un autre mot"]
    assert before
    assert db.session.scalars(written).all() == before
    motifs = db.session.scalars(
        select(EntreeJournal.motif).where(EntreeJournal.evenement == refuser.key).order_by(EntreeJournal.id)
    )
    assert list(motifs) == ["Pas pour Armelle Unique.", "Pas pour (effacé)."]


def test_an_action_that_was_settled_without_an_invoice_keeps_no_name(as_, zoe):
    action = asked(zoe)
    db.session.execute(update(Action).values(etat=Etat.SOLDEE))
    db.session.commit()
    assert "Son nom aussi" in as_(zoe).get(f"/actions/{action.id}").text
    erase(as_(zoe), action)
    db.session.expire_all()
    assert (action.demandeur.nom, action.demandeur.is_erased) == ("(effacé)", True)


@pytest.mark.parametrize("etat", [etat for etat in Etat if etat not in SETTLED])
def test_whoever_must_still_be_reached_is_not_erased(as_, zoe, etat):
    action = asked(zoe)
    db.session.execute(update(Action).values(etat=etat))
    db.session.commit()
    before, client = everything(), as_(zoe)
    answer = erase(client, action)
    assert answer.status_code == 409
    assert "doit encore pouvoir être joint" in answer.text
    assert "effacer_demandeur" not in client.get(f"/actions/{action.id}").text
    assert everything().count("Unique") == before.count("Unique")


def test_the_word_that_says_it_may_be_typed_by_anybody(as_, client, zoe):
    action = asked(zoe, contact="(effacé)")
    assert client.get(f"/actions/suivi/{page_token(action)}").status_code == 200
    commands.decide(action, annuler, by=zoe, motif="Pluie.")
    db.session.commit()
    assert "effacer_demandeur" in as_(zoe).get(f"/actions/{action.id}").text
    erase(as_(zoe), action)
    db.session.expire_all()
    assert (action.demandeur.nom, action.demandeur.email, action.demandeur.is_erased) == ("(effacé)", "", True)


def test_without_the_box_ticked_nothing_goes(as_, zoe):
    action = asked(zoe)
    commands.decide(action, annuler, by=zoe, motif="Pluie.")
    db.session.commit()
    client = as_(zoe)
    form = BeautifulSoup(client.get(f"/actions/{action.id}").text, "html5lib").select_one("#effacer form")
    assert form
    assert form["action"] == f"/actions/{action.id}/effacer_demandeur"
    client.post(form["action"])
    db.session.expire_all()
    assert action.demandeur.nom == "Chorale Unique"


def test_only_its_bienveillant_or_an_admin_may(as_, client, zoe):
    action = asked(zoe)
    commands.decide(action, annuler, by=zoe, motif="Pluie.")
    member = builders.personne("Paul Maillot")
    builders.pole("Jardin", members=[member])
    db.session.commit()
    assert erase(client, action).status_code == 303  # to the door
    for who, status in ((builders.personne("Awa"), 403), (builders.bienveillant("Rose"), 403), (member, 403)):
        assert erase(as_(who), action).status_code == status
    db.session.expire_all()
    assert action.demandeur.nom == "Chorale Unique"
    assert erase(as_(builders.personne("Ada", [builders.ADMIN])), action).status_code == 303
