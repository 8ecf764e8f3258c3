"""What tests and measures need besides Python, Chromium, PostgreSQL, khal, wrk: found, or installed from Debian's packages.

Standard library only. `make test` and `make bench` run it; tests/services.py asks it where things are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

CHROMIUMS = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-headless-shell",
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium/chromium-headless-shell",
)
COMMANDS = ("chromium", "chromium-browser", "google-chrome")  # what other distributions call it


def chromium() -> Path | None:
    """The browser's program: PORTAL_CHROMIUM when it is set, else the first of Debian's places, else a command's."""
    wanted = os.environ.get("PORTAL_CHROMIUM")
    places = [wanted] if wanted else [*CHROMIUMS, *(shutil.which(command) or "" for command in COMMANDS)]
    return next((Path(place) for place in places if place and os.access(place, os.X_OK)), None)


def postgresql() -> Path | None:
    """The folder of PostgreSQL's server programs, the newest first."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders = sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def command(name: str) -> Callable[[], Path | None]:
    """Finds a program that its package puts on the path."""

    def find() -> Path | None:
        found = shutil.which(name)
        return Path(found) if found else None

    return find


@dataclass(frozen=True)
class Service:
    name: str
    package: str
    find: Callable[[], Path | None]
    otherwise: str = ""

    @property
    def missing(self) -> str:
        """The line that says what to do about it."""
        return f"{self.name} manque sur cette machine : apt-get install {self.package}{self.otherwise}"


CHROMIUM = Service("Chromium", "chromium-headless-shell", chromium, " (ou PORTAL_CHROMIUM=/chemin/du/programme)")
POSTGRESQL = Service("Le serveur PostgreSQL", "postgresql", postgresql)
KHAL = Service("L’agenda khal", "khal", command("khal"))
WRK = Service("Le générateur de charge wrk", "wrk", command("wrk"))
SERVICES = {"chromium": CHROMIUM, "postgresql": POSTGRESQL, "khal": KHAL, "wrk": WRK}
FOR_TESTS = ("chromium", "postgresql", "khal")


def install(services: list[Service]) -> None:
    """Install their Debian packages; raises CalledProcessError when apt-get fails."""
    apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*apt, "update"], check=True, env=env, stdin=subprocess.DEVNULL)
    packages = [service.package for service in services]
    print(f"Installation de {' et '.join(packages)}…", flush=True)
    command = [*apt, "install", "-y", "--no-install-recommends", *packages]
    subprocess.run(command, check=True, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def main(names: Iterable[str]) -> int:
    """Find or install the services of these names; what is still missing is said, and the status is 1."""
    absent = [service for service in map(SERVICES.__getitem__, names) if service.find() is None]
    wanted = os.environ.get("PORTAL_CHROMIUM")
    if wanted and CHROMIUM in absent:
        print(f"PORTAL_CHROMIUM vaut {wanted} : aucun programme à cet endroit.", file=sys.stderr)
        return 1
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            install(absent)
        except subprocess.CalledProcessError as failure:
            print(f"apt-get a échoué (code {failure.returncode}).", file=sys.stderr)
        absent = [service for service in absent if service.find() is None]
    for service in absent:
        print(service.missing, file=sys.stderr)
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or FOR_TESTS))
