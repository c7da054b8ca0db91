"""Python's httpx, as it is and with asyncio."""

import asyncio

import httpx

TIMEOUT_S = 60


def require_star(answer):
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["predictions"][0]["class_name"] == "star", body
    return body


def test_files(url, samples):
    with (samples / "star-1.jpg").open("rb") as image:
        body = require_star(httpx.post(f"{url}/predict", files={"file": image}, timeout=TIMEOUT_S))
    assert body["meta"]["filename"] == "star-1.jpg"


def test_content_and_stream(url, samples):
    image = (samples / "star-1.jpg").read_bytes()
    with httpx.Client(timeout=TIMEOUT_S) as client:
        require_star(client.post(f"{url}/predict", content=image, headers={"Content-Type": "image/jpeg"}))
        require_star(client.post(f"{url}/predict", content=(image[at:at + 500] for at in range(0, len(image), 500))))
        assert client.get(f"{url}/nothing").json()["error"]["code"] == "NOT_FOUND"


def test_many_at_once(url, samples):
    image = (samples / "star-1.jpg").read_bytes()

    async def all_of_them():
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            return await asyncio.gather(
                *(client.post(f"{url}/predict", files={"file": (f"{i}.jpg", image)}) for i in range(20)))

    for i, answer in enumerate(asyncio.run(all_of_them())):
        assert require_star(answer)["meta"]["filename"] == f"{i}.jpg"
