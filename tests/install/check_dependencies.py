#!/usr/bin/env python3
"""Checks that a public header needs nothing but our own headers and the standard library.

The compiler lists every file that the header reaches. Each must lie below the include folder given, belong to the compiler, or
be one that the standard library's own headers reach (that is how the C library's headers are told from, say, sqlite3.h, which
lies in the same folder).
"""

import argparse
import os
import subprocess
import sys


def reached(compiler, source, options):
    """The absolute paths of all files that compiling the text `source` reads."""
    command = [compiler, "-std=c++20", "-x", "c++", *options, "-M", "-"]
    rule = subprocess.run(command, input=source, capture_output=True, text=True)
    if rule.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{rule.stderr}")
    words = rule.stdout.replace("\\\n", " ").split(":", 1)[1].split()
    return {os.path.realpath(word) for word in words if word != "-"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", required=True, help="the folder that holds spark/")
    parser.add_argument("header")
    arguments = parser.parse_args()

    standard = reached(arguments.compiler, "#include <bits/stdc++.h>\n", [])
    ours = os.path.realpath(os.path.join(arguments.include, "spark")) + os.sep
    compilers = ("/usr/include/c++/", "/usr/lib/gcc/", "/usr/lib/llvm")
    header = f"#include <{arguments.header}>\n"
    foreign = sorted(
        path
        for path in reached(arguments.compiler, header, ["-I", arguments.include])
        if path not in standard and not path.startswith(ours) and not path.startswith(compilers)
    )
    for path in foreign:
        print(f"<{arguments.header}> reaches {path}")
    return 1 if foreign else 0


if __name__ == "__main__":
    sys.exit(main())
