import itertools
import os
import sys
import tempfile
import unittest
from unittest import mock

from bench.suite import processes

ANSWERS = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[2]))
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = os.path.join(folder.name, "log")

    def server(self, program, status=200, ready_s=30):
        port = processes.free_port()
        return processes.Server("x", [sys.executable, "-c", program, str(port), str(status)], port, self.log,
                                ready_s=ready_s)

    def test_a_server_runs_within_its_with_statement(self):
        with self.server(ANSWERS) as server:
            self.assertGreater(server.start_up_s, 0)
            self.assertGreater(processes.resident_mib(server.pid), 1)
            self.assertTrue(server.settle())
            process = server.process
            self.assertIsNone(process.poll())
        self.assertIsNotNone(process.poll())

    def test_a_program_that_ends_is_no_server(self):
        with self.assertRaisesRegex(RuntimeError, "ended with 3"):
            with self.server("raise SystemExit(3)"):
                self.fail("entered")

    def test_one_that_is_never_ready_is_stopped(self):
        server = self.server(ANSWERS, status=503, ready_s=0.5)
        with self.assertRaisesRegex(RuntimeError, "not ready"):
            with server:
                self.fail("entered")
        self.assertIsNotNone(server.process.poll())

    def test_busy_is_not_settled(self):
        spent = itertools.count()  # a real one could be starved, and look idle
        with self.server(ANSWERS) as server, mock.patch.object(processes, "cpu_seconds", lambda pid: next(spent)):
            self.assertFalse(server.settle(0.6))
