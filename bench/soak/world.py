"""Facts about the server that all clients share."""
import itertools
from dataclasses import dataclass, field


@dataclass
class World:
    port: int
    pictures: list  # with their classes
    model: str  # its name in URLs
    classes: int
    keys: tuple = ()  # of the clients; empty: the server wants none
    salts: itertools.count = field(default_factory=itertools.count)

    def picture(self, rng):
        """One of them and its bytes, every second time bytes that nobody has sent before."""
        picture = rng.choice(self.pictures)
        return picture, self.fresh(picture) if rng.random() < 0.5 else picture.content

    def fresh(self, picture):
        return picture.salted(next(self.salts))

    def jpeg(self, rng):
        return rng.choice([p for p in self.pictures if p.is_jpeg])

    def identity(self, rng, client):
        """The headers that say who asks: an address of this client's network, and its key."""
        headers = [("X-Forwarded-For", f"10.0.{client}.{rng.randrange(16)}")]
        if self.keys:
            key = self.keys[client % len(self.keys)]
            headers.append(rng.choice([("X-API-Key", key), ("Authorization", f"Bearer {key}")]))
        return tuple(headers)
