"""Brings the window's language files up to date: new texts come into every ``.ts``, and the ``.qm`` are made of them.

    python packaging/update_languages.py            # all languages that there are
    python packaging/update_languages.py fr         # begin a new one

A text without a translation is marked unfinished and stays English. Needs ``lrelease`` of Qt 5 (Debian:
qttools5-dev-tools).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dashcamcleaner.gui.translation import plurals, template  # noqa: E402
from dashcamcleaner.gui.words import CONTEXT  # noqa: E402

FOLDER = ROOT / "dashcamcleaner" / "gui" / "languages"
FORMS = {"de": 2, "en": 2, "fr": 2, "es": 2, "it": 2, "nl": 2, "pl": 3, "cs": 3, "ru": 3, "ja": 1}
"""How many plural forms Qt has for a language."""


def read(path: Path) -> dict[str, list[str]]:
    """What is translated: source -> its forms."""
    if not path.exists():
        return {}
    known = {}
    for message in ET.parse(path).getroot().iter("message"):
        translation = message.find("translation")
        assert translation is not None
        forms = [form.text or "" for form in translation.findall("numerusform")] or [translation.text or ""]
        known[message.findtext("source", "")] = forms
    return known


def write(path: Path, language: str, known: dict[str, list[str]]) -> list[str]:
    """Write the file; gives the texts that lack a translation."""
    many = plurals()
    ones = set(many.values())
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    missing = []
    for source in template():
        if source in ones:
            continue  # a form of its plural
        numbers = FORMS.get(language, 2) if source in many else 0
        forms = known.get(source, [])
        message = ET.SubElement(context, "message", {"numerus": "yes"} if numbers else {})
        ET.SubElement(message, "source").text = source
        translation = ET.SubElement(message, "translation")
        if not any(forms):
            translation.set("type", "unfinished")
            missing.append(source)
        if numbers:
            for place in range(numbers):
                ET.SubElement(translation, "numerusform").text = forms[place] if place < len(forms) else ""
        else:
            translation.text = forms[0] if forms else ""
    ET.indent(root, "  ")
    text = ET.tostring(root, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8")
    return missing


def main(words: list[str]) -> int:
    lrelease = shutil.which("lrelease") or shutil.which("lrelease-qt5") or "/usr/lib/qt5/bin/lrelease"
    languages = words or sorted(path.stem for path in FOLDER.glob("*.ts"))
    for language in languages:
        path = FOLDER / f"{language}.ts"
        missing = write(path, language, read(path))
        subprocess.run(
            [lrelease, "-silent", "-nounfinished", str(path), "-qm", str(path.with_suffix(".qm"))], check=True
        )
        print(f"{path.name}: {len(missing)} texts without a translation")
        for text in missing:
            print(f"  {text!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
