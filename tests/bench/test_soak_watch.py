import os
import types
import unittest

from bench.soak import service, watch
from bench.soak.clients import Overload

SMAPS = """\
55d0-55e0 rw-p 00000000 00:00 0                          [heap]
Size:               1024 kB
KernelPageSize:        4 kB
Rss:                 512 kB
7f00-7f10 rw-p 00000000 00:00 0
Rss:                9999 kB
"""


class Service:
    """Whose metrics come back after some readings."""

    pid = os.getpid()

    def __init__(self, readings):
        self.left = readings

    def metrics(self):
        self.left -= 1
        return {**watch.AT_REST, "queue_depth": max(self.left, 0)}


class Watch(unittest.TestCase):
    def test_gauges_must_be_what_they_are_at_rest(self):
        self.assertEqual(watch.not_at_rest({**watch.AT_REST, "images_total": 7}), [])
        for name in watch.AT_REST:
            self.assertEqual(len(watch.not_at_rest({**watch.AT_REST, name: 3})), 1)
            self.assertEqual(len(watch.not_at_rest({n: v for n, v in watch.AT_REST.items() if n != name})), 1)

    def test_handles_may_be_fewer_but_not_more(self):
        base = {"descriptors": 10, "threads": 5}
        self.assertEqual(watch.above_base({"descriptors": 10, "threads": 4}, base), [])
        self.assertEqual(watch.above_base({"descriptors": 11, "threads": 5}, base), ["11 descriptors instead of 10"])

    def test_settling_waits_but_not_for_ever(self):
        self.assertEqual(watch.settle(Service(3), {}, 30), [])
        self.assertEqual(len(watch.settle(Service(10**6), {}, 0.1)), 1)
        self.assertEqual(len(watch.settle(Service(0), {"threads": 0}, 0.1)), 1)

    def test_memory_is_read_from_the_kernel(self):
        self.assertEqual(watch.heap_kib(SMAPS), 512)
        self.assertEqual(watch.heap_kib("nothing"), 0)
        sample = watch.sample(Service(0), 0)
        for name in ("rss_mib", "anonymous_mib", "pss_mib", "descriptors", "threads"):
            self.assertGreater(sample[name], 0)
        self.assertLessEqual(sample["anonymous_mib"], sample["rss_mib"])


class Log(unittest.TestCase):
    def test_errors_that_nobody_provoked_are_strange(self):
        usual = ('listening on http://127.0.0.1:1\n{"level":"info","event":"request"}\n'
                 '{"level":"error","event":"reload failed, the old model stays in use"}\n\n')
        self.assertEqual(service.strange_lines(usual), [])
        unexpected = '{"level":"error","event":"session ended by an exception"}'
        for strange in (unexpected, "==1==ERROR: AddressSanitizer", "7"):
            self.assertEqual(service.strange_lines(usual + strange + "\n"), [strange])


    def test_a_line_that_is_being_written_is_waited_for(self):
        parts = iter(('{"level":"in', 'fo","event":"request"', '}\n'))
        self.assertEqual(service.read_whole_lines(types.SimpleNamespace(read=lambda: next(parts))),
                         '{"level":"info","event":"request"}\n')


class Bursts(unittest.TestCase):
    def test_a_request_may_be_refused_if_it_met_a_burst(self):
        overload = Overload()
        before = overload.mark()
        self.assertFalse(overload.since(before))
        with overload:
            within = overload.mark()
            self.assertTrue(overload.since(before))
        self.assertTrue(overload.since(before))
        self.assertTrue(overload.since(within))
        self.assertFalse(overload.since(overload.mark()))


if __name__ == "__main__":
    unittest.main()
