"""`python -m infra.local`: run Selvedge on this machine until Ctrl-C (what `make run` does; see docs/local.md)."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from infra.local.function_output import WithoutMetrics
from infra.local.ministack import MiniStackError
from infra.local.options import OptionError, Options, read


def main() -> int:
    """Run until interrupted; the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    sys.stdout = WithoutMetrics(sys.stdout)
    from infra.local.laptop import Laptop  # the product's logger takes the standard output that it finds

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        options = read()
        laptop = Laptop(options, print)
        try:
            laptop.start()
            print(addresses(laptop.url, options), flush=True)
            stopping.wait()
            print("\nStopping", flush=True)
        finally:
            laptop.stop()
    except (OptionError, MiniStackError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def addresses(url: str, options: Options) -> str:
    """What is where."""
    kept = f"kept in {options.data}" if options.data else "gone when you stop; DATA=folder keeps it"
    from chalicelib import clock

    hour = 3600 / options.speed
    return f"""
  Demo shop   {url}/shop
  Outbox      {url}/outbox
  Timelines   {url}/customers
  Templates   {url}/templates
  API         {url}   (POST /hooks/shopify, /hooks/woocommerce, /v1/events)

  The clock stands at {clock.now():%d %B %Y, %H:%M} UTC; an hour of it takes {hour:,.0f} s (SPEED={options.speed:g}).
  Data is {kept}. Ctrl-C stops everything."""


if __name__ == "__main__":
    sys.exit(main())
