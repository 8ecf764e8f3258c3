"""The audit of every HTML answer finds what it says it finds."""

import pytest

from tests.audit import audit

PAGE = """<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Missions</title></head>
<body><main id="contenu"><h1>Missions</h1>%s</main></body></html>"""
GOOD = """<form method="post" action="/x"><input type="hidden" name="csrf_token" value="t">
<label for="nom">Nom</label><input id="nom" name="nom">
<label>Ville <select name="v"><option>Saint-Paul</option></select></label>
<input aria-label="Chercher" type="search" name="q"><button>Envoyer</button></form>
<a href="/y"><img src="/i.png" alt="Accueil"></a>
<button aria-label="Fermer" hx-post="/z" hx-trigger="click delay:1s"><svg><use href="/i.svg#x"/></svg></button>"""

FAULTS = {
    "a parse error": ("<p><div></p>", "line 2: "),
    "two h1": ("<h1>Encore</h1>", "2 <h1>"),
    "the same id twice": ('<p id="a"></p><p id="a"></p>', "id 'a' stands 2 times"),
    "a label for nothing": ('<label for="rien">Rien</label>', "for='rien' names no id"),
    "an input without label": ('<input name="nom">', "<input name='nom'> has no label"),
    "an empty label": ('<label for="n"></label><input id="n">', "has no label"),
    "a textarea without label": ("<textarea></textarea>", "<textarea> has no label"),
    "a link without words": ('<a href="/"><svg aria-hidden="true"><text>x</text></svg></a>', "<a href='/'> has no name"),
    "a button without words": ("<button> </button>", "<button> has no name"),
    "an image without alt": ('<img src="/i.png">', "<img> has no alt"),
    "a form without action": ('<form method="get"></form>', "wants a method and an action"),
    "a form without method": ('<form action="/x"></form>', "wants a method and an action"),
    "a form without token": ('<form method="post" action="/x"></form>', "0 csrf_token in a post form"),
    "a search that leaks a token": (
        '<form method="get" action="/x"><input type="hidden" name="csrf_token"></form>',
        "1 csrf_token in a get form",
    ),
    "an inline style": ('<p style="color:red">x</p>', "<p>: inline style"),
    "a style element": ("<style>p{}</style>", "inline <style>"),
    "an inline script": ("<script>1</script>", "inline <script>"),
    "an on… handler": ('<p onclick="x()">x</p>', "<p>: inline onclick"),
    "hx-on": ('<p hx-on:click="x()">x</p>', "<p>: inline hx-on:click"),
    "js: in hx-vals": ("<p hx-vals='js:{a: 1}'>x</p>", "<p>: code in hx-vals"),
    "a javascript: link": ('<a href="javascript:x()">x</a>', "code in href"),
    "an icon that is not drawn": ('<p><svg><use href="/i.svg#licorne"/></svg></p>', "is not in the sprite"),
    "a table called otherwise": ('<a href="/x.csv?annee=2026">Tableur</a>', "does not say « Tableur\u00a0(.csv) »"),
    "another": ('<a href="/x.xlsx">Tableur (.csv)</a>', "does not say « Excel\u00a0(.xlsx) »"),
    "a filter in hx-trigger": ('<p hx-trigger="click[ctrlKey]">x</p>', "a filter in hx-trigger"),
}


@pytest.mark.parametrize("html", [PAGE % GOOD, GOOD, "<tr><td>x</td></tr>", "<td>x</td>", "<li>x</li>", "<option>x</option>"])
def test_good_html_has_no_fault(html):
    assert audit(html) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault):
    html, expected = FAULTS[fault]
    found = audit(PAGE % html)
    assert found
    assert all(expected in sentence for sentence in found) or (fault == "a parse error" and expected in found[0])


def test_a_page_without_lang_title_or_main_is_at_fault():
    found = audit("<!doctype html><html><head><title></title></head><body><h1>x</h1></body></html>")
    assert len(found) == 3
