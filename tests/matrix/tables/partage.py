"""Expenses and the share-out."""

from __future__ import annotations

TABLE = """
                                          AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /partage/                             303 303 403 403 403 200 200 200 200 200 200 200
GET /partage/annees                       303 303 403 403 403 403 403 403 403 403 200 200
GET /partage/action/{held}                303 303 403 403 403 200 403 403 403 403 200 200
GET /partage/action/{held}/releve/commun  303 303 403 403 403 200 403 403 403 403 200 200
GET /partage/action/999                   303 303 403 403 403 404 404 404 404 404 404 404
POST /partage/action/{held}/cles          303 303 403 403 403 303 403 403 403 403 303 403
POST /partage/action/{held}/cles/devis    303 303 403 403 403 303 403 403 403 403 303 403
POST /partage/action/{held}/decider       303 303 403 403 403 403 403 403 403 403 409 403
POST /partage/action/{held}/corriger      303 303 403 403 403 403 403 403 403 403 409 403
POST /partage/action/{held}/clore         303 303 403 403 403 403 403 403 403 403 409 403
GET /partage/action/{held}/depense        303 303 403 403 403 200 403 403 403 403 200 403
POST /partage/action/{held}/depense       303 303 403 403 403 303 403 403 403 403 303 403
GET /partage/depenses/{cost}              303 303 403 403 403 200 404 403 403 403 200 403
POST /partage/depenses/{cost}             303 303 403 403 403 303 404 403 403 403 303 403
POST /partage/depenses/{cost}/retirer     303 303 403 403 403 303 404 403 403 403 303 403
GET /partage/depenses/{cost}/justificatif 303 303 403 403 403 200 404 403 403 403 200 200
GET /partage/depenses/999                 303 303 403 403 403 404 404 403 403 403 404 403
GET /partage/action/{paid_off}            303 303 403 403 403 200 403 200 403 403 200 200
POST /partage/action/{paid_off}/decider   303 303 403 403 403 403 403 403 403 403 303 403
"""

SPENT = {"libelle": "Marché", "montant": "20", "le": "2026-01-01", "nature": "materiel"}
OWN = {
    "POST /partage/action/{held}/cles": {"lu": "{cles}"},
    "POST /partage/action/{paid_off}/decider": {"tout": "{accounts}"},
    **{f"POST /partage/{where}": SPENT for where in ("action/{held}/depense", "depenses/{cost}")},
}
