"""After warming up, no kernel is left to compile; and none that is out of date is left to use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from labsupport.warm import forget_outdated_kernels
from tests.support import ROOT

COUNT = """
import importlib, pkgutil, sys
import labsupport.simulators, labsupport.theory, labsupport.workloads
from numba.core.dispatcher import Dispatcher
from labsupport.warm import warm

warm()
modules = []
for package in (labsupport.simulators, labsupport.theory, labsupport.workloads):
    inside = pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + ".")
    modules += [package, *(importlib.import_module(found.name) for found in inside)]
kernels = {value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)}
cold = sorted(kernel.py_func.__qualname__ for kernel in kernels if not kernel.signatures)
compiled = sorted(kernel.py_func.__qualname__ for kernel in kernels if kernel.stats.cache_misses)
print(len(kernels), "cold:", *cold, "compiled:", *compiled)
"""


@pytest.mark.slow
def test_every_kernel_is_compiled_once(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")

    def counted():
        return subprocess.run([sys.executable, "-c", COUNT], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    first, second = counted(), counted()

    assert int(first.split()[0]) > 10
    assert "cold: compiled:" in first
    assert first.split("compiled:")[1].strip() != ""
    assert second.split("compiled:")[1].strip() == ""


def test_changed_source_forgets_every_compiled_kernel(tmp_path):
    cache = tmp_path / "simulators" / "__pycache__"
    cache.mkdir(parents=True)
    called, other = tmp_path / "rings.py", tmp_path / "base.py"
    called.write_text("@kernel\ndef size(): return 1\n", encoding="utf-8")
    forget_outdated_kernels(tmp_path)
    compiled = cache / "lru.lru-20.py311.nbi"
    compiled.touch()

    other.write_text("WIDTH = 2\n", encoding="utf-8")
    assert not forget_outdated_kernels(tmp_path)
    assert compiled.exists()

    called.write_text("@kernel\ndef size(): return 2\n", encoding="utf-8")
    assert forget_outdated_kernels(tmp_path)
    assert not compiled.exists()
