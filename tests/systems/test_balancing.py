"""The same requests through HAProxy and nginx, held against the simulator, and the recorded run for machines without them."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.simulators.balancing import Change, drive, simulate
from labsupport.systems import balancing, rules
from labsupport.systems.backends import WORK, Backends
from labsupport.systems.balancing import Workload
from labsupport.systems.haproxy import HAProxy
from labsupport.systems.nginx import Nginx
from labsupport.systems.visits import visit
from labsupport.workloads import exponential_services, poisson_arrivals
from tests.support import require
from tests.systems.conftest import processes_in

SPEEDS = np.array([3.0, 3.0, 3.0, 3.0, 1.0, 1.0])
KINDS = {"haproxy": HAProxy, "nginx": Nginx}
each_program = pytest.mark.parametrize("program", KINDS)


def workload(requests: int, seed: int = 11) -> Workload:
    arrivals = poisson_arrivals(requests, 140.0, seed)
    return Workload(arrivals, exponential_services(requests, 0.03, seed + 1), SPEEDS, np.arange(1_000, 1_000 + requests))


@pytest.fixture
def installed(workplace):
    for kind in KINDS.values():
        require(kind.find(), f"needs {kind.name}")


@pytest.fixture
def absent(monkeypatch):
    for kind in KINDS.values():
        monkeypatch.setattr(kind, "find", staticmethod(lambda: None))


def counts(table, source: str, program: str) -> np.ndarray:
    rows = table[(table["source"] == source) & table["program"].str.startswith(program) & table["server"].notna()]
    return rows.sort_values("server")["requests"].to_numpy(dtype=int)


@pytest.mark.real_system
def test_turns_and_hashes_are_the_simulator_s_exactly_and_connections_within_sampling_error(installed):
    load = workload(200)
    comparison = balancing.compare(load)
    table = comparison.table
    assert list(table.columns) == list(balancing.COLUMNS)
    assert not comparison.recorded
    assert table[table["server"].isna()]["failed"].sum() == 0
    for name, kind in (("HAProxy", HAProxy), ("nginx", Nginx)):
        turns = counts(table[table["policy"] == "round_robin"], "measurement", name)
        assert list(turns) == list(simulate("round_robin", load.arrivals, load.services, SPEEDS).requests_per_server)

        hashed = table[table["policy"] == "consistent_hash"]
        assert list(counts(hashed, "measurement", name)) == list(counts(hashed, "simulation", f"{name}'s rule"))

        least = table[table["policy"] == "least_connections"]
        expected = counts(least, "simulation", f"{name}'s rule")
        error = np.sqrt(200 * (1 / 6) * (5 / 6))
        assert np.abs(counts(least, "measurement", name) - expected).max() < 4 * error
        assert kind.words["least_connections"] in " ".join(least["program"])

        drawn = table[table["policy"] == "two_choices"]
        assert np.abs(counts(drawn, "measurement", name) - counts(drawn, "simulation", f"{name}'s rule")).max() < 4 * np.sqrt(2) * error
    for words in (
        "Round robin: every server got exactly as many",
        "the rule for ties decides",
        "draws points of its ring",
        "own hash and ring, every",
    ):
        assert words in comparison.reconciliation
    assert "share of 5" in str(comparison)
    assert len(comparison.summary) == 4 * 5 + 3  # the textbook, two rules and two programs for each policy; theory


@pytest.mark.real_system
@each_program
def test_each_request_goes_where_the_program_s_own_ring_says(installed, program):
    keys = np.arange(5_000, 5_200)
    with Backends(SPEEDS) as backends, KINDS[program]("consistent_hash", backends.ports) as client:
        servers = [int(client.get(f"/{key}").text) for key in keys]
        assert servers == rules.placed(program, keys.tolist(), backends.ports)
        assert client.requests_per_server() == np.bincount(servers, minlength=6).tolist()


@pytest.mark.real_system
@each_program
def test_ties_are_broken_as_the_program_s_own_rule_says(installed, program):
    """Ten requests that come far apart and leave in time: which of the idle servers gets each is the tie rule alone."""
    arrivals, services = np.arange(10) * 0.05, np.zeros(10)
    with Backends(np.ones(4)) as backends, KINDS[program]("least_connections", backends.ports) as client:
        servers = [int(client.get(f"/{request}").text) for request in range(10)]
    result = drive(rules.rule(program, "least_connections", [], [1, 2, 3, 4], 0), arrivals, services, [1.0] * 4)
    assert servers == result.servers.tolist()


@pytest.mark.real_system
@each_program
def test_ties_among_busy_servers_too(installed, program):
    """No two events fall within 30 ms of each other, so that their order is certain – unless the machine is busy: hence three attempts."""
    numbers = np.arange(14)
    arrivals = numbers * 0.12
    services = 0.12 * np.random.default_rng(0).integers(0, 4, numbers.size) + 0.03 + 0.06 * (numbers * 0.381966 % 1)
    expected = drive(rules.rule(program, "least_connections", [], [1, 2, 3, 4], 0), arrivals, services, [1.0] * 4).servers.tolist()
    found = []
    while expected not in found and len(found) < 3:
        with Backends(np.ones(4)) as backends, KINDS[program]("least_connections", backends.ports) as client:
            found.append(visit([client._proxy.port], arrivals, services, numbers)[0].servers.tolist())
    assert expected in found
    other = "nginx" if program == "haproxy" else "haproxy"
    assert drive(rules.rule(other, "least_connections", [], [1, 2, 3, 4], 0), arrivals, services, [1.0] * 4).servers.tolist() not in found


@pytest.mark.real_system
@each_program
def test_what_becomes_of_a_request_whose_server_stops(installed, program):
    """HAProxy answers with an error, since the request may have had effects; nginx asks the next server, as it was only a GET."""
    load = Workload(np.array([0.0]), np.array([2.0]), np.array([1.0, 20.0]), np.array([1]))
    with Backends([1.0, 20.0]) as backends, KINDS[program]("round_robin", backends.ports) as client:
        changes = [Change(0.2, 0, 0)]
        (visits,) = visit([client._proxy.port], load.arrivals, load.services, load.keys, backends=[backends], changes=changes)
        assert list(visits.failed) == [program == "haproxy"]
        assert list(visits.servers) == [-1 if program == "haproxy" else 1]
        assert {client.get("/", {WORK: "0"}).text for _ in range(6)} == {"1"}  # it is left out


@pytest.mark.real_system
def test_a_server_that_stops_is_seen_in_the_table(installed):
    changes = [Change(0.6, server=0, speed=0), Change(1.4, server=0, speed=3)]
    comparison = balancing.compare(workload(350), ["round_robin"], changes=changes)
    table = comparison.table
    assert set(table["scenario"]) == {"server 0 stops at 0.6 s, server 0 has speed 3 from 1.4 s"}
    own = table[(table["server"] == 0) & (table["source"] != "theory")]
    assert (own[own["period"] == "0–0.6"]["share"] - 1 / 6).abs().max() < 0.02
    assert own[own["period"] == "0.6–1.4"]["share"].max() < 0.03
    haproxy = own[own["program"].str.startswith("HAProxy") & (own["period"] == "1.4–")]
    assert haproxy["share"].iloc[0] > 0.08  # checked ten times a second, so it is soon back
    assert "When server 0 stops at 0.6 s: HAProxy" in comparison.reconciliation


@pytest.mark.real_system
def test_a_server_that_slows_is_avoided_by_counting_connections_only(installed):
    changes = [Change(0.3, server=0, speed=0.05), Change(0.8, server=0, speed=3)]
    comparison = balancing.compare(workload(130), ["round_robin", "least_connections"], programs=["haproxy"], changes=changes)
    own = comparison.table[(comparison.table["server"] == 0) & (comparison.table["period"] == "0.3–0.8")]
    shares = own[own["source"] == "measurement"].set_index("policy")["share"]
    assert shares["round_robin"] == pytest.approx(1 / 6, abs=0.03)
    assert shares["least_connections"] < 0.1
    assert "A slow server answers every check of its health" in comparison.reconciliation


@pytest.mark.real_system
def test_an_interrupt_ends_all_of_it(installed, workplace):
    def interrupt(share: float) -> None:
        assert len(processes_in(workplace)) == 4  # two load balancers, and the servers behind each
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        balancing.compare(progress=interrupt)
    assert not processes_in(workplace)


@pytest.mark.real_system
def test_one_that_is_missing_is_left_out_and_named(installed, monkeypatch):
    monkeypatch.setattr(HAProxy, "find", staticmethod(lambda: None))
    comparison = balancing.compare(workload(30), ["round_robin"])
    assert comparison.notice.startswith("HAProxy is not installed here")
    assert not comparison.recorded
    measured = comparison.table[comparison.table["source"] == "measurement"]
    assert {program.split()[0] for program in measured["program"]} == {"nginx"}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"workload": [1]}, TypeError, "must be a tuple of arrivals, services, speeds and keys"),
        ({"workload": ([1, 0], [1, 1], [1], [1, 1])}, ValueError, "arrivals"),
        ({"workload": ([0, 1], [1], [1], [1, 1])}, ValueError, "services"),
        ({"workload": ([0, 1], [1, 1], [0], [1, 1])}, ValueError, "speeds"),
        ({"workload": ([0, 1], [1, 1], [1], [1])}, ValueError, "keys holds 1 keys"),
        ({"workload": ([0, 1e6], [1, 1], [1], [1, 1])}, ValueError, "arrivals ends at 1e\\+06 s"),
        ({"workload": ([0, 1], [1, 1], [1] * 101, [1, 1])}, ValueError, "at most 100 servers"),
        ({"policies": ["random"]}, ValueError, "policies is 'random'"),
        ({"policies": []}, ValueError, "policies is empty"),
        ({"policies": "random"}, TypeError, "policies is 'random' .str., but must be a list"),
        ({"programs": 3}, TypeError, "programs is 3 "),
        ({"programs": ["apache"]}, ValueError, "programs is 'apache'"),
        ({"programs": []}, ValueError, "programs is empty"),
        ({"changes": [Change(1, 6, 0)]}, ValueError, "numbered from 0 to 5"),
        ({"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_bad_input_is_named_before_any_work(absent, arguments, error, message):
    with pytest.raises(error, match=message):
        balancing.compare(**arguments)


def test_without_either_the_comparison_says_how_to_get_them_and_shows_the_recorded_run(absent):
    comparison = balancing.compare()
    assert comparison.table["recorded"].all()
    assert "HAProxy is not installed here" in comparison.notice
    assert "nginx is not installed here" in comparison.notice
    assert "This is a recorded run, not measured here and now: HAProxy 2" in comparison.notice
    assert set(comparison.table["scenario"]) == {"steady"}
    assert "steady" not in set(balancing.compare(changes=[Change(1, 0, 0)]).table["scenario"])
    assert set(balancing.compare(policies=["two_choices"]).table["policy"]) == {"two_choices"}
    assert len(balancing.compare(policies=["two_choices"], changes=[Change(1, 0, 0)]).table) == len(balancing.recorded().table)


def test_nothing_is_measured_where_nothing_is_to_be(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert balancing.compare().notice.startswith("Nothing is measured while a notebook is being graded.")
    monkeypatch.delenv("NBGRADER_EXECUTION")
    monkeypatch.setenv("LABSUPPORT_SYSTEMS", "recorded")
    assert balancing.compare().notice.startswith("Nothing is measured, since LABSUPPORT_SYSTEMS is set to recorded.")


def test_the_recorded_run_is_tidy_and_says_where_it_is_from():
    comparison = balancing.recorded()
    table = comparison.table
    assert list(table.columns) == list(balancing.COLUMNS)
    assert table["recorded"].all()
    assert set(table["source"]) == {"simulation", "theory", "measurement"}
    assert set(table["policy"]) == set(balancing.POLICIES)
    assert comparison.about["command"] == "python -m labsupport record balancing"
    assert comparison.about["date"] in comparison.notice
    assert comparison.about["machine"] in comparison.notice
    keys = ["source", "program", "policy", "scenario", "period"]
    servers = table[table["server"].notna()].groupby(keys)["share"].sum()
    assert np.allclose(servers, 1, atol=0.001)
    whole = table[table["server"].isna()].set_index(keys)["requests"]
    assert (table[table["server"].notna()].groupby(keys)["requests"].sum()[whole.index] == whole).all()


def test_the_recorded_simulation_is_what_the_simulator_says_today():
    load = balancing.default_workload(balancing.RECORDED_REQUESTS)
    table = balancing.recorded().table
    steady = table[(table["scenario"] == "steady") & (table["program"] == "textbook")]
    for policy in balancing.POLICIES:
        keys = {"keys": load.keys} if policy == "consistent_hash" else {}
        result = simulate(policy, load.arrivals, load.services, load.speeds, **keys)
        rows = steady[steady["policy"] == policy]
        assert list(counts(rows, "simulation", "textbook")) == list(result.requests_per_server)
        assert rows[rows["server"].isna()]["mean_response"].iloc[0] == pytest.approx(result.responses.mean(), abs=1e-5)


def test_the_recorded_run_shows_what_the_text_says():
    table = balancing.recorded().table
    real = table[table["source"] == "measurement"].assign(name=lambda rows: rows["program"].str.split().str[0])
    steady = real[(real["scenario"] == "steady") & real["server"].notna()]
    slow = steady[steady["server"] >= 4].groupby(["name", "policy"])["share"].sum()
    for name in ("HAProxy", "nginx"):
        assert slow[name, "least_connections"] < slow[name, "two_choices"] < slow[name, "round_robin"]
    stopped = real[real["scenario"].str.startswith("server 0 stops") & (real["server"] == 0) & (real["period"] == "4–9")]
    assert stopped["share"].max() < 0.02
    slowed = real[real["scenario"].str.startswith("server 0 has speed 0.3") & (real["server"] == 0) & (real["period"] == "4–9")]
    shares = slowed.groupby("policy")["share"].max()
    assert shares["round_robin"] == pytest.approx(1 / 6, abs=0.01)
    assert shares["least_connections"] < 0.1


def test_theory_speaks_of_each_server_for_itself():
    table = balancing.recorded().table
    rings = table[(table["source"] == "theory") & (table["policy"] == "consistent_hash")]
    ring = rings[rings["program"].str.startswith("HAProxy")].sort_values("server")
    assert ring["share"].to_numpy() == pytest.approx(rules.ring_shares("haproxy", range(1, 7)), abs=1e-4)
    assert ring["mean_response"].to_numpy() == pytest.approx(1 / (SPEEDS / 0.03 - 140 * ring["share"].to_numpy()), rel=0.01)


def test_a_default_workload_is_the_same_each_time():
    first, second = balancing.default_workload(50), balancing.default_workload(50)
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    assert first.arrivals.shape == first.services.shape == first.keys.shape == (50,)
