"""Messages about signing in."""

from __future__ import annotations

from portal import security
from portal.comptes import queries as comptes
from portal.comptes.models import Personne
from portal.db import db
from portal.notifications.genres import Context, Facts, first_name, genre, link, still


@genre("connexion")
def _sign_in(faits: Facts) -> Context:
    """Only while its link still opens."""
    jeton = still(comptes.pending(faits["jeton"]))
    personne = still(db.session.get(Personne, still(jeton.personne_id), options=comptes.WITH_ROLES))
    return {
        "jeton": jeton,
        "personne": personne,
        "prenom": first_name(personne),
        "entrer": link("comptes.lien", jeton=security.seal("connexion", jeton.id, jeton.generation)),
    }


@genre("invitation")
def _asked_in(faits: Facts) -> Context:
    """The same, from whoever opens the portal to them; from the team, when they were erased since."""
    context, par = _sign_in(faits), still(db.session.get(Personne, faits["par"]))
    return context | {"par": "L’équipe" if par.is_erased else par.nom}
