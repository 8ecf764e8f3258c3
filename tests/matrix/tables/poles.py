"""The teams, read."""

from __future__ import annotations

TABLE = """
            AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /poles/ 303 303 403 403 403 200 200 200 200 200 200 200
"""

OWN: dict[str, dict[str, str]] = {}
