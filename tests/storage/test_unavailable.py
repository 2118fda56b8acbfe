"""A database that is throttled, broken or away is told as such, and a lost answer does no harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from time import perf_counter
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Customer, Position
from chalicelib.domain.events import Identity
from chalicelib.domain.messages import Message, Status
from chalicelib.errors import StorageUnavailableError, VersionConflictError
from chalicelib.storage import bucket, customers, identities, log, messages, queues, secrets, timers
from tests.emulators import free_port
from tests.storage.examples import CUSTOMER, NOON, customer, entry, message

Reply = Callable[[bytes, dict[str, str]], tuple[int, bytes] | None]


class Impostor:
    """A server in AWS's place: `reply` makes (status, body) of a request, or None to hang up without an answer."""

    def __init__(self, reply: Reply) -> None:
        self.requests = 0
        impostor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                impostor.requests += 1
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = reply(body, dict(self.headers))
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])

            do_POST = do_GET = do_PUT = handle_any  # noqa: N815 - the names http.server calls

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the inherited name
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def in_place_of_aws(stack: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Reply], Impostor]]:
    """Puts an impostor in AWS's place for the rest of a test."""
    started = []

    def start(reply: Reply) -> Impostor:
        impostor = Impostor(reply)
        started.append(impostor)
        monkeypatch.setenv("AWS_ENDPOINT_URL", impostor.endpoint)
        return impostor

    yield start
    for impostor in started:
        impostor.stop()


def refusal(status: int, code: str) -> tuple[int, bytes]:
    return status, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "later"}).encode()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ProvisionedThroughputExceededException"),
        (400, "ThrottlingException"),
        (400, "RequestLimitExceeded"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
        (502, "SomethingUnheardOf"),
    ],
)
def test_what_may_succeed_later_is_unavailable(
    in_place_of_aws: Callable[[Reply], Impostor], status: int, code: str,
) -> None:
    impostor = in_place_of_aws(lambda body, headers: refusal(status, code))

    with pytest.raises(StorageUnavailableError, match=code):
        log.append(entry())

    assert impostor.requests == 3


def test_what_is_wrong_for_good_is_not_called_unavailable(in_place_of_aws: Callable[[Reply], Impostor]) -> None:
    impostor = in_place_of_aws(lambda body, headers: refusal(400, "ValidationException"))

    with pytest.raises(Exception, match="ValidationException") as raised:
        log.append(entry())

    assert not isinstance(raised.value, StorageUnavailableError)
    assert impostor.requests == 1


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ThrottlingException"), (403, "RequestThrottled"), (503, "ServiceUnavailable")],
)
def test_a_queue_that_may_answer_later_is_unavailable(
    in_place_of_aws: Callable[[Reply], Impostor], status: int, code: str,
) -> None:
    in_place_of_aws(lambda body, headers: refusal(status, code))

    with pytest.raises(StorageUnavailableError, match=code):
        queues.set_aside(CUSTOMER, "e-1", "a poison cart")


def test_a_queue_that_is_not_there_is_not_called_unavailable(in_place_of_aws: Callable[[Reply], Impostor]) -> None:
    in_place_of_aws(lambda body, headers: refusal(400, "QueueDoesNotExist"))

    with pytest.raises(Exception, match="QueueDoesNotExist") as raised:
        queues.set_aside(CUSTOMER, "e-1", "a poison cart")

    assert not isinstance(raised.value, StorageUnavailableError)


ACTIONS: dict[str, Callable[[], object]] = {
    "append": lambda: log.append(entry()),
    "history": lambda: list(log.history(CUSTOMER)),
    "scan": lambda: list(log.customers_recorded_since(NOON)),
    "find one": lambda: identities.find([Identity("email", "a")]),
    "find two": lambda: identities.find([Identity("email", "a"), Identity("email", "b")]),
    "commit": lambda: customers.commit(customers.Stored(Customer("a")), Customer("a"), None),
    "claim": lambda: messages.claim(CUSTOMER, "m", NOON, timedelta(1)),
    "due": lambda: list(timers.due(NOON, NOON)),
    "read a file": lambda: bucket.read("shop.yaml"),
    "list files": lambda: list(bucket.list_files("")),
    "read secrets": lambda: secrets.values("api-keys"),
    "set aside": lambda: queues.set_aside(CUSTOMER, "e-1", "a poison cart"),
    "take what was set aside": lambda: list(queues.take(queues.STREAM)),
    "delete what was set aside": lambda: queues.delete(queues.SetAside(queues.STREAM, "receipt", {})),
}


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_database_that_cannot_be_reached_is_unavailable(
    stack: str, monkeypatch: pytest.MonkeyPatch, action: str,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(StorageUnavailableError):
        ACTIONS[action]()


def test_keys_that_stay_unprocessed_are_not_taken_for_absent(in_place_of_aws: Callable[[Reply], Impostor]) -> None:
    def reply(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        return 200, json.dumps({"Responses": {}, "UnprocessedKeys": json.loads(body)["RequestItems"]}).encode()

    in_place_of_aws(reply)

    with pytest.raises(StorageUnavailableError, match="2 keys"):
        customers.load_many(["a", "b"])


def test_the_waits_for_unprocessed_keys_grow_and_stay_short(
    in_place_of_aws: Callable[[Reply], Impostor],
) -> None:
    asked_at: list[float] = []

    def reply(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        asked_at.append(perf_counter())
        return 200, json.dumps({"Responses": {}, "UnprocessedKeys": json.loads(body)["RequestItems"]}).encode()

    in_place_of_aws(reply)

    with pytest.raises(StorageUnavailableError):
        customers.load_many(["a", "b"])

    waits = [later - earlier for earlier, later in pairwise(asked_at)]
    assert len(waits) == 4
    assert all(wait >= least for wait, least in zip(waits, (0.025, 0.05, 0.1, 0.2), strict=True))
    assert sum(waits) < 5


def test_keys_left_unprocessed_once_are_asked_for_again(in_place_of_aws: Callable[[Reply], Impostor]) -> None:
    def reply(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        ((table, asked),) = json.loads(body)["RequestItems"].items()
        first, *rest = asked["Keys"]
        left = {table: {"Keys": rest}} if rest else {}
        item = {**first, "c": {"S": f"customer of {first['k']['S']}"}}
        return 200, json.dumps({"Responses": {table: [item]}, "UnprocessedKeys": left}).encode()

    impostor = in_place_of_aws(reply)
    wanted = [Identity("email", name) for name in "abc"]

    assert identities.find(wanted) == {one: f"customer of {one.key}" for one in wanted}
    assert impostor.requests == 3


@pytest.mark.ministack
class TestALostAnswer:
    """The request was carried out, its answer lost: botocore sends it once more."""

    @pytest.fixture(autouse=True)
    def losing_first_answers(
        self, ministack_aws: str, in_place_of_aws: Callable[[Reply], Impostor],
    ) -> Iterator[set[str]]:
        """Every first answer to a write through here is lost on its way back."""
        lost: set[str] = set()

        def reply(body: bytes, headers: dict[str, str]) -> tuple[int, bytes] | None:
            request = Request(ministack_aws, data=body, headers=headers, method="POST")
            try:
                with urlopen(request, timeout=60) as answer:
                    status, content = answer.status, answer.read()
            except HTTPError as error:
                status, content = error.code, error.read()
            invocation = headers.get("amz-sdk-invocation-id", "")
            if invocation not in lost and headers["X-Amz-Target"].split(".")[1] in {"PutItem", "UpdateItem"}:
                lost.add(invocation)
                return None
            return status, content

        in_place_of_aws(reply)
        yield lost
        assert lost, "no answer was lost: the test showed nothing"

    def test_a_claimer_knows_its_own_claim(self) -> None:
        messages.put(message())

        taken = messages.claim(CUSTOMER, message().message_id, NOON, timedelta(minutes=1))

        assert taken is not None
        assert (taken.status, taken.attempt) == (Status.CLAIMED, 1)
        assert messages.claim(CUSTOMER, message().message_id, NOON, timedelta(minutes=1)) is None

    def test_an_outcome_is_known_to_be_recorded(self) -> None:
        messages.put(message())
        taken = messages.claim(CUSTOMER, message().message_id, NOON, timedelta(minutes=1))
        assert isinstance(taken, Message)

        assert messages.finish(replace(taken, status=Status.SENT, sent_at=NOON))

    def test_an_identity_is_known_to_be_ours(self) -> None:
        assert identities.claim(Identity("email", "a"), "anna") == "anna"
        assert identities.repoint("email:a", "anna", "boris")

    def test_a_commit_is_known_to_be_ours(self) -> None:
        position = Position("label", 7)
        stored = customers.commit(customers.Stored(customer()), customer(), position)

        assert stored == customers.load(CUSTOMER, consistent=True)
        with pytest.raises(VersionConflictError):
            customers.commit(customers.Stored(customer()), customer(), Position("label", 8))

    def test_an_entry_is_there_once(self) -> None:
        log.append(entry())

        assert list(log.history(CUSTOMER)) == [entry()]
