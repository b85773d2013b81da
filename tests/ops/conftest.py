"""Servers of their own for these tests: nobody else's are killed."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sanfang.ops import postgres, valkey
from sanfang.ops.places import VAR, Place, Profile

AWKWARD = Path("a folder with blanks", "三访", *["deep" * 10] * 4)
"""A socket in it would have too long a name, and an unquoted path falls apart."""


@pytest.fixture(scope="session")
def new_place() -> Iterator[Callable[[Profile], Place]]:
    """Makes empty places; what was started in them ends with the tests."""
    root = VAR / "test" / f"ops-{os.getpid()}"
    places: list[Place] = []

    def make(profile: Profile) -> Place:
        place = Place(profile, root / str(len(places)) / AWKWARD)
        place.var.mkdir(parents=True)
        places.append(place)
        return place

    yield make
    for place in places:
        postgres.stop(place)
        valkey.stop(place)
        shutil.rmtree(postgres.home_of(place).folder, ignore_errors=True)
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def dev_place(new_place: Callable[[Profile], Place]) -> Place:
    return new_place("dev")


@pytest.fixture(scope="session")
def throwaway_place(new_place: Callable[[Profile], Place]) -> Place:
    return new_place("test")
