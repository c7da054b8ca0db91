"""Durations of the parts of a run, derived from its total."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    seconds: float  # of traffic, with its pauses
    cycle_s: float  # of traffic between two samples; reloads and a burst are in each
    warm_up_s: float  # at the beginning, whose samples do not count
    judges_memory: bool
    cycles_least: int = 2
    growth_max: float = 0.01
    clients: int = 5
    full_minutes: float = 30  # from here on the results are worth keeping


def plan_for(minutes, memory_from_minutes=3.0, growth_max=0.01):
    """A thirtieth of the time for a cycle, so that each quarter has several samples and the warm-up several reloads."""
    seconds = 60 * minutes
    return Plan(seconds=seconds, cycle_s=min(max(seconds / 30, 8), 20), warm_up_s=min(seconds / 10, 120),
                judges_memory=minutes >= memory_from_minutes, growth_max=growth_max)
