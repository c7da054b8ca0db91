"""Whether services answer alike: a quick peer that answers something else would prove nothing."""
import json
import os
import urllib.request

BOUNDARY = "boundary"
FORM = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n").encode()


def most_probable(server, picture):
    """The class that the service puts first."""
    body = FORM + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    request = urllib.request.Request(server.url("/predict?top_k=1"), body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"][0]["class_index"]


def shares(servers, reference, photos, count):
    """service -> the share of the photos, up to count of them, with the same first class as the reference's."""
    same = dict.fromkeys(servers, 0)
    chosen = sorted(os.listdir(photos))[-count:]
    for name in chosen:
        with open(os.path.join(photos, name), "rb") as f:
            picture = f.read()
        classes = {each: most_probable(server, picture) for each, server in servers.items()}
        for each in servers:
            same[each] += classes[each] == classes[reference]
    return {each: number / len(chosen) for each, number in same.items()}
