#!/usr/bin/env python3
"""Checks what the shared library shows: names of ours alone, and under a name of its own that carries the version."""

import re
import subprocess
import sys


def main():
    library = sys.argv[1]
    names = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--demangle", "--format=posix", library],
        capture_output=True, text=True, check=True).stdout.splitlines()
    foreign = [name for name in names if "spark" not in name]
    headers = subprocess.run(["readelf", "--dynamic", library], capture_output=True, text=True, check=True).stdout
    wrong = [f"{library} shows {name}" for name in foreign]
    if len(names) < 100:
        wrong.append(f"{library} shows {len(names)} names only")
    if not re.search(r"SONAME.*\[libspark\.so\.\d+\.\d+\]", headers):
        wrong.append(f"{library} has no SONAME like libspark.so.0.1")
    print("\n".join(wrong) if wrong else f"{len(names)} names, all of ours")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
