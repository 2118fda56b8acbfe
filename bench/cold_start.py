"""How long a cold start takes: importing `app.py` and the first webhook's client, from the package as Lambda has it.

Measured against a bare `import boto3` with one client from a plain installation, both in fresh interpreters that take
turns, so that the machine's mood falls on both. Python's own start is in neither. Processor time, not elapsed time: a
function in the cloud has its processor to itself.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from infra.package import build_package, host_architecture

LIMIT = 1.15
"""A ratio above this fails."""
ROUNDS = 15

OURS = """
import app
from chalicelib.storage.tables import Identities
Identities.connection()
"""
"""What happens before the first webhook is answered: our modules, and DynamoDB's client."""
BARE = """
import boto3
boto3.client("dynamodb")
"""
TIMED = """
import time
began = time.process_time()
{program}
print(time.process_time() - began)
"""


@dataclass(frozen=True)
class ColdStart:
    """Medians in milliseconds of processor time, and how they compare."""

    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the bare import."""
        return self.ours / self.bare


def run(rounds: int = ROUNDS) -> ColdStart:
    """Build the package for this machine, and start it and the bare import by turns."""
    with unpacked_package() as task:
        plain = Path(sysconfig.get_paths()["purelib"])
        # The first of each fills the disk's cache; it is not counted.
        milliseconds(OURS, task), milliseconds(BARE, plain)
        pairs = [(milliseconds(OURS, task), milliseconds(BARE, plain)) for _ in range(rounds)]
    return ColdStart(median(ours for ours, _ in pairs), median(bare for _, bare in pairs))


@contextmanager
def unpacked_package() -> Iterator[Path]:
    """The package for this machine's processor, unpacked and read-only as under /var/task."""
    with tempfile.TemporaryDirectory() as folder:
        package = build_package(Path(folder) / "package.zip", architecture=host_architecture())
        task = Path(folder) / "task"
        with zipfile.ZipFile(package) as archive:
            archive.extractall(task)
        folders = [task, *(path for path in task.rglob("*") if path.is_dir())]
        for path in folders:
            path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        try:
            yield task
        finally:
            for path in folders:
                path.chmod(stat.S_IRWXU)


def milliseconds(program: str, folder: Path) -> float:
    """Processor time that a program takes in a fresh interpreter that sees one folder of modules besides its own."""
    environment = {
        "PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none", "SELVEDGE_STACK": "bench", "SELVEDGE_STAGE": "bench",
        "SELVEDGE_BUCKET": "bench", "SELVEDGE_URL": "https://bench.example", "POWERTOOLS_SERVICE_NAME": "bench",
    }
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n" + TIMED.format(program=program)
    # -I: neither this folder nor the user's; -S: no site-packages; -B: as on a disk that cannot be written.
    command = [sys.executable, "-I", "-S", "-B", "-c", code]
    finished = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(finished.stdout) * 1000


if __name__ == "__main__":
    measured = run()
    print(f"ours {measured.ours:.0f} ms, bare boto3 {measured.bare:.0f} ms, ratio {measured.ratio:.2f}")
    sys.exit(measured.ratio > LIMIT)
