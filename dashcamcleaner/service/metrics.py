"""What Prometheus reads under /metrics: counts and times of requests, queues, jobs, and the process itself."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

__all__ = ["Metrics"]

_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Metrics:
    """The service's own registry: two services in one process count apart."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ["route", "method", "status"]
        self._requests = Counter("dashcamcleaner_requests", "Requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "dashcamcleaner_request_seconds", "Time until the answer was sent.", ["route"], buckets=_BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        self._bytes = Counter("dashcamcleaner_received_bytes", "Bytes of requests.", registry=self._registry)
        self._pictures = Counter("dashcamcleaner_pictures", "Pictures worked on.", ["work"], registry=self._registry)
        self._jobs = Counter("dashcamcleaner_jobs", "Jobs that ended.", ["kind", "state"], registry=self._registry)
        self._gauges: dict[str, Gauge] = {}

    def gauge(self, name: str, help: str, value: Callable[[], float]) -> None:
        """Tell a value that is asked for whenever somebody reads."""
        gauge = self._gauges[name] = Gauge(f"dashcamcleaner_{name}", help, registry=self._registry)
        gauge.set_function(value)

    def count(self, route: str, method: str, status: int, seconds: float, taken: int) -> None:
        """Count a request that was answered; methods that nobody serves count as one."""
        known = method if method in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._bytes.inc(taken)

    def count_pictures(self, work: str, number: int = 1) -> None:
        """Count pictures that were scored, cleaned or searched."""
        self._pictures.labels(work).inc(number)

    def count_job(self, kind: str, state: str) -> None:
        """Count a job that ended."""
        self._jobs.labels(kind, state).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
