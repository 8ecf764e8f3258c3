"""The paper of a devis, parsed: its mentions, what keeps it readable for ten years and by everybody, whatever people typed."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from portal import clock, presse, reglage
from portal.db import db
from portal.devis import commands, document, envoi, papier
from portal.devis.models import LONGEST, Unite
from portal.reglage import Profil
from tests import builders

HOUSE = ("La Raffinerie", "Association loi 1901", "12 rue du Moulin", "97434 L’Hermitage", "SIRET", "bonjour@example.org")
HOSTILE = '#panic[] $x$ #read("/etc/passwd") *gras* _it_ `code` @ref <b> // c /* c */ [x](y) \\u{1F600} = titre ~ --- 1/2'
CONDITIONS = "\n\n".join(f"{n}. Toute heure commencée est due, et le site est rendu propre. " * 4 for n in range(1, 15))
LEAVES = clock.start_of(date(2026, 11, 26))


@pytest.fixture
def zoe(app):
    made = builders.bienveillant()
    builders.identity(made)
    said = {
        reglage.FORME: "Association loi 1901", reglage.COURRIEL: "bonjour@example.org", reglage.TVA_INTRA: "FR12345678200",
        reglage.PAIEMENT: "Acompte à l’accord, solde à trente jours.", reglage.MEDIATEUR: "CM2C, 49 rue de Ponthieu, Paris",
        reglage.CONDITIONS: "Toute heure commencée est due.",
    }  # fmt: skip
    for texte, words in said.items():
        reglage.change(texte, words, by=made)
    return made


@pytest.fixture
def action(zoe):
    made = builders.validated(zoe)
    made.demandeur.siret = "12345678200010"
    return made


def read(contenu: dict[str, Any]) -> PdfReader:
    return PdfReader(io.BytesIO(document.pdf(contenu)))


def words(paper: PdfReader, *pages: int) -> str:
    """Their text on one line; a word cut where its place ends is whole."""
    chosen = [paper.pages[n] for n in pages] if pages else paper.pages
    return plain("\n".join(page.extract_text() for page in chosen))


def plain(text: str) -> str:
    return " ".join(text.replace("\u200b", "").split())


def content(action, **fields: Any) -> dict[str, Any]:
    return papier.content(builders.devis(action), LEAVES) | fields


def with_lines(action, many: int) -> dict[str, Any]:
    devis, zoe = builders.devis(action), action.bienveillant
    pole = builders.pole("Cuisine")
    for n in range(many - 1):
        line = {"libelle": f"Prestation {n}", "quantite": 100, "unite": Unite.UNITE, "prix": 10_00, "taux": 210}
        commands.add(devis, by=zoe, pole_id=pole.id if n % 2 else None, **line)
    return papier.content(devis, LEAVES)


# --- what the law wants ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profil", "said", "never"),
    [
        (Profil.EXONEREE, ["TVA non applicable, article 261-7 du CGI.", "Total à payer 1 080,00 €"], ["TTC", "HT", "293 B"]),
        (Profil.FRANCHISE, ["TVA non applicable, article 293 B du CGI.", "Total à payer 1 080,00 €"], ["TTC", "HT", "261-7"]),
        (
            Profil.ASSUJETTIE,
            ["Prix unitaire HT", "8,5 %", "Total HT 1 080,00 €", "TVA 8,5 % sur 1 080,00 € 91,80 €", "Total TTC 1 171,80 €"],
            ["non applicable"],
        ),
    ],
)
def test_it_bears_every_mention_for_each_tax_profile(zoe, action, profil, said, never):
    reglage.change(reglage.PROFIL, profil, by=zoe)
    contenu = content(action)
    shown = words(read(contenu))
    client = ("3 chemin Bruniquel", "97434 La Saline", "SIRET 12345678200010")
    event = (plain(contenu["action"]["quand"]), str(clock.local(action.debut).year), action.lieu)
    dates = ("du 26 novembre 2026", "valable jusqu’au 26 décembre 2026 inclus")
    line = ("Heure de site", "9 heures", "120,00 €", "1 080,00 €")
    ends = ("Acompte à l’accord (30 %)", "à trente jours", "Bon pour accord", "Date et signature", "commencée est due")
    named = (contenu["numero"], action.demandeur.nom, "Devis", "TVA FR12345678200")
    for text in (*HOUSE, *named, *client, *event, *dates, *line, *ends, *said):
        assert text in shown, text
    for text in never:
        assert not re.search(rf"\b{text}\b", shown), text


def test_a_consumer_reads_the_whole_price_first_and_the_mediator(zoe, action):
    reglage.change(reglage.PROFIL, Profil.ASSUJETTIE, by=zoe)
    assert "Médiateur" not in words(read(content(action)))
    action.demandeur.particulier = True
    shown = words(read(content(action)))
    assert "MÉDIATEUR DE LA CONSOMMATION CM2C, 49 rue de Ponthieu, Paris" in shown
    assert shown.index("1 171,80 € TTC") < shown.index("1 080,00 €")


def test_a_prestation_that_is_comprised_a_discount_and_subtotals_are_said(zoe, action):
    devis, pole = builders.devis(action), builders.pole("Cuisine")
    line = {"quantite": 100, "unite": Unite.FORFAIT, "prix": 100_00, "taux": 0}
    commands.add(devis, by=zoe, libelle="Rangement", comprise=True, **line)
    commands.add(devis, by=zoe, libelle="Repas", pole_id=pole.id, remise=1000, detail="Végétarien\nServi", **line)
    shown = words(read(papier.content(devis, LEAVES)))
    for text in ("comprise dans l’heure de site", "compris", "remise de 10 %", "Végétarien", "sous-total Pôle Cuisine 90,00 €"):
        assert text in shown, text
    assert "Remises déjà déduites 10,00 €" in shown


# --- kept for ten years, read by everybody ---------------------------------------------------------------------


@pytest.fixture
def paper(action) -> PdfReader:
    return read(content(action))


def test_what_is_only_a_draft_says_so_and_asks_for_no_signature(action, paper):
    draft = words(read(content(action) | {"brouillon": True}))
    assert "Brouillon, ne vaut pas offre" in draft
    assert "Bon pour accord" not in draft
    assert "Brouillon" not in words(paper)
    assert "Bon pour accord" in words(paper)


def test_the_paper_of_a_draft_is_marked_until_it_leaves(as_, zoe, action):
    devis, client = builders.devis(action), as_(zoe)
    db.session.commit()
    page = f"/devis/{devis.id}.pdf"
    assert "Brouillon" in words(PdfReader(io.BytesIO(client.get(page).data)))
    envoi.send(devis, by=zoe)
    db.session.commit()
    assert "Brouillon" not in words(PdfReader(io.BytesIO(client.get(page).data)))


def test_it_is_a_pdf_a_3b_and_a_pdf_ua_1(paper):
    xmp = paper.trailer["/Root"]["/Metadata"].get_data().decode()
    for mark in ("<pdfaid:part>3<", "<pdfaid:conformance>B<", "<pdfuaid:part>1<"):
        assert mark in xmp
    [intent] = paper.trailer["/Root"]["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert len(intent["/DestOutputProfile"].get_data()) > 100


def test_it_says_its_language_its_title_and_its_structure(paper, action):
    root = paper.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"], root["/ViewerPreferences"]["/DisplayDocTitle"]) == (
        "fr",
        True,
        True,
    )
    assert paper.metadata.title == f"Devis D-{action.id:04d}-1 – {action.titre}"
    assert paper.metadata.author == "La Raffinerie"
    assert {"/Document", "/H1", "/H2", "/Table", "/TH", "/TD", "/P"} <= roles(root["/StructTreeRoot"])


def roles(node: Any) -> set[str]:
    """Of a structure and of all below it."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return set().union(*map(roles, node))
    return ({str(node["/S"])} if "/S" in node else set()) | roles(node.get("/K", [])) if isinstance(node, dict) else set()


def test_all_its_fonts_are_in_it(paper):
    fonts = [font.get_object() for page in paper.pages for font in page["/Resources"]["/Font"].values()]
    assert len(fonts) >= 2
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()
        assert "/ToUnicode" in font


def test_it_runs_nothing_and_leads_nowhere(action):
    content_ = content(action, conditions="https://example.org javascript:alert(1)")
    raw = document.pdf(content_)
    for name in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile", b"/OpenAction"):
        assert name not in raw


def test_the_same_words_make_the_same_bytes(action):
    contenu = content(action)
    first = document.pdf(contenu)
    presse._compiler.cache_clear()
    assert document.pdf(contenu) == first
    assert document.pdf(contenu | {"mot": "Autre chose"}) != first


# --- whatever people typed -------------------------------------------------------------------------------------


def everywhere(contenu: dict[str, Any], text: str) -> dict[str, Any]:
    """The same words in every place where somebody writes."""
    names = ("mot", "mention", "paiement", "conditions", "mediateur")
    typed: dict[str, Any] = dict.fromkeys(names, text)
    typed["maison"] = dict.fromkeys(contenu["maison"], text)
    typed["client"] = contenu["client"] | dict.fromkeys(("nom", "contact", "adresse", "siret"), text)
    typed["action"] = contenu["action"] | dict.fromkeys(("titre", "quand", "lieu"), text)
    lines = [line | {"libelle": text, "detail": text} for group in contenu["groupes"] for line in group["lignes"]]
    return contenu | typed | {"groupes": [{"nom": text, "total": 0, "lignes": lines}]}


def test_what_looks_like_code_is_only_words(action):
    paper = read(everywhere(content(action), HOSTILE))
    shown = words(paper)
    for part in ("#panic[]", "$x$", "*gras*", "_it_", "`code`", "@ref", "<b>", "/* c */", "[x](y)", "\\u{1F600}"):
        assert shown.count(part) >= 10, part
    assert '#read("/etc/passwd")' in shown
    assert "root:" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "W" * 400,
        "https://" + "a" * 300,
        "mot " * 1000,
        "\n" * 50,
        " ",
        "",
        "\u202e\u200b\u00ad\ufeff",
        "\x00\x07\x1b\uffff\U0010ffff",
    ],
)
def test_words_of_any_length_or_shape_never_stop_it(action, text):
    assert len(read(everywhere(content(action), text)).pages) >= 1


def test_a_word_longer_than_its_place_goes_on_below_and_is_whole(action):
    shown = words(read(content(action, mot="Début" + "m" * 300 + "fin"))).replace(" ", "")
    assert "Début" + "m" * 300 + "fin" in shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Fête 🎉 de Žana ćevap", "Fête de Zana ćevap"),
        ("👩‍🍳", ""),
        ("e\u0301té", "été"),
        ("ﬁn ① ２", "fin 1 2"),
        ("A\u2011B\u2009C", "A-B C"),
        ("שלום", "????"),
        ("Lycée « L’Œuvre », 12 € – oui…", "Lycée « L’Œuvre », 12 € – oui…"),
    ],
)
def test_what_its_font_cannot_write_is_written_otherwise(typed, shown):
    written = presse.written({"a": [typed, 3, None]})["a"]
    assert written[1:] == [3, None]
    normal = unicodedata.normalize
    assert " ".join(normal("NFC", written[0]).split()) == " ".join(shown.split())


def test_both_weights_write_the_same_letters():
    light, bold = (presse._known(presse.FONTS / f"atkinson-{weight}.ttf") for weight in (400, 700))
    assert light == bold
    assert set("éèêëàâçùûüôöîïœŒÉÀÇ€’«»…–\u00a0") <= light


@pytest.mark.hypothesis
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300))
@settings(max_examples=60)
def test_any_text_at_all_makes_a_paper(text):
    contenu = everywhere(TYPICAL, text)
    assert document.pdf(contenu).startswith(b"%PDF-1.7")


TYPICAL: dict[str, Any] = {
    "numero": "D-0042-2", "version": 2, "le": "2026-11-26", "valable_jusqu_au": "2026-12-26",
    "maison": dict.fromkeys(("nom", "forme", "adresse", "siret", "rna", "tva", "email", "telephone"), ""),
    "client": {"particulier": False}, "action": {"personnes": 120},
    "groupes": [{"nom": "", "total": 0, "lignes": [
        {"quantite": 100, "prix": 1, "taux": 0, "remise": 0, "comprise": False, "unite": "forfait", "montant": 1},
    ]}],
    "parts": [{"taux": 850, "base": 1, "tva": 0}], "ht": 1, "rabais": 0, "tva": 0, "ttc": 1, "acompte_pct": 30, "acompte": 0,
    "avec_tva": True,
}  # fmt: skip


# --- long ones -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [60, LONGEST])
def test_a_long_one_keeps_each_line_repeats_its_head_and_orphans_nothing(action, many):
    paper = read(with_lines(action, many))
    pages = [words(paper, n) for n in range(len(paper.pages))]
    assert {f"Prestation {n} 1 unité" in " ".join(pages) for n in range(many - 1)} == {True}
    assert len(pages) > 1
    for n, page in enumerate(pages):
        body = page.rpartition("La Raffinerie · SIRET")[0].strip()
        assert f"page {n + 1} / {len(pages)}" in page
        assert not body.endswith(("Pôle Cuisine", "La Raffinerie", "PAIEMENT", "CONDITIONS GÉNÉRALES")), body[-60:]
        if page.startswith("Prestation Quantité"):
            assert re.match(r"Prestation Quantité Prix unitaire Montant (Pôle Cuisine|La Raffinerie) ", page), page[:80]
    signs = [page for page in pages if "Bon pour accord" in page]
    assert len(signs) == 1
    assert "Date et signature" in signs[0]


def test_long_conditions_have_their_own_page_and_short_ones_follow(zoe, action):
    short, long = (read(content(action, conditions=text)) for text in ("Toute heure commencée est due.", CONDITIONS))
    assert "CONDITIONS GÉNÉRALES" in words(short, 0)
    assert words(long, 1).startswith("CONDITIONS GÉNÉRALES 1. Toute heure")
    assert "CONDITIONS" not in words(long, 0)


def test_the_signature_is_never_cut_wherever_the_page_ends(action):
    contenu = content(action)
    line = contenu["groupes"][0]["lignes"][0]
    for many in range(8, 34, 3):
        group = contenu["groupes"][0] | {"lignes": [line] * many}
        paper = read(contenu | {"groupes": [group]})
        [page] = [words(paper, n) for n in range(len(paper.pages)) if "Bon pour accord" in words(paper, n)]
        assert "Date et signature" in page
