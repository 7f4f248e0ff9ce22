"""Machines that are reached by SSH: a real sshd of this test, clips by SFTP, and Dask's own SSH cluster."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashcamcleaner.core.events import Finished
from dashcamcleaner.errors import InputError
from dashcamcleaner.settings import resolve
from tests import clips
from tests.cluster.lab import ROOT, free_port
from tests.cluster.test_cluster import last_events, seeing

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
pytest.importorskip("paramiko", reason="the extra cluster is not installed")

from dashcamcleaner.cluster.run import run_on_cluster  # noqa: E402
from dashcamcleaner.cluster.storage import open_store  # noqa: E402
from dashcamcleaner.cluster.tasks import cluster_jobs, done_already  # noqa: E402
from dashcamcleaner.cluster.work import Task, run_task  # noqa: E402
from dashcamcleaner.pipeline.context import versions  # noqa: E402

SSHD = shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(SSHD is None, reason="no sshd here (Debian: apt-get install openssh-server)"),
]

SETTINGS = resolve({"crop_checks": False, "workers": 1})


@dataclass(frozen=True)
class Host:
    """This machine, as its SSH server shows it."""

    port: int
    key: Path
    known_hosts: Path
    user: str

    def url(self, folder: Path) -> str:
        return f"sftp://{self.user}@127.0.0.1:{self.port}{folder}"


@pytest.fixture()
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """An SSH server with keys made for this test, and a home whose user may log in there and knows it."""
    assert SSHD is not None
    home = tmp_path / "home"
    folder = home / ".ssh"
    folder.mkdir(parents=True, mode=0o700)
    key, machine = folder / "id_ed25519", tmp_path / "machine_key"
    for one in (key, machine):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(one)], check=True)
    shutil.copy(key.with_suffix(".pub"), tmp_path / "authorized")
    port = free_port()
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {machine}\nAuthorizedKeysFile {tmp_path / 'authorized'}\n"
        f"PidFile {tmp_path / 'sshd.pid'}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
        f"Subsystem sftp internal-sftp\n"
        f"SetEnv PYTHONPATH={os.pathsep.join([str(ROOT), *filter(None, sys.path)])} "
        f"DASK_TEMPORARY_DIRECTORY={tmp_path}\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where its helper without rights lives
    name, _, rest = machine.with_suffix(".pub").read_text().partition(" ")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {name} {rest}")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    log = tmp_path / "sshd.log"
    server = subprocess.Popen([SSHD, "-D", "-f", str(tmp_path / "sshd_config"), "-E", str(log)])
    try:
        while "Server listening" not in (log.read_text() if log.exists() else ""):
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        yield Host(port, key, folder / "known_hosts", getpass.getuser())
    finally:
        server.terminate()
        server.wait()


def test_clips_come_and_go_by_sftp_and_leave_nothing_clear(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, far = tmp_path / "scratch", tmp_path / "far"
    scratch.mkdir()
    (far / "in" / "cam").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    clips.make(far / "in" / "cam" / "a.mp4", frames=6)
    jobs, _ = cluster_jobs([host.url(far / "in")], output=host.url(far / "out"), settings=SETTINGS)
    (one,) = jobs
    assert one.output == host.url(far / "out" / "cam" / "a.mp4")
    assert done_already(one) is None
    task = Task(one.source, one.output, SETTINGS, False, versions(), {}, "token")
    last = run_task(task, lambda _: None, open_models=seeing)
    assert isinstance(last, Finished), last
    assert sorted(path.name for path in (far / "out" / "cam").iterdir()) == [
        "a.mp4", "a.mp4.plan.jsonl", "a.mp4.report.html", "a.mp4.report.json",
    ]  # fmt: skip
    assert list(scratch.iterdir()) == []
    assert done_already(one) is not None


def test_of_two_writers_who_saw_nothing_there_the_first_one_wins(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(host.url(tmp_path / "far"))
    files = store._files  # type: ignore[attr-defined]
    (tmp_path / "one").write_text("one")
    (tmp_path / "two").write_text("two")
    assert store.publish(tmp_path / "one", "a.mp4", overwrite=False, token="a")
    exists, looks = files.exists, [False]  # the other one came behind this look
    monkeypatch.setattr(files, "exists", lambda path: looks.pop() if looks else exists(path))
    assert not store.publish(tmp_path / "two", "a.mp4", overwrite=False, token="b")
    assert (tmp_path / "far" / "a.mp4").read_text() == "one"
    assert store.names() == ["a.mp4"]


def test_a_machine_that_is_not_known_is_refused(host: Host, tmp_path: Path) -> None:
    host.known_hosts.unlink()
    with pytest.raises(InputError, match="is not known"):
        open_store(host.url(tmp_path)).names()


def test_a_cluster_over_ssh_takes_clips(host: Host, tmp_path: Path) -> None:
    pytest.importorskip("asyncssh", reason="asyncssh, which Dask's SSHCluster needs, is not installed")
    (tmp_path / "in").mkdir()
    for number in range(2):
        clips.make(tmp_path / "in" / f"{number}.mp4", frames=6)
    jobs, _ = cluster_jobs([str(tmp_path / "in")], output=str(tmp_path / "out"), settings=SETTINGS)
    with distributed.SSHCluster(
        ["127.0.0.1", "127.0.0.1"],
        connect_options={
            "port": host.port,
            "username": host.user,
            "client_keys": [str(host.key)],
            "known_hosts": str(host.known_hosts),
        },
        scheduler_options={"dashboard": False},
        worker_options={"nthreads": 1, "dashboard": False},
        remote_python=sys.executable,
    ) as cluster:
        last = last_events(list(run_on_cluster(jobs, address=cluster.scheduler_address, open_models=seeing)))
    assert len(last) == 2
    assert all(isinstance(event, Finished) for event in last.values()), last
