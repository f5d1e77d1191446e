"""Timelines: the work of fan-out by its closed forms, single posts and reads by hand and in SimPy, and the order in which shards do their jobs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labsupport import workloads
from labsupport.simulators.timelines import STRATEGIES, simulate
from labsupport.workloads import Network
from tests.simulators.simpy_timelines import Service


@st.composite
def stories(draw):
    users = draw(st.integers(2, 8))
    followers = [draw(st.lists(st.integers(0, users - 1).filter(lambda other, user=user: other != user), unique=True)) for user in range(users)]
    moments = st.lists(st.integers(0, 40), min_size=1, max_size=15).map(lambda ticks: (np.sort(ticks) / 4).tolist())
    posts, reads = draw(moments), draw(moments)
    people = st.integers(0, users - 1)
    authors = draw(st.lists(people, min_size=len(posts), max_size=len(posts)))
    readers = draw(st.lists(people, min_size=len(reads), max_size=len(reads)))
    return followers, posts, authors, reads, readers


@given(stories(), st.sampled_from(STRATEGIES), st.integers(0, 4), st.integers(1, 3), st.sampled_from([0, 2]), st.booleans())
def test_each_post_and_read_by_hand(story, strategy, threshold, shards, cache, queued):
    followers, posts, authors, reads, readers = story
    options = {"threshold": threshold, "shards": shards, "cache": cache, "queued": queued}
    result = simulate(strategy, Network.of(followers), posts, authors, reads, readers, write_time=0.25, fetch_time=0.5, hit_time=0.125, **options)
    celebrities = [strategy == "on_read" or (strategy == "hybrid" and len(names) > threshold) for names in followers]

    assert result.writes.tolist() == [1 + (0 if celebrities[author] else len(followers[author])) for author in authors]
    fans = [[author for author, names in enumerate(followers) if reader in names and celebrities[author]] for reader in readers]
    assert result.fetches.tolist() == [(strategy != "on_read") + len(lists) for lists in fans]
    held: list[tuple[str, int]] = []
    hits = []
    for reader, lists in zip(readers, fans, strict=True):
        hits.append(0)
        for key in [("timeline", reader)] * (strategy != "on_read") + [("posts", author) for author in lists]:
            hits[-1] += key in held
            held = [each for each in held if each != key] + [key]
            held = held[-cache:] if cache else []
    assert result.hits.tolist() == hits
    entries = sum(len(followers[author]) for author in authors if not celebrities[author])
    assert result.memory == len(posts) + entries
    assert result.loads.size == shards

    assert np.all(result.deliveries >= result.post_responses)
    assert np.all(result.post_responses >= 0.25)
    assert np.all(result.read_responses >= 0.125 * result.hits)
    assert np.all(result.read_responses >= 0.5 * (result.fetches > result.hits))
    if not queued:
        assert result.post_responses.tolist() == result.deliveries.tolist()
    check_shards(result.jobs, shards, queued)


@settings(max_examples=60)
@given(stories(), st.sampled_from(STRATEGIES), st.integers(0, 4), st.integers(1, 3), st.sampled_from([0, 2]), st.booleans())
def test_each_post_and_read_takes_as_long_as_in_simpy(story, strategy, threshold, shards, cache, queued):
    check_against_simpy(*story, strategy, threshold=threshold, shards=shards, cache=cache, queued=queued)


@pytest.mark.parametrize("queued", [False, True])
def test_a_busy_hour_takes_as_long_as_in_simpy(queued):
    generator = np.random.default_rng(7)
    followers = [generator.choice(np.delete(np.arange(40), user), generator.integers(0, 30), replace=False).tolist() for user in range(40)]
    posts, reads = (np.cumsum(generator.exponential(mean, 120)) for mean in (0.9, 0.5))
    authors, readers = generator.integers(0, 40, (2, 120))
    options = {"threshold": 20, "shards": 3, "cache": 15, "queued": queued}
    result = check_against_simpy(followers, posts, authors.tolist(), reads, readers.tolist(), "hybrid", **options)
    assert result.loads.max() > 0.7  # so that much waits
    assert result.hits.any()


def check_against_simpy(followers, posts, authors, reads, readers, strategy, **options):
    times = {"write_time": 0.25, "fetch_time": 0.5, "hit_time": 0.125}
    result = simulate(strategy, Network.of(followers), posts, authors, reads, readers, **times, **options)
    threshold = options.pop("threshold")
    celebrities = [strategy == "on_read" or (strategy == "hybrid" and len(fans) > threshold) for fans in followers]
    peer = Service(followers, celebrities, own=strategy != "on_read", **times, **options)
    for ours, theirs in zip((result.post_responses, result.deliveries, result.read_responses), peer.run(posts, authors, reads, readers), strict=True):
        assert ours.tolist() == pytest.approx(theirs, abs=1e-9)
    return result


def check_shards(jobs, shards, queued):
    """No shard rests while something waits; without a queue they do one job after the other, and with one reads never wait for deliveries."""
    for shard in range(shards):
        own = np.flatnonzero(jobs.shards == shard)
        if not own.size:
            continue
        urgent = own[jobs.kinds[own] < 2] if queued else own
        assert jobs.finishes[urgent] == pytest.approx(one_by_one(jobs, urgent))
        assert jobs.finishes[own].max() == pytest.approx(one_by_one(jobs, own).max())


def one_by_one(jobs, group):
    """When each of some jobs would be finished, if they were all there are, in the order in which they came."""
    clock, finishes = 0.0, np.empty(group.size)
    for place in np.argsort(jobs.arrivals[group], kind="stable"):
        clock = finishes[place] = max(clock, jobs.arrivals[group[place]]) + jobs.work[group[place]]
    return finishes


def network(seed=1, users=500, mean=20):
    return workloads.follower_network(workloads.follower_counts(users, mean, seed), seed)


def test_the_work_of_fan_out_has_closed_forms():
    people, generator = network(), np.random.default_rng(2)
    counts, following = people.counts, people.reversed.counts
    posts, reads = np.arange(300.0), np.arange(2_000.0) / 8
    authors, readers = generator.integers(0, 500, 300), generator.integers(0, 500, 2_000)
    costs = {strategy: simulate(strategy, people, posts, authors, reads, readers).work for strategy in STRATEGIES}
    assert costs["on_write"] == 300 + counts[authors].sum() + 2_000
    assert costs["on_read"] == 300 + following[readers].sum()
    assert costs["hybrid"] == costs["on_write"]  # nobody has more than 1,000
    # on average over readers, an author's list is fetched by each follower as often as anybody reads
    threshold = 60
    hybrid = simulate("hybrid", people, posts, authors, np.arange(20_000.0), generator.integers(0, 500, 20_000), threshold=threshold)
    assert hybrid.writes.sum() == 300 + counts[authors][counts[authors] <= threshold].sum()
    assert hybrid.fetches.mean() == pytest.approx(1 + counts[counts > threshold].sum() / 500, rel=0.03)
    assert hybrid.fetches.sum() / 20_000 > 1


def test_a_hybrid_is_the_others_at_its_ends():
    people = network()
    arguments = (people, [0.0, 1.0], [3, 4], [2.0, 3.0, 4.0], [5, 6, 7])
    written, read = (simulate(strategy, *arguments) for strategy in ("on_write", "on_read"))
    assert simulate("hybrid", *arguments, threshold=500).work == written.work
    everyone = simulate("hybrid", *arguments, threshold=0)
    assert everyone.writes.tolist() == read.writes.tolist()
    assert everyone.fetches.tolist() == (read.fetches + 1).tolist()  # their own timelines, for nothing


def test_a_queue_lets_readers_pass():
    followers = [list(range(1, 101)), *[[] for _ in range(100)]]
    story = (Network.of(followers), [0.0], [0], [1.0], [5])
    at_once, queued = (simulate("on_write", *story, queued=choice, write_time=0.05, fetch_time=0.1) for choice in (False, True))
    assert at_once.post_responses == pytest.approx([0.05 * 101])
    assert at_once.read_responses == pytest.approx([0.05 * 101 - 1 + 0.1])
    assert queued.post_responses == pytest.approx([0.05])
    assert queued.read_responses == pytest.approx([0.1])
    assert queued.deliveries == pytest.approx([0.05 * 101 + 0.1])


def test_shards_share_the_work_and_a_timeline_forgets():
    followers = [list(range(1, 101)), *[[] for _ in range(100)]]
    one, four = (simulate("on_write", Network.of(followers), np.arange(900.0) * 100, [0] * 900, [0.0], [1], shards=n) for n in (1, 4))
    assert one.deliveries[0] == pytest.approx(0.05 * 101 + 0.1)  # reads come first
    assert four.deliveries[0] < 0.3 * one.deliveries[0]
    assert four.loads.sum() == pytest.approx(one.loads[0])
    assert one.memory == 900 + 100 * 800
    assert "Every shard can keep up" in one.stability


@settings(max_examples=20)
@given(st.integers(2, 2_000), st.floats(0.02, 0.5), st.integers(0, 50), st.sampled_from([0.8, 1.2, 3.0]))
def test_followers_have_the_mean_that_was_asked_for(users, share, seed, shape):
    counts = workloads.follower_counts(users, share * users, seed, shape=shape)
    assert counts.min() >= 0
    assert counts.max() < users
    # whole numbers step by one for many users at once, if there are few different ones
    assert abs(counts.mean() - min(share * users, users - 1)) <= 1
    assert sorted(counts) == sorted(workloads.follower_counts(users, share * users, seed + 1, shape=shape))


def test_a_network_is_drawn_as_asked():
    people = network(users=200)
    for user in range(200):
        names = people.followers[people.starts[user] : people.starts[user + 1]].tolist()
        assert len(set(names)) == len(names) == people.counts[user]
        assert user not in names
    again = people.reversed.reversed
    assert again.starts.tolist() == people.starts.tolist()
    assert again.followers.tolist() == people.followers.tolist()
    assert np.sort(people.counts)[-2:].sum() > 0.08 * people.counts.sum()  # a heavy tail


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"strategy": "on_wriet"}, "Did you mean 'on_write'"),
        ({"authors": [0, 1]}, "authors holds 2 users, but there are 1 posts"),
        ({"readers": [9]}, "readers holds the user 9"),
        ({"posts": [-1.0]}, "posts holds the time -1.0"),
        ({"threshold": -1}, "threshold is -1"),
        ({"shards": 0}, "shards is 0"),
        ({"write_time": float("nan")}, "write_time is nan"),
    ],
)
def test_bad_input_is_named(arguments, words):
    plain = {"strategy": "hybrid", "network": Network.of([[1], []]), "posts": [0.0], "authors": [0], "reads": [1.0], "readers": [1]}
    with pytest.raises(ValueError, match=words):
        simulate(**plain | arguments)


def test_what_is_no_network_is_named():
    with pytest.raises(TypeError, match=r"network is \[\]"):
        simulate("on_read", [], [0.0], [0], [0.0], [0])
    with pytest.raises(TypeError, match="queued is 1 "):
        simulate("on_read", Network.of([[1], []]), [0.0], [0], [0.0], [0], queued=1)
    with pytest.raises(ValueError, match=r"followers\[0\] is \[0\]"):
        Network.of([[0]])
    with pytest.raises(ValueError, match="mean is 3"):
        workloads.follower_counts(4, 3, 0)
