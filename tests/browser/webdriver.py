"""A client for chromedriver (W3C WebDriver), as much as the page's tests need; Python's standard library only."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class DriverError(RuntimeError):
    pass


class Element:
    def __init__(self, browser, identity):
        self.browser = browser
        self.path = f"/element/{identity}"
        self.reference = {ELEMENT: identity}

    def click(self):
        self.browser.call("POST", self.path + "/click", {})

    def type(self, text):
        self.browser.call("POST", self.path + "/value", {"text": text})

    def text(self):
        return self.browser.call("GET", self.path + "/text")


class Browser:
    """Headless Chromium. `with Browser() as browser:`."""

    def __init__(self):
        self.driver = subprocess.Popen([shutil.which("chromedriver"), "--port=0"], stdout=subprocess.PIPE, text=True)
        self.session = None
        try:
            self.base = self._wait_for_driver()
            # Reduced motion: what is clicked must not still be scrolling away.
            arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                         "--force-device-scale-factor=1", "--force-prefers-reduced-motion"]
            if os.geteuid() == 0:
                arguments.append("--no-sandbox")
            options = {"args": arguments, "binary": shutil.which("chromium")}
            made = self._request("POST", self.base + "/session", {"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
            self.session = f"{self.base}/session/{made['sessionId']}"
        except BaseException:
            self.close()
            raise

    def _wait_for_driver(self):
        for line in self.driver.stdout:
            if "started successfully on port" in line:
                return "http://127.0.0.1:" + line.rsplit("port", 1)[1].strip(" .\n")
        raise DriverError("chromedriver did not start")

    @staticmethod
    def _request(method, url, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as failed:
            value = json.load(failed)["value"]
            raise DriverError(f"{value['error']}: {value['message'].splitlines()[0]}") from None

    def call(self, method, path, body=None):
        return self._request(method, self.session + path, body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of a function body, with `arguments`."""
        plain = [a.reference if isinstance(a, Element) else a for a in arguments]
        return self.call("POST", "/execute/sync", {"script": script, "args": plain})

    def run_async(self, script, *arguments):
        """The same for one that calls its last argument with the value."""
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def find(self, selector):
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return Element(self, found[ELEMENT])

    def find_all(self, selector):
        found = self.call("POST", "/elements", {"using": "css selector", "value": selector})
        return [Element(self, one[ELEMENT]) for one in found]

    def wait_for(self, what, condition, limit_s=30):
        """Polls until `condition()` is true, and returns its value."""
        end = time.monotonic() + limit_s
        while True:
            with contextlib.suppress(DriverError):
                if value := condition():
                    return value
            if time.monotonic() > end:
                raise AssertionError(f"did not come: {what}; the page says:\n{self.find('body').text()}")
            time.sleep(0.05)

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def emulate(self, command, **parameters):
        self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def resize(self, width, height):
        self.emulate("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                     mobile=width < 600)

    def prefer_dark(self, dark):
        self.emulate("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                               {"name": "prefers-reduced-motion", "value": "reduce"}])

    def limit_uploads(self, bytes_per_s):
        """-1: no limit."""
        self.emulate("Network.enable")
        self.emulate("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1,
                     uploadThroughput=bytes_per_s)

    def screenshot(self, file):
        """The whole page, not only what is visible."""
        taken = self.call("POST", "/goog/cdp/execute",
                          {"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": True, "format": "png"}})
        with open(file, "wb") as out:
            out.write(base64.b64decode(taken["data"]))

    def problems(self):
        """What the console says that is worse than a note: errors of scripts, refusals by the content policy."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def close(self):
        if self.session:
            with contextlib.suppress(OSError, DriverError):
                self._request("DELETE", self.session)
            self.session = None
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
