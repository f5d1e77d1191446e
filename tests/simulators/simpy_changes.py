"""Servers that slow, die and return, as processes of SimPy that are interrupted."""

from __future__ import annotations

import simpy


class Server:
    def __init__(self, environment, speed, fails):
        self.environment, self.speed, self.fails = environment, speed, fails
        self.queue, self.came, self.changed = [], environment.event(), environment.event()
        environment.process(self.run())

    def take(self, job):
        if self.fails and self.speed == 0:
            job.update(end=self.environment.now, lost=True)
            return
        self.queue.append(job)
        self.came.succeed()
        self.came = self.environment.event()

    def set_speed(self, speed):
        self.speed = speed
        if self.fails and speed == 0:
            for job in self.queue:
                job.update(end=self.environment.now, lost=True)
            self.queue.clear()
        self.changed.succeed()
        self.changed = self.environment.event()

    def run(self):
        while True:
            while not self.queue:
                yield self.came
            job, left = self.queue[0], self.queue[0]["work"]
            job["start"] = self.environment.now
            while job in self.queue:
                began, speed, changed = self.environment.now, self.speed, self.changed
                done = self.environment.timeout(left / speed) if speed else self.environment.event()
                yield done | changed
                left -= (self.environment.now - began) * speed
                if done.triggered and done.processed:
                    self.queue.remove(job)
                    job.update(end=self.environment.now, lost=False)


def run(choose, arrivals, services, speeds, changes, fails, notice):
    """Return every request as a dictionary; ``choose(members, servers, chosen, request)`` is the policy."""
    environment = simpy.Environment()
    servers = [Server(environment, speed, fails) for speed in speeds]
    chosen = [(-1, server) for server in range(len(speeds))]
    jobs = []

    def members():
        seen = list(speeds)
        for change in changes:
            if notice is not None and change.time + notice <= environment.now:
                seen[change.server] = change.speed
        up = [server for server, speed in enumerate(seen) if speed > 0]
        return up or list(range(len(speeds)))

    def arrive():
        for request, (arrival, work) in enumerate(zip(arrivals, services, strict=True)):
            yield environment.timeout(arrival - environment.now)
            server = choose(members(), servers, chosen, request)
            jobs.append({"arrival": environment.now, "work": work, "server": server, "found": len(servers[server].queue), "lost": True})
            chosen[server] = (request, server)
            servers[server].take(jobs[-1])

    def change():
        for each in changes:
            yield environment.timeout(each.time - environment.now)
            servers[each.server].set_speed(each.speed)

    environment.process(change())
    environment.process(arrive())
    environment.run()
    return jobs


def least_connections(members, servers, chosen, request):
    return min(members, key=lambda server: (len(servers[server].queue), chosen[server]))


def round_robin(members, servers, chosen, request):
    last = max(chosen)
    following = last[1] + 1 if last[0] >= 0 else 0
    return next((server for server in members if server >= following), members[0])


def random(chances):
    def choose(members, servers, chosen, request):
        return members[int(chances[request] * len(members))]

    return choose


def two_choices(chances):
    def choose(members, servers, chosen, request):
        left = list(members)
        drawn = [left.pop(int(chance * len(left))) for chance in chances[request] if left]
        return min(drawn, key=lambda server: (len(servers[server].queue), chosen[server]))

    return choose
