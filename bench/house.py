"""What the measures share: houses built when first asked for, servers; nothing of it stays afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from bench.data import House, build
from bench.servers import Server
from tests.services import Processes

MISSIONS = 5_000
ROWS = 20  # of a team, a programme, a checklist


class Site:
    """The houses, in one folder on a disk (where synchronous=FULL costs what it costs), and who serves them."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self._folder, self.processes = folder, processes

    def new_folder(self) -> Path:
        return self._folder / secrets.token_hex(4)

    @cached_property
    def house(self) -> House:
        return build(self.new_folder(), MISSIONS, ROWS)

    @cached_property
    def portal(self) -> Server:
        return self.serve(self.house)

    def serve(self, house: House) -> Server:
        """The portal itself, in that house."""
        return Server(self.processes, "wsgi:app", house.environ)

    def witness(self, name: str, page: bytes = b"", house: House | None = None) -> Server:
        """An application of witnesses.py, beside the portal: `page` is what the portal answers to the same question."""
        file = self.new_folder()
        file.write_bytes(page)
        environ: Mapping[str, str] = {
            "BENCH_PAGE": str(file),
            "PORTAL_DATABASE_URL": f"sqlite:///{(house or self.house).instance / 'portail.db'}",
            "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
        }
        return Server(self.processes, f"bench.witnesses:{name}()", environ)
