"""Directory: a table that says for each key on which shard it lives, and a shard for all keys that are not in it.

Any key can be put anywhere and moved at any time, one by one. The price is the table: it must be stored, kept in step and
asked before each request.

References
----------
Corbett et al., "Spanner: Google's Globally-Distributed Database", USENIX OSDI 2012, section 2 (location proxies).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labsupport.simulators.hashing import Keys, checked_keys
from labsupport.simulators.placement.names import Name


@dataclass(frozen=True)
class Directory:
    """Shards by key.

    Attributes
    ----------
    entries : dict
        The index of the shard of each key that is named.
    default : int
        The index of the shard of all other keys, or −1 if there must be none.
    """

    entries: dict[Any, int]
    default: int

    def place(self, keys: Keys) -> NDArray[np.int64]:
        """Return the index of the shard of each key."""
        if isinstance(keys, list):
            result = np.fromiter((self.entries.get(key, self.default) for key in keys), dtype=np.int64, count=len(keys))
        else:
            known = np.fromiter(self.entries, dtype=np.int64, count=len(self.entries))
            order = np.argsort(known)
            known = known[order]
            homes = np.append(np.fromiter(self.entries.values(), dtype=np.int64, count=order.size)[order], self.default)
            places = np.searchsorted(known, keys)
            found = np.append(known, -1)[places] == keys
            result = homes[np.where(found, places, known.size)]
        lost = np.flatnonzero(result < 0)
        if lost.size:
            raise ValueError(f"directory has no entry for the key {keys[int(lost[0])]!r}, but must have one for each, or a default")
        return result


def new_directory(names: tuple[Name, ...], directory: Any, default: Any, keys: Keys) -> Directory:
    """Return a directory from a mapping of keys to names of shards."""
    if not isinstance(directory, Mapping):
        raise TypeError(f"directory is {directory!r} ({type(directory).__name__}), but must be a mapping from keys to shards")
    indices: dict[Any, int] = {name: index for index, name in enumerate(names)}
    listed = checked_keys("directory", list(directory)) if directory else keys[:0]
    if isinstance(listed, list) is not isinstance(keys, list):
        raise TypeError(f"directory holds {next(iter(directory))!r}, but must hold keys of the same kind as keys, such as {keys[0]!r}")
    homes = [indices.get(shard, -1) if isinstance(shard, Hashable) else -1 for shard in directory.values()]
    if -1 in homes:
        key, shard = list(directory.items())[homes.index(-1)]
        raise ValueError(f"directory sends the key {key!r} to {shard!r}, but must send it to one of the shards {names_in_words(names)}")
    if default is not None and (not isinstance(default, Hashable) or default not in indices):
        raise ValueError(f"default is {default!r}, but must be one of the shards {names_in_words(names)}")
    plain = listed if isinstance(listed, list) else listed.tolist()
    return Directory(dict(zip(plain, homes, strict=True)), -1 if default is None else indices[default])


def names_in_words(names: tuple[Name, ...]) -> str:
    """Return the first few names."""
    return ", ".join(repr(name) for name in names[:8]) + (", …" if len(names) > 8 else "")
