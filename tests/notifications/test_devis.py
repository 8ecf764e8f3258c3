"""Who hears of a devis: the demandeur with their link, whoever sets the action up, the pôles whose lines it holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import reading
from portal.actions.processus import annuler
from portal.comptes.models import Personne
from portal.db import db
from portal.devis import accords, commands, envoi, lien, queries
from portal.devis.models import Etat, Unite
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import Outdated
from portal.outbox import Message, Voie
from tests import builders
from tests.cells import fingerprint

pytestmark = pytest.mark.both


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def action(zoe):
    return builders.validated(zoe)


@pytest.fixture
def told(outbox):
    """(genre, first name or address) of the messages of a devis, in order."""

    def read():
        found = [(m.genre, m) for m in outbox() if m.genre.startswith("devis")]
        return [(g, db.session.get(Personne, m.personne_id).prenom if m.personne_id else m.adresse) for g, m in found]

    return read


def test_the_demandeur_receives_it_with_a_link_that_needs_no_account(action, told, outbox):
    devis = builders.sent(action)
    assert told() == [("devis_envoye", "dal@example.org")]
    letter = messages.render("devis_envoye", {"devis": devis.id})
    assert f"/devis/lien/{lien.page_token(devis)}" in letter.texte
    assert "1\u202f080,00\u00a0€" in letter.texte


def test_what_was_replaced_before_it_left_is_not_sent(action, zoe):
    first = builders.sent(action)
    envoi.send(commands.draft(action, by=zoe), by=zoe)
    with pytest.raises(Outdated):
        messages.render("devis_envoye", {"devis": first.id})


def test_an_agreement_is_noted_to_the_demandeur_and_told_to_the_house(action, told):
    builders.accepted(action)
    assert told()[1:] == [("devis_accord", "dal@example.org"), ("devis_repondu", "Zoé")]


def test_an_agreement_that_is_undone_is_told_to_each_who_counted_on_it_and_to_the_demandeur(action, zoe, told):
    gina, ada = builders.personne("Gina Payet"), builders.personne("Ada Dijoux", [builders.ADMIN])
    two = [builders.pole(nom, members=[gina, zoe]) for nom in ("Cuisine", "Jardin")]
    for pole in two:
        commands.add(builders.devis(action), by=zoe, libelle=pole.nom, unite=Unite.FORFAIT, prix=50_00, pole_id=pole.id)
    devis = builders.accepted(action)
    before = len(told())
    accords.undo(devis, by=ada, motif="Paul s’est trompé")
    assert sorted(told()[before:]) == [
        ("devis_accord_annule", "dal@example.org"), ("devis_suspendu", "Gina"), ("devis_suspendu", "Zoé"),
    ]  # fmt: skip
    theirs, ours = (_letter(genre) for genre in ("devis_accord_annule", "devis_suspendu"))
    assert "La date n’est plus confirmée" in theirs.texte
    assert f"/devis/lien/{lien.page_token(devis)}" in theirs.texte
    assert ["s’est trompé" in letter.texte for letter in (theirs, ours)] == [False, True]
    builders.accepted(action)
    with pytest.raises(Outdated):
        _letter("devis_suspendu")


def test_the_last_pole_that_confirms_tells_that_it_may_leave_until_a_line_changes(action, zoe, told):
    members = [builders.personne(nom) for nom in ("Gina Payet", "Paul Maillot")]
    poles = [builders.pole(nom, members=[one]) for nom, one in zip(("Cuisine", "Jardin"), members, strict=True)]
    devis = builders.devis(action)
    for pole in poles:
        commands.add(devis, by=zoe, libelle=pole.nom, unite=Unite.FORFAIT, prix=50_00, pole_id=pole.id)
    for pole, member in zip(poles, members, strict=True):
        assert told() == []
        envoi.confirm_lines(devis, pole, by=member)
    assert told() == [("devis_repondu", "Zoé")]
    assert "tu peux l’envoyer" in _letter("devis_repondu").texte
    line = queries.fresh(devis.id).lignes[-1]
    commands.edit(line, by=zoe, read=reading(line.sheet), prix=60_00)
    with pytest.raises(Outdated):
        _letter("devis_repondu")


def _letter(genre: str) -> messages.Letter:
    message = db.session.scalars(select(Message).where(Message.genre == genre)).first()
    assert message
    return messages.render(genre, message.faits)


def test_a_pole_is_asked_for_its_lines_and_hears_that_they_are_taken(action, zoe, told):
    gina = builders.personne("Gina Payet")
    cuisine = builders.pole("Cuisine", members=[gina])
    devis = builders.devis(action)
    commands.edit(devis.lignes[0], by=zoe, read=reading(devis.lignes[0].sheet), pole_id=cuisine.id)
    assert [pole.nom for pole in envoi.ask_poles(devis, by=zoe)] == ["Cuisine"]
    assert told() == [("devis_a_confirmer", "Gina")]
    accepted = builders.accepted(action)
    assert ("devis_confirme", "Gina") in told()
    assert accepted.etat is Etat.ACCEPTE


def test_it_is_reminded_once_three_days_before_and_expires_after_its_last_day(zoe, told):
    devis = builders.sent(builders.validated(zoe, debut=builders.in_days(60), fin=builders.in_days(60, 18)))
    db.session.commit()
    last = devis.valable_jusqu_au
    assert last == clock.today() + timedelta(days=30)
    evening = clock.start_of(last) + timedelta(hours=23)
    with clock.freeze(evening - timedelta(days=4)):
        pass_time()
        assert len(told()) == 1
    for _ in range(2):
        with clock.freeze(evening - timedelta(days=3)):
            pass_time()
    assert told()[1:] == [("devis_rappel", "dal@example.org")]
    with clock.freeze(evening):
        pass_time()
        assert accords.is_answerable(queries.fresh(devis.id))
    with clock.freeze(evening + timedelta(hours=1, minutes=1)):
        assert not accords.is_answerable(queries.fresh(devis.id))
        pass_time()
    assert queries.fresh(devis.id).etat is Etat.EXPIRE
    assert told()[2:] == [("devis_repondu", "Zoé")]


@pytest.mark.parametrize("what", ["it took place", "it was cancelled"])
def test_nobody_is_reminded_of_what_cannot_be_answered_any_more(action, zoe, told, what):
    devis = builders.sent(action)
    if what == "it was cancelled":
        actions.decide(action, annuler, by=zoe, motif="Cyclone")
    db.session.commit()
    for days in (-2, 2):
        with clock.freeze(clock.start_of(devis.valable_jusqu_au) + timedelta(days=days)):
            assert queries.to_remind() == []
            pass_time()
            assert queries.expired() == []  # nothing is left to be tried again each minute
    assert "devis_rappel" not in [genre for genre, _ in told()]


# --- the channel of the house ----------------------------------------------------------------------------------


@pytest.fixture
def channel(settings, outbox):
    """What the channel reads, once its address is set."""
    settings(rocketchat_url="https://chat.example.org/hooks/x")

    def read():
        return [messages.render(m.genre, m.faits).texte for m in outbox() if m.voie is Voie.ROCKETCHAT]

    return read


def test_the_channel_hears_once_that_an_action_is_sure_and_nothing_of_its_price(zoe, action, channel):
    first = builders.accepted(action)
    said = [line for line in channel() if "Devis accepté" in line]
    assert len(said) == 1
    title, address = said[0].splitlines()
    assert title.startswith(f"Devis accepté, c’est confirmé\u00a0: «\u00a0{action.titre}\u00a0», ")
    assert address.endswith(f"/actions/{action.id}")
    for word in ("1\u202f080", "Armelle", first.numero, action.demandeur.nom):
        assert word not in said[0]
    envoi.send(commands.draft(action, by=zoe), by=zoe, force="Dit de vive voix")
    second = queries.last_sent(action)
    accords.accept(second, signature=accords.Signature("Armelle"), empreinte=second.empreinte, by=None)
    assert len([line for line in channel() if "Devis accepté" in line]) == 1


def test_without_an_address_the_channel_hears_nothing(action, outbox):
    builders.accepted(action)
    assert not [m for m in outbox() if m.voie is Voie.ROCKETCHAT]


def test_what_would_leave_is_read_first_and_nothing_has_left(as_, zoe, action, outbox):
    builders.identity(zoe)
    devis = builders.devis(action)
    db.session.commit()
    client = as_(zoe)
    assert "Lire le message avant" in client.get(f"/devis/{devis.id}").text
    before = fingerprint()
    answer = client.post(f"/devis/{devis.id}/envoyer", data={"mot": "Dit de vive voix", "apercu": "Envoyer au demandeur"})
    assert answer.status_code == 200
    for shown in ("dal@example.org", "Votre devis pour", "1\u202f080,00", "Envoyer au demandeur", "Dit de vive voix"):
        assert shown in answer.text
    assert fingerprint() == before
