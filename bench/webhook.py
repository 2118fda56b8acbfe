"""What a warm webhook costs in CPU: the whole handler, from API Gateway's event to the answer, the database answering
at once (its responses stand in a botocore hook, so that signing and parsing are counted and waiting is not)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator
from typing import Any

REQUESTS = 400
CUSTOMER = "06eawtv6008158mf"
ORDER = {
    "id": 5123456789012345678,
    "name": "#1042",
    "created_at": "2026-03-02T10:00:00+03:00",
    "updated_at": "2026-03-02T10:05:00+03:00",
    "currency": "RUB",
    "total_price": "12990.50",
    "financial_status": "paid",
    "email": "anna@wool.example",
    "cart_token": "c1",
    "customer": {"id": 115310627314723954, "first_name": "Anna", "last_name": "Orlova"},
    "billing_address": {"phone": "8 (912) 345-67-89", "country_code": "RU", "city": "Perm"},
    "line_items": [
        {"product_id": number, "variant_id": number * 10, "name": f"Coat {number}", "quantity": 1, "price": "4330.17"}
        for number in range(1, 4)
    ],
}


def run() -> dict[str, float]:
    """Milliseconds of CPU for an order of a known customer, and for one of a stranger with five identities."""
    os.environ.update({
        "SELVEDGE_STACK": "bench", "SELVEDGE_BUCKET": "bench", "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
    })
    from botocore.awsrequest import AWSResponse

    import app as functions
    from chalicelib.storage import clients
    from chalicelib.storage.tables import Identities

    known = True

    def answer_database(request: Any, **_: Any) -> AWSResponse:
        wanted = json.loads(request.body).get("RequestItems", {}).get("bench-identities", {}).get("Keys", [])
        items = [key | {"c": {"S": CUSTOMER}} for key in wanted] if known else []
        return _response({"Responses": {"bench-identities": items}, "UnprocessedKeys": {}} if wanted else {})

    def answer_secrets(**_: Any) -> AWSResponse:
        return _response({"Parameters": [{"Name": "/bench/hooks/shopify/1", "Value": "secret"}]})

    database = Identities.connection().connection.client
    database.meta.events.register_first("before-send.dynamodb", answer_database)
    parameters = clients.client("ssm")
    parameters.meta.events.register_first("before-send.ssm", answer_secrets)
    event = _event(json.dumps(ORDER).encode())
    figures = {}
    for name, known in (("webhook_known_ms", True), ("webhook_stranger_ms", False)):  # noqa: B007 - read above
        figures[name] = _cpu_of(lambda: functions.app(event, None))
    return figures


def _cpu_of(request: Any) -> float:
    for _ in range(REQUESTS // 8):
        assert request()["statusCode"] == 200
    began = time.process_time()
    for _ in range(REQUESTS):
        request()
    return (time.process_time() - began) / REQUESTS * 1000


class _Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self) -> Iterator[bytes]:
        yield self.content


def _response(content: dict[str, Any]) -> Any:
    from botocore.awsrequest import AWSResponse

    return AWSResponse("https://bench.test", 200, {}, _Body(json.dumps(content).encode()))


def _event(body: bytes) -> dict[str, Any]:
    signature = base64.b64encode(hmac.new(b"secret", body, hashlib.sha256).digest()).decode()
    return {
        "version": "1.0", "resource": "/hooks/shopify", "path": "/hooks/shopify", "httpMethod": "POST",
        "headers": {
            "content-type": "application/json", "x-shopify-topic": "orders/paid", "x-shopify-hmac-sha256": signature,
            "x-shopify-event-id": "e1", "x-shopify-shop-domain": "linen-and-wool.myshopify.com",
        },
        "multiValueHeaders": {}, "queryStringParameters": None, "multiValueQueryStringParameters": None,
        "pathParameters": None, "stageVariables": None,
        "requestContext": {"httpMethod": "POST", "path": "/hooks/shopify", "resourcePath": "/hooks/shopify"},
        "body": body.decode(), "isBase64Encoded": False,
    }


if __name__ == "__main__":
    for name, figure in run().items():
        print(f"{name} {figure:.2f}")
