"""Quotes and the price list."""

from __future__ import annotations

TABLE = """
                                                AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /devis/                                     303 303 403 403 403 200 200 403 403 403 200 200
GET /devis/montants                             303 303 403 403 403 200 200 403 403 403 200 200
POST /devis/export.csv                          303 303 403 403 403 200 200 403 403 403 200 200
POST /devis/export.xlsx                         303 303 403 403 403 200 200 403 403 403 200 200
POST /devis/montants/export.csv                 303 303 403 403 403 200 200 403 403 403 200 200
GET /devis/action/{action}                      303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/action/999                           303 303 403 403 403 404 404 404 404 404 404 404
POST /devis/action/{voted}/preparer             303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{quote}                              303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/{quote}.pdf                          303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/{sent}                               303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/999                                  303 303 403 403 403 404 404 404 404 404 404 404
GET /devis/{agreed}                             303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/{agreed}/changements                 303 303 403 403 403 404 404 404 404 404 404 404
POST /devis/{quote}/calcul                      303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes                      303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/ajouter                     303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/entete                      303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{sent}/entete                       303 303 403 403 403 409 403 403 403 403 403 409
POST /devis/{quote}/remise                      303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/besoins                     303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/ligne/ouvrir                303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes/{ligne}/ouvrir       303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{quote}/ligne                        303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{quote}/ligne                       303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{quote}/lignes/{ligne}               303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{quote}/lignes/{ligne}              303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes/{ligne}/descendre    303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes/{ligne}/retirer      303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{discounted}/lignes/{ligne}          303 303 403 403 403 404 403 403 403 403 403 404
POST /devis/{discounted}/lignes/{ligne}/retirer 303 303 403 403 403 409 403 403 403 403 403 409
POST /devis/{discounted}/approuver              303 303 403 403 403 403 303 403 403 403 303 303
POST /devis/{quote}/envoyer                     303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{sent}/envoyer                      303 303 403 403 403 409 403 403 403 403 403 409
POST /devis/{lined}/demander                    303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{lined}/confirmer_lignes/{pm}       303 303 403 403 403 403 403 303 403 403 403 403
POST /devis/{lined}/confirmer_lignes/{groupe}   303 303 403 403 403 403 403 403 403 303 403 403
POST /devis/{lined}/confirmer_lignes/999        303 303 403 403 403 403 403 404 404 404 403 403
POST /devis/{lined}/reserver/{pm}               303 303 403 403 403 403 403 303 403 403 403 403
GET /devis/{sent}/accord                        303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{sent}/accord                       303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{sent}/refus                         303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{sent}/refus                        303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{agreed}/refus                      303 303 403 403 403 409 403 403 403 403 403 409
GET /devis/{agreed}/annuler_accord              303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{agreed}/annuler_accord             303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{sent}/annuler_accord               303 303 403 403 403 409 403 403 403 403 403 409
GET /devis/lien/{offer}                         200 200 200 200 200 200 200 200 200 200 200 200
GET /devis/lien/{offer}/devis.pdf               200 200 200 200 200 200 200 200 200 200 200 200
POST /devis/lien/{offer}/accepter               303 303 303 303 303 303 303 303 303 303 303 303
POST /devis/lien/{offer}/refuser                303 303 303 303 303 303 303 303 303 303 303 303
POST /devis/lien/{offer}/demander_un_changement 303 303 303 303 303 303 303 303 303 303 303 303
GET /devis/lien/{altered}                       404 404 404 404 404 404 404 404 404 404 404 404
POST /devis/lien/{altered}/accepter             404 404 404 404 404 404 404 404 404 404 404 404
POST /devis/lien/{link}/accepter                404 404 404 404 404 404 404 404 404 404 404 404
GET /devis/tarifs/                              303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/tarifs/nouveau                       303 303 403 403 403 403 403 403 403 403 200 200
POST /devis/tarifs/nouveau                      303 303 403 403 403 403 403 403 403 403 303 303
GET /devis/tarifs/{tarif}                       303 303 403 403 403 403 403 403 403 403 200 200
POST /devis/tarifs/{tarif}                      303 303 403 403 403 403 403 403 403 403 303 303
POST /devis/tarifs/{tarif}/retirer              303 303 403 403 403 403 403 403 403 403 303 303
POST /devis/tarifs/999/retirer                  303 303 403 403 403 403 403 403 403 403 404 404
"""

OWN = {
    "POST /devis/{quote}/remise": {"remise": "5"},
    "POST /devis/{quote}/ajouter": {"tarif": "{tarif}"},
    "POST /devis/{quote}/ligne": {"libelle": "Sono", "prix": "20"},
    "POST /devis/{sent}/accord": {"voie": "mail", "preuve": "Son message"},
    "POST /devis/lien/{offer}/accepter": {"accord": "y"},
    "POST /devis/tarifs/nouveau": {"libelle": "Sono", "prix": "20"},
}
