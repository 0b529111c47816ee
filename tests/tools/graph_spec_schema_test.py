#!/usr/bin/env python3
"""The JSON Schema of graphs takes what the documentation and the example show, and refuses what the library refuses.

Exit code 77, which CTest shows as skipped: there is no jsonschema (Debian: python3-jsonschema).
"""

import copy
import json
import pathlib
import re
import sys
import unittest

try:
    import jsonschema
except ModuleNotFoundError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((ROOT / "docs/graph-spec.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
BLOCK = re.compile(r"```json\n(.*?)```\n", re.DOTALL)


def node(**members):
    return {"id": "a", "type": "ValueNode", **members}


def graph_with(edge=None, **members):
    """One node; with the members of an edge, that and what it leads to."""
    if edge is None:
        return {"nodes": [node(**members)]}
    if edge.get("kind") == "loop":
        return {"nodes": [node(**members)], "edges": [{"from": "a", "to": "a", **edge}]}
    return {"nodes": [node(**members), node(id="b")], "edges": [{"from": "a", "to": "b", **edge}]}


def documented():
    """The specs that docs/graphs.md shows."""
    page = (ROOT / "docs/graphs.md").read_text(encoding="utf-8")
    return [json.loads(block) for block in BLOCK.findall(page)]


def printed():
    """The spec that the example prints."""
    output = (ROOT / "examples/26_graph_as_data.expected").read_text(encoding="utf-8")
    return json.loads(output.splitlines()[0])


# The library refuses all of these, most of them in tests/graph/.
MALFORMED = [
    [],
    {},
    {"nodes": []},
    {"nodes": [node()], "edgs": []},
    {"nodes": [{"id": "a"}]},
    {"nodes": [{"type": "ValueNode"}]},
    {"nodes": [node(id="")]},
    graph_with(config=1),
    graph_with(policy={"max_attempts": 0}),
    graph_with(policy={"max_attempts": 1.5}),
    graph_with(policy={"backoff": {"factor": 101}}),
    graph_with(policy={"backoff": {"jitter": -0.1}}),
    graph_with(policy={"backoff": {"jiter": 0.1}}),
    graph_with(policy={"timeout": 1e-7}),
    graph_with(policy={"cache": {"max_entries": 0}}),
    graph_with(policy={"cache": True}),
    graph_with(join={"when": "one"}),
    graph_with({"kind": "loop"}),
    graph_with({"max_iterations": 2}),
    graph_with({"kind": "back"}),
    graph_with({"kind": "loop", "max_iterations": 0}),
    graph_with({"kind": "loop", "max_iterations": 2, "condition": {"otherwise": True}}),
    graph_with({"condition": {"path": "x", "op": "=>", "value": 1}}),
    graph_with({"condition": {"path": "x", "op": "=="}}),
    graph_with({"condition": {"path": "x", "op": "exists", "value": 1}}),
    graph_with({"condition": {"path": "x", "value": 1}}),
    graph_with({"condition": {"path": "x", "op": "matches", "value": 1}}),
    graph_with({"condition": {"path": "x..y", "op": "exists"}}),
    graph_with({"condition": {"path": "x\\y", "op": "exists"}}),
    graph_with({"condition": {"path": "", "op": "exists"}}),
    graph_with({"condition": {}}),
    graph_with({"condition": {"all": []}}),
    graph_with({"condition": {"all": [{"otherwise": True}]}}),
    graph_with({"condition": {"not": {"always": False}}}),
    graph_with({"condition": {"always": True, "callable": "f"}}),
    {"nodes": [node(type="Graph")]},
    {"nodes": [node(type="Graph", config={})]},
    {"nodes": [node()], "subgraphs": {"h": {"nodes": [node()], "subgraphs": {}}}},
]

# And takes these.
WELL_FORMED = [
    {"nodes": [node()]},
    graph_with({"kind": "loop", "max_iterations": 2, "condition": None}),
    graph_with({"kind": "error", "condition": {"path": "error_type", "op": "==", "value": "E"}}),
    graph_with({"condition": {"otherwise": True}}),
    graph_with({"condition": {"any": [{"path": "a\\.b.c", "op": "exists"}, {"not": {"callable": "f"}}]}}),
    graph_with(policy={"max_attempts": 3, "timeout": 0, "cache": {}}, join={"when": "any", "inputs": "by_source"}),
    {"nodes": [node(type="Graph", config={"graph_hash": "h"})], "subgraphs": {"h": {"nodes": [node()]}}},
]


class GraphSpecSchema(unittest.TestCase):
    def test_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_takes_what_the_example_prints_which_the_documentation_shows(self):
        VALIDATOR.validate(printed())
        self.assertIn(printed(), documented())

    def test_takes_what_the_documentation_shows(self):
        for spec in documented():
            with self.subTest(spec=spec):
                VALIDATOR.validate(spec)

    def test_takes_what_is_well_formed(self):
        for spec in WELL_FORMED:
            with self.subTest(spec=spec):
                VALIDATOR.validate(spec)

    def test_refuses_what_is_malformed(self):
        for spec in MALFORMED:
            with self.subTest(spec=spec):
                self.assertFalse(VALIDATOR.is_valid(spec))

    def test_refuses_an_unknown_member_anywhere_but_in_configurations(self):
        def changed(value, path=()):
            """Each object of the value in turn with one more member."""
            children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            if isinstance(value, dict) and path[-1:] not in (("config",), ("subgraphs",)):
                yield {**value, "surprise": 1}
            for key, child in children:
                if key in ("config", "value"):
                    continue
                for other in changed(child, (*path, key)):
                    result = copy.copy(value)
                    result[key] = other
                    yield result

        for spec in [*WELL_FORMED, *documented()]:
            for other in changed(spec):
                with self.subTest(spec=other):
                    self.assertFalse(VALIDATOR.is_valid(other))


if __name__ == "__main__":
    unittest.main()
