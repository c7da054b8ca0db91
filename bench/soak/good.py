"""Requests that must be answered with what they ask for. Each takes the world and a generator of random numbers."""
import json
import struct

from . import messages
from .expected import Expected
from .messages import Message

TENSOR_BYTES = 4 * 3 * 224 * 224


def wrong_class(predictions, top):
    found = predictions[0]["class_index"]
    return "" if found == top else f"class {found} instead of {top}"


def one_class(top, count=None):
    def check(answer):
        predictions = answer.json()["predictions"]
        if count is not None and len(predictions) != count:
            return f"{len(predictions)} predictions instead of {count}"
        return wrong_class(predictions, top)
    return Expected(check=check)


def several_classes(tops):
    """tops: for each image its class, or None where it has an error of its own."""
    def check(answer):
        results = answer.json()["results"]
        if len(results) != len(tops):
            return f"{len(results)} results instead of {len(tops)}"
        for result, top in zip(results, tops):
            if top is None and "error" not in result:
                return "a bad image among good ones has no error"
            wrong = "" if top is None else wrong_class(result["predictions"], top)
            if wrong:
                return wrong
        return ""
    return Expected(check=check)


def raw_body(world, rng):
    picture, content = world.picture(rng)
    kind = rng.choice([picture.media_type, "application/octet-stream"])
    return messages.post("/predict", kind, content), one_class(picture.top)


def form(world, rng):
    picture, content = world.picture(rng)
    top_k = min(rng.randint(1, 10), world.classes)
    return (messages.post_form(f"/predict?top_k={top_k}", [("file", picture.name, content)]),
            one_class(picture.top, top_k))


def form_of_several(world, rng):
    chosen = [world.picture(rng) for _ in range(rng.randint(2, 3))]
    message = messages.post_form("/predict", [("file", p.name, content) for p, content in chosen])
    return message, several_classes([p.top for p, _ in chosen])


def form_with_a_bad_image(world, rng):
    picture, content = world.picture(rng)
    message = messages.post_form("/predict", [("file", "bad.jpg", b"no image"), ("file", picture.name, content)])
    return message, several_classes([None, picture.top])


def same_image_twice(world, rng):
    picture = rng.choice(world.pictures)
    content = world.fresh(picture)
    message = messages.post_form("/predict", [("file", "a", content), ("file", "b", content)])
    return message, several_classes([picture.top] * 2)


def json_image(world, rng):
    picture, content = world.picture(rng)
    return messages.post_json("/predict", {"image": messages.text_of(content)}), one_class(picture.top)


def json_images(world, rng):
    chosen = [world.picture(rng) for _ in range(2)]
    document = {"images": [messages.text_of(content) for _, content in chosen]}
    return messages.post_json("/predict", document), several_classes([p.top for p, _ in chosen])


def chunked_body(world, rng):
    picture, content = world.picture(rng)
    headers = (("Transfer-Encoding", "chunked"),)
    body = messages.chunks(content, rng.randint(1000, 20000))
    return messages.post("/predict", picture.media_type, body, headers), one_class(picture.top)


def impatient(world, rng):
    picture = rng.choice(world.pictures)
    message = messages.post("/predict?timeout_ms=20", picture.media_type, world.fresh(picture))
    return message, Expected((200, 504), "DEADLINE_EXCEEDED", one_class(picture.top).check)


def infer_target(world, rng):
    return f"/v2/models/{world.model}" + rng.choice(["", "/versions/1"]) + "/infer"


def largest_logit(world, top):
    """Of an answer in which the logits come first, in binary."""
    def check(answer):
        length = int(answer.header("Inference-Header-Content-Length"))
        first = json.loads(answer.body[:length])["outputs"][0]
        logits = struct.unpack_from(f"<{world.classes}f", answer.body, length)
        found = max(range(world.classes), key=logits.__getitem__)
        if first["name"] != "logits" or first["shape"] != [1, world.classes]:
            return f"the first output is {first}"
        return "" if top is None or found == top else f"class {found} instead of {top}"
    return Expected(check=check, protocol=True)


def infer_json(world, rng):
    picture, content = world.picture(rng)
    document = {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [messages.text_of(content)]}],
                "outputs": [{"name": "probabilities", "parameters": {"classification": 2}}]}

    def check(answer):
        found = int(answer.json()["outputs"][0]["data"][0].split(":")[1])
        return "" if found == picture.top else f"class {found} instead of {picture.top}"
    return messages.post_json(infer_target(world, rng), document), Expected(check=check, protocol=True)


def infer_binary(world, rng):
    picture, content = world.picture(rng)
    element = struct.pack("<I", len(content)) + content
    head = json.dumps({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1],
                                   "parameters": {"binary_data_size": len(element)}}],
                       "parameters": {"binary_data_output": True}}).encode()
    headers = (("Inference-Header-Content-Length", str(len(head))),)
    return Message("POST", infer_target(world, rng), headers, head + element), largest_logit(world, picture.top)


def infer_raw(world, rng):
    picture, content = world.picture(rng)
    message = Message("POST", infer_target(world, rng), (("Inference-Header-Content-Length", "0"),), content)
    return message, largest_logit(world, picture.top)


def infer_tensor(world, rng):
    """A gray square: which class it is, nobody has said, but the numbers must be there."""
    body = struct.pack("<f", rng.uniform(-1, 1)) * (TENSOR_BYTES // 4)
    message = Message("POST", infer_target(world, rng), (("Inference-Header-Content-Length", "0"),), body)
    return message, largest_logit(world, None)


def page_of(targets, method="GET"):
    def make(world, rng):
        target = rng.choice(targets).replace("{model}", world.model)
        return messages.get(target, method), Expected(check=lambda a: "" if a.body else "an empty page")
    return make


def preflight(_world, rng):
    return messages.get(rng.choice(["/predict", "/info"]), "OPTIONS"), Expected((204,))


PROTOCOL_PAGES = ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/{model}", "/v2/models/{model}/ready",
                  "/v2/models/{model}/config", "/v2/models/{model}/stats"]

# name: (weight, what makes it)
KINDS = {
    "raw body": (14, raw_body),
    "form": (14, form),
    "form of several": (5, form_of_several),
    "form with a bad image": (2, form_with_a_bad_image),
    "the same image twice": (2, same_image_twice),
    "JSON": (5, json_image),
    "JSON of two": (3, json_images),
    "chunked": (4, chunked_body),
    "impatient": (3, impatient),
    "infer, JSON": (4, infer_json),
    "infer, binary": (4, infer_binary),
    "infer, raw": (2, infer_raw),
    "infer, tensor": (2, infer_tensor),
    "health": (3, page_of(["/health"])),
    "info": (2, page_of(["/info"])),
    "page": (2, page_of(["/", "/docs"])),
    "openapi": (1, page_of(["/openapi.json"])),
    "protocol's pages": (2, page_of(PROTOCOL_PAGES)),
    "HEAD": (1, page_of(["/health", "/info", "/openapi.json"], "HEAD")),
    "OPTIONS": (1, preflight),
}
