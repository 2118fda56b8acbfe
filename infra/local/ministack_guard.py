"""Runs MiniStack so that it cannot outlive the run that started it. Executed by MiniStack's own Python, not ours.

Its standard input is a pipe held by that run: when the pipe closes, whatever the reason, MiniStack stops gracefully
(which is also when it writes its data to disk).
"""

import os
import signal
import sys
import threading

from ministack.app import main  # type: ignore[import-not-found]


def _stop_when_the_pipe_closes() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=_stop_when_the_pipe_closes, daemon=True).start()
main()
