"""One run: the same cycle of traffic, reloads, a burst and a rest, again and again."""
import concurrent.futures
import contextlib
import random
import time

from bench.suite import services

from . import bursts, judge, messages, pictures, service, watch
from .clients import Client, Crowd, Overload, SlowClient, kinds_of
from .broken import SLOW_KINDS
from .link import Closed, Link
from .tally import Tally
from .world import World

SETTLE_S_MOST = 30
QUIET_S = 3  # before memory is read: the server gives back what uploads have left after a second without any
FINDINGS_ENOUGH = 100  # a run that has found so much has failed and may end


def say(words):
    print(f"[{time.strftime('%H:%M:%S')}] {words}", flush=True)


class Soak:
    """A run in progress: the server, who uses it, and what was seen."""

    def __init__(self, served, world, plan, seed):
        self.served, self.world, self.plan, self.seed = served, world, plan, seed
        self.tally, self.overload = Tally(), Overload()
        self.samples, self.base, self.cycles = [], {}, 0
        self.begin = 0.0
        self.reload_s = []

    def run(self):
        say("every kind of request once")
        self.once()
        self.begin = time.monotonic()
        self.rest()
        if not self.samples:
            return
        self.base = {name: self.samples[0][name] for name in watch.HANDLES}
        with Crowd(self.clients()) as crowd:
            while self.goes_on():
                self.cycle(crowd)

    def run_to_the_end(self):
        """run(), and the server's counters; whatever goes wrong is a finding, so that what was seen is not lost."""
        try:
            self.run()
            return self.served.metrics() if self.served.runs() else {}
        except Exception as e:  # pylint: disable=broad-except
            self.tally.find(f"the run ended early: {type(e).__name__}: {e}")
            return {}

    def clients(self):
        shared = (self.world, self.tally, self.overload, self.seed)
        mixed = [Client(number, *shared) for number in range(self.plan.clients)]
        return mixed + [SlowClient(self.plan.clients, *shared)]

    def elapsed(self):
        return time.monotonic() - self.begin

    def goes_on(self):
        if not self.served.runs():
            self.tally.find(f"the server has ended by itself after {self.elapsed():.0f} s")
            return False
        if len(self.tally.findings()) >= FINDINGS_ENOUGH:
            return False
        return self.elapsed() < self.plan.seconds or self.cycles < self.plan.cycles_least

    def once(self):
        """So that whatever is made at its first use is there when the base is taken."""
        def client(number):
            return Client(number, self.world, self.tally, self.overload, self.seed)
        with concurrent.futures.ThreadPoolExecutor() as slow:
            for number, (name, (_, kind)) in enumerate(SLOW_KINDS.items(), 90):
                slow.submit(client(number).do, "broken", name, kind)
            quick = client(99)
            for group in ("good", "bad", "broken"):
                for name, (_, kind) in kinds_of(group, bool(self.world.keys)).items():
                    quick.do(group, name, kind)
            quick.rest()
        self.attempt("reload", self.served.reload_by_signal)
        self.attempt("reload", self.served.reload_by_request)
        self.burst()

    def cycle(self, crowd):
        steps = (lambda: self.attempt("reload by signal", self.served.reload_by_signal), self.burst,
                 lambda: self.attempt("reload by request", self.served.reload_by_request),
                 lambda: self.attempt("broken reload", self.served.reload_broken))
        begin = time.monotonic()
        crowd.go(self.plan.cycle_s)
        for i, step in enumerate(steps):
            sleep_until(begin + self.plan.cycle_s * (i + 1) / (len(steps) + 1))
            step()
        sleep_until(begin + self.plan.cycle_s)
        if not crowd.rest():
            self.tally.find("a client does not come to rest")
        self.cycles += 1
        self.rest()
        self.say_progress()

    def attempt(self, name, reload):
        self.tally.count(name, "done")
        begin = time.monotonic()
        try:
            wrong = reload()
        except (OSError, KeyError, ValueError, Closed) as e:
            wrong = f"{name}: {type(e).__name__}: {e}"
        self.reload_s.append(round(time.monotonic() - begin, 2))
        if wrong:
            self.tally.find(wrong)

    def burst(self):
        try:
            bursts.flood(self.world, self.tally, self.overload, f"{self.seed} burst {self.cycles}")
            bursts.greed(self.world, self.tally, self.served.greedy_headers())
        except (OSError, Closed) as e:
            self.tally.find(f"burst: {type(e).__name__}: {e}")

    def rest(self):
        """Nobody uses the server: everything must have come back, and memory is what it keeps."""
        try:
            self._rest()
        except (OSError, Closed) as e:
            self.tally.find(f"at rest after {self.elapsed():.0f} s: {type(e).__name__}: {e}")

    def _rest(self):
        for wrong in watch.settle(self.served, self.base, SETTLE_S_MOST):
            self.tally.find(f"at rest after {self.elapsed():.0f} s: {wrong}")
        for line in self.served.turn_log():
            self.tally.find(f"log: {line[:500]}")
        time.sleep(QUIET_S)
        self.samples.append(watch.sample(self.served, self.begin))

    def say_progress(self):
        last = self.samples[-1]
        say(f"{self.elapsed():.0f} of {self.plan.seconds:.0f} s: {self.tally.total()} requests, "
            f"{last['rss_mib']:.1f} MiB, {last['anonymous_mib']:.1f} MiB anonymous, {last['descriptors']} descriptors, "
            f"{last['threads']} threads, {len(self.tally.findings())} findings")


def sleep_until(moment):
    time.sleep(max(moment - time.monotonic(), 0))


def first_look(served, samples_folder):
    """The world as the server describes it, and the pictures that it is sure of."""
    rng = random.Random(served.seed)
    world = World(served.port, [], service.MODEL, 0, served.client_keys())
    with Link(served.port) as link:
        def ask(picture):
            message = messages.post("/predict?top_k=2", picture.media_type, picture.content)
            return link.ask(message.encode(world.identity(rng, 98))).json()["predictions"]
        world.pictures = pictures.choose(samples_folder, served.work, services.PYTHON, ask)
        info = link.ask(messages.get("/info").encode(world.identity(rng, 98))).json()
    world.classes = info["model"]["classes"]
    if len(world.pictures) < 4 or not any(p.is_jpeg for p in world.pictures):
        raise RuntimeError("the server is sure of too few of the pictures")
    return world


def judged(soak):
    """The growth, and everything that was found."""
    growth = judge.growths(soak.samples, soak.plan.warm_up_s, watch.MEMORY)
    found = soak.tally.findings()
    if soak.plan.judges_memory:
        found = found + judge.findings(growth, soak.plan.growth_max)
    for status in (429, 503):
        if not soak.tally.seen(status):
            found = found + [f"no request was refused with {status}: the bursts were none"]
    return growth, found


def soak_server(build, work, weights, labels, samples_folder, plan, with_keys, seed):
    """Everything that there is to say of one run, as the report wants it."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(service.Service(build, work, weights, labels, with_keys, seed))
        soak = Soak(served, first_look(served, samples_folder), plan, seed)
        counters = soak.run_to_the_end()
        for wrong in (*internal_errors(counters), served.stop()):
            if wrong:
                soak.tally.find(wrong)
    growth, found = judged(soak)
    return {"seconds": round(soak.elapsed(), 1), "cycles": soak.cycles, "growth": growth, "findings": found,
            "requests": soak.tally.counts(), "base": soak.base, "reload_s": soak.reload_s,
            "counters": interesting(counters), "pictures": [[p.name, len(p.content)] for p in soak.world.pictures],
            "samples": soak.samples}


def internal_errors(counters):
    """Also those whose clients did not wait for them."""
    return [f"{name} is {value:.0f}" for name, value in counters.items() if 'status_code="500"' in name]


def interesting(counters):
    """Of the metrics those that say what the traffic has set going."""
    names = ("images_total", "batches_total", "cancelled_images_total", "expired_images_total", "cache_hits_total",
             "cache_misses_total", "cache_shared_total", "cache_evictions_total", "cache_bytes", "model_loads_total",
             "model_load_failures_total", "log_lines_dropped_total", "oom_recoveries_total")
    return {name: value for name, value in counters.items() if name in names or name.startswith("rejections_total")}
