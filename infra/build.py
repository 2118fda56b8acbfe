"""`python -m infra.build`: the code package, the layer and the template of a stage, in `build/<stage>/`."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from infra.package import FUNCTIONS_ARCHITECTURE, PROJECT, build_layer, build_package
from infra.template import sam_template, transform


def build(stage: str, *, project: Path = PROJECT, architecture: str = FUNCTIONS_ARCHITECTURE) -> Path:
    """Build a stage and return its folder: `package.zip`, `analytics.zip` (a layer), `template.json`, and `sam.json`
    (before the transform).

    For another architecture than AWS's functions have, package and template are those that an emulator can run.
    """
    folder = project / "build" / stage
    folder.mkdir(parents=True, exist_ok=True)
    build_package(folder / "package.zip", architecture=architecture, project=project)
    build_layer(folder / "analytics.zip", architecture=architecture, project=project)
    template = sam_template(stage, project=project)
    if architecture != FUNCTIONS_ARCHITECTURE:
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["Architectures"] = [architecture]
    (folder / "sam.json").write_text(json.dumps(template, indent=1, sort_keys=True) + "\n")
    (folder / "template.json").write_text(json.dumps(transform(template), indent=1, sort_keys=True) + "\n")
    return folder


def package_key(package: Path) -> str:
    """The key of a package in the artifact bucket: its own hash, so that the same code is the same object."""
    return f"selvedge/{hashlib.sha256(package.read_bytes()).hexdigest()[:32]}.zip"


def main() -> None:
    """Build and say what came out."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stage", default="production")
    stage = arguments.parse_args().stage
    folder = build(stage)
    package, template = folder / "package.zip", json.loads((folder / "template.json").read_text())
    for built in (package, folder / "analytics.zip"):
        print(f"{built}: {built.stat().st_size:,} bytes, key {package_key(built)}")
    print(f"{folder / 'template.json'}: {len(template['Resources'])} resources")


if __name__ == "__main__":
    main()
