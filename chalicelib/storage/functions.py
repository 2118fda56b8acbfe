"""Starting one of the stack's own functions from another."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import StorageUnavailableError
from chalicelib.storage import clients


def start(function: str, payload: Mapping[str, str]) -> None:
    """Start the function `<stack>-<function>` and do not wait for it (Lambda's asynchronous call; 0.20 $ per million).

    Raises:
        StorageUnavailableError: Lambda is throttled or away.
    """
    try:
        clients.client("lambda").invoke(
            FunctionName=f"{os.environ['SELVEDGE_STACK']}-{function}",
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or status == 429:
            raise StorageUnavailableError(f"Lambda answers {status} for {function}") from error
        raise
    except BotoCoreError as error:
        raise StorageUnavailableError(f"Lambda cannot be reached for {function}") from error
