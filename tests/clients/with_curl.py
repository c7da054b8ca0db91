"""curl, as people type it."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile


def missing():
    return None if shutil.which("curl") else "curl is not installed"


def curl(*arguments, stdin=None):
    """The last response's head lines and its body as JSON; every head on the way in `heads`."""
    with tempfile.TemporaryDirectory() as folder:
        head = pathlib.Path(folder) / "head"
        ran = subprocess.run(["curl", "-sS", "-D", head, "--max-time", "60", *arguments], input=stdin,
                             capture_output=True, check=True)
        heads = [h for h in head.read_bytes().decode().split("\r\n\r\n") if h]
    return heads, json.loads(ran.stdout) if ran.stdout else None


def require_star(answer):
    heads, body = answer
    assert heads[-1].startswith("HTTP/1.1 200"), heads
    assert "X-Correlation-ID: " in heads[-1], heads
    assert body["predictions"][0]["class_name"] == "star", body
    return body


def test_form(url, samples):
    body = require_star(curl("-F", f"file=@{samples}/star-1.jpg", f"{url}/predict?top_k=2"))
    assert body["meta"]["filename"] == "star-1.jpg"
    assert len(body["predictions"]) == 2


def test_form_of_several(url, samples):
    files = ["star-1.jpg", "ring-1.jpg", "heart-1.png"]
    arguments = [piece for name in files for piece in ("-F", f"file=@{samples}/{name}")]
    _, body = curl(*arguments, f"{url}/predict")
    assert [r["filename"] for r in body["results"]] == files
    assert [r["predictions"][0]["class_name"] for r in body["results"]] == ["star", "ring", "heart"]


def test_form_with_a_chosen_name_and_type(url, samples):
    body = require_star(curl("-F", f'file=@{samples}/star-1.jpg;filename="ein Stern, größer.jpg";type=image/png',
                             f"{url}/predict"))
    assert body["meta"]["filename"] == "ein Stern, größer.jpg", body


def test_upload_by_post(url, samples):
    require_star(curl("-X", "POST", "-T", f"{samples}/star-1.jpg", f"{url}/predict"))


def test_upload_by_put_is_refused(url, samples):
    heads, body = curl("-T", f"{samples}/star-1.jpg", f"{url}/predict")
    assert heads[-1].startswith("HTTP/1.1 405") and "Allow: OPTIONS, POST" in heads[-1], heads
    assert body["error"]["code"] == "METHOD_NOT_ALLOWED"


def test_data_binary(url, samples):
    require_star(curl("--data-binary", f"@{samples}/star-1.jpg", f"{url}/predict"))
    require_star(curl("--data-binary", f"@{samples}/star-1.jpg", "-H", "Content-Type: image/jpeg", f"{url}/predict"))


def test_chunked(url, samples):
    require_star(curl("-X", "POST", "-T", "-", "-H", "Transfer-Encoding: chunked", f"{url}/predict",
                      stdin=(samples / "star-1.jpg").read_bytes()))


def test_http_1_0(url, samples):
    require_star(curl("-0", "-F", f"file=@{samples}/star-1.jpg", f"{url}/predict"))
    heads, _ = curl("-0", f"{url}/health")
    assert "Connection: close" in heads[-1] or "Connection: keep-alive" not in heads[-1], heads


def test_expect_100_continue(url, samples):
    heads, body = curl("--expect100-timeout", "30", "-H", "Expect: 100-continue", "--data-binary",
                       f"@{samples}/star-1.jpg", f"{url}/predict")
    assert heads[0].startswith("HTTP/1.1 100"), heads
    require_star((heads, body))
    # Refused without the body having been sent.
    heads, body = curl("--expect100-timeout", "30", "-H", "Expect: 100-continue", "--data-binary",
                       f"@{samples}/star-1.jpg", f"{url}/nothing")
    assert len(heads) == 1 and heads[0].startswith("HTTP/1.1 404"), heads


def test_a_large_form_waits_for_100_by_itself(url, samples):
    # curl sends Expect for bodies over 1 MiB.
    with tempfile.NamedTemporaryFile(suffix=".bin") as large:
        large.write(os.urandom(3 << 20))
        large.flush()
        heads, body = curl("-F", f"file=@{large.name}", f"{url}/predict")
    assert body["error"]["code"] == "UNSUPPORTED_MEDIA_TYPE", body
    assert heads[-1].startswith("HTTP/1.1 415"), heads


def test_head_options_and_conditional(url, samples):
    heads, body = curl("-I", "-o", os.devnull, f"{url}/health")
    assert heads[-1].startswith("HTTP/1.1 200") and body is None
    heads, _ = curl("-X", "OPTIONS", f"{url}/predict")
    assert heads[-1].startswith("HTTP/1.1 204"), heads
    with tempfile.TemporaryDirectory() as folder:
        tag = f"{folder}/tag"
        subprocess.run(["curl", "-sS", "-o", os.devnull, "--etag-save", tag, f"{url}/docs"], check=True)
        heads, body = curl("--etag-compare", tag, f"{url}/docs")
    assert heads[-1].startswith("HTTP/1.1 304") and body is None, heads


def test_one_connection_for_many(url, samples):
    form = ["-F", f"file=@{samples}/star-1.jpg", f"{url}/predict"]
    again = ["--next", "-sS", "-o", os.devnull, "-w", "%{num_connects} %{http_code}\n"]
    ran = subprocess.run(["curl", *again[1:], *form, *again, *form, *again, f"{url}/health"], capture_output=True,
                         text=True, check=True)
    assert ran.stdout.split() == ["1", "200", "0", "200", "0", "200"], ran.stdout
