"""The matrix of rights, written out: change it here only when the collective decided to.

AN anonymous · VO volunteer on the action · RF its référent · BA its bienveillant · BO another bienveillant ·
PM member of a pôle · TR treasurer · AD admin. Whoever follows a candidature by its link is anonymous here.
"""

from __future__ import annotations

import re

import pytest
from flask_login import AnonymousUserMixin
from sqlalchemy import select

from portal import clock, outbox
from portal.actions import commands as programme
from portal.actions import retroplanning
from portal.candidatures.models import DECISIONS, accepter, annuler, liberer, refuser, retirer
from portal.comptes import commands as comptes
from portal.contributions.models import Attestation
from portal.db import db
from portal.devis.models import Devis
from portal.factures.models import Facture, LigneFacture
from portal.factures.models import Nature as Sorte
from portal.jour_j.models import Jour
from portal.missions import commands as missions
from portal.missions.models import Nature, fermer, publier, rouvrir
from portal.missions.queries import team_of
from portal.partage.models import Depense, Partage
from portal.poles.commands import save_equipment, save_space
from portal.poles.models import Genre
from portal.poles.queries import poles_of
from portal.policy import RULES, can
from tests import builders

WHO = ("AN", "VO", "RF", "BA", "BO", "PM", "TR", "AD")

DOORS = """
asked of nothing in particular   AN VO RF BA BO PM TR AD
public                            y  y  y  y  y  y  y  y
moi.voir                          -  y  y  y  y  y  y  y
action.lister                     -  -  -  y  y  y  y  y
action.creer                      -  -  -  y  y  -  -  -
candidature.deposer               y  y  y  y  y  y  y  y
candidature.lister                -  -  -  y  y  -  -  y
besoin.lister                     -  -  -  -  -  y  -  -
jour.lister                       -  y  y  y  y  y  y  y
jour.lire_tous                    -  -  -  y  y  y  -  y
devis.lister                      -  -  -  y  y  -  y  y
jour.registre                     -  -  -  y  y  -  -  y
devis.exporter                    -  -  -  -  -  -  y  y
facture.lister                    -  -  -  y  y  y  y  y
facture.toutes                    -  -  -  -  -  -  y  y
facture.reglements                -  -  -  -  -  -  y  y
partage.lister                    -  -  -  y  y  y  y  y
partage.toutes                    -  -  -  -  -  -  y  y
exercice.voir                     -  -  -  -  -  -  y  y
exercice.exporter                 -  -  -  -  -  -  y  y
exercice.clore                    -  -  -  -  -  -  y  -
outbox.lister                     -  -  -  -  -  -  -  y
equipe.lister                     -  -  -  y  y  -  -  y
contribution.exporter             -  -  -  -  -  -  y  y
contribution.exporter_tout        -  -  -  -  -  -  -  y
journal.lire                      -  -  -  -  -  -  y  y
journal.tout                      -  -  -  -  -  -  -  y
reglages.voir                     -  -  -  -  -  -  -  y
modele.modifier                   -  -  -  -  -  -  -  y
"""

ROWS = """
asked of                         AN VO RF BA BO PM TR AD
action.voir                       -  -  y  y  y  y  y  y
action.modifier                   -  -  -  y  -  -  -  y
action.modifier_demandeur         -  -  -  y  -  -  y  y
action.decaler                    -  -  -  y  -  -  -  y
action.journal                    -  -  -  y  -  -  -  y
action.prendre                    -  -  -  y  y  -  -  y
action.confier                    -  -  -  y  -  -  -  y
action.accepter_relais            -  -  -  y  y  -  -  -
action.laisser_relais             -  -  -  y  -  -  -  y
action.laisser_relais (to BO)     -  -  -  y  y  -  -  y
action.ecrire                     -  -  -  y  -  -  -  y
action.effacer_demandeur          -  -  -  y  -  -  -  y
action.lire_echanges              -  -  -  y  y  -  -  y
action.enregistrer                -  -  -  y  -  -  -  -
action.proposer                   -  -  -  y  -  -  -  y
action.prendre_en_charge (of PM)  -  -  -  -  -  y  -  y
action.prendre_en_charge          -  -  -  -  -  -  -  y
action.passer (of PM)             -  -  -  -  -  y  -  y
action.passer                     -  -  -  -  -  -  -  y
action.valider                    -  -  -  -  y  y  -  y
avis.donner (the pôle of PM)      -  -  -  -  -  y  -  -
avis.donner (another pôle)        -  -  -  -  -  -  -  -
avis.lire (action)                -  -  -  y  -  -  -  y
action.envoyer_le_devis           -  -  -  -  -  -  -  -
action.confirmer                  -  -  -  -  -  -  -  -
action.confirmer_sans_devis       -  -  -  y  -  -  -  y
action.revenir_au_devis           -  -  -  -  -  -  -  -
action.ouvrir                     -  -  y  y  -  -  -  -
action.clore                      -  -  y  y  -  -  -  -
action.rouvrir                    -  -  y  y  -  -  -  -
action.facturer                   -  -  -  -  -  -  -  -
action.solder                     -  -  -  -  -  -  -  -
action.solder_sans_facture        -  -  -  -  -  -  y  -
action.refuser                    -  -  -  y  -  -  -  y
action.decliner                   -  -  -  y  -  -  -  y
action.annuler                    -  -  -  y  -  -  -  y
tache.voir                           -  -  y  y  y  y  y  y
tache.voir (of VO)                   -  y  y  y  y  y  y  y
tache.modifier                       -  -  -  y  -  -  -  y
tache.modifier (of VO)               -  -  -  y  -  -  -  y
tache.traiter                        -  -  -  y  -  -  -  y
tache.traiter (of VO)                -  y  -  y  -  -  -  y
mission.voir (published)          y  y  y  y  y  y  y  y
mission.voir (draft)              -  -  y  y  y  y  y  y
mission.creer (action)            -  -  -  y  -  -  -  y
mission.modifier                  -  -  -  y  -  -  -  y
mission.dupliquer                 -  -  -  y  -  -  -  y
mission.publier                   -  -  -  y  -  -  -  y
mission.fermer                    -  -  -  y  -  -  -  y
mission.rouvrir                   -  -  -  y  -  -  -  y
mission.annuler                   -  -  -  y  -  -  -  y
mission.prendre                   -  -  -  y  -  -  -  -
mission.liberer (the post of RF)  -  -  y  -  -  -  -  y
mission.tenue (the post of RF)    -  -  y  -  -  -  -  -
mission.equipe (action)           -  -  y  y  -  -  -  y
affectation.voir (of VO)          -  y  -  -  -  -  -  -
affectation.confirmer (of VO)     -  y  -  -  -  -  -  -
affectation.pointer (of VO)       -  y  -  -  -  -  -  -
affectation.signaler (of VO)      -  -  -  -  -  -  -  -
candidature.voir (of VO)          -  y  -  y  -  -  -  y
candidature.accepter              -  -  -  y  -  -  -  -
candidature.mettre_en_attente     -  -  -  y  -  -  -  -
candidature.refuser               -  -  -  y  -  -  -  -
candidature.annuler               -  -  -  y  -  -  -  -
candidature.liberer               -  -  -  y  -  -  -  -
candidature.demander_statut       -  -  -  y  -  -  -  -
candidature.autoriser             -  -  -  y  -  -  -  -
candidature.reprendre             -  -  -  -  -  -  -  -
candidature.ceder                 -  -  -  -  -  -  -  -
candidature.rendre                -  -  -  -  -  -  -  -
candidature.prendre_place         -  -  -  -  -  -  -  -
candidature.retirer (of VO)       -  y  -  -  -  -  -  -
candidature.desister (of VO)      -  y  -  -  -  -  -  -
devis.voir                        -  -  -  y  y  y  y  y
devis.preparer (action)           -  -  -  y  -  -  -  y
devis.modifier                    -  -  -  y  -  -  -  y
devis.approuver                   -  -  -  y  y  -  y  y
devis.confirmer_lignes (the pôle of PM)  -  -  -  -  -  y  -  -
devis.confirmer_lignes (another pôle)    -  -  -  -  -  -  -  -
devis.envoyer                     -  -  -  y  -  -  -  y
devis.accepter                    -  -  -  y  -  -  -  y
devis.refuser                     -  -  -  y  -  -  -  y
devis.annuler_accord              -  -  -  y  -  -  -  y
devis.expirer                     -  -  -  -  -  -  -  -
devis.remplacer                   -  -  -  -  -  -  -  -
devis.retablir                    -  -  -  -  -  -  -  -
partage.lire (action)             -  -  -  y  -  -  y  y
partage.proposer (action)         -  -  -  y  -  -  y  -
partage.decider (action)          -  -  -  -  -  -  y  -
partage.clore                     -  -  -  -  -  -  y  -
depense.noter (action)            -  -  -  y  -  -  y  -
depense.voir                      -  -  -  y  -  -  y  y
depense.modifier                  -  -  -  y  -  -  y  -
facture.de_l_action (action)      -  -  -  y  -  -  y  y
facture.preparer (action)         -  -  -  y  -  -  y  -
facture.voir                      -  -  -  y  -  -  y  y
facture.voir (a part of PM)       -  -  -  y  -  y  y  y
facture.modifier                  -  -  -  y  -  -  y  -
facture.emettre                   -  -  -  -  -  -  y  -
facture.crediter                  -  -  -  -  -  -  y  -
facture.encaisser                 -  -  -  -  -  -  y  -
facture.payer                     -  -  -  -  -  -  -  -
facture.attendre                  -  -  -  -  -  -  -  -
facture.relancer                  -  -  -  -  -  -  y  -
facture.deposer                   -  -  -  -  -  -  y  -
facture.contrepasser              -  -  -  -  -  -  y  -
tarif.voir                        -  -  -  y  y  y  y  y
tarif.modifier                    -  -  -  -  -  -  y  y
besoin.voir                       -  -  y  y  y  y  y  y
besoin.ajouter (action)           -  -  -  y  -  -  -  y
besoin.modifier                   -  -  -  y  -  -  -  y
besoin.retirer                    -  -  -  y  -  -  -  y
besoin.demander                   -  -  -  y  -  -  -  y
besoin.reprendre                  -  -  -  y  -  -  -  y
besoin.adopter                    -  -  -  y  -  -  -  y
besoin.confirmer (of PM’s pôle)   -  -  -  -  -  y  -  -
besoin.refuser (of PM’s pôle)     -  -  -  -  -  y  -  -
besoin.desister (of PM’s pôle)    -  -  -  -  -  y  -  -
besoin.confirmer (of another)     -  -  -  -  -  -  -  -
besoin.refuser (of another)       -  -  -  -  -  -  -  -
besoin.desister (of another)      -  -  -  -  -  -  -  -
besoin.expirer                    -  -  -  -  -  -  -  -
besoin.perdre                     -  -  -  -  -  -  -  -
jour.voir                         -  y  y  y  y  y  -  y
jour.voir (an item of TR)         -  y  y  y  y  y  y  y
jour.participer (an item of TR)   -  y  y  y  -  -  -  -
jour.telephones (an item of TR)   -  -  y  y  -  -  -  y
jour.bilan                        -  -  y  y  y  -  -  y
jour.relever                      -  -  y  y  -  -  -  -
jour.agir                         -  -  y  y  -  -  -  -
jour.participer                   -  y  y  y  -  -  -  -
jour.telephones                   -  -  y  y  -  -  -  y
jour.appeler_le_referent          -  y  y  -  -  -  -  -
outbox.voir (sent to VO by BA)    -  y  -  y  -  -  -  y
outbox.voir (to VO, not yet sent) -  -  -  y  -  -  -  y
outbox.reprendre                  -  -  -  -  -  -  -  y
outbox.ecarter                    -  -  -  -  -  -  -  y
releve.voir (action)              -  -  y  y  -  -  -  y
releve.transmettre (action)       -  -  y  y  -  -  -  y
releve.valider (action)           -  -  -  y  -  -  -  y
releve.corriger (action)          -  -  -  y  -  -  -  y
attestation.voir (of VO)          -  y  -  -  -  -  -  -
personne.voir                     -  -  -  y  y  -  -  y
personne.voir (provisional)       -  -  -  -  -  -  -  -
personne.lire_la_note             -  -  -  y  y  -  -  y
personne.annoter                  -  -  -  y  y  -  -  -
personne.modifier                 -  -  -  -  -  -  -  y
pole.voir                         -  -  -  y  y  y  y  y
pole.modifier                     -  -  -  -  -  -  -  y
prestation.voir                   -  -  -  y  y  y  y  y
prestation.modifier               -  -  -  -  -  -  -  y
espace.voir                       -  -  -  y  y  y  y  y
espace.modifier                   -  -  -  -  -  -  -  y
materiel.voir                     -  -  -  y  y  y  y  y
materiel.modifier                 -  -  -  -  -  -  -  y
"""


def table(text: str) -> dict[str, str]:
    """{what is asked: one letter for each of WHO}"""
    lines = [re.match(r"(.+?)((?:\s+[y-]){8})$", line) for line in text.strip().splitlines()[1:]]
    return {line[1]: "".join(line[2].split()) for line in lines if line}


def key_of(asked: str) -> str:
    return asked.partition(" (")[0]


@pytest.fixture
def action(app):
    return builders.action(builders.bienveillant())


@pytest.fixture
def people(action):
    """Who stands in each column."""
    return {who: personne or AnonymousUserMixin() for who, personne in builders.cast(action).items()}


@pytest.fixture
def subjects(action, people):
    """What each line is asked of: by its own words, or else by its package."""
    draft = builders.mission(action, titre="Brouillon", published=False)
    place = next(a for a in team_of(action) if a.personne_id == people["VO"].id)
    post = next(a.mission for a in team_of(action) if a.mission.nature is Nature.REFERENT)
    candidature = builders.candidature(builders.mission(action, titre="Vaisselle"), people["VO"])
    outbox.post("essai", "cle", to="x@example.org", personne_id=people["VO"].id, par_id=people["BA"].id)
    unsent = db.session.scalars(select(outbox.Message).order_by(outbox.Message.id.desc())).first()
    entrusted = retroplanning.add(action, by=people["BA"], titre="Laver les nappes", jours=3, responsable_id=people["VO"].id)
    sent = outbox.Message(personne_id=people["VO"].id, par_id=people["BA"].id, envoye_le=clock.now())
    relayed = builders.action(people["BA"], titre="Relais")
    relayed.relais_id = people["BO"].id
    of_tr = _with_an_item_of(people, "TR")
    pm = poles_of(people["PM"])[0]
    of_pm = builders.action(people["BA"], titre="Au jardin", pole_porteur=pm)
    theirs, other = (builders.besoin(action, to, asked=False) for to in (poles_of(people["PM"])[0], builders.pole("Sport")))
    return {
        "action.accepter_relais (to BO)": relayed,
        "action.laisser_relais (to BO)": relayed,
        **{f"action.{right} (of PM)": of_pm for right in ("prendre_en_charge", "passer")},
        "avis.donner (the pôle of PM)": pm,
        "avis.donner (another pôle)": builders.pole("Boules", members=[builders.personne("Autre")]),
        "avis.lire (action)": action,
        "devis": Devis(action_id=action.id, action=action),
        "devis.preparer (action)": action,
        "devis.confirmer_lignes (the pôle of PM)": pm,
        "devis.confirmer_lignes (another pôle)": builders.pole("Pétanque", members=[builders.personne("Encore")]),
        "partage": Partage(action_id=action.id, action=action),
        **{f"partage.{right} (action)": action for right in ("lire", "proposer", "decider")},
        "depense": Depense(action_id=action.id, action=action),
        "depense.noter (action)": action,
        "facture": Facture(action_id=action.id, action=action),
        **{f"facture.{right} (action)": action for right in ("de_l_action", "preparer")},
        "facture.voir (a part of PM)": _with_a_part_of(pm, of_pm),
        "tarif": builders.tarif(by=people["TR"]),
        "outbox": unsent,
        "outbox.voir (to VO, not yet sent)": unsent,
        "outbox.voir (sent to VO by BA)": sent,
        "action": action,
        "tache": retroplanning.add(action, by=people["BA"], titre="Commander le pain", jours=3),
        **{f"tache.{right} (of VO)": entrusted for right in ("voir", "modifier", "traiter")},
        "mission": builders.mission(action, titre="Ouverte"),
        "mission.voir (draft)": draft,
        "mission.creer (action)": action,
        "mission.equipe (action)": action,
        "mission.liberer (the post of RF)": post,
        "mission.tenue (the post of RF)": post,
        "affectation": place,
        "candidature": candidature,
        "besoin": theirs,
        "besoin.ajouter (action)": action,
        **{f"besoin.{right} (of another)": other for right in ("confirmer", "refuser", "desister")},
        "jour": Jour(action_id=action.id, action=action),
        **{f"jour.{right} (an item of TR)": of_tr for right in ("voir", "participer", "telephones")},
        **{f"releve.{right} (action)": action for right in ("voir", "transmettre", "valider", "corriger")},
        "attestation": Attestation(personne_id=people["VO"].id),
        "personne": builders.personne("Connue"),
        "personne.voir (provisional)": comptes.introduce(nom="Inconnue", email="x@example.org"),
        "pole": builders.pole("Culture"),
        "prestation": builders.prestation(),
        "espace": save_space(None, nom="La case", parent=None, capacite=80, avant_min=0, apres_min=0, by=None),
        "materiel": save_equipment(None, nom="Chaises", stock=80, pole=None, by=None),
    }


def _with_a_part_of(pole, action):
    """An invoice that one line makes benefit that pôle."""
    line = LigneFacture(rang=1, libelle="Case", unite="forfait", prix=50_00, pole_id=pole.id)
    made = {"devis": builders.devis(action), "par": action.bienveillant, "nature": Sorte.FACTURE, "delai": 30}
    facture = Facture(action=action, lignes=[line], **made)
    db.session.add(facture)
    db.session.flush()
    return facture


def _with_an_item_of(people, who: str) -> Jour:
    """Another day with the same people, of whose programme one answers for an item."""
    other = builders.action(people["BA"], titre="Fête du moulin")
    for post, holder in ((builders.mission(other), "VO"), (builders.referent_mission(other, places=1), "RF")):
        builders.hold(post, people[holder])
    slot = {"debut": other.debut, "fin": other.fin}
    programme.add_step(other, by=people["BA"], titre="Visite", responsable_id=people[who].id, **slot)
    return Jour(action_id=other.id, action=other)


def answers(people, key: str, subject: object = None) -> str:
    return "".join("y" if can(people[who], key, subject) else "-" for who in WHO)


# --- the matrix ------------------------------------------------------------------------------------------------


def test_every_right_is_in_the_matrix_and_no_other():
    assert sorted({key_of(asked) for asked in (*table(DOORS), *table(ROWS))}) == sorted(RULES)


def test_the_doors(people):
    assert {key: answers(people, key) for key in table(DOORS)} == table(DOORS)


@pytest.mark.both
def test_the_rows(people, subjects):
    found = {
        asked: answers(people, key_of(asked), subjects.get(asked) or subjects[asked.partition(".")[0]]) for asked in table(ROWS)
    }
    assert found == table(ROWS)


def test_no_door_keeps_out_whoever_may_act_inside(people):
    for asked, letters in table(ROWS).items():
        for who, letter in zip(WHO, letters, strict=True):
            assert letter == "-" or can(people[who], key_of(asked)), f"{who} at the door of {asked}"


def test_a_stranger_passes_no_door_but_the_public_ones(people):
    assert {key for key in RULES if can(people["AN"], key)} == {"public", "candidature.deposer", "mission.voir"}


# --- what the columns cannot say -------------------------------------------------------------------------------


def test_a_right_that_moves_a_state_is_open_in_that_state_only(people, subjects):
    zoe, candidature, mission = people["BA"], subjects["candidature"], subjects["mission"]
    assert [can(zoe, t, candidature) for t in (accepter, refuser, annuler, liberer)] == [True, True, False, False]
    assert can(people["VO"], retirer, candidature)
    assert [can(zoe, t, mission) for t in (publier, rouvrir)] == [False, False]
    missions.decide(mission, fermer, by=zoe)
    assert can(zoe, rouvrir, mission)


def test_nobody_decides_on_their_own_candidature(action, people):
    """Nor on one that bears their address, before it is proved."""
    zoe = people["BA"]
    mine = builders.candidature(builders.mission(action, titre="Bar"), zoe)
    unproved = builders.candidature(builders.mission(action, titre="Jeux"), email=zoe.email.upper())
    for candidature in (mine, unproved):
        assert not any(can(zoe, transition, candidature) for transition in DECISIONS)
    assert can(zoe, "candidature.retirer", mine)
    assert not can(zoe, "candidature.retirer", unproved)


def test_nobody_reads_what_is_noted_of_them(people):
    for who in ("BA", "AD"):
        assert not can(people[who], "personne.lire_la_note", people[who])
        assert not can(people[who], "personne.annoter", people[who])


def test_the_bienveillant_of_an_action_needs_the_role_too(action, people):
    comptes.set_roles(people["BA"], [], by=people["AD"])
    assert not any(can(people["BA"], key, action) for key in RULES if key.startswith("action."))


def test_a_place_given_back_opens_nothing_more(action, people, subjects):
    place = subjects["affectation"]
    assert can(people["VO"], "jour.voir", subjects["jour"])
    missions.release(place, motif="malade")
    assert not can(people["VO"], "affectation.voir", place)
    assert not can(people["VO"], "jour.voir", subjects["jour"])


def test_a_charge_de_mission_says_what_happened_on_the_day(action, people):
    place = builders.hold(builders.mission(action, nature=Nature.CHARGE_DE_MISSION), people["VO"])
    assert answers(people, "affectation.signaler", place) == "-y------"


def test_who_took_the_post_by_priority_gives_it_back(action, people):
    post = builders.referent_mission(action, titre="Référent du soir")
    missions.take(post, by=people["BA"])
    assert answers(people, "mission.liberer", post) == "---y---y"


def test_rights_of_one_action_say_nothing_of_another(people):
    other = builders.action(people["BO"], titre="Autre")
    builders.mission(other, titre="Ailleurs")
    assert answers(people, "action.modifier", other) == "----y--y"
    assert answers(people, "action.voir", other) == "---yyyyy"
    assert answers(people, "jour.agir", Jour(action_id=other.id, action=other)) == "----y---"


def test_nobody_closes_the_validation_of_their_own_action_whatever_else_they_are(action, people):
    ba = people["BA"]
    builders.pole("Sport", members=[ba])
    comptes.set_roles(ba, [builders.ADMIN, builders.BIENVEILLANT], by=people["AD"])
    assert not can(ba, "action.valider", action)
    assert can(ba, "action.valider", builders.action(people["BO"]))


def test_a_member_of_a_groupe_alone_closes_no_validation(action):
    gina = builders.personne("Gina Payet")
    builders.pole("Mobilier", Genre.GROUPE, members=[gina])
    assert not can(gina, "action.valider", action)
    builders.pole("Sport", members=[gina])
    assert can(gina, "action.valider", action)
