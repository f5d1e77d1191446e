"""Geohashes: names for cells of the earth, in which near places mostly begin alike."""

from __future__ import annotations

from dataclasses import dataclass

from labsupport import checks

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True)
class Cell:
    """A part of the earth between two parallels and two meridians, in degrees.

    Attributes
    ----------
    south, west, north, east : float
    """

    south: float
    west: float
    north: float
    east: float

    @property
    def middle(self) -> tuple[float, float]:
        """Latitude and longitude of its middle."""
        return (self.south + self.north) / 2, (self.west + self.east) / 2


def encode(latitude: float, longitude: float, length: int = 11) -> str:
    """Name the cell in which a place lies: the earth is halved again and again, first by longitude, and each 5 halvings make a character.

    Parameters
    ----------
    latitude : float
        Degrees, −90 to 90.
    longitude : float
        Degrees, −180 to 180; 180 itself counts to the easternmost cell.
    length : int, default 11
        Characters, 1 to 12.

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    References
    ----------
    Niemeyer, geohash.org, 2008; https://en.wikipedia.org/wiki/Geohash, whose example this is.

    Examples
    --------
    >>> encode(57.64911, 10.40744)
    'u4pruydqqvj'
    """
    bounds = [[-180.0, 180.0], [-90.0, 90.0]]
    place = (checks.number("longitude", longitude, -180, 180), checks.number("latitude", latitude, -90, 90))
    number = 0
    for bit in range(5 * checks.integer("length", length, 1, 12)):
        axis = bit % 2
        middle = sum(bounds[axis]) / 2
        upper = place[axis] >= middle
        bounds[axis][0 if upper else 1] = middle
        number = 2 * number + upper
    return "".join(ALPHABET[(number >> 5 * back) & 31] for back in reversed(range(length)))


def decode(text: str) -> Cell:
    """Return the cell that a geohash names.

    Parameters
    ----------
    text : str
        1 to 12 characters.

    Returns
    -------
    Cell

    Raises
    ------
    TypeError, ValueError
        If it is no geohash.

    Examples
    --------
    >>> [round(degrees, 3) for degrees in decode("ezs42").middle]
    [42.605, -5.603]
    """
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r} ({type(text).__name__}), but must be a geohash such as 'ezs42'")
    if not 1 <= len(text) <= 12 or set(text) - set(ALPHABET):
        raise ValueError(f"text is {text!r}, but must have 1 to 12 of the characters {ALPHABET}")
    bounds = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = [(ALPHABET.index(character) >> back) & 1 for character in text for back in (4, 3, 2, 1, 0)]
    for place, upper in enumerate(bits):
        bounds[place % 2][0 if upper else 1] = sum(bounds[place % 2]) / 2
    return Cell(bounds[1][0], bounds[0][0], bounds[1][1], bounds[0][1])


def edges(length: int) -> tuple[float, float, float, float]:
    """Return south, west, height and width of the first cell of the geohashes of a length, in degrees.

    Parameters
    ----------
    length : int
        Characters, 1 to 12.

    Returns
    -------
    tuple of float

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> edges(5)
    (-90.0, -180.0, 0.0439453125, 0.0439453125)
    """
    bits = 5 * checks.integer("length", length, 1, 12)
    return -90.0, -180.0, 180 / 2 ** (bits // 2), 360 / 2 ** ((bits + 1) // 2)
