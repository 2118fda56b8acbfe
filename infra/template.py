"""The CloudFormation template of a stage: Chalice's own, our resources laid over it, and SAM's transform run here.

The result needs no macro on AWS's side: what the tests look at is what is deployed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from infra import http_api, roles, tables
from infra.merge import merge

PROJECT = Path(__file__).resolve().parent.parent
RESOURCES = Path(__file__).with_name("resources")
LAYERS = ("parameters", "bucket", "mail", "functions", "alarms")
"""The files of `resources/` that are laid over Chalice's template, in this order."""
PLACEHOLDER_REGION = "us-east-1"
"""Chalice and SAM ask for a region; nothing in the template depends on it."""


def sam_template(stage: str, *, project: Path = PROJECT) -> dict[str, Any]:
    """The whole template before SAM's transform."""
    template = _chalice_template(stage, project)
    http_api.replace_rest_api(template)
    roles.complete_functions(template, load("permissions"))
    for layer in LAYERS:
        template = merge(load(layer), template)
    template["Resources"].update(tables.resources())
    for function in template["Resources"].values():
        if function["Type"] == "AWS::Serverless::Function":
            function["Properties"].setdefault("Environment", {}).setdefault("Variables", {})["SELVEDGE_STAGE"] = stage
            function["Properties"]["Tags"] = {"selvedge-stage": stage}
    return template


def transform(template: dict[str, Any]) -> dict[str, Any]:
    """SAM's template as plain CloudFormation."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    # The translator works on its argument; ours stays as it is.
    copied = json.loads(json.dumps(template))
    session = boto3.Session(region_name=PLACEHOLDER_REGION)
    translated: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(copied, {})
    return translated


def load(name: str) -> dict[str, Any]:
    """A file of `resources/`, its `!Ref` and the like as CloudFormation's JSON."""
    from chalice.package import YAMLTemplateSerializer

    path = RESOURCES / f"{name}.yaml"
    loaded: dict[str, Any] = YAMLTemplateSerializer().load_template(path.read_text(), str(path))
    return loaded


def _chalice_template(stage: str, project: Path) -> dict[str, Any]:
    """What `chalice package` makes of the decorators in app.py.

    It runs on a copy without requirements: the code package is built by `package.py`, Chalice's own is not wanted.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(project / "chalicelib", copy / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(project / "app.py", copy)
        (copy / ".chalice").mkdir()
        config = json.loads((project / ".chalice" / "config.json").read_text())
        config["stages"] = {stage: {}}
        (copy / ".chalice" / "config.json").write_text(json.dumps(config))
        (copy / "requirements.txt").touch()
        command = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
        command += ["package", "--stage", stage, str(copy / "packaged")]
        environment = {**os.environ, "AWS_DEFAULT_REGION": PLACEHOLDER_REGION}
        finished = subprocess.run(command, cwd=copy, check=False, capture_output=True, text=True, env=environment)
        if finished.returncode:
            raise RuntimeError(f"chalice package failed:\n{finished.stdout}{finished.stderr}")
        template: dict[str, Any] = json.loads((copy / "packaged" / "sam.json").read_text())
    return template
