"""Messages: one’s own, those that could not leave, answers kept back."""

from __future__ import annotations

TABLE = """
                                       AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /notifications/                    303 303 200 200 200 200 200 200 200 200 200 200
GET /notifications/{letter}            303 303 200 404 404 200 404 404 404 404 404 200
GET /notifications/courrier            303 303 403 403 403 403 403 403 403 403 403 200
POST /notifications/courrier/reprendre 303 303 403 403 403 403 403 403 403 403 403 303
POST /notifications/{stuck}/reprendre  303 303 403 403 403 403 403 403 403 403 403 303
POST /notifications/{stuck}/ecarter    303 303 403 403 403 403 403 403 403 403 403 303
GET /notifications/reponses            303 303 403 403 403 200 200 403 403 403 403 403
GET /notifications/reponses/{accepted} 303 303 403 403 403 200 404 403 403 403 403 403
POST /notifications/reponses           303 303 403 403 403 303 303 403 403 403 403 403
POST /notifications/reponses/plus_tard 303 303 403 403 403 303 303 403 403 403 403 403
POST /notifications/rocketchat         404 404 404 404 404 404 404 404 404 404 404 404
"""

OWN: dict[str, dict[str, str]] = {}
