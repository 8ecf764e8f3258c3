"""Another program hears of what happens to actions and missions: by a real HTTP server, which checks as docs/api.md says."""

from __future__ import annotations

import json
import re
import threading
from contextlib import closing
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select

from portal import clock
from portal.actions import commands as actions
from portal.actions.processus import annuler, refuser
from portal.config import ROOT
from portal.db import db
from portal.missions.commands import decide
from portal.missions.models import fermer
from portal.notifications import dehors, worker
from portal.outbox import Message, Voie
from tests import builders
from tests.notifications.chat import Silent
from tests.services import bound_socket

SECRET, OTHER = "un-secret-tire-au-hasard-0123456789", "un-autre-secret-au-hasard-9876543210"
EXAMPLE = re.search(r"```python\n(.+?)```", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)


class Program:
    """Keeps the headers and the body of what is posted; `answers` are statuses that come first, one each."""

    def __init__(self) -> None:
        socket = bound_socket()
        self.port = socket.getsockname()[1]
        socket.close()
        self.url = f"http://127.0.0.1:{self.port}/portail"
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []

    def start(self) -> None:
        program = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                program.heard.append((dict(self.headers), body))
                status, headers = program.answers.pop(0) if program.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def said(self) -> list[dict]:
        return [json.loads(body) for _, body in self.heard]


@pytest.fixture
def program(settings):
    program = Program()
    program.start()
    events = ("action.", "mission.")
    settings(webhook_url=program.url, webhook_secrets=(SECRET,), webhook_events=events, webhook_private=True)
    with closing(program):
        yield program


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def verify():
    """The function that docs/api.md gives."""
    names: dict = {}
    exec(EXAMPLE[1], names)
    return names["est_du_portail"]


def run() -> None:
    db.session.commit()
    worker.run_once()


def rows() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).where(Message.voie == Voie.WEBHOOK).order_by(Message.id)))


@pytest.mark.both
def test_each_move_is_heard_once_and_says_which_and_nothing_of_anybody(program, zoe):
    action = builders.action(zoe, titre="Kabar secret")
    mission = builders.mission(action)
    decide(mission, fermer, by=zoe)
    run()
    run()
    said = program.said
    assert [(s["evenement"], s["avant"], s["apres"]) for s in said] == [
        ("action.enregistrer", "sollicitee", "confirmee"),
        ("mission.publier", "brouillon", "ouverte"),
        ("mission.fermer", "ouverte", "fermee"),
    ]
    assert [s["sujet"]["id"] for s in said] == [action.id, mission.id, mission.id]
    assert said[0]["sujet"]["genre"] == "action"
    assert said[1]["sujet"]["url"].endswith(f"/missions/{mission.id}")
    assert set(said[0]) == {"id", "evenement", "instant", "avant", "apres", "sujet"}
    assert datetime.fromisoformat(said[0]["instant"]).utcoffset() == timedelta(hours=4)
    assert len({s["id"] for s in said}) == 3
    assert [headers["Portail-Id"] for headers, _ in program.heard] == [s["id"] for s in said]
    posted = str(program.heard)
    for secret in ("Zoé", "DAL974", "@", "Kabar", SECRET):
        assert secret not in posted


def test_the_signature_is_verified_as_the_manual_says(program, zoe, verify, settings):
    settings(webhook_secrets=(OTHER, SECRET))  # while one is changed, either will do
    builders.action(zoe)
    run()
    [(headers, body)] = program.heard
    assert verify(headers, body, SECRET)
    assert verify(headers, body, OTHER)
    assert not verify(headers, body, "un-tout-autre-secret-au-hasard-00000")
    assert not verify(headers, body + b" ", SECRET)
    old = str(int(headers["Portail-Instant"]) - 600)
    assert not verify(headers | {"Portail-Instant": old}, body, SECRET)
    assert not verify(headers | {"Portail-Signature": ""}, body, SECRET)
    assert len(EXAMPLE[1].splitlines()) <= 12


@pytest.mark.both
def test_down_then_back_it_hears_each_once_under_the_same_id(program, zoe):
    program.close()
    builders.action(zoe)
    for _ in range(9):
        run()
    [row] = rows()
    assert (row.envoye_le, row.abandonne_le, row.erreur) == (None, None, "Le webhook ne répond pas (ConnectionRefusedError)")
    program.start()
    with clock.freeze(clock.now() + timedelta(minutes=10)):
        run()
        run()
    assert [s["evenement"] for s in program.said] == ["action.enregistrer"]
    assert program.said[0]["id"] == row.faits["id"]


def test_after_an_error_of_its_own_the_same_id_comes_again(program, zoe):
    program.answers = [(500, {}), (503, {})]
    builders.action(zoe)
    for minutes in (0, 10, 30):
        with clock.freeze(clock.now() + timedelta(minutes=minutes)):
            run()
    assert len(program.heard) == 3
    assert len({body for _, body in program.heard}) == 1
    assert rows()[0].envoye_le


@pytest.mark.parametrize("answer", [(410, {}), (302, {"Location": "http://127.0.0.1/ailleurs"}), (403, {})])
def test_what_it_refuses_waits_for_an_admin_who_sends_it_again(program, zoe, answer, as_):
    program.answers = [answer]
    builders.action(zoe)
    run()
    [row] = rows()
    assert row.abandonne_le
    assert str(answer[0]) in row.erreur
    admin = as_(builders.personne("Ada", [builders.ADMIN]))
    assert admin.post(f"/notifications/{row.id}/reprendre").status_code == 303
    db.session.rollback()
    run()
    assert len(program.heard) == 2


def test_a_private_address_is_not_written_to(program, zoe, settings):
    settings(webhook_private=False)
    builders.action(zoe)
    run()
    assert program.heard == []
    [row] = rows()
    assert row.abandonne_le
    assert "PORTAL_WEBHOOK_PRIVATE=on" in row.erreur


def test_it_hears_of_what_it_asked_for_alone(program, zoe, settings):
    settings(webhook_events=("action.annuler", "action.refuser"))
    action = builders.action(zoe)
    builders.mission(action)
    actions.decide(action, annuler, by=zoe, motif="Pluie, dit Paul Grondin")
    run()
    assert [s["evenement"] for s in program.said] == ["action.annuler"]
    assert "Grondin" not in str(program.heard)


def test_what_did_not_happen_is_not_told(program, zoe):
    action = builders.action(zoe, confirmed=False)
    db.session.commit()
    actions.decide(action, refuser, by=zoe, motif="non")
    db.session.rollback()
    run()
    assert program.heard == []


def test_without_an_address_nothing_is_kept_and_what_waited_is_dropped(program, zoe, settings):
    builders.action(zoe)
    db.session.commit()
    settings(webhook_url=None)
    builders.action(zoe)
    run()
    assert program.heard == []
    assert [row.ecarte_le is not None for row in rows()] == [True]


def test_the_preview_of_messages_to_people_leaves_it_out(program, zoe, as_):
    action = builders.action(zoe)
    client = as_(zoe)
    page = client.post(f"/actions/{action.id}/annuler", data={"motif": "Pluie", "apercu": "Annuler"})
    assert page.status_code == 200
    assert "Webhook" not in page.text


def test_one_that_takes_it_and_never_says_so_is_given_it_again_under_the_same_id(program, zoe, settings, monkeypatch):
    monkeypatch.setattr(dehors, "TIMEOUT", 0.2)
    silent = Silent()
    settings(webhook_url=silent.url)
    builders.action(zoe)
    for _ in range(3):
        run()
    silent.stop()
    [row] = rows()
    assert (row.envoye_le, row.abandonne_le, row.essais) == (None, None, 1)  # it waits its turn, behind what else is due
    settings(webhook_url=program.url)
    with clock.freeze(row.du_le):
        run()
    assert [s["id"] for s in program.said] == [row.faits["id"]]
