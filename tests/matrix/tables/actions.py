"""Actions: asked for, taken up, validated, planned."""

from __future__ import annotations

TABLE = """
                                                       AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /actions/                                          303 303 403 403 403 200 200 200 200 200 200 200
GET /actions/tableau                                   303 303 403 403 403 200 200 200 200 200 200 200
GET /actions/reunion                                   303 303 403 403 403 200 200 200 200 200 200 200
GET /actions/agenda                                    200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/agenda.ics                                200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/agenda.json                               200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/agenda.schema.json                        200 200 200 200 200 200 200 200 200 200 200 200
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
GET /actions/taches                                    303 303 200 200 200 200 200 200 200 200 200 200
GET /actions/{today}/direct                            200 200 200 200 200 200 200 200 200 200 200 200
GET /actions/{asked}/direct                            404 404 404 404 404 404 404 404 404 404 404 404
GET /actions/{today}/direct.svg                        200 200 200 200 200 200 200 200 200 200 200 200
POST /actions/{action}/effacer_demandeur               303 303 403 403 403 409 403 403 403 403 403 409
POST /actions/{ended}/effacer_demandeur                303 303 403 403 403 303 403 403 403 403 403 303
POST /actions/{action}/journal                         303 303 404 404 404 404 404 404 404 404 404 404
"""

OWN = {
    "POST /actions/{action}/decaler": {"debut": "2027-10-30T09:00"},  # shows what it would do, and does nothing
    "POST /actions/{action}/retroplanning/{tache}": {"titre": "Commander le pain"},
    **{f"POST /actions/{{{which}}}/effacer_demandeur": {"certain": "y"} for which in ("action", "ended")},
}
