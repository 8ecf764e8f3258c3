"""Factur-X: what an invoice says, as the standard EN 16931 says it, in an XML that its paper carries (CGI, art. 289 bis).

The one adapter to the library that writes it. Its terms: BT-1 is the number, BG-25 the lines…
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from portal.devis.models import Unite
from portal.factures.models import Categorie, Nature
from portal.reglage import Profil
from portal.workflow import Refusal

LEVEL = "en16931"
INVOICE, DEPOSIT, CREDIT = "380", "386", "381"  # UNTDID 1001
TYPES = {Nature.FACTURE: INVOICE, Nature.ACOMPTE: DEPOSIT, Nature.AVOIR: CREDIT}
LETTERS = {Categorie.SERVICES: "S", Categorie.BIENS: "B", Categorie.MIXTE: "M"}
UNITS = {  # UN/ECE recommendation 20; the others are counted one by one
    Unite.HEURE: "HUR", Unite.JOUR: "DAY", Unite.KILO: "KGM", Unite.LITRE: "LTR", Unite.KILOMETRE: "KMT",
}  # fmt: skip
ONE = "C62"
EXEMPTIONS = {Profil.EXONEREE: "VATEX-FR-CGI261-7", Profil.FRANCHISE: "VATEX-FR-FRANCHISE"}
SIREN, SIRET, ANNUAIRE = "0002", "0009", "0225"  # who gives an identifier: ISO 6523, and the addresses of e-invoices
FRANCE = "FR"  # its overseas departments included: whose tax it is
TOWN = re.compile(r"(?:[A-Z]{1,2}-)?(\d{5})\s+(.+)")
CONTROL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what no XML may hold


class Malformed(Refusal):
    """The library refuses what it was asked to write: a fault of this portal, said to whoever issues."""

    sentence = (
        "La version électronique de cette facture ne passe pas le contrôle de son format\u00a0: préviens un admin. "
        "Rien n’est émis, aucun numéro n’est pris."
    )


def is_wanted(contenu: dict[str, Any]) -> bool:
    """Whether its paper carries the data: for a client with a SIRET, of a house that is in the reform, or by Chorus Pro.

    A consumer, and the client of an exempt association, have a clean PDF.
    """
    client = contenu["client"]
    if client["particulier"] or not client["siret"] or not contenu["maison"]["siret"]:
        return False
    return contenu["chorus"] or Profil(contenu["profil"]) is not Profil.EXONEREE


def carried(pdf: bytes, contenu: dict[str, Any]) -> bytes:
    """The paper with the XML inside, still a PDF/A-3. Raises Malformed."""
    from facturx import generate_from_binary  # heavy, for the few who ask

    told = {"title": f"{contenu['titre']} {contenu['numero']}", "author": contenu["maison"]["nom"], "keywords": "Factur-X"}
    made = generate_from_binary(
        pdf,
        xml(contenu),
        flavor="factur-x",
        level=LEVEL,
        check_xsd=False,
        check_schematron=False,
        pdf_metadata=_clean(told | {"subject": contenu["action"]["titre"]}),
        lang="fr-FR",
    )
    assert isinstance(made, bytes)
    return made


def xml(contenu: dict[str, Any]) -> bytes:
    """The XML of a frozen invoice, which passes the XSD. Raises Malformed."""
    from facturx import generate_cii_xml  # heavy, for the few who ask

    try:
        made = generate_cii_xml(_clean(terms(contenu)), level=LEVEL, check_xsd=True, check_schematron=None)
    except Exception as error:  # the library raises no narrower one
        raise Malformed from error
    assert isinstance(made, bytes)
    return made


def terms(contenu: dict[str, Any]) -> dict[str, Any]:
    """Each term of the standard that this invoice has."""
    nature = Nature(contenu["nature"])
    said: dict[str, Any] = {
        "BT-1": contenu["numero"],
        "BT-2": date.fromisoformat(contenu["le"]),
        "BT-3": TYPES[nature],
        "BT-5": "EUR",
        "BT-9": date.fromisoformat(contenu["echeance"]),
        "BT-10": contenu["service"],
        "BT-13": contenu["commande"],
        "BT-20": contenu["paiement"],
        "BT-23": _frame(contenu, nature),
        "BG-1": [{"BT-21": code, "BT-22": words} for code, words in contenu["notes"].items() if words],
        "BG-3": [{"BT-25": one["numero"], "BT-26": date.fromisoformat(one["le"])} for one in _before(contenu)],
        "BG-4": _party(contenu["maison"], vat=contenu["maison"]["tva"], registered=True),
        "BG-7": _party(contenu["client"]),
        "BG-13": {"name": contenu["client"]["nom"], **_address(contenu["livraison"] or contenu["client"]["adresse"])},
        "BG-23": [_rate(part, contenu) for part in contenu["parts"]],
        "BG-25": [_line(n, line, contenu) for n, line in enumerate(_lines(contenu), 1)],
        **_sums(contenu),
    }
    if contenu["mot"]:
        said["BG-1"].append({"BT-22": contenu["mot"]})
    if nature is Nature.FACTURE:
        said["BT-72"] = date.fromisoformat(contenu["fourni_le"])
    if contenu["avec_tva"]:
        said["BT-8"] = "invoice" if contenu["debits"] else "payment"
    return said


def _frame(contenu: dict[str, Any], nature: Nature) -> str:
    """What it is for, and whether it ends what deposits began (« cadre de facturation »)."""
    ends = nature is Nature.FACTURE and contenu["acomptes"]
    return LETTERS[Categorie(contenu["objet"])] + ("4" if ends else "1")


def _before(contenu: dict[str, Any]) -> list[dict[str, Any]]:
    """What it refers to: the invoice that it corrects, the deposits that it takes off."""
    return [contenu["origine"]] if contenu["origine"] else contenu["acomptes"]


def _party(who: dict[str, Any], *, vat: str = "", registered: bool = False) -> dict[str, Any]:
    """Who sells or buys; `registered`: whoever sells says under which number the tax knows them."""
    siren = who["siret"][:9]
    return {
        "name": who["nom"],
        "legal_identifier": siren,
        "legal_identifier_schemeid": SIREN,
        "identifiers": {SIRET: who["siret"]},
        "einvoicing_addr": siren,
        "einvoicing_addr_schemeid": ANNUAIRE,
        "vat_identifier": vat,
        "tax_identifier": siren if registered and not vat else "",
        "contacts": [{"name": who.get("contact", "") or who["nom"], "email": who["email"], "phone": who["telephone"]}],
        **_address(who["adresse"]),
    }


def _address(words: str) -> dict[str, Any]:
    """The lines of an address as people write it; the last one that begins with a postcode is that of the town."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    said: dict[str, Any] = {"country_code": FRANCE}
    for n, line in reversed(list(enumerate(lines))):
        if found := TOWN.fullmatch(line):
            said |= {"postcode": found[1], "city": found[2]}
            del lines[n]
            break
    first, second, *others = [*lines, "", ""]
    return said | {"addr_l1": first, "addr_l2": second, "addr_l3": ", ".join(line for line in others if line)}


def _lines(contenu: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (line for group in contenu["groupes"] for line in group["lignes"])


def _line(n: int, line: dict[str, Any], contenu: dict[str, Any]) -> dict[str, Any]:
    code, rate = _category(line["taux"], contenu)
    said = [line["detail"], "Compris dans l’heure de site." if line["comprise"] else "", line["motif"]]
    full = 0 if line["comprise"] else line["brut"]
    return {
        "BT-126": str(n),
        "BT-129": _hundredths(line["quantite"]),
        "BT-130": UNITS.get(Unite(line["mesure"]), ONE),
        "BT-131": _hundredths(line["montant"]),
        "BT-146": _hundredths(0 if line["comprise"] else line["prix"]),
        "BT-151": code,
        "BT-152": _hundredths(rate),
        "BT-153": line["libelle"],
        "BT-154": "\n".join(words for words in said if words),
        "BG-27": [{"amount": _hundredths(full - line["montant"]), "reason": "Remise"}] if full > line["montant"] else [],
    }


def _category(taux: int, contenu: dict[str, Any]) -> tuple[str, int]:
    """S, taxed at that rate; Z, at none; E, of a house that charges no TVA, whatever the rates of its lines."""
    if not contenu["avec_tva"]:
        return "E", 0
    return ("S" if taux else "Z"), taux


def _rate(part: dict[str, int], contenu: dict[str, Any]) -> dict[str, Any]:
    code, rate = _category(part["taux"], contenu)
    said = {
        "BT-116": _hundredths(part["base"]),
        "BT-117": _hundredths(part["tva"]),
        "BT-118": code,
        "BT-119": _hundredths(rate),
    }
    if code == "E":
        said |= {"BT-120": contenu["mention"], "BT-121": EXEMPTIONS[Profil(contenu["profil"])]}
    return said


def _sums(contenu: dict[str, Any]) -> dict[str, str]:
    paid = contenu["ttc"] - contenu["a_payer"]
    return {
        "BT-106": _hundredths(contenu["ht"]),
        "BT-109": _hundredths(contenu["ht"]),
        "BT-110": _hundredths(contenu["tva"]),
        "BT-112": _hundredths(contenu["ttc"]),
        **({"BT-113": _hundredths(paid)} if paid else {}),
        "BT-115": _hundredths(contenu["a_payer"]),
    }


def _hundredths(number: int) -> str:
    """ "1234.50", of cents or of hundredths, which are never negative."""
    return f"{number // 100}.{number % 100:02d}"


def _clean(value: Any) -> Any:
    """The same terms, in characters that an XML may hold."""
    if isinstance(value, str):
        return CONTROL.sub("", value)
    if isinstance(value, dict):
        return {name: _clean(part) for name, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list) else value
