"""Building a devis: each write holds the lock of the action, and touches a draft only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from portal import journal, reglage
from portal.actions.commands import ActionOver, Conflict, apply, check_reading
from portal.actions.models import Action, digest
from portal.besoins import queries as besoins
from portal.comptes.models import Personne
from portal.db import db, lock_one
from portal.devis import chiffrage, prix, queries
from portal.devis.models import (
    HIGHEST,
    LONGEST,
    Devis,
    Etat,
    LigneDevis,
    Tarif,
    ajouter,
    creer,
    deplacer_ligne,
    exporter,
    modifier,
    modifier_ligne,
    remiser,
    retirer_ligne,
)
from portal.reglage import Profil
from portal.workflow import Refusal


class NotDraft(Refusal):
    sentence = "Ce devis est parti\u00a0: il ne change plus. Pour le modifier, prépare une nouvelle version."


class LineGone(Refusal):
    sentence = "Cette ligne a été retirée entre-temps."


class TooMany(Refusal):
    status = 422
    sentence = f"Un devis a {LONGEST} lignes au plus\u00a0: regroupe-en quelques-unes."


class TooMuch(Refusal):
    status = 422
    sentence = "Ce devis dépasse dix millions d’euros\u00a0: une quantité ou un prix a sans doute un chiffre de trop."


class AtTheEnd(Refusal):
    sentence = "Cette ligne est déjà au bout du devis."


def draft(action: Action, *, by: Personne) -> Devis:
    """The draft of the action: the one that is there, else the next version, else a first one from the confirmed needs."""
    action = _open(action)
    if there := queries.in_state(action, Etat.BROUILLON):
        return there
    last = next(iter(queries.of_action(action)), None)
    devis = Devis(
        action=action,
        version=last.version + 1 if last else 1,
        par=by,
        mot=last.mot if last else "",
        acompte=last.acompte if last else reglage.ACOMPTE.valeur,
        valable_jours=reglage.VALIDITE.valeur,
        remise_par_id=last.remise_par_id if last else None,
        approuve_par_id=last.approuve_par_id if last else None,
    )
    devis.lignes = [_copy(line) for line in last.lignes] if last else _priced(action)
    db.session.add(devis)
    count(devis)
    creer.tell(devis, by=by, version=devis.version)
    return devis


def _copy(line: LigneDevis) -> LigneDevis:
    """A line of the next version, as confirmed as it was, while its need still is."""
    kept = {c.key: getattr(line, c.key) for c in LigneDevis.__table__.columns if c.key not in {"id", "devis_id"}}
    if line.is_unpromised:
        kept |= {"confirmee_le": None, "confirmee_par_id": None}
    return LigneDevis(**kept)


def _priced(action: Action) -> list[LigneDevis]:
    """The hour of the site, then each confirmed need at the price of the day."""
    listed = queries.tarifs()
    lines = [prix.of_site(tarif, action) for tarif in listed if tarif.site][:1]
    lines += [prix.of_need(besoin, listed) for besoin in besoins.promised_of(action)]
    if len(lines) > LONGEST:
        raise TooMany
    for rang, line in enumerate(lines, 1):
        line.rang = rang
    return lines


def take_needs(devis: Devis, *, by: Personne) -> int:
    """A line for each confirmed need that has none yet; how many."""
    devis = drafted(devis)
    there, listed = {line.besoin_id for line in devis.lignes}, queries.tarifs()
    new = [prix.of_need(b, listed) for b in besoins.promised_of(devis.action) if b.id not in there]
    _append(devis, new, by=by)
    return len(new)


def add(devis: Devis, *, by: Personne, tarif: Tarif | None = None, cle: str = "", **fields: Any) -> LigneDevis:
    """A line at the end; of a `tarif`, with what it says but for `fields`. The same form (its `cle`) sent twice is one line."""
    devis = drafted(devis)
    cle = journal.submission(cle, devis.id, tarif and tarif.id, fields)
    if (made := journal.made_by(cle, ajouter.key, by=by)) and (twin := line_of(devis, made)):
        return twin
    line = prix.of_tarif(tarif) if tarif else LigneDevis()
    for name, value in fields.items():
        setattr(line, name, value)
    _append(devis, [line], by=by, cle=cle)
    return line


def _append(devis: Devis, lines: list[LigneDevis], *, by: Personne, cle: str = "") -> None:
    if len(devis.lignes) + len(lines) > LONGEST:
        raise TooMany
    last = max((line.rang for line in devis.lignes), default=0)
    for rang, line in enumerate(lines, last + 1):
        line.rang = rang
        devis.lignes.append(line)
    count(devis)
    _grant(devis, lines, by=by)
    for line in lines:
        ajouter.tell(line, by=by, titre=line.libelle, cle=cle)


def edit(line: LigneDevis, *, by: Personne, read: str, **fields: Any) -> None:
    """Change a line; its pôle confirms it again, and a discount is approved again. `read` as for an action's sheet."""
    devis, line = _line(line)
    check_reading(read, line.sheet, fields)
    _change(devis, {line: fields}, by=by)


class Typed(NamedTuple):
    """Of a line or of the head: its reading when it was shown, and what is said now, by field."""

    read: str
    fields: Mapping[str, Any]


def edit_numbers(devis: Devis, *, by: Personne, typed: Mapping[int, Typed]) -> None:
    """Quantities, prices and discounts of several lines at once, by line; what somebody did not touch stays as it now is.

    Raises Conflict when somebody else changed the same number meanwhile, LineGone when they removed the line.
    """
    devis = drafted(devis)
    lines = {line.id: line for line in devis.lignes}
    if typed.keys() - lines.keys():
        raise LineGone
    _change(devis, {lines[id]: touched(lines[id].numbers, said) for id, said in typed.items()}, by=by)


def touched(now: Mapping[str, Any], said: Typed) -> dict[str, Any]:
    """What differs from what was read. Raises Conflict when what is stored `now` does too, otherwise."""
    read = said.read.split("-")
    was = dict(zip(now, read, strict=True)) if len(read) == len(now) else {}
    touched = {name: value for name, value in said.fields.items() if digest(value) != was.get(name)}
    if any(now[name] != value and digest(now[name]) != was.get(name) for name, value in touched.items()):
        raise Conflict
    return touched


def _change(devis: Devis, changes: Mapping[LigneDevis, Mapping[str, Any]], *, by: Personne) -> None:
    for line, fields in changes.items():
        before = line.numbers
        if changed := _set(line, fields, by=by):
            moved = journal.moves("", before, line.numbers)
            named = [name for name in changed if name not in {move[1] for move in moved}]
            modifier_ligne.tell(devis, by=by, ligne=line.libelle, champs=named, changements=moved)
    count(devis)


def _set(line: LigneDevis, fields: Mapping[str, Any], *, by: Personne) -> list[str]:
    """What changed of it: its pôle has not said yes to that."""
    changed = apply(line, dict(fields))
    if changed and changed != ["motif"]:
        line.confirmee_le, line.confirmee_par_id, line.reserve = None, None, ""
    if "remise" in changed or (line.devis.approuve_par_id and not WEIGHS.isdisjoint(changed)):
        _grant(line.devis, [line], by=by)
    return changed


WEIGHS = frozenset({"quantite", "prix", "comprise"})  # what makes another amount of a discount that was approved


def _grant(devis: Devis, lines: Iterable[LigneDevis], *, by: Personne) -> None:
    """A discount that one person does not grant alone: somebody else approves it, even after another was approved.

    Whoever grants the first small one is known too: the house may decide later that it was not one.
    """
    if any(is_large(line) for line in lines):
        devis.remise_par_id, devis.approuve_par_id = by.id, None
    elif devis.remise_par_id is None and any(line.remise for line in lines):
        devis.remise_par_id = by.id


def is_large(line: LigneDevis) -> bool:
    return line.remise > reglage.REMISE_SEULE.valeur * 100


def edit_head(devis: Devis, *, by: Personne, read: str | None = None, **fields: Any) -> None:
    """Its word to the demandeur, its deposit, how long it is valid; `read` is `reading(devis.head)` when it was shown."""
    devis = drafted(devis)
    if changed := apply(devis, fields if read is None else touched(devis.head, Typed(read, fields))):
        modifier.tell(devis, by=by, champs=changed)


def discount(devis: Devis, *, by: Personne, remise: int) -> None:
    """The same discount on all its lines, in hundredths of a percent."""
    devis = drafted(devis)
    if [line for line in devis.lignes if _set(line, {"remise": remise}, by=by)]:
        count(devis)
        remiser.tell(devis, by=by, remise=remise)


def move(line: LigneDevis, *, by: Personne, up: bool) -> None:
    """The line changes places with the one before it (`up`) or after it."""
    devis, line = _line(line)
    order = list(devis.lignes)
    at = order.index(line)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(order):
        raise AtTheEnd
    order[at], order[to] = order[to], order[at]
    for rang, each in enumerate(order, 1):
        each.rang = rang
    deplacer_ligne.tell(devis, by=by, ligne=line.libelle)


def remove(line: LigneDevis, *, by: Personne) -> None:
    devis, line = _line(line)
    libelle = line.libelle
    devis.lignes.remove(line)
    count(devis)
    retirer_ligne.tell(devis, by=by, ligne=libelle)


def note_export(lines: int, *, by: Personne) -> None:
    """Who took the devis or the amounts away, and how many lines."""
    exporter.tell(by, by=by, lignes=lines)


def line_of(devis: Devis, id: int) -> LigneDevis | None:
    return next((line for line in devis.lignes if line.id == id), None)


def totals(lines: Iterable[chiffrage.Ligne]) -> chiffrage.Totaux:
    """What these come to, under the tax profile of the house."""
    return chiffrage.totaux(lines, taxed=reglage.PROFIL.valeur is Profil.ASSUJETTIE)


# --- the steps of these --------------------------------------------------------------------------------------


def _open(action: Action) -> Action:
    action = lock_one(action)
    if action.is_over:
        raise ActionOver
    return action


def current(devis: Devis) -> Devis:
    """The devis as it now is, under the lock of its action."""
    _open(devis.action)
    found = queries.fresh(devis.id)
    assert found
    return found


def drafted(devis: Devis) -> Devis:
    """The same, of a devis that still changes. Raises NotDraft."""
    devis = current(devis)
    if not devis.is_draft:
        raise NotDraft
    return devis


def _line(line: LigneDevis) -> tuple[Devis, LigneDevis]:
    id, devis = line.id, drafted(line.devis)
    found = line_of(devis, id)
    if found is None:
        raise LineGone
    return devis, found


def count(devis: Devis) -> None:
    """Keep what its lines come to, under the lock of its action. Raises TooMuch."""
    db.session.flush()  # new lines get what nobody said of them
    sums = totals(line.compte for line in devis.lignes)
    if sums.ttc > HIGHEST:
        raise TooMuch
    devis.ht, devis.ttc = sums.ht, sums.ttc
    db.session.flush()
