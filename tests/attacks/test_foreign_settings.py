"""Plans and settings files that name weights, give them trust, or tell the audit to look away."""

from __future__ import annotations

import json
import os
import pickle
from fractions import Fraction
from pathlib import Path

import pytest

from dashcamcleaner.cli import main
from dashcamcleaner.core.plan import PlanHeader
from dashcamcleaner.detection.trust import is_vouched, remember_trust
from dashcamcleaner.pipeline.plan_file import PlanWriter
from dashcamcleaner.pipeline.plan_settings import settings_for_audit, settings_for_fixing, settings_for_rendering
from dashcamcleaner.settings import resolve
from tests import clips


class Evil:
    """A pickle that leaves a mark where it runs."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.mark),))


@pytest.fixture()
def evil(tmp_path: Path) -> Path:
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Evil(tmp_path / "it ran")))
    (tmp_path / "blind.onnx").write_bytes(b"sees nothing")
    return tmp_path / "evil.pt"


def no_trust(home: Path) -> bool:
    return not (home / "config" / "trusted-weights.json").exists()


SPELLINGS = ("trust_weights", "trust-weights", "trust-Weights")


def header_of(**settings: object) -> PlanHeader:
    return PlanHeader("in.mp4", "1-ab", (320, 180), Fraction(1, 30), settings=dict(settings))


def plan_of(path: Path, *, sealed: bool = False, **settings: object) -> Path:
    if sealed:
        return PlanWriter(path, header=header_of(**settings)).finish()
    path.write_text(header_of(**settings).to_line() + '\n{"end": true, "frames": 0}\n')
    return path


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("weights", ["evil.pt", "blind.onnx", "./sub/../evil.pt", "auto,evil.pt", "gone.pt", 7])
def test_a_plan_neither_names_foreign_weights_nor_trusts_them(
    evil: Path, own_home: Path, weights: object, sealed: bool
) -> None:
    (evil.parent / "sub").mkdir()
    if isinstance(weights, str):
        weights = ",".join(one if one == "auto" else str(evil.parent / one) for one in weights.split(","))
    said = {"weights": weights, "trust_weights": True, "backend": "torch", "overwrite": True}
    plan = plan_of(evil.parent / "out.plan.jsonl", sealed=sealed, **said)
    for settings in (
        settings_for_audit(plan),
        settings_for_fixing(plan),
        settings_for_rendering(plan, wanted=resolve()),
    ):
        assert settings.weights == "auto"
        assert not settings.trust_weights
        assert not settings.overwrite
    assert no_trust(own_home)


def test_a_folder_that_is_called_like_weights_is_foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name means a folder beside the clip before it means ours: where the files lie decides, not the name."""
    (tmp_path / "nano-2").mkdir()
    (tmp_path / "nano-2" / "model.xml").write_text("<net/>")
    (tmp_path / "nano-2" / "model.bin").write_bytes(b"0")
    assert is_vouched("nano-2")
    monkeypatch.chdir(tmp_path)
    assert not is_vouched("nano-2")
    assert settings_for_audit(plan_of(tmp_path / "out.plan.jsonl", weights="nano-2")).weights == "auto"


def test_what_a_person_has_said_yes_to_may_be_named_until_it_changes(evil: Path) -> None:
    plan = plan_of(evil.parent / "out.plan.jsonl", weights=str(evil))
    remember_trust(str(evil))
    assert settings_for_audit(plan).weights == str(evil)
    before = evil.stat()
    evil.write_bytes(evil.read_bytes()[:-1] + b"!")
    os.utime(evil, ns=(before.st_atime_ns, before.st_mtime_ns))  # of the same size and date
    assert settings_for_audit(plan).weights == "auto"


def test_a_plan_that_was_not_made_here_decides_no_rendering(tmp_path: Path) -> None:
    said = {"faces": False, "threshold": 1.0, "style": "mosaic", "audio": "mute"}
    plan = plan_of(tmp_path / "out.plan.jsonl", **said)
    assert settings_for_rendering(plan, wanted=resolve({"strength": 5})).overrides == {"strength": 5}
    assert settings_for_fixing(plan).overrides == {"style": "mosaic"}
    own = plan_of(tmp_path / "own.plan.jsonl", sealed=True, **said)
    assert settings_for_fixing(own).overrides == said


def test_the_audit_looks_for_all_that_it_looks_for_by_itself(tmp_path: Path) -> None:
    blind = {"faces": False, "plates": False, "threshold": 1.0, "inference_size": 160, "tiles": 1, "profile": "fast"}
    settings = settings_for_audit(plan_of(tmp_path / "out.plan.jsonl", **blind, other_kinds=["person"]))
    assert settings.kinds() == ("face", "plate", "person")
    assert settings.inference_size >= resolve().inference_size
    assert settings.threshold is None


def test_an_audit_beside_a_planted_plan_runs_no_code(evil: Path, own_home: Path) -> None:
    made = clips.make(evil.parent / "in.mp4", frames=3)
    clips.make(evil.parent / "out.mp4", frames=3)
    (evil.parent / "out.plan.jsonl").write_text(
        json.dumps(
            {
                **json.loads(header_of(weights=str(evil), trust_weights=True, backend="torch").to_line()),
                "fingerprint": _fingerprint(made.path),
            }
        )
        + '\n{"end": true, "frames": 0}\n'
    )
    main(["audit", str(made.path), str(evil.parent / "out.mp4"), "--quiet"])
    assert not (evil.parent / "it ran").exists()
    assert no_trust(own_home)


def _fingerprint(path: Path) -> str:
    from dashcamcleaner.pipeline.plan_file import fingerprint

    return fingerprint(path)


@pytest.mark.parametrize("trust", SPELLINGS[:2])
@pytest.mark.parametrize("flags", [[], ["--trust-weights"]])
def test_a_settings_file_neither_names_foreign_weights_nor_trusts_them(
    evil: Path, own_home: Path, trust: str, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    made = clips.make(evil.parent / "in.mp4", frames=3)
    toml = evil.parent / "mine.toml"
    toml.write_text(f'weights = "{evil}"\n{trust} = true\nbackend = "torch"\n')
    words = ["clean", str(made.path), "-o", str(evil.parent / "out.mp4"), "--settings", str(toml), *flags]
    assert main(words) == 5
    assert f"--weights {evil}" in capsys.readouterr().err
    assert not (evil.parent / "it ran").exists()
    assert not (evil.parent / "out.mp4").exists()
    assert no_trust(own_home)


def test_a_settings_file_gives_no_trust_to_weights_that_a_person_names(
    evil: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = clips.make(evil.parent / "in.mp4", frames=3)
    toml = evil.parent / "mine.toml"
    toml.write_text("trust-weights = true\n")
    words = ["clean", str(made.path), "-o", str(evil.parent / "out.mp4"), "--settings", str(toml)]
    assert main([*words, "--weights", str(evil), "--backend", "torch"]) == 5
    assert "that is for you to say" in capsys.readouterr().err
    assert not (evil.parent / "it ran").exists()
    assert no_trust(own_home)


def test_a_person_may_say_yes_and_the_file_may_name_them_from_then_on(
    evil: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = evil.parent / "mine.toml"
    toml.write_text(f'weights = "{evil}"\n')
    assert main(["settings", "--toml", "--settings", str(toml)]) == 5
    assert main(["settings", "--toml", "--weights", str(evil), "--trust-weights"]) == 0
    said = capsys.readouterr().out
    assert str(evil) in said
    assert "trust" not in said
    assert main(["settings", "--toml", "--settings", str(toml)]) == 0


def test_the_windows_profiles_give_no_trust(own_home: Path) -> None:
    from dashcamcleaner.gui.store import Store

    store = Store()
    store.save_profile("mine", {"threshold": 0.3})
    (store.profile_folder / "mine.toml").write_text("trust_weights = true\nthreshold = 0.3\n")
    assert store.load_profile("mine") == {"threshold": 0.3}
