"""What the channel of the interpôle asks the portal, and what it is answered: it proposes, it never decides."""

from __future__ import annotations

import re

from portal.actions.models import Action, Etat
from portal.actions.queries import titled
from portal.notifications.lettres.canal import harmless, page, said

MOST = 5  # actions named in one answer
LONGEST = 200  # characters of a question
DECIDING = frozenset({"valider", "refuser", "avis", "décider", "decider"})
HELP = (
    "Demande-moi où en est une action\u00a0:\n"
    "• {mot} 42\u00a0: l’action numéro 42\n"
    "• {mot} fête moulin\u00a0: celles dont le titre contient ces mots\n"
    "• {mot} valider 42\u00a0: la page où donner un avis et décider\n"
    "Je réponds, je ne décide de rien\u00a0: tout se décide sur le portail, une fois connecté."
)


def answer(text: object, trigger: object) -> str:
    """The answer to that message; `trigger` is the word by which it called the portal."""
    asked, word = _without(text, trigger)
    first, _, rest = asked.partition(" ")
    if first.lower() in {"", "aide", "help", "?"}:
        return HELP.format(mot=harmless(word) or "!portail")
    deciding = first.lower() in DECIDING
    wanted = rest if deciding else asked
    found = titled(wanted, MOST + 1) if wanted else []
    if len(found) == 1:
        return _decide(found[0]) if deciding else _told(found[0])
    return _several(found) if found else f"Je ne trouve pas d’action «\u00a0{harmless(wanted)}\u00a0»."


def _without(text: object, trigger: object) -> tuple[str, str]:
    """The question, and the word before it."""
    asked = " ".join(text.split())[:LONGEST] if isinstance(text, str) else ""
    word = trigger if isinstance(trigger, str) and trigger and asked.startswith(trigger) else ""
    word = word or (re.match(r"![^ ]*", asked) or [""])[0]
    return asked.removeprefix(word).strip(), word


def _told(action: Action) -> str:
    return f"{said(action)}\u00a0: {action.etat.label.lower()}.\n{page(action)}"


def _decide(action: Action) -> str:
    if action.etat is not Etat.EN_VALIDATION:
        return f"{said(action)} n’attend pas l’avis de l’interpôle\u00a0: {action.etat.label.lower()}.\n{page(action)}"
    return f"{said(action)}\u00a0: donne ton avis et décide sur le portail, une fois connecté.\n{page(action)}"


def _several(found: list[Action]) -> str:
    lines = [f"• {action.id}\u00a0: {said(action)}, {action.etat.label.lower()}" for action in found[:MOST]]
    more = "\nEt d’autres\u00a0: précise." if len(found) > MOST else ""
    return "Plusieurs actions répondent, demande par leur numéro\u00a0:\n" + "\n".join(lines) + more
