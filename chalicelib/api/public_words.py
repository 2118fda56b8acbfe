"""The words of the public pages in Russian and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "ru": {
        "unsubscribe_title": "Отписаться от рассылок",
        "unsubscribe_text": "Больше не присылать рассылки {by_channel}? Сообщения о ваших заказах останутся.",
        "unsubscribe_button": "Отписаться",
        "choose_instead": "Лучше выбрать, о чём писать",
        "unsubscribed_title": "Вы отписаны",
        "unsubscribed_text": "Рассылки {by_channel} больше приходить не будут. Сообщения о ваших заказах останутся.",
        "changed_mind": "Изменить настройки рассылок",
        "preferences_title": "Настройки рассылок",
        "preferences_text": "Отметьте, что и куда вам присылать. Сообщения о заказах приходят всегда.",
        "save": "Сохранить",
        "nothing": "Не присылать ничего",
        "saved": "Сохранено.",
        "no_channels": "Сейчас мы не знаем адреса, по которому могли бы вам писать, поэтому выбирать не из чего.",
        "expired_title": "Ссылка устарела",
        "expired_text": "Откройте ссылку из более нового письма",
        "invalid_title": "Ссылка не работает",
        "invalid_text": "Возможно, она скопирована не целиком. Откройте её прямо из письма",
        "test_title": "Это проверка",
        "test_text": "Ссылка ведёт из пробного письма. В настоящем она сработала бы, а здесь ничего не изменилось.",
        "or_write": "или напишите нам, и мы всё сделаем сами:",
        "unknown_title": "Ничего не нашлось",
        "unknown_text": "По этой ссылке нет данных: возможно, их удалили по вашей просьбе.",
        "away_title": "Не получилось",
        "away_text": "Что-то не отвечает с нашей стороны. Попробуйте ещё раз через минуту",
        "survey_title": "Ваша оценка",
        "survey_question": "Выберите число от 0 до 10.",
        "survey_low": "плохо", "survey_high": "отлично",
        "survey.nps": "Насколько вероятно, что вы посоветуете нас друзьям?",
        "survey.nps.low": "точно нет", "survey.nps.high": "обязательно",
        "survey_button": "Отправить",
        "survey_thanks_title": "Спасибо за ответ!",
        "survey_recorded": "Записали: {score}. Оценку можно изменить.",
        "survey_comment": "Почему именно так? Напишите, если хочется.",
        "survey_commented_title": "Спасибо!",
        "survey_commented_text": "Прочитаем каждое слово.",
        "to_shop": "Перейти в магазин",
        "channel.email": "Почта", "channel.sms": "SMS", "channel.push": "Приложение", "channel.web-push": "Браузер",
        "channel.telegram": "Telegram", "by.telegram": "в Telegram",
        "by.email": "по почте", "by.sms": "по SMS", "by.push": "в приложение", "by.web-push": "в браузер",
        "topic.news": "Новости и новинки", "topic.cart-reminders": "Напоминания о корзине",
        "topic.offers": "Скидки и предложения", "topic.recommendations": "Подборки для вас",
        "topic.feedback": "Просьбы об отзывах", "topic.loyalty": "Баллы и уровни",
        "topic.watched-products": "Цена и наличие вещей, которые вам понравились",
    },
    "en": {
        "unsubscribe_title": "Unsubscribe",
        "unsubscribe_text": "Stop all marketing {by_channel}? Messages about your orders will still reach you.",
        "unsubscribe_button": "Unsubscribe",
        "choose_instead": "Choose what to receive instead",
        "unsubscribed_title": "You are unsubscribed",
        "unsubscribed_text": "No more marketing will reach you {by_channel}. Messages about your orders still will.",
        "changed_mind": "Change my preferences",
        "preferences_title": "Your preferences",
        "preferences_text": "Choose what you want to receive, and where. Messages about your orders always reach you.",
        "save": "Save",
        "nothing": "Stop everything",
        "saved": "Saved.",
        "no_channels": "We have no address to write to you at the moment, so there is nothing to choose.",
        "expired_title": "This link is too old",
        "expired_text": "Open the link in a more recent email",
        "invalid_title": "This link does not work",
        "invalid_text": "It may have been copied incompletely. Open it straight from the email",
        "test_title": "This is a test",
        "test_text": "The link is from a test of a message. In a real one it would work; here nothing has changed.",
        "or_write": "or write to us and we will do it for you:",
        "unknown_title": "Nothing here",
        "unknown_text": "There is no data behind this link. It may have been erased at your request.",
        "away_title": "That did not work",
        "away_text": "Something on our side does not answer. Please try again in a minute",
        "survey_title": "Your answer",
        "survey_question": "Choose a number from 0 to 10.",
        "survey_low": "poor", "survey_high": "excellent",
        "survey.nps": "How likely are you to recommend us to a friend?",
        "survey.nps.low": "not at all", "survey.nps.high": "certainly",
        "survey_button": "Send",
        "survey_thanks_title": "Thank you",
        "survey_recorded": "We have noted your {score}. You can still change it.",
        "survey_comment": "Why is that? Tell us, if you like.",
        "survey_commented_title": "Thank you",
        "survey_commented_text": "We read every word.",
        "to_shop": "Go to the shop",
        "channel.email": "Email", "channel.sms": "SMS", "channel.push": "App", "channel.web-push": "Browser",
        "channel.telegram": "Telegram", "by.telegram": "by Telegram",
        "by.email": "by email", "by.sms": "by SMS", "by.push": "in the app", "by.web-push": "in the browser",
        "topic.news": "News and new arrivals", "topic.cart-reminders": "Cart reminders",
        "topic.offers": "Discounts and offers", "topic.recommendations": "Pieces chosen for you",
        "topic.feedback": "Requests for reviews", "topic.loyalty": "Points and levels",
        "topic.watched-products": "Price and stock of pieces you liked",
    },
}
"""By language, then by name. A topic without words here is shown by its own name."""


def pick_language(accept_language: str, shop_locale: str) -> str:
    """The language of a page: the first of the browser's wishes (RFC 9110, 12.5.4) that there are words for, else the
    shop's, else English."""
    wishes = []
    for place, wish in enumerate(accept_language[:200].split(",")):
        name, _, parameters = wish.strip().partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        try:
            wishes.append((-float(weight or 1), place, name.partition("-")[0].lower()))
        except ValueError:
            continue
    shops = shop_locale.replace("_", "-").partition("-")[0].lower()
    for language in (*(language for weight, _, language in sorted(wishes) if weight < 0), shops):
        if language in WORDS:
            return language
    return "en"
