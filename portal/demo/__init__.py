"""A believable house to visit: people, actions, missions and candidatures around today, made through the commands."""

from __future__ import annotations

PASSWORD = "raffinerie-demo"
ACCOUNTS = {
    "bienveillant@example.org": "monte des actions, valide les candidatures",
    "bienveillant2@example.org": "monte d’autres actions",
    "referent@example.org": "tient le site le jour même",
    "charge@example.org": "a des missions payées",
    "volontaire@example.org": "donne un coup de main",
    "culture@example.org": "membre du pôle culture",
    "cuisine@example.org": "membre du groupe cuisine",
    "tresorier@example.org": "tient les comptes",
    "admin@example.org": "administre le portail",
}


def is_empty() -> bool:
    from portal.comptes.queries import everyone

    return not everyone()


def load() -> None:
    raise NotImplementedError
