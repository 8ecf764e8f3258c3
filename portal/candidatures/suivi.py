"""The page that a personal link opens: whose it is, who may act there, what it shows."""

from __future__ import annotations

from typing import Any

from flask_login import current_user
from werkzeug.exceptions import NotFound

from portal import security
from portal.candidatures import attente, depot, offres, queries
from portal.candidatures.forms import CorrectionForm, LeaveForm
from portal.candidatures.models import Candidature, Etat, retirer
from portal.comptes.forms import StatutForm
from portal.missions import queries as missions_queries
from portal.missions.models import Nature
from portal.policy import can
from portal.web import Page, render
from portal.workflow import Refusal


def page_token(candidature: Candidature) -> str:
    return security.seal("candidature", candidature.id, candidature.generation)


def followed(jeton: str) -> tuple[Candidature, bool]:
    """The candidature of a personal link, and whether the link came by mail, which proves the address."""
    for purpose, proves in (("candidature", False), ("candidature.mail", True)):
        if opened := security.unseal(purpose, jeton):
            candidature = queries.followed(opened[0])
            if candidature and candidature.generation == opened[1]:
                if not candidature.link_opens:
                    raise depot.LinkOver
                return candidature, proves
    raise NotFound


def acts(candidature: Candidature, proves: bool) -> bool:
    """Whether this visitor may act: once somebody proved the address, the page's own link shows the state and no more."""
    provisional = candidature.personne.confirme_le is None
    return provisional or proves or can(current_user, retirer.key, candidature)


def acting(jeton: str) -> tuple[Candidature, bool]:
    candidature, proves = followed(jeton)
    if not acts(candidature, proves):
        raise depot.NotYours
    return candidature, proves


def page(
    candidature: Candidature, jeton: str, proves: bool, status: int = 200, *, refusal: Refusal | None = None, **forms: Any
) -> Page:
    """`forms` are those that were refused: `form`, of what was sent, or `statut`."""
    etat, mission, may_act = candidature.etat_dit, candidature.mission, acts(candidature, proves)
    motif, mot = queries.answer_to(candidature) if may_act else ("", "")
    # Whom to call, and what else they do, is for whoever proved the address: anybody may have typed it.
    proved = proves or can(current_user, retirer.key, candidature)
    comes = proved and etat is Etat.ACCEPTEE
    left = proved and etat is Etat.DESISTEE and not mission.is_past and queries.left_late(candidature)
    around = missions_queries.places_around(candidature.personne, mission) if may_act and candidature.is_open else []
    return render(
        "candidatures/suivi.html",
        status=status,
        candidature=candidature,
        etat=etat,
        motif=motif,
        mot=mot,
        mission=mission,
        comes=comes,
        left=left,
        contacts=missions_queries.contacts_of([mission.action]).get(mission.action_id, []) if comes or left else [],
        confirm_by=next((place.a_confirmer_avant for place in around if place.mission_id == mission.id), None),
        clashes=[place.mission for place in around if proved and place.mission_id != mission.id],
        partir=LeaveForm(formdata=None),
        jeton=jeton,
        acts=may_act,
        to_prove=proves and candidature.is_open and candidature.personne.confirme_le is None,
        form=forms.get("form") or CorrectionForm.of(candidature, formdata=None),
        statut=_statut_form(candidature, forms.get("statut")),
        others=missions_queries.other_open(mission) if etat in (Etat.REFUSEE, Etat.LIBEREE) else [],
        refusal=refusal,
        ticks=isinstance(refusal, attente.TakenElsewhere),
        **_in_line(candidature),
    )


def _in_line(candidature: Candidature) -> dict[str, Any]:
    """On the waiting list: the place held for them, or their own in line."""
    if candidature.etat_dit is not Etat.LISTE_ATTENTE or candidature.mission.has_started:
        return {}
    offre = offres.last_offer(candidature)
    if offre and offre.is_told_open:
        return {"offre": offre}
    if offre and offre.is_lapsed and not (offre.close_le and candidature.rang_le):  # and they have not come back
        return {"lapsed": True}
    return {"rang": offres.position(candidature)} if candidature.rang_le else {}


def _statut_form(candidature: Candidature, refused: StatutForm | None) -> StatutForm | None:
    """Only a paid mission asks, as long as it is open."""
    if candidature.mission.nature is not Nature.CHARGE_DE_MISSION or not candidature.is_open:
        return None
    return refused or StatutForm(formdata=None, obj=candidature.personne)


def again(jeton: str, refusal: Refusal) -> Page:
    """The same page, that says why not."""
    candidature, proves = followed(jeton)
    return page(candidature, jeton, proves, refusal.status, refusal=refusal)
