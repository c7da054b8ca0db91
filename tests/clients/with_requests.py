"""Python's requests."""

import base64

import requests

TIMEOUT_S = 60


def require_star(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Correlation-ID"] and answer.headers["Server-Timing"]
    body = answer.json()
    assert body["predictions"][0]["class_name"] == "star", body
    return body


def test_files(url, samples):
    with (samples / "star-1.jpg").open("rb") as image:
        body = require_star(requests.post(f"{url}/predict", files={"file": image}, params={"top_k": 3}, timeout=TIMEOUT_S))
    assert len(body["predictions"]) == 3 and body["meta"]["filename"] == "star-1.jpg"


def test_several_files_and_a_name_in_unicode(url, samples):
    files = [("file", ("größer.jpg", (samples / "star-1.jpg").read_bytes(), "image/jpeg")),
             ("file", ("torn.jpg", (samples / "star-1.jpg").read_bytes()[:400], "image/jpeg"))]
    body = requests.post(f"{url}/predict", files=files, timeout=TIMEOUT_S).json()
    assert body["results"][0]["filename"] == "größer.jpg", body
    assert body["results"][1]["error"]["code"] == "PREPROCESSING_FAILED", body


def test_data_json_and_generator(url, samples):
    image = (samples / "star-1.jpg").read_bytes()
    require_star(requests.post(f"{url}/predict", data=image, timeout=TIMEOUT_S))
    require_star(requests.post(f"{url}/predict", json={"image": base64.b64encode(image).decode()}, timeout=TIMEOUT_S))
    # A generator is sent chunked.
    pieces = (image[at:at + 300] for at in range(0, len(image), 300))
    require_star(requests.post(f"{url}/predict", data=pieces, timeout=TIMEOUT_S))


def test_a_session_and_its_errors(url, samples):
    with requests.Session() as session:
        for _ in range(3):
            require_star(session.post(f"{url}/predict", data=(samples / "star-1.jpg").read_bytes(), timeout=TIMEOUT_S))
            wrong = session.post(f"{url}/predict", data=b"no image", timeout=TIMEOUT_S)
            assert wrong.status_code == 415
            error = wrong.json()["error"]
            assert error["code"] == "UNSUPPORTED_MEDIA_TYPE"
            assert error["correlation_id"] == wrong.headers["X-Correlation-ID"]
        assert session.get(f"{url}/health", timeout=TIMEOUT_S).json()["status"] == "healthy"
        assert "/predict" in session.get(f"{url}/openapi.json", timeout=TIMEOUT_S).json()["paths"]
