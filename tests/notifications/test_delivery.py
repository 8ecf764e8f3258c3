"""A message leaves to a real mail server, or into a file; what the server answers decides what follows."""

from __future__ import annotations

import email.policy
import smtplib
import stat
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import current_app
from sqlalchemy import QueuePool, select

from portal import clock
from portal.config import BadSetting
from portal.db import db
from portal.notifications import delivery, worker
from portal.notifications.delivery import Server, Unreachable, is_final
from portal.outbox import Message
from tests import builders


@pytest.fixture
def message(app) -> Message:
    """A message about to leave."""
    zoe = builders.bienveillant()
    builders.candidature(builders.mission(builders.action(zoe), titre="Accueil du public"), email="lea@example.org")
    db.session.commit()
    return db.session.scalars(select(Message)).one()


def send_next() -> bool:
    """The worker's turn: what the test holds open is closed before."""
    db.session.commit()
    with delivery.Courier(current_app.config["PORTAL"]) as courier:
        return worker.send_next(courier)


@pytest.fixture
def deliver(message) -> Callable[[], Message]:
    """The worker's turn at that message; the row as it leaves it."""

    def turn() -> Message:
        assert send_next()
        return message

    return turn


# --- the mail server -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_it_arrives_whole_and_is_marked_sent(smtp, deliver):
    row = deliver()
    [mail] = smtp.mails
    assert (mail.recipients, mail.sender) == (["lea@example.org"], "ne-pas-repondre@localhost")
    assert "Accueil du public" in mail.text
    assert "/candidatures/suivi/" in mail.text
    assert (row.envoye_le is not None, row.erreur, row.bail_jusqu) == (True, "", None)


@pytest.mark.both
def test_refused_for_now_it_is_tried_again_later_and_arrives(smtp, deliver):
    smtp.refusal = "451 plus tard"
    row = deliver()
    assert (row.envoye_le, row.abandonne_le, row.erreur, row.essais) == (None, None, "451 plus tard", 1)
    assert not send_next()
    smtp.refusal = None
    with clock.freeze(row.du_le):
        assert deliver().envoye_le
    assert len(smtp.mails) == 1


def test_refused_for_good_it_is_given_up_at_once(smtp, deliver):
    smtp.refusal = "550 boite inconnue"
    row = deliver()
    assert (row.abandonne_le is not None, row.essais, row.erreur) == (True, 1, "550 boite inconnue")
    smtp.refusal = None
    with clock.freeze(clock.now() + timedelta(days=1)):
        assert not send_next()


def test_an_accented_address_arrives_where_the_server_knows_how(smtp, message, deliver):
    message.adresse = "léa@éclair.re"
    assert deliver().envoye_le
    assert [mail.recipients for mail in smtp.mails] == [["léa@éclair.re"]]


def test_one_bad_address_does_not_hold_the_others(smtp, message, outbox):
    message.adresse = "lea chez example.org"
    builders.candidature(builders.mission(builders.action(builders.bienveillant("Rose"))), email="ali@example.org")
    db.session.commit()
    worker.run_once()
    assert [mail.recipients for mail in smtp.mails] == [["ali@example.org"]]
    assert [(m.envoye_le is None, m.essais) for m in outbox()] == [(True, 1), (False, 1)]


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:1", "smtp://moi:tres-secret@127.0.0.1:1"])
def test_no_server_at_all_costs_no_message_a_try(settings, message, url):
    settings(mail_url=url)
    with pytest.raises(Unreachable):
        send_next()
    assert (message.envoye_le, message.abandonne_le, message.essais, message.bail_jusqu) == (None, None, 0, None)
    assert "Connection refused" in message.erreur


def test_the_password_never_leaves_in_clear_when_tls_was_asked_for_nor_stays_in_the_table(settings, smtp, message, caplog):
    settings(mail_url=f"smtp://moi:tres-secret@127.0.0.1:{smtp.port}?starttls=1")
    with pytest.raises(Unreachable):
        send_next()
    assert (message.envoye_le, smtp.mails) == (None, [])
    assert "STARTTLS" in message.erreur
    assert "secret" not in message.erreur + caplog.text


def test_what_the_server_repeats_is_kept_without_the_password(settings, smtp, deliver):
    smtp.refusal = "450 moi:tres-secret?"
    settings(mail_url=f"smtp://127.0.0.1:{smtp.port}")
    assert deliver().erreur == "450 moi:tres-secret?"  # not a secret of ours
    settings(mail_url=f"smtp://:tres-secret@127.0.0.1:{smtp.port}")
    with clock.freeze(clock.now() + timedelta(hours=1)):
        assert deliver().erreur == "450 moi:***?"


def test_the_log_names_the_row_and_not_the_person(smtp, deliver, caplog):
    smtp.refusal = "550 lea@example.org\tinconnue"
    row = deliver()
    assert f"message {row.id} (candidature_recue), try 1: SMTPRecipientsRefused" in caplog.text
    assert "lea@" not in caplog.text


def test_only_the_recipient_s_own_refusal_is_final():
    assert is_final(smtplib.SMTPRecipientsRefused({"a@b.re": (550, b"no")}))
    assert not is_final(smtplib.SMTPRecipientsRefused({"a@b.re": (450, b"later")}))
    assert not is_final(smtplib.SMTPSenderRefused(550, b"who are you", "x@y.re"))
    assert not is_final(smtplib.SMTPAuthenticationError(535, b"wrong password"))
    assert not is_final(TimeoutError())


@pytest.mark.both
def test_what_is_no_longer_true_is_dropped_not_sent(smtp, message, deliver):
    message.faits = {"candidature": 999}
    row = deliver()
    assert (row.ecarte_le is not None, row.erreur, row.envoye_le, row.abandonne_le) == (True, "périmé", None, None)
    assert smtp.mails == []


def test_a_message_that_cannot_be_written_waits_for_someone_to_look(smtp, message, deliver):
    message.genre = "genre_disparu"
    row = deliver()
    assert (row.erreur, row.essais, row.abandonne_le) == ("KeyError: 'genre_disparu'", 1, None)


@pytest.mark.both
def test_nothing_is_held_in_the_database_while_the_server_takes_its_time(smtp, message, monkeypatch):
    held = []
    send = smtplib.SMTP.send_message

    def look(self, *args, **more):
        assert isinstance(db.engine.pool, QueuePool)
        held.append(db.engine.pool.checkedout())
        return send(self, *args, **more)

    monkeypatch.setattr(smtplib.SMTP, "send_message", look)
    send_next()
    assert held == [0]


# --- files ---------------------------------------------------------------------------------------------------


def test_without_a_server_it_is_a_file_to_read(app, site, deliver):
    row = deliver()
    [path] = (site.instance / "mail").iterdir()
    stamp = clock.local(row.cree_le).strftime("%Y%m%d-%H%M%S")
    assert path.name == f"{stamp}-{row.id}-candidature_recue.eml"
    mail = email.message_from_bytes(path.read_bytes(), EmailMessage, policy=email.policy.default)
    assert mail["To"] == "lea@example.org"
    assert "bien arrivée" in path.read_text()  # as it is, without a decoder
    assert row.envoye_le
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sent_again_it_is_the_same_file(app, site, message):
    for _ in range(2):
        assert send_next()
        message.envoye_le = None
    assert len(list((site.instance / "mail").iterdir())) == 1


def test_a_folder_that_cannot_be_written_is_tried_again(app, site, deliver):
    (site.instance / "mail").write_text("not a folder")
    row = deliver()
    assert (row.envoye_le, row.essais) == (None, 1)
    assert "File" in row.erreur


# --- the setting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://relais.example.org", Server("relais.example.org", 25, "", "", tls=False, starttls=False)),
        ("smtp://moi:a%40b@x.re:587", Server("x.re", 587, "moi", "a@b", tls=False, starttls=True)),
        ("smtp://moi:mdp@x.re", Server("x.re", 587, "moi", "mdp", tls=False, starttls=True)),
        ("smtp://moi:mdp@x.re?starttls=0", Server("x.re", 25, "moi", "mdp", tls=False, starttls=False)),
        ("smtp://moi:mdp@127.0.0.1:2525", Server("127.0.0.1", 2525, "moi", "mdp", tls=False, starttls=False)),
        ("smtp://x.re?starttls=1", Server("x.re", 587, "", "", tls=False, starttls=True)),
        ("smtps://moi:mdp@x.re", Server("x.re", 465, "moi", "mdp", tls=True, starttls=False)),
    ],
)
def test_the_address_of_the_server_is_read_in_full(url, server):
    assert Server.from_url(url) == server


@pytest.mark.parametrize("url", ["x.re", "http://x.re", "smtp://", "smtp://x.re:abc", "smtp://x.re?starttls=oui", "smtp://[x"])
def test_an_address_that_is_not_understood_is_refused_before_anything_is_sent(settings, message, url):
    settings(mail_url=url)
    with pytest.raises(BadSetting, match="PORTAL_MAIL_URL"):
        worker.run_once()
    assert message.essais == 0
