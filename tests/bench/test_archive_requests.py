"""The archive asks S3 for as little as it can: a file to a batch, and for a day's compaction each file once."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.emulators import ROOT


def test_a_batch_is_one_request_and_a_compaction_reads_each_file_once() -> None:
    """In a process of its own: the measurement brings its own emulated AWS."""
    command = [sys.executable, "-m", "bench.archive", "6", "20"]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    measured = json.loads(answer.stdout)

    assert measured["archive_requests"] == {"PutObject": 6}
    # The marks, the days, the day's files; then its lines, its tables of events and of products, and its mark.
    assert measured["compact_requests"] == {"ListObjectsV2": 3, "GetObject": 6, "PutObject": 4}
    assert measured["line_bytes"] + measured["day_bytes"] + measured["table_bytes"] < 600
