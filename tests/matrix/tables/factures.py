"""Invoices, payments, years."""

from __future__ import annotations

TABLE = """
                                                              AN  CL  VO  CM  RF  BA  BO  PM  PO  GM  TR  AD
GET /factures/                                                303 303 403 403 403 200 200 200 200 200 200 200
GET /factures/action/{settled}                                303 303 403 403 403 200 403 403 403 403 200 200
GET /factures/action/999                                      303 303 403 403 403 404 404 404 404 404 404 404
POST /factures/action/{settled}/preparer/acompte              303 303 403 403 403 303 403 403 403 403 303 403
GET /factures/{draft_invoice}                                 303 303 403 403 403 200 404 200 404 404 200 200
GET /factures/{draft_invoice}.pdf                             303 303 403 403 403 200 404 200 404 404 200 200
GET /factures/999                                             303 303 403 403 403 404 404 404 404 404 404 404
POST /factures/{draft_invoice}/enregistrer                    303 303 403 403 403 303 404 403 403 403 303 403
POST /factures/{draft_invoice}/emettre                        303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{draft_invoice}/abandonner                     303 303 403 403 403 303 404 403 403 403 303 403
GET /factures/{draft_invoice}/ligne                           303 303 403 403 403 200 404 403 403 403 200 403
POST /factures/{draft_invoice}/ligne                          303 303 403 403 403 303 404 403 403 403 303 403
POST /factures/{draft_invoice}/lignes/{extra}/retirer         303 303 403 403 403 303 404 403 403 403 303 403
POST /factures/{left_invoice}/reglements                      303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{left_invoice}/reglements/{paid}/contrepasser  303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{draft_invoice}/reglements/{paid}/contrepasser 303 303 403 403 403 403 403 403 403 403 404 403
POST /factures/{left_invoice}/remboursements                  303 303 403 403 403 403 403 403 403 403 422 403
POST /factures/{left_invoice}/avoir                           303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/{draft_invoice}/avoir                          303 303 403 403 403 403 403 403 403 403 409 403
POST /factures/{left_invoice}/relancer/1                      303 303 403 403 403 403 403 403 403 403 409 403
POST /factures/{left_invoice}/depots                          303 303 403 403 403 403 403 403 403 403 409 403
GET /factures/lien/{paper}                                    200 200 200 200 200 200 200 200 200 200 200 200
GET /factures/lien/{paper}/facture.pdf                        200 200 200 200 200 200 200 200 200 200 200 200
GET /factures/lien/{offer}                                    404 404 404 404 404 404 404 404 404 404 404 404
GET /factures/reglements                                      303 303 403 403 403 403 403 403 403 403 200 200
GET /factures/exercices                                       303 303 403 403 403 403 403 403 403 403 200 200
GET /factures/exercices/{past}                                303 303 403 403 403 403 403 403 403 403 200 200
GET /factures/exercices/999                                   303 303 403 403 403 403 403 403 403 403 404 404
POST /factures/exercices/{past}/clore                         303 303 403 403 403 403 403 403 403 403 303 403
POST /factures/exercices/{year}/clore                         303 303 403 403 403 403 403 403 403 403 409 403
POST /factures/exercices/999/clore                            303 303 403 403 403 403 403 403 403 403 404 403
POST /factures/exercices/{past}/factures.csv                  303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/factures.xlsx                 303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/reglements.csv                303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/reglements.xlsx               303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/{past}/fec.txt                       303 303 403 403 403 403 403 403 403 403 200 200
POST /factures/exercices/999/fec.txt                          303 303 403 403 403 403 403 403 403 403 404 404
GET /factures/{left_invoice}                                  303 303 403 403 403 200 404 404 404 404 200 200
POST /factures/{left_invoice}/enregistrer                     303 303 403 403 403 409 404 403 403 403 409 403
POST /factures/{left_invoice}/emettre                         303 303 403 403 403 403 403 403 403 403 409 403
POST /factures/{left_invoice}/lignes/{extra}/retirer          303 303 403 403 403 409 404 403 403 403 409 403
"""

WHOLE = {"mot": "", "delai": "30", "categorie": "services", "tout": "{tout}"}  # the page of an invoice sends all of it
PAID = {"montant": "1", "le": "2026-01-01", "moyen": "virement"}
OWN = {
    **{
        f"POST /factures/{{{which}}}/{deed}": WHOLE
        for which in ("draft_invoice", "left_invoice")
        for deed in ("enregistrer", "emettre", "lignes/{extra}/retirer")
    },
    **{f"POST /factures/{{left_invoice}}/{deed}": PAID for deed in ("reglements", "remboursements")},
    "POST /factures/{left_invoice}/depots": {"statut": "deposee"},
    "POST /factures/{draft_invoice}/ligne": {"libelle": "Sono", "prix": "20"},
}
