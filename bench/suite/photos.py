"""The photos that are sent: a folder of real ones, or the demo's samples and larger versions of them."""
import os
import shutil
import subprocess

LARGER = """
import os, sys
from PIL import Image
source, out = sys.argv[1:]
for name in sorted(os.listdir(source)):
    image = Image.open(os.path.join(source, name)).convert("RGB")
    for side in (375, 768):
        size = [round(length * side / min(image.size)) for length in image.size]
        stem = os.path.splitext(name)[0]
        image.resize(size, Image.BICUBIC).save(os.path.join(out, f"{stem}-{side}.jpg"), quality=92)
"""


def folder(samples, work, python):
    """The folder of the photos to send, of JPEG files alone, and what to call them."""
    shared = os.environ.get("SMA_SHARED")
    if shared and os.path.isdir(os.path.join(shared, "photos")):
        return os.path.join(shared, "photos"), "photographs"
    out = os.path.join(work, "photos")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    for name in os.listdir(samples):
        if name.endswith(".jpg"):
            shutil.copy(os.path.join(samples, name), out)
    subprocess.run([python, "-c", LARGER, samples, out], check=True, timeout=60)
    return out, "the demo's samples and enlargements of them"


def large(script, photos, work, count):
    """A folder of a few of the photos, enlarged to those of a phone by bench/large_photos. What is there stays."""
    out = os.path.join(work, f"large-{count}")
    if not os.path.isdir(out):
        small, unfinished = out + "-small", out + "-unfinished"
        for each in (small, unfinished):
            shutil.rmtree(each, ignore_errors=True)
            os.makedirs(each)
        for name in sorted(os.listdir(photos))[:count]:
            shutil.copy(os.path.join(photos, name), small)
        subprocess.run([script, small, unfinished], check=True, timeout=600)
        os.rename(unfinished, out)
    return out


def summary(path):
    sizes = [os.path.getsize(os.path.join(path, name)) for name in os.listdir(path)]
    return {"count": len(sizes), "mean_bytes": round(sum(sizes) / len(sizes))}
