"""Growth check of the samples of a run.

Medians of the samples of the first and the last quarter after the warm-up are compared. After a reload the allocator
keeps or gives back what the old model had as it happens, so that single samples stand some MiB above or below their
neighbors without anything growing. A median does not move for a few of those; a mean does, and so does a line of least
squares for one at either end. The line is therefore printed, not judged.
"""
from bench.suite import stats

JUDGED = ("rss_mib", "anonymous_mib")  # all of it, and what only this process can have taken
SAMPLES_LEAST = 3  # in a quarter


def quarters(samples, warm_up_s):
    """The samples of the first and of the last quarter of the time after the warm-up."""
    counted = [each for each in samples if each["seconds"] >= warm_up_s]
    if not counted:
        return [], []
    begin, end = counted[0]["seconds"], counted[-1]["seconds"]
    quarter = (end - begin) / 4
    return ([each for each in counted if each["seconds"] <= begin + quarter],
            [each for each in counted if each["seconds"] >= end - quarter])


def slope_per_hour(samples, name):
    """Of the line of least squares; None where there is none."""
    times = [each["seconds"] / 3600 for each in samples]
    values = [each[name] for each in samples]
    if len(samples) < 2 or times[0] == times[-1]:
        return None
    mean_time, mean_value = sum(times) / len(times), sum(values) / len(values)
    return (sum((t - mean_time) * (v - mean_value) for t, v in zip(times, values)) /
            sum((t - mean_time)**2 for t in times))


def growth_of(samples, warm_up_s, name):
    """first and last: medians of the quarters; growth: last / first - 1. None of it without enough samples."""
    first, last = quarters(samples, warm_up_s)
    if min(len(first), len(last)) < SAMPLES_LEAST:
        return None
    before, after = (stats.median([each[name] for each in part]) for part in (first, last))
    counted = [each for each in samples if each["seconds"] >= warm_up_s]
    return {"first": before, "last": after, "growth": after / before - 1,
            "slope_per_hour": slope_per_hour(counted, name)}


def growths(samples, warm_up_s, names):
    return {name: growth_of(samples, warm_up_s, name) for name in names}


def findings(growth, growth_max):
    """What grew too much, or could not be judged."""
    found = []
    for name in JUDGED:
        each = growth[name]
        if each is None:
            found.append(f"{name}: too few samples to judge")
        elif each["growth"] > growth_max:
            found.append(f"{name} grew by {each['growth']:.2%} from {each['first']:.1f} to {each['last']:.1f}, "
                         f"more than {growth_max:.2%}")
    return found
