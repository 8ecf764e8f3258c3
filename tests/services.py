"""Real services for the tests: PostgreSQL, SMTP, processes, a web server, khal, Chromium. Nothing here knows the portal."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import email.policy
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from ssl import SSLContext
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import WSGIRequestHandler, make_server

from tools import systeme

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from playwright.sync_api import Browser

T = TypeVar("T")


class ServiceMissing(Exception):
    """A program that the tests need is not on this machine; the message says what to install."""


def wait_until(condition: Callable[[], T], what: str = "", seconds: float = 10) -> T:
    """The condition's first true answer; raises TimeoutError naming `what` when none came in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what or condition} : rien après {seconds} s")
        time.sleep(0.01)
    return answer


def memory_folder() -> str:
    """A folder in memory when the machine has room there, else the usual /tmp: databases of tests wait for no disk."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**29
    return str(memory) if roomy else "/tmp"


def bound_socket() -> socket.socket:
    """A socket on a free port of 127.0.0.1, kept until it is closed; it refuses connections until it listens."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    return sock


# --- processes -----------------------------------------------------------------------------------------------

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Run in the child: no kill of the tests, however brutal, leaves a server behind; under nohup it hears as it does alone."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if _libc:
        _libc.prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def spawn(command: Iterable[str | Path], **options: Any) -> subprocess.Popen[str]:
    """Start a program out of reach of the terminal's Ctrl-C; it ends with the thread that starts it (the main one)."""
    return subprocess.Popen(
        [str(part) for part in command], start_new_session=True, preexec_fn=_die_with_parent, text=True, **options
    )


class Processes:
    """Programs that all end, with what they started, when the `with` block does."""

    def __enter__(self) -> Processes:
        self.started: list[subprocess.Popen[str]] = []
        self._pipes: list[IO[str]] = []
        self._bound: list[socket.socket] = []
        return self

    def free_port(self) -> int:
        """A port that nothing else takes before the end of the block."""
        self._bound.append(bound_socket())
        port: int = self._bound[-1].getsockname()[1]
        return port

    def start(self, *command: str | Path, **options: Any) -> subprocess.Popen[str]:
        process = spawn(command, **options)
        self.started.append(process)
        self._pipes += [pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe]
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        """kill -9 to the process and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process in self.started:  # once it is gone, its number may be another's
            self.started.remove(process)

    def __exit__(self, *exc: object) -> None:
        for process in self.started[::-1]:
            self.kill(process)
        for pipe in self._pipes:
            pipe.close()
        for sock in self._bound:
            sock.close()


# --- PostgreSQL ----------------------------------------------------------------------------------------------


class PostgresCluster:
    """A private cluster on a socket of its own, with every promise of durability off unless it is to be SURE; thrown away
    by stop()."""

    SURE = ("listen_addresses=", "max_connections=200")
    FAST = (*SURE, "fsync=off", "synchronous_commit=off", "full_page_writes=off")

    def __init__(self, settings: Sequence[str] = FAST) -> None:
        programs = systeme.postgresql()
        if programs is None:
            raise ServiceMissing(systeme.POSTGRESQL.missing)
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=memory_folder()))  # short: a socket's path has 100 characters
        self._as = self._owner()
        data = self.folder / "data"
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "--no-sync",
            "-A",
            "trust",
            "-U",
            "postgres",
            "--wal-segsize=1",
        ]
        try:
            self.process = self._run([*initdb, "--encoding=UTF8", "--locale=C.UTF-8"])
            if self.process.wait():
                raise RuntimeError((self.folder / "log").read_text())
            self._server = [programs / "postgres", "-D", data, "-k", self.folder, *(f"--{setting}" for setting in settings)]
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self) -> None:
        self.process = self._run(self._server)
        wait_until(self._answers, "PostgreSQL", seconds=30)

    def crash(self) -> None:
        """At once: who is connected is cut, nothing is tidied up."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def _owner(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root: then its own account, or nobody, runs it."""
        if os.geteuid() != 0:
            return {}
        names = {account.pw_name for account in pwd.getpwall()}
        account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _run(self, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        with (self.folder / "log").open("a") as log:
            return spawn(command, cwd=self.folder, stdout=log, stderr=log, **self._as)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        try:
            psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    """The databases of a running cluster, named by the folder of its socket."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = folder
        self._admin = psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template1") -> None:
        """A fresh copy of the template, to which nobody may be connected: about 15 ms."""
        fast = " STRATEGY FILE_COPY" if self._admin.info.server_version >= 150000 else ""
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{fast}')

    def drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        self._admin.execute(cast("Any", statement))  # names are the tests' own

    def close(self) -> None:
        self._admin.close()


# --- SMTP ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        """The plain part, as a reader sees it."""
        part = self.message.get_body(("plain",))
        assert part is not None, "no plain text in this message"
        return str(part.get_content())


class SmtpSink:
    """A mail server that keeps what it is sent; it can be told to refuse, or to accept and never answer.

    `ssl` encrypts from the first word; `options` are aiosmtpd's own.
    """

    def __init__(self, *, ssl: SSLContext | None = None, **options: Any) -> None:
        self._socket = bound_socket()
        self.port: int = self._socket.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.reset()
        self._controller = _OnSocket(self, self._socket, ssl, options)
        self._controller.start()

    def reset(self) -> None:
        self.mails: list[Mail] = []
        self.refusal: str | None = None  # the answer to each recipient: "451 plus tard", "550 inconnu"
        self.hangs = False

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        while self.hangs:
            await asyncio.sleep(0.01)
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, EmailMessage, policy=email.policy.default)
        self.mails.append(Mail(envelope.mail_from or "", list(map(str, envelope.rcpt_tos)), message))
        return "250 OK"

    def stop(self) -> None:
        self.hangs = False
        self._controller.stop()
        self._socket.close()


class _OnSocket(Controller):
    """aiosmtpd's controller on a socket that is already bound, so that no other program can take its port."""

    def __init__(self, sink: SmtpSink, sock: socket.socket, ssl: SSLContext | None, options: dict[str, Any]) -> None:
        super().__init__(sink, hostname="127.0.0.1", port=sink.port, ssl_context=ssl, **options)
        self._socket = sock

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._socket, ssl=self.ssl_context)


# --- web -----------------------------------------------------------------------------------------------------


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: the tests report what matters."""


class LiveServer:
    """A WSGI application on a bound socket, a thread for each request, in this process."""

    def __init__(self, app: WSGIApplication, sock: socket.socket) -> None:
        self._running = 0
        self._count = threading.Lock()
        host, port = sock.getsockname()
        sock.listen(128)
        self._server = make_server(host, port, app, threaded=True, fd=sock.fileno(), request_handler=self._counted())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _counted(self) -> type[WSGIRequestHandler]:
        """From the request to its very end: werkzeug closes no answer whose client hung up while it listened for the rest."""
        add = self._add

        class Counted(_Silent):
            def run_wsgi(self) -> None:
                add(1)
                try:
                    super().run_wsgi()
                finally:
                    add(-1)

        return Counted

    def _add(self, n: int) -> None:
        with self._count:
            self._running += n

    def quiet(self) -> None:
        """Wait for the requests under way, so that the next test finds nobody at work."""
        wait_until(lambda: self._running == 0, "the live server's last requests")

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Khal:
    """Debian's agenda, with a calendar of its own in this folder, on a machine of that time zone."""

    def __init__(self, folder: Path, zone: str) -> None:
        program = systeme.KHAL.find()
        if program is None:
            raise ServiceMissing(systeme.KHAL.missing)
        self._folder, settings = folder, folder / "khal.conf"
        hours = "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
        hours += "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        settings.write_text(
            f"[calendars]\n[[missions]]\npath = {folder / 'missions'}\n[default]\ndefault_calendar = missions\n"
            f"[locale]\nlocal_timezone = {zone}\ndefault_timezone = {zone}\n{hours}[sqlite]\npath = {folder / 'khal.db'}\n"
        )
        (folder / "missions").mkdir()
        self._command = [str(program), "-c", str(settings)]

    def take_in(self, file: bytes) -> None:
        """Import a calendar file; an event of the same UID is replaced."""
        path = self._folder / "calendrier.ics"
        path.write_bytes(file)
        self._run("import", "--batch", str(path))

    def listed(self, day: str, shape: str) -> list[str]:
        """The events of that day ("2026-10-29"), each as the shape says ("{start-time} {title}")."""
        end = "\x1e"  # a title may hold what its reader takes for the end of a line
        found = self._run("list", "--day-format", "", "--format", shape + end, day, "1d").split(end)
        return [event.strip() for event in found if event.strip()]

    def _run(self, *words: str) -> str:
        env = {"HOME": str(self._folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run([*self._command, *words], env=env, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, that asks nothing of the network by itself."""
    from playwright.sync_api import sync_playwright  # a second to import, for the tests that need it

    program = systeme.chromium()
    if program is None:
        raise ServiceMissing(systeme.CHROMIUM.missing)
    flags = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        try:
            yield browser
        finally:
            browser.close()
