"""PynamoDB on one shared connection: lazily named tables, errors in our own terms.

PynamoDB opens a botocore client for each model; a cold start pays for each, so all models share one here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from random import uniform
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as ConnectingError
from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from chalicelib.errors import StorageUnavailableError
from chalicelib.storage import clients

Item = dict[str, dict[str, Any]]
"""An item as DynamoDB writes it: attribute name to `{type: value}`."""

UNAVAILABLE = frozenset({
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
})
"""Error codes after which the same request may succeed later (DynamoDB Developer Guide, "Error handling")."""

BATCH_TRIES = 5
"""How often the keys of a batch are asked for until none is left unprocessed."""
FIRST_WAIT = 0.05
"""Seconds at most before keys left unprocessed are asked for again, twice as long each further time and 0.75 in all.

DynamoDB Developer Guide, "Error retries and exponential backoff" and `BatchGetItem`: without a wait the table that
throttled the first request throttles the next.
"""

_connections: dict[str, SharedConnection] = {}
_tables: dict[tuple[str, str], TableConnection] = {}


class ConditionFailedError(Exception):
    """A conditional write was refused; `item` is what stood in its way, empty when there was nothing."""

    def __init__(self, item: Item) -> None:
        super().__init__("the condition of a write was not met")
        self.item = item


class SharedConnection(Connection):  # type: ignore[misc]
    """PynamoDB's connection on our session; raises `ConditionFailedError` and `StorageUnavailableError`."""

    @property
    def session(self) -> Any:
        """The session that PynamoDB makes its client of."""
        return clients.session()

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> Any:
        """Send a request. One with a condition also asks for the item that fails it: that costs no units."""
        if "ConditionExpression" in operation_kwargs:
            operation_kwargs["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return super().dispatch(operation_name, operation_kwargs)

    def _make_api_call(self, operation_name: str, operation_kwargs: dict[str, Any]) -> Any:
        try:
            return self.client._make_api_call(operation_name, operation_kwargs)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                raise ConditionFailedError(error.response.get("Item") or {}) from error
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in UNAVAILABLE or status >= 500:
                raise StorageUnavailableError(f"DynamoDB answers {operation_name} with {code}") from error
            raise
        except (ConnectingError, HTTPClientError) as error:
            raise StorageUnavailableError(f"DynamoDB cannot be reached for {operation_name}") from error


class Table(Model):  # type: ignore[misc]
    """Base of the models: `Meta.name` is the table's name within the stack `SELVEDGE_STACK`.

    Reads answer raw items (`items.py` maps them): PynamoDB's own loading takes thirty times as long.
    """

    @classmethod
    def connection(cls) -> TableConnection:
        """The table's connection, for the stack and the endpoint that the environment names now."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL") or ""
        name = f"{os.environ['SELVEDGE_STACK']}-{cls.Meta.name}"
        opened = _tables.get((endpoint, name))
        if opened is None:
            with clients.OPENING:
                opened = _tables.get((endpoint, name)) or cls._open(endpoint, name)
        return opened

    @classmethod
    def _open(cls, endpoint: str, name: str) -> TableConnection:
        shared = _connections.get(endpoint)
        if shared is None:
            shared = SharedConnection(
                host=endpoint or None,
                connect_timeout_seconds=clients.CONNECT_TIMEOUT,
                read_timeout_seconds=clients.READ_TIMEOUT,
                max_retry_attempts=clients.RETRIES,
            )
            # Opened here, under the lock, not at the first request of some thread.
            assert shared.client is not None
            _connections[endpoint] = shared
        schema = cls._get_schema()
        shared.add_meta_table(MetaTable({
            "TableName": name,
            "KeySchema": schema["key_schema"],
            "AttributeDefinitions": schema["attribute_definitions"],
        }))
        opened = TableConnection(name)
        opened.connection = shared
        _tables[endpoint, name] = opened
        return opened

    @classmethod
    def _get_connection(cls) -> TableConnection:
        return cls.connection()

    @classmethod
    def fetch(cls, partition: str, sort: str | None = None, *, consistent: bool = False) -> Item | None:
        """The item at a key, or None. Half a read unit per 4 KB, a whole one when `consistent`."""
        answer = cls.connection().get_item(partition, sort, consistent_read=consistent)
        item: Item | None = answer.get("Item")
        return item

    @classmethod
    def fetch_many(cls, keys: list[dict[str, str]], *, consistent: bool = False) -> Iterator[Item]:
        """The items there are among `keys` (attribute name to value), in any order.

        Read units are rounded per item. Keys that DynamoDB left unprocessed are asked for again after a short wait,
        `BATCH_TRIES` times in all.

        Raises:
            StorageUnavailableError: keys were still unprocessed then.
        """
        table = cls.connection()
        waiting: list[Any] = list(keys)
        unfinished = 0
        while waiting:
            answer = table.batch_get_item(waiting[:100], consistent_read=consistent)
            yield from answer["Responses"].get(table.table_name, ())
            left = answer.get("UnprocessedKeys", {}).get(table.table_name, {}).get("Keys", [])
            waiting = left + waiting[100:]
            if left:
                unfinished += 1
                if unfinished == BATCH_TRIES:
                    raise StorageUnavailableError(f"DynamoDB leaves {len(waiting)} keys of {table.table_name} unread")
                # Of random length, so that those who were throttled together do not come back together.
                time.sleep(FIRST_WAIT * 2 ** (unfinished - 1) * uniform(0.5, 1))  # noqa: S311 - no secret

    @classmethod
    def search(
        cls, partition: str, condition: Condition | None = None, *, consistent: bool = False,
    ) -> Iterator[Item]:
        """The items of a partition in the order of their sort keys, page by page.

        The sizes of a page's items are summed, then rounded up to read units.
        """
        table, start = cls.connection(), None
        while True:
            page = table.query(
                partition, range_key_condition=condition, consistent_read=consistent, exclusive_start_key=start,
            )
            yield from page["Items"]
            start = page.get("LastEvaluatedKey")
            if not start:
                return

    @classmethod
    def scan_page(cls, start: dict[str, dict[str, str]] | None, limit: int) -> tuple[list[Item], bool]:
        """The next items of the table after the key `start` (in the order of a scan), and whether they are the last.

        At most `limit`, and at most 1 MB. Half a read unit per 4 KB.
        """
        page = cls.connection().scan(limit=limit, exclusive_start_key=start)
        return page["Items"], not page.get("LastEvaluatedKey")

    @classmethod
    def scan_all(cls, condition: Condition | None, attributes: list[str]) -> Iterator[Item]:
        """Every item that meets a condition, these attributes only; read units for the whole table all the same."""
        table, start = cls.connection(), None
        while True:
            page = table.scan(filter_condition=condition, attributes_to_get=attributes, exclusive_start_key=start)
            yield from page["Items"]
            start = page.get("LastEvaluatedKey")
            if not start:
                return
