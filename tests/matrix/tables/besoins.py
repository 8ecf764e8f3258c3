"""Needs, and who answers for them."""

from __future__ import annotations

TABLE = """
                                       AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /besoins/                          303 303 403 403 403 403 403 200 200 200 403 403
GET /besoins/espaces                   303 303 403 403 403 200 200 200 200 200 200 200
GET /besoins/action/{action}           303 303 404 404 200 200 200 200 200 200 200 200
GET /besoins/action/999                303 303 404 404 404 404 404 404 404 404 404 404
POST /besoins/action/{action}/demander 303 303 403 403 403 303 403 403 403 403 403 303
GET /besoins/nouveau/{action}          303 303 403 403 403 200 403 403 403 403 403 200
POST /besoins/nouveau/{action}         303 303 403 403 403 303 403 403 403 403 403 303
GET /besoins/{draft}/modifier          303 303 403 403 403 200 403 403 403 403 403 200
POST /besoins/{draft}/modifier         303 303 403 403 403 303 403 403 403 403 403 303
POST /besoins/{draft}/demander         303 303 403 403 403 303 403 403 403 403 403 303
POST /besoins/{draft}/retirer          303 303 403 403 403 303 403 403 403 403 403 303
GET /besoins/999/modifier              303 303 403 403 403 404 404 403 403 403 403 404
POST /besoins/999/confirmer            303 303 403 403 403 403 403 404 404 404 403 403
POST /besoins/{of_pm}/reprendre        303 303 403 403 403 303 403 403 403 403 403 303
POST /besoins/{of_pm}/confirmer        303 303 403 403 403 403 403 303 403 403 403 403
POST /besoins/{of_pm}/refuser          303 303 403 403 403 403 403 303 403 403 403 403
POST /besoins/{of_gm}/confirmer        303 303 403 403 403 403 403 403 403 303 403 403
POST /besoins/{of_gm}/refuser          303 303 403 403 403 403 403 403 403 303 403 403
POST /besoins/{otherwise}/adopter      303 303 403 403 403 303 403 403 403 403 403 303
GET /besoins/reponses                  303 303 403 403 403 200 200 403 403 403 403 403
POST /besoins/{sure}/desister          303 303 403 403 403 403 403 303 403 403 403 403
"""

OWN = {"POST /besoins/nouveau/{action}": {"ressource": "humain"}}
