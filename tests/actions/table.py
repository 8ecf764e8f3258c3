"""The table of an action's states, as the house has them, and the hands that move one; no row of it is read from the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from portal import clock
from portal.actions import commands, decalage, echanges, interpole, relais, retroplanning
from portal.actions.deliberation import Ou
from portal.actions.models import Action, reading
from portal.actions.processus import WORKFLOW
from portal.besoins import commands as besoins
from portal.comptes.models import Personne
from portal.db import db
from portal.devis import accords, envoi
from portal.devis import queries as quotes
from portal.devis.models import Devis
from portal.poles.models import Espace, Genre, Pole, Ressource
from tests import builders
from tests.builders import Voice, favorable

BEFORE_A_QUOTE = ("sollicitee", "proposee", "en_validation", "validee")
STOPPED = ("refusee", "declinee", "annulee")
ENDED = ("terminee", "facturee", "soldee", *STOPPED)
STATES = (*BEFORE_A_QUOTE, "devis_envoye", "confirmee", "en_cours", *ENDED)
LIVING = tuple(state for state in STATES if state not in ENDED)
GOING = tuple(state for state in STATES if state not in STOPPED)
FIRM = ("confirmee", "en_cours", "terminee", "facturee", "soldee")  # what was promised is kept for good

MOVES: dict[str, tuple[tuple[str, ...], str]] = {  # slug: from any of these, to that one
    "proposer": (("sollicitee",), "proposee"),
    "prendre_en_charge": (("proposee",), "en_validation"),
    "valider": (("en_validation",), "validee"),
    "envoyer_le_devis": (("validee",), "devis_envoye"),
    "confirmer": (("devis_envoye",), "confirmee"),
    "ouvrir": (("confirmee",), "en_cours"),
    "clore": (("en_cours",), "terminee"),
    "facturer": (("terminee",), "facturee"),
    "solder": (("facturee",), "soldee"),
    "confirmer_sans_devis": (("validee",), "confirmee"),
    "solder_sans_facture": (("terminee",), "soldee"),
    "enregistrer": (("sollicitee",), "confirmee"),
    "revenir_au_devis": (("confirmee",), "devis_envoye"),
    "rouvrir": (("terminee",), "en_cours"),
    "refuser": (BEFORE_A_QUOTE, "refusee"),
    "decliner": ((*BEFORE_A_QUOTE, "devis_envoye"), "declinee"),
    "annuler": (LIVING, "annulee"),
}
SAY_WHY = (
    "enregistrer", "confirmer_sans_devis", "solder_sans_facture", "revenir_au_devis", "refuser", "decliner", "annuler",
)  # fmt: skip
AGAIN = {"confirmer": ("confirmee",)}  # said once more, it changes nothing and is not refused
FACTS: dict[str, tuple[str, ...]] = {  # what happens to an action and moves it nowhere: the states that let it
    "passer": ("proposee",),
    "donner": ("en_validation",),
    "modifier": LIVING,
    "decaler": tuple(state for state in LIVING if state != "en_cours"),
    "ajouter_etape": LIVING,
    "ajouter_besoin": LIVING,
    "ajouter_tache": GOING,
    "appliquer_taches": GOING,
    "prendre": GOING,
    "confier": GOING,
    "accepter_relais": GOING,
    "ecrire": STATES,  # the demandeur is answered whatever became of it
}
DAY = timedelta(days=1)
SHORTEST = {  # a way to each state
    "sollicitee": (),
    "proposee": ("proposer",),
    "en_validation": ("proposer", "prendre_en_charge"),
    "validee": ("proposer", "prendre_en_charge", "valider"),
    "devis_envoye": ("proposer", "prendre_en_charge", "valider", "envoyer_le_devis"),
    "confirmee": ("proposer", "prendre_en_charge", "valider", "envoyer_le_devis", "confirmer"),
    "en_cours": ("enregistrer", "ouvrir"),
    "terminee": ("enregistrer", "ouvrir", "clore"),
    "facturee": ("enregistrer", "ouvrir", "clore", "facturer"),
    "soldee": ("enregistrer", "ouvrir", "clore", "solder_sans_facture"),
    "refusee": ("refuser",),
    "declinee": ("decliner",),
    "annulee": ("annuler",),
}


@dataclass
class House:
    """Who moves an action, and what it may ask for."""

    zoe: Personne = field(default_factory=builders.bienveillant)
    bruno: Personne = field(default_factory=lambda: builders.bienveillant("Bruno Ozoux"))
    ada: Personne = field(default_factory=lambda: builders.personne("Ada Dijoux", [builders.ADMIN]))
    gina: Personne = field(default_factory=lambda: builders.personne("Gina Payet"))
    voices: dict[str, Voice] = field(default_factory=lambda: builders.interpole("Culture", "Jardin"))

    def __post_init__(self) -> None:
        builders.identity(self.zoe)
        self.groupe: Pole = builders.pole("Mobilier", Genre.GROUPE, members=[self.gina])
        site = builders.espace("Le site")
        self.espaces: dict[str, Espace] = {"site": site} | {nom: builders.espace(nom, site) for nom in ("case", "jardin")}

    def do(self, slug: str, action: Action, motif: str = "", by: Personne | None = None) -> None:
        """The portal's own command for that row of the table, or for that fact."""
        if deed := self._deeds(motif).get(slug):
            deed(action, by or self.zoe)
        else:
            transition = WORKFLOW.get(slug)
            assert transition, slug
            commands.decide(action, transition, by=by or self.zoe, motif=motif)

    def _deeds(self, motif: str) -> dict[str, Callable[[Action, Personne], Any]]:
        carrier, other = self.voices["Culture"], self.voices["Jardin"]
        met = {"ou": Ou.REUNION, "le": clock.today(), "favorable": True, "compte_rendu": "D’accord."}
        return {
            "proposer": lambda a, by: interpole.propose(a, carrier.pole, by=by),
            "prendre_en_charge": lambda a, by: interpole.take(a, by=carrier.member),
            "valider": lambda a, by: interpole.decide(a, by=other.member, **met),
            "envoyer_le_devis": lambda a, by: envoi.send(first_devis(a), by=by),
            "confirmer": lambda a, by: agree(first_devis(a)),
            "revenir_au_devis": lambda a, by: accords.undo(first_devis(a), by=by, motif=motif),
            "passer": lambda a, by: interpole.pass_on(a, by=carrier.member, motif="Pas nous.", to=other.pole),
            "donner": lambda a, by: interpole.give(a, other.pole, by=other.member, **favorable()),
            "modifier": lambda a, by: commands.edit(a, by=by, read=reading(a.sheet), demandeur={}, titre=f"{a.titre} bis"),
            "decaler": lambda a, by: decalage.shift(a, by=by, debut=a.debut + DAY, fin=a.fin + DAY, motif="La cour est prise."),
            "ajouter_etape": lambda a, by: commands.add_step(a, by=by, titre="Repas", debut=a.debut, fin=a.fin),
            "ajouter_besoin": self._need,
            "ajouter_tache": lambda a, by: retroplanning.add(a, by=by, titre="Acheter le pain", jours=1),
            "appliquer_taches": lambda a, by: retroplanning.apply_template(a, by=by),
            "prendre": lambda a, by: relais.take(a, by=self.bruno),
            "confier": lambda a, by: relais.offer(a, to=self.bruno, by=by),
            "accepter_relais": lambda a, by: relais.accept(a, by=self.bruno),
            "ecrire": lambda a, by: echanges.write(a, texte="Bonjour", cle="", by=by),
        }

    def _need(self, action: Action, by: Personne) -> None:
        slot = {"debut": action.debut, "fin": action.fin}
        besoins.add(action, by=by, ressource=Ressource.HUMAIN, titre="Deux bras", pole_id=self.groupe.id, **slot)

    def ask(self, **fields: Any) -> Action:
        """An action that is asked for; a first devis is drafted, which the table sends."""
        action = builders.action(self.zoe, confirmed=False, **fields)
        builders.devis(action)
        return action

    def bring_to(self, state: str, **fields: Any) -> Action:
        """An action in that state, by its shortest way."""
        action = self.ask(**fields)
        for slug in SHORTEST[state]:
            self.do(slug, action, "Ainsi dit.")
        db.session.commit()
        return action


def first_devis(action: Action) -> Devis:
    return quotes.of_action(action)[-1]


def agree(devis: Devis) -> None:
    """Its demandeur says yes, by their link."""
    accords.accept(devis, signature=accords.Signature("Armelle Gigan"), empreinte=devis.empreinte, by=None)
