"""The pictures of docs/captures, taken from a portal that shows its demo: `make captures URL=http://127.0.0.1:8000`."""

from __future__ import annotations

import sys

from playwright.sync_api import Browser, Page, sync_playwright

from portal.config import ROOT
from portal.demo import PASSWORD
from tools import systeme

PHONE = {"width": 360, "height": 740}
SCREEN = {"width": 1280, "height": 800}
# name of the picture: who looks, the page (or a link followed from it), the size of the screen
PICTURES = {
    "liste": ("", "/missions/", PHONE),
    "candidature": ("", "/missions/?places=1", PHONE),
    "file": ("bienveillant", "/candidatures/", SCREEN),
    "action": ("bienveillant", "/actions/", SCREEN),
    "jour-j": ("referent", "/jour-j/", PHONE),
    "moi": ("volontaire", "/moi/", PHONE),
}
THE_DAY = ".etendu:has-text('patrimoine')"
FOLLOWED = {"candidature": (".mission .etendu", ".barre a.primaire"), "action": (THE_DAY,), "jour-j": (THE_DAY,)}


def main(base: str) -> None:
    program = systeme.chromium()
    if program is None:
        sys.exit(systeme.CHROMIUM.missing)
    folder = ROOT / "docs" / "captures"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, (who, path, size) in PICTURES.items():
            page = _page(browser, base, size)
            if who:
                _sign_in(page, who)
            page.goto(path)
            for link in FOLLOWED.get(name, ()):
                page.locator(link).first.click()
                page.wait_for_load_state()
            page.reload()  # the font is in the cache now
            page.screenshot(path=folder / f"{name}.png")
            page.context.close()
        browser.close()


def _page(browser: Browser, base: str, size: dict[str, int]) -> Page:
    ratio = 2 if size is PHONE else 1
    context = browser.new_context(
        base_url=base, viewport={"width": size["width"], "height": size["height"]}, device_scale_factor=ratio, locale="fr-FR"
    )
    return context.new_page()


def _sign_in(page: Page, who: str) -> None:
    page.goto("/comptes/connexion")
    page.get_by_label("Adresse e-mail").fill(f"{who}@example.org")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").last.click()
    page.wait_for_load_state()


if __name__ == "__main__":
    main(sys.argv[1])
