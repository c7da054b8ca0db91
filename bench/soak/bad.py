"""Invalid requests, each of which must be refused with its own code."""
import json

from . import messages
from .expected import Expected
from .messages import BOUNDARY, Message
from .pictures import png_header


def refused(status, code):
    return Expected((status,), code)


def not_an_image(_world, rng):
    content = rng.choice([b"hello, world", b"%PDF-1.4\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
    return messages.post("/predict", "image/jpeg", content), refused(415, "UNSUPPORTED_MEDIA_TYPE")


def truncated(world, rng):
    content = world.fresh(world.jpeg(rng))
    cut = content[:round(len(content) * rng.uniform(0.3, 0.8))]
    return messages.post("/predict", "image/jpeg", cut), refused(422, "PREPROCESSING_FAILED")


def unknown_route(_world, rng):
    target = rng.choice(["/nowhere", "/predict/", "/metrics", f"/{rng.randrange(10**6)}", "/assets/none.js"])
    return messages.get(target), refused(404, "NOT_FOUND")


def unfinished_form(world, rng):
    body = messages.form_body([("file", "a.jpg", world.jpeg(rng).content)], end=False)
    message = messages.post("/predict", f"multipart/form-data; boundary={BOUNDARY}", body)
    return message, refused(400, "MALFORMED_MULTIPART")


def form_without_boundary(world, rng):
    message = messages.post("/predict", "multipart/form-data", messages.form_body([("file", "a", b"x")]))
    return message, refused(400, "MALFORMED_MULTIPART")


def form_without_file(world, rng):
    return messages.post_form("/predict", [("image", "a", world.jpeg(rng).content)]), refused(400, "MISSING_FILE")


def empty_file(_world, _rng):
    return messages.post_form("/predict", [("file", "a.jpg", b"")]), refused(400, "EMPTY_FILE")


def oversized_declaration(_world, rng):
    headers = (("Content-Type", "image/jpeg"),)
    size = rng.choice([10**8, 10**12, 2**62])
    return Message("POST", "/predict", headers, declared=size), refused(413, "FILE_TOO_LARGE")


def too_many_pixels(_world, rng):
    header = png_header(rng.choice([20_000, 2_000_000_000]), 20_000)
    return messages.post("/predict", "image/png", header), refused(413, "IMAGE_TOO_LARGE")


def bad_json(world, rng):
    body = rng.choice([b'{"image": ', b"not json", b'{"image": "@@@@"}', b"[" * 100])
    return messages.post("/predict", "application/json", body), refused(400, "MALFORMED_REQUEST")


def wrong_content_type(world, rng):
    content = world.jpeg(rng).content
    return messages.post("/predict", "application/json", content), refused(400, "MALFORMED_REQUEST")


def wrong_method(_world, rng):
    method, target = rng.choice([("GET", "/predict"), ("DELETE", "/info"), ("PUT", "/health")])
    return messages.get(target, method), refused(405, "METHOD_NOT_ALLOWED")


def wrong_parameter(world, rng):
    query = rng.choice(["top_k=0", "top_k=100001", "top_k=many", "timeout_ms=-5"])
    message = messages.post(f"/predict?{query}", "image/jpeg", world.jpeg(rng).content)
    return message, refused(422, "VALIDATION_ERROR")


def too_many_images(_world, _rng):
    return messages.post_form("/predict", [("file", "a", b"x")] * 20), refused(422, "VALIDATION_ERROR")


def long_header(_world, rng):
    headers = (("X-Long", "x" * rng.randint(20_000, 60_000)),)
    return messages.get("/health", headers=headers), refused(431, "HEADERS_TOO_LARGE")


def no_http(_world, rng):
    raw = rng.choice([b"hello\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: a:b\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
                      b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"])
    return Message("GET", "", raw=raw), refused(400, "MALFORMED_REQUEST")


def bad_chunks(_world, _rng):
    headers = (("Transfer-Encoding", "chunked"),)
    return messages.post("/predict", "image/jpeg", b"zz\r\nx", headers), refused(400, "MALFORMED_REQUEST")


def unknown_model(_world, rng):
    target = rng.choice(["/v2/models/none/infer", "/v2/models/none/versions/1/infer"])
    return Message("POST", target, body=b"{}"), Expected((404,), protocol=True)


def bad_inference(world, rng):
    wrong = {"name": "image", "datatype": "BYTES", "shape": [1], "data": ["QUJD"]}
    document = rng.choice([b"{", b"{}", json.dumps({"inputs": [wrong]}).encode(),
                           json.dumps({"inputs": [{**wrong, "name": "none"}]}).encode()])
    return Message("POST", f"/v2/models/{world.model}/infer", body=document), Expected((400,), protocol=True)


KINDS = {
    "not an image": (2, not_an_image),
    "truncated JPEG": (2, truncated),
    "unknown route": (2, unknown_route),
    "unfinished form": (1, unfinished_form),
    "form without boundary": (1, form_without_boundary),
    "form without file": (1, form_without_file),
    "empty file": (1, empty_file),
    "oversized declaration": (1, oversized_declaration),
    "too many pixels": (1, too_many_pixels),
    "bad JSON": (1, bad_json),
    "wrong content type": (1, wrong_content_type),
    "wrong method": (1, wrong_method),
    "wrong parameter": (1, wrong_parameter),
    "too many images": (1, too_many_images),
    "long header": (1, long_header),
    "no HTTP": (1, no_http),
    "bad chunks": (1, bad_chunks),
    "unknown model": (1, unknown_model),
    "bad inference": (1, bad_inference),
}


def without_key(_world, rng):
    return _as_a_stranger(rng, ()), refused(401, "UNAUTHORIZED")


def wrong_key(_world, rng):
    return _as_a_stranger(rng, (("X-API-Key", f"guess-{rng.randrange(10**9)}"),)), refused(401, "UNAUTHORIZED")


def _as_a_stranger(rng, headers):
    """As raw bytes, so that the client's own key is not added."""
    network = (("X-Forwarded-For", f"10.200.{rng.randrange(4)}.{rng.randrange(256)}"),)
    return Message("GET", "", raw=messages.get("/info", headers=headers + network).encode())


# Where the server wants keys.
KEY_KINDS = {
    "without a key": (2, without_key),
    "wrong key": (2, wrong_key),
}
