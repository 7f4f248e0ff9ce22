"""Many requests at once: none ends in a fault of the server, memory stays, and nobody waits out of proportion."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.service.running import ROOT, running


@pytest.fixture(scope="module")
def benchmark_module() -> Any:
    spec = importlib.util.spec_from_file_location("benchmarks_service", ROOT / "benchmarks" / "service.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_two_hundred_mixed_requests_twenty_at_once(tmp_path: Path, benchmark_module: Any) -> None:
    with running(tmp_path / "storage") as server:
        figures = benchmark_module.measure(server)
    assert sum(figures.statuses.values()) == 200
    assert figures.statuses[200] > 100
    assert 429 not in figures.statuses, figures
    assert figures.faults == [], figures


def test_faults_are_told(benchmark_module: Any) -> None:
    good = benchmark_module.Figures({200: 9}, alone_s=1, p95_s=2, bound_s=30, before_mb=600, after_mb=610, wall_s=9)
    assert good.faults == []
    bad = dataclasses.replace(good, statuses={200: 8, 500: 1}, p95_s=31, after_mb=900)
    assert bad.faults == ["1 answers with 500", "p95 is over its bound by 1.00 s", "memory grew by 300 MB"]
