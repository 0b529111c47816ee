#!/usr/bin/env python3
"""Checks that code blocks in the documentation are what compiles or is run by tests.

    check_docs.py [--update]

A block that follows a line `<!-- from FILE -->` must be the content of FILE (from the repository's root), without the comment at
its head. One that follows `<!-- output of FILE -->` must be what FILE's program prints, which CTest holds against the file
beside it whose name ends in .expected. --update writes both so. Every C++ block must have such a line, and every SQL block, unless `<!-- not run: WHY -->` is before it.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r"(?:<!-- from (?P<file>\S+) -->\n|(?P<excused><!-- not run: [^\n]+ -->\n))?```(?P<language>cpp|sql)\n(?P<code>.*?)```\n",
    re.DOTALL,
)

OUTPUT = re.compile(r"<!-- output of (?P<file>\S+) -->\n```\n(?P<text>.*?)```\n", re.DOTALL)


def content(path):
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if path.suffix == ".sql":
        return "".join(lines)
    while lines and (lines[0].startswith("//") or not lines[0].strip()):
        lines.pop(0)
    return "".join(lines)


def main():
    update = sys.argv[1:] == ["--update"]
    wrong = []
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]):
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(ROOT)

        def checked(block):
            if block["excused"] and block["language"] == "sql":
                return block[0]
            if not block["file"]:
                wrong.append(f"{name}: a block of {block['language']} without a line `<!-- from FILE -->` before it")
                return block[0]
            source = ROOT / block["file"]
            if not source.is_file():
                wrong.append(f"{name}: there is no {block['file']}")
                return block[0]
            expected = content(source)
            if block["code"] != expected and not update:
                wrong.append(f"{name}: the block is not {block['file']}; run tools/check_docs.py --update")
            return f"<!-- from {block['file']} -->\n```{block['language']}\n{expected}```\n"

        def checked_output(block):
            printed = (ROOT / block["file"]).with_suffix(".expected")
            if not printed.is_file():
                wrong.append(f"{name}: there is no {printed.relative_to(ROOT)}")
                return block[0]
            expected = printed.read_text(encoding="utf-8")
            if block["text"] != expected and not update:
                wrong.append(f"{name}: the block is not what {block['file']} prints; run tools/check_docs.py --update")
            return f"<!-- output of {block['file']} -->\n```\n{expected}```\n"

        updated = OUTPUT.sub(checked_output, BLOCK.sub(checked, text))
        if update and updated != text:
            page.write_text(updated, encoding="utf-8")
    print("\n".join(wrong) if wrong else "The documentation's code is what compiles.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
