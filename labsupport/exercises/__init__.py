"""What a graded cell calls: expectations that give their reasons, hints, and data of the student's own. No answers."""

from labsupport.exercises.expectations import NotYet, expect, fingerprint
from labsupport.exercises.hints import hint
from labsupport.exercises.students import seed, student

__all__ = ["NotYet", "expect", "fingerprint", "hint", "seed", "student"]
