"""What the functions write to standard output, which on AWS is their log: shown here, the metrics left out.

A metric is a line of JSON in the embedded metric format, which CloudWatch reads out of the log; nobody reads it here.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import io
import threading
from typing import TextIO

METRIC = '{"_aws":'


class WithoutMetrics(io.TextIOBase):
    """Passes whole lines on to a stream, all but metrics."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun: dict[int, str] = {}

    def write(self, text: str) -> int:
        """Take text; lines of several threads do not mix."""
        thread = threading.get_ident()
        *lines, rest = (self._begun.pop(thread, "") + text).split("\n")
        if rest:
            self._begun[thread] = rest
        for line in lines:
            if not line.startswith(METRIC):
                self._stream.write(line + "\n")
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def writable(self) -> bool:
        """Always."""
        return True
