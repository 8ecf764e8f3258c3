"""What anybody may ask of the house: its pages, its pulse, the files of a phone."""

from __future__ import annotations

TABLE = """
                              AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /                         200 200 200 200 200 200 200 200 200 200 200 200
GET /sante                    503 503 503 503 503 503 503 503 503 503 503 503
GET /sw.js                    200 200 200 200 200 200 200 200 200 200 200 200
GET /manifest.webmanifest     200 200 200 200 200 200 200 200 200 200 200 200
GET /hors-ligne               200 200 200 200 200 200 200 200 200 200 200 200
GET /pages/mentions-legales   200 200 200 200 200 200 200 200 200 200 200 200
GET /pages/inconnue           404 404 404 404 404 404 404 404 404 404 404 404
GET /.well-known/security.txt 404 404 404 404 404 404 404 404 404 404 404 404
"""

OWN: dict[str, dict[str, str]] = {}
