"""Who may do what: every right of the portal, on one page.

Views, templates and tests all ask `can(personne, key, subject)`; nothing else decides. A right that is also
a transition is refused when the subject's state does not open it, so a button is shown exactly when its POST
would pass. The same table is written out, cell by cell, in tests/test_policy.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar

from flask import abort, current_app, g, has_request_context
from flask_login import current_user
from sqlalchemy import Boolean, ColumnElement, Select, bindparam, select, type_coerce
from sqlalchemy.orm.interfaces import ORMOption

from portal.db import Base, db, lock, lock_one
from portal.workflow import Transition, TransitionRefused

T = TypeVar("T", bound=Base)


@dataclass(frozen=True)
class Rule:
    """`door` answers for a route, before any row is read; `test` for one row, once the door is passed."""

    door: Callable[[Any], bool]
    test: Callable[[Any, Any], bool]

    def __call__(self, personne: Any, subject: Any) -> bool:
        return self.door(personne) and self.test(personne, subject)

    def __or__(self, other: Rule) -> Rule:
        """The first that holds answers: what the database is asked is best said last."""
        return Rule(lambda p: self.door(p) or other.door(p), lambda p, s: self(p, s) or other(p, s))

    def __and__(self, other: Rule) -> Rule:
        return Rule(lambda p: self.door(p) and other.door(p), lambda p, s: self.test(p, s) and other.test(p, s))

    def __invert__(self) -> Rule:
        return Rule(lambda p: True, lambda p, s: not self(p, s))


Answer = bool | ColumnElement[bool]  # known, or what the database is to say
OF_ITS_ACTION = ("referent_of", "on_team", "answers_for_an_item")  # of whatever is of an action, what they are of it
TOGETHER = ("in_pole", "shares_in", *OF_ITS_ACTION)  # the tabs of an action ask them all of it: in one statement
_facts: dict[str, Callable[[Any, Any], Answer]] = {}
_wanted: set[str] = set()


def fact(name: str) -> Rule:
    """A rule about rows of a package above this one, which answers for it through `provides`."""
    _wanted.add(name)
    return Rule(_signed_in, lambda p, s: _remembered(name, p, s))


def provides(name: str) -> Callable[[Callable[[Any, Any], Answer]], Callable[[Any, Any], Answer]]:
    """Decorator: this function (personne, subject) -> Answer answers the named fact."""

    def register(function: Callable[[Any, Any], Answer]) -> Callable[[Any, Any], Answer]:
        _facts[name] = function
        return function

    return register


def check_facts() -> None:
    """Called at start-up: a fact that nobody provides would refuse everybody in silence."""
    if missing := _wanted - _facts.keys():
        raise RuntimeError(f"no package provides: {', '.join(sorted(missing))}")


def forget() -> None:
    """Facts are asked once a request; a commit may have changed them."""
    if has_request_context():
        g.pop("facts", None)


def _remembered(name: str, personne: Any, subject: Any) -> bool:
    known = g.setdefault("facts", {}) if has_request_context() else {}
    of = subject.action if name in OF_ITS_ACTION else subject
    about = personne.id, type(of).__name__, of.id
    if (name, *about) not in known:
        known.update({(one, *about): answer for one, answer in _answers(name, personne, subject, of).items()})
    return bool(known[name, *about])


def _answers(name: str, personne: Any, subject: Any, of: Any) -> dict[str, Any]:
    """Of that fact, and of those that are asked with it; one statement at most."""
    is_action = type(of).__name__ == "Action"
    names = TOGETHER if is_action and of is subject else OF_ITS_ACTION
    if is_action and name in names:
        asked = {"personne": personne.id, "id": of.id, "pole_id": of.pole_id}
        return db.session.execute(_together(names), asked).one()._asdict()
    answer = _facts[name](personne, of)
    return {name: answer if isinstance(answer, bool) else db.session.scalar(select(answer))}


@cache
def _together(names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """What each of these facts asks, of anybody and of any action: built once, since open screens ask it all day."""
    anybody = SimpleNamespace(id=bindparam("personne"))
    any_action = SimpleNamespace(id=bindparam("id"), pole_id=bindparam("pole_id"))
    return select(*(type_coerce(_facts[name](anybody, any_action), Boolean).label(name) for name in names))


def _signed_in(personne: Any) -> bool:
    return bool(personne.is_authenticated)


def _always(_personne: Any, _subject: Any) -> bool:
    return True


def role(name: str) -> Rule:
    return Rule(lambda p: _signed_in(p) and p.has_role(name), _always)


anyone = Rule(lambda p: True, _always)
nobody = Rule(lambda p: False, _always)
signed_in = Rule(_signed_in, _always)
admin = role("admin")
treasurer = role("tresorier")
any_bienveillant = role("bienveillant")
pole_member = Rule(lambda p: _signed_in(p) and p.is_pole_member, _always)
sets_it_up = Rule(_signed_in, lambda p, s: s.action.bienveillant_id == p.id)
bienveillant = any_bienveillant & sets_it_up
decides = fact("may_decide")  # for the interpôle: a groupe answers for its own matters alone, nobody for what they set up
in_pole = fact("in_pole")  # of the pôle that answers for the subject
referent = fact("referent_of")
team = fact("on_team")
step_holder = fact("answers_for_an_item")  # of its programme
post_holder = fact("holds")
handed = any_bienveillant & Rule(_signed_in, lambda p, s: s.action.relais_id == p.id)  # the relay is offered to them
shares_in = fact("shares_in")  # a pôle of theirs takes part in the profit
has_a_part = fact("has_a_part")  # of a pôle that it benefits
own = Rule(_signed_in, lambda p, s: s.personne_id == p.id)
oneself = own | Rule(_signed_in, lambda p, s: s.personne.adresse == p.adresse)  # even before the address is proved
in_charge = Rule(_signed_in, lambda p, s: s.responsable_id == p.id)
published = Rule(lambda p: True, lambda p, s: s.is_public)
gone = Rule(_signed_in, lambda p, s: s.envoye_le is not None or s.abandonne_le is not None)
sender = Rule(_signed_in, lambda p, s: s.par_id == p.id)  # whose deed a message tells
held = Rule(_signed_in, lambda p, s: s.libere_le is None and s.is_told)
of_a_charge = Rule(_signed_in, lambda p, s: s.mission.nature == "charge_de_mission")
others = Rule(_signed_in, lambda p, s: s.id != p.id)
proved = Rule(_signed_in, lambda p, s: s.confirme_le is not None)  # a provisional person is nobody yet

house = any_bienveillant | treasurer | admin | pole_member
insiders = house | referent

RULES: dict[str, Rule] = {
    # everybody
    "public": anyone,
    "moi.voir": signed_in,
    # actions
    "action.lister": house,
    "action.voir": insiders,
    "action.creer": any_bienveillant,
    "action.modifier": bienveillant | admin,
    "action.modifier_demandeur": bienveillant | admin | treasurer,  # whoever invoices it needs their address
    "action.decaler": bienveillant | admin,
    "action.journal": bienveillant | admin,
    "action.prendre": any_bienveillant | admin,
    "action.confier": bienveillant | admin,
    "action.accepter_relais": any_bienveillant,  # the command says to whom it is offered: it may have been taken back
    "action.laisser_relais": handed | bienveillant | admin,
    "action.ecrire": bienveillant | admin,
    "action.effacer_demandeur": bienveillant | admin,
    "action.lire_echanges": any_bienveillant | admin | in_pole,  # with how to reach the demandeur
    "action.enregistrer": bienveillant,
    "action.proposer": bienveillant | admin,
    "action.prendre_en_charge": admin | in_pole,
    "action.passer": admin | in_pole,
    "action.valider": (any_bienveillant | pole_member | admin) & decides,
    "action.envoyer_le_devis": nobody,
    "action.confirmer": nobody,
    "action.confirmer_sans_devis": bienveillant | admin,
    "action.revenir_au_devis": nobody,
    "action.ouvrir": bienveillant | referent,
    "action.clore": bienveillant | referent,
    "action.rouvrir": bienveillant | referent,
    "action.facturer": nobody,
    "action.solder": nobody,
    "action.solder_sans_facture": treasurer,
    "action.refuser": bienveillant | admin,
    "action.decliner": bienveillant | admin,
    "action.annuler": bienveillant | admin,
    # the rétroplanning
    "tache.voir": insiders | in_charge,
    "tache.modifier": bienveillant | admin,
    "tache.traiter": bienveillant | admin | in_charge,
    "avis.donner": in_pole,  # asked of the pôle that gives it
    "avis.lire": bienveillant | admin,  # asked of the action: the others' opinions, before one's own pôle has said its
    # missions
    "mission.voir": published | insiders,
    "mission.creer": bienveillant | admin,
    "mission.modifier": bienveillant | admin,
    "mission.dupliquer": bienveillant | admin,
    "mission.publier": bienveillant | admin,
    "mission.fermer": bienveillant | admin,
    "mission.rouvrir": bienveillant | admin,
    "mission.annuler": bienveillant | admin,
    "mission.prendre": bienveillant,
    "mission.liberer": admin | post_holder,
    "mission.tenue": post_holder,
    "mission.equipe": bienveillant | admin | referent,
    "affectation.voir": own & held,
    "affectation.confirmer": own & held,
    "affectation.pointer": own & held,  # on the day: to say that one is there
    "affectation.signaler": own & held & of_a_charge,  # and what happened
    # candidatures
    "candidature.deposer": anyone,
    "candidature.lister": any_bienveillant | admin,
    "candidature.voir": bienveillant | admin | own,
    "candidature.accepter": bienveillant & ~oneself,
    "candidature.mettre_en_attente": bienveillant & ~oneself,
    "candidature.refuser": bienveillant & ~oneself,
    "candidature.annuler": bienveillant & ~oneself,
    "candidature.demander_statut": bienveillant & ~oneself,
    "candidature.autoriser": bienveillant & ~oneself,
    "candidature.reprendre": nobody,
    "candidature.liberer": bienveillant & ~oneself,
    "candidature.ceder": nobody,
    "candidature.rendre": nobody,
    "candidature.retirer": own,
    "candidature.desister": own,
    "candidature.prendre_place": nobody,  # but whoever follows it, on its own page
    # the day
    "jour.lister": signed_in,
    "jour.lire_tous": any_bienveillant | admin | pole_member,
    "jour.voir": any_bienveillant | admin | pole_member | referent | team | step_holder,  # who reads only, without a number
    "jour.agir": bienveillant | referent,
    "jour.bilan": any_bienveillant | admin | referent,
    "jour.relever": bienveillant | referent,
    "jour.registre": any_bienveillant | admin,
    "jour.participer": bienveillant | team,  # to tap something: which taps, jour_j.droits says
    "jour.telephones": bienveillant | admin | referent,
    "jour.appeler_le_referent": team,
    # needs
    "besoin.lister": pole_member,  # those asked of one's own pôles
    "besoin.voir": insiders,
    "besoin.ajouter": bienveillant | admin,  # asked of the action
    "besoin.modifier": bienveillant | admin,
    "besoin.retirer": bienveillant | admin,
    "besoin.demander": bienveillant | admin,
    "besoin.reprendre": bienveillant | admin,
    "besoin.adopter": bienveillant | admin,
    "besoin.confirmer": pole_member & in_pole,
    "besoin.refuser": pole_member & in_pole,
    "besoin.desister": pole_member & in_pole,
    "besoin.expirer": nobody,
    "besoin.perdre": nobody,
    # the devis: its prices are read by the house, not by a référent
    "devis.lister": any_bienveillant | treasurer | admin,
    "devis.voir": house,
    "devis.preparer": bienveillant | admin,  # asked of the action
    "devis.modifier": bienveillant | admin,
    "devis.approuver": any_bienveillant | treasurer | admin,  # but whoever granted the discount
    "devis.confirmer_lignes": pole_member & in_pole,  # asked of the pôle
    "devis.envoyer": bienveillant | admin,
    "devis.accepter": bienveillant | admin,  # recording what the demandeur said otherwise than by the link
    "devis.refuser": bienveillant | admin,
    "devis.annuler_accord": bienveillant | admin,
    "devis.expirer": nobody,
    "devis.remplacer": nobody,
    "devis.retablir": nobody,
    "devis.exporter": treasurer | admin,
    "tarif.voir": house,
    "tarif.modifier": treasurer | admin,
    # invoices, which the treasurer issues
    "partage.lister": any_bienveillant | treasurer | admin | pole_member,  # those that one may read
    "partage.toutes": treasurer | admin,
    "partage.lire": bienveillant | treasurer | admin | pole_member & shares_in,  # asked of the action
    "partage.proposer": bienveillant | treasurer,  # asked of the action
    "partage.decider": treasurer,  # asked of the action
    "partage.clore": treasurer,
    "depense.noter": bienveillant | treasurer,  # asked of the action
    "depense.voir": bienveillant | treasurer | admin,
    "depense.modifier": bienveillant | treasurer,
    "facture.lister": any_bienveillant | treasurer | admin | pole_member,  # those that one may read
    "facture.toutes": treasurer | admin,
    "facture.de_l_action": bienveillant | treasurer | admin,  # asked of the action
    "facture.voir": bienveillant | treasurer | admin | pole_member & has_a_part,
    "facture.preparer": bienveillant | treasurer,  # asked of the action
    "facture.modifier": bienveillant | treasurer,
    "facture.emettre": treasurer,
    "facture.crediter": treasurer,
    "facture.encaisser": treasurer,
    "facture.payer": nobody,
    "facture.attendre": nobody,
    "facture.contrepasser": treasurer,
    "facture.relancer": treasurer,
    "facture.deposer": treasurer,
    "facture.reglements": treasurer | admin,
    "exercice.voir": treasurer | admin,
    "exercice.exporter": treasurer | admin,
    "exercice.clore": treasurer,
    # messages
    "outbox.voir": own & gone | any_bienveillant & sender | admin,
    "outbox.lister": admin,
    "outbox.reprendre": admin,
    "outbox.ecarter": admin,
    # the people of the house
    "equipe.lister": any_bienveillant | admin,
    "personne.voir": (any_bienveillant | admin) & proved,
    "personne.lire_la_note": (any_bienveillant | admin) & others,
    "personne.annoter": any_bienveillant & others,
    # contributions, asked of the action
    "releve.voir": bienveillant | admin | referent,
    "releve.transmettre": bienveillant | admin | referent,
    "releve.valider": bienveillant | admin,
    "releve.corriger": bienveillant | admin,
    "contribution.exporter": admin | treasurer,  # the money
    "contribution.exporter_tout": admin,  # and the hours of everybody
    "attestation.voir": own,
    # settings
    "reglages.voir": admin,
    "journal.lire": admin | treasurer,  # the money's lines alone
    "journal.tout": admin,  # and all the others, with who looked at whose sheet
    "personne.modifier": admin,
    "pole.voir": house,
    "pole.modifier": admin,
    "prestation.voir": house,
    "prestation.modifier": admin,
    "espace.voir": house,
    "espace.modifier": admin,
    "materiel.voir": house,
    "materiel.modifier": admin,
    "modele.modifier": admin,  # the checklists of the house
}


def can(personne: Any, right: str | Transition, subject: Any = None) -> bool:
    """Whether this person may do this to this subject, now. Without a subject: whether the door is open at all."""
    key = right.key if isinstance(right, Transition) else right
    rule = RULES[key]
    if subject is None:
        return rule.door(personne)
    if isinstance(right, Transition) and not right.opens_from(subject.etat):
        return False
    return rule(personne, subject)


def _me() -> Any:
    """Whoever asks: a proxy of them would look for them again at each word of a rule."""
    return current_user._get_current_object()


def enter(key: str) -> Any:
    """The door of a route: None when it is open, else the answer for whoever stands before it."""
    who = _me()
    if RULES[key].door(who):
        return None
    if who.is_authenticated:
        abort(403)
    return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]


def load(model: type[T], id: int, right: str | Transition, options: Sequence[ORMOption] = ()) -> T:
    """The only door from a URL to a row: 404 unless the person may see it, 403 unless they may act, 409 when it is too late."""
    return _allowed(db.session.get(model, id, options=options), right)


def load_locked(model: type[T], id: int, right: str) -> T:
    """The same, locked after whoever is signed in: what is read is what is true when something is written about it."""
    if current_user.is_authenticated:
        lock_one(_me())
    return _allowed(next(iter(lock(model, id)), None), right)


def _allowed(subject: T | None, right: str | Transition) -> T:
    who = _me()
    if subject is None or not can(who, f"{subject.__tablename__}.voir", subject):
        abort(404)
    key = right.key if isinstance(right, Transition) else right
    if not can(who, key, subject):
        abort(403)
    if isinstance(right, Transition) and not right.opens_from(subject.etat):  # type: ignore[attr-defined]
        raise TransitionRefused
    return subject
