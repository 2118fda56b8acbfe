"""Putting the bucket's files in force: what is right goes live, what is wrong keeps its last good version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.domain.shop import ShopSettings
from chalicelib.flows.definitions_in_force import InForce, current, put_in_force, read_in_force
from chalicelib.flows.publish import Published, publish
from chalicelib.storage import bucket, shop
from tests.domain.stories import at
from tests.flows.engine_on_aws import Engine, requests_seen
from tests.flows.published_files import BRAND, MESSAGE, SHOP, fill, in_force, problem_of, put

NOW = at("03-02 10:00")
JOURNEY = """
journey: greeting
enter: {on: form.submitted}
steps: [send: hello]
examples:
  - name: greeted at once
    given: [{at: 2026-03-02 10:00, event: form.submitted}]
    expect: [{at: 2026-03-02 10:00, send: hello, by: email}]
"""
KEY = "journeys/greeting.yaml"


@pytest.fixture(autouse=True)
def engine(moto: str) -> Iterator[Engine]:
    """A bucket with one journey, one message and the shop's settings, and a process that has read nothing."""
    engine = Engine(moto)
    fill()
    put(KEY, JOURNEY)
    yield engine
    engine.forget()


def test_what_is_right_is_in_force_at_once(engine: Engine) -> None:
    """In this process, and within a minute in others."""
    assert publish(NOW) == Published(journeys=1, messages=1)

    definitions = current(NOW)
    assert definitions.settings.brand.name == {"": "Weavers"}
    assert [program.journey.name for program in definitions.triggers["form.submitted"]] == ["greeting"]
    assert shop.get("journey", f"greeting#{in_force()['greeting']}") is not None


@pytest.mark.parametrize(("wrong", "reason"), [
    (JOURNEY.replace("form.submitted}\n", "form.submited}\n"), f"{KEY}:3: enter.on: unknown event 'form.submited'"),
    (JOURNEY.replace("send: hello]\n", "send: hallo]\n"), f"{KEY}:4: steps[1].send: no message 'hallo'"),
    ("journey: [", f"{KEY}:1: is not YAML"),
    (JOURNEY.replace("10:00, send", "11:00, send"), "expected but did not come: {at: 2026-03-02 11:00"),
    (JOURNEY.replace("journey: greeting", "journey: welcome"), "a journey stands in the file of its name"),
])
def test_a_wrong_file_keeps_its_last_good_version_and_tells_why(wrong: str, reason: str) -> None:
    """Beside it, until it is right."""
    publish(NOW)
    good = in_force()
    put(KEY, wrong)

    published = publish(NOW)
    assert list(published.problems) == [KEY]
    assert reason in published.problems[KEY]
    assert reason in (problem_of(KEY) or "")
    assert in_force() == good

    put(KEY, JOURNEY.replace("send: hello]", "send: hello, end]"))
    assert publish(NOW).problems == {}
    assert problem_of(KEY) is None
    assert in_force() != good


def test_a_wrong_file_that_was_never_right_is_not_in_force() -> None:
    """The others go live."""
    put("journeys/broken.yaml", "journey: broken\n")

    assert publish(NOW).problems == {"journeys/broken.yaml": "journeys/broken.yaml:1: lacks `enter`"}
    assert list(in_force()) == ["greeting"]


def test_an_example_that_fails_keeps_a_new_journey_from_going_live() -> None:
    """No journey goes live against its own examples."""
    put(KEY, JOURNEY.replace("by: email", "by: push"))

    assert "example 'greeted at once' does not hold" in publish(NOW).problems[KEY]
    assert in_force() == {}


def test_wrong_settings_and_messages_keep_their_last_good_version() -> None:
    """Each file on its own."""
    publish(NOW)
    put("shop.yaml", "holdout: 5\ntime-zone: Moscow\n")
    put("templates/hello/message.yaml", "message: hello\n")

    published = publish(NOW)
    assert set(published.problems) == {"shop.yaml", "templates/hello/message.yaml"}
    assert published.problems["shop.yaml"].startswith("shop.yaml:2: time-zone: unknown time zone 'Moscow'")
    assert read_in_force().in_force.settings.holdout_percent == 0
    assert [message.name for message in read_in_force().in_force.messages] == ["hello"]


def test_a_file_that_is_not_text_is_a_problem_of_that_file() -> None:
    """Whatever was uploaded there."""
    publish(NOW)
    bucket.put(KEY, b"\xff\xfe\x00")

    assert publish(NOW).problems == {KEY: f"{KEY}: is not UTF-8 text"}
    assert list(in_force()) == ["greeting"]


@pytest.mark.parametrize("text", ["a: !!int x\n", "a: " + "9" * 5000, "[" * 4000, "a: &x 1\n", "\x00", "- 1\n", "1"])
def test_nothing_that_can_be_uploaded_breaks_the_publishing(text: str) -> None:
    """A file that nobody can read is that file's problem, not the others'."""
    for key in (KEY, "shop.yaml", "templates/brand.yaml", "templates/hello/message.yaml"):
        put(key, text)
        assert list(publish(NOW).problems) == [key]
        put(key, {KEY: JOURNEY, "shop.yaml": SHOP, "templates/brand.yaml": BRAND}.get(key, MESSAGE))
    assert publish(NOW).problems == {}


def test_a_journey_removed_is_no_longer_in_force() -> None:
    """Its versions stay for the record."""
    publish(NOW)
    version = in_force()["greeting"]
    bucket.delete(KEY)
    publish(NOW)

    assert in_force() == {}
    assert shop.get("journey", f"greeting#{version}") is not None


def test_publishing_what_is_in_force_writes_nothing(engine: Engine) -> None:
    """An upload of a photo or a text changes no definition."""
    publish(NOW)
    with requests_seen() as requests:
        publish(NOW)

    assert "PutItem" not in {name for name, _ in requests}


def test_the_quarantine_is_not_read() -> None:
    """It may hold any number of bodies."""
    for number in range(3):
        put(f"quarantine/shopify/2026-03-02/{number}.yaml", "journey: [")

    assert publish(NOW) == Published(journeys=1, messages=1)


def test_other_processes_see_a_change_within_a_minute(engine: Engine) -> None:
    """They read again once a minute."""
    publish(NOW)
    known = current(NOW)
    body = shop.get("definitions", "in-force")
    bucket.delete(KEY)
    publish(NOW)
    changed = shop.get("definitions", "in-force")
    assert body is not None
    assert changed is not None

    shop.put("definitions", "in-force", body)
    engine.forget()
    assert current(NOW).journeys.keys() == known.journeys.keys()
    shop.put("definitions", "in-force", changed)
    assert "greeting" in current(NOW + timedelta(seconds=59)).journeys
    assert "greeting" not in current(NOW + timedelta(seconds=61)).journeys


def test_a_publishing_that_was_overtaken_reads_everything_anew(moto: str) -> None:
    bucket.put("shop.yaml", b"url: https://first.example")
    earlier = read_in_force()
    publish(NOW)

    assert put_in_force(InForce(ShopSettings(url="https://stale.example")), earlier) is False
    bucket.put("shop.yaml", b"url: https://second.example")
    publish(NOW)
    assert read_in_force().in_force.settings.url == "https://second.example"


def test_a_problem_told_already_is_not_written_again(moto: str) -> None:
    bucket.put("shop.yaml", b"shop: [")
    publish(NOW)
    (told,) = list(bucket.list_files("shop.yaml.problems"))
    version = bucket.read(told.key)

    publish(NOW)

    assert bucket.read(told.key) == version
