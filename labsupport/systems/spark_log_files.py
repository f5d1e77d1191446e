"""Files of Spark's event logs, as Spark writes them by itself: plain, or packed and cut into pieces."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

__all__ = ["log_lines"]


def log_lines(path: Path) -> Iterator[str]:
    r"""Read the lines of an event log as Spark writes it: one plain file, or since version 4 a folder of files packed with zstd.

    Parameters
    ----------
    path : pathlib.Path
        A file, or a folder such as ``eventlog_v2_local-1``, whose files are read in the order of their numbers.

    Yields
    ------
    str
        One event each, for `labsupport.simulators.event_log.read`.

    Raises
    ------
    ValueError
        If a folder holds no events, or a file is packed in another way than zstd.
    ImportError
        If a file is packed and pyarrow, which unpacks it, is not installed.

    References
    ----------
    Apache Spark documentation, "Configuration", spark.eventLog.rolling.enabled and spark.eventLog.compression.codec.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "log")
    ...     _ = file.write_text('{"Event": "SparkListenerApplicationEnd"}\n')
    ...     list(log_lines(file))
    ['{"Event": "SparkListenerApplicationEnd"}']
    """
    path = Path(path)
    files = [path]
    if path.is_dir():
        numbered = {int(name[1]): file for file in path.iterdir() if (name := re.match(r"events_(\d+)_", file.name))}
        if not numbered:
            raise ValueError(f"path is {path}, a folder without files such as events_1_…: is it the log of one application?")
        files = [numbered[number] for number in sorted(numbered)]
    for file in files:
        with _unpacked(file) as lines:
            yield from (line.rstrip("\n") for line in lines)


def _unpacked(file: Path) -> TextIO:
    if file.suffix in {".zstd", ".zst"}:
        import pyarrow as pa

        return io.TextIOWrapper(pa.CompressedInputStream(pa.OSFile(str(file)), "zstd"), encoding="utf-8")
    if file.suffix in {".lz4", ".lzf", ".snappy"}:
        raise ValueError(f"path is {file.name}, but only plain files and those packed with zstd, which is Spark's default, can be read")
    return file.open(encoding="utf-8")
