"""A devis is built, confirmed, sent, accepted: the thin path, and what freezes it."""

from __future__ import annotations

from hashlib import sha256

import pytest

from portal import reglage
from portal.actions.models import Etat as ActionEtat
from portal.devis import accords, commands, envoi, queries
from portal.devis.models import Etat
from portal.reglage import Profil
from tests import builders

pytestmark = pytest.mark.both


@pytest.fixture
def zoe(app):
    made = builders.bienveillant()
    builders.identity(made)
    return made


@pytest.fixture
def action(zoe):
    return builders.validated(zoe)


def test_from_the_first_line_to_the_agreement(zoe, action):
    builders.tarif(by=zoe)
    reglage.change(reglage.PROFIL, Profil.ASSUJETTIE, by=zoe)
    devis = builders.devis(action)
    assert [(line.libelle, line.quantite, line.prix) for line in devis.lignes] == [("Heure de site", 900, 120_00)]
    assert (devis.ht, devis.ttc, devis.numero) == (1080_00, 1171_80, f"D-{action.id:04d}-1")

    envoi.send(devis, by=zoe)
    assert (devis.etat, action.etat) == (Etat.ENVOYE, ActionEtat.DEVIS_ENVOYE)
    assert devis.pdf.startswith(b"%PDF-")
    assert devis.empreinte == sha256(devis.pdf).hexdigest()

    agreed = accords.accept(devis, signature=accords.Signature("Armelle"), empreinte=devis.empreinte, by=None)
    assert (devis.etat, action.etat) == (Etat.ACCEPTE, ActionEtat.CONFIRMEE)
    assert accords.accept(devis, signature=accords.Signature("Armelle"), empreinte=devis.empreinte, by=None) is agreed


def test_what_left_changes_no_more(zoe, action):
    devis = builders.sent(action)
    with pytest.raises(commands.NotDraft):
        commands.remove(devis.lignes[0], by=zoe)


def test_a_change_is_a_new_version_which_replaces_the_one_before(zoe, action):
    first = builders.sent(action)
    second = commands.draft(action, by=zoe)
    assert (second.version, [line.libelle for line in second.lignes]) == (2, ["Heure de site"])
    assert commands.draft(action, by=zoe) is second
    envoi.send(second, by=zoe)
    assert first.etat is Etat.REMPLACE
    assert queries.replaced_by(first) is second
    with pytest.raises(accords.Unanswerable):
        accords.accept(first, signature=accords.Signature("Armelle"), empreinte=first.empreinte, by=None)


def test_it_leaves_at_the_tax_of_the_day_when_it_leaves(zoe, action):
    reglage.change(reglage.PROFIL, Profil.ASSUJETTIE, by=zoe)
    devis = builders.devis(action)
    reglage.change(reglage.PROFIL, Profil.EXONEREE, by=zoe)
    envoi.send(devis, by=zoe)
    assert (devis.ht, devis.ttc) == (devis.contenu["ht"], devis.contenu["ttc"]) == (1080_00, 1080_00)
