"""The earth as a sphere: how far two places are from each other, and how near a parallel and a meridian come."""

from __future__ import annotations

import numpy as np

from labsupport.kernels import kernel

EARTH = 6371.0088  # mean radius in km (IUGG)


@kernel
def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the distance of two places on a sphere in km (haversine formula; all angles in degrees)."""
    phi, psi = np.radians(latitude), np.radians(other_latitude)
    half_up, half_over = (psi - phi) / 2, np.radians(other_longitude - longitude) / 2
    chord = np.sin(half_up) ** 2 + np.cos(phi) * np.cos(psi) * np.sin(half_over) ** 2
    return float(2 * EARTH * np.arcsin(min(1.0, np.sqrt(chord))))


# Nothing beyond a parallel is nearer than the difference of latitudes, and nothing beyond a meridian nearer than the meridian itself,
# which is asin(cos φ · sin Δλ) away.
@kernel
def to_meridian(latitude: float, degrees: float) -> float:
    """Return how far it is to a meridian that is some degrees of longitude away, in km."""
    if degrees <= 0:
        return 0.0
    return float(EARTH * np.arcsin(np.cos(np.radians(latitude)) * np.sin(np.radians(min(degrees, 90.0)))))


@kernel
def to_parallel(degrees: float) -> float:
    """Return how far it is to a parallel that is some degrees of latitude away, in km."""
    return float(EARTH * np.radians(max(degrees, 0.0)))
