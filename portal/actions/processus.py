"""The process of the house: what can happen to an action, from the first call to the last euro shared."""

from __future__ import annotations

from portal.actions.models import UP_TO_VALIDATED, Action, Etat
from portal.workflow import Event, Transition, Workflow

_BEFORE_THE_END = UP_TO_VALIDATED | {Etat.DEVIS_ENVOYE, Etat.CONFIRMEE, Etat.EN_COURS}


def _t(
    slug: str,
    label: str,
    done: str,
    sources: set[Etat] | frozenset[Etat],
    target: Etat,
    *,
    motif: bool = False,
    icon: str = "check",
) -> Transition:
    return Transition(f"action.{slug}", label, done, icon, frozenset(sources), target, needs_motif=motif)


proposer = _t("proposer", "Proposer à un pôle", "proposée à un pôle", {Etat.SOLLICITEE}, Etat.PROPOSEE)
prendre_en_charge = _t("prendre_en_charge", "Le pôle la porte", "portée par le pôle", {Etat.PROPOSEE}, Etat.EN_VALIDATION)
valider = _t("valider", "Valider", "validée par l’interpôle", {Etat.EN_VALIDATION}, Etat.VALIDEE)
enregistrer = _t(
    "enregistrer",
    "Enregistrer comme confirmée",
    "enregistrée, validée hors du portail",
    {Etat.SOLLICITEE},
    Etat.CONFIRMEE,
    motif=True,
)
envoyer_le_devis = _t("envoyer_le_devis", "Envoyer le devis", "devis envoyé", {Etat.VALIDEE}, Etat.DEVIS_ENVOYE, icon="send")
confirmer = _t("confirmer", "Confirmer", "devis accepté", {Etat.DEVIS_ENVOYE}, Etat.CONFIRMEE)
confirmer_sans_devis = _t(
    "confirmer_sans_devis", "Confirmer sans devis", "confirmée sans devis", {Etat.VALIDEE}, Etat.CONFIRMEE, motif=True
)
revenir_au_devis = _t(
    "revenir_au_devis",
    "Revenir au devis",
    "accord annulé",
    {Etat.CONFIRMEE},
    Etat.DEVIS_ENVOYE,
    motif=True,
    icon="undo-2",
)
ouvrir = _t("ouvrir", "Ouvrir le site", "site ouvert", {Etat.CONFIRMEE}, Etat.EN_COURS, icon="door-open")
clore = _t("clore", "Fermer le site", "site fermé", {Etat.EN_COURS}, Etat.TERMINEE, icon="door-closed")
rouvrir = _t("rouvrir", "Rouvrir le site", "site rouvert", {Etat.TERMINEE}, Etat.EN_COURS, icon="door-open")
facturer = _t("facturer", "Facturer", "facturée", {Etat.TERMINEE}, Etat.FACTUREE)
solder = _t("solder", "Solder", "soldée", {Etat.FACTUREE}, Etat.SOLDEE)
solder_sans_facture = _t(
    "solder_sans_facture", "Solder sans facture", "soldée sans facture", {Etat.TERMINEE}, Etat.SOLDEE, motif=True
)
refuser = _t("refuser", "Refuser", "refusée", UP_TO_VALIDATED, Etat.REFUSEE, motif=True, icon="x")
decliner = _t(
    "decliner",
    "Le demandeur renonce",
    "déclinée par le demandeur",
    UP_TO_VALIDATED | {Etat.DEVIS_ENVOYE},
    Etat.DECLINEE,
    motif=True,
    icon="x",
)
annuler = _t("annuler", "Annuler l’action", "annulée", _BEFORE_THE_END, Etat.ANNULEE, motif=True, icon="ban")

WORKFLOW = Workflow(
    Action.etat,
    (
        proposer, prendre_en_charge, valider, enregistrer, envoyer_le_devis, confirmer, confirmer_sans_devis, revenir_au_devis,
        ouvrir, clore, rouvrir, facturer, solder, solder_sans_facture, refuser, decliner, annuler,
    ),
)  # fmt: skip
reproposer = Event("action.reproposer", "Proposer à un autre pôle", "proposée à un autre pôle", "users")
passer = Event("action.passer", "Passer", "passée par le pôle", "skip-forward")
modifier = Event("action.modifier", "Modifier", "modifiée", "pencil")
creer = Event("action.creer", "Nouvelle action", "créée", "plus")
importer = Event("action.importer", "Reprendre un fichier", "reprise d’un fichier", "plus")
solliciter = Event("action.solliciter", "Demander une action", "demandée par le portail", "mail")
corriger = Event("action.corriger", "Corriger", "corrigée par le demandeur", "pencil")
prendre = Event("action.prendre", "Je la prends", "prise en main", "hand-heart")
confier = Event("action.confier", "Passer le relais", "relais proposé", "share-2")
accepter_relais = Event("action.accepter_relais", "Prendre le relais", "relais pris", "hand-heart")
laisser_relais = Event("action.laisser_relais", "Laisser le relais", "relais sans suite", "undo-2")
ecrire = Event("action.ecrire", "Écrire", "message écrit", "message-square")
repondre = Event("action.repondre", "J’ai répondu autrement", "réponse donnée autrement", "phone")
renouveler = Event("action.renouveler", "Envoyer un lien", "lien envoyé au demandeur", "key-round")
effacer_demandeur = Event("action.effacer_demandeur", "Effacer le demandeur", "demandeur effacé", "trash-2")
decaler = Event("action.decaler", "Décaler l’action", "décalée", "calendar")
