"""What other sites may read of the public pages: a list in JSON and the schema that describes it, both drawn from one table.

Nothing here looks at who asks: what is answered is what a stranger's page shows, so any site's script may read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, current_app

from portal import clock
from portal.web import GuardedBlueprint, Leaf

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXTE: dict[str, Any] = {"type": "string"}
NOMBRE: dict[str, Any] = {"type": "integer", "minimum": 0}
NUMERO: dict[str, Any] = {"type": "integer", "minimum": 1}
OUI_NON: dict[str, Any] = {"type": "boolean"}
INSTANT: dict[str, Any] = {"type": "string", "format": "date-time"}
ADRESSE: dict[str, Any] = {"type": "string", "format": "uri"}


def peut_manquer(forme: dict[str, Any]) -> dict[str, Any]:
    return forme | {"type": [forme["type"], "null"]}


@dataclass(frozen=True)
class Champ:
    """One field of what is listed: its name, its shape and its meaning for the schema, and where it is read."""

    nom: str
    forme: dict[str, Any]
    sens: str
    read: Callable[[Any], Any]


@dataclass(frozen=True)
class Liste:
    """A public list: the name of what it holds, in the plural, what the schema says of it, the fields of each."""

    nom: str
    titre: str
    champs: tuple[Champ, ...]

    def answer(self, leaf: Leaf) -> Response:
        suivante = leaf.next_url and absolute(leaf.next_url)
        rows = [{champ.nom: champ.read(row) for champ in self.champs} for row in leaf.items]
        return _json({"page": leaf.number, "suivante": suivante, self.nom: rows}, "application/json")

    def schema(self, path: str) -> Response:
        """The JSON Schema of `answer`, served at that path. New fields may come: it forbids none."""
        each = _object({champ.nom: champ.forme | {"description": champ.sens} for champ in self.champs})
        properties = {
            "page": NUMERO | {"description": "Le numéro de cette page, à partir de 1."},
            "suivante": peut_manquer(ADRESSE) | {"description": "L’adresse de la page suivante\u00a0; null à la dernière."},
            self.nom: {"type": "array", "items": each},
        }
        said = {"$schema": DRAFT, "$id": absolute(path), "title": self.titre} | _object(properties)
        return _json(said, "application/schema+json")


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _json(said: dict[str, Any], mimetype: str) -> Response:
    return Response(json.dumps(said, ensure_ascii=False), mimetype=mimetype)


def blueprint(package: str) -> GuardedBlueprint:
    """Where the lists of a package are served: browsers let the scripts of any site read them, never with a cookie."""
    made = GuardedBlueprint("api", package)
    made.after_request(_open)
    return made


def _open(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag"
    return response


def absolute(path: str) -> str:
    return f"{current_app.config['PORTAL'].base_url}{path}"


def instant(moment: datetime) -> str:
    """ISO 8601, as a clock on the walls of the place shows it, with its offset."""
    return clock.local(moment).isoformat(timespec="seconds")
