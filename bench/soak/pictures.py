"""The images that are sent, and what the server said of them at the start."""
import importlib.util
import os
import struct
import zlib
from dataclasses import dataclass

from bench.suite import photos

MEDIA_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".bmp": "image/bmp"}
MOST = 16
# Between the first class and the second. Batches of different sizes round differently: with less, either may be first.
CLEAR_LEAD = 0.1


@dataclass(frozen=True)
class Picture:
    name: str
    content: bytes
    top: int = -1  # the class that the server must find

    @property
    def media_type(self):
        return MEDIA_TYPES[os.path.splitext(self.name)[1].lower()]

    @property
    def is_jpeg(self):
        return self.media_type == "image/jpeg"

    def salted(self, number):
        """The same picture in other bytes, which no cache knows."""
        words = b"soak %d" % number
        if self.is_jpeg:
            return self.content[:2] + b"\xff\xfe" + struct.pack(">H", len(words) + 2) + words + self.content[2:]
        if self.media_type == "image/png":
            return self.content[:33] + png_chunk(b"tEXt", b"Comment\0" + words) + self.content[33:]
        return self.content


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width, height):
    """All that a PNG says before its pixels."""
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def disc_rows(width, height):
    """A disc on a plain ground, as rows of RGB."""
    radius = min(width, height) // 3
    for y in range(height):
        half = round(max(radius**2 - (y - height // 2)**2, 0)**0.5)
        left = width // 2 - half
        yield b"\xe8\xe4\xd8" * left + b"\x20\x40\xa0" * (2 * half) + b"\xe8\xe4\xd8" * (width - left - 2 * half)


def disc_png(width, height):
    rows = b"".join(b"\0" + row for row in disc_rows(width, height))
    return png_header(width, height) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def disc_bmp(width, height):
    padding = b"\0" * (-3 * width % 4)
    rows = b"".join(row[::-1] + padding for row in disc_rows(width, height))
    return (struct.pack("<2sIHHI", b"BM", 54 + len(rows), 0, 0, 54) +
            struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 2835, 2835, 0, 0) + rows)


def read_folder(folder):
    for name in os.listdir(folder):
        if os.path.splitext(name)[1].lower() in MEDIA_TYPES:
            with open(os.path.join(folder, name), "rb") as f:
                yield Picture(name, f.read())


def photo_files(samples, work, python):
    """Photos where there are some, else the demo's samples and, with Pillow, enlargements of them; smallest first."""
    folder = samples
    if os.environ.get("SMA_SHARED") or importlib.util.find_spec("PIL"):
        folder, _ = photos.folder(samples, work, python)
    return sorted(read_folder(folder), key=lambda p: (len(p.content), p.name))


def spread(items, most):
    """At most so many, evenly from the whole list, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def clear_ones(found, ask):
    """Of the pictures those that the server is sure of, with their class. ask: from a picture to its predictions."""
    clear = []
    for picture in found:
        first, second = ask(picture)[:2]
        if first["confidence"] - second["confidence"] >= CLEAR_LEAD:
            clear.append(Picture(picture.name, picture.content, first["class_index"]))
    return clear


def choose(samples, work, python, ask):
    """Files of many sizes and of three formats, each with its class."""
    drawn = [Picture("disc-large.png", disc_png(1600, 1200)), Picture("disc.png", disc_png(300, 300)),
             Picture("disc.bmp", disc_bmp(640, 480))]
    photographed = spread(photo_files(samples, work, python), 2 * MOST)
    return clear_ones(drawn, ask) + spread(clear_ones(photographed, ask), MOST)
