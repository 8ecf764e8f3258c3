"""Signing in and out, whoever asks."""

from __future__ import annotations

TABLE = """
                             AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /comptes/second          200 200 200 200 200 200 200 200 200 200 200 200
POST /comptes/second         410 410 410 410 410 410 410 410 410 410 410 410
POST /comptes/preuve         303 303 404 404 404 404 404 404 404 404 404 404
POST /comptes/preuve/code    303 303 404 404 404 404 404 404 404 404 404 404
GET /comptes/connexion       200 200 303 303 303 303 303 303 303 303 303 303
POST /comptes/connexion      422 422 422 422 422 422 422 422 422 422 422 422
POST /comptes/lien           303 303 303 303 303 303 303 303 303 303 303 303
GET /comptes/lien/{entry}    200 200 200 200 200 200 200 200 200 200 200 200
POST /comptes/lien/{entry}   303 303 303 303 303 303 303 303 303 303 303 303
GET /comptes/lien/{altered}  404 404 404 404 404 404 404 404 404 404 404 404
POST /comptes/lien/{altered} 404 404 404 404 404 404 404 404 404 404 404 404
GET /comptes/code            200 200 200 200 200 200 200 200 200 200 200 200
POST /comptes/code           422 422 422 422 422 422 422 422 422 422 422 422
POST /comptes/deconnexion    303 303 303 303 303 303 303 303 303 303 303 303
GET /comptes/mot-de-passe    303 303 200 200 200 200 200 200 200 200 200 200
POST /comptes/mot-de-passe   303 303 303 303 303 303 303 303 303 303 303 303
GET /comptes/statut          303 303 200 200 200 200 200 200 200 200 200 200
POST /comptes/statut         303 303 303 303 303 303 303 303 303 303 303 303
POST /comptes/cle/defi       200 200 200 200 200 200 200 200 200 200 200 200
POST /comptes/cle            422 422 422 422 422 422 422 422 422 422 422 422
"""

OWN = {
    "POST /comptes/connexion": {"mot_de_passe": "ce n’est pas lui"},
    "POST /comptes/code": {"code": "000000"},
    "POST /comptes/mot-de-passe": {"mot_de_passe": "trois autres mots"},
    "POST /comptes/statut": {"statut": "autre_structure", "structure": "Coopérative"},
}
