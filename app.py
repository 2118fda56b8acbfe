"""The functions of Selvedge: routes and handlers of a few lines each. What they do stands in `chalicelib/flows/`."""

from __future__ import annotations

from typing import Any

from chalice import Chalice, Cron, Rate

from chalicelib import clock
from chalicelib.api import events, management, public, push, templates, webhooks

app = Chalice(app_name="selvedge")
for _routes in (webhooks, events, public, push, management, templates):
    app.register_blueprint(_routes.blueprint)

# The ARNs are placeholders, bound to the stack's own resources when the template is built.
_EVENTS_STREAM = "arn:aws:dynamodb:eu-west-1:000000000000:table/events/stream/2026-01-01T00:00:00.000"
_MESSAGES_STREAM = "arn:aws:dynamodb:eu-west-1:000000000000:table/messages/stream/2026-01-01T00:00:00.000"
_FEEDBACK_TOPIC = "arn:aws:sns:eu-west-1:000000000000:feedback"


@app.on_dynamodb_record(stream_arn=_EVENTS_STREAM, batch_size=100)
def engine(event: Any) -> dict[str, Any]:
    """New log entries are folded into their customers' states."""
    from chalicelib.flows.streams import advance_records

    return advance_records(event.to_dict()["Records"], clock.now())


@app.on_dynamodb_record(stream_arn=_MESSAGES_STREAM, batch_size=25)
def sender(event: Any) -> dict[str, Any]:
    """Queued messages go out."""
    from chalicelib.flows.streams import deliver_records

    return deliver_records(event.to_dict()["Records"])


@app.schedule(Rate(1, unit=Rate.MINUTES))
def tick(_event: Any) -> None:
    """Timers that have fallen due."""
    from chalicelib.flows.tick import tick as fire

    fire(clock.now())


@app.on_sns_message(topic=_FEEDBACK_TOPIC)
def feedback(event: Any) -> None:
    """What SES and SNS tell of messages sent."""
    from chalicelib.flows.feedback import absorb

    absorb(event.to_dict()["Records"], clock.now())


@app.lambda_function(name="audience")
def audience(event: Any, context: Any) -> dict[str, Any]:
    """A job over many customers goes on: a broadcast, a move, a count."""
    from chalicelib.flows.jobs import work

    job = work(event["job"], clock.now, lambda: context.get_remaining_time_in_millis() / 1000)
    return {"status": job.status, "looked_at": job.looked_at} if job is not None else {}


@app.lambda_function(name="publish")
def publish(_event: Any, _context: Any) -> dict[str, Any]:
    """A file of the bucket was changed: what is right is put in force."""
    from chalicelib.flows.publish import publish as put_in_force

    published = put_in_force(clock.now())
    return {"journeys": published.journeys, "messages": published.messages, "problems": published.problems}


@app.on_dynamodb_record(stream_arn=_EVENTS_STREAM, batch_size=10_000)
def archive(event: Any) -> None:
    """New log entries are kept as files."""
    from chalicelib.flows.archive import archive_records

    archive_records(event.to_dict()["Records"])


@app.schedule(Cron(30, 2, "*", "*", "?", "*"))
def compact(_event: Any) -> dict[str, int]:
    """The days of the archive that are over become tables, and the tables rankings for recommendations."""
    from chalicelib.flows.compact import compact as make_tables
    from chalicelib.flows.rank import rank

    made = make_tables(clock.now())
    rank(clock.now())
    return {one.day.isoformat(): one.events for one in made}
