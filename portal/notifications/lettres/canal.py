"""What the channel of the interpôle reads: one line about an action, of which no word is a command, a mention or a link."""

from __future__ import annotations

import re

from portal.actions.models import Action, Etat
from portal.db import db
from portal.fields import one_line
from portal.filters import creneau, jour_long
from portal.notifications.genres import Facts, link, still

CHAT = "interpole"
CANAL = "Canal interpôle, Rocket.Chat"
LONGEST = 120
STOPPED = "arreter"  # by somebody, before the interpôle decided
TRIAL = "essai"
FAITS = {
    "prendre_en_charge": "À valider par l’interpôle",
    "valider": "Validée par l’interpôle",
    "refuser": "Refusée par l’interpôle",
    STOPPED: "Plus d’avis à donner",
    "accepter": "Devis accepté, c’est confirmé",
}
# Rocket.Chat acts on these; people read their look-alikes as well. So it does on a dot or a colon before a letter: an
# address, a smiley.
ALIKE = str.maketrans(
    {"@": "＠", "#": "＃", "*": "∗", "_": "＿", "~": "∼", "`": "’", "[": "(", "]": ")", "<": "‹", ">": "›", "|": "¦"}
    | {"\\": "∖", "$": "＄", "/": "∕"}
)
DOTS = {".": "․", ":": "∶"}


def harmless(text: str) -> str:
    """People's own words as the chat shows them: nobody is called, nothing is formatted, no address is followed."""
    alike = re.sub(r"[.:](?=\S)", lambda found: DOTS[found[0]], one_line(text).translate(ALIKE))
    return alike if len(alike) <= LONGEST else f"{alike[:LONGEST]}…"


def said(action: Action) -> str:
    """Title and date."""
    return f"«\u00a0{harmless(action.titre)}\u00a0», {jour_long(action.debut)}, {creneau(action.debut, action.fin)}"


def page(action: Action) -> str:
    return link("actions.validation" if action.etat is Etat.EN_VALIDATION else "actions.show", id=action.id)


def words(faits: Facts) -> tuple[str, str]:
    """Subject and text of what it hears. Raises Outdated: a question that is no more asked is not put."""
    if faits["fait"] == TRIAL:
        return "Message d’essai", f"Message d’essai du portail\u00a0: ce canal est relié.\n{link('accueil.index')}"
    action = still(db.session.get(Action, faits["action"]))
    still(faits["fait"] != "prendre_en_charge" or action.etat is Etat.EN_VALIDATION)
    fait = FAITS[faits["fait"]]
    return f"{fait}\u00a0: {one_line(action.titre)}", f"{fait}\u00a0: {said(action)}\n{page(action)}"
