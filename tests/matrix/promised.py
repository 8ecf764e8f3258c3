"""What is promised to each role, line by line, and the rows of the tables that ask it.

A letter for each of `COLUMNS`: y all the rows of the line do it, or show it, - none of them does. Whose own thing, or own
pôle's, it is, the rows themselves name.
"""

from __future__ import annotations

COLUMNS = ("AN", "CL", "VO", "RF", "BA", "BO", "PM", "TR", "AD")

PROMISED: dict[str, dict[str, tuple[str, ...]]] = {
    "read what is published": {"y y y y y y y y y": ("GET /missions/", "GET /missions/{open}", "GET /missions/flux.atom")},
    "read what is not published yet": {"- - - y y y y y y": ("GET /actions/{action}", "GET /missions/{mission}")},
    "ask for an event": {"y y y y y y y y y": ("GET /actions/solliciter", "POST /actions/solliciter")},
    "send a request to a pôle, take it, pass it on": {
        "- - - - y - - - y": ("POST /actions/{asked}/proposer",),
        "- - - - - - y - y": ("POST /actions/{proposed}/prendre_en_charge", "POST /actions/{proposed}/passer"),
    },
    "say what one’s pôle thinks": {"- - - - - - y - -": ("POST /actions/{voted}/avis/{pm}",)},
    "close the validation": {"- - - - - y y - y": ("POST /actions/{voted}/valider", "POST /actions/{voted}/decision")},
    "take a request up": {"- - - - y y - - y": ("POST /actions/{request}/prendre",)},
    "hand an action over": {
        "- - - - y - - - y": ("POST /actions/{action}/confier",),
        "- - - - y y - - -": ("POST /actions/{handed}/accepter_relais",),
    },
    "change the needs": {
        "- - - - y - - - y": (
            "POST /besoins/nouveau/{action}",
            "POST /besoins/{draft}/modifier",
            "POST /besoins/{draft}/retirer",
            "POST /besoins/{draft}/demander",
        )
    },
    "answer for a need": {
        "- - - - - - y - -": (
            "POST /besoins/{of_pm}/confirmer",
            "POST /besoins/{of_pm}/refuser",
            "POST /besoins/{sure}/desister",
        ),
        "- - - - - - - - -": ("POST /besoins/{of_gm}/confirmer",),
    },
    "write a devis, see its prices": {
        "- - - - y - - - y": ("POST /devis/{quote}/lignes", "POST /devis/{quote}/ligne", "POST /devis/{quote}/remise"),
        "- - - - y y y y y": ("GET /devis/{quote}", "GET /devis/{quote}.pdf"),
    },
    "send a devis, note its answer": {
        "- - - - y - - - y": ("POST /devis/{quote}/envoyer", "POST /devis/{sent}/accord", "POST /devis/{sent}/refus"),
        "- - - - y y y y y": ("GET /devis/{sent}",),
    },
    "accept a devis as the client, by the link": {"y y y y y y y y y": ("POST /devis/lien/{offer}/accepter",)},
    "set up missions and the programme": {
        "- - - - y - - - y": (
            "POST /missions/nouvelle/{action}",
            "POST /missions/{open}/modifier",
            "POST /actions/{action}/programme",
        ),
        "- - - y y y y y y": ("GET /missions/action/{action}", "GET /actions/{action}/programme"),
    },
    "publish, open and close the candidatures": {
        "- - - - y - - - y": (
            "POST /missions/{mission}/publier",
            "POST /missions/{open}/fermer",
            "POST /missions/ouvrir/{action}",
        )
    },
    "apply": {"y y y y y y y y y": ("GET /candidatures/deposer/{open}", "POST /candidatures/deposer/{open}")},
    "follow, correct, withdraw one’s own candidature": {
        "y y y y y y y y y": ("GET /candidatures/suivi/{mine}", "POST /candidatures/suivi/{mine}/corriger"),
        "- - y - - - - - -": ("POST /candidatures/{of_vo}/retirer", "POST /candidatures/suivi/{vo_s}/corriger"),
    },
    "read the queue": {"- - - - y y - - y": ("GET /candidatures/",)},
    "answer a candidature": {
        "- - - - y - - - -": (
            "POST /candidatures/{applied}/accepter",
            "POST /candidatures/{applied}/mettre_en_attente",
            "POST /candidatures/{applied}/refuser",
            "POST /candidatures/{accepted}/annuler",
            "POST /candidatures/{accepted}/liberer",
            "POST /candidatures/lot",
        )
    },
    "answer one’s own candidature": {
        "- - - - - - - - -": (
            "POST /candidatures/{of_ba}/accepter",
            "POST /candidatures/{of_ba}/mettre_en_attente",
            "POST /candidatures/{of_ba}/refuser",
        )
    },
    "take the référent’s post by priority": {
        "- - - - y - - - -": ("POST /missions/{vacant}/prendre",),
        "- - - - - - - - -": ("POST /missions/{post}/prendre",),
    },
    "give the référent’s post back": {
        "- - - y - - - - y": ("POST /missions/{post}/liberer",),
        "- - - - y - - - y": ("POST /missions/{taken}/liberer",),
    },
    "read the team and its numbers": {"- - - y y - - - y": ("GET /missions/equipe/{action}",)},
    "open and close the site": {
        "- - - y y - - - -": ("POST /jour-j/{today}/entrees?ouvrir", "POST /jour-j/{begun}/entrees?fermer")
    },
    "tick, move the programme on, note what happens": {
        "- - - y y - - - -": ("POST /jour-j/{today}/entrees?cocher", "POST /jour-j/{today}/entrees?etape"),
        "- - y y y - - - -": ("POST /jour-j/{today}/entrees?arrivee",),
    },
    "read the day": {
        "- - y y y y y - y": ("GET /jour-j/{today}", "GET /jour-j/{today}/feuille", "GET /jour-j/{today}/etat"),
        "y y y y y y y y y": ("GET /jour-j/arrivee/lien/{comes}",),
    },
    "tell and validate hours and quantities": {
        "- - - y y - - - y": ("POST /contributions/action/{done}/transmettre",),
        "- - - - y - - - y": ("POST /contributions/action/{done}/valider",),
        "- - - y y - - - -": ("POST /jour-j/{today}/consommations",),
    },
    "share the profit out": {
        "- - - - y - - y -": ("POST /partage/action/{held}/cles",),
        "- - - - - - - y -": ("POST /partage/action/{paid_off}/decider",),
        "- - - - y - - y y": ("GET /partage/action/{held}",),
        "- - - - y - y y y": ("GET /partage/action/{paid_off}",),
    },
    "issue, credit, note a payment": {
        "- - - - - - - y -": (
            "POST /factures/{draft_invoice}/emettre",
            "POST /factures/{left_invoice}/avoir",
            "POST /factures/{left_invoice}/reglements",
        )
    },
    "read invoices": {
        "- - - - y - y y y": ("GET /factures/{draft_invoice}", "GET /factures/{draft_invoice}.pdf"),
        "y y y y y y y y y": ("GET /factures/lien/{paper}",),
    },
    "change what was issued": {
        "- - - - - - - - -": (
            "POST /factures/{left_invoice}/enregistrer",
            "POST /factures/{left_invoice}/emettre",
            "POST /factures/{left_invoice}/lignes/{extra}/retirer",
        )
    },
    "take lists away": {
        "- - - - y - - - y": ("POST /contributions/action/{counted}/export.csv",),
        "- - - - - - - y y": ("POST /contributions/annee/{year}/export.csv", "POST /factures/exercices/{past}/factures.csv"),
    },
    "follow one’s own calendar": {
        "- - y y y y y y y": ("GET /moi/calendrier",),
        "y y y y y y y y y": ("GET /moi/calendrier/{agenda}.ics",),
    },
    "manage people, roles, pôles": {
        "- - - - - - - - y": (
            "POST /reglages/personnes/nouvelle",
            "POST /reglages/personnes/{vo}",
            "POST /reglages/personnes/{vo}/desactiver",
            "POST /reglages/poles/{pm}/membres/{bo}",
        )
    },
    "give oneself a role": {"- - - - - - - - -": ("POST /reglages/personnes/{ad}",)},
    "change tariffs and settings": {
        "- - - - - - - y y": ("POST /devis/tarifs/nouveau",),
        "- - - - - - - - y": ("POST /reglages/nombres", "POST /reglages/identite", "POST /reglages/listes/ouverture"),
    },
    "read the journal": {
        "- - - - y - - - y": ("GET /actions/{action}/journal",),
        "- - - - - - - y y": ("GET /reglages/journal", "POST /reglages/journal/export.csv"),
    },
    "erase the journal, be somebody else": {
        "- - - - - - - - -": ("POST /actions/{action}/journal", "POST /reglages/personnes/{vo}/incarner")
    },
}
