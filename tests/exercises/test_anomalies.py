"""Services with incidents, and the judge of alarms."""

from __future__ import annotations

import numpy as np
import pytest

from labsupport.exercises import NotYet
from labsupport.exercises.anomalies import JUDGED, indices, judge, pages, watched
from labsupport.simulators import anomalies


def test_any_student_s_service_has_twenty_incidents_from_the_fourth_week_on() -> None:
    for number in range(20):
        service = watched(number)
        assert len(service["starts"]) == len(service["ends"]) == 20
        assert service["starts"][0] >= JUDGED
        assert service["ends"][-1] <= len(service["values"])
        assert min(service["values"]) > 0
    assert watched(1) == watched(1)
    assert watched(1) != watched(2)


@pytest.mark.parametrize("detector", anomalies.DETECTORS)
def test_no_detector_of_the_library_is_good_enough(detector: str) -> None:
    for number in (1, 2, 3, 7801):
        service = watched(number)
        expectation = anomalies.expect(detector, service["values"])
        for hold in (1, 2, 3):
            for threshold in np.arange(1.0, 8.0, 0.5):
                found = judge(np.flatnonzero(expectation.alarms(service["values"], threshold, hold)), service)
                assert min(found["precision"], found["recall"]) < 0.85


def test_no_alarm_and_all_alarms() -> None:
    service = watched(3)
    assert judge([], service) == {"pages": 0, "precision": 1.0, "recall": 0.0}
    assert judge(list(range(len(service["values"]))), service) == {"pages": 1, "precision": 0.0, "recall": 0.0}
    assert pages([]) == []


@pytest.mark.parametrize(
    ("alarms", "said"),
    [
        (None, "a list of whole numbers"),
        ([1.0], "a list of whole numbers"),
        ([True], "a list of whole numbers"),
        ([10], "10 came"),
        ([-1], "-1 came"),
    ],
)
def test_what_are_no_alarms(alarms, said: str) -> None:
    with pytest.raises(NotYet, match=said):
        indices(alarms, 10)
