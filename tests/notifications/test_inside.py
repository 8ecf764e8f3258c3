"""Where the address of the chat leads: never to this machine, nor inside."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import pytest
import trustme

from portal.notifications import dehors
from tests import builders
from tests.notifications.chat import Chat, chat, server
from tests.notifications.test_rocketchat import rows, run, taken, zoe

__all__ = ["chat", "server", "zoe"]  # fixtures

NOWHERE = "L’adresse du webhook mène à cette machine ou à un réseau privé"
ODD = ["127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0.0.0.0", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
INSIDE = [
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "169.254.169.254",
    "0.0.0.0", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
    "::", "::1", "::7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1",
    "ff02::1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:db8::1", "2001:0:1::1", "100::1",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::"]


@pytest.mark.parametrize(("addresses", "public"), [(INSIDE, False), (OUTSIDE, True)])
def test_what_is_an_address_of_the_internet_at_large(addresses, public):
    assert {address: dehors.is_public(address) for address in addresses} == dict.fromkeys(addresses, public)


@pytest.fixture
def kept_out(server, settings):
    """A chat on this very machine, for a portal that writes to no private network."""
    server.reset()
    settings(rocketchat_url=server.url, rocketchat_private=False)
    return server


@pytest.mark.parametrize("host", ODD)
def test_this_machine_is_not_written_to_however_its_address_is_spelled(kept_out, settings, zoe, as_, host):
    settings(rocketchat_url=kept_out.url.replace("127.0.0.1", host))
    taken(zoe)
    run()
    [row] = rows()
    assert (kept_out.calls, row.envoye_le, row.abandonne_le is not None) == (0, None, True)
    assert row.erreur.startswith(NOWHERE)
    page = as_(builders.personne("Ada", [builders.ADMIN])).get("/notifications/courrier")
    assert NOWHERE in page.text
    assert "PORTAL_ROCKETCHAT_PRIVATE=on" in page.text


def answers(*addresses: str):
    """What a resolver of names says, and how many times it was asked."""
    asked: list[str] = []

    def getaddrinfo(host, port, *_, **__):
        asked.append(host)
        now = addresses[min(len(asked), len(addresses)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in now.split()]

    return asked, getaddrinfo


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "93.184.216.34 127.0.0.1"])
def test_a_name_that_leads_inside_is_not_written_to(kept_out, settings, zoe, monkeypatch, inside):
    settings(rocketchat_url=kept_out.url.replace("127.0.0.1", "chat.example.org"))
    asked, resolver = answers(inside)
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    taken(zoe)
    run()
    [row] = rows()
    assert (asked, kept_out.calls) == (["chat.example.org"], 0)
    assert row.erreur.startswith(NOWHERE)
    assert "127.0.0.1" not in row.erreur


def test_a_name_is_asked_once_and_what_it_answers_next_is_not_gone_to(kept_out, settings, zoe, monkeypatch):
    """Public when it is looked at, this machine a moment later: what was looked at is what is called."""
    settings(rocketchat_url=kept_out.url.replace("127.0.0.1", "chat.example.org"))
    asked, resolver = answers("93.184.216.34", "127.0.0.1")
    called = []
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: called.append(address) or refuse())
    taken(zoe)
    run()
    port = urlsplit(kept_out.url).port
    assert (asked, called) == (["chat.example.org"], [("93.184.216.34", port)])
    assert [(row.abandonne_le, row.essais) for row in rows()] == [(None, 0)]  # nobody there: it leaves at its return


def refuse():
    raise ConnectionRefusedError


@pytest.mark.parametrize("named", ["chat.example.org", "autre.example.org"])
def test_over_https_at_the_address_that_was_looked_at_it_is_the_name_that_is_proved(
    settings, zoe, tmp_path, monkeypatch, named
):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(named).configure_cert(tls)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    chat = Chat(tls)
    settings(rocketchat_url=chat.url.replace("127.0.0.1", "chat.example.org"))
    asked, resolver = answers("127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    taken(zoe)
    run()
    chat.stop()
    fine = named == "chat.example.org"
    assert (asked, len(chat.texts), chat.calls) == (["chat.example.org"], *((1, 1) if fine else (0, 0)))
    assert rows()[0].erreur == ("" if fine else "Rocket.Chat ne répond pas (SSLCertVerificationError)")


def test_the_first_of_its_addresses_that_answers_is_enough(chat, settings, zoe, monkeypatch):
    settings(rocketchat_url=chat.url.replace("127.0.0.1", "chat.example.org"))
    _, resolver = answers("127.0.0.2 127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    taken(zoe)
    run()
    assert len(chat.texts) == 1


def test_a_redirection_inside_is_not_followed(chat, zoe):
    inside = Chat()
    chat.answers = [(302, {"secret": "du réseau"}, {"Location": inside.url})]
    taken(zoe)
    run()
    inside.stop()
    assert (chat.calls, inside.calls) == (1, 0)
    assert rows()[0].erreur == "Rocket.Chat a répondu 302 : l’adresse du webhook renvoie ailleurs"
