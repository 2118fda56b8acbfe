"""The words of the console's pages, in English and Russian."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "ru")

TEXTS: Mapping[str, tuple[str, str]] = {
    "customers": ("Customers", "Покупатели"),
    "search": ("Search", "Найти"),
    "search-label": ("Email, phone or customer id", "Почта, телефон или номер покупателя"),
    "nobody-found": ("Nobody is known by that.", "Такого покупателя нет."),
    "nobody-yet": ("No customers yet", "Покупателей пока нет"),
    "nobody-yet-help": (
        "A customer appears with the first event that names somebody: a sign-up, an order, a checkout.",
        "Покупатель появляется с первым событием, в котором кто-то назван: подписка, заказ, оформление.",
    ),
    "last-seen": ("Last heard of", "Последнее событие"),
    "orders": ("Orders", "Заказы"),
    "in-journeys": ("In journeys", "В сценариях"),
    "anonymous": ("Unnamed visitor", "Безымянный посетитель"),
    "timeline": ("Timeline", "Хронология"),
    "timeline-empty": ("Nothing has happened yet.", "Пока ничего не произошло."),
    "profile": ("Profile", "Профиль"),
    "email": ("Email", "Почта"),
    "sms": ("SMS", "SMS"),
    "push": ("Push", "Пуш"),
    "web-push": ("Web push", "Веб-пуш"),
    "city": ("City", "Город"),
    "locale": ("Language", "Язык"),
    "time-zone": ("Time zone", "Часовой пояс"),
    "tags": ("Tags", "Метки"),
    "spent": ("Spent", "Потрачено"),
    "cart": ("Cart", "Корзина"),
    "first-seen": ("Known since", "Известен с"),
    "pieces": ("pcs", "шт."),
    "consents": ("Consent", "Согласия"),
    "consents-empty": (
        "None given: only order updates may be sent.", "Не дано: можно писать только о заказах.",
    ),
    "given": ("given", "дано"),
    "withdrawn": ("withdrawn", "отозвано"),
    "all-topics": ("all topics", "все темы"),
    "suppressed": ("nothing goes there", "туда не пишем"),
    "journeys-now": ("In these journeys now", "Сейчас в сценариях"),
    "journeys-now-empty": ("In no journey just now.", "Сейчас ни в одном сценарии."),
    "stands-at": ("stands at", "на шаге"),
    "wakes": ("goes on", "дальше"),
    "on-an-event": ("when something happens", "когда что-нибудь произойдёт"),
    "entered": ("entered", "начало"),
    "journeys-past": ("Journeys entered so far", "Пройденные сценарии"),
    "times": ("times", "раз"),
    "show-technical": ("Show timers and feedback", "Показать таймеры и отклики"),
    "hide-technical": ("Hide timers and feedback", "Скрыть таймеры и отклики"),
    "why-link": ("Why?", "Почему?"),
    "as-sent": ("as it was sent", "как было отправлено"),
    "merged-into": ("This profile has been merged into another one.", "Этот профиль слит с другим."),
    "open-it": ("Open it", "Открыть"),
    "journey": ("journey", "сценарий"),
    "step": ("step", "шаг"),
    "cost": ("cost", "стоимость"),
    "until": ("until", "до"),
    "delivered": ("delivered", "доставлено"),
    "opened": ("opened", "открыто"),
    "clicked": ("clicked", "переход"),
    "bounced": ("bounced", "не доставлено"),
    "complained": ("marked as spam", "жалоба на спам"),
    "source": ("source", "источник"),
    "not-found": ("Not found", "Не найдено"),
    "customer-not-found": (
        "There is no such customer. Look at the list of customers.",
        "Такого покупателя нет. Посмотрите список покупателей.",
    ),
    "message": ("Message", "Сообщение"),
    "skip-link": ("Skip to the content", "К содержанию"),
}

STATUSES: Mapping[str, tuple[str, str]] = {
    "deferred": ("put off", "отложено"),
    "queued": ("on its way", "в очереди"),
    "claimed": ("being sent", "отправляется"),
    "retrying": ("to be tried again", "повторим"),
    "sent": ("sent", "отправлено"),
    "skipped": ("not sent", "не отправлено"),
    "failed": ("failed", "ошибка"),
    "unknown": ("outcome unknown", "исход неизвестен"),
}

REASONS: Mapping[str, tuple[str, str]] = {
    "no-consent": ("no consent for this channel and topic", "нет согласия на этот канал и тему"),
    "suppressed": ("the address no longer takes mail", "адрес больше не принимает писем"),
    "no-channel": ("no address that it could go to", "нет адреса, куда отправить"),
    "frequency-cap": ("enough has been sent lately", "за последнее время отправлено достаточно"),
    "quiet-hours-drop": ("it is night there", "там ночь"),
    "too-late": ("the moment has passed", "момент упущен"),
    "filter": ("the customer no longer fits the journey", "покупатель больше не подходит сценарию"),
    "holdout": ("in the control group", "в контрольной группе"),
    "budget": ("the budget is used up", "бюджет исчерпан"),
    "out-of-stock": ("sold out", "нет в наличии"),
    "code-pool-empty": ("no promo codes left", "промокоды кончились"),
    "template-error": ("the template has an error", "ошибка в шаблоне"),
    "journey-paused": ("the journey is paused", "сценарий на паузе"),
    "expired": ("it has expired", "срок истёк"),
}

EVENTS: Mapping[str, tuple[str, str]] = {
    "page.viewed": ("Looked at a page", "Просмотр страницы"),
    "category.viewed": ("Looked at a category", "Просмотр раздела"),
    "search.performed": ("Searched", "Поиск"),
    "product.viewed": ("Looked at a product", "Просмотр товара"),
    "wishlist.added": ("Put on the wish list", "Добавлено в избранное"),
    "wishlist.removed": ("Took off the wish list", "Убрано из избранного"),
    "cart.updated": ("Changed the cart", "Корзина изменена"),
    "cart.emptied": ("Emptied the cart", "Корзина очищена"),
    "checkout.started": ("Began the checkout", "Начато оформление"),
    "checkout.updated": ("Went on with the checkout", "Оформление продолжено"),
    "checkout.completed": ("Finished the checkout", "Оформление завершено"),
    "checkout.deleted": ("Checkout removed", "Оформление удалено"),
    "order.placed": ("Ordered", "Заказ сделан"),
    "order.paid": ("Order paid", "Заказ оплачен"),
    "order.packed": ("Order packed", "Заказ собран"),
    "order.shipped": ("Order shipped", "Заказ отправлен"),
    "order.at-pickup-point": ("Order at the pickup point", "Заказ в пункте выдачи"),
    "order.delayed": ("Order delayed", "Заказ задерживается"),
    "order.delivered": ("Order delivered", "Заказ доставлен"),
    "order.cancelled": ("Order cancelled", "Заказ отменён"),
    "order.returned": ("Order refunded", "Возврат по заказу"),
    "customer.created": ("Signed up", "Регистрация"),
    "customer.updated": ("Profile updated", "Профиль изменён"),
    "customer.identified": ("Recognised", "Посетитель узнан"),
    "customer.merged": ("Merged into another profile", "Профиль слит с другим"),
    "customer.absorbed": ("Took in another profile", "Профиль дополнен другим"),
    "customer.redaction-requested": ("Erasure requested", "Запрошено удаление данных"),
    "customer.export-requested": ("Export requested", "Запрошена выгрузка данных"),
    "consent.given": ("Gave consent", "Согласие дано"),
    "consent.withdrawn": ("Withdrew consent", "Согласие отозвано"),
    "endpoint.registered": ("Allowed notifications", "Уведомления разрешены"),
    "endpoint.gone": ("Device no longer reachable", "Устройство недоступно"),
    "message.sent": ("Message sent", "Сообщение отправлено"),
    "message.skipped": ("Message not sent", "Сообщение не отправлено"),
    "message.failed": ("Message failed", "Ошибка отправки"),
    "message.delivered": ("Message delivered", "Сообщение доставлено"),
    "message.opened": ("Opened a message", "Сообщение открыто"),
    "message.clicked": ("Followed a link", "Переход по ссылке"),
    "message.bounced": ("Message bounced", "Письмо вернулось"),
    "message.complained": ("Marked as spam", "Жалоба на спам"),
    "timer.due": ("Timer went off", "Сработал таймер"),
    "review.submitted": ("Wrote a review", "Оставлен отзыв"),
}

_MONTHS = (
    ("Jan", "янв."), ("Feb", "февр."), ("Mar", "марта"), ("Apr", "апр."), ("May", "мая"), ("Jun", "июня"),
    ("Jul", "июля"), ("Aug", "авг."), ("Sep", "сент."), ("Oct", "окт."), ("Nov", "нояб."), ("Dec", "дек."),
)
_WEEKDAYS = (
    ("Mon", "пн"), ("Tue", "вт"), ("Wed", "ср"), ("Thu", "чт"), ("Fri", "пт"), ("Sat", "сб"), ("Sun", "вс"),
)


class Wording:
    """The words in one language; an unknown key is shown as it is, so that a shop's own names appear."""

    def __init__(self, language: str, *more: Mapping[str, tuple[str, str]]) -> None:
        """`language` is one of `LANGUAGES`; `more` are tables of words besides `TEXTS`."""
        self.language = language
        self._index = LANGUAGES.index(language)
        self._tables = (TEXTS, *more)

    def __call__(self, key: str) -> str:
        """The text of a page."""
        return next((table[key][self._index] for table in self._tables if key in table), key)

    def status(self, status: str) -> str:
        """What has become of a message."""
        return self._of(STATUSES, status)

    def reason(self, reason: str) -> str:
        """Why a message was not sent."""
        return self._of(REASONS, reason)

    def event(self, name: str) -> str:
        """What happened."""
        return self._of(EVENTS, name)

    def day(self, moment: datetime, zone: ZoneInfo) -> str:
        """A day as people write it: `Mon 2 Mar 2026`."""
        local = moment.astimezone(zone)
        weekday, month = _WEEKDAYS[local.weekday()][self._index], _MONTHS[local.month - 1][self._index]
        return f"{weekday} {local.day} {month} {local.year}"

    def time(self, moment: datetime, zone: ZoneInfo) -> str:
        """The time of day."""
        return f"{moment.astimezone(zone):%H:%M}"

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Day and time."""
        return f"{self.day(moment, zone)}, {self.time(moment, zone)}"

    def _of(self, table: Mapping[str, tuple[str, str]], key: str) -> str:
        return table[key][self._index] if key in table else key


def language_of(asked: str | None, remembered: str | None, accept_language: str | None) -> str:
    """The language to answer in: the one asked for, else the one remembered, else the browser's first that we speak."""
    preferred = [asked or "", remembered or ""]
    weighed = []
    for index, part in enumerate((accept_language or "").split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        weighed.append((-weight, index, tag.split("-")[0].lower()))
    preferred += [tag for _, _, tag in sorted(weighed)]
    return next((language for language in preferred if language in LANGUAGES), LANGUAGES[0])
