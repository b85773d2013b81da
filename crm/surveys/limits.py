"""How often a public link may be tried. Counted for the whole platform, in the cache all processes share."""

from dataclasses import dataclass

from django.core.cache import caches


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` in ``seconds`` for each one counted. The time begins with the first."""

    name: str
    most: int
    seconds: int

    def count(self, whom: str) -> bool:
        """Counts one more; True while that is still within the limit."""
        cache, key = caches["shared"], self._key(whom)
        cache.add(key, 0, self.seconds)
        try:
            return bool(cache.incr(key) <= self.most)
        except ValueError:  # its time ended between the two
            cache.add(key, 1, self.seconds)
            return True

    def reached(self, whom: str) -> bool:
        return int(caches["shared"].get(self._key(whom), 0)) >= self.most

    def _key(self, whom: str) -> str:
        return f"survey:{self.name}:{whom}"


MISSES = Limit("misses", 20, 600)
"""Codes that lead nowhere, by address. Many customers may share an address, few of them mistype that often."""
SUBMITS = Limit("submits", 10, 600)
"""Submitted forms, by code."""
