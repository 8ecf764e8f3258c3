"""The settings."""

from __future__ import annotations

TABLE = """
                                                      AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /reglages/                                        303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/nombres                                 303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/nombres                                303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/conservation                            303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/identite                                303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/identite                               303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/devis                                   303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/devis                                  303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/reprise/personnes                       303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/reprise/actions                         303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/reprise/actions/modele.csv              303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/reprise/personnes                      303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/personnes/{bo}/application/retirer     303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/poles/                                  303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/poles/nouveau                           303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/poles/nouveau                          303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/poles/{pm}                              303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/poles/{pm}                             303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/poles/{pm}/membres/{bo}                303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/poles/{po}/membres/{pm_member}/retirer 303 303 403 403 403 403 403 403 403 403 403 404
POST /reglages/poles/{pm}/membres/{pm_member}/retirer 303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/espaces/                                303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/espaces/nouveau                        303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/espaces/{espace}                        303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/espaces/{espace}                       303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/materiel/                               303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/materiel/nouveau                       303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/materiel/{materiel}                     303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/materiel/{materiel}                    303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/prestations/                            303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/prestations/nouvelle                   303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/prestations/{prestation}                303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/prestations/{prestation}               303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/personnes/                              303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/personnes/nouvelle                      303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/personnes/nouvelle                     303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/personnes/{vo}                          303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/personnes/{vo}                         303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/personnes/{ad}                         303 303 403 403 403 403 403 403 403 403 403 422
POST /reglages/personnes/{vo}/invitation              303 303 403 403 403 403 403 403 403 403 403 409
POST /reglages/personnes/{vo}/desactiver              303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/personnes/{vo}/effacer                 303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/personnes/{ad}/effacer                 303 303 403 403 403 403 403 403 403 403 403 409
POST /reglages/personnes/{vo}/incarner                404 404 404 404 404 404 404 404 404 404 404 404
GET /reglages/espaces/nouveau                         303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/materiel/nouveau                        303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/prestations/nouvelle                    303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/listes/                                 303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/listes/ouverture                        303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/listes/ouverture                       303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/listes/ouverture/{espace}               303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/listes/ouverture/{espace}              303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/mineurs                                 303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/mineurs                                303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/demarrer                                303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/maison                                  303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/maison                                 303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/journal                                 303 303 403 403 403 403 403 403 403 403 200 200
GET /reglages/journal?sujet=action:{action}           303 303 403 403 403 403 403 403 403 403 200 200
POST /reglages/journal/export.csv                     303 303 403 403 403 403 403 403 403 403 200 200
POST /reglages/journal/export.xlsx                    303 303 403 403 403 403 403 403 403 403 200 200
GET /reglages/journal/consultations                   303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/journal/consultations/export.csv       303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/journal/consultations/export.xlsx      303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/retroplanning/                          303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/retroplanning/                         303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/messages/                               303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/messages/merci                          303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/messages/merci                         303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/messages/merci/apercu                  303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/rocketchat                              303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/rocketchat                             303 303 403 403 403 403 403 403 403 403 403 409
"""

OWN = {
    "POST /reglages/reprise/personnes": {"texte": "nom;e-mail\nLéa;lea@example.org", "source": "liste de 2025"},
    "POST /reglages/personnes/{ad}": {"nom": "Ada Dijoux", "telephone": "", "roles": "tresorier"},
    "POST /reglages/personnes/{vo}": {"nom": "Vanille Técher", "telephone": "", "roles": "bienveillant"},
    **{f"POST /reglages/personnes/{{{who}}}/effacer": {"certain": "y"} for who in ("vo", "ad")},
}
