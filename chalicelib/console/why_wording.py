"""The words of the page that says why, in English and Russian."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    "why": ("Why, and why not", "Почему и почему нет"),
    "why-intro": (
        "Every decision about this customer, from folding their log again under the definitions then in force.",
        "Каждое решение об этом покупателе: журнал пройден заново по правилам, действовавшим тогда.",
    ),
    "why-not": ("Why did a message not come?", "Почему сообщение не пришло?"),
    "message-asked": ("Message", "Сообщение"),
    "day-asked": ("Day, in the customer's time zone", "День по часам покупателя"),
    "ask": ("Find out", "Узнать"),
    "answer": ("Answer", "Ответ"),
    "run-of": ("entry", "вход"),
    "refused": ("Not entered", "Вход не состоялся"),
    "rule": ("Rule", "Правило"),
    "values-seen": ("values seen", "увидено"),
    "nothing-decided": ("No decisions yet", "Решений пока нет"),
    "nothing-decided-help": (
        "Nothing in this customer's log has started a journey or been kept out of one. See `enter` of your journeys.",
        "В журнале этого покупателя ничто не запускало сценариев. Посмотрите, с чего они начинаются (`enter`).",
    ),
    "unexplained": (
        "messages on record are older than this log, so their decisions cannot be told any more",
        "сообщений старше этого журнала: как они решались, уже не узнать",
    ),
    "no-value": ("nothing", "ничего"),
}

ANSWERS: Mapping[str, tuple[str, str]] = {
    "decided": ("It was decided", "Решение было принято"),
    "waits": ("The customer stands at an earlier step", "Покупатель стоит на более раннем шаге"),
    "ended": ("The run was over before", "Сценарий для него закончился раньше"),
    "went-another-way": ("The run went another way", "Сценарий пошёл другой веткой"),
    "not-entered": ("The journey was not entered", "Покупатель не вошёл в сценарий"),
    "not-live": ("The journey was not live", "Сценарий не действовал"),
    "nothing-happened": (
        "Nothing happened that starts the journey", "Не произошло ничего, что запускает сценарий",
    ),
    "no-journey-sends-it": ("No journey sends this message", "Ни один сценарий не шлёт это сообщение"),
}

DECISIONS: Mapping[str, tuple[str, str]] = {
    "entered": ("entered", "вход"),
    "not entered": ("not entered", "вход не состоялся"),
    "same run": ("the same run goes on", "тот же вход продолжается"),
    "reached": ("reached the step", "шаг достигнут"),
    "waits": ("waits", "ждёт"),
    "wait restarted": ("the wait begins anew", "ожидание началось заново"),
    "came true": ("what was waited for came", "дождались"),
    "chose": ("went on because of", "пошёл дальше, потому что"),
    "not true": ("was not true", "не выполнено"),
    "condition failed": ("a condition failed and counts as false", "условие не вычислилось и считается ложным"),
    "paused": ("held by the pause", "остановлен паузой"),
    "done": ("done", "сделано"),
    "moved": ("moved to another version", "переведён на другую версию"),
    "carried over": ("carried over from a merged profile", "перенесён из слитого профиля"),
    "merged": ("merged", "профиль слит"),
    "known already": ("known already", "уже известно"),
    "segment.entered": ("came into a segment", "вошёл в сегмент"),
    "segment.left": ("left a segment", "вышел из сегмента"),
    "completed": ("came to the end", "дошёл до конца"),
    "converted": ("reached the goal", "достиг цели"),
    "exited": ("left by an exit", "вышел по условию"),
    "withdrawn": ("withdrawn", "сценарий отозван"),
    "queued": ("to be sent", "к отправке"),
    "deferred": ("put off", "отложено"),
    "skipped": ("not sent", "не отправлено"),
}
