"""Fetch what we ship but did not write, as listed in vendor.toml; `--check` compares our tree with it, without network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)"')
SVG = re.compile(r'<svg[^>]*viewBox="([0-9 ]+)"[^>]*>(.*)</svg>', re.DOTALL)


def packages() -> list[dict[str, Any]]:
    return list(tomllib.loads((ROOT / "tools" / "vendor.toml").read_text("utf-8"))["package"])


def fetch(package: dict[str, Any], folder: str) -> tarfile.TarFile:
    """The package's archive, once its bytes are those we wrote down."""
    wanted = f"{package['name']}@{package['version']}"
    answer = subprocess.run(
        ["npm", "pack", wanted, "--json", "--silent"], cwd=folder, check=True, capture_output=True, text=True
    )
    archive = Path(folder) / json.loads(answer.stdout)[0]["filename"]
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if integrity != package["integrity"]:
        sys.exit(f"{wanted} : l’empreinte {integrity} n’est pas celle de vendor.toml")
    return tarfile.open(archive)


def member(archive: tarfile.TarFile, path: str) -> bytes:
    content = archive.extractfile(f"package/{path}")
    assert content is not None, path
    return content.read()


def opentype(woff: bytes) -> bytes:
    """The font inside a WOFF, as typst reads it: the same tables, unpacked and laid one after the other."""
    flavor, count = woff[4:8], int.from_bytes(woff[12:14], "big")
    directory, body = b"", b""
    begins = 12 + 16 * count
    for at in range(44, 44 + 20 * count, 20):
        tag, checksum = woff[at : at + 4], woff[at + 16 : at + 20]
        offset, packed, length = (int.from_bytes(woff[at + i : at + i + 4], "big") for i in (4, 8, 12))
        table = woff[offset : offset + packed]
        table = table if packed == length else zlib.decompress(table)
        directory += tag + checksum + (begins + len(body)).to_bytes(4, "big") + length.to_bytes(4, "big")
        body += table + b"\0" * (-length % 4)
    power = count.bit_length() - 1
    sizes = (count, 16 << power, power, 16 * (count - (1 << power)))
    return flavor + b"".join(size.to_bytes(2, "big") for size in sizes) + directory + body


def symbol(name: str, drawing: str) -> str:
    found = SVG.search(re.sub(r"<!--.*?-->", "", drawing, flags=re.DOTALL))
    assert found is not None, name
    shapes = re.sub(r"\s+", " ", found[2]).replace("> <", "><").replace(" />", "/>").strip()
    return f'<symbol id="{name}" viewBox="{found[1]}">{shapes}</symbol>'


def sprite(archive: tarfile.TarFile, package: dict[str, Any]) -> str:
    """One <symbol> per icon; the stroke comes from app.css, which reaches inside <use> by inheritance."""
    symbols = [symbol(name, member(archive, f"icons/{name}.svg").decode()) for name in sorted(package["icons"])]
    symbols += [symbol(name, (ROOT / path).read_text("utf-8")) for name, path in package["own"].items()]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def update() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for package in packages():
            with fetch(package, folder) as archive:
                for file in package["files"]:
                    target = ROOT / file["to"]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    content = member(archive, file["from"])
                    target.write_bytes(opentype(content) if target.suffix == ".ttf" else content)
                if "sprite" in package:
                    (ROOT / package["sprite"]).write_text(sprite(archive, package), "utf-8")


def differences() -> list[str]:
    """What in our tree is not what vendor.toml says."""
    found = []
    for package in packages():
        for file in package["files"]:
            target = ROOT / file["to"]
            if not target.is_file() or hashlib.sha256(target.read_bytes()).hexdigest() != file["sha256"]:
                found.append(f"{file['to']} n’est pas celui de {package['name']} {package['version']}")
        if "sprite" in package:
            there = SYMBOL.findall((ROOT / package["sprite"]).read_text("utf-8"))
            if there != [*sorted(package["icons"]), *package["own"]]:
                found.append(f"{package['sprite']} n’a pas les icônes de vendor.toml")
    return found


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        update()
    if problems := differences():
        sys.exit("\n".join(problems))
