"""Wrong solutions of the weighted consistent-hash ring, and the test cells that each must fail."""

from __future__ import annotations

from tests.exercises.cells import Wrong, wrong

CELL = "ring-solution"
OWNERS, BALANCE, MOVEMENT, WEIGHTS = ALL = ("ring-owners", "ring-balance", "ring-movement", "ring-weights")

_LAZY = """        if not self.circle:
            self.circle = sorted(
                (position(f"{node} #{spot}"), node)
                for node, weight in self.weights.items()
                for spot in range(400 * weight)
            )
"""
_ADD = """        self.weights[node] = weight
        self.circle = []
"""
_REMOVE = """        del self.weights[node]
        self.circle = []
"""
_WALK = """        found = []
        start = bisect(self.circle, (position(key), ""))
        for step in range(len(self.circle)):
            node = self.circle[(start + step) % len(self.circle)][1]
            if node not in found:
                found.append(node)
                if len(found) == min(copies, len(self.weights)):
                    break
        return found
"""
_MODULO = """        names = sorted(self.weights)
        first = position(key) % len(names)
        return [names[(first + step) % len(names)] for step in range(min(copies, len(names)))]
"""
_WEIGHTED_MODULO = """        names = [node for node in sorted(self.weights) for _ in range(self.weights[node])]
        first = position(key) % len(names)
        return list(dict.fromkeys(names[first:] + names[:first]))[:copies]
"""
_OTHERS_IN_ORDER = """        start = bisect(self.circle, (position(key), "")) % len(self.circle)
        first = self.circle[start][1]
        return [first, *(node for node in sorted(self.weights) if node != first)][:copies]
"""
_EVERY_NODE = """        return sorted(self.weights)[:copies]
"""
_DIVIDED = """        names = sorted(self.weights) * 400
        self.circle = [((spot << 32) // len(names), node) for spot, node in enumerate(names)]
"""
_NUMBERED = _LAZY.replace('f"{node} #{spot}"', 'f"{place} #{spot}"').replace(
    "node, weight in self.weights.items()", "place, (node, weight) in enumerate(self.weights.items())"
)

_PLACE = """

def place(changes, keys, copies):
    nodes = {}
    for name, node, *weight in changes:
        nodes.pop(node, None)
        if name == "add":
            nodes[node] = weight[0]
"""
_WRAPPER = f"""from labsupport.simulators import sharding
{_PLACE}
    names = list(nodes)
    return [[names[shard]] for shard in sharding.assign("consistent", list(keys), names, weights=nodes, virtual_nodes=400)]
"""
_RENDEZVOUS = _WRAPPER.replace('"consistent"', '"rendezvous"').replace(", virtual_nodes=400", "")
_MODULO_WRAPPER = _WRAPPER.replace('"consistent", list(keys), names, weights=nodes, virtual_nodes=400', '"modulo", list(keys), len(names)')
_RING_WRAPPER = f"""from labsupport.simulators import sharding
{_PLACE}
    return sharding.ring(list(nodes), weights=nodes).place(list(keys)).tolist()
"""
_EVERY_COPY_BY_RENDEZVOUS = f"""from labsupport.simulators import sharding
{_PLACE}
    def chosen(keys, there, copies):
        names = sorted(there)
        firsts = [names[shard] for shard in sharding.assign("rendezvous", keys, names, weights=there)]
        if copies == 1 or len(names) == 1:
            return [[first] for first in firsts]
        others = {{first: {{node: there[node] for node in names if node != first}} for first in set(firsts)}}
        return [[first, *chosen([key], others[first], copies - 1)[0]] for key, first in zip(keys, firsts)]

    return chosen(list(keys), nodes, copies)
"""
_RENDEZVOUS_BY_HAND = """
        def height(node):
            return -math.log((position(f"{node}/{key}") + 0.5) / 2**32) / self.weights[node]

        return sorted(self.weights, key=height)[:copies]
"""
_VISIBLE_ONLY = """
def place(changes, keys, copies):
    nodes = {node: weight for name, node, *weight in changes if name == "add"}
    for name, node, *_ in changes:
        if name == "remove":
            del nodes[node]
    names = sorted(nodes)
    return [(names[position(key) % len(names):] + names)[:min(copies, len(names))] for key in keys]
"""

WRONG: list[Wrong] = [
    wrong("hash mod the number of nodes", CELL, (_WALK, _MODULO), *ALL),
    wrong("hash mod the sum of the weights", CELL, (_WALK, _WEIGHTED_MODULO), *ALL),
    wrong("one point for each node", CELL, ("range(400 * weight)", "range(1)"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("one point for each unit of weight", CELL, ("range(400 * weight)", "range(weight)"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("ten points for each unit of weight", CELL, ("range(400 * weight)", "range(10 * weight)"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("weights are ignored", CELL, ("range(400 * weight)", "range(400)"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("weights are added, not multiplied", CELL, ("range(400 * weight)", "range(400 + weight)"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("weights count twice", CELL, ("range(400 * weight)", "range(400 * weight**2)"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("no more than five times the points", CELL, ("range(400 * weight)", "range(400 * min(weight, 5))"), BALANCE),
    wrong("the circle is divided anew for all", CELL, (_LAZY, _DIVIDED), BALANCE, MOVEMENT, WEIGHTS),
    wrong("the same node holds both copies", CELL, ("            if node not in found:", "            if True:"), *ALL),
    wrong("one copy only", CELL, ("min(copies, len(self.weights))", "1"), *ALL),
    wrong("one copy too many", CELL, ("min(copies, len(self.weights))", "min(copies + 1, len(self.weights))"), *ALL),
    wrong("never more than two copies", CELL, ("min(copies, len(self.weights))", "min(copies, 2, len(self.weights))"), OWNERS, WEIGHTS),
    wrong("the other copies are the first names", CELL, (_WALK, _OTHERS_IN_ORDER), MOVEMENT),
    wrong("always the same nodes", CELL, (_WALK, _EVERY_NODE), BALANCE, MOVEMENT, WEIGHTS),
    wrong(
        "a walk that does not go round",
        CELL,
        ("[(start + step) % len(self.circle)]", "[min(start + step, len(self.circle) - 1)]"),
        BALANCE,
        MOVEMENT,
        WEIGHTS,
    ),
    wrong("a walk from the same place", CELL, ('bisect(self.circle, (position(key), ""))', "0"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("the first copy last", CELL, ("        return found\n", "        return found[::-1]\n"), BALANCE, MOVEMENT, WEIGHTS),
    wrong("owners come back as a set", CELL, ("        return found\n", "        return set(found)\n"), *ALL),
    wrong("points by the order of joining", CELL, (_LAZY, _NUMBERED), OWNERS, MOVEMENT),
    wrong("who leaves stays", CELL, (_REMOVE, "        self.circle = []\n"), OWNERS, MOVEMENT),
    wrong("a second weight is added to the first", CELL, (_ADD, _ADD.replace("weight\n", "self.weights.get(node, 0) + weight\n")), OWNERS, WEIGHTS),
    wrong("a second weight is ignored", CELL, (_ADD, _ADD.replace("weight\n", "self.weights.get(node, weight)\n")), OWNERS, WEIGHTS),
    wrong("a second weight can only be larger", CELL, (_ADD, _ADD.replace("weight\n", "max(weight, self.weights.get(node, 0))\n")), OWNERS, WEIGHTS),
    wrong("other points with every weight", CELL, ('f"{node} #{spot}"', 'f"{node}/{weight} #{spot}"'), WEIGHTS),
    wrong("the whole ring is turned by the number of nodes", CELL, ("position(key), ", "position(f'{key}/{len(self.weights)}'), "), *ALL),
    wrong("right on the visible tests of the owners only", CELL, ("", _VISIBLE_ONLY), *ALL),
    wrong("a wrapper of assign", CELL, ("", _WRAPPER), *ALL),
    wrong("a wrapper of rendezvous", CELL, ("", _RENDEZVOUS), *ALL),
    wrong("a wrapper of rendezvous for every copy", CELL, ("", _EVERY_COPY_BY_RENDEZVOUS), *ALL),
    wrong("rendezvous by hand, and no ring", CELL, (_WALK, "        import math\n" + _RENDEZVOUS_BY_HAND), *ALL),
    wrong("a wrapper of modulo", CELL, ("", _MODULO_WRAPPER), *ALL),
    wrong("a wrapper of the ring", CELL, ("", _RING_WRAPPER), *ALL),
    wrong("place is emptied", CELL, ("    return [ring.owners(key, copies) for key in keys]", "    return [[] for key in keys]"), *ALL),
    wrong("an expect of its own", CELL, ("", 'def expect(*a, **k): print("correct")\n'), *ALL),
]
