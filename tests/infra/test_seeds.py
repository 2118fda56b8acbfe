"""The files that a shop starts with, and the marketer's edits that they never overwrite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chalicelib.storage import clients
from infra import seeds
from infra.aws import Aws


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, "templates/cart-offer/message.yaml", "category: marketing")
    write(tmp_path, "schedules/journeys/welcome.yaml", "journey: welcome")
    write(tmp_path, "schedules/shop.yaml", "name: Shop")
    return tmp_path


@pytest.fixture
def bucket(moto: str) -> str:
    return os.environ["SELVEDGE_BUCKET"]


def write(project: Path, name: str, text: str) -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def seed(bucket: str, project: Path) -> dict[str, str]:
    """Plan, apply, and tell what was planned for each file."""
    aws = Aws()
    steps = seeds.plan(aws, bucket, project)
    seeds.apply(aws, bucket, steps)
    return {step.key: step.action for step in steps}


def text_of(bucket: str, key: str) -> str:
    return str(clients.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def test_seeds_go_where_the_shop_edits_them(bucket: str, project: Path) -> None:
    assert seed(bucket, project) == {
        "templates/cart-offer/message.yaml": "create", "journeys/welcome.yaml": "create", "shop.yaml": "create",
    }
    assert text_of(bucket, "journeys/welcome.yaml") == "journey: welcome"


def test_what_others_refer_to_comes_first(project: Path) -> None:
    """A message's texts before it, all messages and segments before the journeys that send and name them."""
    write(project, "templates/cart-offer/push.ru.txt", "Hello")
    write(project, "schedules/segments.yaml", "vip: customer.orders.count > 5")

    assert list(seeds.seeds(project)) == [
        "segments.yaml", "shop.yaml", "templates/cart-offer/push.ru.txt", "templates/cart-offer/message.yaml",
        "journeys/welcome.yaml",
    ]


def test_seeding_again_changes_nothing(bucket: str, project: Path) -> None:
    seed(bucket, project)
    assert set(seed(bucket, project).values()) == {"unchanged"}


def test_planning_writes_nothing(bucket: str, project: Path) -> None:
    seeds.plan(Aws(), bucket, project)
    assert not clients.client("s3").list_objects_v2(Bucket=bucket).get("KeyCount")


def test_a_newer_seed_replaces_an_untouched_one(bucket: str, project: Path) -> None:
    seed(bucket, project)
    write(project, "schedules/shop.yaml", "name: A better shop")
    assert seed(bucket, project)["shop.yaml"] == "update"
    assert text_of(bucket, "shop.yaml") == "name: A better shop"


def test_a_marketers_edit_is_never_overwritten(bucket: str, project: Path) -> None:
    seed(bucket, project)
    clients.client("s3").put_object(Bucket=bucket, Key="shop.yaml", Body=b"name: My shop")
    write(project, "schedules/shop.yaml", "name: A better shop")
    assert seed(bucket, project)["shop.yaml"] == "keep-edited"
    assert text_of(bucket, "shop.yaml") == "name: My shop"


def test_an_edit_that_carries_the_seeds_mark_along_is_an_edit_all_the_same(bucket: str, project: Path) -> None:
    seed(bucket, project)
    mark = clients.client("s3").head_object(Bucket=bucket, Key="shop.yaml")["Metadata"]
    clients.client("s3").put_object(Bucket=bucket, Key="shop.yaml", Body=b"name: My shop", Metadata=mark)
    write(project, "schedules/shop.yaml", "name: A better shop")
    assert seed(bucket, project)["shop.yaml"] == "keep-edited"


def test_a_file_of_the_shops_own_under_a_seeds_name_is_kept(bucket: str, project: Path) -> None:
    clients.client("s3").put_object(Bucket=bucket, Key="journeys/welcome.yaml", Body=b"journey: welcome # ours")
    assert seed(bucket, project)["journeys/welcome.yaml"] == "keep-edited"


def test_a_seed_that_the_marketer_deleted_stays_deleted(bucket: str, project: Path) -> None:
    seed(bucket, project)
    clients.client("s3").delete_object(Bucket=bucket, Key="journeys/welcome.yaml")
    assert seed(bucket, project)["journeys/welcome.yaml"] == "keep-deleted"


def test_the_projects_own_seeds_hold_a_shop_journeys_and_templates() -> None:
    keys = set(seeds.seeds(Path(__file__).parents[2]))
    assert "shop.yaml" in keys
    assert "journeys/welcome.yaml" in keys
    assert any(key.startswith("templates/") and key.endswith("/message.yaml") for key in keys)
