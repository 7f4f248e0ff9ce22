"""The short page of help, the whole one, completion for shells and the manual page: all from the one table."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dashcamcleaner import errors
from dashcamcleaner.cli import main
from dashcamcleaner.cli.completion import _manual_lines
from dashcamcleaner.cli.short_help import EXIT_STATUSES
from dashcamcleaner.settings import ROWS, SETTINGS


def page(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_of_clean_is_short_and_shows_examples_and_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    short, whole = page("clean", "--help", capsys=capsys), page("clean", "--help-all", capsys=capsys)
    assert len(short.splitlines()) < 100
    assert short.startswith("usage: dashcamcleaner clean INPUT... [-o OUTPUT] [flags]\n")
    assert short.count("\n  dashcamcleaner clean ") == 3
    for row in (row for row in ROWS if row.group != "live"):
        assert row.flag + " " in whole or row.flag + "," in whole
        assert (row.flag in short) == row.basic or row.name == "overwrite"
    assert "--help-all" in short
    assert page("clean", "-h", capsys=capsys) == short  # the first page changed nothing


def test_every_status_of_the_error_tree_is_told() -> None:
    def statuses(of: type[errors.DashcamCleanerError]) -> set[int]:
        return {of.exit_code, *(status for sub in of.__subclasses__() for status in statuses(sub))}

    told = {*EXIT_STATUSES, 1}  # 1 is a fault of ours
    assert statuses(errors.DashcamCleanerError) | {errors.PARTIAL_EXIT, errors.REVIEW_EXIT, errors.FAIL_EXIT} <= told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_shell_gets_its_completion(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "inference-size" in script
    assert "labels" in script
    if shutil.which(shell) is not None and shell != "powershell":
        path = tmp_path / "script"
        path.write_text(script)
        assert subprocess.run([shell, "-n", str(path)], capture_output=True).returncode == 0


def bash_script(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The completion script, written into a folder."""
    pytest.importorskip("shtab")
    main(["completion", "bash"])
    script = folder / "script"
    script.write_text(capsys.readouterr().out)
    return script


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_the_tab_key_of_a_real_bash_finds_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = bash_script(tmp_path, capsys)
    tab = (
        f"source {script}; COMP_WORDS=(dashcamcleaner clean --infer); COMP_CWORD=2; "
        "_shtab_dashcamcleaner; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(["bash", "-c", tab], capture_output=True, text=True)
    assert done.stdout.split() == ["--inference-size"], done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_the_tab_key_of_a_real_bash_finds_a_settings_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = bash_script(tmp_path, capsys)
    for command, row in (("clean", SETTINGS["style"]), ("clean", SETTINGS["audio"]), ("scenes", SETTINGS["profile"])):
        tab = (
            f"source {script}; COMP_WORDS=(dashcamcleaner {command} {row.flag} ''); COMP_CWORD=3; "
            "_shtab_dashcamcleaner; echo ${COMPREPLY[@]}"
        )
        done = subprocess.run(["bash", "-c", tab], capture_output=True, text=True)
        assert done.stdout.split() == list(row.choices), done.stderr


def test_no_text_of_the_manual_page_begins_as_an_order_to_its_formatter(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("argparse_manpage")
    assert main(["completion", "man"]) == 0
    lines = capsys.readouterr().out.splitlines()
    orders = {line[1:].split(" ")[0] for line in lines if line.startswith((".", "'"))}
    assert orders <= {"TH", "SH", "SS", "TP", "RS", "RE", "PP", "nf", "fi", "br", "B", "I"}
    assert [*_manual_lines(".xml (CVAT)\n'q'\n.TP\n.B x\nplain")] == [
        r"\&.xml (CVAT)", r"\&'q'", ".TP", ".B x", "plain",
    ]  # fmt: skip


def test_the_manual_page_has_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("argparse_manpage")
    assert main(["completion", "man"]) == 0
    manual = capsys.readouterr().out
    assert manual.startswith('.TH DASHCAMCLEANER "1"')
    assert all(row.flag.replace("-", "\\-") in manual for row in ROWS)
    assert ".SH EXIT STATUS" in manual
