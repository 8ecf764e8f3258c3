"""Why a tap is not taken, in the words that its phone shows."""

from __future__ import annotations

from collections.abc import Sequence

from portal.jour_j.models import Point
from portal.workflow import Refusal

LONGEST = 2000  # letters of a word
PLACE = 200  # letters of where an incident happened


class NotATap(Refusal):
    status = 422
    sentence = "Ce geste n’est pas compris. Recharge la page, puis recommence."


class NotYours(Refusal):
    status = 403
    sentence = "Tu n’agis plus sur cette journée\u00a0: ce geste n’est pas compté. Préviens le référent."


class NotOfThisDay(Refusal):
    status = 422
    sentence = "Cette ligne ne fait plus partie de la journée. Recharge la page."


class TooLong(Refusal):
    status = 422
    sentence = f"Ce texte est trop long\u00a0: {LONGEST} caractères au plus, {PLACE} pour le lieu."


class NotARunner(Refusal):
    status = 422
    sentence = "La main se passe à un référent de la journée ou à son bienveillant."


class WordsMissing(Refusal):
    status = 422
    sentence = "Écris ce qui s’est passé."


class FaultMissing(Refusal):
    """A line that is not as it should be, and not a word about what is wrong."""

    status = 422
    sentence = "Écris en quelques mots ce qui n’est pas conforme."


class DayOver(Refusal):
    sentence = "Cette journée n’est plus ouverte à la saisie\u00a0: elle se lit seulement."


class TooEarly(Refusal):
    sentence = "La journée commence au plus tôt la veille de l’action\u00a0: ce n’est pas encore le moment."


class NotOpen(Refusal):
    sentence = "Le site n’est pas ouvert."


class AnotherDay(Refusal):
    sentence = "Le site a été fermé un autre jour\u00a0: il ne se rouvre plus."


class SiteStays(Refusal):
    """The action's state follows the site, and its table of transitions knows no way back from an opening."""

    sentence = "Une ouverture ou une fermeture ne s’annule pas\u00a0: ferme le site, ou rouvre-le."


class ReasonWanted(Refusal):
    """Never a no: the same tap with a word is accepted. `left` are the lines it leaves open, or not as they should be."""

    status = 422

    def __init__(self, valeur: str, left: Sequence[Point]):
        super().__init__(
            "Des lignes importantes restent ouvertes\u00a0: dis en quelques mots pourquoi tu ouvres."
            if valeur == "ouvrir"
            else "Tout n’est pas réglé\u00a0: laisse un mot pour la suite."
        )
        self.valeur, self.left = valeur, left
