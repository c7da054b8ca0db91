"""The clients: threads that use the server until they are told to rest, each with its own order of requests."""
import itertools
import random
import threading
import time

from . import bad, broken, good
from .expected import is_refusal, problem
from .link import PATIENCE_S, Link

SHARES = {"good": 0.7, "bad": 0.15, "broken": 0.15}
PAUSE_S_MOST = 0.02  # between two requests of a client
KEPT_S_MOST = 0.5  # an idle connection, so that the server does not close it while a request is on its way to it


def kinds_of(group, with_keys):
    if group == "bad" and with_keys:
        return {**bad.KINDS, **bad.KEY_KINDS}
    return {"good": good, "bad": bad, "broken": broken}[group].KINDS


class Overload:
    """Whether the server may refuse what it usually would not: while a burst is under way."""

    def __init__(self):
        self.under_way = False
        self.bursts = 0

    def __enter__(self):
        self.under_way = True

    def __exit__(self, *_):
        self.under_way = False
        self.bursts += 1

    def mark(self):
        return self.bursts, self.under_way

    def since(self, mark):
        return self.under_way or mark[1] or self.bursts != mark[0]


class Client:
    """Sends requests of every kind, one after the other, over connections that it keeps for a while."""

    def __init__(self, number, world, tally, overload, seed):
        self.number, self.world, self.tally, self.overload = number, world, tally, overload
        self.rng = random.Random(f"{seed} {number}")
        self.link = None
        self.used_at = 0.0

    def step(self):
        group = self.rng.choices(list(SHARES), list(SHARES.values()))[0]
        kinds = kinds_of(group, bool(self.world.keys))
        name = self.rng.choices(list(kinds), [weight for weight, _ in kinds.values()])[0]
        self.do(group, name, kinds[name][1])
        time.sleep(self.rng.uniform(0, PAUSE_S_MOST))

    def do(self, group, name, kind):
        """One request; whatever is wrong with it is a finding."""
        try:
            if group == "broken":
                self._break_off(name, kind)
            else:
                self._exchange(name, kind)
        except Exception as e:  # pylint: disable=broad-except  # of any kind: the other clients must go on
            self.tally.find(f"{name}: {type(e).__name__}: {e}")
            self.rest()

    def _break_off(self, name, kind):
        identity = self.world.identity(self.rng, self.number)
        wrong = kind(self.world, self.rng, identity, lambda: Link(self.world.port))
        self.tally.count(name, "gone")
        if wrong:
            self.tally.find(f"{name}: {wrong}")

    def _exchange(self, name, kind):
        message, expected = kind(self.world, self.rng)
        data = message.encode(self.world.identity(self.rng, self.number))
        mark = self.overload.mark()
        answer = self._ask(data, message.method)
        self.tally.count(name, answer.status)
        wrong = problem(answer, expected, message.method, self.overload.since(mark))
        if wrong:
            self.tally.find(f"{name}: {wrong}")
        if answer.closes or is_refusal(answer) or self.rng.random() < 0.05:
            self.rest()

    def _ask(self, data, method):
        if self.link is not None and time.monotonic() - self.used_at > KEPT_S_MOST:
            self.rest()
        if self.link is None:
            self.link = Link(self.world.port)
        answer = self.link.ask(data, method)
        self.used_at = time.monotonic()
        return answer

    def rest(self):
        if self.link is not None:
            self.link.close()
            self.link = None


class SlowClient(Client):
    """Those that take seconds, in turn, as far as each still fits before the next rest."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.turn = itertools.cycle(broken.SLOW_KINDS.items())
        self.rest_at = 0.0

    def step(self):
        name, (takes_s, kind) = next(self.turn)
        if time.monotonic() + takes_s < self.rest_at:
            self.do("broken", name, kind)
        else:
            time.sleep(0.05)


class Crowd:
    """All clients, each on a thread, resting at first. Use it in a `with` statement, which ends them."""

    def __init__(self, clients):
        self.clients = clients
        self._going, self._ending = threading.Event(), threading.Event()
        self._resting = [threading.Event() for _ in clients]
        self._threads = [threading.Thread(target=self._run, args=each, daemon=True)
                         for each in zip(clients, self._resting)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._going.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_S)

    def go(self, seconds):
        """seconds: when the next rest is planned."""
        for client in self.clients:
            client.rest_at = time.monotonic() + seconds
        for resting in self._resting:
            resting.clear()
        self._going.set()

    def rest(self):
        """Waits until every client has closed its connections; False if one does not."""
        self._going.clear()
        return all([resting.wait(2 * PATIENCE_S) for resting in self._resting])

    def _run(self, client, resting):
        while not self._ending.is_set():
            if self._going.is_set():
                client.step()
                continue
            client.rest()
            resting.set()
            self._going.wait()
        client.rest()
