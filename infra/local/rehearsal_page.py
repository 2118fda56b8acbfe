"""The rehearsal of the laptop's own log: all live journeys, or one more beside them, as the page asks."""

from __future__ import annotations

from werkzeug.exceptions import NotFound

from chalicelib import clock
from chalicelib.console.pages import Frame
from chalicelib.console.rehearsal import render_rehearsal
from chalicelib.errors import UnknownJourneyError
from chalicelib.flows import definitions_in_force
from chalicelib.flows.editions import files_in_force
from chalicelib.flows.means import prices_in_force
from chalicelib.flows.rehearse import Pricing, rehearse, with_live
from chalicelib.flows.time_order import in_order_of_recording
from chalicelib.storage import log


def rehearsal_page(frame: Frame, chosen: str) -> str:
    """The page; the whole log is played for it, which a laptop's is small enough for.

    Raises NotFound for a journey that there is none of.
    """
    now = clock.now()
    found = definitions_in_force.current(now)
    names = [chosen] if chosen else []
    try:
        definitions = with_live(found, names)
    except UnknownJourneyError as error:
        raise NotFound from error
    pricing = Pricing(prices_in_force(found.settings, now), definitions, files_in_force)
    report = rehearse(in_order_of_recording(log.everything()), definitions, pricing, source="table", names=names)
    return render_rehearsal(report, frame, choices=sorted(found.journeys), chosen=chosen)
