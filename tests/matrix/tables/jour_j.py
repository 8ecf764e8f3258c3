"""The day: read, run, told afterwards."""

from __future__ import annotations

TABLE = """
                                               AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /jour-j/                                   303 303 200 200 200 200 200 200 200 200 200 200
GET /jour-j/{action}                           303 303 200 200 200 200 200 200 200 200 404 200
GET /jour-j/{action}/code                      303 303 403 403 200 200 403 403 403 403 404 403
GET /jour-j/{today}                            303 303 200 200 200 200 200 200 200 200 404 200
GET /jour-j/{today}/etat                       303 303 200 200 200 200 200 200 200 200 404 200
GET /jour-j/{today}/journal                    303 303 200 200 200 200 200 200 200 200 404 200
GET /jour-j/{today}/feuille                    303 303 200 200 200 200 200 200 200 200 404 200
GET /jour-j/{today}/bilan                      303 303 403 403 200 200 200 403 403 403 404 200
GET /jour-j/{today}/bilan.pdf                  303 303 403 403 200 200 200 403 403 403 404 200
POST /jour-j/{today}/consommations             303 303 403 403 303 303 403 403 403 403 404 403
POST /jour-j/{today}/entrees?ouvrir            303 303 403 403 303 303 403 403 403 403 404 403
POST /jour-j/{begun}/entrees?fermer            303 303 403 403 303 303 403 403 403 403 404 403
POST /jour-j/{today}/entrees?cocher            303 303 403 403 303 303 403 403 403 403 404 403
POST /jour-j/{today}/entrees?etape             303 303 403 403 303 303 403 403 403 403 404 403
POST /jour-j/{today}/entrees?incident          303 303 403 303 303 303 403 403 403 403 404 403
POST /jour-j/{today}/entrees?arrivee           303 303 303 403 303 303 403 403 403 403 404 403
POST /jour-j/999/entrees?incident              303 303 404 404 404 404 404 404 404 404 404 404
POST /jour-j/{today}/entrees/{entree}/annuler  303 303 403 403 303 303 403 403 403 403 404 403
GET /jour-j/{today}/entrees/{entree}/photo     303 303 200 200 200 200 200 200 200 200 404 200
POST /jour-j/{today}/entrees/{entree}/photo    303 303 200 200 200 200 200 200 200 200 200 200
GET /jour-j/jeton                              303 303 200 200 200 200 200 200 200 200 200 200
GET /jour-j/registre                           303 303 403 403 403 200 200 403 403 403 403 200
POST /jour-j/registre/export.csv               303 303 403 403 403 200 200 403 403 403 403 200
GET /jour-j/arrivee/{onsite}                   200 200 200 200 200 200 200 200 200 200 200 200
POST /jour-j/arrivee/{onsite}                  303 303 303 303 303 403 403 403 403 403 403 403
GET /jour-j/arrivee/lien/{comes}               200 200 200 200 200 200 200 200 200 200 200 200
POST /jour-j/arrivee/lien/{comes}              303 303 303 303 303 303 303 303 303 303 303 303
GET /jour-j/arrivee/{altered}                  404 404 404 404 404 404 404 404 404 404 404 404
POST /jour-j/{today}/entrees/{opening}/annuler 303 303 404 404 404 404 403 403 403 403 404 403
"""

TAP = {"uuid": "5d2a4f6e-1c1b-4c57-9a53-0f2f9d0a7b11"}
OWN = {
    "POST /jour-j/{today}/consommations": {"libelle": "Gobelets", "quantite": "40"},
    **{
        f"POST /jour-j/{{{'begun' if what == 'fermer' else 'today'}}}/entrees?{what}": TAP | said
        for what, said in {
            "ouvrir": {"genre": "site", "valeur": "ouvrir", "mot": "Tout est prêt."},
            "fermer": {"genre": "site", "valeur": "fermer", "mot": "Fini."},
            "cocher": {"genre": "coche", "cible": "{point}", "valeur": "fait"},
            "etape": {"genre": "etape", "cible": "{etape_du_jour}", "valeur": "debut"},
            "incident": {"genre": "incident", "mot": "Une clé égarée."},
            "arrivee": {"genre": "presence", "cible": "{place_du_jour}", "valeur": "arrive"},
        }.items()
    },
    "POST /jour-j/999/entrees?incident": TAP | {"genre": "incident"},
    "POST /jour-j/arrivee/{onsite}": {"valeur": "arrive"},
    "POST /jour-j/arrivee/lien/{comes}": {"valeur": "arrive"},
}
