#!/usr/bin/env python3
"""What tools/check_layers.py accepts and refuses: each test is a small tree of its own."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import check_layers  # noqa: E402


class Tree(unittest.TestCase):
    def violations(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            violations, count = check_layers.check_tree(root)
        self.assertEqual(count, len(files))
        return [str(violation) for violation in violations]

    def accepted(self, name, text, **more):
        self.assertEqual(self.violations({name: text, **more}), [])

    def refused(self, name, text, what, line=1, files=None):
        violations = self.violations({name: text, **(files or {})})
        self.assertEqual(len(violations), 1, violations)
        self.assertTrue(violations[0].startswith(f"{name}:{line}: "), violations)
        self.assertIn(what, violations[0])


class Layers(Tree):
    def test_arrows_down_are_accepted(self):
        self.accepted("src/graph/a.cpp", '#include "spark/async/a.h"\n#include <spark/base/value.h>\n')
        self.accepted("src/rsi/a.cpp", '#include "spark/analysis/a.h"\n#include "spark/agents/a.h"\n')
        self.accepted("apps/sparktel/a.cpp", '#include "spark/spark.h"\n#include <fmt/format.h>\n')

    def test_an_arrow_up_is_refused(self):
        self.refused("src/telemetry/a.cpp", '\n#include "spark/graph/node.h"\n', "must not include graph/", line=2)
        self.refused("include/spark/base/a.h", '#include "spark/telemetry/a.h"\n', "must not include telemetry/")

    def test_an_arrow_sideways_is_refused(self):
        self.refused("src/async/a.cpp", "#include <spark/backends/sqlite/a.h>\n", "must not include backends/")
        self.refused("src/analysis/a.cpp", '#include "spark/graph/a.h"\n', "must not include graph/")

    def test_a_skipped_arrow_is_refused(self):
        self.refused("src/agents/a.cpp", '#include "spark/propagation/a.h"\n', "must not include propagation/")

    def test_a_private_header_of_another_layer_counts(self):
        up = '#include "graph/runner.h"\n'
        self.refused("src/async/a.cpp", up, "must not include graph/", files={"src/graph/runner.h": ""})
        relative = '#include "../graph/runner.h"\n'
        self.refused("src/async/a.cpp", relative, "must not include graph/", files={"src/graph/runner.h": ""})

    def test_backends_do_not_know_each_other(self):
        self.refused("src/backends/memory/a.cpp", '#include "spark/backends/sqlite/a.h"\n', "backends/sqlite/")
        self.accepted("src/backends/sqlite/a.cpp", '#include "spark/backends/sqlite/a.h"\n#include <sqlite3.h>\n')

    def test_an_unknown_folder_is_refused(self):
        self.refused("src/util/a.cpp", "", "not in the table")
        self.refused("src/graph/a.cpp", '#include "spark/util/a.h"\n', "not in the table")

    def test_a_file_outside_the_folders_is_refused(self):
        self.refused("include/spark/other.h", "", "no layer's folder")

    def test_an_umbrella_gathers_only_what_is_below_it(self):
        self.accepted("include/spark/telemetry.h", '#include "spark/telemetry/manager.h"\n#include "spark/base/value.h"\n')
        self.refused("include/spark/telemetry.h", '#include "spark/graph/graph.h"\n', "must not include graph/")

    def test_an_umbrella_includes_a_smaller_one(self):
        self.accepted("include/spark/spark.h", '#include "spark/telemetry.h"\n')

    def test_a_layer_does_not_include_an_umbrella(self):
        self.refused("src/graph/a.cpp", '#include "spark/telemetry.h"\n', "names the header it needs")

    def test_comments_and_strings_are_ignored(self):
        text = '// #include "spark/rsi/a.h"\n/* \n#include "spark/rsi/a.h"\n*/\nauto s = R"(\n#include "spark/rsi/a.h"\n)";\n'
        self.accepted("src/base/a.cpp", text)


class PublicHeaders(Tree):
    def test_the_standard_library_is_accepted(self):
        self.accepted("include/spark/base/a.h", "#include <string>\n#include <stop_token>\n#include <cstdint>\n")

    def test_another_library_is_refused(self):
        for name in ("boost/json.hpp", "sqlite3.h", "fmt/format.h", "unistd.h"):
            self.refused("include/spark/telemetry/a.h", f"#include <{name}>\n", f"must not include {name}")

    def test_a_source_may_include_another_library(self):
        self.accepted("src/base/a.cpp", "#include <boost/json.hpp>\n")

    def test_asio_is_accepted_in_async_and_above(self):
        for folder in ("async", "graph", "rpc"):
            self.accepted(f"include/spark/{folder}/a.h", "#include <boost/asio/awaitable.hpp>\n")

    def test_asio_is_refused_below_async_and_beside_it(self):
        for folder in ("base", "telemetry", "analysis"):
            self.refused(f"include/spark/{folder}/a.h", "#include <boost/asio.hpp>\n", "must not include boost/asio.hpp")

    def test_another_boost_library_is_refused_in_async(self):
        self.refused("include/spark/async/a.h", "#include <boost/beast.hpp>\n", "must not include boost/beast.hpp")

    def test_a_private_header_is_refused(self):
        text = '#include "async/impl.h"\n'
        self.refused("include/spark/async/a.h", text, "names ours as spark/", files={"src/async/impl.h": ""})


class AsioNames(Tree):
    def test_they_are_accepted_inside_async(self):
        self.accepted("src/async/a.cpp", "boost::asio::co_spawn(a, b, c);\nboost::asio::steady_timer t(e);\n")

    def test_they_are_refused_outside(self):
        for name in ("co_spawn", "steady_timer", "awaitable_operators"):
            self.refused("src/graph/a.cpp", f"\nusing boost::asio::{name};\n", f"{name} is used outside", line=2)

    def test_the_header_is_refused_too(self):
        self.refused("src/graph/a.cpp", "#include <boost/asio/co_spawn.hpp>\n", "co_spawn is used outside")

    def test_comments_and_strings_are_ignored(self):
        self.accepted("src/graph/a.cpp", '// co_spawn\n/* steady_timer */ auto s = "co_spawn \\" co_spawn";\n')

    def test_a_digit_separator_starts_no_literal(self):
        self.refused("src/graph/a.cpp", "int a = 1'000;\nco_spawn(x);\nint b = 2'000;\n", "co_spawn", line=2)


class CoAwait(Tree):
    def check_refused(self, text, line=1):
        self.refused("src/graph/a.cpp", text, "braced aggregate", line=line)

    def check_accepted(self, text):
        self.accepted("src/graph/a.cpp", text)

    def test_an_aggregate_argument_is_refused(self):
        self.check_refused('co_await f({.name = "x"});')
        self.check_refused("auto r = co_await f(a, {1, 2});")
        self.check_refused("co_await f(\n    a,\n    {1});")

    def test_a_named_aggregate_is_refused(self):
        self.check_refused('co_await f(Options{.name = "x"});')
        self.check_refused("co_await f(ns::Options<int>{1});")
        self.check_refused("\nreturn g(co_await f(), Options {});", line=2)

    def test_an_aggregate_in_the_head_of_a_loop_is_refused(self):
        self.check_refused("while (co_await next({.limit = 1})) { run(); }")

    def test_a_named_variable_is_accepted(self):
        self.check_accepted('Options options{.name = "x"};\nco_await f(options);\nOther other{1};')

    def test_a_body_behind_the_expression_is_accepted(self):
        self.check_accepted("if (co_await f(a)) {\n  Options options{1};\n}")
        self.check_accepted("for (auto& x : co_await f(g(a))) { use(Options{1}); }")

    def test_a_lambda_body_is_accepted(self):
        self.check_accepted("co_await in_span(n, [&] { return Options{1}; });")
        self.check_accepted("co_await in_span(n, [&](int a) mutable { return Options{1}; });")
        self.check_accepted("co_await in_span(n, [&]() -> Task<Options> { co_return Options{1}; });")

    def test_behind_a_lambda_the_expression_goes_on(self):
        self.check_refused("co_await in_span([&] { run(); }, {1});")

    def test_inside_a_lambda_the_rule_holds(self):
        self.check_refused("spawn([&]() -> Task<void> {\n  co_await f({1});\n});", line=2)

    def test_comments_and_strings_are_ignored(self):
        self.check_accepted('// co_await f({1});\nauto s = "co_await f({1});";\nco_await f("({", \'{\');')


class Table(unittest.TestCase):
    def test_the_table_points_down(self):
        check_layers.check_table()

    def test_a_table_that_points_up_is_refused(self):
        saved = dict(check_layers.LAYERS)
        check_layers.LAYERS["base"] = (0, ["graph"])
        try:
            with self.assertRaises(ValueError):
                check_layers.check_table()
        finally:
            check_layers.LAYERS.update(saved)


if __name__ == "__main__":
    unittest.main()
