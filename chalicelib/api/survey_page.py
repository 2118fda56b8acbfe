"""The page of a survey. One click on a number in a message is an answer, although looking at the page changes nothing.

Mail scanners open every link and must not answer for anybody. So the page that the click opens sends the answer itself,
by a script of a few lines, as soon as somebody sees it; where scripts are off there is a button. What the script sends
is held against the list of known scanners, and against the time that a person needs; what the button sends is not.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs

from chalice import Response

from chalicelib.api.public_pages import FOLDER, Visit
from chalicelib.channels.automated_readers import is_automated
from chalicelib.content import links
from chalicelib.errors import LinkError, StorageUnavailableError
from chalicelib.flows import preferences, surveys

MAX_FIELDS: Final = 8
"""Fields of the form, and some more."""


class SurveyVisit(Visit):
    """One request to the page of a survey."""

    def ask(self, token: str) -> Response:
        """The page with the answer that the link names, which a script on it sends."""
        try:
            link, _ = self._read(token, "survey")
        except LinkError as error:
            return self._refuse(error)
        except StorageUnavailableError:
            return self._away()
        score = _score((self._request.query_params or {}).get("score", ""))
        return self._asked(link, score, send_at_once=score is not None)

    def answer(self, token: str) -> Response:
        """Write the answer down, and ask why."""
        try:
            link, _ = self._read(token, "survey")
            form = _form(self._request)
            score = _score(form.get("score", ""))
            if score is None:
                return self._asked(link, None, status=400)
            if form.get("by") == "link" and self._is_automated(link):
                return self._asked(link, score)
            customer = preferences.customer_of(link)
            if customer is None or customer.profile.redaction_requested_at:
                return self._unknown()
            said = surveys.Answer(score, form.get("comment", ""))
            surveys.answer(link, said, self._now)
        except LinkError as error:
            return self._refuse(error)
        except ValueError:  # more fields than a form of ours has
            return self._refuse(LinkError("is not a form of ours"))
        except StorageUnavailableError:
            return self._away()
        words = self._words()
        if said.comment.strip():
            return self._page("survey_done.html", words["survey_commented_title"], text=words["survey_commented_text"])
        return self._asked(link, score, thanks=words["survey_recorded"].format(score=score))

    def _is_automated(self, link: links.Link) -> bool:
        return is_automated(self._request.headers.get("user-agent", ""), self._now - link.made_at, click=True)

    def _asked(
        self, link: links.Link, score: int | None, *, thanks: str = "", send_at_once: bool = False, status: int = 200,
    ) -> Response:
        """The scale, with a score chosen or none; once it is answered, with room for a comment."""
        words, survey = self._words(), link.about[0]
        script, digest = _script()
        return self._page(
            "survey.html", words["survey_thanks_title" if thanks else "survey_title"], status=status,
            script_digest=digest if send_at_once else "", script=script if send_at_once else "",
            question=words.get(f"survey.{survey}", words["survey_question"]),
            ends=[words.get(f"survey.{survey}.{end}", words[f"survey_{end}"]) for end in ("low", "high")],
            scores=surveys.SCORES, chosen=score, thanks=thanks, longest=surveys.MAX_COMMENT,
        )


def _form(request: Any) -> dict[str, str]:
    """The fields of a form, the last of each name. Raises ValueError for more than a form of ours has."""
    fields = parse_qs((request.raw_body or b"").decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
    return {name: values[-1] for name, values in fields.items()}


def _score(text: str) -> int | None:
    return next((score for score in surveys.SCORES if text == str(score)), None)


@lru_cache(maxsize=1)
def _script() -> tuple[Any, str]:
    """The script, to stand in the page, and the hash by which the content policy allows it and no other."""
    from markupsafe import Markup

    script = (FOLDER / "survey.js").read_text("utf-8").strip()
    return Markup(script), b64encode(sha256(script.encode()).digest()).decode()  # noqa: S704  (our own file)
