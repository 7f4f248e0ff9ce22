"""The way to a cluster: a scheduler that answers at an address, or workers that are begun on this machine.

Whatever does not answer is told within seconds: nobody waits for a port behind which something else listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

from dashcamcleaner.cluster.storage import refuse_password
from dashcamcleaner.errors import BackendError, ExtraMissing, SettingError, extra_hint
from dashcamcleaner.jobs.parallel import safe_path
from dashcamcleaner.messages import msg

__all__ = ["MOST_LOCAL", "connected"]

_CONNECT_S = 20
MOST_LOCAL = 256
_MOST_DEATHS = 10
"""So many workers may die under one task before it counts as failed: a clip that kills them all is no clip for them."""


@contextlib.contextmanager
def connected(address: str, *, at_most: int) -> Iterator[tuple[Any, int]]:
    """A client of the cluster, and how many of its workers share this machine's cores (1: they have their own).

    Args:
        address: what `cluster.run.run_on_cluster` takes.
        at_most: no more workers are begun here.

    Raises:
        BackendError: no scheduler with a worker answers there.
        ExtraMissing: Dask's ``distributed`` is not installed.
        SettingError: no such address, or a password stands in it.
    """
    refuse_password(address)
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ExtraMissing(
            "A cluster needs distributed, which is not installed.", hint=extra_hint("cluster")
        ) from error
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is told by events
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": _MOST_DEATHS}))
        at_once = 1
        if address.startswith("local:"):
            at_once = min(_count(address), at_most)
            stack.enter_context(safe_path())  # for as long as it runs: a worker that died is begun anew
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a port that is taken: we need none
                cluster = LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=at_once,
                    threads_per_worker=1,
                    processes=True,
                    memory_limit=0,
                    dashboard_address=None,
                    resources={"GPU": 1},
                    preload=["dashcamcleaner.cluster.work"],
                    silence_logs=50,
                )
            where: Any = stack.enter_context(cluster)
        elif "://" in address:
            where = address
        else:
            raise SettingError(
                msg("{address} is no address of a cluster.", address=repr(address)),
                hint="Give tcp://HOST:8786 or local:4.",
            )
        try:
            if isinstance(where, str):
                _knock(where)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of other versions of Python and its parts: what counts is compared
                made = Client(where, timeout=_CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
            client = stack.enter_context(made)
            client.wait_for_workers(1, timeout=_CONNECT_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise BackendError(
                msg("No cluster with a worker answers at {address}.", address=address),
                hint="Start dask scheduler and dask worker first.",
            ) from error
        yield client, at_once


def _knock(address: str) -> None:
    """Make sure that a scheduler answers: Dask's client waits without an end for whatever takes a call and is silent.

    Raises:
        OSError, TimeoutError, ValueError: none does.
        SettingError: it is to be spoken to by TLS, for which there are no certificates.
    """
    from distributed import Security
    from distributed.comm.core import connect

    async def call() -> None:
        said = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
        comm = await asyncio.wait_for(connect(address, timeout=_CONNECT_S, **said), _CONNECT_S)  # type: ignore[no-untyped-call]
        await comm.close()

    try:
        asyncio.run(call())
    except TypeError as error:
        raise SettingError(
            msg("{address} needs certificates, and Dask is told of none.", address=address),
            hint="Dask's configuration names them under distributed.comm.tls.",
        ) from error


def _count(address: str) -> int:
    text = address.removeprefix("local:")
    if not text.isdecimal() or not 1 <= int(text) <= MOST_LOCAL:
        raise SettingError(
            msg("local: takes 1 to {most_local} workers, not {text}.", most_local=MOST_LOCAL, text=repr(text)),
            hint="For example local:4.",
        )
    return int(text)
