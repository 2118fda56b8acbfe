"""Every wrong journey file is refused with its file, its line and what is wrong; nothing else ever comes of one."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.definitions.journey_files import read_journey
from chalicelib.errors import DefinitionError
from tests.domain.stories import MESSAGES

RIGHT = """\
journey: carts
status: live
for: customer.orders.count == 0
enter:
  on: cart.updated
  where: event.cart.total > 0
  key: event.cart.id
  again: {after: 7 days}
exit:
  - {on: cart.emptied, same-key: true}
  - when: len(customer.tags) > 3
goal: {on: order.placed, where: event.order.total > 1, then: thank}
max-lateness: 6 hours
steps:
  - wait: 1 hour
    restart-on: cart.updated
  - send: first
    by: email
    issue: {code: 10 %, valid: 48 hours}
  - wait: {days: 3, at: 15:00}
  - branch:
      - when: event.cart.total > 5000
        steps: [send: second]
    otherwise: [end]
  - wait: {until: customer.orders.last_at, offset: -1 day, at: 9:00}
    otherwise: [end]
  - send: thanks
    label: thank
"""


def test_the_file_that_the_others_spoil_is_right() -> None:
    """Else they might be refused for something else."""
    journey = read_journey(RIGHT, "journeys/carts.yaml", MESSAGES)

    assert (journey.name, journey.first, journey.labels) == ("carts", "1", {"thank": "6"})
    assert set(journey.steps) == {"1", "2", "3", "4", "4.1.1", "4.otherwise.1", "5", "5.otherwise.1", "6", "end"}


@pytest.mark.parametrize(("right", "wrong", "line", "reason"), [
    ("journey: carts\n", "", 1, "lacks `journey`"),
    ("journey: carts", "journey: Carts left", 1, "journey: 'Carts left' should be small letters and digits"),
    ("journey: carts", "journey: carts#1", 1, "should be small letters"),
    ("journey: carts", "journey: [carts]", 1, "should be a text"),
    ("status: live", "status: on", 2, "unknown status 'on'; it is one of draft, live, paused, ended"),
    ("for: customer.orders", "for: customer.order", 3, "customer.order.count; did you mean 'orders.count'?"),
    ("count == 0", "count = 0", 3, "for: is not an expression"),
    ("count == 0", "count + 1", 3, "is not allowed"),
    ("status: live", "colour: red", 2, "unknown field 'colour'; known here: journey, status"),
    ("enter:\n  on: cart.updated\n", "enter:\n", 4, "exactly one of on, segment, segment-left, date"),
    ("  on: cart.updated\n", "  on: cart.updated\n  segment: vip\n", 4, "this has `on` and `segment`"),
    ("  on: cart.updated\n", "  on: segment.entered\n", 5, "write `segment: …` under `enter` instead"),
    ("  on: cart.updated\n", "  on: customer.merged\n", 5, "unknown event 'customer.merged'"),
    ("  on: cart.updated\n", "  on: message.open\n", 5, "did you mean 'message.opened'?"),
    ("  on: cart.updated\n", "  on: []\n", 5, "names no event"),
    ("  on: cart.updated\n", "  on: cart.changed\n", 5, "unknown event 'cart.changed'"),
    ("  on: cart.updated\n", "  on: cart.upadted\n", 5, "did you mean 'cart.updated'?"),
    ("  on: cart.updated\n", "  on: cart\n", 5, "unknown event 'cart'"),
    ("event.cart.total > 0", "event.order.total > 0", 6, "is not a field of cart.updated, which carries cart"),
    ("event.cart.total > 0", "event.cart.totl > 0", 6, "did you mean 'cart.total'?"),
    ("key: event.cart.id", "key: event.cart.id == 1", 7, "should be one field of the event"),
    ("key: event.cart.id", "key: customer.id", 7, "cart.updated does not carry customer.id"),
    ("key: event.cart.id", "key: '\"c1\"'", 7, "should be one field of the event"),
    ("again: {after: 7 days}", "again: sometimes", 8, "is `never`, `always` or `{after: 7 days}`"),
    ("again: {after: 7 days}", "again: {after: 7 sleeps}", 8, "should be a duration such as `90 minutes`"),
    ("again: {after: 7 days}", "again: {every: 7 days}", 8, "unknown field 'every'"),
    ("again: {after: 7 days}", "again: {after: 99999 weeks}", 8, "is longer than ten years"),
    ("{on: cart.emptied, same-key: true}", "{on: cart.emptied, when: 1 < 2}", 10, "either `on: <event>` or `when:"),
    ("{on: cart.emptied, same-key: true}", "{same-key: true}", 10, "either `on: <event>` or `when:"),
    ("same-key: true", "same-key: 1", 10, "should be true or false, not '1'"),
    ("{on: cart.emptied, same-key: true}", "{on: order.placed, same-key: true}", 10, "does not carry event.cart.id"),
    ("when: len(customer.tags)", "when: sum(customer.tags)", 11, "functions are days_since"),
    ("goal: {on: order.placed, where", "goal: {where", 12, "lacks `on`"),
    ("event.order.total > 1", "event.cart.total > 1", 12, "is not a field of order.placed"),
    ("then: thank", "then: thanks", 12, "no step has the label 'thanks'; labels: thank"),
    ("max-lateness: 6 hours", "max-lateness: -6 hours", 13, "should be a duration"),
    ("wait: 1 hour\n", "wait: an hour\n", 15, "should be a duration"),
    ("wait: 1 hour\n", "wait: -1 hour\n", 15, "should be a duration"),
    ("wait: 1 hour\n", "wait: 999999 weeks\n", 15, "is longer than ten years"),
    ("restart-on: cart.updated", "restart-on: order.placed", 16, "order.placed does not carry event.cart.id"),
    ("restart-on: cart.updated", "restarts-on: cart.updated", 16, "did you mean 'restart-on'?"),
    ("send: first\n    by", "send: fist\n    by", 17, "no message 'fist' under templates/; did you mean 'first'?"),
    ("send: first\n    by", "send: brochure\n    by", 17, "no message 'brochure' under templates/; there are first,"),
    ("by: email", "by: pigeon", 18, "unknown channel 'pigeon'; channels: email, sms, push, web-push"),
    ("issue: {code: 10 %, valid: 48 hours}", "issue: {code: 10 %}", 19, "lacks `valid`"),
    ("issue: {code: 10 %, valid: 48 hours}", "issue: {valid: 48 hours}", 19, "lacks `code`"),
    ("{days: 3, at: 15:00}", "{days: 3}", 20, "lacks `at`"),
    ("{days: 3, at: 15:00}", "{days: -3, at: 15:00}", 20, "is from 0 to 3660 calendar days"),
    ("{days: 3, at: 15:00}", "{days: 3.5, at: 15:00}", 20, "should be a whole number, not '3.5'"),
    ("{days: 3, at: 15:00}", "{days: 3, at: 25:00}", 20, "should be a time such as `15:00`"),
    ("{days: 3, at: 15:00}", "{days: 3, at: 15:00, offset: 1 day}", 20, "`offset` goes with `until`"),
    ("      - when: event.cart.total > 5000\n        steps", "      - steps", 22, "lacks `when`"),
    ("        steps: [send: second]\n", "", 22, "lacks `steps`"),
    ("steps: [send: second]", "steps: {send: second}", 23, "should be a list of steps"),
    ("otherwise: [end]\n  - wait: {until", "otherwise: end\n  - wait: {until", 24, "should be a list of steps"),
    ("until: customer.orders.last_at", "until: customer.orders.count", 25, "is not a date of the profile; dates:"),
    ("until: customer.orders.last_at", "until: cart.total", 25, "is not a date"),
    ("until: customer.orders.last_at", "until: event.data.day", 25, "none is a date"),
    ("until: customer.orders.last_at", "until: order.delivery_date", 25, "is not a field of cart.updated"),
    ("    restart-on: cart.updated", "    otherwise: [end]", 16, "only `wait: {until: …}`"),
    ("offset: -1 day", "offset: yesterday", 25, "should be a duration"),
    ("send: thanks\n", "post: thanks\n", 27, "a step has one of wait, wait-for, send, branch, split,"),
    ("send: thanks\n", "send: thanks\n    wait: 1 hour\n", 27, "a step has one of wait, wait-for, send"),
    ("by: email", "label: thank", 28, "the label 'thank' is used twice"),
    ("journey: carts", "journey: carts\njourney: carts", 2, "is given twice"),
    ("journey: carts", "journey: [carts", 2, "is not YAML"),
    ("journey: carts", "journey: *carts", 1, "anchors and aliases"),
    ("journey: carts", "journey: &carts carts", 1, "anchors and aliases"),
    ("journey: carts", "journey: !!python/name:os.system carts", 1, "tags (!name) are not used here"),
])
def test_what_is_wrong_is_told_with_its_line(right: str, wrong: str, line: int, reason: str) -> None:
    """Fix what is named, and the next thing is told."""
    assert right in RIGHT
    with pytest.raises(DefinitionError) as refused:
        read_journey(RIGHT.replace(right, wrong, 1), "journeys/carts.yaml", MESSAGES)

    assert (refused.value.file, refused.value.line) == ("journeys/carts.yaml", line)
    assert reason in str(refused.value)
    assert str(refused.value).startswith(f"journeys/carts.yaml:{line}: ")


@pytest.mark.parametrize(("text", "reason"), [
    ("", "is empty"),
    ("just a word", "should be a mapping"),
    ("- a\n- b\n", "should be a mapping"),
    ("journey: a\nenter: {on: a.b}\nsteps: []\n", "a journey has at least one step"),
    ("journey: a\nenter: {on: a.b}\nsteps:\n", "should be a list of steps"),
    ("journey: a\nenter: {on: [cart.updated, order.paid],\n  key: event.cart.id}\nsteps: [end]\n", "does not carry"),
    ("a: 1\n---\nb: 2\n", "but found another document"),
    ("a: \"\x01\"", "is not YAML"),
    ("[" * 5000, "is nested too deeply"),
])
def test_what_is_no_journey_at_all_is_told_so(text: str, reason: str) -> None:
    """An empty file, a list, another document."""
    with pytest.raises(DefinitionError) as refused:
        read_journey(text, "journeys/a.yaml", MESSAGES)
    assert reason in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_file_damaged_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever an editor or a merge made of it: no other error ever comes out."""
    lines = RIGHT.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "indent", "swap", "write"]))
        if how == "drop" and len(lines) > 1:
            del lines[place]
        elif how == "double":
            lines.insert(place, lines[place])
        elif how == "indent":
            lines[place] = f"  {lines[place]}"
        elif how == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
        else:
            cut = data.draw(st.integers(0, len(lines[place])))
            lines[place] = lines[place][:cut] + data.draw(st.text(alphabet="{}[]:,-'\"#&*!|> 0a\n", max_size=4))
    with suppress(DefinitionError):
        read_journey("\n".join(lines), "journeys/carts.yaml", MESSAGES)
