#!/usr/bin/env python3
"""Holds the table of layers: which folder may include which, and what a public header may include.

    check_layers.py [ROOT]

Reads every C++ file below include/spark, src and apps of ROOT (by default this repository) and prints each violation as
`file:line: what`. Exits with 1 if there is any. The rules:

1. A folder includes itself and the folders that the table gives it, directly or through another; arrows point down only.
2. A public header (include/spark) includes the standard library and spark/; the async ones, and those that stand on them, may
   include Boost.Asio too.
3. Asio's co_spawn, awaitable_operators and steady_timer stay inside async/: branches made elsewhere would share one context,
   and waits made elsewhere would not be on the injected clock.
4. No braced aggregate inside a co_await expression: g++ 12 destroys the temporary twice. A named variable is safe.
5. A folder that is not in the table is refused until somebody has decided where it belongs.
"""

import dataclasses
import pathlib
import re
import sys

# Each folder with its level and the folders its arrows point to. An arrow gives what lies below it as well.
LAYERS = {
    "base": (0, []),
    "telemetry": (1, ["base"]),
    "async": (2, ["telemetry"]),
    "backends": (2, ["telemetry"]),
    "analysis": (2, ["telemetry"]),
    "propagation": (2, ["telemetry"]),
    "graph": (3, ["async"]),
    "http": (3, ["async"]),
    "ingest": (4, ["http", "backends"]),
    "rpc": (4, ["http", "graph", "propagation"]),
    "agents": (4, ["http", "graph"]),
    "rsi": (5, ["analysis", "graph", "agents"]),
    # The design draws no arrows for programs: they stand on everything.
    "apps": (6, ["rsi", "ingest", "rpc", "agents", "graph", "http", "async", "backends", "analysis", "telemetry"]),
}

# Each backend is an idea of its own and knows no other one.
BACKENDS = "backends"

# The headers that gather several folders: the folder whose arrows each of them may follow. No other file lies in include/spark
# itself.
UMBRELLAS = {
    "spark/telemetry.h": "telemetry",
    "spark/analysis.h": "analysis",
    "spark/async.h": "async",
    "spark/graph.h": "graph",
    "spark/propagation.h": "propagation",
    "spark/rpc.h": "rpc",
    "spark/agents.h": "agents",
    "spark/rsi.h": "rsi",
    "spark/spark.h": "apps",
}

# The folder below which (and on which) public headers may include Asio.
ASIO_FOLDER = "async"
ASIO_ONLY_THERE = ("co_spawn", "awaitable_operators", "steady_timer")

SUFFIXES = {".h", ".hpp", ".cpp", ".cc", ".inc"}

STANDARD = frozenset(
    """
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale
    cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib
    cstring ctime cuchar cwchar cwctype deque exception execution expected filesystem format forward_list fstream functional
    future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource
    mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex
    source_location span sstream stack stdexcept stop_token streambuf string string_view strstream syncstream system_error
    thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
    """.split()
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">\n]+)[">]', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Violation:
    path: str
    line: int
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}"


def reachable(folder):
    """The folder itself and everything that lies below it by the table."""
    found = {folder}
    for below in LAYERS[folder][1]:
        found |= reachable(below)
    return found


def check_table():
    """The table itself must point down."""
    for folder, (level, below) in LAYERS.items():
        for other in below:
            if LAYERS[other][0] >= level:
                raise ValueError(f"the table lets {folder} (level {level}) include {other} (level {LAYERS[other][0]})")


TOKEN = re.compile(
    r"""
      (?P<line>//(?:[^\n\\]|\\.|\\\n)*)
    | (?P<block>/\*.*?(?:\*/|\Z))
    | (?P<raw>\b(?:u8|u|U|L)?R"(?P<mark>[^()\\\s"]{0,16})\(.*?\)(?P=mark)")
    | (?P<string>"(?:[^"\\\n]|\\.)*")
    | (?P<number>\b[0-9](?:'?[0-9A-Za-z_.])*)
    | (?P<character>'(?:[^'\\\n]|\\.)+')
    """,
    re.VERBOSE | re.DOTALL,
)


def blank(text, keep_strings=False):
    """The text without comments and without what literals hold (those in one line can be kept); lines keep their numbers."""

    def replacement(match):
        token = match.group()
        if match.group("number"):
            return token
        literal = match.group("raw") or match.group("string") or match.group("character")
        lines = token.count("\n")
        if literal and keep_strings and lines == 0:
            return token
        # A literal leaves its quotes, so that `f("{")` still reads as a call with an argument.
        return ('""' if literal else " ") + "\n" * lines

    return TOKEN.sub(replacement, text)


def folder_of_file(path):
    """(folder, backend, whether public) of a file named relative to the root; the folder is None for an umbrella header."""
    parts = path.parts
    public = parts[:2] == ("include", "spark")
    if parts[0] == "apps":
        return "apps", None, False
    rest = parts[2:] if public else parts[1:]
    if len(rest) == 1:
        return None, None, public
    backend = None
    if rest[0] == BACKENDS and len(rest) > 2:
        backend = rest[1]
    return rest[0], backend, public


def folder_of_include(name, quoted, path, root):
    """(folder, backend) of an included file of ours, or None if it is not ours. An umbrella header gives its own name."""
    if name.startswith("spark/"):
        parts = name.split("/")[1:]
        if len(parts) == 1:
            return name, None
    elif quoted:
        # Private headers are named from src/ or from the file's own folder.
        beside = (root / path).parent / name
        from_source = root / "src" / name
        found = next((file for file in (beside, from_source) if file.is_file()), None)
        if found is None:
            parts = name.split("/")
            if len(parts) == 1 or parts[0] not in LAYERS:
                return None
        else:
            folder, backend, _ = folder_of_file(found.resolve().relative_to(root.resolve()))
            return (folder, backend) if folder else None
    else:
        return None
    return parts[0], parts[1] if parts[0] == BACKENDS and len(parts) > 2 else None


def check_includes(path, text, root):
    folder, backend, public = folder_of_file(path)
    if folder is None:
        name = "/".join(path.parts[1:])
        if name not in UMBRELLAS:
            yield 1, f"{path} lies in no layer's folder and is not one of {', '.join(sorted(UMBRELLAS))}"
            return
        folder = UMBRELLAS[name]
        allowed = reachable(folder)
    elif folder not in LAYERS:
        yield 1, f"the folder {folder}/ is not in the table of layers"
        return
    else:
        allowed = reachable(folder)
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        quoted, name = match.group(1) == '"', match.group(2)
        target = folder_of_include(name, quoted, path, root)
        if public and quoted and not name.startswith("spark/"):
            yield line, f"a public header names ours as spark/..., not {name}"
        elif target is not None:
            to, to_backend = target
            if to.endswith(".h"):
                # An umbrella gathers what lies below it; a layer that included it would include itself.
                if folder != "apps" or to not in UMBRELLAS:
                    yield line, f"{folder}/ must not include {name}: a layer names the header it needs"
            elif to not in LAYERS:
                yield line, f"{name}: the folder {to}/ is not in the table of layers"
            elif to not in allowed:
                yield line, f"{folder}/ must not include {to}/ ({name})"
            elif backend and to_backend and backend != to_backend:
                yield line, f"{BACKENDS}/{backend}/ must not include {BACKENDS}/{to_backend}/ ({name})"
        elif public and not is_public_dependency(name, quoted, allowed):
            yield line, f"a public header of {folder}/ must not include {name}"


def is_public_dependency(name, quoted, allowed):
    if quoted:
        return False
    if name in STANDARD:
        return True
    return ASIO_FOLDER in allowed and (name.startswith("boost/asio/") or name == "boost/asio.hpp")


def check_asio_names(path, text):
    folder, _, _ = folder_of_file(path)
    if folder == ASIO_FOLDER:
        return
    for match in re.finditer(r"\b(" + "|".join(ASIO_ONLY_THERE) + r")\b", text):
        line = text.count("\n", 0, match.start()) + 1
        yield line, f"{match.group(1)} is used outside {ASIO_FOLDER}/"


BEFORE_A_LAMBDA_BODY = re.compile(r"(?:\b(?:mutable|noexcept)|->[\s\w:<>,*&]+)$")


def closing_brace(text, opening):
    """The position of the brace that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return len(text)


def holds_braced_aggregate(text, position):
    """Whether the rest of the full expression that begins at `position` has a brace that is no lambda's body."""
    depth = 0
    statement_head_closed = False
    while position < len(text):
        character = text[position]
        if character in ";}":
            return False
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            statement_head_closed = depth < 0
        elif character == "{":
            before = text[max(0, position - 200) : position].rstrip()
            if before.endswith(")") and statement_head_closed:
                return False  # The body of an `if` or a loop whose head holds the co_await.
            if not before.endswith(("]", ")")) and not BEFORE_A_LAMBDA_BODY.search(before):
                return True
            # What a lambda's body makes lives in full expressions of its own.
            position = closing_brace(text, position)
        position += 1
    return False


def check_co_await(text):
    for start in re.finditer(r"\bco_await\b", text):
        if holds_braced_aggregate(text, start.end()):
            line = text.count("\n", 0, start.start()) + 1
            yield line, "a braced aggregate inside a co_await expression: g++ 12 destroys it twice; name a variable first"


def check_file(path, root):
    """The violations of one file, named relative to the root."""
    source = (root / path).read_text(encoding="utf-8", errors="replace")
    code = blank(source)
    found = [
        *check_includes(path, blank(source, keep_strings=True), root),
        *check_asio_names(path, code),
        *check_co_await(code),
    ]
    return [Violation(str(path), line, what) for line, what in sorted(set(found))]


def check_tree(root):
    """The violations of a whole tree, and how many files were read."""
    check_table()
    root = pathlib.Path(root)
    violations = []
    count = 0
    for top in ("include/spark", "src", "apps"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SUFFIXES and file.is_file():
                count += 1
                violations += check_file(file.relative_to(root), root)
    return violations, count


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1]
    violations, count = check_tree(root)
    for violation in violations:
        print(violation)
    if violations:
        print(f"{len(violations)} violations of the layers in {count} files; the table is in tools/check_layers.py")
        return 1
    print(f"the layers hold in {count} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
