"""security.md's matrix asked over HTTP, cell by cell: what is allowed is done, what is refused leaves every row as it was.

AN anonymous · DE the demandeur, by their link · VO volontaire · CM chargé de mission · RF référent · BA its bienveillant ·
BO another one · PM a member of the pôle that carries it · PO of another pôle · GM of a groupe · TR treasurer · AD admin.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest

from portal import clock, security
from portal.actions import commands as actions
from portal.actions import interpole, processus, relais, retroplanning
from portal.actions.models import Action
from portal.actions.suivi import page_token
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.comptes import entree
from portal.db import db
from portal.devis import commands as devis
from portal.devis.lien import page_token as page_of
from portal.devis.models import Unite
from portal.factures import commands as invoices
from portal.factures import emission, reglements
from portal.factures.lien import page_token as invoice_page_of
from portal.factures.models import Facture, Moyen
from portal.factures.models import Nature as NatureFacture
from portal.missions import queries
from portal.missions.models import Nature
from portal.partage import commands as partage
from portal.partage import justificatifs
from portal.partage import queries as shares
from portal.partage.justificatifs import Recu
from portal.partage.models import Nature as NatureDepense
from portal.poles.commands import save_equipment
from portal.poles.models import Genre
from portal.workflow import fire
from tests import builders, support
from tests.actions.test_routes import shown
from tests.builders import Voice, favorable
from tests.cells import Row, ask, fingerprint, rows
from tests.test_policy import bare

TABLE = """
                                                       AN  DE  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /                                                  200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/                                          303 303 403 403 403 200 200 200 200 200 200 200
GET /actions/tableau                                   303 303 403 403 403 200 200 200 200 200 200 200
GET /actions/reunion                                   303 303 403 403 403 200 200 200 200 200 200 200
GET /actions/agenda                                    200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/agenda.ics                                200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/agenda/abonnement                         200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/agenda/{secret}.ics                       200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/solliciter                                200 200 200 200 200 200 200 200 200 200 200 200
POST /actions/solliciter                               303 303 303 303 303 303 303 303 303 303 303 303
GET /actions/suivi/{link}                              200 200 200 200 200 200 200 200 200 200 200 200
POST /actions/suivi/{link}/ecrire                      303 303 303 303 303 303 303 303 303 303 303 303
POST /actions/suivi/{link}/corriger                    303 303 303 303 303 303 303 303 303 303 303 303
POST /actions/suivi/{link}/renoncer                    303 303 303 303 303 303 303 303 303 303 303 303
GET /actions/suivi/{altered}                           404 404 404 404 404 404 404 404 404 404 404 404
POST /actions/suivi/{altered}/renoncer                 404 404 404 404 404 404 404 404 404 404 404 404
GET /actions/nouvelle                                  303 303 403 403 403 200 200 403 403 403 403 403
POST /actions/nouvelle                                 303 303 403 403 403 303 303 403 403 403 403 403
GET /actions/{action}                                  303 303 404 404 200 200 200 200 200 200 200 200
GET /actions/999                                       303 303 404 404 404 404 404 404 404 404 404 404
GET /actions/{action}/modifier                         303 303 403 403 403 200 403 403 403 403 403 200
POST /actions/{action}/modifier                        303 303 403 403 403 303 403 403 403 403 403 303
GET /actions/{free}/client                             303 303 403 403 403 200 403 403 403 403 200 200
POST /actions/{free}/client                            303 303 403 403 403 303 403 403 403 403 303 303
GET /actions/{action}/journal                          303 303 403 403 403 200 403 403 403 403 403 200
POST /actions/{request}/prendre                        303 303 403 403 403 303 303 403 403 403 403 303
POST /actions/{request}/echanges                       303 303 403 403 403 403 403 403 403 403 403 303
POST /actions/{request}/accepter_relais                303 303 403 403 403 409 409 403 403 403 403 403
POST /actions/{action}/prendre                         303 303 403 403 403 303 409 403 403 403 403 409
GET /actions/{action}/confier                          303 303 403 403 403 200 403 403 403 403 403 200
POST /actions/{action}/confier                         303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{handed}/accepter_relais                 303 303 403 403 403 303 303 403 403 403 403 403
POST /actions/{action}/accepter_relais                 303 303 403 403 403 303 409 403 403 403 403 403
POST /actions/{handed}/laisser_relais                  303 303 403 403 403 303 303 403 403 403 403 303
GET /actions/{action}/echanges                         303 303 404 404 403 200 200 200 403 403 403 200
POST /actions/{action}/echanges                        303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{asked}/repondue                         303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{action}/lien                            303 303 403 403 403 303 403 403 403 403 403 303
GET /actions/{voted}/validation                        303 303 404 404 200 200 200 200 200 200 200 200
POST /actions/{asked}/proposer                         303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{proposed}/proposer                      303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{proposed}/prendre_en_charge             303 303 404 404 403 403 403 303 403 403 403 303
POST /actions/{proposed}/passer                        303 303 404 404 403 403 403 303 403 403 403 303
POST /actions/{voted}/avis/{pm}                        303 303 404 404 404 403 403 303 403 403 403 403
POST /actions/{voted}/avis/{po}                        303 303 404 404 404 403 403 403 303 403 403 403
POST /actions/{voted}/avis/{groupe}                    303 303 404 404 404 403 403 403 403 409 403 403
POST /actions/{voted}/avis/999                         303 303 404 404 404 404 404 404 404 404 404 404
POST /actions/{voted}/valider                          303 303 403 403 403 403 303 303 303 403 403 303
POST /actions/{voted}/decision                         303 303 403 403 403 403 303 303 303 403 403 303
POST /actions/{asked}/enregistrer                      303 303 404 404 403 303 403 403 403 403 403 403
POST /actions/{asked}/refuser                          303 303 404 404 403 303 403 403 403 403 403 303
POST /actions/{asked}/decliner                         303 303 404 404 403 303 403 403 403 403 403 303
POST /actions/{action}/annuler                         303 303 404 404 403 303 403 403 403 403 403 303
POST /actions/{validated}/envoyer_le_devis             303 303 404 404 403 403 403 403 403 403 403 403
POST /actions/{validated}/confirmer_sans_devis         303 303 404 404 403 303 403 403 403 403 403 303
POST /actions/{action}/revenir_au_devis                303 303 404 404 403 403 403 403 403 403 403 403
POST /actions/{action}/facturer                        303 303 404 404 403 403 403 403 403 403 403 403
POST /actions/{free}/solder_sans_facture               303 303 404 404 403 403 403 403 403 403 303 403
POST /actions/{action}/ouvrir                          303 303 404 404 409 409 403 403 403 403 403 403
POST /actions/{action}/inventer                        303 303 404 404 404 404 404 404 404 404 404 404
GET /actions/{action}/programme                        303 303 404 404 200 200 200 200 200 200 200 200
POST /actions/{action}/programme                       303 303 403 403 403 303 403 403 403 403 403 303
GET /actions/{action}/programme/{etape}                303 303 403 403 403 200 403 403 403 403 403 200
POST /actions/{action}/programme/{etape}               303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{action}/programme/{etape}/descendre     303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{action}/programme/{etape}/retirer       303 303 403 403 403 303 403 403 403 403 403 303
GET /actions/{asked}/programme/{etape}                 303 303 403 403 403 404 403 403 403 403 403 404
POST /actions/{asked}/programme/{etape}/retirer        303 303 403 403 403 404 403 403 403 403 403 404
GET /actions/{action}/decaler                          303 303 403 403 403 200 403 403 403 403 403 200
POST /actions/{action}/decaler                         303 303 403 403 403 200 403 403 403 403 403 200
GET /actions/{action}/retroplanning                    303 303 404 404 200 200 200 200 200 200 200 200
POST /actions/{action}/retroplanning                   303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{action}/retroplanning/modele            303 303 403 403 403 303 403 403 403 403 403 303
GET /actions/{action}/retroplanning/{tache}            303 303 404 404 200 200 200 200 200 200 200 200
POST /actions/{action}/retroplanning/{tache}           303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{action}/retroplanning/{tache}/faire     303 303 404 404 403 303 403 403 403 403 403 303
POST /actions/{action}/retroplanning/{tache}/ecarter   303 303 404 404 403 303 403 403 403 403 403 303
POST /actions/{action}/retroplanning/{tache}/reprendre 303 303 404 404 403 303 403 403 403 403 403 303
POST /actions/{action}/retroplanning/{tache}/retirer   303 303 403 403 403 303 403 403 403 403 403 303
GET /actions/{action}/retroplanning/{theirs}           303 303 200 404 200 200 200 200 200 200 200 200
POST /actions/{action}/retroplanning/{theirs}/faire    303 303 303 404 403 303 403 403 403 403 403 303
POST /actions/{action}/retroplanning/{theirs}/retirer  303 303 403 403 403 303 403 403 403 403 403 303
GET /actions/{asked}/retroplanning/{tache}             303 303 404 404 404 404 404 404 404 404 404 404
POST /actions/{asked}/retroplanning/{tache}/faire      303 303 404 404 404 404 404 404 404 404 404 404
GET /besoins/                                          303 303 403 403 403 403 403 200 200 200 403 403
GET /besoins/espaces                                   303 303 403 403 403 200 200 200 200 200 200 200
GET /besoins/action/{action}                           303 303 404 404 200 200 200 200 200 200 200 200
GET /besoins/action/999                                303 303 404 404 404 404 404 404 404 404 404 404
POST /besoins/action/{action}/demander                 303 303 403 403 403 303 403 403 403 403 403 303
GET /besoins/nouveau/{action}                          303 303 403 403 403 200 403 403 403 403 403 200
POST /besoins/nouveau/{action}                         303 303 403 403 403 303 403 403 403 403 403 303
GET /besoins/{draft}/modifier                          303 303 403 403 403 200 403 403 403 403 403 200
POST /besoins/{draft}/modifier                         303 303 403 403 403 303 403 403 403 403 403 303
POST /besoins/{draft}/demander                         303 303 403 403 403 303 403 403 403 403 403 303
POST /besoins/{draft}/retirer                          303 303 403 403 403 303 403 403 403 403 403 303
GET /besoins/999/modifier                              303 303 403 403 403 404 404 403 403 403 403 404
POST /besoins/999/confirmer                            303 303 403 403 403 403 403 404 404 404 403 403
POST /besoins/{of_pm}/reprendre                        303 303 403 403 403 303 403 403 403 403 403 303
POST /besoins/{of_pm}/confirmer                        303 303 403 403 403 403 403 303 403 403 403 403
POST /besoins/{of_pm}/refuser                          303 303 403 403 403 403 403 303 403 403 403 403
POST /besoins/{of_gm}/confirmer                        303 303 403 403 403 403 403 403 403 303 403 403
POST /besoins/{of_gm}/refuser                          303 303 403 403 403 403 403 403 403 303 403 403
POST /besoins/{otherwise}/adopter                      303 303 403 403 403 303 403 403 403 403 403 303
GET /poles/                                            303 303 403 403 403 200 200 200 200 200 200 200
GET /jour-j/                                           303 303 200 200 200 200 200 200 200 200 200 200
GET /jour-j/{action}                                   303 303 200 200 200 200 200 200 200 200 404 200
GET /jour-j/{action}/code                              303 303 403 403 200 200 403 403 403 403 404 403
GET /moi/donnees                                       303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/donnees/tout.zip                             303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/donnees/tout.json                            303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/donnees/effacer                              303 303 422 422 422 422 422 422 422 422 422 422
GET /moi/donnees/effacer                               303 303 200 200 200 200 200 200 200 200 200 200
GET /devis/                                            303 303 403 403 403 200 200 403 403 403 200 200
GET /devis/montants                                    303 303 403 403 403 200 200 403 403 403 200 200
POST /devis/export.csv                                 303 303 403 403 403 200 200 403 403 403 200 200
POST /devis/export.xlsx                                303 303 403 403 403 200 200 403 403 403 200 200
POST /devis/montants/export.csv                        303 303 403 403 403 200 200 403 403 403 200 200
GET /devis/action/{action}                             303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/action/999                                  303 303 403 403 403 404 404 404 404 404 404 404
POST /devis/action/{voted}/preparer                    303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{quote}                                     303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/{quote}.pdf                                 303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/{sent}                                      303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/999                                         303 303 403 403 403 404 404 404 404 404 404 404
GET /devis/{agreed}                                    303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/{agreed}/changements                        303 303 403 403 403 404 404 404 404 404 404 404
POST /devis/{quote}/calcul                             303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes                             303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/ajouter                            303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/entete                             303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{sent}/entete                              303 303 403 403 403 409 403 403 403 403 403 409
POST /devis/{quote}/remise                             303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/besoins                            303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/ligne/ouvrir                       303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes/{ligne}/ouvrir              303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{quote}/ligne                               303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{quote}/ligne                              303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{quote}/lignes/{ligne}                      303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{quote}/lignes/{ligne}                     303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes/{ligne}/descendre           303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{quote}/lignes/{ligne}/retirer             303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{discounted}/lignes/{ligne}                 303 303 403 403 403 404 403 403 403 403 403 404
POST /devis/{discounted}/lignes/{ligne}/retirer        303 303 403 403 403 409 403 403 403 403 403 409
POST /devis/{discounted}/approuver                     303 303 403 403 403 403 303 403 403 403 303 303
POST /devis/{quote}/envoyer                            303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{sent}/envoyer                             303 303 403 403 403 409 403 403 403 403 403 409
POST /devis/{lined}/demander                           303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{lined}/confirmer_lignes/{pm}              303 303 403 403 403 403 403 303 403 403 403 403
POST /devis/{lined}/confirmer_lignes/{groupe}          303 303 403 403 403 403 403 403 403 303 403 403
POST /devis/{lined}/confirmer_lignes/999               303 303 403 403 403 403 403 404 404 404 403 403
POST /devis/{lined}/reserver/{pm}                      303 303 403 403 403 403 403 303 403 403 403 403
GET /devis/{sent}/accord                               303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{sent}/accord                              303 303 403 403 403 303 403 403 403 403 403 303
GET /devis/{sent}/refus                                303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{sent}/refus                               303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{agreed}/refus                             303 303 403 403 403 409 403 403 403 403 403 409
GET /devis/{agreed}/annuler_accord                     303 303 403 403 403 200 403 403 403 403 403 200
POST /devis/{agreed}/annuler_accord                    303 303 403 403 403 303 403 403 403 403 403 303
POST /devis/{sent}/annuler_accord                      303 303 403 403 403 409 403 403 403 403 403 409
GET /devis/lien/{offer}                                200 200 200 200 200 200 200 200 200 200 200 200
GET /devis/lien/{offer}/devis.pdf                      200 200 200 200 200 200 200 200 200 200 200 200
POST /devis/lien/{offer}/accepter                      303 303 303 303 303 303 303 303 303 303 303 303
POST /devis/lien/{offer}/refuser                       303 303 303 303 303 303 303 303 303 303 303 303
POST /devis/lien/{offer}/demander_un_changement        303 303 303 303 303 303 303 303 303 303 303 303
GET /devis/lien/{altered}                              404 404 404 404 404 404 404 404 404 404 404 404
POST /devis/lien/{altered}/accepter                    404 404 404 404 404 404 404 404 404 404 404 404
POST /devis/lien/{link}/accepter                       404 404 404 404 404 404 404 404 404 404 404 404
GET /factures/                                         303 303 403 403 403 200 200 200 200 200 200 200
GET /factures/action/{settled}                         303 303 403 403 403 200 403 403 403 403 200 200
GET /factures/action/999                               303 303 403 403 403 404 404 404 404 404 404 404
POST /factures/action/{settled}/preparer/acompte       303 303 403 403 403 303 403 403 403 403 303 403
GET /factures/{draft_invoice}                          303 303 403 403 403 200 404 200 404 404 200 200
GET /factures/{draft_invoice}.pdf                      303 303 403 403 403 200 404 200 404 404 200 200
GET /factures/999                                      303 303 403 403 403 404 404 404 404 404 404 404
POST /factures/{draft_invoice}/enregistrer             303 303 403 403 403 303 404 403 403 403 303 403
POST /factures/{draft_invoice}/emettre                 303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{draft_invoice}/abandonner              303 303 403 403 403 303 404 403 403 403 303 403
GET /factures/{draft_invoice}/ligne                    303 303 403 403 403 200 404 403 403 403 200 403
POST /factures/{draft_invoice}/ligne                   303 303 403 403 403 303 404 403 403 403 303 403
POST /factures/{draft_invoice}/lignes/{extra}/retirer  303 303 403 403 403 303 404 403 403 403 303 403
POST /factures/{left_invoice}/reglements               303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{left_invoice}/reglements/{paid}/contrepasser 303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{draft_invoice}/reglements/{paid}/contrepasser 303 303 403 403 403 403 403 403 403 403 404 403
POST /factures/{left_invoice}/remboursements           303 303 403 403 403 403 403 403 403 403 422 403
POST /factures/{left_invoice}/avoir                    303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{draft_invoice}/avoir                   303 303 403 403 403 403 403 403 403 403 409 403
POST /factures/{left_invoice}/relancer/1               303 303 403 403 403 403 403 403 403 403 409 403
POST /factures/{left_invoice}/depots                   303 303 403 403 403 403 403 403 403 403 409 403
GET /factures/lien/{paper}                             200 200 200 200 200 200 200 200 200 200 200 200
GET /factures/lien/{paper}/facture.pdf                 200 200 200 200 200 200 200 200 200 200 200 200
GET /factures/lien/{offer}                             404 404 404 404 404 404 404 404 404 404 404 404
GET /factures/reglements                               303 303 403 403 403 403 403 403 403 403 200 200
GET /partage/                                          303 303 403 403 403 200 200 200 200 200 200 200
GET /partage/annees                                    303 303 403 403 403 403 403 403 403 403 200 200
GET /partage/action/{held}                             303 303 403 403 403 200 403 403 403 403 200 200
GET /partage/action/{held}/releve/commun               303 303 403 403 403 200 403 403 403 403 200 200
GET /partage/action/999                                303 303 403 403 403 404 404 404 404 404 404 404
POST /partage/action/{held}/cles                       303 303 403 403 403 303 403 403 403 403 303 403
POST /partage/action/{held}/cles/devis                 303 303 403 403 403 303 403 403 403 403 303 403
POST /partage/action/{held}/decider                    303 303 403 403 403 403 403 403 403 403 409 403
POST /partage/action/{held}/corriger                   303 303 403 403 403 403 403 403 403 403 409 403
POST /partage/action/{held}/clore                      303 303 403 403 403 403 403 403 403 403 409 403
GET /partage/action/{held}/depense                     303 303 403 403 403 200 403 403 403 403 200 403
POST /partage/action/{held}/depense                    303 303 403 403 403 303 403 403 403 403 303 403
GET /partage/depenses/{cost}                           303 303 403 403 403 200 404 403 403 403 200 403
POST /partage/depenses/{cost}                          303 303 403 403 403 303 404 403 403 403 303 403
POST /partage/depenses/{cost}/retirer                  303 303 403 403 403 303 404 403 403 403 303 403
GET /partage/depenses/{cost}/justificatif              303 303 403 403 403 200 404 403 403 403 200 200
GET /partage/depenses/999                              303 303 403 403 403 404 404 403 403 403 404 403
GET /factures/exercices                                303 303 403 403 403 403 403 403 403 403 200 200
GET /factures/exercices/{past}                         303 303 403 403 403 403 403 403 403 403 200 200
GET /factures/exercices/999                            303 303 403 403 403 403 403 403 403 403 404 404
POST /factures/exercices/{past}/clore                  303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/exercices/{year}/clore                  303 303 403 403 403 403 403 403 403 403 409 403
POST /factures/exercices/999/clore                     303 303 403 403 403 403 403 403 403 403 404 403
POST /factures/exercices/{past}/factures.csv           303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/factures.xlsx          303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/reglements.csv         303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/reglements.xlsx        303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/fec.txt                303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/999/fec.txt                   303 303 403 403 403 403 403 403 403 403 404 404
GET /devis/tarifs/                                     303 303 403 403 403 200 200 200 200 200 200 200
GET /devis/tarifs/nouveau                              303 303 403 403 403 403 403 403 403 403 200 200
POST /devis/tarifs/nouveau                             303 303 403 403 403 403 403 403 403 403 303 303
GET /devis/tarifs/{tarif}                              303 303 403 403 403 403 403 403 403 403 200 200
POST /devis/tarifs/{tarif}                             303 303 403 403 403 403 403 403 403 403 303 303
POST /devis/tarifs/{tarif}/retirer                     303 303 403 403 403 403 403 403 403 403 303 303
POST /devis/tarifs/999/retirer                         303 303 403 403 403 403 403 403 403 403 404 404
GET /missions/ouvrir/                                  303 303 403 403 403 200 200 403 403 403 403 403
GET /missions/ouvrir/{action}                          303 303 403 403 403 200 403 403 403 403 403 200
POST /missions/ouvrir/{action}                         303 303 403 403 403 303 403 403 403 403 403 303
POST /missions/{mission}/vu                            303 303 403 403 403 303 403 403 403 403 403 303
GET /missions/action/{action}                          303 303 404 404 200 200 200 200 200 200 200 200
POST /comptes/cle/defi                                 200 200 200 200 200 200 200 200 200 200 200 200
POST /comptes/cle                                      422 422 422 422 422 422 422 422 422 422 422 422
GET /comptes/second                                    200 200 200 200 200 200 200 200 200 200 200 200
POST /comptes/second                                   410 410 410 410 410 410 410 410 410 410 410 410
POST /comptes/preuve                                   303 303 404 404 404 404 404 404 404 404 404 404
POST /comptes/preuve/code                              303 303 404 404 404 404 404 404 404 404 404 404
GET /moi/securite                                      303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/securite/appareils/999/deconnecter           303 303 404 404 404 404 404 404 404 404 404 404
POST /moi/securite/appareils/deconnecter               303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/cles/defi                           303 303 200 200 200 200 200 200 200 200 200 200
POST /moi/securite/cles                                303 303 422 422 422 422 422 422 422 422 422 422
GET /moi/securite/cles/999                             303 303 404 404 404 404 404 404 404 404 404 404
POST /moi/securite/cles/999                            303 303 404 404 404 404 404 404 404 404 404 404
POST /moi/securite/cles/999/retirer                    303 303 404 404 404 404 404 404 404 404 404 404
POST /moi/securite/application                         303 303 303 303 303 303 303 303 303 303 303 303
GET /moi/securite/application                          303 303 303 303 303 303 303 303 303 303 303 303
POST /moi/securite/application/confirmer               303 303 422 422 422 422 422 422 422 422 422 422
POST /moi/securite/application/retirer                 303 303 422 422 422 422 422 422 422 422 422 422
POST /moi/securite/application/codes                   303 303 422 422 422 422 422 422 422 422 422 422
GET /reglages/                                         303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/nombres                                  303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/nombres                                 303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/mineurs                                  303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/mineurs                                 303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/conservation                             303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/demarrer                                 303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/maison                                   303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/maison                                  303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/identite                                 303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/identite                                303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/devis                                    303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/devis                                   303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/journal                                  303 303 403 403 403 403 403 403 403 403 200 200
GET /reglages/journal?sujet=action:{action}            303 303 403 403 403 403 403 403 403 403 200 200
POST /reglages/journal/export.csv                      303 303 403 403 403 403 403 403 403 403 200 200
POST /reglages/journal/export.xlsx                     303 303 403 403 403 403 403 403 403 403 200 200
GET /reglages/journal/consultations                    303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/personnes/{bo}/application/retirer      303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/retroplanning/                           303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/retroplanning/                          303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/messages/                                303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/messages/merci                           303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/messages/merci                          303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/messages/merci/apercu                   303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/rocketchat                               303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/rocketchat                              303 303 403 403 403 403 403 403 403 403 403 409
GET /reglages/poles/                                   303 303 403 403 403 403 403 403 403 403 403 200
GET /reglages/poles/nouveau                            303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/poles/nouveau                           303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/poles/{pm}                               303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/poles/{pm}                              303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/poles/{pm}/membres/{bo}                 303 303 403 403 403 403 403 403 403 403 403 303
POST /reglages/poles/{po}/membres/{pm_member}/retirer  303 303 403 403 403 403 403 403 403 403 403 404
POST /reglages/poles/{pm}/membres/{pm_member}/retirer  303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/espaces/                                 303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/espaces/nouveau                         303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/espaces/{espace}                         303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/espaces/{espace}                        303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/materiel/                                303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/materiel/nouveau                        303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/materiel/{materiel}                      303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/materiel/{materiel}                     303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/prestations/                             303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/prestations/nouvelle                    303 303 403 403 403 403 403 403 403 403 403 303
GET /reglages/prestations/{prestation}                 303 303 403 403 403 403 403 403 403 403 403 200
POST /reglages/prestations/{prestation}                303 303 403 403 403 403 403 403 403 403 403 303
"""


def local(instant: Any) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


class World:
    """A house with an action in each of the states that the rows speak of, kept aside to be given back at once."""

    ids: dict[str, Any]  # what stands between braces in the rows

    def __init__(self, site: support.Site):
        self.site = site
        site.renew()
        with site.app.app_context():
            self._people()
            self._actions()
            self._things()
            self.slot = [local(self.action.debut + timedelta(minutes=minutes)) for minutes in (5, 60)]
            with clock.freeze(clock.now() + timedelta(hours=1)):  # their proofs stay fresh to the end of the table
                self.tokens = {who: entree.open_session(one, agent="pytest") for who, one in self.people.items()}
                db.session.flush()
            self.ids = {who.lower(): one.id for who, one in self.people.items()} | self.ids
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        assert isinstance(site.database, support.SqliteDatabase)
        self.kept = site.database.path.read_bytes()

    def renew(self) -> None:
        """As it was built."""
        db.session.remove()
        self.site.renew()
        self.site.database.path.write_bytes(self.kept)

    def _people(self) -> None:
        people = {"VO": "Vanille Técher", "CM": "Charlie Maillot", "RF": "Rémi Fontaine", "PM": "Paul Maillot"}
        people |= {"PO": "Pia Hoarau", "GM": "Gina Payet"}
        self.people = {who: builders.personne(nom) for who, nom in people.items()} | {
            "BA": builders.bienveillant(),
            "BO": builders.bienveillant("Bruno Ozoux"),
            "TR": builders.personne("Tara Robert", [builders.TRESORIER]),
            "AD": builders.personne("Ada Dijoux", [builders.ADMIN]),
        }
        self.pm = Voice(builders.pole("Culture", members=[self.people["PM"]]), self.people["PM"])
        self.po = Voice(builders.pole("Jardin", members=[self.people["PO"]]), self.people["PO"])
        self.groupe = builders.pole("Mobilier", Genre.GROUPE, members=[self.people["GM"]])

    def _actions(self) -> None:
        """Each has its référent, a volontaire and a chargé de mission, but for the one whose agreement may be undone; BA sets
        it up, but for one that nobody has taken.
        """
        ba = self.people["BA"]
        made = {
            "action": builders.action(ba, pole_porteur=self.pm.pole),
            "asked": builders.action(ba, confirmed=False),
            "handed": builders.action(ba, confirmed=False),
            "proposed": builders.proposed(ba, self.pm.pole),
            "voted": builders.in_validation(ba, self.pm),
            "validated": builders.in_validation(ba, self.pm),
            "priced": builders.in_validation(ba, self.pm),
            "shared": builders.in_validation(ba, self.pm),
            "settled": builders.in_validation(ba, self.pm),
            "held": builders.in_validation(ba, self.pm),
            "free": builders.action(ba, pole_porteur=self.pm.pole),
        }
        relais.offer(made["handed"], to=self.people["BO"], by=ba)
        interpole.give(made["voted"], self.po.pole, by=self.po.member, **favorable())
        interpole.give(made["voted"], self.pm.pole, by=self.pm.member, **favorable())
        for name in ("validated", "priced", "shared", "settled", "held"):
            for voice in (self.pm, self.po):
                builders.opinion(made[name], voice, favorable())
            interpole.close(made[name], by=self.po.member)
        for action in [made[name] for name in made if name not in {"settled", "held"}]:
            for who, nature in (("VO", Nature.VOLONTAIRE), ("CM", Nature.CHARGE_DE_MISSION), ("RF", Nature.REFERENT)):
                builders.hold(builders.mission(action, nature=nature, published=False), self.people[who])
        for step in (processus.ouvrir, processus.clore):
            fire(step, made["free"], by=ba)
        self._devis(made)
        self.action, self.request = made["action"], builders.request()
        link = page_token(self.request)
        self.ids |= {name: action.id for name, action in made.items()} | {
            "request": self.request.id, "link": link, "altered": f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}",
        }  # fmt: skip

    def _devis(self, made: dict[str, Any]) -> None:
        """A draft of two lines, another whose discount a second person approves, one that two pôles are asked about, one that
        was sent, one that was accepted.
        """
        ba, sent, agreed = self.people["BA"], builders.sent(made["priced"]), builders.accepted(made["settled"])
        quote, discounted, lined = (builders.devis(made[name]) for name in ("validated", "action", "shared"))
        for pole in (self.pm.pole, self.groupe):
            devis.add(lined, by=ba, libelle=pole.nom, unite=Unite.FORFAIT, prix=50_00, pole_id=pole.id)
        ligne = quote.lignes[0]
        devis.add(quote, by=ba, libelle="Ménage", unite=Unite.FORFAIT, prix=50_00)
        devis.discount(discounted, by=ba, remise=5_000)
        rows: dict[str, Any] = {
            "quote": quote,
            "discounted": discounted,
            "sent": sent,
            "agreed": agreed,
            "lined": lined,
            "ligne": ligne,
            "tarif": builders.tarif(by=ba),
        }
        rows |= self._invoice(made["held"])
        self.ids = {name: row.id for name, row in rows.items()} | {
            "offer": page_of(sent), "empreinte": sent.empreinte, "paper": invoice_page_of(rows["left_invoice"]),
        }  # fmt: skip
        self.ids |= {"past": self.past, "year": self.past + 1}

    def _invoice(self, action: Action) -> dict[str, Any]:
        """Of a day that is over, its deposit paid in part last year; a line of the rest, a draft, benefits the pôle of PM."""
        ba, tr, _ = self.people["BA"], self.people["TR"], builders.accepted(action)
        deposit = invoices.prepare(action, NatureFacture.ACOMPTE, by=ba)
        emission.emit(deposit, by=tr, read=emission.reading(deposit))
        self.past = clock.today().year - 1
        paid = reglements.receive(deposit, by=tr, montant=100, moyen=Moyen.VIREMENT, le=date(self.past, 12, 31))
        for step in (processus.ouvrir, processus.clore):
            fire(step, action, by=ba)
        facture = invoices.prepare(action, NatureFacture.FACTURE, by=ba)
        more = {"libelle": "Assiettes", "quantite": 100, "unite": Unite.UNITE, "prix": 3_00, "taux": 0, "motif": "En plus."}
        extra = invoices.add(facture, by=ba, pole_id=self.pm.pole.id, **more)
        spent = {"libelle": "Marché", "montant": 20_00, "le": clock.today(), "nature": NatureDepense.AUTRE, "pole_id": None}
        cost = partage.note(action, by=ba, recu=Recu(justificatifs.PDF, b"%PDF-"), **spent)
        return {"draft_invoice": facture, "extra": extra, "left_invoice": deposit, "paid": paid, "cost": cost}

    def _things(self) -> None:
        ba, action, slot = self.people["BA"], self.action, self.action.debut
        first, _ = (
            actions.add_step(action, by=ba, titre=titre, debut=slot + timedelta(hours=n), fin=slot + timedelta(hours=n + 1))
            for n, titre in enumerate(("Accueil", "Repas"))
        )
        task = retroplanning.add(action, by=ba, titre="Commander le pain", jours=3)
        theirs = retroplanning.add(action, by=ba, titre="Laver les nappes", jours=3, responsable_id=self.people["VO"].id)
        otherwise = builders.besoin(action, self.groupe, titre="Trois bras")
        besoins.answer(otherwise, confirmer, by=self.people["GM"], quantite=1, motif="Pas plus.")
        found: dict[str, Any] = {
            "etape": first,
            "tache": task,
            "theirs": theirs,
            "draft": builders.besoin(action, self.groupe, asked=False),
            "of_pm": builders.besoin(action, self.pm.pole),
            "of_gm": builders.besoin(action, self.groupe),
            "otherwise": otherwise,
            "espace": builders.espace(),
            "materiel": save_equipment(None, nom="Chaises", stock=80, pole=self.groupe, by=None),
            "prestation": builders.prestation(),
            "mission": queries.of_action(action)[0],
            "pm": self.pm.pole,
            "po": self.po.pole,
            "groupe": self.groupe,
            "pm_member": self.pm.member,
        }
        db.session.flush()
        self.ids |= {name: row.id for name, row in found.items()}
        self.ids["tout"] = emission.reading(db.session.get_one(Facture, self.ids["draft_invoice"]))
        self.ids["cles"] = partage.keys_reading(shares.compte(db.session.get_one(Action, self.ids["held"])))
        self.ids["secret"] = security.seal("agenda.actions", ba.id, ba.agenda_generation)

    def visitor(self, who: str) -> support.PortalClient:
        client = self.site.app.test_client()
        assert isinstance(client, support.PortalClient)
        if who in self.tokens:
            client.remember(_user_id=self.tokens[who], _fresh=True)
        if who == "DE":
            assert client.get(f"/actions/suivi/{self.ids['link']}").status_code == 200
        return client

    def fields(self, row: Row) -> dict[str, Any]:
        """What somebody types there: the page's own form as it is shown to whoever may, filled in where it is empty."""
        if row.method == "GET":
            return {}
        path, as_it_is = row.path(self.ids), {}
        for who in ("BA", "AD"):
            found = self.visitor(who).get(path)
            if found.status_code == 200 and 'class="formulaire' in found.text:
                as_it_is = {
                    name: said for name, said in shown(self.visitor(who), path).items() if said and name != "csrf_token"
                }
        chosen = {
            "empreinte": self.ids["empreinte"],
            "pole": self.ids["po"],
            "personne": self.ids["bo"],
            "le": clock.today().isoformat(),
        }
        own = {name: said.format(**self.ids) for name, said in OWN.get(row.asked, {}).items()}
        return TYPED | chosen | dict(zip(("debut", "fin"), self.slot, strict=True)) | as_it_is | own


TYPED = {  # each form reads what it knows of it
    "nom": "Chorale", "titre": "Vingt ans", "email": "vwa@example.org", "demandeur_nom": "Chorale", "texte": "Bonjour",
    "motif": "Ainsi dit.", "mot": "Merci", "type": "autre", "canal": "mail", "jour": "2027-10-30", "de": "15:00", "a": "22:00",
    "cle": "une-cle-bien-a-soi-0001", "technique": "favorable", "ethique": "favorable", "organisationnelle": "favorable",
    "favorable": "favorable", "ou": "reunion", "presents": "Tous", "compte_rendu": "D’accord.", "jours": "3", "stock": "90",
    "quantite": "2", "genre": "pole", "ressource": "humain", "ordre": "1",
}  # fmt: skip
WHOLE = {"mot": "", "delai": "30", "categorie": "services", "tout": "{tout}"}  # the page of an invoice sends all of it
SPENT = {"libelle": "Marché", "montant": "20", "le": "2026-01-01", "nature": "materiel"}
OWN: dict[str, dict[str, str]] = {
    "POST /actions/{action}/decaler": {"debut": "2027-10-30T09:00"},  # shows what it would do, and does nothing
    "POST /actions/{action}/retroplanning/{tache}": {"titre": "Commander le pain"},
    "POST /besoins/nouveau/{action}": {"ressource": "humain"},
    "POST /devis/{quote}/remise": {"remise": "5"},
    "POST /devis/{quote}/ajouter": {"tarif": "{tarif}"},
    "POST /devis/{quote}/ligne": {"libelle": "Sono", "prix": "20"},
    "POST /devis/{sent}/accord": {"voie": "mail", "preuve": "Son message"},
    "POST /devis/lien/{offer}/accepter": {"accord": "y"},
    **{f"POST /factures/{{draft_invoice}}/{deed}": WHOLE for deed in ("enregistrer", "emettre", "lignes/{extra}/retirer")},
    **{
        f"POST /factures/{{left_invoice}}/{deed}": {"montant": "1", "le": "2026-01-01", "moyen": "virement"}
        for deed in ("reglements", "remboursements")
    },
    "POST /partage/action/{held}/cles": {"lu": "{cles}"},
    "POST /factures/{left_invoice}/depots": {"statut": "deposee"},
    "POST /factures/{draft_invoice}/ligne": {"libelle": "Sono", "prix": "20"},
    **{f"POST /partage/{where}": SPENT for where in ("action/{held}/depense", "depenses/{cost}")},
    "POST /devis/tarifs/nouveau": {"libelle": "Sono", "prix": "20"},
}


@pytest.fixture(scope="module")
def built(sqlite_site):
    return World(sqlite_site)


@pytest.fixture
def world(built):
    with built.site.app.app_context():
        built.renew()
        yield built
        db.session.remove()


@pytest.mark.parametrize("row", rows(TABLE), ids=lambda row: row.asked)
def test_the_row(world, row):
    """Those who are refused first, on one house; each of the others on a house of their own."""
    fields = world.fields(row)
    before, visitors = fingerprint(), {who: world.visitor(who) for who in row.cells}
    kept = [who for who in row.cells if not row.moves(who)]
    found = {who: ask(visitors[who], row, world.ids, fields) for who in kept}
    assert fingerprint() == before
    for who in row.cells.keys() - kept:
        world.renew()
        found[who] = ask(visitors[who], row, world.ids, fields)
    assert found == row.cells


NESTED = (  # a number that is another's, beside one that is nobody's
    ("GET /devis/{discounted}/lignes/{ligne}", "GET /devis/{discounted}/lignes/999"),
    ("POST /devis/{discounted}/lignes/{ligne}/retirer", "POST /devis/{discounted}/lignes/999/retirer"),
    ("GET /actions/{asked}/programme/{etape}", "GET /actions/{asked}/programme/999"),
    ("POST /actions/{asked}/programme/{etape}/retirer", "POST /actions/{asked}/programme/999/retirer"),
    ("GET /actions/{asked}/retroplanning/{tache}", "GET /actions/{asked}/retroplanning/999"),
    ("POST /actions/{asked}/retroplanning/{tache}/faire", "POST /actions/{asked}/retroplanning/999/faire"),
    ("POST /actions/{asked}/retroplanning/{tache}/retirer", "POST /actions/{asked}/retroplanning/999/retirer"),
    ("POST /reglages/poles/{po}/membres/{pm_member}/retirer", "POST /reglages/poles/{po}/membres/999/retirer"),
    ("GET /besoins/action/999", "GET /besoins/action/998"),
)


@pytest.mark.parametrize(("theirs", "nobody_s"), NESTED)
def test_a_number_that_belongs_elsewhere_is_answered_as_an_absent_one(world, theirs, nobody_s):
    ada, before = world.visitor("AD"), fingerprint()
    two = [Row(asked, {}) for asked in (theirs, nobody_s)]
    found = [ada.open(row.path(world.ids), method=row.method) for row in two]
    gone = 409 if "/devis/" in theirs and theirs.startswith("POST") else 404  # a line that is not there gives the words back
    assert [answer.status_code for answer in found] == [gone, gone]
    said = [re.sub(r'value="[\w-]{22}"', "", bare(answer.text)) for answer in found]  # a form's key is new each time
    assert said[0] == said[1]
    assert fingerprint() == before
