"""From a draft to what the demandeur reads: the pôles confirm, a second person approves, and it leaves, frozen."""

from __future__ import annotations

from hashlib import sha256

from portal import clock, reglage
from portal.actions import models as actions
from portal.actions import processus
from portal.comptes.models import Personne
from portal.devis import commands, document, papier, queries
from portal.devis.models import (
    Devis,
    Etat,
    LigneDevis,
    approuver,
    confirmer_lignes,
    demander,
    envoyer,
    expirer,
    rappeler,
    remplacer,
    reserver,
)
from portal.poles.models import Pole, named
from portal.workflow import MotifMissing, Refusal, TransitionRefused, fire

READY = frozenset({actions.Etat.VALIDEE, actions.Etat.DEVIS_ENVOYE, actions.Etat.CONFIRMEE})


class Obstacle(Refusal):
    """What keeps a devis from leaving; `mend` names where that is put right, `line` which line it is about."""

    mend = ""
    line: LigneDevis | None = None


class TooEarly(Obstacle):
    mend = "validation"
    sentence = "L’interpôle n’a pas encore validé cette action\u00a0: aucun devis ne part avant."


class Empty(Obstacle):
    status = 422
    mend = "ajouter"
    sentence = "Ce devis n’a pas de ligne\u00a0: ajoute au moins l’heure de site."


class NobodyKnown(Obstacle):
    status = 422
    mend = "identite"
    sentence = (
        "Le nom, l’adresse ou le numéro (SIRET, sinon RNA) de l’association manque\u00a0: un admin les remplit dans les "
        "réglages, puis le devis peut partir."
    )


class NoAddress(Obstacle):
    status = 422
    mend = "adresse"
    sentence = "L’adresse du demandeur manque\u00a0: ajoute-la dans la fiche de l’action, le devis doit la porter."


class OutOfRange(Obstacle):
    status = 422
    mend = "ligne"

    def __init__(self, line: LigneDevis):
        self.line = line
        least, most = reglage.SITE_LEAST.valeur, reglage.SITE_MOST.valeur
        super().__init__(
            f"«\u00a0{line.libelle}\u00a0» n’est pas entre {least} et {most}\u00a0€ de l’heure, remise déduite\u00a0: "
            "écris pourquoi dans la ligne."
        )


class ToApprove(Obstacle):
    mend = "remise"

    def __init__(self) -> None:
        super().__init__(
            f"Une remise dépasse {reglage.REMISE_SEULE.valeur}\u00a0%\u00a0: une autre personne l’approuve, puis le devis part."
        )


class OwnDiscount(Refusal):
    status = 403
    sentence = "C’est toi qui as accordé cette remise\u00a0: une autre personne l’approuve."


class Reread(Refusal):
    """The lines that somebody answers are not those that they were shown."""

    sentence = "Ces lignes ont changé pendant que tu les lisais\u00a0: les voici telles qu’elles sont maintenant."


class Unconfirmed(Obstacle):
    mend = "poles"

    def __init__(self, poles: list[Pole], *, alone: bool):
        """`alone`: nothing else keeps it from leaving, and a reason passes over these."""
        said = f"On attend encore {named(poles)}."
        super().__init__(f"{said} Relance, ou envoie quand même en disant pourquoi." if alone else said)


def out_of_range(line: LigneDevis) -> bool:
    """An hour of the site, once discounted or given away, outside what the house decided."""
    if not line.site or line.unite != "heure":
        return False
    price = 0 if line.comprise else line.prix * (10_000 - line.remise)
    return not reglage.SITE_LEAST.valeur * 1_000_000 <= price <= reglage.SITE_MOST.valeur * 1_000_000


def needs_approval(devis: Devis) -> bool:
    """A discount is more than one person grants alone, and nobody else has agreed to it."""
    return devis.approuve_par_id is None and any(map(commands.is_large, devis.lignes))


def awaited(devis: Devis) -> list[Pole]:
    """The pôles and groupes that have not confirmed their lines, by name."""
    waiting = {line.pole.id: line.pole for line in devis.lignes if line.pole and line.confirmee_le is None}
    return sorted(waiting.values(), key=lambda pole: pole.nom)


def unpriced(devis: Devis) -> list[LigneDevis]:
    """The lines at nothing, that no price list knew: they may leave so, and are worth a look."""
    return [line for line in devis.lignes if not line.prix and not line.comprise]


def obstacles(devis: Devis) -> list[Obstacle]:
    """All that keeps it from leaving, the gravest first; a pôle that is awaited can be passed over, with a reason."""
    known = reglage.NOM.valeur and reglage.ADRESSE.valeur and (reglage.SIRET.valeur or reglage.RNA.valeur)
    demandeur = devis.action.demandeur
    found: list[Obstacle] = []
    if devis.action.etat not in READY:
        found.append(TooEarly())
    if not devis.lignes:
        found.append(Empty())
    if not known:
        found.append(NobodyKnown())
    if not demandeur.adresse.strip():
        found.append(NoAddress())
    found += [OutOfRange(line) for line in devis.lignes if out_of_range(line) and not line.motif.strip()]
    if needs_approval(devis):
        found.append(ToApprove())
    if poles := awaited(devis):
        found.append(Unconfirmed(poles, alone=not found))
    return found


def approve(devis: Devis, *, by: Personne, read: str | None = None) -> None:
    """Somebody else than who granted the discount agrees to it. `read`: `devis.reading_of_discounts` when shown."""
    devis = commands.drafted(devis)
    if devis.remise_par_id in {None, by.id}:
        raise OwnDiscount
    if read not in {None, devis.reading_of_discounts}:
        raise Reread
    if devis.approuve_par_id is None:
        devis.approuve_par_id = by.id
        approuver.tell(devis, by=by)


def ask_poles(devis: Devis, *, by: Personne) -> list[Pole]:
    """Those that have not confirmed their lines hear that they are awaited; who they are."""
    devis = commands.drafted(devis)
    if waiting := awaited(devis):
        devis.demande_le = clock.now()
        demander.tell(devis, by=by, poles=[pole.id for pole in waiting])
    return waiting


def confirm_lines(devis: Devis, pole: Pole, *, by: Personne, read: str | None = None) -> None:
    """A pôle or groupe confirms all its lines; said twice, it is said once. `read`: `devis.reading_of(pole)` when shown."""
    devis = _as_read(devis, pole, read)
    waiting = [line for line in devis.lignes if line.pole_id == pole.id and line.confirmee_le is None]
    for line in waiting:
        line.confirmee_le, line.confirmee_par_id, line.reserve = clock.now(), by.id, ""
    if waiting:
        confirmer_lignes.tell(devis, by=by, pole=pole.id, lignes=[line.id for line in waiting])


def _as_read(devis: Devis, pole: Pole, read: str | None) -> Devis:
    devis = commands.drafted(devis)
    if read not in {None, devis.reading_of(pole)}:
        raise Reread
    return devis


def object_to(devis: Devis, pole: Pole, *, by: Personne, mot: str, read: str | None = None) -> None:
    """A pôle or groupe asks for its lines to be looked at again. Raises MotifMissing."""
    if not mot.strip():
        raise MotifMissing
    devis = _as_read(devis, pole, read)
    for line in devis.lignes:
        if line.pole_id == pole.id:
            line.confirmee_le, line.confirmee_par_id, line.reserve = None, None, mot.strip()
    reserver.tell(devis, by=by, motif=mot, pole=pole.id)


def check_read(devis: Devis, read: str) -> None:
    """Nobody lets leave what they have not read. `read`: `devis.reading_of_all` when shown. Raises NotDraft, Reread."""
    if commands.drafted(devis).reading_of_all != read:
        raise Reread


def send(devis: Devis, *, by: Personne, force: str = "") -> None:
    """Freeze it and let it leave; the version that was out is replaced. `force`: why it leaves with a pôle still silent.

    Raises the gravest of its obstacles, or NotDraft.
    """
    devis = commands.drafted(devis)
    left = obstacles(devis)
    if left and not (isinstance(left[0], Unconfirmed) and force.strip()):
        raise left[0]
    if out := queries.in_state(devis.action, Etat.ENVOYE):
        fire(remplacer, out, by=by, par=devis.version)
    _freeze(devis, by=by, force=force.strip() if left else "")
    fire(envoyer, devis, by=by, motif=devis.force, version=devis.version)
    if devis.action.etat is actions.Etat.VALIDEE:
        fire(processus.envoyer_le_devis, devis.action, by=by)


def _freeze(devis: Devis, *, by: Personne, force: str) -> None:
    """What it says is read before anything is set: the database refuses a devis that has half left."""
    now = clock.now()
    commands.count(devis)  # the tax profile may be another since its last line changed
    contenu = papier.content(devis, now)
    pdf = document.pdf(contenu)
    devis.force, devis.envoye_par_id, devis.envoye_le = force, by.id, now
    devis.valable_jusqu_au = papier.last_day(devis, now)
    devis.contenu, devis.pdf, devis.empreinte = contenu, pdf, sha256(pdf).hexdigest()


def expire(devis_id: int) -> None:
    """Its last day is past."""
    if (devis := queries.fresh(devis_id)) and devis_id in queries.expired():
        devis = commands.current(devis)
        if not expirer.opens_from(devis.etat):
            raise TransitionRefused
        fire(expirer, devis, by=None)


def remind(devis_id: int) -> None:
    """Its demandeur hears, once, that it expires soon."""
    devis = queries.fresh(devis_id)
    assert devis
    devis = commands.current(devis)
    if devis_id in queries.to_remind():
        devis.rappele_le = clock.now()
        rappeler.tell(devis, by=None)
