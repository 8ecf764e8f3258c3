"""A device by the name that its owner would give it."""

from __future__ import annotations

import pytest

from portal.comptes.appareil import named

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
GOOGLE = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Téléphone Android, Firefox"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {GOOGLE} Chrome/140.0.0.0 Mobile Safari/537.36", "Téléphone Android, Chrome"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {GOOGLE} Chrome/140.0.0.0 Safari/537.36", "Tablette Android, Chrome"),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {GOOGLE} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Téléphone Android, Samsung Internet",
        ),
        (f"{IPHONE} {APPLE} Version/18.6 Mobile/15E148 Safari/604.1", "iPhone, Safari"),
        (f"{IPHONE} {APPLE} CriOS/140.0 Mobile/15E148 Safari/604.1", "iPhone, Chrome"),
        (f"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) {APPLE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "iPad, Firefox"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Ordinateur Linux, Firefox"),
        (f"{WINDOWS} {GOOGLE} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Ordinateur Windows, Edge"),
        (f"{WINDOWS} {GOOGLE} Chrome/140.0.0.0 Safari/537.36 OPR/122.0", "Ordinateur Windows, Opera"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.6 Safari/605.1.15", "Ordinateur Mac, Safari"),
        ("curl/8.5.0", "Appareil inconnu"),
        ("", "Appareil inconnu"),
        ("<svg onload=x>", "Appareil inconnu"),
    ],
)
def test_a_device_has_a_name(agent, name):
    assert named(agent) == name
