"""What changed from one version of a devis to another, in words: over what each says (`papier.content`), frozen or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from portal.fields import quantite
from portal.filters import euros, taux
from portal.shown import Shown

Said = dict[str, Any]  # a line of a content, with the name of its group


class Sort(Shown):
    AJOUTEE = "ajoutee", "Ajoutée", "plus", "bon"
    RETIREE = "retiree", "Retirée", "minus", "attention"
    CHANGEE = "changee", "Changée", "pencil", "attente"


@dataclass(frozen=True)
class Ecart:
    """What became of one line; amounts in cents, without TVA."""

    sort: Sort
    libelle: str
    mots: list[str]
    avant: int = 0
    apres: int = 0


@dataclass(frozen=True)
class Ecarts:
    lignes: list[Ecart] = field(default_factory=list)
    reste: list[str] = field(default_factory=list)  # dates, people, deposit, words…
    totaux: list[tuple[str, int, int]] = field(default_factory=list)  # those that differ: name, before, after

    def __bool__(self) -> bool:
        return bool(self.lignes or self.reste or self.totaux)

    @property
    def resume(self) -> str:
        """ "1 ligne ajoutée, 2 changées. Total : 1 290,00 € au lieu de 1 171,80 €." """
        numbers = [(sort, sum(each.sort is sort for each in self.lignes)) for sort in Sort]
        parts = [f"{many} {sort.label.lower()}{'s' if many > 1 else ''}" for sort, many in numbers if many]
        if parts:
            first, _, rest = parts[0].partition(" ")
            parts[0] = f"{first} ligne{'s' if first != '1' else ''} {rest}"
        said = f"{', '.join(parts)}." if parts else "Les lignes n’ont pas changé."
        total = [
            f" Total\u00a0: {euros(after)} au lieu de {euros(before)}." for name, before, after in self.totaux if name in PAID
        ]
        return said + ("".join(total) or " Le total reste le même.")


PAID = ("Total TTC", "Total à payer")


def between(before: Said, after: Said) -> Ecarts:
    """From an older content to a newer one."""
    pairs = list(_pairs(_lines(before), _lines(after)))
    return Ecarts(
        [found for old, new in pairs if (found := _ecart(old, new))], list(_rest(before, after)), _sums(before, after)
    )


def _lines(content: Said) -> list[Said]:
    return [line | {"pour": group["nom"]} for group in content["groupes"] for line in group["lignes"]]


# Two lines are the same one when they answer the same need, else bear the same name, else sell as much at the same price.
KEYS: tuple[Callable[[Said], Any], ...] = (
    lambda line: line["besoin"],
    lambda line: (line["pour"], line["libelle"]),
    lambda line: line["libelle"],
    lambda line: (line["pour"], line["quantite"], line["prix"], line["unite"]),
)


def _pairs(old: list[Said], new: list[Said]) -> Iterator[tuple[Said | None, Said | None]]:
    """Each line of the new one with what it was, then those that are no more."""
    was: dict[int, Said] = {}
    left = list(old)
    for key in KEYS:
        waiting: dict[Any, list[Said]] = defaultdict(list)
        for line in left:
            waiting[key(line)].append(line)
        for at, line in enumerate(new):
            if at not in was and key(line) is not None and waiting.get(key(line)):
                was[at] = waiting[key(line)].pop(0)
        left = [line for line in left if not any(line is found for found in was.values())]
    yield from ((was.get(at), line) for at, line in enumerate(new))
    yield from ((line, None) for line in left)


def _ecart(old: Said | None, new: Said | None) -> Ecart | None:
    if new is None:
        assert old
        return Ecart(Sort.RETIREE, old["libelle"], [_whole(old)], avant=old["montant"])
    if old is None:
        return Ecart(Sort.AJOUTEE, new["libelle"], [_whole(new)], apres=new["montant"])
    words = list(_words(old, new))
    return Ecart(Sort.CHANGEE, new["libelle"], words, old["montant"], new["montant"]) if words else None


def _whole(line: Said) -> str:
    price = "comprise dans l’heure de site" if line["comprise"] else f"à {euros(line['prix'])}"
    return f"{_many(line)} {price}, pour {line['pour']}"


def _many(line: Said) -> str:
    return f"{quantite(line['quantite'])}\u00a0{line['unite']}"


SAID: tuple[tuple[str, Callable[[Said], str]], ...] = (
    ("nom", lambda line: f"«\u00a0{line['libelle']}\u00a0»"),
    ("quantité", _many),
    ("prix unitaire", lambda line: euros(line["prix"])),
    ("remise", lambda line: taux(line["remise"])),
    ("TVA", lambda line: taux(line["taux"])),
    ("pour", lambda line: line["pour"]),
)


def _words(old: Said, new: Said) -> Iterator[str]:
    for name, say in SAID:
        if say(old) != say(new):
            yield f"{name}\u00a0: {say(new)} au lieu de {say(old)}"
    if old["comprise"] != new["comprise"]:
        yield "comprise maintenant dans l’heure de site" if new["comprise"] else "n’est plus comprise dans l’heure de site"
    if old["detail"] != new["detail"]:
        yield "précision réécrite" if new["detail"] else "précision retirée"


REST: tuple[tuple[str, Callable[[Said], str]], ...] = (
    ("Titre", lambda content: content["action"]["titre"]),
    ("Quand", lambda content: content["action"]["quand"]),
    ("Où", lambda content: content["action"]["lieu"]),
    ("Personnes attendues", lambda content: str(content["action"]["personnes"] or "non dit")),
    ("Acompte", lambda content: f"{content['acompte_pct']}\u00a0%"),
    ("Au nom de", lambda content: content["client"]["nom"]),
)
REWRITTEN = (("mot", "Le mot d’accompagnement"), ("conditions", "Les conditions générales"), ("paiement", "Le paiement"))


def _rest(before: Said, after: Said) -> Iterator[str]:
    for name, say in REST:
        if say(before) != say(after):
            yield f"{name}\u00a0: {say(after)} au lieu de {say(before)}"
    for name, said in REWRITTEN:
        if before[name] != after[name]:
            yield f"{said} a changé"


def _sums(before: Said, after: Said) -> list[tuple[str, int, int]]:
    paid = PAID[0] if after["avec_tva"] else PAID[1]
    named = [("Total HT", "ht"), ("TVA", "tva")] if before["avec_tva"] or after["avec_tva"] else []
    named += [(paid, "ttc"), ("Acompte à l’accord", "acompte")]
    return [(name, before[key], after[key]) for name, key in named if before[key] != after[key]]
