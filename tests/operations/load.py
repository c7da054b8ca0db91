"""Clients under whose requests servers are restarted, reloaded and killed."""
import collections
import http.client
import pathlib
import threading
import time

from eventually import eventually

CLIENTS = 6
IMAGE = (pathlib.Path(__file__).resolve().parents[2] / "conf/demo/samples/star-1.jpg").read_bytes()


WEBP = (pathlib.Path(__file__).resolve().parents[1] / "fuzz/corpus/image/lossy.webp").read_bytes()


def predict(image, port):
    """The status of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/predict", image, {"Content-Type": "application/octet-stream"})
    return connection.getresponse().status


class Load:
    """Clients that post the image, one request after the other: on kept connections or on a new one each. An answer waits
    as long as a model may need on a busy machine."""

    def __init__(self, port, keep=True):
        self.port = port
        self.keep = keep
        self.answers = collections.Counter()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stopping.is_set():
            what = self.ask(connection)
            if what != 200 or not self.keep:
                connection.close()
            with self.lock:
                self.answers[what] += 1
            time.sleep(0.01)
        connection.close()

    @staticmethod
    def ask(connection):
        try:
            connection.request("POST", "/predict?top_k=1", IMAGE, {"Content-Type": "image/jpeg"})
            answer = connection.getresponse()
            body = answer.read()
            return answer.status if answer.status != 200 or b'"star"' in body else "wrong"
        except (OSError, http.client.HTTPException) as problem:
            return type(problem).__name__

    def errors(self):
        with self.lock:
            return {what: n for what, n in self.answers.items() if what != 200}

    def goes_on(self, n=20):
        """Waits until n more requests are answered."""
        before = self.answers[200]
        return eventually(lambda: self.answers[200] >= before + n)
