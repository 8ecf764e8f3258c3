"""What concerns oneself."""

from __future__ import annotations

TABLE = """
                                              AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /moi/donnees                              303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/donnees/tout.zip                    303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/donnees/tout.json                   303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/donnees/effacer                     303 303 422 422 422 422 422 422 422 422 422 422
GET /moi/donnees/effacer                      303 303 200 200 200 200 200 200 200 200 200 200
GET /moi/securite                             303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/securite/appareils/999/deconnecter  303 303 404 404 404 404 404 404 404 404 404 404
POST /moi/securite/appareils/deconnecter      303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/application                303 303 303 303 303 303 303 303 303 303 303 303
GET /moi/securite/application                 303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/application/confirmer      303 303 422 422 422 422 422 422 422 422 422 422
GET /moi/securite/application/secours         303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/application/secours        303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/application/secours/gardes 303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/application/retirer        303 303 422 422 422 422 422 422 422 422 422 422
POST /moi/securite/application/codes          303 303 422 422 422 422 422 422 422 422 422 422
GET /moi/                                     303 303 200 200 200 200 200 200 200 200 200 200
GET /moi/missions                             303 303 200 200 200 200 200 200 200 200 200 200
GET /moi/missions/{place}.ics                 303 303 200 404 404 404 404 404 404 404 404 404
POST /moi/missions/{place}/confirmer          303 303 303 404 404 404 404 404 404 404 404 404
GET /moi/coordonnees                          303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/coordonnees                         303 303 303 303 303 303 303 303 303 303 303 303
GET /moi/profil                               303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/profil                              303 303 303 303 303 303 303 303 303 303 303 303
GET /moi/messages/choix                       303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/messages/choix                      303 303 303 303 303 303 303 303 303 303 303 303
GET /moi/calendrier                           303 303 200 200 200 200 200 200 200 200 200 200
GET /moi/calendrier/{agenda}.ics              200 200 200 200 200 200 200 200 200 200 200 200
GET /moi/calendrier/{altered}.ics             404 404 404 404 404 404 404 404 404 404 404 404
POST /moi/calendrier/changer                  303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/cles/defi                  303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/securite/cles                       303 303 422 422 422 422 422 422 422 422 422 422
GET /moi/securite/cles/999                    303 303 404 404 404 404 404 404 404 404 404 404
POST /moi/securite/cles/999                   303 303 404 404 404 404 404 404 404 404 404 404
POST /moi/securite/cles/999/retirer           303 303 404 404 404 404 404 404 404 404 404 404
"""

OWN = {
    "POST /moi/coordonnees": {"nom": "Une personne", "telephone": ""},
    "POST /moi/messages/choix": {"reception": "essentiel"},
}
