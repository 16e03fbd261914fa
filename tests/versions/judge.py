"""What dbt's own selection code says about two manifests: run it with the Python of an environment that holds dbt.

Reads one JSON object a line: {"before": FILE or null, "after": FILE, "flag": true, false or null (this dbt's default),
"asks": [{"select": [..], "exclude": [..], "selector": NAME or null, "types": [..], "indirect": "eager"}]}. Selectors come from the
selectors.yml of the working directory. Answers one line for each: {"unreadable":
WHY} where dbt can't load the project's manifest, {"state": WHY} where it can't load the state, else {"answers": [..]} with a
sorted list of ids, or {"error": WHY}, for each of the asks.
"""

import inspect
import json
import os
import sys
import tempfile
from argparse import Namespace
from pathlib import Path

from dbt.adapters.factory import FACTORY
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.compilation import Linker
from dbt.config.selectors import selector_config_from_data, selector_data_from_root
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode
from dbt.contracts.project import ProjectFlags
from dbt.contracts.state import PreviousState
from dbt.flags import set_from_args
from dbt.graph import ResourceTypeSelector, parse_difference
from dbt.graph.graph import Graph
from dbt.node_types import NodeType

FLAG = "state_modified_compare_more_unrendered_values"


def load_project(file):
    """The project's manifest as if it had just been parsed."""
    written = json.loads(Path(file).read_text())
    manifest = Manifest.from_writable_manifest(WritableManifest.from_dict(written))
    # A test is read back as the first kind whose fields fit, which may be a singular one.
    for unique_id, node in written["nodes"].items():
        if node.get("test_metadata"):
            manifest.nodes[unique_id] = GenericTestNode.from_dict(node)
    return manifest


def load_state(file):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "manifest.json").write_bytes(Path(file).read_bytes())
        return PreviousState(Path(folder), Path(folder) / "target", Path(folder))


def set_flags(flag, indirect):
    options = {FLAG: flag, "INDIRECT_SELECTION": indirect, "WARN_ERROR": False, "quiet": True}
    set_from_args(Namespace(**options, USE_FAST_TEST_EDGES=False), None)


def ask(question, manifest, graph, state, flag):
    set_flags(flag, question["indirect"])
    selectors = selector_config_from_data(selector_data_from_root("."))
    # Since 1.12 a selection can mention selectors.
    known = inspect.signature(ResourceTypeSelector.__init__).parameters
    mentioned = {"selectors": selectors} if "selectors" in known else {}
    selector = ResourceTypeSelector(
        **mentioned,
        graph=graph,
        manifest=manifest,
        previous_state=state,
        resource_types=[NodeType(kind) for kind in question["types"]],
        include_empty_nodes=True,
    )
    try:
        if question["selector"]:
            wanted = selectors[question["selector"]]["definition"]
        else:
            wanted = parse_difference(question["select"], question["exclude"])
        chosen = selector.get_selected(wanted)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return sorted(chosen)


def judge(request):
    flag = request["flag"]
    flag = getattr(ProjectFlags(), FLAG) if flag is None else flag
    set_flags(flag, "eager")
    try:
        manifest = load_project(request["after"])
        linker = Linker()
        linker.link_graph(manifest)
    except Exception as error:
        return {"unreadable": f"{type(error).__name__}: {error}"}
    try:
        state = load_state(request["before"]) if request["before"] else None
    except Exception as error:
        return {"state": f"{type(error).__name__}: {error}"}
    graph = Graph(linker.graph)
    return {"answers": [ask(question, manifest, graph, state, flag) for question in request["asks"]]}


def main():
    # dbt logs to the standard output, where only answers belong.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Only the adapter's list of enforced constraints is asked for, so its class does for the adapter.
    FACTORY.load_plugin("materialize")
    FACTORY.adapters["materialize"] = FACTORY.get_adapter_class_by_name("materialize")
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), file=answers, flush=True)


main()
