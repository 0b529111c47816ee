#!/usr/bin/env python3
"""Prints the files and functions that are longer than the house style says. It never fails: a long one may have its reason.

    check_length.py [FILE...]

Without files, all C++ files below include, src and apps. Headers: about 150 lines; sources: about 400; functions: about 70.
A function is a brace behind a closing parenthesis (and what may follow one), outside of any other function.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_layers  # noqa: E402

HEADER_LINES = 150
SOURCE_LINES = 400
FUNCTION_LINES = 70

HEAD = re.compile(
    r"(?P<name>[~\w:]+(?:\s*<[^<>;{}()]*>)?|operator\s*\S+)\s*"
    r"\((?:[^(){};]|\([^(){};]*\)|\{[^{};]*\})*\)"
    r"(?P<rest>(?:\s|\bconst\b|\bnoexcept\b|\boverride\b|\bfinal\b|&|->[\s\w:<>,*&]+|:(?!:)[^;]*?[)}])*)$"
)
NO_FUNCTION = {"if", "for", "while", "switch", "catch", "return", "constexpr", "requires", "decltype", "alignas"}


def functions(code):
    """(name, first line, number of lines) of each function in the text, which has no comments and no literals."""
    position = 0
    begin = 0
    while position < len(code):
        character = code[position]
        if character == ";" or character == "}":
            begin = position + 1
        elif character == "{":
            head = HEAD.search(code[max(begin, position - 2000) : position])
            if head and head.group("name") not in NO_FUNCTION:
                end = check_layers.closing_brace(code, position)
                first = code.count("\n", 0, position - len(head.group())) + 1
                yield head.group("name"), first, code.count("\n", 0, end) + 2 - first
                position = end
            begin = position + 1
        position += 1


def main():
    root = pathlib.Path(__file__).resolve().parents[1]
    if sys.argv[1:]:
        files = [pathlib.Path(name) for name in sys.argv[1:]]
    else:
        files = [file for top in ("include", "src", "apps") for file in sorted((root / top).rglob("*"))]
    for file in files:
        if file.suffix not in check_layers.SUFFIXES or not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        shown = file.resolve()
        shown = shown.relative_to(root) if shown.is_relative_to(root) else file
        limit = HEADER_LINES if file.suffix in (".h", ".hpp") else SOURCE_LINES
        lines = text.count("\n")
        if lines > limit:
            print(f"{shown}: {lines} lines, the style says about {limit}")
        for name, first, length in functions(check_layers.blank(text)):
            if length > FUNCTION_LINES:
                print(f"{shown}:{first}: {name} has {length} lines, the style says about {FUNCTION_LINES}")


if __name__ == "__main__":
    main()
