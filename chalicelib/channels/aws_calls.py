"""Calls to SES and SNS: made once, with their failures told as what they mean for the message.

botocore repeats a call that timed out, which for a send is a second message: its retries are off here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from chalicelib.errors import ProviderOutcomeUnknownError, ProviderRefusedError

CONNECT_SECONDS = 3
READ_SECONDS = 10

THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "Throttled", "TooManyRequestsException",
    "RequestLimitExceeded", "LimitExceededException", "KMSThrottling", "KMSThrottlingException", "SlowDown",
})
"""Codes that say: not now. `LimitExceededException` is how SES tells of its daily quota."""

MENDABLE = frozenset({
    "SendingPausedException", "AccessDenied", "AccessDeniedException", "AuthorizationError",
    "AuthorizationErrorException", "ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException",
    "InvalidClientTokenId", "PlatformApplicationDisabled", "PlatformApplicationDisabledException",
})
"""Codes that say: not while the account stands as it does; a person may mend it within the day that retries last."""

DEAD_ADDRESS = frozenset({
    "EndpointDisabled", "EndpointDisabledException", "NotFound", "NotFoundException", "OptedOut", "OptedOutException",
})
"""Codes of SNS that say: this endpoint or number takes nothing any more (SNS API reference, Publish, errors)."""


class AwsSender:
    """What sends through SES or SNS: the service's client is made at the first send, for other channels need none."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        """`connect` makes the client."""
        self._connect = connect

    @cached_property
    def _client(self) -> Any:
        return self._connect()


def sending_config(read_seconds: float = READ_SECONDS) -> Any:
    """botocore's settings for a client that sends: one attempt, time-outs shorter than the function lives."""
    from botocore.config import Config  # heavy, and only the sender needs it

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": 1},
    )


@contextmanager
def provider_call(*, dead_address_codes: frozenset[str] = frozenset()) -> Iterator[None]:
    """Run one call to SES or SNS and translate what it raises.

    ProviderRefusedError: the service answered with an error, or was never reached. ProviderOutcomeUnknownError: the
    request went out and no answer came, or none that can be read. Only codes are told on: AWS's texts hold addresses.
    """
    from botocore import exceptions, parsers  # only the sender needs them

    never_sent = (
        exceptions.ConnectTimeoutError,
        exceptions.EndpointConnectionError,
        exceptions.ProxyConnectionError,
        exceptions.NoCredentialsError,
        exceptions.CredentialRetrievalError,
    )
    try:
        yield
    except exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        dead = code in dead_address_codes
        retryable = not dead and (code in THROTTLED or code in MENDABLE or status == 429 or status >= 500)
        raise ProviderRefusedError(code or f"HTTP {status}", retryable=retryable, address_is_dead=dead) from error
    except exceptions.ParamValidationError as error:
        raise ProviderRefusedError("ParamValidation", retryable=False) from error
    except never_sent as error:
        raise ProviderRefusedError(type(error).__name__, retryable=True) from error
    except (exceptions.BotoCoreError, parsers.ResponseParserError) as error:
        raise ProviderOutcomeUnknownError(type(error).__name__) from error
