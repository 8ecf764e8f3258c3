"""Applying, following one’s candidature, the queue."""

from __future__ import annotations

TABLE = """
                                                  AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /candidatures/                                303 303 403 403 403 200 200 403 403 403 403 200
GET /candidatures/deposer/{open}                  200 200 200 200 200 200 200 200 200 200 200 200
POST /candidatures/deposer/{open}                 303 303 303 303 303 303 303 303 303 303 303 303
GET /candidatures/deposer/{mission}               404 404 404 404 200 200 200 200 200 200 200 200
POST /candidatures/deposer/{mission}              404 404 404 404 409 409 409 409 409 409 409 409
POST /candidatures/lot                            303 303 403 403 403 303 404 403 403 403 403 403
POST /candidatures/{applied}/accepter             303 303 404 404 404 303 404 404 404 404 404 403
POST /candidatures/{applied}/mettre_en_attente    303 303 404 404 404 303 404 404 404 404 404 403
POST /candidatures/{applied}/refuser              303 303 404 404 404 303 404 404 404 404 404 403
POST /candidatures/{applied}/annuler              303 303 404 404 404 409 404 404 404 404 404 403
POST /candidatures/{accepted}/annuler             303 303 404 404 404 303 404 404 404 404 404 403
POST /candidatures/{accepted}/liberer             303 303 404 404 404 303 404 404 404 404 404 403
POST /candidatures/{applied}/inventer             303 303 404 404 404 404 404 404 404 404 404 404
POST /candidatures/{of_ba}/accepter               303 303 404 404 404 403 404 404 404 404 404 403
POST /candidatures/{of_ba}/mettre_en_attente      303 303 404 404 404 403 404 404 404 404 404 403
POST /candidatures/{of_ba}/refuser                303 303 404 404 404 403 404 404 404 404 404 403
POST /candidatures/{of_vo}/accepter               303 303 403 404 404 409 404 404 404 404 404 403
POST /candidatures/{of_vo}/retirer                303 303 303 404 404 403 404 404 404 404 404 403
POST /candidatures/{of_vo}/desister               303 303 303 404 404 403 404 404 404 404 404 403
POST /candidatures/999/accepter                   303 303 404 404 404 404 404 404 404 404 404 404
POST /candidatures/{paid_job}/demander_statut     303 303 403 403 403 303 404 403 403 403 403 403
GET /candidatures/retrouver                       200 200 200 200 200 200 200 200 200 200 200 200
POST /candidatures/retrouver                      303 303 303 303 303 303 303 303 303 303 303 303
GET /candidatures/retrouver/envoyes               200 200 200 200 200 200 200 200 200 200 200 200
GET /candidatures/suivi/{mine}                    200 200 200 200 200 200 200 200 200 200 200 200
GET /candidatures/suivi/{proof}                   200 200 200 200 200 200 200 200 200 200 200 200
GET /candidatures/suivi/{pay}                     200 200 200 200 200 200 200 200 200 200 200 200
GET /candidatures/suivi/{offered}                 200 200 200 200 200 200 200 200 200 200 200 200
POST /candidatures/suivi/{mine}/corriger          303 303 303 303 303 303 303 303 303 303 303 303
POST /candidatures/suivi/{mine}/retirer           303 303 303 303 303 303 303 303 303 303 303 303
POST /candidatures/suivi/{mine}/confirmer         303 303 303 303 303 303 303 303 303 303 303 303
POST /candidatures/suivi/{mine}/prendre_place     409 409 409 409 409 409 409 409 409 409 409 409
POST /candidatures/suivi/{mine}/revenir           409 409 409 409 409 409 409 409 409 409 409 409
POST /candidatures/suivi/{mine}/confirmer_creneau 409 409 409 409 409 409 409 409 409 409 409 409
POST /candidatures/suivi/{proof}/confirmer        303 303 303 303 303 303 303 303 303 303 303 303
POST /candidatures/suivi/{pay}/statut             303 303 303 303 303 303 303 303 303 303 303 303
POST /candidatures/suivi/{offered}/prendre_place  303 303 303 303 303 303 303 303 303 303 303 303
POST /candidatures/suivi/{offered}/laisser_place  303 303 303 303 303 303 303 303 303 303 303 303
GET /candidatures/suivi/{vo_s}                    200 200 200 200 200 200 200 200 200 200 200 200
POST /candidatures/suivi/{vo_s}/corriger          403 403 303 403 403 403 403 403 403 403 403 403
POST /candidatures/suivi/{vo_s}/retirer           403 403 303 403 403 403 403 403 403 403 403 403
GET /candidatures/suivi/{altered}                 404 404 404 404 404 404 404 404 404 404 404 404
POST /candidatures/suivi/{altered}/retirer        404 404 404 404 404 404 404 404 404 404 404 404
POST /candidatures/suivi/{link}/retirer           404 404 404 404 404 404 404 404 404 404 404 404
POST /candidatures/{minor}/autoriser              303 303 403 403 403 303 404 403 403 403 403 403
POST /candidatures/{minor}/desautoriser           303 303 403 403 403 303 404 403 403 403 403 403
"""

OWN = {
    "POST /candidatures/deposer/{open}": {"accord": "y"},
    "POST /candidatures/deposer/{mission}": {"accord": "y"},
    "POST /candidatures/lot": {"decision": "accepter", "id": "{applied}"},
    "POST /candidatures/suivi/{pay}/statut": {"statut": "autre_structure", "structure": "Coopérative"},
}
