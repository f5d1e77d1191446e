"""After an update, no compiled kernel that is out of date is left to use. That none is left to compile is seen in the image for Binder."""

from __future__ import annotations

from labsupport.warm import forget_outdated_kernels


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
