"""A mail server as the house will have one: encrypted, with a password; and the doors that stay shut without them."""

from __future__ import annotations

import ssl

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword
from sqlalchemy import select

from portal.db import db
from portal.notifications import worker
from portal.outbox import Message
from tests import builders
from tests.services import SmtpSink

# the sockets of some of these servers are encrypted before a word is said
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

USER, PASSWORD = "raffinerie@example.org", "tournesol-49"


def check(server, session, envelope, mechanism, data) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=known)


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """An authority that this machine trusts for the length of a test, and a certificate of it for 127.0.0.1."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def serve(authority):
    """serve(tls): a server that wants a password, encrypted from the first word or once STARTTLS is said."""
    started = []

    def start(*, tls: bool) -> SmtpSink:
        how = {"ssl": authority, "auth_require_tls": False} if tls else {"tls_context": authority, "require_starttls": True}
        started.append(SmtpSink(authenticator=check, auth_required=True, **how))
        return started[-1]

    yield start
    for sink in started:
        sink.stop()


def send(settings, url: str) -> Message:
    builders.candidature(builders.mission(builders.action(builders.bienveillant())), email="lea@example.org")
    settings(mail_url=url)
    db.session.commit()
    worker.run_once()
    return db.session.scalars(select(Message)).one()


LOGIN = f"{USER.replace('@', '%40')}:{PASSWORD}"


@pytest.mark.parametrize(("tls", "scheme", "query"), [(True, "smtps", ""), (False, "smtp", "?starttls=1")])
def test_it_leaves_encrypted_with_its_password(app, settings, serve, tls, scheme, query):
    server = serve(tls=tls)
    row = send(settings, f"{scheme}://{LOGIN}@127.0.0.1:{server.port}{query}")
    assert row.envoye_le, row.erreur
    assert [mail.recipients for mail in server.mails] == [["lea@example.org"]]


def test_a_wrong_password_costs_no_try_and_is_not_repeated(app, settings, serve):
    server = serve(tls=True)
    row = send(settings, f"smtps://{LOGIN}-faux@127.0.0.1:{server.port}")
    assert (server.mails, row.envoye_le, row.essais) == ([], None, 0)
    assert "535" in row.erreur
    assert "tournesol" not in row.erreur


def test_a_certificate_that_nobody_signed_is_not_spoken_to(app, settings, serve, monkeypatch, tmp_path):
    server = serve(tls=True)
    other = tmp_path / "autre.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    row = send(settings, f"smtps://{LOGIN}@127.0.0.1:{server.port}")
    assert (server.mails, row.envoye_le) == ([], None)
    assert "CERTIFICATE_VERIFY_FAILED" in row.erreur
