"""The words that the house may write its own way in what it sends to people: some to begin with, some to end with.

They are settings, with what each begins with; facts, amounts, links and buttons stay the portal's. A name between braces is
replaced by what it stands for, from the closed list of its message, once: nothing in a text is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal import reglage
from portal.filters import creneau, jour_long
from portal.reglage import Texte

NAME = re.compile(r"(?<!\{)(?P<before>[ \u00a0]?)\{ ?(?P<name>\w+) ?\}(?!\})")
LONGEST = 2_000

VOLONTAIRES, DEMANDEURS = "Aux volontaires", "Aux demandeurs"


@dataclass(frozen=True)
class Nom:
    """What a name between braces stands for, as its page says it, and as a message reads it."""

    aide: str
    lu: Callable[[Mapping[str, Any]], str]


def _quand(context: Mapping[str, Any]) -> Any:
    return context.get("mission") or context["action"]


def _action(context: Mapping[str, Any]) -> Any:
    return context["mission"].action if "mission" in context else context["action"]


NOMS = {
    "prenom": Nom("son prénom, s’il est sûr", lambda c: c["prenom"]),
    "nom": Nom("le nom de la personne qui demande", lambda c: c["prenom"]),
    "mission": Nom("le titre de la mission", lambda c: c["mission"].titre),
    "action": Nom("le titre de l’action", lambda c: _action(c).titre),
    "date": Nom("le jour", lambda c: jour_long(_quand(c).debut)),
    "heures": Nom("les heures", lambda c: creneau(_quand(c).debut, _quand(c).fin)),
    "lieu": Nom("le lieu", lambda c: _action(c).lieu),
    "delai": Nom("les jours pour répondre à une demande", lambda c: str(c["delai"])),
    "maison": Nom("le nom de la maison", lambda _: reglage.maison()),
}
DE_MISSION = ("prenom", "mission", "action", "date", "heures", "lieu", "maison")
DE_DEMANDE = ("nom", "action", "date", "heures", "lieu", "maison")
INCONNUE = ("date", "heures", "maison", "delai")  # a stranger may have typed the address: their words are not repeated to it


@dataclass(frozen=True)
class Gabarit:
    """A message whose words the house may write: of a genre, when this fact is one of those values."""

    cle: str
    titre: str
    genre: str
    a_qui: str
    noms: tuple[str, ...]
    ouverture: Texte
    fin: Texte
    fait: str = ""
    valeurs: Collection[str] = field(default=())

    @property
    def textes(self) -> tuple[Texte, Texte]:
        return self.ouverture, self.fin

    def is_of(self, genre: str, faits: Mapping[str, Any]) -> bool:
        return genre == self.genre and (not self.fait or faits.get(self.fait) in self.valeurs)

    def filled(self, words: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, str]:
        """What its template shows, as `ouverture` and `fin`; `words` by the keys of its settings."""
        texts = {"ouverture": words[self.ouverture.cle], "fin": words[self.fin.cle]}
        return {name: NAME.sub(lambda found: self._put(found, context), text) for name, text in texts.items()}

    def _put(self, found: re.Match[str], context: Mapping[str, Any]) -> str:
        """With the space before it, which goes too when there is nothing to say."""
        if found["name"] not in self.noms:
            return found[0]
        said = " ".join(NOMS[found["name"]].lu(context).splitlines())
        return said and found["before"] + said

    def unknown(self, text: str) -> list[str]:
        """The names of that text that this message does not have."""
        return [found["name"] for found in NAME.finditer(text) if found["name"] not in self.noms]


def _mots(
    cle: str, titre: str, genre: str, a_qui: str, noms: tuple[str, ...], *, ouverture: str = "", fin: str = "", **cas: Any
) -> Gabarit:
    """One of them; `cas` is the fact, and its values, that tell it from the others of its genre."""
    [(fait, valeurs)] = cas.items() or [("", ())]
    textes = {
        "ouverture": Texte(f"mots_{cle}_ouverture", "Pour commencer", defaut=ouverture, most=LONGEST, lignes=4),
        "fin": Texte(f"mots_{cle}_fin", "Pour finir, avant le lien", defaut=fin, most=LONGEST, lignes=4),
    }
    for texte in textes.values():  # the journal tells them from those of the other messages
        reglage.LABELS[texte.cle] = f"«\u00a0{titre}\u00a0», {texte.label[0].lower()}{texte.label[1:]}"
    return Gabarit(cle, titre, genre, a_qui, noms, **textes, fait=fait, valeurs=valeurs)


MERCI = "Merci de proposer ton aide."
MERCI_QUAND_MEME = "Merci d’avoir proposé ton aide."

_TOUS = (
    _mots(
        "candidature_recue", "Candidature reçue", "candidature_recue", VOLONTAIRES, DE_MISSION, ouverture=MERCI,
        fin="Et maintenant\u00a0? La personne qui monte l’action lit ta candidature et te répond par e-mail, le plus souvent en"
        " quelques jours. Tu n’as rien d’autre à faire.",
    ),
    _mots(
        "candidature_acceptee", "Candidature acceptée", "candidature_reponse", VOLONTAIRES, DE_MISSION,
        ouverture="On compte sur toi.", etat=("acceptee",),
    ),
    _mots(
        "candidature_en_attente", "Candidature en liste d’attente", "candidature_reponse", VOLONTAIRES, DE_MISSION,
        ouverture=MERCI, etat=("liste_attente",),
    ),
    _mots(
        "candidature_refusee", "Candidature refusée", "candidature_reponse", VOLONTAIRES, DE_MISSION,
        ouverture=MERCI_QUAND_MEME, etat=("refusee",),
    ),
    _mots(
        "place_liberee", "Place reprise par l’équipe", "candidature_reponse", VOLONTAIRES, DE_MISSION,
        fin=MERCI_QUAND_MEME, etat=("liberee",),
    ),
    _mots("mission_annulee", "Mission annulée", "mission_annulee", VOLONTAIRES, DE_MISSION, fin=MERCI_QUAND_MEME),
    _mots("rappel_semaine", "Rappel, une semaine avant", "rappel", VOLONTAIRES, DE_MISSION, rappel=("semaine",)),
    _mots(
        "rappel_veille", "Rappel, la veille", "rappel", VOLONTAIRES, DE_MISSION,
        ouverture="On compte sur toi.", rappel=("veille",),
    ),
    _mots(
        "rappel_bientot", "Rappel, deux heures avant", "rappel", VOLONTAIRES, DE_MISSION,
        ouverture="À tout à l’heure.", rappel=("bientot",),
    ),
    _mots("merci", "Merci, après la mission", "heures_validees", VOLONTAIRES, DE_MISSION, ouverture="Merci."),
    _mots(
        "demande_recue", "Demande reçue", "demande_recue", DEMANDEURS, INCONNUE,
        fin="Et maintenant\u00a0? Une personne de l’équipe la lit et vous répond sous {delai} jours. Ensuite, les pôles de la"
        " maison donnent leur avis.",
    ),
    _mots(
        "demande_validee", "Demande acceptée sur le principe", "demande_suite", DEMANDEURS, DE_DEMANDE,
        fin="La suite\u00a0: un devis, ou la confirmation si l’action est gratuite. Vous n’avez rien à faire pour l’instant.",
        etat=("validee",),
    ),
    _mots(
        "demande_confirmee", "Demande confirmée", "demande_suite", DEMANDEURS, DE_DEMANDE,
        fin="L’équipe de {maison} prépare la journée, et vous écrit s’il lui faut une précision.", etat=("confirmee",),
    ),
    _mots(
        "demande_sans_suite", "Demande refusée, déclinée ou annulée", "demande_suite", DEMANDEURS, DE_DEMANDE,
        fin="Merci d’avoir pensé à {maison}.", etat=("refusee", "declinee", "annulee"),
    ),
    _mots("devis_envoye", "Devis envoyé", "devis_envoye", DEMANDEURS, DE_DEMANDE),
    _mots("facture_emise", "Facture envoyée", "facture_emise", DEMANDEURS, DE_DEMANDE),
    _mots(
        "facture_rappel", "Facture en retard, rappel", "facture_rappel", DEMANDEURS, DE_DEMANDE,
        fin="C’est peut-être un simple oubli. Si votre paiement vient de partir, ne tenez pas compte de ce message. Un souci"
        " pour payer\u00a0? Écrivez-nous, on cherche une solution.",
    ),
    _mots(
        "facture_relance", "Facture en retard, deuxième rappel", "facture_relance", DEMANDEURS, DE_DEMANDE,
        fin="Merci de la payer sans attendre, ou de nous dire ce qui bloque\u00a0: un délai peut s’accorder.",
    ),
    _mots(
        "facture_mise_en_demeure", "Facture en retard, mise en demeure", "facture_mise_en_demeure", DEMANDEURS, DE_DEMANDE,
        fin="Si votre paiement vient de partir, ne tenez pas compte de ce message.",
    ),
)  # fmt: skip
GABARITS = {gabarit.cle: gabarit for gabarit in _TOUS}


def of(genre: str, faits: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    """The words of that message, as its template shows them; nothing for one that the house does not write. One query."""
    found = next((gabarit for gabarit in _TOUS if gabarit.is_of(genre, faits)), None)
    return found.filled(reglage.texts(found.textes), context) if found else {}
