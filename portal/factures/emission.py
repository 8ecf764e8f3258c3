"""From a draft to a paper: what keeps it from leaving, then its number, its bytes, and the action that follows."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from portal import clock, reglage
from portal.actions import models as actions
from portal.actions import processus
from portal.actions.models import digest
from portal.comptes.models import Personne
from portal.factures import commands, compte, document, facturx, numeros, papier, queries
from portal.factures.models import Facture, LigneFacture, Nature, emettre, payer
from portal.filters import euros, taux
from portal.workflow import Refusal, fire

LATEST = 60  # days that a professional may be given to pay, from the day of the invoice (code de commerce, art. L441-10)
NO_DAY = date.min


class Obstacle(Refusal):
    """What keeps an invoice from leaving; `mend` names where that is put right, `line` which line it is about."""

    status = 422
    mend = ""
    line: LigneFacture | None = None


class NobodyKnown(Obstacle):
    mend = "identite"
    sentence = (
        "Le nom, l’adresse ou le numéro (SIRET, sinon RNA) de l’association manque\u00a0: un admin les remplit "
        "dans les réglages."
    )


class NoTaxNumber(Obstacle):
    mend = "identite"
    sentence = (
        "Le numéro de TVA de l’association manque\u00a0: une facture avec TVA le porte. Un admin le remplit dans les réglages."
    )


class NoLateTerms(Obstacle):
    mend = "factures"
    sentence = (
        "Une facture à un professionnel dit les pénalités de retard et l’escompte\u00a0: un admin les remplit "
        "dans les réglages."
    )


class TooLong(Obstacle):
    mend = "entete"
    sentence = f"Un professionnel paie en {LATEST} jours au plus\u00a0: raccourcis le délai."


class Retaxed(Obstacle):
    mend = "entete"
    sentence = "Le régime de TVA n’est plus celui du devis\u00a0: dis au demandeur, dans le mot, ce que cela change pour lui."


class StillDeducted(Obstacle):
    def __init__(self, whole: Facture):
        super().__init__(
            f"La facture {whole.numero} a déduit cet acompte depuis\u00a0: abandonne cet avoir, et fais-en un d’abord"
            " de tout ce qu’elle demande."
        )


class NoAddress(Obstacle):
    mend = "adresse"
    sentence = "L’adresse du demandeur manque\u00a0: ajoute-la dans la fiche de l’action, la facture doit la porter."


class NothingToPay(Obstacle):
    mend = "lignes"
    sentence = "Cette facture est à 0\u00a0€\u00a0: il n’y a rien à payer."


class NoReason(Obstacle):
    mend = "entete"
    sentence = "Dis pourquoi cet avoir\u00a0: le demandeur le lira."


class Beyond(Obstacle):
    mend = "lignes"

    def __init__(self, rate: int, left: int):
        super().__init__(
            f"C’est plus que ce qu’il reste de la facture au taux de {taux(rate)}\u00a0: {euros(left)} hors taxes."
        )


class DepositsExceed(Obstacle):
    mend = "lignes"

    def __init__(self, rate: int):
        of_rate = f" au taux de {taux(rate)}" if rate else ""
        super().__init__(f"L’acompte déjà facturé{of_rate} dépasse ce total\u00a0: fais d’abord un avoir sur l’acompte.")


class DepositTooBig(Obstacle):
    mend = "lignes"
    sentence = "Cet acompte dépasse ce que demande le devis\u00a0: un montant a sans doute un chiffre de trop."


class Outdated(Obstacle):
    sentence = "Un autre devis a été accepté depuis\u00a0: abandonne ce brouillon, puis prépare-le de nouveau."


class Untimely(Obstacle):
    def __init__(self, why: Refusal):
        is_past = isinstance(why, commands.TooLate | commands.ActionStopped)
        super().__init__(f"{why.sentence} {'Abandonne ce brouillon.' if is_past else 'Ce brouillon attend.'}")


class NotForChorus(Obstacle):
    mend = "chorus"
    sentence = "Chorus Pro demande le SIRET du client, le code du service et le numéro d’engagement\u00a0: il en manque."


class NotByChorus(Obstacle):
    mend = "chorus"
    sentence = "Chorus Pro va d’un SIRET à un autre\u00a0: un particulier n’en a pas, et l’association doit avoir le sien."


class Unexplained(Obstacle):
    mend = "ligne"

    def __init__(self, line: LigneFacture):
        self.line = line
        super().__init__(
            f"«\u00a0{line.libelle}\u00a0» n’est pas ce que dit le devis\u00a0: écris pourquoi, le demandeur le lira."
        )


class Reread(Refusal):
    sentence = "Cette facture a changé pendant que tu la lisais\u00a0: la voici telle qu’elle est maintenant."


class NotSaved(Refusal):
    sentence = "Enregistre d’abord ce que tu viens d’écrire\u00a0: tu liras ensuite le message."


def obstacles(facture: Facture) -> list[Obstacle]:
    """All that keeps it from leaving, the gravest first."""
    known = reglage.NOM.valeur and reglage.ADRESSE.valeur and (reglage.SIRET.valeur or reglage.RNA.valeur)
    demandeur = facture.action.demandeur
    found = [] if facture.is_credit else _of_its_agreement(facture)
    if not known:
        found.append(NobodyKnown())
    if commands.is_taxed(facture) and not reglage.TVA_INTRA.valeur:
        found.append(NoTaxNumber())
    if not facture.is_credit and not demandeur.adresse.strip():
        found.append(NoAddress())
    if not facture.ttc:
        found.append(NothingToPay())
    asked = [part for one in commands.deposits(facture) for part in commands.remaining(one)]
    if over := compte.exceeds(asked, commands.totals(facture).parts):
        found.append(DepositsExceed(over.taux))
    if facture.nature is Nature.ACOMPTE and facture.ttc > facture.devis.ttc:
        found.append(DepositTooBig())
    found += _of_a_credit(facture, facture.origine) if facture.origine else _of_an_invoice(facture)
    return found + [Unexplained(line) for line in facture.lignes if line.is_another and not line.motif.strip()]


def _of_its_agreement(facture: Facture) -> list[Obstacle]:
    if why := commands.untimely(facture.action, facture.nature):
        return [Untimely(why)]
    return [Outdated()] if commands.is_outdated(facture) else []


def _of_an_invoice(facture: Facture) -> list[Obstacle]:
    """What its client, or the law for such a client, wants on it; an avoir says the same as its invoice did."""
    client, found = facture.action.demandeur, list[Obstacle]()
    if facture.chorus and not (client.siret and facture.service and facture.commande):
        found.append(NotForChorus())
    if facture.chorus and (client.particulier or not reglage.SIRET.valeur):
        found.append(NotByChorus())
    if not client.particulier and not (reglage.PENALITES.valeur and reglage.ESCOMPTE.valeur):
        found.append(NoLateTerms())
    if not client.particulier and facture.delai > LATEST:
        found.append(TooLong())
    agreed = facture.devis.contenu or {}
    if agreed.get("avec_tva") is not commands.is_taxed(facture) and not facture.mot.strip():
        found.append(Retaxed())
    return found


def _of_a_credit(facture: Facture, origine: Facture) -> list[Obstacle]:
    left = commands.remaining(origine)
    found: list[Obstacle] = [] if facture.mot.strip() else [NoReason()]
    if whole := commands.deducting(origine):
        found.insert(0, StillDeducted(whole))
    if over := compte.exceeds(commands.totals(facture).parts, left):
        found.append(Beyond(over.taux, sum(part.base for part in left if part.taux == over.taux)))
    return found


def reading(facture: Facture) -> str:
    """One digest of all that it says, whoever wrote it: its lines, its client, the house, the taxes."""
    return digest(papier.content(facture, numero="", jour=NO_DAY, deduits=commands.deposits(facture)))


def emit(facture: Facture, *, by: Personne, read: str) -> None:
    """Give it its number and freeze it: all of it, or nothing and no number. `read`: `reading(facture)` when it was shown.

    Raises NotDraft, Reread, the gravest of its obstacles, numeros.Backwards, facturx.Malformed.
    """
    facture = commands.drafted(facture)
    if not facture.is_credit:
        commands.agreement(facture.action, facture.nature)
    if read != reading(facture):
        raise Reread
    commands.count(facture)  # the tax profile may be another since its last line changed
    if left := obstacles(facture):
        raise left[0]
    _freeze(facture, by=by)
    fire(emettre, facture, by=by, numero=facture.numero)
    due = facture.origine or facture
    if due.reste <= 0 and due.etat in payer.sources:  # its deposits had asked for all of it, or nothing of it is due any more
        fire(payer, due, by=by)
    if facture.nature is Nature.FACTURE and facture.action.etat is actions.Etat.TERMINEE:
        fire(processus.facturer, facture.action, by=by)
    if draft := queries.drafted(facture.action, Nature.FACTURE):  # what it deducts has moved
        commands.count(draft)


def _freeze(facture: Facture, *, by: Personne) -> None:
    """What it says is made before anything is set: the database refuses an invoice that has half left."""
    deduits = commands.deposits(facture)
    numero = numeros.take(facture.nature.prefixe)
    contenu = papier.content(facture, numero=str(numero), jour=numero.jour, deduits=deduits)
    paper = document.pdf(contenu)
    pdf = facturx.carried(paper, contenu) if facturx.is_wanted(contenu) else paper
    facture.emise_par_id, facture.emise_le = by.id, clock.now()
    facture.serie, facture.annee, facture.rang = numero.serie, numero.annee, numero.rang
    facture.echeance = papier.last_day(facture, numero.jour)
    facture.contenu, facture.pdf, facture.empreinte = contenu, pdf, sha256(pdf).hexdigest()
