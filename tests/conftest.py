"""Settings for every test."""

from __future__ import annotations

import os

from hypothesis import settings

from labsupport.warm import forget_outdated_kernels

settings.register_profile("course", deadline=None, derandomize=True)  # no clock in a test; the same examples every time
settings.load_profile("course")

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")  # asked for by jupyter_core's own deprecation warning

forget_outdated_kernels()  # numba does not notice that a kernel called by another has changed
