"""Writes manifests.jsonl.gz: see README.md."""

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def parsed(dbt, flag):
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        shutil.copytree(HERE / "project", project)
        with (project / "dbt_project.yml").open("a") as file:
            file.write(f"flags: {{state_modified_compare_more_unrendered_values: {str(flag).lower()}}}\n")
        subprocess.run([dbt, "parse", "--no-partial-parse", "--profiles-dir", "."], cwd=project, check=True, stdout=sys.stderr)
        text = (project / "target/manifest.json").read_text()
        return json.loads(text.replace(str(project), "/project").replace(folder, ""))


def reached(manifest):
    """The macros that the project has or calls, at any depth."""
    macros = manifest["macros"]
    left = [id for id, macro in macros.items() if macro["package_name"] == manifest["metadata"]["project_name"]]
    for section in ("nodes", "functions", "exposures", "metrics", "semantic_models", "unit_tests", "saved_queries"):
        for node in manifest[section].values():
            left += (node.get("depends_on") or {}).get("macros", [])
    found = set()
    while left:
        id = left.pop()
        if id in macros and id not in found:
            found.add(id)
            left += macros[id]["depends_on"]["macros"]
    return found


def small(manifest):
    keep = reached(manifest)
    manifest["macros"] = {id: macro for id, macro in manifest["macros"].items() if id in keep}
    manifest["docs"] = {id: doc for id, doc in manifest["docs"].items() if not id.startswith("doc.dbt.")}
    for key in ("user_id", "invocation_id", "env"):
        manifest["metadata"].pop(key, None)
    return manifest


with gzip.GzipFile(HERE / "manifests.jsonl.gz", "wb", mtime=0) as file:
    for dbt in sys.argv[1:3]:
        for flag in (False, True):
            line = {"flag": flag, "manifest": small(parsed(dbt, flag))}
            file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
