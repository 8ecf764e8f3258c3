"""A person erased: nothing says who they were, what waits for them is not sent, what they did stays counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import MetaData, select

from portal import clock, journal
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.comptes import commands, entree
from portal.comptes.models import Consultation, Note, Personne, Profil, Reception, Role
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.missions.models import UNDO, Origine
from portal.missions.queries import active_on
from portal.notifications import worker
from portal.outbox import Message
from tests import builders

pytestmark = pytest.mark.both


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def awa(app):
    awa = builders.personne("Awa Unique", email="Awa.Unique@example.org", telephone="+262692777777")
    db.session.add_all(
        [Profil(personne_id=awa.id, disponibilites=["samedi-matin"]), Note(personne_id=awa.id, texte="x", par_id=awa.id)]
    )
    db.session.flush()
    return awa


def everything() -> str:
    """All that the database holds, as text."""
    known = MetaData()
    known.reflect(db.session.connection())
    return "\n".join(str(row) for table in known.tables.values() for row in db.session.execute(select(table)))


def test_nothing_says_any_more_who_they_were(ada, awa, smtp):
    zoe = builders.bienveillant()
    action = builders.action(zoe)
    past, coming = (builders.mission(action, titre=titre) for titre in ("Passée", "À venir"))
    builders.hold(past, awa)
    for sender in (awa, None):  # signed in, then as a stranger with the same address
        candidature = builders.candidature(
            coming, sender, nom="Awa Unique", email="awa.unique@example.org", message="Mot unique"
        )
        candidatures.decide(candidature, accepter, by=zoe, despite_clash=True)
    past.debut, past.fin = clock.now() - 2 * UNDO, clock.now() - UNDO
    entree.ask_link(awa.email, suite="/")
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        worker.run_once()
    before = len(smtp.mails)
    assert before
    entree.ask_link(awa.email, suite="/")  # waits while they are erased
    commands.erase(awa, by=ada)
    db.session.commit()
    worker.run_once()
    assert [m.recipients for m in smtp.mails[before:]] == [[zoe.email]] * 2  # their place is free again, that is all
    found = everything().lower()
    for secret in ("unique", "692777777", "samedi-matin"):
        assert secret not in found, secret
    assert [a.personne.nom for a in active_on(past)] == ["Personne effacée"]  # one came, nobody knows who
    assert active_on(coming) == []
    assert db.session.scalars(select(Message).where(Message.envoye_le.is_(None), Message.ecarte_le.is_(None))).all() == []


def test_why_they_left_a_place_goes_from_the_rows_that_they_never_proved_too(ada, awa):
    """Somebody who follows the mail's link of another candidature is no more anonymous than an account."""
    zoe = builders.bienveillant()
    mission = builders.mission(builders.action(zoe))
    unproved = builders.candidature(mission, nom="A. Unique", email=awa.email, telephone="+262692777777")
    candidatures.decide(unproved, accepter, by=zoe)
    candidatures.leave(unproved, motif="Opération du genou")
    assert unproved.personne is not awa
    assert "Opération du genou" in everything()
    commands.erase(awa, by=ada)
    db.session.commit()
    assert "genou" not in everything()
    assert "unique" not in everything().lower()


def test_why_an_admin_freed_their_post_goes_from_the_journal_of_the_mission(ada, awa):
    zoe = builders.bienveillant()
    post, other = (builders.referent_mission(builders.action(zoe), take_post=True) for _ in range(2))
    missions.give_back(other, by=ada, motif="Zoé est en voyage")
    missions.give_back(post, by=ada, motif="Vu avec elle")
    missions.assign(post, awa, origine=Origine.CANDIDATURE, known_at=clock.now())
    missions.give_back(post, by=ada, motif="Opération du genou")
    commands.erase(awa, by=ada)
    db.session.commit()
    assert "genou" not in everything()
    assert "Zoé est en voyage" in everything()  # why others left is theirs


def test_a_post_held_by_priority_is_given_back_and_its_candidates_return_to_the_queue(ada):
    zoe = builders.bienveillant()
    post = builders.referent_mission(builders.action(zoe))
    waiting = builders.candidature(post)
    missions.take(post, by=zoe)
    assert waiting.etat == "liste_attente"
    commands.erase(zoe, by=ada)
    assert (waiting.etat, active_on(post)) == ("deposee", [])


def test_nothing_is_written_to_them_any_more(ada, awa, outbox):
    zoe = builders.bienveillant()
    mission = builders.mission(builders.action(zoe))
    candidature = builders.candidature(mission, awa)
    candidatures.decide(candidature, accepter, by=zoe)
    commands.erase(zoe, by=ada)
    before = len(outbox())
    candidatures.leave(candidature)
    assert len(outbox()) == before - 1  # the answer that had not left is taken back, and that is all


@pytest.mark.parametrize(
    ("days", "reception"), [(0.9, Reception.AUSSITOT), (9, Reception.RESUME)], ids=["late", "in the digest"]
)
def test_what_others_read_of_them_is_gone_too(ada, awa, smtp, as_, days, reception):
    zoe = builders.bienveillant()
    zoe.reception = reception
    mission = builders.mission(builders.action(zoe), debut=(at := clock.now() + timedelta(days=days)), fin=at + UNDO)
    candidature = builders.candidature(mission, awa)
    candidatures.decide(candidature, accepter, by=zoe, mot="Merci Unique")
    candidature.dite_le = clock.now()
    candidatures.leave(candidature, motif="Opération, dit Unique")
    db.session.commit()
    with clock.freeze(clock.now() + timedelta(days=0.5)):  # after six in the evening of that day or the next
        worker.run_once()
    with clock.freeze(clock.now() + timedelta(days=1.1)):
        worker.run_once()
    assert "Awa Unique" in " ".join(db.session.scalars(select(Message.texte)))
    commands.erase(awa, by=ada)
    db.session.commit()
    found = everything().lower()
    for secret in ("unique", "opération", "777777", "77\u00a077"):
        assert secret not in found, secret
    [read] = db.session.scalars(select(Message).where(Message.sur_id == awa.id))
    assert "Ce message parlait d’elle" in as_(zoe).get(f"/notifications/{read.id}").text


def test_who_runs_the_day_is_no_more_named_in_what_their_team_was_sent(ada, awa, smtp):
    action = builders.action(builders.bienveillant())
    builders.hold(builders.referent_mission(action), awa)
    mission = builders.mission(action)
    lea = builders.candidature(mission, email="lea@example.org")
    candidatures.decide(lea, accepter, by=action.bienveillant)
    db.session.commit()
    with clock.freeze(clock.now() + UNDO):
        worker.run_once()
    answer = select(Message).where(Message.genre == "candidature_reponse", Message.adresse == "lea@example.org")
    [told] = db.session.scalars(answer)
    assert "Awa Unique" in told.texte
    assert "0692\u00a077\u00a077\u00a077" in told.texte
    commands.erase(awa, by=ada)
    db.session.commit()
    db.session.expire_all()
    assert "Sur place, (effacé) t’accueille : (effacé)" in told.texte.replace("\u00a0", " ")
    assert "unique" not in everything().lower()


def test_the_words_that_they_signed_keep_no_name(ada, awa, smtp):
    """What they told others stays told, what has not left too."""
    awa.roles = [Role(nom=builders.BIENVEILLANT)]
    mission = builders.mission(builders.action(awa))
    sent, kept_back = (builders.candidature(mission) for _ in range(2))
    for candidature in (sent, kept_back):
        candidatures.decide(candidature, accepter, by=awa, mot="À samedi. Awa Unique, 0692 77 77 77")
        db.session.commit()
        if candidature is sent:
            with clock.freeze(clock.now() + UNDO):
                worker.run_once()
    commands.erase(awa, by=ada)
    db.session.commit()
    answers = select(Message.faits).where(Message.genre == "candidature_reponse")
    assert [said["mot"] for said in db.session.scalars(answers)] == ["À samedi. (effacé), (effacé)"] * 2
    found = everything().lower()
    assert [secret for secret in ("unique", "77 77") if secret in found] == []


def test_whom_they_invited_does_not_keep_their_name(ada, awa, smtp):
    for nom, sends in (("Ines", True), ("Paul", False)):
        commands.add_person(nom=nom, email=f"{nom}@example.org", roles=[builders.TRESORIER], by=awa)
        db.session.commit()
        if sends:
            worker.run_once()
    commands.erase(awa, by=ada)
    db.session.commit()
    worker.run_once()
    assert "unique" not in everything().lower()
    subjects = [mail.message["Subject"] for mail in smtp.mails]
    assert [subject.split(" t’ouvre")[0] for subject in subjects] == ["Awa Unique", "L’équipe"]


def test_they_are_signed_out_and_nobody_enters_with_their_address(ada, awa, as_, client):
    theirs = as_(awa)
    commands.erase(awa, by=ada)
    db.session.commit()
    assert theirs.get("/moi/").status_code == 303
    assert entree.ask_link("awa.unique@example.org", suite="/").personne_id is None
    again = builders.personne("Awa", email="awa.unique@example.org")  # may come back one day, as somebody new
    assert again.id != awa.id


def test_the_last_admin_stays(ada):
    with pytest.raises(commands.LastAdmin):
        commands.erase(ada, by=ada)


def test_from_the_settings_with_a_tick(ada, awa, as_):
    office, url = as_(ada), f"/reglages/personnes/{awa.id}/effacer"
    assert office.post(url).status_code == 303
    assert db.session.get(Personne, awa.id).nom == "Awa Unique"
    assert office.post(url, data={"certain": "1"}).status_code == 303
    db.session.expire_all()
    assert db.session.get(Personne, awa.id).nom == "Personne effacée"


def test_nobody_comes_back_nor_is_given_a_role(ada, awa, as_):
    """Such an account, which nobody opens, would count as an administrator who stays."""
    bob = builders.personne("Bob Payet", [builders.ADMIN])
    commands.erase(awa, by=ada)
    db.session.commit()
    client, sheet = as_(ada), f"/reglages/personnes/{awa.id}"
    for path, typed in (("/reactiver", {}), ("", {"nom": "Awa Unique", "telephone": "", "roles": ["admin"]})):
        answer = client.post(sheet + path, data=typed)
        assert answer.status_code in (409, 422)
        assert "Cette personne est effacée" in answer.text
    shown = client.get(sheet).text
    assert "Rouvrir le compte" not in shown
    assert 'name="roles"' not in shown
    db.session.expire_all()
    assert (awa.nom, awa.is_active, awa.roles) == (commands.ERASED, False, [])
    for change in (lambda: commands.set_active(awa, True, by=bob), lambda: commands.set_roles(awa, [builders.ADMIN], by=None)):
        with pytest.raises(commands.Erased):
            change()


def test_their_sheet_and_their_line_say_so_and_that_is_all(ada, awa, as_):
    """No made-up address, nothing to do, and nobody's data left to have looked at."""
    commands.erase(awa, by=ada)
    db.session.commit()
    office = as_(ada)
    for page in (office.get(f"/reglages/personnes/{awa.id}").text, office.get("/reglages/personnes/?q=effac").text):
        assert "Effacée" in page
        for sign in ("example.invalid", "Désactivé", "pôle ou groupe", "Qui a regardé"):
            assert sign not in page
    assert db.session.scalars(select(Consultation)).all() == []


def spoken_of(about: str) -> str:
    """What a note about somebody else says, and a reason in the journal."""
    zoe = builders.bienveillant()
    db.session.add(Note(personne_id=builders.personne("Léa Grondin").id, texte=about, par_id=zoe.id))
    journal.record("action.annuler", zoe, by=zoe, motif=about, faits={"titre": about})
    db.session.flush()
    return about


def still_said() -> set[str]:
    db.session.expire_all()
    [entry] = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.annuler"))
    return {db.session.scalars(select(Note.texte)).one(), entry.motif, entry.faits["titre"]}


@pytest.mark.parametrize("nom", ["a été", "de la", "A Été", "devis refusé", "Devis Refusé", "la mairie"])
def test_whoever_takes_words_of_every_day_for_a_name_takes_no_text_with_them(ada, nom):
    said = spoken_of("Le devis refusé de la mairie a été revu")
    commands.erase(builders.personne(nom, email="mal@example.org"), by=ada)
    assert still_said() == {said}


def test_a_name_that_nobody_proved_takes_no_text_of_others(ada):
    said = spoken_of("Léa Hoarau a été prévenue")
    mission = builders.mission(builders.action(builders.bienveillant("Bob Payet")))
    commands.erase(builders.candidature(mission, nom="Léa Hoarau", email="mal@example.org").personne, by=ada)
    assert still_said() == {said}


@pytest.mark.parametrize(
    ("nom", "written"),
    [
        ("Awa Payet", "PAYET Awa, AWA PAYET, Awa  Payet, awa.PAYET@Example.org"),
        ("awa payet", "Awa Payet, Payet Awa"),
        ("Jean-Yves Técher", "JEAN-YVES TÉCHER, Técher Jean-Yves"),
        ("Marie de la Fontaine", "Marie De La Fontaine, DE LA FONTAINE Marie"),
        ("Jean De La Fontaine", "Jean de la Fontaine, De La Fontaine Jean"),
        ("Jean Marie Payet", "PAYET Jean Marie, Marie Payet Jean"),
        ("d'Abbadie Luc", "d'Abbadie Luc, D'ABBADIE Luc, Luc D'Abbadie"),
    ],
)
def test_a_name_goes_however_it_was_written(ada, nom, written):
    spoken_of(f"Vient avec {written}, puis Awa Payette")
    commands.erase(builders.personne(nom, email="Awa.Payet@example.org"), by=ada)
    [said] = still_said()
    assert said == f"Vient avec {', '.join(['(effacé)'] * (written.count(',') + 1))}, puis Awa Payette"


@pytest.mark.parametrize("typed", ["ÉLISE@example.re", "ｌｅａ２@example.re"])
def test_links_asked_for_again_keep_no_address(ada, client, typed):
    elise = builders.personne("Élise Dubois", email=typed)
    db.session.commit()
    client.post("/candidatures/retrouver", data={"email": typed})
    db.session.expire_all()
    commands.erase(elise, by=ada)
    [asked] = db.session.scalars(select(Message).where(Message.genre == "mes_liens"))
    assert (asked.adresse, asked.faits) == ("", {})
