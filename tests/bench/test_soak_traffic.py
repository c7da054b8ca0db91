import collections
import contextlib
import io
import random
import time
import unittest
import zlib

from bench.soak import bad, broken, clients, good, messages, pictures
from bench.soak.pictures import Picture
from bench.soak.tally import Tally
from bench.soak.world import World

JPEG = Picture("a.jpg", b"\xff\xd8\xff\xe0rest", 3)
PNG = Picture("b.png", pictures.disc_png(20, 10), 4)


def world(keys=()):
    return World(1, [JPEG, PNG], "soak", 12, keys)


class Pictures(unittest.TestCase):
    def test_salt_makes_other_bytes_of_the_same_picture(self):
        salted = JPEG.salted(7)
        self.assertEqual(salted[:4], b"\xff\xd8\xff\xfe")
        length = int.from_bytes(salted[4:6], "big")
        self.assertEqual(salted[:2] + salted[4 + length:], JPEG.content)
        self.assertNotEqual(JPEG.salted(8), salted)
        png = PNG.salted(7)
        begin = PNG.content.index(b"IDAT") - 4
        added = png[begin:len(png) - len(PNG.content) + begin]
        self.assertEqual(png.replace(added, b""), PNG.content)
        self.assertEqual(int.from_bytes(added[-4:], "big"), zlib.crc32(added[4:-4]))

    def test_a_drawing_has_all_its_pixels(self):
        for width, height in ((20, 10), (7, 9)):
            self.assertEqual([len(row) for row in pictures.disc_rows(width, height)], [3 * width] * height)
        self.assertEqual(len(pictures.disc_bmp(7, 9)), 54 + 24 * 9)

    def test_pictures_that_the_server_is_not_sure_of_are_left_out(self):
        def ask(picture):
            second = 0.45 if picture is JPEG else 0.1
            return [{"confidence": 0.5, "class_index": 9}, {"confidence": second, "class_index": 1}]
        self.assertEqual(pictures.clear_ones([JPEG, PNG], ask), [Picture("b.png", PNG.content, 9)])

    def test_spread_takes_from_everywhere(self):
        self.assertEqual(pictures.spread([1, 2], 3), [1, 2])
        self.assertEqual(pictures.spread(list(range(101)), 3), [0, 50, 100])


class Messages(unittest.TestCase):
    def test_lengths_are_declared(self):
        self.assertIn(b"Content-Length: 3\r\n", messages.post("/", "a/b", b"abc").encode())
        self.assertIn(b"Content-Length: 0\r\n", messages.Message("POST", "/").encode())
        self.assertNotIn(b"Content-Length", messages.get("/").encode())
        self.assertIn(b"Content-Length: 99\r\n", messages.Message("POST", "/", declared=99).encode())

    def test_chunked_has_no_length(self):
        message = messages.post("/", "a/b", messages.chunks(b"abcde", 3), (("Transfer-Encoding", "chunked"),))
        self.assertNotIn(b"Content-Length", message.encode())
        self.assertTrue(message.encode().endswith(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))

    def test_what_the_client_adds(self):
        self.assertIn(b"\r\nX-API-Key: k\r\n", messages.get("/").encode((("X-API-Key", "k"),)))
        self.assertEqual(messages.Message("GET", "", raw=b"x").encode((("a", "b"),)), b"x")


class Kinds(unittest.TestCase):
    def test_each_makes_a_request(self):
        for kinds in (good.KINDS, bad.KINDS, bad.KEY_KINDS):
            for name, (weight, kind) in kinds.items():
                for seed in range(5):
                    message, expected = kind(world(), random.Random(seed))
                    self.assertGreater(weight, 0)
                    self.assertTrue(message.encode(), name)
                    self.assertEqual(200 in expected.statuses or 204 in expected.statuses, kinds is good.KINDS, name)

    def test_names_are_unique(self):
        names = [name for kinds in (good.KINDS, bad.KINDS, bad.KEY_KINDS, broken.KINDS, broken.SLOW_KINDS)
                 for name in kinds]
        self.assertEqual([n for n, count in collections.Counter(names).items() if count > 1], [])

    def test_a_seed_gives_the_same_order(self):
        def order(seed):
            client = clients.Client(0, world(("k",)), Tally(), clients.Overload(), seed)
            done = []
            client.do = lambda group, name, kind: done.append(name)
            for _ in range(30):
                client.step()
            return done
        self.assertEqual(order(5), order(5))
        self.assertNotEqual(order(5), order(6))

    def test_clients_of_a_server_with_keys_show_theirs(self):
        names = {name for name, _ in world(("k",)).identity(random.Random(0), 0)}
        self.assertTrue(names & {"X-API-Key", "Authorization"})
        self.assertEqual([name for name, _ in world().identity(random.Random(0), 0)], ["X-Forwarded-For"])


class Steps:
    """A client that counts what it is told to do."""

    def __init__(self):
        self.steps, self.rests, self.rest_at = 0, 0, 0

    def step(self):
        self.steps += 1

    def rest(self):
        self.rests += 1


class Crowds(unittest.TestCase):
    def test_clients_work_between_go_and_rest_only(self):
        both = [Steps(), Steps()]
        with clients.Crowd(both) as crowd:
            self.assertTrue(crowd.rest())
            self.assertEqual([c.steps for c in both], [0, 0])
            for _ in range(3):
                before = [c.steps for c in both]
                crowd.go(1)
                while any(c.steps == b for c, b in zip(both, before)):
                    time.sleep(0.001)
                self.assertTrue(crowd.rest())
                after = [c.steps for c in both]
                self.assertTrue(crowd.rest())
                self.assertEqual([c.steps for c in both], after)
        self.assertTrue(all(c.rests >= 3 for c in both))

    def test_what_goes_wrong_is_a_finding_and_no_end(self):
        tally = Tally()
        client = clients.Client(0, world(), tally, clients.Overload(), 1)
        with contextlib.redirect_stdout(io.StringIO()):
            client.do("broken", "a kind", lambda *_: "wrong words")
            client.do("broken", "a kind", lambda *_: 1 / 0)
            client.do("good", "another", lambda *_: 1 / 0)
        found = tally.findings()
        self.assertEqual(len(found), 3)
        self.assertIn("wrong words", found[0])
        self.assertIn("ZeroDivisionError", found[1])
        self.assertEqual(tally.seen("gone"), 1)


if __name__ == "__main__":
    unittest.main()
