"""Every text for people can be said in another language: catalogs are whole, and nothing goes by them."""

from __future__ import annotations

import ast
import gettext
import importlib.util
import json
import pickle
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dashcamcleaner import errors
from dashcamcleaner.core.plain_text import json_line, say
from dashcamcleaner.errors import InputError
from dashcamcleaner.message_data import texts_of, with_texts
from dashcamcleaner.messages import (
    DOMAIN,
    FOLDER,
    UserMessage,
    as_message,
    counted,
    joined,
    languages,
    localized,
    msg,
    use_catalog,
    use_language,
)
from tests import clips, fakes

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dashcamcleaner"
CATALOG = FOLDER / "de" / "LC_MESSAGES" / f"{DOMAIN}.po"

GLOSSARY = {
    r"\bfaces?\b": "gesicht",
    r"\bplates?\b": "kennzeichen",
    r"\btracks?\b": "spur",
    r"\breview\b": "durchsicht",
    r"\breports?\b": "bericht",
    r"\baudit\b": "prüf",
    r"\bweights\b": "gewicht",
    r"\bedits\b": "änderung",
    r"\bresults?\b": "ergebnis",
    r"\bsettings\b": "einstellung",
    r"\bregions?\b": "bereich",
    r"\bhide[sn]?\b|\bhidden\b": "verdeck",
    r"\bthreshold\b": "schwelle",
    r"\bpreview\b": "vorschau",
    r"\bpictures?\b": "bild",
    r"\bframes?\b": "bild",
    r"\blabels?\b": "etikett",
    r"\bfindings?\b": "befund",
    r"\bbackend\b": "rechenwerk",
    r"\bsource\b": "quelle",
    r"\boutput\b": "ausgabe",
    r"\bjob\b": "auftrag",
    r"\bpersons\b": "person",
    r"\bplans?\b": "pl[aä]n",
    r"\bsidecar\b": "beiblatt",
    r"\bdetections\b": "erkennung",
}
"""English word -> what its translation must hold, in small letters: one idea has one word, that of the window."""
EXCEPTIONS = (
    "6 hides most",
    "Arithmetic of the network",
    "By the times of both files",
    "Compares source and output",
    "Decoded by {device}",
    "Link detections",
    "Nothing was passed through unhidden",
    "The settings file {path} says trust-weights",
    "apt-get install x11-utils",
    "auto: H.264",
    "make weights of your own",
    "needs review",
    "to review",
)
"""Beginnings of texts in which the word means something else, or is left out in good German."""
NOT_TEXT = re.compile(
    r"\{[^}]*\}|%\(\w+\)s|`[^`]*`|--[\w-]+( \w+)?|[\w/]+\.\w+(\.\w+)*|\w+=\S+|\w+ = \S+|\w+/|\[\w+ \w+\]|\w+, or "
)


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_messages", ROOT / "packaging" / "update_messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def german() -> dict[object, object]:
    """What the catalog of German holds: text, or the texts for one and many -> translation."""
    pofile = pytest.importorskip("babel.messages.pofile")
    with CATALOG.open("rb") as file:
        return {entry.id: entry.string for entry in pofile.read_po(file) if entry.id}


def pairs(catalog: dict[object, object]) -> list[tuple[str, str]]:
    found = []
    for text, said in catalog.items():
        ones = [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]
        others = [said] if isinstance(said, str) else list(said)  # type: ignore[call-overload]
        found += list(zip(ones, others, strict=True))
    return found


def test_german_is_complete_and_holds_nothing_that_is_gone(german: dict[object, object]) -> None:
    assert set(german) == set(script().all_texts()), "run packaging/update_messages.py"
    assert [text for text, said in pairs(german) if not said] == []
    assert languages() == ["en", "de"]


def test_the_binary_file_says_the_same(german: dict[object, object]) -> None:
    spoken = gettext.translation(DOMAIN, str(FOLDER), ["de"])
    for text, said in german.items():
        if isinstance(text, str):
            assert spoken.gettext(text) == said
        else:
            one, many = text  # type: ignore[misc]
            assert [spoken.ngettext(one, many, n) for n in (1, 5)] == list(said)  # type: ignore[call-overload]


def test_gaps_are_those_of_the_text(german: dict[object, object]) -> None:
    def gaps(text: str) -> list[str]:
        if '{"' in text:  # an example of JSON: never filled
            return []
        found = {f"{name}:{form}" for _, name, form, _ in string.Formatter().parse(text) if name}
        return sorted(found) + sorted(re.findall(r"%\(\w+\)\w|%[sr]", text))

    def edges(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    wrong = [text for text, said in pairs(german) if gaps(text) != gaps(said) or edges(text) != edges(said)]
    assert wrong == []


def test_one_idea_has_one_word(german: dict[object, object]) -> None:
    wrong = []
    for text, said in pairs(german):
        words = NOT_TEXT.sub(" ", text)
        if text.startswith(EXCEPTIONS):
            continue
        for pattern, word in GLOSSARY.items():
            if re.search(pattern, words, re.I) and not re.search(word, said.lower()):
                wrong.append((text, said, word))
    assert not wrong, wrong


def test_a_message_is_english_for_machines_and_the_users_language_for_people(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = InputError(msg("{path} is empty.", path=Path("a.mp4")), hint="Look into the folder.")
    use_language("de")
    assert error.message == "a.mp4 is empty."
    assert json_line(error.as_dict()).startswith('{"error": "InputError", "message": "a.mp4 is empty."')
    assert error.as_dict()["code"] == "{path} is empty."
    assert error.as_dict()["arguments"] == {"path": "a.mp4"}
    say(error.message)
    assert capsys.readouterr().out == "a.mp4 ist leer.\n"
    assert localized(pickle.loads(pickle.dumps(error)).message) == "a.mp4 ist leer."


def test_plurals_and_numbers_are_those_of_the_language() -> None:
    many = [counted("{n:,} place deserves a look.", "{n:,} places deserve a look.", n) for n in (1, 2, 4000)]
    assert many[2] == "4,000 places deserve a look."
    use_language("de")
    assert [localized(one) for one in many] == [
        "1 Stelle verdient einen Blick.",
        "2 Stellen verdienen einen Blick.",
        "4.000 Stellen verdienen einen Blick.",
    ]


def test_messages_in_messages_are_translated_and_foreign_texts_are_not() -> None:
    use_language("de")
    inner = msg("{path} is empty.", path="output")
    assert localized(msg("The audit could not be done: {error}", error=inner)).endswith("output ist leer.")
    assert localized(inner + " " + msg("Try again.")) == "output ist leer. Versuche es noch einmal."
    assert localized(joined([msg("clips"), msg("plan")], ", ")) == "Clips, Plan"
    assert localized(msg("{path} is empty.", path="x").rstrip(".")) == "x ist leer"
    assert localized("output") == "output"


def test_json_remembers_what_its_texts_are_made_of() -> None:
    inner = msg("{path} is empty.", path="a.mp4")
    data = {"warnings": [msg("{told} If you know it: --accept-plan {sha256}.", told=inner, sha256="00")], "n": 1}
    read = json.loads(json.dumps({**data, "texts": texts_of(data)}))
    again = with_texts(read, read["texts"])
    assert again["warnings"] == read["warnings"]
    use_language("de")
    assert localized(again["warnings"][0]) == "a.mp4 ist leer. Kennst du ihn: --accept-plan 00."


@pytest.mark.parametrize(
    "row",
    [
        {"text": "x", "template": "{a.__class__}", "arguments": {"a": "x"}},
        {"text": "x", "template": "{a[0]}", "arguments": {"a": "x"}},
        {"text": "x", "template": "{a:999999999}", "arguments": {"a": "x"}},
        {"text": "x", "template": "{a:{a}}", "arguments": {"a": 99999999}},
        {"text": "x", "template": "{a!r:>99999999}", "arguments": {"a": "x"}},
        {"text": "x", "template": "{{{a.__class__}}}", "arguments": {"a": "x"}},
        {"text": "x", "template": "{b}", "arguments": {"a": "x"}},
        {"text": "x", "template": "{a}", "arguments": {"a": ["x"]}},
        {"text": "another", "template": "{a}", "arguments": {"a": "x"}},
        {"text": "x", "template": 7, "arguments": {}},
        {"text": "x", "arguments": 3},
        "x",
        None,
    ],
)
def test_what_a_json_says_of_its_texts_is_not_believed(row: object) -> None:
    assert type(with_texts({"a": "x"}, [row])["a"]) is str


def test_what_stands_in_an_argument_is_never_a_template() -> None:
    use_language("de")
    name = "{path.__class__} {0}"
    assert localized(msg("{path} is empty.", path=name)) == f"{name} ist leer."
    assert localized(as_message(name)) == name


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_AT"}, "de"),
        ({"LANG": "de_DE", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "fr:de:en"}, "de"),
        ({"LANGUAGE": "en:de"}, "en"),
        ({"LANG": "xx"}, "en"),
        ({"LANGUAGE": "../../etc"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert use_language() == expected


# --- nothing goes by the catalogs

ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
FROM_TABLES = {"html.py", "finding_table.py", "kinds.py"}
"""Modules whose texts stand in tables, which are read for the catalogs, too."""
MADE = {"msg", "counted", "as_message", "joined", "translated", "localized", "tr", "tr_count"}


def fixed(node: ast.expr) -> list[ast.expr]:
    """Parts of an expression that put a text together in English alone."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE:
        return []
    if isinstance(node, ast.JoinedStr):
        words = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        return [node] if re.search(r"[A-Za-z]{2}", words) else []
    return [part for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr) for part in fixed(child)]


def nodes(*, window: bool = False) -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if window or path.relative_to(PACKAGE).parts[0] != "gui":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield path, node


FOR_PEOPLE = {"help", "hint", "why_not", "what", "verb"}


def test_no_message_is_an_f_string() -> None:
    wrong = []
    for path, node in nodes(window=True):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in ERRORS | {"Warned", "say", "not_checked", "StreamAction"}:
            texts = [*node.args, *(keyword.value for keyword in node.keywords)]
        else:
            texts = [keyword.value for keyword in node.keywords if keyword.arg in FOR_PEOPLE]
        wrong += [f"{path.name}:{part.lineno}: {ast.unparse(part)}" for text in texts for part in fixed(text)]
    assert wrong == [], "make them msg(...)"


def test_messages_have_literals_and_all_their_arguments() -> None:
    wrong = []
    for path, node in nodes():
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("msg", "counted")):
            continue
        templates = node.args[: 1 if node.func.id == "msg" else 2]
        if not all(isinstance(one, ast.Constant) for one in templates):
            if path.name not in FROM_TABLES:
                wrong.append(f"{path.name}:{node.lineno}")
            continue
        given = {keyword.arg for keyword in node.keywords} | ({"n"} if node.func.id == "counted" else set())
        for one in templates if given else ():
            text = one.value if isinstance(one, ast.Constant) else ""
            if missing := {name for _, name, _, _ in string.Formatter().parse(str(text)) if name} - given:
                wrong.append(f"{path.name}:{node.lineno}: {missing}")
    assert wrong == []


class Marking(gettext.GNUTranslations):
    """A language in which every text stands in brackets."""

    def __init__(self) -> None:
        super().__init__()
        self._catalog: dict[str, str] = {}

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def outside(text: str) -> str:
    """What of a text stands in no brackets."""
    while (less := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = less
    return text


def test_the_help_of_every_command_is_in_the_users_language(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner.cli import build_parser, with_steps

    use_catalog(Marking(), "marked")
    _, commands = build_parser()
    every = [one for command in commands.values() for one in with_steps(command)]
    assert {"dashcamcleaner train fit", "dashcamcleaner train export"} <= {one.prog for one in every}
    for parser in every:
        name = parser.prog
        assert "--language" in parser._option_string_actions, name
        for action in parser._actions:
            if action.help and action.help != "==SUPPRESS==":
                assert action.help.startswith("⟦"), (name, action.option_strings, action.help)
        assert (parser.description or "⟦").startswith("⟦"), name
        for group in parser._action_groups:
            assert (group.title or "⟦").startswith("⟦"), (name, group.title)


def test_a_language_that_is_named_wins(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner.cli import main

    monkeypatch.setenv("LANGUAGE", "C")
    assert main(["clean", "nothing.mp4", "--language", "de"]) == 3
    assert "Es gibt keine Datei nothing.mp4." in capsys.readouterr().err
    assert main(["--language=de", "clean", "--no-such-flag", "x"]) == 2
    assert "Es gibt keinen Schalter --no-such-flag." in capsys.readouterr().err
    assert main(["clean", "nothing.mp4", "--language", "de-AT"]) == 3
    assert "Es gibt keine Datei nothing.mp4." in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--language", "xx", "settings"], ["settings", "--language=klingon"]])
def test_a_language_that_there_is_not_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashcamcleaner.cli import main

    monkeypatch.setenv("LANGUAGE", "C")
    assert main(words) == 2
    assert "there are en, de." in capsys.readouterr().err


def test_an_audits_status_is_in_the_users_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashcamcleaner.cli import main

    monkeypatch.setenv("LANGUAGE", "C")
    made, output = clips.make(tmp_path / "in.mp4", frames=5), tmp_path / "out.mp4"
    models = fakes.pool(fakes.ScriptedDetector({}))
    main(["clean", str(made.path), "-o", str(output), "--audit", "--language", "de"], models=models)
    main(["audit", str(made.path), str(output), "--language", "de"], models=models)
    told = capsys.readouterr().out
    assert "Prüfung: BRAUCHT DURCHSICHT" in told
    assert f"BRAUCHT DURCHSICHT: {output}" in told
    assert "NEEDS REVIEW" not in told


def test_the_list_of_tracks_names_kinds_in_the_users_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashcamcleaner.cli import main

    monkeypatch.setenv("LANGUAGE", "C")
    made, output = clips.make(tmp_path / "in.mp4", frames=5), tmp_path / "out.mp4"
    boxes = [(20.0, 20.0, 60.0, 60.0, 0.9, "face"), (100.0, 100.0, 160.0, 130.0, 0.9, "plate")]
    models = fakes.pool(fakes.ScriptedDetector(lambda n, p: boxes, script_size=(320, 180)))
    main(["clean", str(made.path), "-o", str(output), "--quiet"], models=models)
    capsys.readouterr()
    assert main(["tracks", f"{output}.plan.jsonl", "--language", "de"]) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    assert {row.split()[1] for row in rows} == {"Gesicht", "Kennzeichen"}
    assert len({len(line) for line in rows}) == 1


def test_tables_on_the_command_line_are_in_the_users_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `settings` and `doctor` list is said by messages throughout: heads of groups, and why an engine is used."""
    from dashcamcleaner import cli

    monkeypatch.setattr(cli, "use_language", lambda *_: use_catalog(Marking(), "marked"))
    monkeypatch.setenv("LANGUAGE", "C")
    assert cli.main(["settings"]) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith("⟦ ")]
    assert len(heads) > 5
    assert [line for line in heads if not line.startswith("⟦")] == []
    cli.main(["doctor", "--no-timing", "--inference-size", "320"])
    (why,) = [line for line in capsys.readouterr().out.splitlines() if "Why" in line]
    assert why.startswith("⟦Why         ⟦"), why


def test_the_tool_for_training_speaks_the_users_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashcamcleaner.cli import main

    monkeypatch.setenv("LANGUAGE", "C")
    recipe, out = tmp_path / "recipe.toml", str(tmp_path / "run")
    assert main(["train", "fit", str(recipe), "-o", out, "--language", "de"]) == 3
    assert "recipe.toml kann nicht gelesen werden: das gibt es nicht." in capsys.readouterr().err
    recipe.write_text("strat = 1\n", encoding="utf-8")
    assert main(["train", "--language", "de", "fit", str(recipe), "-o", out]) == 2
    assert "hat den unbekannten Schlüssel 'strat'.\n  Hinweis: Meintest du 'start'?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["train", "fit", "--help", "--language", "de"])
    assert "Ordner des Laufs; macht weiter, wo er stehen blieb" in capsys.readouterr().out


def test_figures_of_weights_have_heads_in_the_users_language() -> None:
    from dashcamcleaner.training.evaluate import Evaluation, table
    from dashcamcleaner.training.leak_figures import LeakFigures
    from dashcamcleaner.training.scoring import SIZE_BINS

    at = {"threshold": 0.2, "recall": 0.5, "precision": 0.5,
          "recall_by_inference_px": {name: {"recall": 0.5, "objects": 1} for name in SIZE_BINS}}  # fmt: skip
    plain = {"objects": 1, "AP50": 0.5, "recall_at_precision_0.9": 0.5, "at_threshold": at}
    empty = {"pictures": 1, "threshold": 0.2, "false_per_picture_at_threshold": 0.1}
    found = Evaluation("1", "2", "3", {}, {"4": {"640": {"5": plain}}, "6": {"640": {"7": empty}}})
    found.clips = {"640": {"8": LeakFigures().as_dict()}}
    use_catalog(Marking(), "marked")
    words = set(re.findall(r"[A-Za-z]{2,}", outside("\n".join(map(localized, table(found))))))
    assert words <= {"px"}, words


def test_a_plan_and_json_stay_english(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner.cli import main

    monkeypatch.setenv("LANGUAGE", "C")
    assert main(["clean", "nothing.mp4", "--json", "--language", "de"]) == 3
    out = capsys.readouterr()
    assert "nothing.mp4" not in out.out or "There is no file" in out.out


def test_every_text_of_a_page_is_in_the_users_language() -> None:
    from dashcamcleaner.report.html import folder_html, report_html

    use_catalog(Marking(), "marked")
    report = {
        "source": "7.mp4", "output": "8.mp4", "status": "cleaned", "frames": 3, "duration_s": 1.0, "size": [4, 4],
        "source_bytes": 1, "output_bytes": 2, "backend": "b1", "weights": "w1",
        "kinds": {"face": {"tracks": 2, "regions": 4, "frames_covered": 3, "filled": 1, "longest_fill_s": 0.5}},
        "streams": [{"what": "sound", "action": "copied", "why": "asked for"}],
        "timeline": {"slices": 2, "slice_s": 1.0, "start_s": 0, "kinds": {"face": [[1, 0], [2, 1]]}},
        "audit": {
            "status": "NEEDS REVIEW", "reasons": [msg("{path} is empty.", path="8")], "rounds": 0, "fixes": [],
            "checks": [{"name": "pixels", "title": "Regions", "told": msg("not done: {why_not}", why_not="1"),
                        "ran": True, "looked_at": 4, "found": 0}],
            "findings": [{"severity": "review", "message": msg("{path} is empty.", path="8"), "first_frame": 1,
                          "last_frame": 2, "start_s": 0.1, "end_s": 0.2, "harm": 0.5}],
            "detectors": ["d1"],
        },
    }  # fmt: skip
    for page in (report_html(report), folder_html([report], title="9")):
        body = re.sub(r"<style>.*?</style>|<!--.*?-->", " ", page[page.index("<body>") :], flags=re.S)
        shown = re.sub(r"<[^>]*>", " ", body) + " ".join(re.findall(r'(?:alt|aria-label)="([^"]*)"', body))
        words = set(re.findall(r"[A-Za-z]{2,}", outside(shown)))
        assert words <= {"mp", "MB", "SHA", "NEEDS", "REVIEW", "PASS"}, words


PAGE = PACKAGE / "service" / "page"


def test_every_text_of_the_services_page_is_in_the_users_language() -> None:
    from dashcamcleaner.service.language import page_in_language

    use_catalog(Marking(), "marked")
    page = page_in_language(PAGE.with_name("templates"), scripts=PAGE)
    body = page[page.index("<body>") :]
    shown = re.sub(r"<[^>]*>", " ", body) + " ".join(
        re.findall(r'(?:alt|aria-label|title|placeholder)="([^"]*)"', body)
    )
    assert set(re.findall(r"[A-Za-z]{2,}", outside(shown))) <= {"DashcamCleaner"}


def test_scripts_of_the_services_page_say_nothing_by_themselves() -> None:
    wrong = []
    for path in sorted(PAGE.glob("*.js")):
        code = re.sub(r"^import .*|/\*\*.*?\*/|(?<!:)//.*", "", path.read_text(encoding="utf-8"), flags=re.M)
        code = re.sub(r'\btn?\((?:\s*"(?:[^"\\]|\\.)*",?)+', "", code)
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"|`([^`]*)`', code):
            plain = re.sub(r"\$\{[^}]*\}", " ", "".join(text))
            if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}|\b[A-Z][a-z]+ |[a-z][.:…]", plain) and not NO_WORDS.fullmatch(
                plain
            ):
                wrong.append(f"{path.name}: {plain}")
    assert wrong == [], 'say them by t("...")'


NO_WORDS = re.compile(
    r"[./?][\w./?&= -]*|\.[\w. ]+|[\w ]+(_cleaned)?\.[\w.]+|\[.*\]|inset\(.*|Bearer +|input\[.*|label\[.*|note wide|"
    r"NEEDS REVIEW|look again|data: |id: |verdict .*|video/mp4| *_cleaned *|driving, parked|day, night, tunnel|"
    r"nudity, violence, drugs"
)
"""Paths, selectors, names of files and classes, words of the API, and labels as they are typed."""


def test_an_imported_message_type_is_a_text() -> None:
    assert isinstance(msg("clips"), str)
    assert isinstance(msg("clips"), UserMessage)
    assert sys.getsizeof(msg("clips")) < 500
