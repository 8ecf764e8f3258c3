"""`portal run` for real: the site and the worker start together and end together, whoever is killed and however."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import select

from portal import demo
from portal.comptes import commands as comptes
from portal.comptes import second, totp
from portal.comptes.models import SecondFacteur
from portal.config import ROOT
from portal.db import db
from tests.services import bound_socket, wait_until

KEY = "abcdefghijklmnopqrstuvwxyz012345"


class Portal:
    """One `portal run` in a process of its own, what it says, and the processes it started."""

    def __init__(self, process: subprocess.Popen[str], log: Path, *, many: int) -> None:
        self.process, self._log, self.many = process, log, many
        self.children: list[int] = []

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_until_it_answers(self) -> None:
        wait_until(lambda: "Ctrl-C" in self.said or self.process.poll() is not None, "portal run", 30)
        assert self.process.poll() is None, self.said
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        self.children = [int(pid) for pid in listed.split()]
        assert len(self.children) == self.many

    def child(self, name: str) -> int:
        return next(pid for pid in self.children if name in Path(f"/proc/{pid}/cmdline").read_text())

    def left(self) -> list[int]:
        return [pid for pid in self.children if is_alive(pid)]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def port() -> int:
    with closing(bound_socket()) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def run(site, processes, port, tmp_path):
    """`run()` starts the portal on this test's database; keywords are settings, `before` what stands before the command."""

    def start(*before: str, **environ: str) -> Portal:
        settings = site.environ | {"PORT": str(port), "PORTAL_BASE_URL": f"http://127.0.0.1:{port}"} | environ
        log = tmp_path / "dit"
        with log.open("w") as output:
            command = (*before, sys.executable, "-m", "portal", "run")
            process = processes.start(
                *command, cwd=ROOT, env=os.environ | settings, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        return Portal(process, log, many=3 if "PORTAL_METRICS_PORT" in environ else 2)

    return start


@pytest.fixture
def portal(run) -> Portal:
    portal: Portal = run()
    portal.wait_until_it_answers()
    return portal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_whoever_asks_it_to_stop_stops_all_of_it(portal, port, number):
    portal.process.send_signal(number)
    assert portal.process.wait(30) == 0
    assert portal.left() == []
    assert portal.said.splitlines()[-1] == "Le portail est arrêté."
    socket.create_server(("127.0.0.1", port)).close()


def test_killed_at_once_it_leaves_nothing_behind(portal):
    assert {os.getsid(pid) for pid in portal.children} == set(portal.children)  # no Ctrl-C reaches them either
    portal.process.kill()
    wait_until(lambda: not portal.left(), "the site and the worker end", 15)


@pytest.mark.parametrize(("program", "name"), [("gunicorn", "Le site"), ("portal\0worker", "Le facteur")])
def test_one_that_dies_is_named_and_takes_the_other_along(portal, program, name):
    os.kill(portal.child(program), signal.SIGKILL)
    assert portal.process.wait(30) == 1
    assert portal.left() == []
    assert portal.said.splitlines()[-1] == f"{name} s’est arrêté de lui-même (signal 9)\u00a0: tout s’arrête."


def test_it_encrypts_what_an_older_portal_kept_in_clear(run, app):
    awa, secret = comptes.add_person(nom="Awa", email="awa@example.org", by=None), totp.new_secret()
    db.session.add(SecondFacteur(personne_id=awa.id, secret=secret))
    db.session.commit()
    run().wait_until_it_answers()
    found = db.session.scalars(select(SecondFacteur)).one()
    assert found.secret != secret
    assert second.secret_of(found) == secret


def test_under_nohup_it_survives_its_terminal_until_it_is_told_to_stop(run):
    portal = run("nohup")
    portal.wait_until_it_answers()
    portal.process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        portal.process.wait(1)
    portal.process.terminate()
    assert portal.process.wait(30) == 0


def test_a_port_that_is_taken_is_said_before_anything_starts(run, port, tmp_path):
    with socket.create_server(("127.0.0.1", port)):
        portal = run(PORTAL_INSTANCE_DIR=str(tmp_path), PORTAL_DATABASE_URL="")
        assert portal.process.wait(30) == 1
    assert portal.said == f"Le port {port} est déjà pris\u00a0: PORT=8080 make run\n"
    assert not (tmp_path / "portail.db").exists()


def test_so_is_the_port_of_the_measures(run, port):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        portal = run(PORTAL_METRICS_PORT=str(taken))
        assert portal.process.wait(30) == 1
    assert portal.said.startswith(f"PORTAL_METRICS_PORT={taken} ne s’ouvre pas")


@pytest.mark.parametrize(("said", "shown"), [({}, "0100007F"), ({"PORTAL_LISTEN": "0.0.0.0"}, "00000000")])
def test_it_listens_to_this_machine_alone_unless_it_is_told_otherwise(run, port, said, shown):
    portal = run(**said)
    portal.wait_until_it_answers()
    assert re.findall(rf"(\w{{8}}):{port:04X} 00000000:0000 0A", Path("/proc/net/tcp").read_text()) == [shown]


def test_the_engine_of_its_container_learns_how_it_is(portal, site, port):
    environ = os.environ | site.environ | {"PORT": str(port), "PORTAL_BASE_URL": f"http://127.0.0.1:{port}"}
    asked = [sys.executable, "-m", "tools.sante"]
    assert subprocess.run(asked, cwd=ROOT, env=environ).returncode == 0
    portal.process.terminate()
    portal.process.wait(30)
    assert subprocess.run(asked, cwd=ROOT, env=environ).returncode == 1


def production(tmp_path: Path) -> dict[str, str]:
    return {
        "PORTAL_ENV": "production",
        "PORTAL_SECRET_KEY": KEY,
        "PORTAL_BASE_URL": "https://portail.example.org",
        "PORTAL_RATE_LIMITS": "on",
        "PORTAL_INSTANCE_DIR": str(tmp_path / "instance"),
    }


def test_in_production_it_says_what_the_proxy_calls_and_keeps_its_files_to_itself(run, port, tmp_path):
    portal = run(**production(tmp_path), PORTAL_DATABASE_URL="")
    portal.wait_until_it_answers()
    assert "Le portail répond à https://portail.example.org\n" in portal.said
    assert f"appelle http://127.0.0.1:{port} avec l’en-tête Host\u00a0: portail.example.org\n" in portal.said
    assert demo.PASSWORD not in portal.said
    instance = tmp_path / "instance"
    assert (instance / "portail.db").exists()
    assert {stat.S_IMODE(path.stat().st_mode) for path in instance.rglob("*") if path.is_file()} == {0o600}
    assert stat.S_IMODE(instance.stat().st_mode) == 0o700


@pytest.mark.both
def test_production_never_starts_on_the_demo(run, app, site, tmp_path):
    comptes.add_person(nom="Ada Robert", email="admin@example.org", password=demo.PASSWORD, by=None)
    db.session.commit()
    portal = run(**production(tmp_path))
    assert portal.process.wait(30) == 1
    assert portal.said.startswith("La démonstration est dans cette base")
    assert "PORTAL_INSTANCE_DIR" in portal.said


def test_when_it_is_measured_prometheus_reads_all_its_processes_and_nobody_in_them(run, port):
    with closing(bound_socket()) as free:
        measured = int(free.getsockname()[1])
    portal = run(PORTAL_METRICS_PORT=str(measured))
    portal.wait_until_it_answers()
    for _ in range(20):
        with urlopen(f"http://127.0.0.1:{port}/missions/") as answer:
            answer.read()
    text = ""

    def read() -> bool:
        nonlocal text
        with suppress(OSError), urlopen(f"http://127.0.0.1:{measured}/metrics") as answer:
            text = answer.read().decode()
        return 'portal_requete_seconds_count{page="missions.index",statut="2xx"} 20.0' in text

    wait_until(read, "the twenty requests, whichever process answered them", 15)
    values = dict(re.findall(r"^(portal_\w+) ([\d.e+-]+)$", text, re.MULTILINE))
    assert float(values["portal_base_repond"]) == 1
    assert float(values["portal_facteur_silence_seconds"]) < 60
    assert float(values["portal_disque_libre_bytes"]) > 0
    assert not re.search(r"@|127\.0\.0\.1", text)
    assert f"0100007F:{measured:04X}" in Path("/proc/net/tcp").read_text()  # the machine's own address, and no other
    assert f"00000000:{measured:04X}" not in Path("/proc/net/tcp").read_text()
    os.kill(portal.child("metrics"), signal.SIGKILL)
    with pytest.raises(subprocess.TimeoutExpired):  # visitors see nothing of it
        portal.process.wait(1)
    portal.process.send_signal(signal.SIGINT)
    assert portal.process.wait(30) == 0
    assert portal.left() == []
