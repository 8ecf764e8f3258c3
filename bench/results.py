"""A measured figure, its budget, its verdict; the runs kept as JSON, one file each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).with_name("resultats")
LEAST_NOISE = 0.15  # of a ratio, between two runs: the same code gave 1.54, 1.56, 1.66 and 1.75 in four of them


@dataclass(frozen=True)
class Result:
    """`value` is a ratio when `unit` is empty; `noise` is what two equal runs may differ by, in the same unit."""

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

    def has_regressed(self, last: Result | None) -> bool:
        """Whether a ratio is worse than last time by more than the noise of both runs."""
        if last is None or self.unit or not self.has_budget:
            return False
        worse = last.value - self.value if self.least is not None else self.value - last.value
        return worse > max(self.noise + last.noise, LEAST_NOISE * last.value)

    def verdict(self, last: Result | None) -> str:
        if self.is_missed:
            return "MANQUÉ"
        if self.has_regressed(last):
            return "RÉGRESSION"
        if not self.has_budget:
            return "–"
        return "tenu" if self.excess <= 0 else "tenu, au bruit près"


def last_run() -> dict[str, Result]:
    """Each figure as it was the last time it was measured, by name."""
    found: dict[str, Result] = {}
    for file in sorted(FOLDER.glob("*.json")):
        for row in json.loads(file.read_text())["mesures"]:
            found[row["name"]] = Result(**row)
    return found


def keep(results: list[Result], revision: str) -> Path:
    """Write this run's file; its name is its instant, so that names sort as the runs went."""
    now = datetime.now(UTC)
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{now:%Y-%m-%dT%H%M%S}.json"
    content = {"quand": now.isoformat(timespec="seconds"), "revision": revision, "mesures": [asdict(r) for r in results]}
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    return file


def table(results: list[Result], last: dict[str, Result]) -> str:
    """The results in aligned columns."""
    rows = [("mesure", "rapport", "budget", "verdict", "dernier passage")]
    for result in results:
        before = last.get(result.name)
        rows.append((result.name, str(result), result.budget, result.verdict(before), str(before or "–")))
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def number(value: float, like: float | None = None) -> str:
    """A positive number to some three figures, as French writes it: 0,024, 0,82, 12,5, 1 480; or as precise as another."""
    size = value if like is None else like
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    text = f"{value:.0f}" if value == int(value) else f"{value:,.{digits}f}"
    return text.replace(",", "\u202f").replace(".", ",")
