"""The picture that the cache lab's figure is compared with; run as a program, it is drawn anew."""

from __future__ import annotations

from pathlib import Path

from labsupport.labs import CacheLab

PICTURE = Path(__file__).parent / "cache-lab.png"


def draw(path: Path) -> None:
    lab = CacheLab(policy="sieve", size=50, exponent=0.9, write_policy="write_back")
    lab.figure().savefig(path, dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    draw(PICTURE)
