"""A later devis that is accepted says which missions it changes; an agreement that people count on is not undone."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.actions.models import Etat as ActionEtat
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.db import db
from portal.devis import accords, envoi
from portal.devis import commands as quotes
from portal.devis.accords import Signature
from portal.devis.models import Etat as DevisEtat
from portal.devis.models import Unite
from portal.journal import EntreeJournal, subject_key
from portal.missions import commands, ouverture
from portal.missions.models import annuler, publier
from portal.missions.reactions import Counted
from portal.notifications import messages
from portal.notifications.genres import Outdated
from portal.outbox import Message
from portal.poles.models import Genre
from tests import builders

SIGNED = Signature("Armelle Gigan")


class Story:
    """An action whose devis of six hours and two people was accepted, and whose missions are drafts since."""

    def __init__(self) -> None:
        self.zoe, gina = builders.bienveillant(), builders.personne("Gina Payet")
        groupe = builders.pole("Sono", Genre.GROUPE, members=[gina])
        self.action = builders.validated(self.zoe)
        self.besoin = builders.besoin(self.action, groupe, titre="La sono")
        besoins.answer(self.besoin, confirmer, by=gina)
        devis = builders.devis(self.action)
        hours = {"libelle": "Heure de site", "quantite": 600, "unite": Unite.HEURE, "prix": 120_00, "site": True}
        quotes.add(devis, by=self.zoe, **hours)
        self.people = next(line for line in devis.lignes if line.besoin_id == self.besoin.id)
        self.people.quantite, self.people.unite = 200, Unite.PERSONNE
        self.first = builders.accepted(self.action)
        posts = {p.besoin_id: {n: getattr(p, n) for n in ("titre", "nature", "debut", "fin", "places")}
                 for p in ouverture.proposals(self.action)}  # fmt: skip
        self.referent, self.sono = ouverture.open_all(self.action, by=self.zoe, postes=posts, sent=set(), aside=set())
        db.session.commit()

    def accept(self, *, hours: int = 600, people: int | None = 200):
        """The next version, with so many hundredths of each."""
        devis = quotes.draft(self.action, by=self.zoe)
        for line in list(devis.lignes):
            if line.site:
                line.quantite = hours
            elif people is None:
                quotes.remove(line, by=self.zoe)
            else:
                line.quantite = people
        envoi.send(devis, by=self.zoe, force="Dit de vive voix.")
        accords.accept(devis, signature=SIGNED, empreinte=devis.empreinte, by=None)
        db.session.commit()
        return devis

    @property
    def flags(self) -> tuple[str, str]:
        db.session.expire_all()
        return self.referent.a_revoir, self.sono.a_revoir


@pytest.fixture
def story(app):
    return Story()


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


# --- what is flagged -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_hours_of_the_site_are_those_of_the_referent(story):
    assert story.flags == ("", "")
    story.accept(hours=850)
    assert story.flags == ("Le devis passe de 6\u00a0h à 8,5\u00a0h.", "")


def test_people_are_those_of_the_mission_that_answers_their_need(story):
    story.accept(people=300)
    assert story.flags == ("", "Le devis passe de 2\u00a0personnes à 3\u00a0personnes.")


def test_a_version_without_them_says_so_and_one_with_them_again_too(story):
    story.accept(people=None)
    assert story.flags == ("", "Le devis ne la compte plus.")


def test_a_version_that_changes_neither_flags_nothing(story):
    devis = quotes.draft(story.action, by=story.zoe)
    devis.lignes[0].prix = 130_00
    envoi.send(devis, by=story.zoe, force="Dit de vive voix.")
    accords.accept(devis, signature=SIGNED, empreinte=devis.empreinte, by=None)
    assert story.flags == ("", "")


def test_what_is_sent_and_not_accepted_flags_nothing(story):
    devis = quotes.draft(story.action, by=story.zoe)
    devis.lignes[0].quantite = 800
    envoi.send(devis, by=story.zoe, force="Dit de vive voix.")
    assert story.flags == ("", "")


def test_two_versions_unseen_say_both_and_a_cancelled_mission_nothing(story):
    commands.decide(story.sono, annuler, by=story.zoe, motif="doublon")
    story.accept(hours=800, people=300)
    story.accept(hours=700)
    assert story.flags == ("Le devis passe de 6\u00a0h à 8\u00a0h. Le devis passe de 8\u00a0h à 7\u00a0h.", "")


def test_after_an_agreement_that_was_undone_the_next_version_is_read_beside_it(story):
    """Drafts were made from the first one, which was then sent back."""
    accords.undo(story.first, by=story.zoe, motif="erreur de clic")
    story.accept(hours=800)
    assert story.flags[0] == "Le devis passe de 6\u00a0h à 8\u00a0h."
    assert story.first.etat is DevisEtat.REMPLACE


# --- until somebody looked -----------------------------------------------------------------------------------


def test_its_card_its_edition_and_home_say_it_until_it_was_seen(as_, story):
    story.accept(hours=800)
    client, mission = as_(story.zoe), story.referent
    tab = f"/missions/action/{story.action.id}"
    pages = (tab, f"/missions/{mission.id}/modifier", "/missions/ouvrir/")
    assert ["Le devis passe de 6" in client.get(path).text for path in pages] == [True] * 3
    [row] = [a for a in soup(client.get("/")).select(".rangees a") if "mission à revoir" in a.get_text()]
    assert row["href"] == f"{tab}#mission-{mission.id}"
    answer = client.post(f"/missions/{mission.id}/vu")
    assert answer.location == f"{tab}#mission-{mission.id}"
    assert client.post(f"/missions/{mission.id}/vu").status_code == 303
    assert ["Le devis passe de 6" in client.get(path).text for path in pages] == [False] * 3
    assert "à revoir" not in client.get("/").text
    said = select(EntreeJournal.evenement, EntreeJournal.personne_id).where(EntreeJournal.sujet == subject_key(mission))
    told = [tuple(row) for row in db.session.execute(said.order_by(EntreeJournal.id))]
    assert told[-2:] == [("mission.toucher", None), ("mission.revoir", story.zoe.id)]


def test_nobody_else_says_that_it_was_seen(as_, story):
    story.accept(hours=800)
    rose = builders.bienveillant("Rose Técher")
    assert as_(rose).post(f"/missions/{story.referent.id}/vu").status_code == 403
    assert story.flags[0]


def test_the_message_of_a_later_version_sends_back_to_what_was_opened(story):
    letters = [messages.render(m.genre, m.faits) for m in answers()]
    assert ["La suite : ouvre les missions" in letter.texte.replace("\u00a0", " ") for letter in letters] == [True]
    story.accept(hours=800)
    [first, second] = answers()
    with pytest.raises(Outdated):  # that version is accepted no more
        messages.render(first.genre, first.faits)
    letter = messages.render(second.genre, second.faits)
    assert "Il remplace la version 1" in letter.texte
    assert f"/missions/ouvrir/{story.action.id}" not in letter.texte
    assert f"/missions/action/{story.action.id}" in letter.html


def answers() -> list[Message]:
    """To the bienveillant, of what the demandeur said of the devis."""
    return list(db.session.scalars(select(Message).where(Message.genre == "devis_repondu").order_by(Message.id)))


# --- undoing the agreement -----------------------------------------------------------------------------------


def publish(story: Story) -> None:
    commands.decide(story.sono, publier, by=story.zoe)


def hold_a_place(story: Story) -> None:
    commands.take(story.referent, by=story.zoe)


@pytest.mark.both
@pytest.mark.parametrize("engage", [publish, hold_a_place])
def test_it_is_refused_once_a_mission_is_published_or_held(story, engage):
    engage(story)
    db.session.commit()
    with pytest.raises(Counted):
        accords.undo(story.first, by=story.zoe, motif="erreur de clic")
    db.session.rollback()
    assert (story.first.etat, story.action.etat) == (DevisEtat.ACCEPTE, ActionEtat.CONFIRMEE)


def test_drafts_and_cancelled_missions_do_not_keep_it(story):
    publish(story)
    commands.decide(story.sono, annuler, by=story.zoe, motif="doublon")
    accords.undo(story.first, by=story.zoe, motif="erreur de clic")
    assert (story.first.etat, story.action.etat) == (DevisEtat.ENVOYE, ActionEtat.DEVIS_ENVOYE)
