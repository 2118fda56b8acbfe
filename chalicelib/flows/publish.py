"""Putting the bucket's files in force: read, check, play the examples, render samples; what is wrong stays as it was.

What is wrong with a file stands beside it as `<file>.problems.md`, until it is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.content.checking import check_message
from chalicelib.content.template_files import BucketFiles
from chalicelib.definitions.examples import check_examples
from chalicelib.definitions.journey_files import read_journey
from chalicelib.definitions.message_files import message_definition
from chalicelib.definitions.shop_file import read_shop
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Journey
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import DefinitionError, TemplateError
from chalicelib.flows.definitions_in_force import InForce, forget, put_in_force, read_in_force
from chalicelib.storage import bucket

PREFIXES = ("journeys/", "shop.yaml", "templates/")
"""Where definitions stand; the quarantine beside them is not listed."""
PROBLEMS = ".problems.md"
"""An ending that starts no publishing: uploads under templates/ that end in `.txt` do."""

_rendered: dict[str, tuple[MessageDefinition, ShopSettings, dict[str, str]]] = {}
"""What each message was last rendered with and came out well, by its file: a deployment uploads a hundred files, each
of which starts a publishing."""


@dataclass(slots=True)
class Published:
    """What came of a publishing: how many journeys and messages are in force, and each file's problem."""

    journeys: int = 0
    messages: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def publish(now: datetime) -> Published:
    """Read every definition of the bucket and put in force what is right.

    A wrong file is refused with file, line and reason, and the version last in force stays. A message of which a
    template cannot be rendered stays as it was too; the problem is that of the file which the error names.
    """
    before = read_in_force()
    files = {listed.key: listed.etag for prefix in PREFIXES for listed in bucket.list_files(prefix)}
    keys = list(files)
    published = Published()
    settings = _settings(before.settings, keys, published)
    messages = _messages(before.messages, files, settings, published, now)
    definitions = Definitions.of(settings, messages, ())
    journeys = _journeys(before.journeys, keys, definitions, published)
    in_force = InForce(settings, messages, journeys)
    if in_force != before:
        put_in_force(in_force)
    forget()
    _tell(keys, published)
    published.journeys, published.messages = len(journeys), len(messages)
    return published


def _settings(before: ShopSettings, keys: Iterable[str], published: Published) -> ShopSettings:
    if "shop.yaml" not in keys:
        return before
    try:
        return read_shop(_text("shop.yaml"), "shop.yaml")
    except DefinitionError as error:
        published.problems["shop.yaml"] = str(error)
        return before


def _messages(
    before: tuple[MessageDefinition, ...],
    files: dict[str, str],
    settings: ShopSettings,
    published: Published,
    now: datetime,
) -> tuple[MessageDefinition, ...]:
    known = {message.name: message for message in before}
    templates = BucketFiles(bucket.read)
    versions = {key: etag for key, etag in files.items() if key.startswith("templates/")}
    messages = []
    for key in versions:
        folder, _, name = key.rpartition("/")
        if name != "message.yaml":
            continue
        beside = [other.rpartition("/")[2] for other in versions if other.rpartition("/")[0] == folder]
        try:
            message = message_definition(_text(key), key, beside)
            tried = (message, settings, versions)
            if _rendered.get(key) != tried:
                check_message(message, templates, settings, now)
                _rendered[key] = tried
            messages.append(message)
        except (DefinitionError, TemplateError) as error:
            wrong = str(error).partition(":")[0]
            published.problems[wrong if wrong in files else key] = str(error)
            last_good = known.get(folder.rpartition("/")[2])
            if last_good is not None:
                messages.append(last_good)
    return tuple(messages)


def _journeys(
    before: tuple[Journey, ...], keys: list[str], definitions: Definitions, published: Published
) -> tuple[Journey, ...]:
    known = {f"journeys/{journey.name}.yaml": journey for journey in before}
    journeys = []
    for key in keys:
        if not (key.startswith("journeys/") and key.endswith(".yaml")):
            continue
        try:
            journeys.append(_journey(key, definitions))
        except DefinitionError as error:
            published.problems[key] = str(error)
            if key in known:
                journeys.append(known[key])
    return tuple(journeys)


def _journey(key: str, definitions: Definitions) -> Journey:
    text = _text(key)
    journey = read_journey(text, key, definitions.messages)
    if f"journeys/{journey.name}.yaml" != key:
        raise DefinitionError(f"a journey stands in the file of its name: journeys/{journey.name}.yaml", file=key)
    mismatches = list(check_examples(text, key, journey, definitions))
    if mismatches:
        raise DefinitionError("\n".join(str(mismatch) for mismatch in mismatches), file=key)
    return journey


def _text(key: str) -> str:
    file = bucket.read(key)
    assert file is not None
    try:
        return file.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DefinitionError("is not UTF-8 text", file=key) from error


def _tell(keys: list[str], published: Published) -> None:
    for key, problem in published.problems.items():
        bucket.put(f"{key}{PROBLEMS}", f"{problem}\n".encode())
    for key in keys:
        if key.endswith(PROBLEMS) and key.removesuffix(PROBLEMS) not in published.problems:
            bucket.delete(key)
