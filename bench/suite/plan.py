"""Durations and repetitions of the measurements."""
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Depth:
    """Of measuring the components."""
    engine_seconds: float
    engine_turns: int
    image_rounds: int


@dataclass(frozen=True)
class Plan:
    rounds: int = 3  # alternated runs of which the median counts
    alone: Depth = Depth(6, 5, 9)  # before anything else runs
    beside: Depth = Depth(1, 3, 3)  # in each round of the closed loop
    connections: tuple = (1, 8, 32, 128)
    closed_s: int = 4  # at least, and
    closed_passes: int = 4  # times every connection's answer, but
    closed_most_s: int = 20
    load_shares: tuple = (0.4, 0.7, 0.9, 1.0, 1.2)  # of what the service gave in the closed loop
    open_s: int = 3
    health_s: int = 3
    overload_s: int = 8
    overload_times: float = 4
    overload_peers: tuple = ("node", "node_int8", "fastapi", "torchscript")
    idle_connections: int = 4000
    agreement_photos: int = 1000
    large_photos: int = 8

    def closed_seconds(self, connections, rate):
        """How long to load a service that gives about that rate: a slow one needs longer to show its pace."""
        return min(max(self.closed_s, math.ceil(self.closed_passes * connections / max(rate, 1))), self.closed_most_s)


FULL = Plan()
QUICK = Plan(rounds=1, alone=Depth(0.5, 1, 3), beside=Depth(0.2, 1, 1), connections=(1, 32), closed_s=2,
             closed_most_s=10, load_shares=(0.5, 0.9, 1.2), open_s=2, health_s=1, overload_s=4, overload_peers=(),
             idle_connections=1000, agreement_photos=20)
