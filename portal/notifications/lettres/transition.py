"""What another program hears of an action or a mission: which, and from what state to what state. Nothing of anybody."""

from __future__ import annotations

import json

from portal.notifications.genres import Facts, link

TRANSITION = "transition"
WEBHOOK = "Webhook"
PAGES = {"action": "actions.show", "mission": "missions.show"}


def words(faits: Facts) -> tuple[str, str]:
    """The event, and the body that is posted, the same at each try."""
    genre, _, numero = faits["sujet"].partition(":")
    sujet = {"genre": genre, "id": int(numero), "url": link(PAGES[genre], id=int(numero))}
    said = {name: faits[name] for name in ("id", "evenement", "instant", "avant", "apres")}
    return faits["evenement"], json.dumps(said | {"sujet": sujet}, ensure_ascii=False)
