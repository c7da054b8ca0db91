import http.server
import json
import os
import tempfile
import threading
import unittest

from bench.suite import agreement


class Service(http.server.BaseHTTPRequestHandler):
    """Answers with the photo's first byte, or with 7 for every photo where the server has `stubborn`."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        picture = body.split(b"\r\n\r\n", 1)[1]
        answer = json.dumps({"predictions": [{"class_index": 7 if self.server.stubborn else picture[0]}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Agreement(unittest.TestCase):
    def service(self, stubborn):
        server = http.server.HTTPServer(("127.0.0.1", 0), Service)
        server.stubborn = stubborn
        server.url = lambda target: f"http://127.0.0.1:{server.server_port}{target}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(lambda: (server.shutdown(), thread.join(), server.server_close()))
        return server

    def test_shares_of_the_same_first_class(self):
        with tempfile.TemporaryDirectory() as photos:
            for number in (7, 8, 9, 7):
                with open(os.path.join(photos, f"{len(os.listdir(photos))}.jpg"), "wb") as f:
                    f.write(bytes([number]) + b"picture")
            servers = {"fp32": self.service(False), "other": self.service(True)}
            self.assertEqual(agreement.shares(servers, "fp32", photos, 100), {"fp32": 1, "other": 0.5})
            self.assertEqual(agreement.shares(servers, "fp32", photos, 1), {"fp32": 1, "other": 1})
