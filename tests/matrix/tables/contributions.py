"""Hours and points, and what attests them."""

from __future__ import annotations

TABLE = """
                                                  AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /contributions/                               303 303 200 200 200 200 200 200 200 200 200 200
GET /contributions/export.csv                     303 303 200 200 200 200 200 200 200 200 200 200
GET /contributions/action/{done}                  303 303 404 404 200 200 403 403 403 403 403 200
POST /contributions/action/{done}/transmettre     303 303 404 404 303 303 403 403 403 403 403 303
POST /contributions/action/{done}/valider         303 303 404 404 403 303 403 403 403 403 403 303
POST /contributions/action/{action}/valider       303 303 404 404 403 409 403 403 403 403 403 409
POST /contributions/action/{counted}/export.csv   303 303 403 403 403 200 403 403 403 403 403 200
POST /contributions/annee/{year}/export.csv       303 303 403 403 403 403 403 403 403 403 200 200
GET /contributions/releves/{releve}/corriger      303 303 403 403 403 200 404 403 403 403 403 200
POST /contributions/releves/{releve}/corriger     303 303 403 403 403 303 404 403 403 403 403 303
GET /contributions/attestation/                   200 200 200 200 200 200 200 200 200 200 200 200
GET /contributions/attestation/{code}             200 200 200 200 200 200 200 200 200 200 200 200
GET /contributions/attestation/AAAAA-AAAAA        404 404 404 404 404 404 404 404 404 404 404 404
POST /contributions/attestations                  303 303 303 404 303 404 404 404 404 404 404 404
GET /contributions/attestations/{attestation}.pdf 303 303 200 404 404 404 404 404 404 404 404 404
"""

OWN = {
    "POST /contributions/releves/{releve}/corriger": {"minutes_{releve}": "1 h", "constat_{releve}": "present"},
    "POST /contributions/attestations": {"action": "{counted}"},
}
