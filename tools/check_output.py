#!/usr/bin/env python3
"""Runs a program in a fresh folder of its own and compares what it prints with an expectation.

    check_output.py --directory DIR [--expected FILE] -- PROGRAM [ARGUMENT...]

The program must exit with 0. Lines of FILE are literal, but `<word>` (letters, digits, `_`, `-`) stands for any text that is not
empty and has no line break in it (`<seconds>`, `<id>`, `<any>`: the word is for the reader), and a line that is only `<lines>`
stands for any number of lines, none included. A `<` that starts no such word is literal. Without FILE only the exit counts.
"""

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys

WILDCARD = re.compile(r"<[A-Za-z0-9_-]+>")


def line_pattern(line):
    """The regular expression for one expected line."""
    parts = []
    position = 0
    for wildcard in WILDCARD.finditer(line):
        parts.append(re.escape(line[position : wildcard.start()]))
        parts.append("[^\n]+")
        position = wildcard.end()
    parts.append(re.escape(line[position:]))
    return re.compile("".join(parts))


def matches(expected, actual):
    """Whether the list of lines `actual` is what the list of lines `expected` describes."""
    # The classic table: reachable[j] says whether the expectation so far can describe the first j lines.
    reachable = [True] + [False] * len(actual)
    for line in expected:
        if line == "<lines>":
            first = reachable.index(True) if True in reachable else len(reachable)
            reachable = [j >= first for j in range(len(reachable))]
            continue
        pattern = line_pattern(line)
        reachable = [False] + [
            reachable[j] and pattern.fullmatch(text) is not None for j, text in enumerate(actual)
        ]
    return reachable[-1]


def difference(expected, actual):
    """A readable difference in which lines that match their expectation count as equal."""
    shown = []
    for text in actual:
        found = next((line for line in expected if line != "<lines>" and line_pattern(line).fullmatch(text)), text)
        shown.append(found)
    return "\n".join(difflib.unified_diff(expected, shown, "expected", "actual", lineterm=""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", required=True, help="made anew before each run")
    parser.add_argument("--expected")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()

    shutil.rmtree(arguments.directory, ignore_errors=True)
    os.makedirs(arguments.directory)
    run = subprocess.run(arguments.command, cwd=arguments.directory, stdout=subprocess.PIPE)
    output = run.stdout.decode("utf-8", "replace")
    sys.stdout.write(output)
    sys.stdout.flush()
    if run.returncode != 0:
        print(f"\n{arguments.command[0]} ended with {run.returncode}")
        return 1
    if arguments.expected:
        with open(arguments.expected, encoding="utf-8") as file:
            expected = file.read().splitlines()
        actual = output.splitlines()
        if not matches(expected, actual):
            print(f"\nThe output is not what {arguments.expected} says:\n{difference(expected, actual)}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
