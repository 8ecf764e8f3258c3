"""A measured figure, its budget, its verdict; the runs kept as JSON, one file each."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

FOLDER = Path(__file__).with_name("resultats")
LEAST_NOISE = 0.2  # of a ratio, between two runs: of one code, those of one evening gave 1.37 to 1.87, and 2.13 to 2.39
RUNS = 5  # that a figure is compared with: in one run the noise is that of some minutes, and the same code gave 1.54 to 1.94


@dataclass(frozen=True)
class Result:
    """`value` is a ratio when `unit` is empty, and "fois" when its budget alone judges it.

    `noise` is what two equal runs may differ by, in the same unit.
    """

    name: str
    value: float
    noise: float = 0
    unit: str = ""
    least: float | None = None
    most: float | None = None
    detail: str = ""

    def __str__(self) -> str:
        noise = f" ± {number(self.noise, like=self.value)}" if self.noise else ""
        return f"{number(self.value)}{noise} {self.unit}".rstrip()

    @property
    def budget(self) -> str:
        if self.least is not None:
            return f"≥ {number(self.least)}"
        return f"≤ {number(self.most)}" if self.most is not None else "–"

    @property
    def has_budget(self) -> bool:
        return self.least is not None or self.most is not None

    @property
    def excess(self) -> float:
        """By how much the budget is missed; zero or less when it is kept."""
        if self.least is not None:
            return self.least - self.value
        return self.value - self.most if self.most is not None else 0.0

    @property
    def is_missed(self) -> bool:
        return self.has_budget and self.excess > self.noise

    def has_regressed(self, before: Sequence[Result]) -> bool:
        """Whether a ratio is worse than it was by more than the noise: of this run, and of those or what lies between them."""
        if self.unit or not self.has_budget or not before:
            return False
        values = [earlier.value for earlier in before]
        usual, moved = median(values), (max(values) - min(values)) / 2
        worse = usual - self.value if self.least is not None else self.value - usual
        return worse > max(self.noise + max(moved, median(earlier.noise for earlier in before)), LEAST_NOISE * usual)

    def verdict(self, before: Sequence[Result]) -> str:
        if self.is_missed:
            return "MANQUÉ"
        if self.has_regressed(before):
            return "RÉGRESSION"
        if not self.has_budget:
            return "–"
        return "tenu" if self.excess <= 0 else "tenu, au bruit près"


def last_runs() -> dict[str, deque[Result]]:
    """Each figure as it was the last times that it was measured, by name, the latest at the end."""
    found: dict[str, deque[Result]] = defaultdict(lambda: deque(maxlen=RUNS))
    for file in sorted(FOLDER.glob("*.json")):
        for row in json.loads(file.read_text())["mesures"]:
            found[row["name"]].append(Result(**row))
    return found


def keep(results: list[Result], revision: str) -> Path:
    """Write this run's file; its name is its instant, so that names sort as the runs went."""
    now = datetime.now(UTC)
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{now:%Y-%m-%dT%H%M%S}.json"
    content = {"quand": now.isoformat(timespec="seconds"), "revision": revision, "mesures": [asdict(r) for r in results]}
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    return file


def table(results: list[Result], last: Mapping[str, Sequence[Result]]) -> str:
    """The results in aligned columns."""
    rows = [("mesure", "rapport", "budget", "verdict", "dernier passage")]
    for result in results:
        before = last[result.name]
        rows.append((result.name, str(result), result.budget, result.verdict(before), str(before[-1]) if before else "–"))
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def number(value: float, like: float | None = None) -> str:
    """A positive number to some three figures, as French writes it: 0,024, 0,82, 12,5, 1 480; or as precise as another."""
    size = value if like is None else like
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    text = f"{value:.0f}" if value == int(value) else f"{value:,.{digits}f}"
    return text.replace(",", "\u202f").replace(".", ",")
