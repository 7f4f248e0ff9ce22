"""What all requests share: `Service`, how a route gets it, and who asks."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError, TokenError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.service.access import RateLimit, TokenCheck
from dashcamcleaner.service.job_queue import JobQueue
from dashcamcleaner.service.job_store import JobStore
from dashcamcleaner.service.metrics import Metrics
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.pictures import PictureModels, PictureWork
from dashcamcleaner.service.policy import load_policies
from dashcamcleaner.service.scoring import Scorers
from dashcamcleaner.service.work_queue import WorkQueue
from dashcamcleaner.settings import resolve

__all__ = ["Caller", "Service", "caller", "service_of"]

_BEARER = HTTPBearer(auto_error=False, description=msg("A token of the server's token file."))


class Service:
    """What all requests share. `start` and `stop` bracket the server's life.

    Args:
        options: how it is opened.
        models: the one pool of models for pictures; None: one of its own, which `stop` closes. Jobs have their own.

    Raises:
        SettingError: a token, secret, policy or folder that cannot be used.
    """

    def __init__(self, options: ServiceOptions, *, models: ModelPool | None = None) -> None:
        self.options = options
        self.tokens = TokenCheck(options.tokens())
        self.rate = RateLimit(options.rate)
        self.policies = load_policies(options.policy)
        self.metrics = Metrics()
        self.models = models or PictureModels()
        self.temporary = options.storage_folder / "dashcamcleaner-tmp"  # no name of anybody's folder
        self.pictures = PictureWork(options, models=self.models, folder=self.temporary)
        self.ready = False
        self.why_not: DashcamCleanerError | None = None
        self.stopping = threading.Event()
        self._open = contextlib.ExitStack()
        """What `stop` undoes, the latest first."""
        if models is None:
            self._open.callback(self.models.close)

    def start(self) -> None:
        """Open the storage, clear what a crash left, begin with the jobs, and load the models meanwhile.

        What fails leaves the process as it was, and so does `stop`: an app may live in a process with others.

        Raises:
            SettingError: the storage is another server's.
            OutputError: it cannot be written to.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        options = self.options
        with map_os_errors(options.storage_folder, what="The storage folder", verb="made"):
            options.storage_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store = JobStore(options.storage_folder / "jobs.sqlite")
        self._open.callback(self.store.close)
        shutil.rmtree(self.temporary, ignore_errors=True)
        with map_os_errors(self.temporary, what="The folder of temporary files", verb="made"):
            self.temporary.mkdir(mode=0o700)
        self._open.callback(shutil.rmtree, self.temporary, ignore_errors=True)
        self._open.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = str(self.temporary)  # of uploads on their way
        self.jobs = JobQueue(options, store=self.store, folder=options.storage_folder / "jobs", metrics=self.metrics)
        self._open.callback(self.jobs.stop)
        self.work = WorkQueue(most_waiting=options.picture_queue, patience_s=options.max_request_time)
        self._open.callback(self.work.close)
        self.metrics.gauge("picture_queue", "Pictures' requests that wait or run.", lambda: self.work.inside)
        self.metrics.gauge("job_queue", "Jobs that wait or run.", lambda: self.jobs.waiting)
        self.jobs.start()
        warming = threading.Thread(target=self._warm_up, name="dashcamcleaner-models")
        warming.start()
        self._open.callback(warming.join)

    def stop(self) -> None:
        """End jobs and threads; jobs under way wait for the next server."""
        self.stopping.set()
        self._open.close()

    def _warm_up(self) -> None:
        """Open what the first request would wait for; what is missing is told, and asked for again by requests."""
        settings = resolve({})
        try:
            self.models.detector(inference_size=settings.inference_size, aspect=(16, 9), weights=settings.weights)
        except DashcamCleanerError as error:
            self.why_not = error
            return
        Scorers(self.models)
        self.ready = True


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast(Service, request.app.state.service)


def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)] = None
) -> str:
    """The owner of a request, after its token and its rate were looked at; a dependency of routes.

    Raises:
        TokenError: there is no token, or a wrong one.
        TooMany: the token, or the address that guesses tokens, asks too often.
    """
    service = service_of(request)
    address = request.client.host if request.client else ""
    try:
        owner = service.tokens.owner(credentials.credentials if credentials else None)
    except TokenError:
        service.rate.take(f"refused {address}")
        raise
    service.rate.take(owner if service.tokens.wanted else f"address {address}")
    return owner


Caller = Annotated[str, Depends(caller)]
"""The annotation of a route's argument that wants a token; the argument is the owner's name."""
