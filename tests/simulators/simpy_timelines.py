"""Timelines as processes of SimPy: each list that is written or fetched is a request of its own, and a shard can be interrupted."""

from __future__ import annotations

import simpy

AFTER_DEPARTURES = 5  # a priority behind all of SimPy's own
READ, POST, DELIVERY = range(3)  # of what comes at the same moment, the order


class Service:
    """Shards with their queues, a cache near the readers, and how long each post and each read took."""

    def __init__(self, followers, celebrities, *, own, shards, cache, queued, write_time, fetch_time, hit_time):
        self.environment = simpy.Environment()
        self.followers, self.celebrities, self.own, self.room, self.queued = followers, celebrities, own, cache, queued
        self.write_time, self.fetch_time, self.hit_time = write_time, fetch_time, hit_time
        self.followed = [[user for user, fans in enumerate(followers) if reader in fans and celebrities[user]] for reader in range(len(followers))]
        self.shards = [simpy.PreemptiveResource(self.environment) for _ in range(shards)]
        self.cached = []  # the list that was fetched last at the end
        self.post_responses, self.deliveries, self.read_responses = {}, {}, {}

    def run(self, posts, authors, reads, readers):
        for number, (time, author) in enumerate(zip(posts, authors, strict=True)):
            self.later(time, self.post, number, author)
        for number, (time, reader) in enumerate(zip(reads, readers, strict=True)):
            self.later(time, self.read, number, reader)
        self.environment.run()
        return tuple([times[number] for number in sorted(times)] for times in (self.post_responses, self.deliveries, self.read_responses))

    def later(self, time, work, number, user):
        event = self.environment.event()
        event.callbacks.append(lambda _: self.environment.process(work(number, user)))
        event._ok, event._value = True, None
        self.environment.schedule(event, AFTER_DEPARTURES, time)

    def post(self, number, author):
        begin = self.environment.now
        own = self.ask(author, self.write_time, POST, number)
        fans = [] if self.celebrities[author] else self.followers[author]
        others = [self.ask(fan, self.write_time, DELIVERY, number, place) for place, fan in enumerate(fans)]
        yield own
        self.post_responses[number] = self.environment.now - begin
        yield self.environment.all_of([own, *others])
        self.deliveries[number] = self.environment.now - begin
        if not self.queued:
            self.post_responses[number] = self.deliveries[number]

    def read(self, number, reader):
        begin, hits, asked = self.environment.now, 0, []
        for place, (kind, user) in enumerate([("timeline", reader)] * self.own + [("posts", user) for user in self.followed[reader]]):
            if (kind, user) in self.cached:
                self.cached.remove((kind, user))
                hits += 1
            else:
                asked.append(self.ask(user, self.fetch_time, READ, number, place))
            self.cached = [*self.cached, (kind, user)][-self.room :] if self.room else []
        yield self.environment.all_of([self.environment.timeout(hits * self.hit_time), *asked])
        self.read_responses[number] = self.environment.now - begin

    def ask(self, user, work, kind, number, place=0):
        patient = self.queued and kind == DELIVERY
        return self.environment.process(self.job(user % len(self.shards), work, (patient, self.environment.now, kind, number, place)))

    def job(self, shard, left, priority):
        while left > 0:
            with self.shards[shard].request(priority=priority) as turn:
                yield turn
                finish = self.environment.now + left
                try:
                    yield self.environment.timeout(left)
                    left = 0
                except simpy.Interrupt:
                    left = finish - self.environment.now
