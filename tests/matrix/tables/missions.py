"""Posts: published, taken by priority, given back."""

from __future__ import annotations

TABLE = """
                                 AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /missions/ouvrir/            303 303 403 403 403 200 200 403 403 403 403 403
GET /missions/ouvrir/{action}    303 303 403 403 403 200 403 403 403 403 403 200
POST /missions/ouvrir/{action}   303 303 403 403 403 303 403 403 403 403 403 303
POST /missions/{mission}/vu      303 303 403 403 403 303 403 403 403 403 403 303
GET /missions/action/{action}    303 303 404 404 200 200 200 200 200 200 200 200
GET /missions/                   200 200 200 200 200 200 200 200 200 200 200 200
GET /missions/index.json         200 200 200 200 200 200 200 200 200 200 200 200
GET /missions/index.schema.json  200 200 200 200 200 200 200 200 200 200 200 200
GET /missions/flux.atom          200 200 200 200 200 200 200 200 200 200 200 200
GET /missions/{open}             200 200 200 200 200 200 200 200 200 200 200 200
GET /missions/{open}.ics         200 200 200 200 200 200 200 200 200 200 200 200
GET /missions/{mission}          404 404 404 404 200 200 200 200 200 200 200 200
GET /missions/{mission}.ics      404 404 404 404 200 200 200 200 200 200 200 200
GET /missions/999                404 404 404 404 404 404 404 404 404 404 404 404
GET /missions/action/999         303 303 404 404 404 404 404 404 404 404 404 404
GET /missions/equipe/{action}    303 303 404 404 200 200 403 403 403 403 403 200
GET /missions/nouvelle/{action}  303 303 403 403 403 200 403 403 403 403 403 200
POST /missions/nouvelle/{action} 303 303 403 403 403 303 403 403 403 403 403 303
GET /missions/{mission}/modifier 303 303 403 403 403 200 403 403 403 403 403 200
POST /missions/{open}/modifier   303 303 403 403 403 303 403 403 403 403 403 303
POST /missions/{open}/dupliquer  303 303 403 403 403 303 403 403 403 403 403 303
POST /missions/{mission}/publier 303 303 404 404 403 303 403 403 403 403 403 303
POST /missions/{open}/fermer     303 303 403 403 403 303 403 403 403 403 403 303
POST /missions/{open}/annuler    303 303 403 403 403 303 403 403 403 403 403 303
POST /missions/{open}/rouvrir    303 303 403 403 403 409 403 403 403 403 403 409
POST /missions/{open}/inventer   303 303 404 404 404 404 404 404 404 404 404 404
POST /missions/{vacant}/prendre  303 303 403 403 403 303 403 403 403 403 403 403
POST /missions/{post}/prendre    303 303 403 403 403 409 403 403 403 403 403 403
POST /missions/{post}/liberer    303 303 404 404 303 403 403 403 403 403 403 303
POST /missions/{taken}/liberer   303 303 403 403 403 303 403 403 403 403 403 303
"""

OWN = {
    "POST /missions/nouvelle/{action}": {"nature": "volontaire", "places": "2"},
    "POST /missions/{open}/modifier": {"prevenir": "y"},
}
