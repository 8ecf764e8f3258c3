"""What every test of rights needs: a table of cells asked over HTTP, and a fingerprint of all that a refusal must leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.db import Base, db
from tests.support import WRITTEN_BY_READS

NO_WORDS = WRITTEN_BY_READS | {"version"}  # which counts commits, empty ones too
KEPT = [f'SELECT * FROM "{table}"' for table in sorted(Base.metadata.tables) if table not in NO_WORDS]


def fingerprint() -> str:
    """Of every row of the database, but for what reading it writes; of what a transaction has written so far too."""
    db.session.flush()
    connection = db.session.connection()
    rows = [sorted(map(repr, connection.exec_driver_sql(query))) for query in KEPT]
    db.session.expire_all()
    return sha256(repr(rows).encode()).hexdigest()


@dataclass(frozen=True)
class Row:
    """One line of a table: a method, a path with names between braces, the status that each column gets."""

    asked: str
    cells: Mapping[str, int]

    @property
    def method(self) -> str:
        return self.asked.split()[0]

    def path(self, numbers: Mapping[str, Any]) -> str:
        return self.asked.split()[1].format(**numbers)

    def moves(self, who: str) -> bool:
        """Whether the cell says that something is done; who has to sign in is only led elsewhere. A list that
        leaves is written down too, and what a passkey is given to sign.
        """
        public = len(set(self.cells.values())) == 1
        done = 200 if self.asked.endswith((".csv", ".xlsx", ".txt", ".json", ".zip", "/defi")) else 303
        return self.method == "POST" and self.cells[who] == done and (public or who not in STRANGERS)


STRANGERS = ("AN", "CL")


def rows(table: str) -> list[Row]:
    head, *lines = table.strip().splitlines()
    who, found = head.split(), []
    for line in lines:
        method, path, *statuses = line.split()
        found.append(Row(f"{method} {path}", dict(zip(who, map(int, statuses), strict=True))))
    return found


def ask(visitor: FlaskClient, row: Row, numbers: Mapping[str, Any], fields: Mapping[str, Any]) -> TestResponse:
    data = {"data": dict(fields)} if row.method == "POST" else {}
    return visitor.open(row.path(numbers), method=row.method, **data)
