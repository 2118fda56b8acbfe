"""Who opens and follows links without being a person: mail proxies that fetch pictures ahead, and security scanners.

Their opens and clicks are kept and marked, and left out of engagement and attribution (semantics 29).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

EXACT_USER_AGENTS: Final = frozenset({
    # Apple Mail Privacy Protection (mailgun.com/blog/product/bot-detection).
    "Mozilla/5.0",
    # Gmail fetching ahead while its app is open (bird.com/blog/gmail-prefetching-images).
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0",
})

USER_AGENT_PARTS: Final = (
    # Picture proxies of Gmail and Yahoo (wordtothewise.com/2024/08/prefetches-and-proxies).
    "googleimageproxy", "yahoomailproxy", "yahoocachesystem",
    # Scanners that name themselves: Barracuda, Proofpoint, Mimecast, Cisco, Trend Micro, Microsoft
    # (live-direct-marketing.online/blog/bot-clicks-security-scanners-detect).
    "barracuda", "proofpoint", "mimecast", "ciscosecureemail", "ironport", "tmes/",
    "microsoft office existence discovery",
    # Messengers and phones that fetch a preview of a link, iMessage among them (webmasterid.com/user-agents,
    # developers.facebook.com/docs/sharing/webmasters/web-crawlers).
    "facebookexternalhit", "meta-externalfetcher", "whatsapp/", "telegrambot", "twitterbot", "slackbot", "discordbot",
    "linkedinbot", "vkshare", "skypeuripreview",
    # Programs, not people.
    "headlesschrome", "phantomjs", "python-requests", "python-urllib", "go-http-client", "curl/", "wget/", "bot/",
    "bot;", "crawler", "spider",
)

FASTEST_CLICK: Final = timedelta(seconds=5)
"""A click sooner than this after the mail was sent is a scanner's: nobody reads that fast (ibid.)."""


def is_automated(user_agent: str, after_sending: timedelta | None, *, click: bool) -> bool:
    """Whether an open or click by this User-Agent, so long after sending (None: unknown), is a machine's."""
    name = user_agent.strip()
    if not name or name in EXACT_USER_AGENTS:
        return True
    lower = name.lower()
    if any(part in lower for part in USER_AGENT_PARTS):
        return True
    return click and after_sending is not None and after_sending < FASTEST_CLICK
