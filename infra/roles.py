"""One role, one log group and one error count per function: what is the same for all of them.

What a function may do besides stands in `resources/permissions.yaml`, statement by statement.
"""

from __future__ import annotations

from typing import Any

LOG_RETENTION_DAYS = 30

SHORT_NAMES = {"APIHandler": "api"}
"""Names of functions within the stack where they are not Chalice's own in lower case."""

FAILURES = '{ ($.level = "ERROR") || ($.level = "CRITICAL") || ($.record.status = "timeout") }'
"""Log lines that count as an error: the functions' own, Lambda's report of an exception, and a function cut off."""


def function_name(logical_id: str) -> dict[str, str]:
    """The function's name, `<stack>-engine`: stable, so that its log group and its caller can name it."""
    return {"Fn::Sub": f"${{AWS::StackName}}-{SHORT_NAMES.get(logical_id, logical_id.lower())}"}


def complete_functions(template: dict[str, Any], permissions: dict[str, list[dict[str, Any]]]) -> None:
    """Give every function of a SAM template its name, code, role, log group and error count.

    `permissions` are the statements by function; every function must have its entry, and every entry its function.
    """
    resources = template["Resources"]
    functions = {name: it for name, it in resources.items() if it["Type"] == "AWS::Serverless::Function"}
    if set(functions) != set(permissions):
        raise ValueError(f"functions {sorted(functions)} and permissions {sorted(permissions)} do not match")
    for name, function in functions.items():
        properties = function["Properties"]
        properties["FunctionName"] = function_name(name)
        properties["CodeUri"] = {"Bucket": {"Ref": "ArtifactBucket"}, "Key": {"Ref": "ArtifactKey"}}
        properties["Role"] = {"Fn::GetAtt": [f"{name}Role", "Arn"]}
        properties["LoggingConfig"] = {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            # The lines that say a function began and ended cost as much as running it.
            "SystemLogLevel": "WARN",
            "LogGroup": {"Ref": f"{name}Logs"},
        }
        resources[f"{name}Role"] = _role(name, permissions[name])
        resources[f"{name}Logs"] = {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": {"Fn::Sub": f"/aws/lambda/{function_name(name)['Fn::Sub']}"},
                "RetentionInDays": LOG_RETENTION_DAYS,
            },
        }
        resources[f"{name}Errors"] = {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": f"{name}Logs"},
                "FilterPattern": FAILURES,
                "MetricTransformations": [{
                    "MetricNamespace": "Selvedge",
                    "MetricName": {"Fn::Sub": "${AWS::StackName}-errors"},
                    "MetricValue": "1",
                }],
            },
        }


def _role(function: str, permissions: list[dict[str, Any]]) -> dict[str, Any]:
    """A role that only Lambda can take, with the function's statements.

    A statement's `Reason` says why it names a wildcard; IAM has no place for it, so it stands in the resource's
    metadata.
    """
    write_logs = {
        "Sid": "WriteItsLogs",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": [{"Fn::GetAtt": [f"{function}Logs", "Arn"]}],
    }
    statements, reasons = [], {}
    for permission in [write_logs, *permissions]:
        statement = {"Effect": "Allow", **permission}
        reason = statement.pop("Reason", None)
        if reason:
            reasons[statement["Sid"]] = reason
        statements.append(statement)
    return {
        "Type": "AWS::IAM::Role",
        "Metadata": {"Reasons": reasons},
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }],
            },
            "Policies": [{
                "PolicyName": "function",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            }],
        },
    }
