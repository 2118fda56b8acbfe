"""The DynamoDB tables of the template, read from the models that the product works with: they cannot drift apart."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import TTLAttribute

from chalicelib.storage import tables
from chalicelib.storage.connection import Table


def resources() -> dict[str, Any]:
    """The CloudFormation resource of each table, by logical id (`EventsTable`).

    On demand with a maximum throughput, recoverable to any second of the last 35 days, and kept when the stack goes:
    `make remove` deletes them on purpose.
    """
    return {f"{table.__name__}Table": _table(table) for table in tables.ALL}


def _table(table: type[Table]) -> dict[str, Any]:
    # PynamoDB's own description of the model: what `create_table` would send.
    schema = table._get_schema()
    properties: dict[str, Any] = {
        "TableName": {"Fn::Sub": f"${{AWS::StackName}}-{table.Meta.name}"},
        "BillingMode": "PAY_PER_REQUEST",
        "OnDemandThroughput": {
            "MaxReadRequestUnits": {"Ref": "MaxReadUnits"},
            "MaxWriteRequestUnits": {"Ref": "MaxWriteUnits"},
        },
        "AttributeDefinitions": schema["attribute_definitions"],
        # The partition key comes first, whatever the order of the model's attributes.
        "KeySchema": sorted(schema["key_schema"], key=lambda key: key["KeyType"]),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    stream = getattr(table.Meta, "stream_view_type", None)
    if stream:
        properties["StreamSpecification"] = {"StreamViewType": stream}
    for attribute in table.get_attributes().values():
        if isinstance(attribute, TTLAttribute):
            properties["TimeToLiveSpecification"] = {"AttributeName": attribute.attr_name, "Enabled": True}
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }
