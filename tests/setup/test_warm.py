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

exec(sys.argv[1])
modules = []
for package in (labsupport.simulators, labsupport.theory, labsupport.workloads):
    inside = pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + ".")
    modules += [package, *(importlib.import_module(found.name) for found in inside)]
kernels = {value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)}
cold = {kernel.py_func.__qualname__ for kernel in kernels if not kernel.signatures}
compiled = {kernel.py_func.__qualname__ for kernel in kernels if kernel.stats.cache_misses}
print(" ".join(sorted(cold)), " ".join(sorted(compiled)), sep=chr(10))
"""
LABS = """
from labsupport import labs

for name in labs.__all__:
    lab = getattr(labs, name)()
    for control in lab.declarations():
        for word, _ in control.get("options", []):
            lab.set_state({control["name"]: word})
"""


@pytest.mark.slow
def test_after_warming_up_nothing_is_left_to_compile(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")

    def kernels_after(code):
        """Which kernels were never called, and which were compiled rather than loaded, when a fresh Python has run the code."""
        told = subprocess.run([sys.executable, "-c", COUNT, code], cwd=ROOT, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        never_called, compiled = told.stdout.splitlines()
        return never_called.split(), compiled.split()

    never_called, compiled = kernels_after("from labsupport.warm import warm; warm()")
    assert never_called == [], "call these in labsupport/warm.py"
    assert len(compiled) > 10

    assert kernels_after("from labsupport.warm import warm; warm()")[1] == []
    assert kernels_after(LABS)[1] == []


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
