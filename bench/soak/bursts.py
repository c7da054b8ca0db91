"""Bursts of more requests than the server can queue: it must refuse the rest at once, with the right error."""
import contextlib
import random

from . import messages
from .expected import Expected, problem
from .good import several_classes
from .link import Link

CONNECTIONS = 48
IMAGES_EACH = 2
GREEDY_REQUESTS = 400


def flood(world, tally, overload, seed):
    """Many clients at once, whose images together are a multiple of the queue."""
    rng = random.Random(seed)
    with overload, contextlib.ExitStack() as stack:
        waiting = []
        for i in range(CONNECTIONS):
            chosen = [rng.choice(world.pictures) for _ in range(IMAGES_EACH)]
            message = messages.post_form("/predict", [("file", p.name, world.fresh(p)) for p in chosen])
            link = stack.enter_context(Link(world.port))
            link.send(message.encode(world.identity(rng, 100 + i)))
            waiting.append((link, several_classes([p.top for p in chosen])))
        for link, expected in waiting:
            answer = link.read()
            tally.count("burst", answer.status)
            wrong = problem(answer, expected, overloaded=True)
            if wrong:
                tally.find(f"burst: {wrong}")


def greed(world, tally, headers):
    """One client that sends more requests than it may, all at once."""
    refused = Expected((200, 429), "RATE_LIMITED")
    with Link(world.port) as link:
        link.send(messages.get("/info").encode(headers) * GREEDY_REQUESTS)
        for _ in range(GREEDY_REQUESTS):
            answer = link.read()
            tally.count("greedy", answer.status)
            wrong = problem(answer, refused)
            if wrong:
                tally.find(f"greedy: {wrong}")
