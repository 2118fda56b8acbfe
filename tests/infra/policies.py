"""The policies of a template as IAM would get them: intrinsics put in, one document for each role."""

from __future__ import annotations

import re
from typing import Any

ACCOUNT, REGION, STACK = "123456789012", "eu-west-1", "selvedge-test"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": STACK}


def resolved_policies(template: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The statements of each role, by the function that has it."""
    resources = template["Resources"]
    return {
        name.removesuffix("Role"): [
            resolve(statement, resources)
            for policy in role["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        for name, role in resources.items()
        if role["Type"] == "AWS::IAM::Role"
    }


def resolve(value: Any, resources: dict[str, Any]) -> Any:
    """A value of the template with `Ref`, `Fn::GetAtt` and `Fn::Sub` put in."""
    if isinstance(value, list):
        return [resolve(item, resources) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        key, argument = next(iter(value.items()))
        if key == "Ref":
            return PSEUDO.get(argument) or _attribute(resources, argument, "")
        if key == "Fn::GetAtt":
            return _attribute(resources, *argument)
        if key == "Fn::Sub":
            return _substitute(argument, resources)
    return {key: resolve(item, resources) for key, item in value.items()}


def _substitute(text: str, resources: dict[str, Any]) -> str:
    def replacement(match: re.Match[str]) -> str:
        name, _, attribute = match[1].partition(".")
        return PSEUDO.get(match[1]) or _attribute(resources, name, attribute)

    return re.sub(r"\$\{([^}]+)\}", replacement, text)


def _attribute(resources: dict[str, Any], name: str, attribute: str) -> str:
    """The ARN (or, without an attribute, the name) of a resource that has a name of its own."""
    kind, properties = resources[name]["Type"], resources[name]["Properties"]
    if kind == "AWS::DynamoDB::Table":
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{resolve(properties['TableName'], resources)}"
        # A real label is a moment, with colons that parliament takes for the ends of an ARN's parts.
        return f"{table}/stream/label" if attribute == "StreamArn" else table
    if kind == "AWS::SQS::Queue":
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{resolve(properties['QueueName'], resources)}"
    if kind == "AWS::SNS::Topic":
        return f"arn:aws:sns:{REGION}:{ACCOUNT}:{resolve(properties['TopicName'], resources)}"
    if kind == "AWS::Logs::LogGroup":
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{resolve(properties['LogGroupName'], resources)}:*"
    if kind == "AWS::Lambda::Function":
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{resolve(properties['FunctionName'], resources)}"
    raise KeyError(f"{name} ({kind}) in a policy")
