"""The runs of the quantum search lab."""

from __future__ import annotations

from functools import lru_cache

from labsupport.simulators import quantum_search
from labsupport.simulators.quantum_search import Search

MOST_ITERATIONS, SHOTS, SEED = 50, 300, 6


@lru_cache(maxsize=64)
def run(qubits: int, wanted: int) -> Search:
    """Search among 2 to the power of ``qubits`` items for some that lie evenly among them."""
    items = 2**qubits
    return quantum_search.search(qubits, [(2 * place + 1) * items // (2 * wanted) for place in range(wanted)], MOST_ITERATIONS)


@lru_cache(maxsize=512)
def measured(qubits: int, wanted: int, fault: float) -> list[float]:
    """Return in which share of the measurements one of those wanted was found, after each number of iterations; ``fault`` is in percent."""
    counts = run(qubits, wanted).tally(SHOTS, fault / 100, SEED)
    return [float(count) / SHOTS for count in counts]
