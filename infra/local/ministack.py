"""MiniStack, the emulated AWS, as a child process on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from infra.local.options import OptionError

REGION = "eu-central-1"
ACCOUNT = "000000000000"
START_SECONDS = 30
STOP_SECONDS = 20


class MiniStackError(Exception):
    """MiniStack did not start or did not stop; says what it wrote last."""


class MiniStack:
    """A MiniStack process. Its state lies in `folder`; `keep` tells whether it writes the state down when it stops."""

    def __init__(self, executable: Path, folder: Path, *, keep: bool) -> None:
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._log = folder / "ministack.log"
        self._executable, self._folder, self._keep = executable, folder, keep
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; raises `MiniStackError` when it does not."""
        temporary = self._folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(_python_of(self._executable)), "-P", str(Path(__file__).with_name("ministack_guard.py"))],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(temporary),
                start_new_session=True,  # Ctrl-C is ours to handle: MiniStack stops last
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise MiniStackError(f"MiniStack did not start:\n{self.last_words()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it gracefully (it then writes its data), by force when it takes longer than `STOP_SECONDS`."""
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise MiniStackError(f"MiniStack was killed, its data may be incomplete:\n{self.last_words()}") from None
        finally:
            self._process = None

    def last_words(self) -> str:
        """The end of what MiniStack wrote."""
        return self._log.read_text(errors="replace")[-2000:] if self._log.is_file() else ""

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=1) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _environment(self, temporary: Path) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        keep = "1" if self._keep else "0"
        return inherited | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "PERSIST_STATE": keep,
            "STATE_DIR": str(self._folder / "state"),
            "S3_PERSIST": keep,
            "S3_DATA_DIR": str(self._folder / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "TMPDIR": str(temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def free_port() -> int:
    """A loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _python_of(executable: Path) -> Path:
    python = executable.with_name("python")
    if not python.exists():
        raise OptionError(f"{python} is not there: MINISTACK must point into the bin folder of a virtual environment")
    return python
