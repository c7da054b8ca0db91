"""Counts of requests and their outcomes, shared by all clients."""
import collections
import threading

FINDINGS_KEPT = 200


class Tally:
    """May be used from every thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = collections.defaultdict(collections.Counter)
        self._findings = []
        self._more = 0

    def count(self, kind, outcome):
        """outcome: a status, or words for what had no answer."""
        with self._lock:
            self._counts[kind][str(outcome)] += 1

    def find(self, what):
        """Something that must not be; the run fails."""
        with self._lock:
            if len(self._findings) < FINDINGS_KEPT:
                self._findings.append(what)
                print(f"FOUND: {what}", flush=True)
            else:
                self._more += 1

    def counts(self):
        with self._lock:
            return {kind: dict(each) for kind, each in self._counts.items()}

    def total(self):
        with self._lock:
            return sum(sum(each.values()) for each in self._counts.values())

    def seen(self, outcome):
        """How often, over all kinds."""
        with self._lock:
            return sum(each[str(outcome)] for each in self._counts.values())

    def findings(self):
        with self._lock:
            return self._findings + ([f"and {self._more} more"] if self._more else [])
