"""All parts in turn: print their tables, write them where asked, and say which goals were missed."""

import argparse
import sys

import bounded
import comparison
import coverage
import families
import gates
import languages
import parity
import speed
import unbounded
from tables import write

PARTS = {
    "coverage": (coverage.measure, 4000),
    "comparison": (comparison.measure, 4000),
    "few": (comparison.few, 2000),
    "bounded": (bounded.measure, 400),
    "candidates": (bounded.candidates, 300),
    "problems": (bounded.problems, 400),
    "unbounded": (unbounded.unbounded, 400),
    "family": (families.family, 1),
    "detects": (families.detects, 60),
    "pitfalls": (comparison.pitfalls, 2000),
    "gate": (gates.measure, 500),
    "sequential": (gates.sequential, 1000),
    "languages": (languages.measure, 1000),
    "parity": (parity.parity, 1000),
    "beside": (parity.beside, 100),
    "speed": (speed.measure, 5),
}


def main() -> int:
    """Status 1 where a goal was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks/statistics.py")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a twentieth of the repeats")
    parser.add_argument("--write", action="store_true", help="write the tables to docs/statistics.md")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"found {', '.join(sorted(unknown))}; expected {', '.join(PARTS)}")
    figures = []
    for name in options.parts or PARTS:
        part, repeats = PARTS[name]
        figures.append(part(max(1, repeats // 20) if options.quick else repeats))
        print(f"\n{figures[-1].text()}\n", flush=True)
    if options.write:
        write(figures)
    missed = [goal for one in figures for goal in one.missed]
    print("\n".join(missed) if missed else "all goals met", file=sys.stderr)
    return bool(missed)
