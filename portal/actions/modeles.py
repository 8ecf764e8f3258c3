"""What the house's own starting rétroplanning begins with: the formalities of a public event and the tasks of the place.

The formalities and their delays are those of the law and of whoever is asked: a bar (code de la santé publique,
art. L3334-2), who is there while the public is (arrêté du 25 juin 1980, art. MS 52), the safety register (code de la
construction et de l'habitation, art. R143-44)… Where no day is named, the house chose one that leaves time to act. The
collective adapts them to each action: one that does not apply is "sans objet", with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

FORMATION, ATELIER, MANIFESTATION, AUTRE = "formation", "atelier", "manifestation", "autre"  # values of TypeAction
EVERY = frozenset({FORMATION, ATELIER, MANIFESTATION, AUTRE})
OPEN = frozenset({MANIFESTATION, AUTRE})  # a public comes
TAUGHT = frozenset({FORMATION, ATELIER})


@dataclass(frozen=True)
class Modele:
    """`jours` before the action, after it when negative; `aide` is the rule behind it."""

    cle: str
    titre: str
    jours: int
    aide: str = ""
    types: frozenset[str] = EVERY


MODELES = (
    # formalities
    Modele(
        "mairie", "Déposer le dossier en mairie", 62,
        "À partir de 1\u00a0500 personnes, ou dans un lieu inhabituel\u00a0: deux mois avant, avec l’avis de la commission de"
        " sécurité. En dessous, prévenir la mairie suffit souvent\u00a0: à vérifier avec elle.", OPEN,
    ),
    Modele(
        "jauge", "Comparer le monde attendu aux jauges", 45,
        "Chaque espace a un effectif maximal, public et équipe ensemble\u00a0: au-delà, l’action change d’espace ou de forme.",
    ),
    Modele(
        "chapiteau", "Vérifier tentes et chapiteaux", 30,
        "Une tente de plus de 50\u00a0m² suit des règles de sécurité à elle\u00a0: en parler à la mairie et au loueur.", OPEN,
    ),
    Modele(
        "secours", "Décider d’un poste de secours", 30,
        "Selon le public attendu et les risques\u00a0: le prévoir avec une association de secouristes.", OPEN,
    ),
    Modele(
        "buvette", "Demander l’autorisation de buvette", 15,
        "Buvette temporaire\u00a0: demande en mairie au moins 15\u00a0jours avant. Boissons des groupes 1 et 3 seulement, cinq"
        " autorisations par an et par association.", OPEN,
    ),
    Modele("sacem", "Déclarer la musique à la SACEM", 15, "Musique vivante ou enregistrée\u00a0: 15\u00a0jours avant.", OPEN),
    Modele(
        "assurance", "Réunir les attestations d’assurance", 15,
        "Celle de la maison pour ce type d’accueil, et celle du demandeur.",
    ),
    Modele(
        "guso", "Déclarer les artistes au GUSO", 8,
        "Artistes et techniciens du spectacle payés à l’occasion\u00a0: la déclaration se fait avant qu’ils commencent.", OPEN,
    ),
    Modele(
        "presence", "Nommer qui tient le site à chaque heure", 7,
        "Tant que du public est là, une personne responsable l’est aussi\u00a0: les postes de référent se suivent sans trou.",
    ),
    Modele(
        "registre", "Mettre à jour le registre de sécurité", 1,
        "Consignes, évacuation des personnes handicapées comprise, dates des vérifications, qui est chargé de la sécurité.",
    ),
    # the house
    Modele("visite", "Faire visiter le site au demandeur", 50),
    Modele("devis", "Envoyer le devis", 45, "Il part une fois l’action validée et ses besoins confirmés."),
    Modele("missions", "Ouvrir les missions", 30, "Le poste de référent d’abord, puis les autres."),
    Modele("annonce", "Annoncer l’action au public", 21, "Affiche, réseaux, agenda, avec le demandeur.", OPEN),
    Modele("supports", "Recevoir les supports et la liste des inscrits", 10, types=TAUGHT),
    Modele("programme", "Arrêter le programme avec le demandeur", 14),
    Modele("repas", "Commander repas et boissons", 10, "Avec le groupe cuisine\u00a0: combien de personnes, quels régimes."),
    Modele("briefing", "Réunir l’équipe pour le briefing", 7, "Qui fait quoi, où, et quoi faire si cela tourne mal."),
    Modele("materiel", "Vérifier le matériel et les espaces", 3),
    Modele("feuille", "Imprimer la feuille d’équipe", 1, "Avec les numéros de téléphone et le programme."),
    Modele("merci", "Remercier l’équipe et le demandeur", -2),
    Modele("bilan", "Valider les heures et faire le bilan", -7),
)  # fmt: skip
