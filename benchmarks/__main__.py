"""Run the benchmarks named, or all of them: ``python -m benchmarks [caching …]``, or ``make bench``."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path


def main() -> None:
    """Run one module after the other."""
    files = sorted(Path(__file__).parent.glob("[!_]*.py"))
    known = [path.stem for path in files if "\ndef main(" in path.read_text(encoding="utf-8")]  # the others help them
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure this project against its peers, in ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run, out of: {', '.join(known)}; all if left out")
    names = parser.parse_args().names
    for name in names:
        if name not in known:
            parser.error(f"there is no benchmark {name!r}, only {', '.join(known)}")
    for name in names or known:
        print(f"\n== {name} ==")
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
