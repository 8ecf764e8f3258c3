"""« Effacer mon compte »: what goes, what stays and why, and what has to be done first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import MetaData, select, update

from portal import clock
from portal.actions.models import Action, Echange
from portal.candidatures import commands as candidatures
from portal.candidatures.models import Candidature, accepter
from portal.comptes import entree
from portal.comptes.models import Note, Personne, Profil
from portal.contributions import commands as contributions
from portal.db import db
from portal.devis.models import Devis, LigneDevis
from portal.devis.models import Etat as EtatDevis
from portal.factures import emission
from portal.factures.models import Etat, Facture
from portal.jour_j.models import Entree, Genre, LigneModele
from portal.missions.models import UNDO, Affectation, Mission
from portal.notifications import worker
from portal.outbox import Message, waiting
from portal.partage import commands as partage
from portal.partage.models import Nature as NatureDepense
from tests import builders
from tests.contributions.conftest import at
from tests.contributions.conftest import closed as closed  # fixtures
from tests.contributions.conftest import evening as evening
from tests.contributions.conftest import past as past
from tests.factures.conftest import agreed
from tests.jour_j.conftest import tap

pytestmark = pytest.mark.both
STRUCK_WORDS = "Voir (effacé), (effacé), (effacé)"
URL, SURE = "/moi/donnees/effacer", {"certain": "1"}
SIGNS = ("payet", "awa1", "777777", "77 77 77", "77\u00a077\u00a077")  # of Awa Payet, however it is written
STAYS = {  # table.column: why somebody of the house may still be read there after they are erased
    "facture.mot": "an invoice is kept ten years as it was issued, and nothing may change it",
    "facture.contenu": "the same",
    "devis.contenu": "a devis that left is what the demandeur was offered; it changes no more than they can change it",
    "ligne_devis.detail": "the line of that devis; those of a draft are struck",
}


def rows() -> dict[str, list[str]]:
    """All that the database holds, by table.column, as text."""
    known = MetaData()
    found: dict[str, list[str]] = {}
    known.reflect(db.session.connection())
    for table in known.tables.values():
        for row in db.session.execute(select(table)).mappings():
            for column, value in row.items():
                found.setdefault(f"{table.name}.{column}", []).append(str(value))
    return found


def said(*signs: str) -> set[str]:
    """The columns that say one of these."""
    return {name for name, values in rows().items() if any(sign in value.lower() for value in values for sign in signs)}


def papers(zoe: Personne, words: str) -> None:
    """A devis that left, one that is still written, an invoice that was issued, one that is not: each with these words."""
    left, draft = (builders.validated(zoe) for _ in range(2))
    builders.devis(left, detail=words)
    builders.sent(left)
    builders.devis(draft, libelle=words, detail=words).mot = words
    rita = builders.personne("Rita Robert", [builders.TRESORIER])
    issued, written = (agreed(zoe, rita).end().draft() for _ in range(2))
    issued.mot = written.mot = written.lignes[0].detail = words
    db.session.flush()
    emission.emit(issued, by=rita, read=emission.reading(issued))


@pytest.fixture
def awa(closed, smtp) -> Personne:
    """Awa ran that Saturday, and did all that somebody may; others wrote about her wherever they could."""
    awa, zoe, action = closed.awa, closed.zoe, closed.action
    awa.email, awa.adresse, awa.telephone = "Awa1@example.org", "awa1@example.org", "+262692777777"
    words = "Voir Awa Payet, awa1@example.org, 0692 77 77 77"  # STRUCK_WORDS, once she is erased
    closed.settle()
    closed.correct(awa, 2, motif=words)
    contributions.attest(awa, annee=2026, publisher="La maison")
    closed._send(tap(Genre.INCIDENT, mot=words), 17.5)
    db.session.add_all([
        Profil(personne_id=awa.id, disponibilites=["samedi-matin"], competences=[], envies=[]),
        Note(personne_id=awa.id, texte="Note sur elle, payet", par_id=zoe.id),
        Note(personne_id=closed.lea.id, texte=words, par_id=zoe.id),
        Echange(action_id=action.id, personne_id=awa.id, texte=words),
    ])  # fmt: skip
    papers(zoe, words)
    jardin = builders.pole("Jardin", members=[awa])
    jardin.description = words
    for by in (awa, zoe):
        partage.note(
            action, by=by, pole_id=None, libelle=words, nature=NatureDepense.CONSOMMABLES, le=clock.today(), montant=500
        )
    told = builders.action(zoe, description=words, titre="Concert d’Awa Payet")
    later = builders.mission(told, description=words, debut=at(200), fin=at(204))
    builders.besoin(told, jardin, titre=words)
    lines = db.session.scalars(select(LigneModele)).all()
    assert lines
    lines[0].texte = words
    for who in (awa, closed.lea):
        builders.candidature(later, who, message=words)
    other = builders.mission(builders.action(zoe), debut=at(300), fin=at(304))
    left = builders.candidature(other, awa)
    candidatures.decide(left, accepter, by=zoe, mot=words)
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        worker.run_once()
        candidatures.leave(left, motif=words)
        db.session.commit()
        worker.run_once()
    entree.ask_link(awa.email, suite="/")  # and a mail that waits
    db.session.commit()
    return awa


def test_nothing_says_any_more_who_they_were(awa, as_):
    before, client = said(*SIGNS), as_(awa)
    assert {
        "personne.nom",
        "personne.telephone",
        "outbox.texte",
        "candidature.message",
        "entree.mot",
        "depense.libelle",
    } <= before
    assert client.post(URL, data=SURE).status_code == 303
    db.session.expire_all()
    assert said(*SIGNS) == STAYS.keys()
    assert db.session.scalars(select(Facture.mot).where(Facture.etat == Etat.BROUILLON)).all() == [STRUCK_WORDS]
    drafted = select(LigneDevis.detail).join(LigneDevis.devis).where(Devis.etat == EtatDevis.BROUILLON)
    assert STRUCK_WORDS in db.session.scalars(drafted).all()
    assert (awa.nom, awa.is_active) == ("Personne effacée", False)


def test_what_they_did_stays_counted(awa, closed, as_):
    before, places = closed.ledger(awa), db.session.scalars(select(Affectation.id)).all()
    entries = db.session.scalars(select(Entree.uuid)).all()
    as_(awa).post(URL, data=SURE)
    db.session.expire_all()
    assert closed.ledger(awa) == before != []
    assert db.session.scalars(select(Affectation.id)).all() == places
    assert db.session.scalars(select(Entree.uuid)).all() == entries  # the safety register


def test_they_are_signed_out_everywhere_and_nothing_waits_for_them(awa, as_):
    here, elsewhere = as_(awa), as_(awa)
    answer = here.post(URL, data=SURE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Ton compte est effacé" in here.get("/").text
    for client in (here, elsewhere):
        assert client.get("/moi/").status_code == 303
    assert db.session.scalars(select(Message).where(Message.personne_id == awa.id, *waiting())).all() == []


def refusal(answer) -> str:
    assert answer.status_code == 409
    return BeautifulSoup(answer.text, "html.parser").select_one(".encart").get_text(" ", strip=True).replace("\u00a0", " ")


def kept(personne: Personne) -> bool:
    db.session.expire_all()
    return db.session.get_one(Personne, personne.id).is_active


def test_without_the_tick_nothing_goes(app, as_):
    lea = builders.personne("Léa Grondin")
    answer = as_(lea).post(URL)
    assert answer.status_code == 422
    assert "Coche d’abord la case" in answer.text
    assert kept(lea)


def test_whoever_borrowed_their_phone_does_not_erase_them(app, as_):
    lea = builders.personne("Léa Grondin", password="trois mots au hasard")
    client = as_(lea)
    with clock.freeze(clock.now() + timedelta(minutes=16)):  # signed in a while ago
        answer = client.post(URL, data=SURE)
        assert answer.status_code == 403
        assert "Prouve que c’est toi" in answer.text
        assert kept(lea)
    assert client.post(URL, data=SURE).status_code == 303
    assert not kept(lea)


def test_the_last_admin_stays(app, as_):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    assert "donne d’abord ce rôle à quelqu’un d’autre" in refusal(as_(ada).post(URL, data=SURE))
    assert kept(ada)
    builders.personne("Une autre", [builders.ADMIN])
    assert as_(ada).post(URL, data=SURE).status_code == 303
    assert not kept(ada)


def test_whoever_is_expected_says_first_that_they_do_not_come(app, as_):
    lea, zoe = builders.personne("Léa Grondin"), builders.bienveillant()
    held = builders.hold(builders.mission(builders.action(zoe), titre="Buvette"), lea)
    client = as_(lea)
    said_no = refusal(client.post(URL, data=SURE))
    assert "On compte encore sur toi : « Buvette ». Dis d’abord que tu ne viens pas" in said_no
    assert kept(lea)
    with clock.freeze(held.mission.fin + timedelta(hours=1)):
        assert as_(lea).post(URL, data=SURE).status_code == 303


def test_an_acceptance_that_they_were_not_told_of_neither_holds_them_nor_shows(app, as_):
    lea, zoe = builders.personne("Léa Grondin"), builders.bienveillant()
    mission = builders.mission(builders.action(zoe))
    candidatures.decide(builders.candidature(mission, lea), accepter, by=zoe)
    assert as_(lea).post(URL, data=SURE).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Mission, mission.id).prises == 0
    assert db.session.scalars(select(Candidature.etat)).all() != ["acceptee"]


def test_whoever_sets_up_an_action_hands_it_over_first(app, as_):
    zoe = builders.bienveillant()
    action = builders.action(zoe, titre="Fête du moulin")
    assert "Tu montes encore « Fête du moulin »" in refusal(as_(zoe).post(URL, data=SURE))
    assert kept(zoe)
    db.session.execute(update(Action).where(Action.id == action.id).values(bienveillant_id=builders.bienveillant("Autre").id))
    assert as_(zoe).post(URL, data=SURE).status_code == 303


def test_the_page_says_what_goes_and_what_stays(app, as_):
    main = BeautifulSoup(as_(builders.personne("Léa Grondin")).get(URL).text, "html.parser").main
    titles = [h2.get_text() for h2 in main.select("h2")]
    assert titles == ["Ce qui part", "Ce qui reste, sans ton nom"]
    for kept_words in ("Les comptes", "registre de sécurité", "factures"):
        assert kept_words in main.get_text()
