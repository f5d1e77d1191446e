"""The same experiments on real systems, started here for the length of a ``with`` block."""
