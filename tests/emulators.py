"""MiniStack as a child process, for tests that need a server: real HTTP, real indexes, real concurrency."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE

ROOT = Path(__file__).parent.parent
REGION = "eu-west-1"
ACCOUNT = "123456789012"

IN_MEMORY = Path("/dev/shm")
ROOM = 2_000_000_000
"""Bytes that must be free there: dozens of processes may stand at a time, for each of several servers."""

CREDENTIALS = {
    # An emulator takes an access key of twelve digits for the account's number.
    "AWS_ACCESS_KEY_ID": ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": "emulated",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    # moto does not know the account's own endpoints that botocore would otherwise prefer for streams.
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}
"""Environment under which nothing can reach a real account."""


def let_moto_take_one_request_at_a_time() -> None:
    """Put a lock before moto, which is not made for several threads: two writes at once may take the same sequence
    number in a stream, and who pages through it then gets its last record for ever."""
    lock, answer = threading.RLock(), BotocoreStubber.process_request

    def process_request(stubber: BotocoreStubber, request: AWSPreparedRequest) -> TYPE_RESPONSE | None:
        with lock:
            return answer(stubber, request)

    BotocoreStubber.process_request = process_request


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def ministack_command() -> str:
    """Where MiniStack is: `SELVEDGE_MINISTACK`, or the project's own environment for it (`make` creates that)."""
    own = ROOT / ".venv-ministack" / "bin" / "ministack"
    command = os.environ.get("SELVEDGE_MINISTACK") or (str(own) if own.exists() else shutil.which("ministack"))
    if not command:
        raise FileNotFoundError(
            f"MiniStack is neither at {own} nor on the path: install requirements-ministack.txt into .venv-ministack, "
            "or leave these tests out with -m 'not ministack'",
        )
    return command


@contextmanager
def running_ministack(folder: Path, **settings: str) -> Iterator[str]:
    """A MiniStack server of our own on loopback, its log in `folder`; gives its address and stops it at the end."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    temporary = Path(tempfile.mkdtemp(prefix="ministack-", dir=_unpacked_into(folder)))
    environment = os.environ | {
        "TMPDIR": str(temporary),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "state" / "s3"),
        "LOG_LEVEL": "WARNING",
    } | settings
    with (folder / "ministack.log").open("wb") as log:
        server = subprocess.Popen([ministack_command()], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _await_answer(server, endpoint, folder / "ministack.log")
            yield endpoint
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            shutil.rmtree(temporary, ignore_errors=True)


def _unpacked_into(folder: Path) -> Path:
    """Where MiniStack unpacks 25 MB of files for each process that runs a function, and all stands still while it
    deletes them: memory, where there is enough; on a slow disk it would take most of the tests' time."""
    has_room = os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM
    return IN_MEMORY if has_room else folder


def _await_answer(server: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"MiniStack ended with {server.returncode}: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"MiniStack does not answer at {endpoint}: {log.read_text()[-2000:]}")
