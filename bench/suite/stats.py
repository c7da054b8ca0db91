"""The arithmetic of the suite."""
import math
import statistics


def median(values):
    """Of at least one value; the mean of the middle two of an even number."""
    return statistics.median(values)


def quantile(values, q):
    """The smallest value that at least the share q of all does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(q * len(ordered)), 1) - 1]


def ratio(value, base):
    """value / base, or None where there is nothing to divide by."""
    return value / base if value is not None and base else None


def predictions_limit(cores, preprocess_cpu_ms, forward_ms, batch, threads):
    """Predictions a second that the machine could give at most: its cores through the CPU time of one prediction.

    forward_ms is the time of a whole batch on that many threads, all of them busy.
    """
    return cores * 1000 / (preprocess_cpu_ms + forward_ms * threads / batch)


def medians(runs):
    """One dictionary, or list, of the medians of the numbers of several of the same shape; what is no number is the
    first's.

    A number that a run lacks, such as a count of something that did not happen in it, is 0 there; a run that has None
    instead of something does not count.
    """
    runs = [run for run in runs if run is not None]
    if not runs:
        return None
    first = runs[0]
    if isinstance(first, dict):
        return {key: medians([run.get(key, 0) for run in runs]) for run in runs for key in run}
    if isinstance(first, list):
        return [medians(each) for each in zip(*runs)]
    if isinstance(first, (int, float)) and not isinstance(first, bool):
        return median(runs)
    return first
