"""The words of the pages about templates, in English and Russian."""

from __future__ import annotations

from collections.abc import Mapping

CHANNEL_NAMES: Mapping[str, tuple[str, str]] = {
    "email": ("Email", "Почта"),
    "sms": ("SMS", "SMS"),
    "push": ("Push", "Пуш"),
    "web-push": ("Web push", "Веб-пуш"),
    "telegram": ("Telegram", "Telegram"),
}

TEXTS: Mapping[str, tuple[str, str]] = {
    "templates": ("Templates", "Шаблоны"),
    "messages-there": ("messages", "сообщений"),
    "gallery-intro": (
        "Every message as a customer gets it. Save a file and this page shows it.",
        "Все сообщения так, как их получит покупатель. Сохраните файл — страница покажет его.",
    ),
    "find": ("Find a message", "Найти сообщение"),
    "search": ("Search", "Найти"),
    "show-all": ("Show all", "Показать все"),
    "no-journey": ("In no journey", "Ни в одном сценарии"),
    "no-match": ("No message is called that", "Сообщения с таким именем нет"),
    "no-match-help": (
        "Search by the name of a message or a journey, as in templates/ and journeys/.",
        "Ищите по имени сообщения или сценария, как в templates/ и journeys/.",
    ),
    "no-templates": ("No messages yet", "Сообщений пока нет"),
    "no-templates-help": (
        "A message is a folder with a message.yaml. Copy one from starters/ to templates/<its name>/ and change it.",
        "Сообщение — это папка с файлом message.yaml. Скопируйте папку из starters/ в templates/<имя>/ и измените её.",
    ),
    "all-templates": ("All templates", "Все шаблоны"),
    "problems-count": ("to mend", "исправить"),
    "settings-wrong": (
        "The shop's settings cannot be read, so what stands here is shown with the default ones.",
        "Настройки магазина не читаются, поэтому всё показано со стандартными.",
    ),
    "sent-by": ("Sent by", "Отправляет сценарий"),
    "sent-by-none": ("No journey sends it yet", "Пока ни один сценарий её не отправляет"),
    "marketing": ("marketing", "рекламное"),
    "transactional": ("transactional", "служебное"),
    "channel": ("Channel", "Канал"),
    "locale": ("Language", "Язык"),
    "scheme": ("Colours", "Цвета"),
    "light": ("Light", "Светлые"),
    "dark": ("Dark", "Тёмные"),
    "width": ("Window", "Окно"),
    "640": ("Desktop", "Компьютер"),
    "375": ("Phone", "Телефон"),
    "320": ("Small phone", "Малый телефон"),
    "images": ("Pictures", "Картинки"),
    "on": ("On", "Есть"),
    "off": ("Off", "Нет"),
    "for-whom": ("For whom", "Для кого"),
    "sample-full": ("An ordinary customer", "Обычный покупатель"),
    "sample-bare": ("Nothing known", "Ничего не известно"),
    "sample-odd": ("Everything too long", "Всё слишком длинное"),
    "customer-id": ("Customer: mail, phone or id", "Покупатель: почта, телефон или номер"),
    "show": ("Show", "Показать"),
    "samples": ("Samples", "Примеры"),
    "shown-for": ("Shown for", "Показано для"),
    "customer-page": ("customer", "покупателя"),
    "about-event": ("about", "по событию"),
    "about-nothing": (
        "Nothing in this customer's log fits this message, so it shows no products.",
        "В журнале покупателя нет подходящего события, поэтому товаров не видно.",
    ),
    "alone": ("Open alone", "Открыть отдельно"),
    "as-it-looks": ("As it looks", "Как выглядит"),
    "cannot-show": ("Cannot be shown", "Показать нельзя"),
    "cannot-show-help": (
        "A file has a mistake. It is told beside, with its line; save the file and look again.",
        "В файле ошибка. Она названа рядом, со строкой: сохраните файл и посмотрите снова.",
    ),
    "not-in-channel": (
        "This message has no text for this channel. Add the file",
        "У сообщения нет текста для этого канала. Добавьте файл",
    ),
    "problems": ("To mend", "Исправить"),
    "problems-none": (
        "An upload of these files would be put in force.", "Эти файлы можно загружать: они вступят в силу.",
    ),
    "problems-help": (
        "An upload would be refused, and the version before would stay in force.",
        "Загрузка была бы отклонена, в силе осталась бы прежняя версия.",
    ),
    "doubts": ("Doubtful", "Сомнительно"),
    "doubts-help": (
        "An upload would be put in force; this would be told beside it.",
        "Загрузка вступила бы в силу; это стояло бы рядом с файлом.",
    ),
    "line": ("line", "строка"),
    "column": ("column", "столбец"),
    "inbox": ("In the inbox", "Во входящих"),
    "now": ("now", "сейчас"),
    "size": ("Size", "Размер"),
    "size-html": ("HTML", "HTML"),
    "size-text": ("Text part", "Текстовая часть"),
    "size-whole": ("Whole mail", "Всё письмо"),
    "size-clip": ("Gmail hides what comes after", "Gmail скрывает то, что дальше"),
    "remarks": ("To think over", "Обратите внимание"),
    "remarks-none": ("Nothing that a spam filter would mind.", "Ничего, к чему придрался бы спам-фильтр."),
    "links": ("Links", "Ссылки"),
    "links-none": ("There are no links.", "Ссылок нет."),
    "check-links": ("Ask whether they answer", "Проверить, отвечают ли"),
    "check-links-help": (
        "Sends a HEAD request to each address on the public internet; nothing is asked by itself.",
        "Каждому публичному адресу уйдёт запрос HEAD; сама страница ничего не запрашивает.",
    ),
    "words-of-link": ("Words", "Текст"),
    "leads-to": ("Leads to", "Куда ведёт"),
    "verdict": ("Verdict", "Оценка"),
    "place-shop": ("shop", "магазин"),
    "place-ours": ("our page", "наша страница"),
    "place-other": ("elsewhere", "другой сайт"),
    "place-mail": ("mailbox", "почта"),
    "place-phone": ("phone", "телефон"),
    "good": ("good", "хорошо"),
    "marks": ("marks", "метки"),
    "part-html": ("HTML", "HTML"),
    "part-text": ("text", "текст"),
    "part-link": ("link", "ссылка"),
    "pictures": ("Pictures", "Картинки"),
    "pictures-none": ("There are no pictures.", "Картинок нет."),
    "alt": ("Alt text", "Описание"),
    "decorates": ("only decorates", "только украшает"),
    "headers": ("Headers", "Заголовки"),
    "headers-help": (
        "As SES is handed them; it adds Message-ID and the DKIM signatures.",
        "Такими их получит SES; он добавит Message-ID и подписи DKIM.",
    ),
    "text-part": ("Text part", "Текстовая часть"),
    "files": ("Files", "Файлы"),
    "sms-card": ("As an SMS", "Как SMS"),
    "sms-parts": ("parts", "частей"),
    "sms-units": ("characters in", "символов в"),
    "sms-price": ("Price, US dollars", "Цена в долларах США"),
    "sms-elsewhere": ("elsewhere", "прочие страны"),
    "sms-no-price": (
        "There is no prices.yaml, so the price is not known.", "Нет prices.yaml, поэтому цена неизвестна.",
    ),
    "push-card": ("As a push", "Как пуш"),
    "push-title": ("Title", "Заголовок"),
    "push-body": ("Text", "Текст"),
    "push-size": ("Bytes", "Байт"),
    "characters": ("characters", "симв."),
    "of-most": ("of", "из"),
    "test": ("Send a test", "Отправить проверку"),
    "test-to": ("To", "Кому"),
    "test-send": ("Send", "Отправить"),
    "test-none": (
        "Nobody may be sent a test yet: name addresses under test-addresses in shop.yaml.",
        "Проверку пока некому отправить: перечислите адреса в test-addresses файла shop.yaml.",
    ),
    "test-none-sms": (
        "No phone may be sent a test yet: name one under test-addresses in shop.yaml.",
        "Пока некуда отправить SMS: добавьте телефон в test-addresses файла shop.yaml.",
    ),
    "test-sent": ("Sent to", "Отправлено:"),
    "test-see": ("See it in the outbox", "Посмотреть в исходящих"),
    "test-help": (
        "Marked as a test; its links change nothing, and no customer's log hears of it.",
        "С пометкой «Тест»; ссылки в ней ничего не меняют, в журналы покупателей ничего не попадёт.",
    ),
    "test-other": ("A test goes by email or SMS only.", "Проверка уходит только почтой или SMS."),
    "test-broken": ("Mend the files first.", "Сначала исправьте файлы."),
}

REMARKS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "clipped": (
        ("Gmail hides the end of this mail, with the way out; bytes", "Show fewer products or shorter blocks."),
        ("Gmail скроет конец письма вместе с отпиской; байт", "Покажите меньше товаров или короче блоки."),
    ),
    "nearly-clipped": (
        ("Nearly so long that Gmail hides its end; bytes", "A longer cart would be clipped."),
        ("Почти так велико, что Gmail скроет конец; байт", "С корзиной длиннее письмо обрежется."),
    ),
    "subject-long": (
        ("The subject is long; characters", "Phones show about 40, desktops about 60."),
        ("Тема длинная; символов", "На телефоне видно около 40, на компьютере около 60."),
    ),
    "subject-capitals": (
        ("The subject is written in capitals", "Filters count that; write as you would to a friend."),
        ("Тема заглавными буквами", "Фильтры это считают; пишите как другу."),
    ),
    "subject-exclamation": (
        ("More than one exclamation mark in the subject", "One is enough, none is better."),
        ("В теме больше одного восклицательного знака", "Одного хватит, без него лучше."),
    ),
    "preheader-missing": (
        ("No preheader", "The inbox then shows the first words of the mail: write `Preheader:` in the text file."),
        ("Нет прехедера", "Почта покажет первые слова письма: добавьте `Preheader:` в текстовый файл."),
    ),
    "text-missing": (
        ("The text part is empty", "Filters distrust mail without one; some people read nothing else."),
        ("Текстовая часть пуста", "Фильтры таким письмам не верят; некоторые читают только её."),
    ),
    "text-short": (
        ("The text part says much less than the mail; characters", "Tell the same in both."),
        ("Текстовая часть намного короче письма; символов", "Пусть обе говорят одно и то же."),
    ),
    "pictures-over-words": (
        ("Many pictures for few words; pictures and characters", "Filters take it for one big picture."),
        ("Много картинок и мало слов; картинок и символов", "Фильтр примет за одну большую картинку."),
    ),
    "sender-elsewhere": (
        ("The sender's domain is not the shop's", "Write from the domain that the links lead to."),
        ("Домен отправителя не магазина", "Пишите с домена, на который ведут ссылки."),
    ),
    "reply-elsewhere": (
        ("Answers go to another domain than the sender's", "Take one domain for both."),
        ("Ответы идут на другой домен", "Лучше один домен на всё."),
    ),
    "sender": (
        ("This mail could not be sent", "See `sender` in shop.yaml."),
        ("Такое письмо не отправить", "Посмотрите `sender` в shop.yaml."),
    ),
    "way-out-missing": (
        ("No List-Unsubscribe header", "Gmail and Yahoo refuse bulk mail without it."),
        ("Нет заголовка List-Unsubscribe", "Gmail и Yahoo не принимают рассылки без него."),
    ),
    "unsubscribe-missing": (
        ("No unsubscribe link in the mail", "Include `blocks/footer.mjml`."),
        ("В письме нет отписки", "Включите `blocks/footer.mjml`."),
    ),
    "title-long": (
        ("The title is long; characters", "About 50 are shown on one line."),
        ("Заголовок длинный; символов", "В одну строку помещается около 50."),
    ),
    "body-long": (
        ("The text is long; characters", "About 150 are shown before it is opened."),
        ("Текст длинный; символов", "До открытия видно около 150."),
    ),
    "link-empty": (
        ("leads nowhere", "Give it an address."), ("никуда не ведёт", "Укажите адрес."),
    ),
    "link-malformed": (
        ("is not an address", "Look for spaces or a missing https://."),
        ("не адрес", "Нет ли пробелов, на месте ли https://?"),
    ),
    "link-scheme": (
        ("not a web address", "Mail programs open https, mailto and tel only."),
        ("не веб-адрес", "Почта открывает только https, mailto и tel."),
    ),
    "link-http": (
        ("not https", "Browsers warn of it."), ("не https", "Браузеры об этом предупреждают."),
    ),
    "link-shortener": (
        ("public shortener", "Filters block them: link to the shop itself."),
        ("чужой сокращатель", "Фильтры их блокируют: ведите прямо в магазин."),
    ),
    "link-number": (
        ("a bare IP address", "Filters block that: use the domain."),
        ("голый IP-адрес", "Фильтры это блокируют: нужен домен."),
    ),
    "link-long": (
        ("too long; characters", "Outlook follows no longer ones than 2,048."),
        ("слишком длинная; символов", "Outlook не открывает ссылки длиннее 2048."),
    ),
    "link-unmarked": (
        ("without UTM marks", "Its visits will not be put down to this message."),
        ("без UTM-меток", "Визиты не отнесут к этому сообщению."),
    ),
    "picture-alt": (
        ("no alt attribute", "Say what is seen, or `alt=\"\"` for decoration."),
        ("нет атрибута alt", "Скажите, что видно, или `alt=\"\"` для украшения."),
    ),
    "picture-data": (
        ("a data: picture", "Gmail and Outlook do not show it: use an https address."),
        ("картинка data:", "Gmail и Outlook её не покажут: нужен адрес https."),
    ),
    "picture-address": (
        ("not a whole address", "Mail has no page to be relative to."),
        ("неполный адрес", "В письме нет страницы, от которой его считать."),
    ),
    "picture-http": (
        ("not https", "Some mail programs leave it out."), ("не https", "Некоторые почты её не покажут."),
    ),
    "picture-svg": (
        ("SVG", "Gmail and Outlook do not show it: use PNG or JPEG."),
        ("SVG", "Gmail и Outlook её не покажут: нужен PNG или JPEG."),
    ),
}
"""By the code of a remark, in English and Russian: what is so, and what to do about it."""
