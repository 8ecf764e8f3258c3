"""The people of the house, and whom to ask when some are missing."""

from __future__ import annotations

TABLE = """
                            AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /equipe/                303 303 403 403 403 200 200 403 403 403 403 200
GET /equipe/{vo}            303 303 403 403 403 200 200 403 403 403 403 200
GET /equipe/999             303 303 403 403 403 404 404 403 403 403 403 404
POST /equipe/{vo}/note      303 303 403 403 403 303 303 403 403 403 403 403
POST /equipe/{ba}/note      303 303 403 403 403 403 303 403 403 403 403 403
GET /equipe/renfort/{open}  303 303 403 403 403 200 403 403 403 403 403 200
POST /equipe/renfort/{open} 303 303 403 403 403 303 403 403 403 403 403 303
"""

OWN = {
    "POST /equipe/{ba}/note": {"texte": "Sait souder.", "lu": "{unsaid}"},
    "POST /equipe/{vo}/note": {"texte": "Sait souder.", "lu": "{unsaid}"},
}
