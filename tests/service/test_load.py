"""Many requests at once: none ends in a fault of the server, memory stays, and nobody waits out of proportion."""

from __future__ import annotations

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
    assert all(status < 500 for status in figures.statuses), figures
    assert figures.statuses[200] > 100
    assert 429 not in figures.statuses, figures
    assert figures.p95_s <= figures.bound_s, figures
    assert figures.after_mb <= figures.before_mb * 1.1 + 20, figures
