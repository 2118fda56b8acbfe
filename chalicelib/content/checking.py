"""Trying a message's templates before they go live: every variant, for three sample customers; all that is wrong.

First each file is looked at as it is written, then what is made of it. A mistake that both see is told once.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from time import thread_time
from typing import Any, Final

from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from msgspec import Struct

from chalicelib.content.folder_checks import folder_problems
from chalicelib.content.guard import MAX_SOURCE
from chalicelib.content.link_form import printed_problems, source_problems, stamped, unstamped
from chalicelib.content.made_checks import headers_problems, made_problems
from chalicelib.content.mail_markup import markup_problems
from chalicelib.content.mistakes import explained
from chalicelib.content.occasion import Occasion
from chalicelib.content.parsed_template import Parsed
from chalicelib.content.rendering import NO_WAY_OUT, Templates
from chalicelib.content.sample_links import sample_links, sample_redirect, sample_short_link
from chalicelib.content.samples import SAMPLES, Sample, sample_message
from chalicelib.content.scope import scope
from chalicelib.content.template_files import TemplateFile, TemplateFiles, check_name
from chalicelib.content.template_names import NameCheck
from chalicelib.content.text_files import headers_and_text
from chalicelib.domain.events import Cart, Checkout, Order, Page, Product
from chalicelib.domain.problems import Problem, most
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import DefinitionError, TemplateError

TRIED_SECONDS: Final = 1.0
"""Seconds of the processor that one sample of a variant may take, compiled on the way: a mail of ours takes 0.05."""
ALL_SECONDS: Final = 40.0
"""Seconds of the processor for the trial of all messages, of which ours take 5: the function that publishes has 120
seconds and half a processor (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)."""
_STAND_IN: Final = "Subject: {0}\nPreheader: {0}\n\n{0}"
"""What a text is taken to be that cannot be printed, so that the look of its mail is tried all the same."""


class Tried(Struct, frozen=True):
    """What became of trying a message: what the `full` sample customer gets by each variant that could be rendered,
    and all that is wrong or doubtful, in the order of files and lines."""

    rendered: tuple[Rendered, ...]
    problems: tuple[Problem, ...]

    @property
    def is_right(self) -> bool:
        """Whether the message may go live: doubts do not keep it from that."""
        return all(problem.severity == "warning" for problem in self.problems)


class Case(Struct, frozen=True):
    """What is tried: one variant of a message, by these files and settings."""

    definition: MessageDefinition
    files: TemplateFiles
    settings: ShopSettings
    now: datetime
    channel: str
    locale: str

    @property
    def main(self) -> str:
        """The name of its files, without what they end in."""
        return f"{self.definition.name}/{self.channel}.{self.locale}"


def check_message(
    definition: MessageDefinition,
    files: TemplateFiles,
    settings: ShopSettings,
    now: datetime,
    *,
    trial: Trial | None = None,
    names: Collection[str] = (),
) -> Tried:
    """Try every variant of a message for every sample customer.

    `trial` has compiled files for other messages already; `names` are the files in the message's folder. Raises
    StorageUnavailableError when the files cannot be read, DefinitionError when the trial has taken too long before.
    """
    trial = trial or Trial()
    found = list(folder_problems(definition, names, settings))
    rendered = []
    for variant in definition.variants:
        channel, _, locale = variant.partition(".")
        made, problems = trial.of(Case(definition, files, settings, now, channel, locale))
        found += problems
        rendered += [made] if made else []
    return Tried(tuple(rendered), tuple(most(found)))


class Trial(Templates):
    """Renders as sending does, and notes what is wrong on the way. One serves many messages: it keeps what it compiled,
    and has `seconds` of this thread's processor time for them all."""

    most_seconds = TRIED_SECONDS

    def __init__(self, seconds: float = ALL_SECONDS) -> None:
        super().__init__()
        self._seconds, self._until = seconds, thread_time() + seconds
        self._environment.loader = _StampingLoader()
        self._environment.trees = {}
        self._parsed: dict[tuple[str, str], Parsed | TemplateError] = {}
        self._of_file: dict[tuple[str, str, str], list[Problem]] = {}
        self._problems: list[Problem] = []
        self._asked_for: set[str] = set()
        self._looked_at: set[str] = set()
        self._is_hopeless = False
        self._sample = self._shop_url = ""

    def of(self, case: Case) -> tuple[Rendered | None, list[Problem]]:
        """What the `full` sample customer gets of a variant, if anything, and what is wrong or doubtful in it.

        Raises DefinitionError when there is no time left for it.
        """
        if thread_time() > self._until:
            reason = f"is not tried yet: what was tried before took {self._seconds:g} s; mend what is said to be slow"
            raise DefinitionError(reason, file=f"templates/{case.definition.name}/message.yaml")
        self._problems, self._asked_for, self._looked_at = [], set(), set()
        self._is_hopeless, self._shop_url = False, case.settings.url
        full, *others = SAMPLES
        made = self._made_for(full, case)
        for sample in others:
            self._made_for(sample, case)
        if "code" in self._asked_for:
            without = Sample(f"{full.name}, without a code", full.customer, full.event, False, full.recommendations)
            self._made_for(without, case)
        return made, self._problems

    def _made_for(self, sample: Sample, case: Case) -> Rendered | None:
        if self._is_hopeless:
            return None
        message = sample_message(case.definition, code=sample.code)
        links = sample_links(message, case.definition, case.channel, case.now)
        occasion = Occasion(
            message, case.definition, sample.customer, sample.event, case.settings, links, case.now, case.locale,
            sample.recommend, shorten=sample_short_link,
            redirect=sample_redirect(message, case.settings, case.channel, case.now),
        )
        self._sample = sample.name
        try:
            made = self.render(occasion, case.channel, case.files)
        except TemplateError as error:
            self.fault(error, f"{case.main}.txt")
            return None
        for ending, severity, text in made_problems(made, case.definition, sample.name):
            problem = Problem(f"templates/{case.main}.{ending}", 1, text, severity)
            if not any(other.file == problem.file and _alike(other.text, text) for other in self._problems):
                self.add(problem)
        return made

    def add(self, problem: Problem) -> None:
        """Note a problem, unless it is known: by its very words, or as one that the files show as they are written."""
        same = (
            other for other in self._problems
            if (other.file, other.line) == (problem.file, problem.line) and other.text.startswith(problem.text)
        )
        if next(same, None) is None:
            self._problems.append(problem)

    def fault(self, error: TemplateError, main: str) -> None:
        """Note what kept a sample from being rendered. After a limit was reached nothing more of the variant is tried:
        each further sample would take as long again."""
        self._is_hopeless |= isinstance(error.__cause__, SecurityError | RecursionError | MemoryError)
        file, line = error.file or main, error.line
        self.add(self._for_sample(Problem(f"templates/{file}", line, error.reason, column=error.column)))

    def parse(self, name: str) -> Parsed | None:
        """A file as it is written, of the rendering under way; None where there is none, or where it cannot be parsed:
        what is wrong with it is noted then."""
        try:
            check_name(name)
        except TemplateError:
            return None
        file = scope().files.read(name)
        if file is None:
            return None
        key = (file.name, file.version)
        if key not in self._parsed:
            try:
                tree = self._environment.parsed(_with_places(file), name, name)
                self._parsed[key] = Parsed.of(name, file.text, tree)
            except (TemplateSyntaxError, ValueError, RecursionError) as error:
                wrong = explained(error, name)
                if not isinstance(wrong, TemplateError):
                    raise
                self._parsed[key] = wrong
        parsed = self._parsed[key]
        if isinstance(parsed, TemplateError):
            raise parsed
        return parsed

    def _print(self, name: str, values: dict[str, Any]) -> str:
        if name not in self._looked_at:
            self._looked_at.add(name)
            self._look_at(name, values)
        if name.endswith(".mjml"):
            markup = super()._print(name, values)
            for problem in printed_problems(markup):
                self.add(self._for_sample(problem))
            return unstamped(markup)
        channel = name.rpartition("/")[2].partition(".")[0]
        try:
            printed = super()._print(name, values)
            headers, text = headers_and_text(printed, channel, name)
        except TemplateError as error:
            if channel != "email":
                raise
            self.fault(error, name)
            return _STAND_IN.format(values["links"].unsubscribe or "-")
        as_printed = (line.partition(":") for line in printed.strip().partition("\n\n")[0].splitlines())
        headers |= {header: value.strip() for header, _, value in as_printed if header in headers}  # not cut off
        for header, severity, reason in headers_problems(channel, headers, self._sample):
            self.add(self._for_sample(Problem(f"templates/{name}", _line_of(name, header), reason, severity)))
        if channel == "email" and values["marketing"] and values["links"].unsubscribe not in text:
            self.add(Problem(f"templates/{name}", 1, NO_WAY_OUT.format("txt")))
        return printed

    def _for_sample(self, problem: Problem) -> Problem:
        """The problem, saying for which sample it is one when it is none for the first, and is not known yet."""
        if self._sample == SAMPLES[0].name or any(
            (other.file, other.line) == (problem.file, problem.line) and other.text.startswith(problem.text)
            for other in self._problems
        ):
            return problem
        text = f"{problem.text} (for the sample customer `{self._sample}`)"
        return Problem(problem.file, problem.line, text, problem.severity, problem.column)

    def _look_at(self, name: str, values: dict[str, Any]) -> None:
        """Look at a file, and at all that it includes or extends, as they are written."""
        names = NameCheck(self._environment, self.parse_quietly)
        names.check(name, values, cart=Cart, checkout=Checkout, order=Order, product=Product, page=Page)
        self._problems += names.problems
        self._asked_for |= names.asked_for
        for read in sorted(names.read | {name}):
            file = scope().files.read(read)
            if file is not None and len(file.text) <= MAX_SOURCE:
                self._problems += self._written(file)

    def parse_quietly(self, name: str) -> Parsed | None:
        """A file as it is written; one that cannot be parsed is noted, and taken to be empty."""
        try:
            return self.parse(name)
        except TemplateError as error:
            self.fault(error, name)
            return Parsed.of(name, "", self._environment.parsed("", name, name))

    def _written(self, file: TemplateFile) -> list[Problem]:
        key = (file.name, file.version, self._shop_url)
        if key not in self._of_file:
            found = markup_problems(file) if file.name.endswith(".mjml") else []
            self._of_file[key] = [*found, *source_problems(file, self._shop_url)]
        return self._of_file[key]


def _alike(one: str, other: str) -> bool:
    """Whether two problems are one but for its figures: `takes 3 parts for …`, `takes 4 parts for …`."""
    return re.split(r"\d", one, maxsplit=1)[0] == re.split(r"\d", other, maxsplit=1)[0]


def _with_places(file: TemplateFile) -> str:
    """The text that is parsed; one too large is refused there, and not looked through before."""
    return stamped(file) if file.name.endswith(".mjml") and len(file.text) <= MAX_SOURCE else file.text


def _line_of(name: str, header: str) -> int:
    """The line of a text file in which a header stands."""
    file = scope().files.read(name)
    lines = file.text.splitlines() if file else []
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{header}:")), 1)


class _StampingLoader(BaseLoader):
    """Gives Jinja the files of the rendering under way, the places of their links noted in them."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:  # noqa: ARG002
        name = template.partition("@")[0]
        file = scope().files.read(name)
        if file is None:
            raise TemplateNotFound(name)
        return _with_places(file), name, None
