"""The nine policies once more, as short and obvious as can be: lists, dicts, and no thought of speed.

Each takes a trace and a capacity and returns, for each request, whether it was a hit and which key left (−1 for none).
"""

from __future__ import annotations

from collections import Counter, OrderedDict


def fifo(trace, capacity):
    queue = []
    for key in trace:
        hit, left = key in queue, -1
        if not hit:
            if len(queue) == capacity:
                left = queue.pop(0)
            queue.append(key)
        yield hit, left


def lru(trace, capacity):
    cache = OrderedDict()
    for key in trace:
        hit, left = key in cache, -1
        if not hit and len(cache) == capacity:
            left, _ = cache.popitem(last=False)
        cache[key] = None
        cache.move_to_end(key)
        yield hit, left


def lfu(trace, capacity):
    cache = {}  # key: (uses, last use)
    for request, key in enumerate(trace):
        hit, left = key in cache, -1
        if not hit and len(cache) == capacity:
            left = min(cache, key=cache.get)
            del cache[left]
        cache[key] = (cache[key][0] + 1 if hit else 1, request)
        yield hit, left


def clock(trace, capacity):
    queue, used = [], set()
    for key in trace:
        hit, left = key in queue, -1
        if hit:
            used.add(key)
        else:
            if len(queue) == capacity:
                while queue[0] in used:
                    used.remove(queue[0])
                    queue.append(queue.pop(0))
                left = queue.pop(0)
            queue.append(key)
        yield hit, left


def sieve(trace, capacity):
    queue, visited, hand = [], set(), None  # oldest first; the hand is a key, None when it starts from the oldest again
    for key in trace:
        hit, left = key in queue, -1
        if hit:
            visited.add(key)
        else:
            if len(queue) == capacity:
                place = queue.index(hand) if hand is not None else 0
                while queue[place] in visited:
                    visited.remove(queue[place])
                    place = (place + 1) % len(queue)
                left = queue.pop(place)
                hand = queue[place] if place < len(queue) else None
            queue.append(key)
        yield hit, left


def arc(trace, capacity):
    t1, t2, b1, b2, target = [], [], [], [], 0.0  # least recently used first

    def replace(key, target):
        t1_is_too_long = len(t1) > target or (key in b2 and len(t1) == target)
        source, ghosts = (t1, b1) if (t1 and t1_is_too_long) or not t2 else (t2, b2)
        ghosts.append(source.pop(0))
        return ghosts[-1]

    for key in trace:
        hit, left = key in t1 or key in t2, -1
        full = len(t1) + len(t2) == capacity
        if hit:
            (t1 if key in t1 else t2).remove(key)
            t2.append(key)
        elif key in b1 or key in b2:
            mine, other, step = (b1, b2, 1) if key in b1 else (b2, b1, -1)
            target = min(max(target + step * max(1.0, len(other) / len(mine)), 0.0), float(capacity))
            if full:
                left = replace(key, target)
            mine.remove(key)
            t2.append(key)
        else:
            if len(t1) == capacity:
                left = t1.pop(0)
            else:
                if len(t1) + len(b1) == capacity:
                    b1.pop(0)
                elif len(t1) + len(t2) + len(b1) + len(b2) == 2 * capacity:
                    b2.pop(0)
                if full:
                    left = replace(key, target)
            t1.append(key)
        yield hit, left


def s3fifo(trace, capacity):
    small_size, ghost_size = max(capacity // 10, 1), capacity * 9 // 10
    small, main, ghost, uses, full_once = [], [], [], Counter(), False
    for key in trace:
        hit, left = key in small or key in main, -1
        if hit:
            uses[key] += 1
        else:
            remembered = key in ghost
            if remembered:
                ghost.remove(key)
            while len(small) + len(main) == capacity and left < 0:
                full_once = True
                if len(main) > capacity - small_size or not small:
                    while left < 0:
                        first = main.pop(0)
                        if uses[first]:
                            uses[first] = min(uses[first], 3) - 1
                            main.append(first)
                        else:
                            left = first
                else:
                    while small and left < 0:
                        first = small.pop(0)
                        if uses[first] >= 2:
                            uses[first] = 0
                            main.append(first)
                        else:
                            left = first
                            ghost.append(first)
                            if len(ghost) > ghost_size:
                                ghost.pop(0)
            uses[key] = 0
            to_main = remembered or (not full_once and len(small) >= small_size)
            (main if to_main else small).append(key)
        yield hit, left


def wtinylfu(trace, capacity):
    window, probation, protected, sketch, counted = [], [], [], Counter(), 0
    window_size = max(capacity // 100, 1)
    main_size = capacity - window_size
    bits = max((4 * capacity - 1).bit_length(), 4)
    multipliers = (2654435769, 2246822519, 3266489917, 668265263)

    def cells(key):
        return [(row, (key * multiplier) % 2**32 // 2 ** (32 - bits)) for row, multiplier in enumerate(multipliers)]

    def frequency(key):
        return min(sketch[cell] for cell in cells(key))

    for key in trace:
        smallest = frequency(key)
        for cell in cells(key):
            if sketch[cell] == smallest < 15:
                sketch[cell] += 1
        counted += 1
        if counted == 10 * capacity:
            counted, sketch = 0, Counter({cell: count // 2 for cell, count in sketch.items()})
        hit, left = key in window + probation + protected, -1
        if key in window:
            window.remove(key)
            window.append(key)
        elif hit:
            (probation if key in probation else protected).remove(key)
            protected.append(key)
            if len(protected) > main_size * 8 // 10:
                probation.append(protected.pop(0))
        else:
            window.append(key)
            if len(window) > window_size:
                candidate = window.pop(0)
                segment = probation or protected
                if len(probation) + len(protected) < main_size:
                    probation.append(candidate)
                elif segment and frequency(candidate) > frequency(segment[0]):
                    left = segment.pop(0)
                    probation.append(candidate)
                else:
                    left = candidate
        yield hit, left


def opt(trace, capacity):
    cache = {}  # key: last use
    for request, key in enumerate(trace):

        def next_use(key, request=request):
            later = [use for use in range(request, len(trace)) if trace[use] == key]
            return later[0] if later else len(trace) + cache[key]

        hit, left = key in cache, -1
        if not hit and len(cache) == capacity:
            left = max(cache, key=next_use)
            del cache[left]
        cache[key] = request
        yield hit, left


REFERENCES = {
    "fifo": fifo,
    "lru": lru,
    "lfu": lfu,
    "clock": clock,
    "arc": arc,
    "sieve": sieve,
    "s3fifo": s3fifo,
    "wtinylfu": wtinylfu,
    "opt": opt,
}
