"""From a message and its templates to words: what one customer reads by one channel, in their language.

A variant is one file, except for email, which is two: `email.<locale>.mjml` is the look, `email.<locale>.txt` the
subject, preheader and plain text. Text files begin with headers, as mails do, then a blank line, then the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.exceptions import SecurityError, TemplateRuntimeError, TemplateSyntaxError
from msgspec import Struct

from chalicelib.content import formats
from chalicelib.content.cleaning import clean, clean_text, clean_url
from chalicelib.content.mail_markup import compile_mjml
from chalicelib.content.sandbox import Budget, Sandbox, budget
from chalicelib.content.template_files import TemplateFile, TemplateFiles
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event
from chalicelib.domain.messages import Message, code_value
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.domain.timing import zone_of
from chalicelib.errors import TemplateError

MAX_SUBJECT: Final = 200
"""Characters of a subject or push title; mail programs show 40 to 80."""

_HEADERS: Final = {
    "email": ("Subject", "Preheader"),
    "sms": (),
    "push": ("Title", "Link", "Image"),
    "web-push": ("Title", "Link", "Image"),
}
"""The headers that a channel's text file may begin with; the first one is required."""


class Links(Struct, frozen=True):
    """The links of one message that lead to the public pages (see content/links.py); whole URLs."""

    unsubscribe: str = ""
    preferences: str = ""


class PromoCode(Struct, frozen=True):
    """The promo code of a message as templates see it: `discount` in words, `expires_at` in the reader's zone."""

    value: str
    discount: str
    expires_at: datetime


class _Scope(Struct):
    """What filters and the loader need to know of the rendering under way."""

    now: datetime
    locale: str
    zone: ZoneInfo
    used: dict[str, str]


_TEMPLATES_FAULT: Final = (
    TemplateRuntimeError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError,
)
"""What running a wrong template raises."""

_scope: ContextVar[_Scope] = ContextVar("rendering")


class Templates:
    """The templates of one place, compiled and kept; a changed file is compiled anew when the place shows it."""

    def __init__(self, files: TemplateFiles) -> None:
        self._files = files
        self._sandbox = Sandbox(loader=_Loader(files), cache_size=200)
        self._sandbox.filters.update(money=_money, date=_date, moment=_moment, plural=_plural)

    def render(  # noqa: PLR0917  (a message and all it is made of, in the order of the domain)
        self,
        message: Message,
        definition: MessageDefinition,
        customer: Customer,
        event: Event | None,
        settings: ShopSettings,
        channel: str,
        links: Links,
        *,
        now: datetime,
        locale: str = "",
    ) -> Rendered:
        """The message as this customer gets it by this channel, at `now` (promo codes expire counted from it).

        `event` is the one whose cart or order is shown. The language is `locale` (a preview's), else the customer's,
        else the shop's, else any there is. Raises TemplateError with file and line when a template is missing or
        wrong, StorageUnavailableError when the bucket cannot be read.
        """
        chosen = pick_locale(locale or customer.profile.locale, channel, definition.variants, settings.locale)
        scope = _Scope(now, chosen, zone_of(customer.profile, settings), {})
        with _rendering(scope):
            values = _values(
                message, customer=customer, event=event, settings=settings, links=links, scope=scope
            )
            values["words"] = self._words(chosen, settings)
            name = f"{definition.name}/{channel}.{chosen}"
            headers, text = _split(self._print(f"{name}.txt", values), channel, f"{name}.txt")
            if channel == "email":
                values |= {"subject": headers["Subject"], "preheader": headers["Preheader"]}
                markup = self._print(f"{name}.mjml", values)
                html = compile_mjml(markup, f"{name}.mjml", self._sources(scope))
                _check_ways_out(definition, links, html, text, name)
                return Rendered(
                    channel, chosen, subject=headers["Subject"], preheader=headers["Preheader"], html=html, text=text,
                    template_version=_version(scope.used),
                )
            if channel == "sms":
                plain = text.replace(formats.NBSP, " ")  # GSM 03.38 has none: one would double the parts of a message
                return Rendered(channel, chosen, text=plain, template_version=_version(scope.used))
            return Rendered(
                channel, chosen, title=headers["Title"], body=text, url=clean_url(headers["Link"]) or settings.url,
                image=clean_url(headers["Image"]), template_version=_version(scope.used),
            )

    @property
    def filters(self) -> tuple[str, ...]:
        """The names of the filters that templates have, for the guide and the console."""
        return tuple(sorted(self._sandbox.filters))

    def _print(self, name: str, values: dict[str, Any]) -> str:
        try:
            return self._sandbox.get_template(name).render(values)
        except Exception as error:
            raise _explained(error, name) from error

    def _words(self, locale: str, settings: ShopSettings) -> dict[str, str]:
        """The words of the shared blocks, `name: words` a line, in this language or one it falls back to."""
        tried = [locale, formats.language_of(locale), settings.locale, formats.language_of(settings.locale), "en"]
        for candidate in dict.fromkeys(tried):
            file = self._files.read(f"blocks/words.{candidate}.txt", _scope.get().now)
            if file is not None:
                _scope.get().used[file.name] = file.version
                pairs = (line.partition(":") for line in file.text.splitlines() if ":" in line)
                return {name.strip(): words.strip() for name, _, words in pairs}
        return {}

    def _sources(self, scope: _Scope) -> Iterator[TemplateFile]:
        for name in scope.used:
            file = self._files.read(name, scope.now)
            if file is not None:
                yield file


def pick_locale(wanted: str, channel: str, variants: Iterable[str], shop_locale: str) -> str:
    """The locale of the variant to use, from those there are (`email.ru`, …), for a wanted one (`ru-RU`, `pt_BR`).

    The locale itself, its language, any of its language; then the same for the shop's locale; then the first there is.
    Raises TemplateError when the channel has none.
    """
    there = sorted(variant.removeprefix(f"{channel}.") for variant in variants if variant.startswith(f"{channel}."))
    if not there:
        raise TemplateError(f"there is no template for {channel}: add a file `{channel}.<locale>.txt`")
    by_plain_name = {locale.replace("_", "-").lower(): locale for locale in reversed(there)}
    for locale in (wanted, shop_locale):
        language = formats.language_of(locale)
        for plain in (locale.replace("_", "-").lower(), language):
            if plain in by_plain_name:
                return by_plain_name[plain]
        for plain, found in sorted(by_plain_name.items()):
            if language and formats.language_of(plain) == language:
                return found
    return there[0]


class _Loader(BaseLoader):
    """Gives Jinja the files of a place, and notes which were used in which version."""

    def __init__(self, files: TemplateFiles) -> None:
        self._files = files

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:  # noqa: ARG002
        file = self._files.read(template, _scope.get().now)
        if file is None:
            raise TemplateNotFound(template)
        version = file.version
        _scope.get().used[template] = version

        def is_current() -> bool:
            scope = _scope.get()
            newest = self._files.read(template, scope.now)
            if newest is None or newest.version != version:
                return False
            scope.used[template] = version
            return True

        return file.text, template, is_current


@contextmanager
def _rendering(scope: _Scope) -> Iterator[None]:
    scope_before, budget_before = _scope.set(scope), budget.set(Budget())
    try:
        yield
    finally:
        _scope.reset(scope_before)
        budget.reset(budget_before)


def _values(
    message: Message, *, customer: Customer, event: Event | None, settings: ShopSettings, links: Links, scope: _Scope
) -> dict[str, Any]:
    """Everything a template can read, all of it clean (docs/templates.md lists it)."""
    shown = clean(event) if event is not None else None
    code = message.code and PromoCode(
        code_value(message.code.code_id or message.message_id),
        _percent(clean_text(message.code.discount), scope.locale),
        (message.code.expires_at or scope.now + timedelta(seconds=message.code.valid)).astimezone(scope.zone),
    )
    values: dict[str, Any] = {
        "customer": clean(customer.profile), "shop": clean(settings), "links": links, "code": code,
        "locale": scope.locale, "now": scope.now.astimezone(scope.zone), "marketing": message.category == "marketing",
        "data": shown.data if shown else {},
    }
    for part in ("cart", "checkout", "order", "product", "page"):
        values[part] = getattr(shown, part, None)
    return values


def _percent(discount: str, locale: str) -> str:
    """The percent sign as the language sets it (CLDR percent patterns): `10 %` in Russian, `10%` in English."""
    return re.sub(r"\s*%", formats.NBSP + "%" if formats.language_of(locale) == "ru" else "%", discount)


def _split(printed: str, channel: str, name: str) -> tuple[dict[str, str], str]:
    """The headers and the text of a printed text file. Raises TemplateError for an unknown or missing header."""
    known = _HEADERS[channel]
    headers = dict.fromkeys(known, "")
    text = printed
    if known:
        head, _, text = printed.strip().partition("\n\n")
        for number, line in enumerate(head.splitlines(), 1):
            key, colon, value = line.partition(":")
            if not colon or key not in headers:
                wanted = ", ".join(known)
                raise TemplateError(f"templates/{name}:{number}: begins with the headers {wanted}, then a blank line")
            headers[key] = clean_text(value)
        if not headers[known[0]]:
            raise TemplateError(f"templates/{name}:1: the header {known[0]} is missing or empty")
        headers[known[0]] = headers[known[0]][:MAX_SUBJECT]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip()
    if not text:
        raise TemplateError(f"templates/{name}:1: has no text")
    return headers, text


def _check_ways_out(definition: MessageDefinition, links: Links, html: str, text: str, name: str) -> None:
    """Marketing mail shows its way out in both parts (CAN-SPAM, 15 USC 7704(a)(3); GDPR, article 7(3))."""
    if definition.category != "marketing" or not links.unsubscribe:
        return
    for part, ending in ((html, "mjml"), (text, "txt")):
        if links.unsubscribe not in part:
            reason = f"shows no unsubscribe link: include `blocks/footer.{ending}`"
            raise TemplateError(f"templates/{name}.{ending}:1: {reason}")


def _version(used: dict[str, str]) -> str:
    """The versions of a rendering's files as one: the main text's version, then a hash of all names and versions."""
    main = next(version for name, version in used.items() if not name.startswith("blocks/"))
    listed = "\n".join(f"{name} {version}" for name, version in sorted(used.items()))
    return f"{main}/{blake2b(listed.encode(), digest_size=4).hexdigest()}"


def _explained(error: Exception, name: str) -> Exception:
    """The error as a TemplateError with file and line; what is not the template's fault comes back as it is."""
    if isinstance(error, TemplateSyntaxError):
        return TemplateError(f"templates/{error.filename or error.name or name}:{error.lineno}: {error.message}")
    place = name
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith((".mjml", ".txt")):  # Jinja makes its frames point at the template's own lines
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    if isinstance(error, TemplateError):
        return error if str(error).startswith("templates/") else TemplateError(f"templates/{place}: {error}")
    if isinstance(error, TemplateNotFound):
        return TemplateError(f"templates/{place}: there is no file templates/{error.name}")
    if isinstance(error, RecursionError):
        return TemplateError(f"templates/{place}: calls or includes itself without end")
    if isinstance(error, _TEMPLATES_FAULT):
        return TemplateError(f"templates/{place}: {error}")
    return error


def _money(amount: Decimal | int, currency: str) -> str:
    return formats.money(amount, currency, _scope.get().locale)


def _local(value: date) -> date:
    return value.astimezone(_scope.get().zone) if isinstance(value, datetime) else value


def _date(value: date | str, *, year: bool = False) -> str:
    """A date in words; `data` holds dates as texts (ISO 8601), for JSON has no other."""
    known = date.fromisoformat(value) if isinstance(value, str) else value
    return formats.day(_local(known), _scope.get().locale, year=year)


def _moment(value: datetime) -> str:
    return formats.moment(value.astimezone(_scope.get().zone), _scope.get().locale)


def _plural(count: int, *forms: str) -> str:
    return formats.plural(count, _scope.get().locale, forms)
