"""Clients that break off. Each function is one client: it opens what it needs, goes, and returns what is wrong, or "".

They take the world, a generator of random numbers, the client's headers, and what opens a connection.
"""
import time

from . import good, messages
from .expected import Expected, problem
from .link import Closed

HEADER_TIMEOUT_MS = 1500
IDLE_TIMEOUT_MS = 2500


def _request(world, rng, identity):
    """A prediction that no cache answers, and where its header ends."""
    picture = rng.choice(world.pictures)
    message = rng.choice([messages.post("/predict", picture.media_type, world.fresh(picture)),
                          messages.post_form("/predict", [("file", "a", world.fresh(picture))])])
    data = message.encode(identity)
    return data, data.index(b"\r\n\r\n") + 4


def _leave(link, rng):
    """With FIN or with RST."""
    if rng.random() < 0.5:
        link.reset()


def without_a_byte(_world, rng, _identity, open_link):
    with open_link() as link:
        _leave(link, rng)
    return ""


def in_the_header(world, rng, identity, open_link):
    data, head = _request(world, rng, identity)
    with open_link() as link:
        link.send(data[:rng.randrange(1, head)])
        _leave(link, rng)
    return ""


def in_the_body(world, rng, identity, open_link):
    data, head = _request(world, rng, identity)
    with open_link() as link:
        link.send(data[:rng.randrange(head, len(data))])
        _leave(link, rng)
    return ""


def while_waiting(world, rng, identity, open_link):
    """In the queue, while the image is decoded, or in the forward pass."""
    data, _ = _request(world, rng, identity)
    with open_link() as link:
        link.send(data)
        time.sleep(rng.uniform(0, 0.03))
        _leave(link, rng)
    return ""


def with_the_answer_unread(world, rng, identity, open_link):
    """Closing with unread bytes sends RST by itself."""
    with open_link() as link:
        link.send(messages.get("/openapi.json").encode(identity) * rng.randint(1, 8))
        time.sleep(rng.uniform(0, 0.02))
    return ""


def half_closed(world, rng, identity, open_link):
    """Sends all and says that it is done. At its limits the server may close the connection instead of answering."""
    data, _ = _request(world, rng, identity)
    with open_link() as link:
        link.send(data)
        link.finish_sending()
        answer = link.rest()
    return "" if answer == b"" or answer[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 503") else f"answered {answer[:80]!r}"


def half_closed_in_the_body(world, rng, identity, open_link):
    data, head = _request(world, rng, identity)
    with open_link() as link:
        link.send(data[:rng.randrange(head, len(data))])
        link.finish_sending()
        answer = link.rest()
    # A full queue is answered before the body.
    return "" if answer == b"" or answer.startswith(b"HTTP/1.1 503") else f"answered {answer[:80]!r}"


def slowly_but_whole(world, rng, identity, open_link):
    """A header in pieces, within its time: a client with a bad line is served."""
    message, expected = good.raw_body(world, rng)
    data = message.encode(identity)
    begin = time.monotonic()
    with open_link() as link:
        for i in range(4):
            link.send(data[10 * i:10 * i + 10])
            time.sleep(HEADER_TIMEOUT_MS / 1000 / 20)
        answer = link.ask(data[40:])
    # On a busy machine this client may be slower than it means to be.
    if answer.status == 408 and time.monotonic() - begin > HEADER_TIMEOUT_MS / 1000:
        return ""
    return problem(answer, expected, overloaded=True)


def too_slow_a_header(world, rng, identity, open_link):
    data, _ = _request(world, rng, identity)
    with open_link() as link:
        answer = link.ask(data[:30])
        link.rest()
    return problem(answer, Expected((408,), "REQUEST_TIMEOUT"))


def too_slow_a_body(world, rng, identity, open_link):
    """Less than min_body_bytes_per_s, which is judged after five seconds."""
    data, head = _request(world, rng, identity)
    with open_link() as link:
        answer = link.ask(data[:head + 20])
        link.rest()
    return problem(answer, Expected((408,), "REQUEST_TIMEOUT"), overloaded=True)


def too_long_idle(world, rng, identity, open_link):
    with open_link() as link:
        answer = link.ask(messages.get("/health").encode(identity))
        try:
            link.read()
            return "an answer that nobody asked for"
        except Closed:
            return problem(answer, Expected())


# name: (weight, what it does)
KINDS = {
    "left without a byte": (2, without_a_byte),
    "left in the header": (4, in_the_header),
    "left in the body": (4, in_the_body),
    "left while waiting": (6, while_waiting),
    "left the answer unread": (2, with_the_answer_unread),
    "half-closed": (2, half_closed),
    "half-closed in the body": (2, half_closed_in_the_body),
}

# name: (seconds that it takes, what it does): the work of a client of its own.
SLOW_KINDS = {
    "slow, but whole": (0.5, slowly_but_whole),
    "too slow a header": (HEADER_TIMEOUT_MS / 1000 + 0.5, too_slow_a_header),
    "too long idle": (IDLE_TIMEOUT_MS / 1000 + 0.5, too_long_idle),
    "too slow a body": (6, too_slow_a_body),
}
