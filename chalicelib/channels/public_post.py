"""One POST, or one HEAD, to a URL that somebody else chose: https on the public internet only, never redirected, never
repeated."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from chalicelib.channels.public_host import parse_endpoint, resolve
from chalicelib.errors import ProviderOutcomeUnknownError, ProviderRefusedError

CONNECT_SECONDS = 3
READ_SECONDS = 10
MOST_ANSWER = 4096
"""Bytes of an answer that are looked at; nobody has anything to say that is longer."""


class PublicPost:
    """Posts to hosts of the public internet, by address: a name asked for twice could lead elsewhere (SSRF)."""

    def __init__(
        self, *, trusted_origins: frozenset[str] = frozenset(), read_seconds: float = READ_SECONDS,
    ) -> None:
        """`trusted_origins` (as `http://127.0.0.1:9000`) may be called although they are not public: on the laptop."""
        self._trusted_origins = trusted_origins
        self._read_seconds = read_seconds

    @cached_property
    def _pools(self) -> Any:
        import urllib3  # comes with botocore; loaded by the first message in need only

        return urllib3.PoolManager(num_pools=8, cert_reqs="CERT_REQUIRED")

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
        """Post once; the status and headers (whatever their case) of the answer, a redirect's included.

        Raises ValueError for a URL that may not be called, ProviderRefusedError when the request certainly did not
        arrive, ProviderOutcomeUnknownError when it went out and no answer came.
        """
        from urllib3 import exceptions
        from urllib3.util import Timeout

        pool, path, host = self._pool(url)
        never_sent = (
            exceptions.ConnectTimeoutError, exceptions.NewConnectionError, exceptions.NameResolutionError,
        )
        try:
            answer = pool.urlopen(
                "POST", path, body=body, headers={"Host": host, **headers}, retries=False, redirect=False,
                timeout=Timeout(connect=CONNECT_SECONDS, read=self._read_seconds), preload_content=False,
            )
            answer.read(MOST_ANSWER)
            answer.close()
        except never_sent as error:
            raise ProviderRefusedError(type(error).__name__, retryable=True) from error
        except exceptions.SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise ProviderRefusedError("the server's certificate is not valid", retryable=True) from error
            raise ProviderOutcomeUnknownError(type(error).__name__) from error
        except (exceptions.HTTPError, OSError) as error:
            raise ProviderOutcomeUnknownError(type(error).__name__) from error
        return answer.status, answer.headers

    def head(self, url: str) -> int:
        """Ask once whether a page is there; the status of the answer, a redirect's included.

        Raises ValueError for a URL that may not be called, ProviderRefusedError when no answer came.
        """
        from urllib3 import exceptions
        from urllib3.util import Timeout

        pool, path, host = self._pool(url)
        try:
            answer = pool.urlopen(
                "HEAD", path, headers={"Host": host, "User-Agent": "Selvedge"}, retries=False, redirect=False,
                timeout=Timeout(connect=CONNECT_SECONDS, read=self._read_seconds),
            )
        except (exceptions.HTTPError, OSError) as error:
            raise ProviderRefusedError(type(error).__name__, retryable=True) from error
        return int(answer.status)

    def _pool(self, url: str) -> tuple[Any, str, str]:
        """The connection pool for a URL, the path to ask for, and the Host header."""
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" in self._trusted_origins:
            return self._pools.connection_from_url(url), _path(parts), parts.netloc
        host = str(parse_endpoint(url).hostname)
        names = {"server_hostname": host, "assert_hostname": host}
        pool = self._pools.connection_from_host(resolve(host, 443), 443, scheme="https", pool_kwargs=names)
        return pool, _path(parts), host


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
