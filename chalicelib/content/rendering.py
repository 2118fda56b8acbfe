"""From a message and its templates to words: what one customer reads by one channel, in their language.

A variant is one file, except for email, which is two: `email.<locale>.mjml` is the look, `email.<locale>.txt` the
subject, preheader and plain text. Text files begin with headers, as mails do, then a blank line, then the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from jinja2 import BaseLoader, Environment, TemplateNotFound

from chalicelib.content import formats
from chalicelib.content.cleaning import clean_url
from chalicelib.content.filters import FILTERS
from chalicelib.content.languages import pick_locale
from chalicelib.content.link_marks import marks_of
from chalicelib.content.mail_markup import compile_mjml
from chalicelib.content.mistakes import explained
from chalicelib.content.occasion import Lead, Links, Occasion
from chalicelib.content.sandbox import MAX_SECONDS, Sandbox
from chalicelib.content.scope import Scope, rendering, scope
from chalicelib.content.template_files import TemplateFile, TemplateFiles
from chalicelib.content.text_files import headers_and_text
from chalicelib.content.values import values_of
from chalicelib.domain.customer import Profile
from chalicelib.domain.locales import language_of
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.domain.timing import zone_of
from chalicelib.errors import TemplateError

_KEPT: Final = 1000
"""Compiled template files kept in memory: those of a shop, in a few versions."""
NO_WAY_OUT: Final = "shows no unsubscribe link: include `blocks/footer.{}`"


class Templates:
    """Renders messages. Each version of a file is compiled once and kept."""

    most_seconds = MAX_SECONDS
    """Seconds of the processor that one rendering may take."""

    def __init__(self) -> None:
        self._environment = _Versioned(loader=_Loader(), cache_size=_KEPT, auto_reload=False)
        self._environment.filters.update(FILTERS)

    def render(
        self, occasion: Occasion, channel: str, files: TemplateFiles, read: set[str] | None = None,
    ) -> Rendered:
        """The message as this customer gets it by this channel, from these files.

        `read` is given the names of the customer's fields that the templates read.
        The language is the occasion's, else the customer's, else the shop's, else any there is. Raises TemplateError
        with file and line when a template is missing or wrong, StorageUnavailableError when the files cannot be read.
        """
        definition, settings = occasion.definition, occasion.settings
        wanted = occasion.locale or occasion.customer.profile.locale
        locale = pick_locale(wanted, channel, definition.variants, settings.locale)
        zone, marks = zone_of(occasion.customer.profile, settings), marks_of(occasion, channel)
        under_way = Scope(
            occasion.now, locale, zone, files, {}, marks, occasion.shorten, set() if read is None else read,
        )
        with rendering(under_way, self.most_seconds):
            values = values_of(occasion, under_way)
            values["words"] = self._words(locale, settings)
            name = f"{definition.name}/{channel}.{locale}"
            headers, text = headers_and_text(self._print(f"{name}.txt", values), channel, f"{name}.txt")
            if channel == "email":
                return self._mail(occasion, values, headers, text, name)
            if channel == "sms":
                plain = text.replace(formats.NBSP, " ")  # GSM 03.38 has none: one would double the parts of a message
                return Rendered(channel, locale, text=plain, template_version=_version(under_way.used))
            if channel == "telegram":
                button = headers["Button"]
                return Rendered(
                    channel, locale, text=marks.in_text(text), button=button, image=clean_url(headers["Image"]),
                    url=_led(headers["Link"], settings.url if button else "", occasion.redirect),
                    template_version=_version(under_way.used),
                )
            return Rendered(
                channel, locale, title=headers["Title"], body=text,
                url=_led(headers["Link"], settings.url, occasion.redirect),
                image=clean_url(headers["Image"]), template_version=_version(under_way.used),
            )

    def _mail(
        self, occasion: Occasion, values: dict[str, Any], headers: dict[str, str], text: str, name: str,
    ) -> Rendered:
        subject, preheader = headers["Subject"], headers["Preheader"]
        markup = self._print(f"{name}.mjml", values | {"subject": subject, "preheader": preheader})
        html = scope().marks.in_html(compile_mjml(markup, f"{name}.mjml", _files_used()), occasion.redirect)
        text = scope().marks.in_text(text)
        _check_ways_out(occasion.definition, occasion.links, html, text, name)
        return Rendered(
            "email", scope().locale, subject=subject, preheader=preheader, html=html, text=text,
            template_version=_version(scope().used),
        )

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters that templates have, for the guide and the console."""
        return tuple(sorted(name for name in self._environment.filters if name.isidentifier()))

    def _print(self, name: str, values: dict[str, Any]) -> str:
        try:
            return self._environment.get_template(self._environment.join_path(name, "")).render(values)
        except Exception as error:
            raise explained(error, name) from error

    def _words(self, locale: str, settings: ShopSettings) -> dict[str, str]:
        """The words of the shared blocks, `name: words` a line, in this language or one it falls back to."""
        tried = [locale, language_of(locale), settings.locale, language_of(settings.locale), "en"]
        for candidate in dict.fromkeys(tried):
            file = scope().files.read(f"blocks/words.{candidate}.txt")
            if file is not None:
                scope().used[file.name] = file.version
                return _words_of(file.text)
        return {}


@lru_cache(maxsize=16)
def _words_of(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {name.strip(): words.strip() for name, _, words in pairs}


class _Versioned(Sandbox):
    """The sandbox, knowing each file by its name and version: what is compiled never goes stale, and messages that are
    rendered from different versions of a block share what they can."""

    def join_path(self, template: str, parent: str) -> str:  # noqa: ARG002
        """The key of a file as the rendering under way sees it: `<name>@<version>`."""
        file = scope().files.read(template)
        if file is None:
            raise TemplateNotFound(template)
        scope().used[template] = file.version
        return f"{template}@{file.version}"

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value's part; of the customer's it is noted which were read."""
        if type(obj) is Profile:
            scope().read.add(attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The same in brackets."""
        if isinstance(obj, Profile):
            scope().read.add(str(argument))
        return super().getitem(obj, argument)

    def escapes(self, name: str | None) -> bool:
        """All but `.txt` is escaped; the version is no part of the name."""
        return super().escapes((name or "").partition("@")[0])


class _Loader(BaseLoader):
    """Gives Jinja the files of the rendering under way."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, None]:  # noqa: ARG002
        name = template.partition("@")[0]
        file = scope().files.read(name)
        if file is None:
            raise TemplateNotFound(name)
        return file.text, name, None


def _led(header: str, otherwise: str, redirect: Lead | None) -> str:
    """Where a push or a button leads: what the file's header says, marked, and over the redirect if there is one."""
    marks = scope().marks
    url = marks.marked(clean_url(header) or otherwise)
    return redirect(url) if redirect is not None and marks.leads_to_shop(url) else url


def _files_used() -> Iterator[TemplateFile]:
    for name in scope().used:
        file = scope().files.read(name)
        if file is not None:
            yield file


def _check_ways_out(definition: MessageDefinition, links: Links, html: str, text: str, name: str) -> None:
    """Marketing mail shows its way out in both parts (CAN-SPAM, 15 USC 7704(a)(3); GDPR, article 7(3))."""
    if definition.category != "marketing" or not links.unsubscribe:
        return
    for part, ending in ((html, "mjml"), (text, "txt")):
        if links.unsubscribe not in part:
            raise TemplateError(NO_WAY_OUT.format(ending), file=f"{name}.{ending}", line=1)


def _version(used: dict[str, str]) -> str:
    """The versions of a rendering's files as one: the main text's version, then a hash of all names and versions."""
    main = next(version for name, version in used.items() if not name.startswith("blocks/"))
    listed = "\n".join(f"{name} {version}" for name, version in sorted(used.items()))
    return f"{main}/{blake2b(listed.encode(), digest_size=4).hexdigest()}"
