#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/data: small pictures with the pixels they decode to (.ppm / .pgm), and NumPy arrays.

The expected pixels come from PIL, or from numpy where PIL keeps less (16 bits, transparency over white).
Run: /usr/bin/python3 tests/golden/make_data.py   (python3-pil, python3-numpy)
"""
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "data"


def expect(name, pixels):
    pixels = np.asarray(pixels, np.uint8)
    magic = b"P5" if pixels.ndim == 2 else b"P6"
    header = b"%s\n%d %d\n255\n" % (magic, pixels.shape[1], pixels.shape[0])
    (OUT / (name + (".pgm" if pixels.ndim == 2 else ".ppm"))).write_bytes(header + pixels.tobytes())


def scene(height, width, channels, seed):
    """Smooth colours, an edge and a little noise: what both codecs meet in practice."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = [127 + 90 * np.sin(x / (3 + c) + c) * np.cos(y / (4 + c)) + 30 * (x > y) for c in range(channels)]
    picture = np.stack(planes, -1) + rng.normal(0, 4, (height, width, channels))
    return np.clip(picture, 0, 255).astype(np.uint8)


# ---- PNG ----
PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed(samples, depth):
    """samples [h, w * channels] -> filter byte 0 and the packed row, for each row."""
    out = b""
    for row in samples:
        if depth == 16:
            body = row.astype(">u2").tobytes()
        elif depth == 8:
            body = row.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), "0%db" % depth) for v in row)
            bits += "0" * (-len(bits) % 8)
            body = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
        out += b"\0" + body
    return out


def png(samples, depth, colour, palette=None, alpha=None, interlaced=False):
    height, width = samples.shape[:2]
    flat = samples.reshape(height, width, -1)
    if interlaced:
        parts = [flat[y::dy, x::dx] for y, x, dy, dx in PASSES]
        data = b"".join(packed(p.reshape(p.shape[0], -1), depth) for p in parts if p.size)
    else:
        data = packed(flat.reshape(height, -1), depth)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
    if palette is not None:
        out += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if alpha is not None:
        out += chunk(b"tRNS", bytes(alpha))
    return out + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def over_white(colours, alpha):
    """(c * a + 255 * (255 - a)) / 255, rounded to nearest."""
    c, a = colours.astype(int), alpha.astype(int)
    a = a if c.ndim == 2 else a[..., None]
    return ((c * a + 255 * (255 - a)) / 255 + 0.5).astype(np.uint8)


def pil(data, mode):
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode))


def make_png():
    rng = np.random.default_rng(1)

    def save(name, data, pixels):
        (OUT / (name + ".png")).write_bytes(data)
        expect("png_" + name, pixels)

    grey, colour = scene(9, 13, 1, 2)[..., 0], scene(9, 13, 3, 3)
    alpha = rng.integers(0, 256, (9, 13)).astype(np.uint8)
    alpha[0, :2] = (0, 255)
    for name, samples, depth, kind, mode in [
        ("grey8", grey, 8, 0, "L"),
        ("grey4", grey // 16, 4, 0, "L"),
        ("grey2", grey // 64, 2, 0, "L"),
        ("grey1", grey // 128, 1, 0, "L"),
        ("rgb8", colour, 8, 2, "RGB"),
    ]:
        data = png(samples, depth, kind)
        save(name, data, pil(data, mode))
    interlaced = png(colour, 8, 2, interlaced=True)
    save("rgb8_interlaced", interlaced, pil(interlaced, "RGB"))

    palette = rng.integers(0, 256, (16, 3))
    index = rng.integers(0, 16, (9, 13))
    data = png(index, 4, 3, palette=palette)
    save("palette4", data, pil(data, "RGB"))
    entry_alpha = rng.integers(0, 256, 16)
    save("palette4_alpha", png(index, 4, 3, palette=palette, alpha=entry_alpha.tolist()),
         over_white(palette[index], entry_alpha[index]))

    wide = rng.integers(0, 65536, (9, 13))
    wide_colour = rng.integers(0, 65536, (9, 13, 3))
    save("grey16", png(wide, 16, 0), np.round(wide / 257))
    save("rgb16", png(wide_colour, 16, 2), np.round(wide_colour / 257))
    save("grey_alpha8", png(np.dstack([grey, alpha]), 8, 4), over_white(grey, alpha))
    save("rgba8", png(np.dstack([colour, alpha]), 8, 6), over_white(colour, alpha))


    wide_alpha = rng.integers(0, 65536, (9, 13))
    eight = lambda v: np.round(v / 257).astype(np.uint8)
    save("grey_alpha16", png(np.dstack([wide, wide_alpha]), 16, 4), over_white(eight(wide), eight(wide_alpha)))
    save("rgba16", png(np.dstack([wide_colour, wide_alpha]), 16, 6), over_white(eight(wide_colour), eight(wide_alpha)))
    # One transparent colour: white where it is met.
    hole = int(grey[4, 5])
    save("grey_trns", png(grey, 8, 0, alpha=struct.pack(">H", hole)), np.where(grey == hole, 255, grey))
    colour_hole = colour[4, 5]
    save("rgb_trns", png(colour, 8, 2, alpha=struct.pack(">3H", *map(int, colour_hole))),
         np.where((colour == colour_hole).all(-1, keepdims=True), 255, colour))


def exif(orientation):
    """A TIFF block that says the orientation and a thing or two before it."""
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    tags[0x0112] = orientation
    return tags


def make_exif():
    """Orientations 1 to 8 on a picture without symmetry."""
    stored = Image.fromarray(scene(6, 10, 1, 8)[..., 0])
    for orientation in range(1, 9):
        path = OUT / ("exif_%d.jpg" % orientation)
        stored.save(path, quality=95, exif=exif(orientation))
        expect("jpeg_exif_%d" % orientation, ImageOps.exif_transpose(Image.open(path)))
    colour = Image.fromarray(scene(6, 10, 3, 9))
    colour.save(OUT / "exif_6.png", exif=exif(6))
    expect("png_exif_6", ImageOps.exif_transpose(Image.open(OUT / "exif_6.png")))
    colour.save(OUT / "exif_8.webp", lossless=True, exif=exif(8))
    expect("webp_exif_8", ImageOps.exif_transpose(Image.open(OUT / "exif_8.webp")))


def make_webp():
    colour = scene(19, 27, 3, 10)
    alpha = np.random.default_rng(11).integers(0, 256, (19, 27)).astype(np.uint8)
    alpha[0, :2] = (0, 255)

    def save(name, picture, **options):
        Image.fromarray(picture).save(OUT / (name + ".webp"), **options)
        decoded = np.asarray(Image.open(OUT / (name + ".webp")))
        expect("webp_" + name, over_white(decoded[..., :3], decoded[..., 3]) if decoded.shape[2] == 4 else decoded)

    save("lossy", colour, quality=80)
    save("lossless", colour, lossless=True)
    save("lossy_alpha", np.dstack([colour, alpha]), quality=80)
    save("lossless_alpha", np.dstack([colour, alpha]), lossless=True, exact=True)
    frames = [Image.fromarray(scene(8, 8, 3, seed)) for seed in (12, 13)]
    frames[0].save(OUT / "animated.webp", save_all=True, append_images=frames[1:], lossless=True)


def make_ycck():
    """CMYK whose inks went through the YCbCr transform, as Photoshop writes them: PIL's file with other numbers and the
    Adobe marker's transform byte 2."""
    inks = scene(16, 16, 4, 14).astype(float)
    r, g, b = (255 - inks[..., c] for c in range(3))  # libjpeg: YCbCr of the inverted inks (jccolor.c, cmyk_ycck)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    ycck = np.stack([y, 128 + (b - y) * 0.5 / 0.886, 128 + (r - y) * 0.5 / 0.701, inks[..., 3]], -1)
    stored = np.clip(np.round(ycck), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    # PIL writes 255 - value, as Adobe does; what it is given here is to be stored as it is.
    Image.fromarray(255 - stored, "CMYK").save(file, "JPEG", quality=95)
    data = bytearray(file.getvalue())
    at = data.index(b"Adobe")
    assert data[at + 11] == 0
    data[at + 11] = 2
    (OUT / "ycck.jpg").write_bytes(data)
    expect("jpeg_ycck", np.asarray(Image.open(OUT / "ycck.jpg").convert("RGB")))


def make_jpeg():
    def save(name, image, **options):
        image.save(OUT / (name + ".jpg"), **options)
        decoded = Image.open(OUT / (name + ".jpg"))
        expect("jpeg_" + name, np.asarray(decoded if decoded.mode == "L" else decoded.convert("RGB")))

    save("grey", Image.fromarray(scene(21, 30, 1, 4)[..., 0]), quality=90)
    rgb = Image.fromarray(scene(17, 33, 3, 5))
    save("rgb444", rgb, quality=92, subsampling=0)
    save("rgb420", rgb, quality=85, subsampling=2)
    save("progressive", rgb, quality=85, progressive=True)
    save("cmyk", Image.fromarray(scene(16, 16, 4, 6), "CMYK"), quality=95)


def make_reduced():
    """What libjpeg makes of a file at 1/2, 1/4 and 1/8 of its size, through PIL's draft mode."""
    Image.fromarray(scene(61, 37, 3, 15)).save(OUT / "reduced.jpg", quality=90, subsampling=2)
    for halvings in (1, 2, 3):
        picture = Image.open(OUT / "reduced.jpg")
        wanted = tuple(-(-side // 2**halvings) for side in picture.size)
        picture.draft("RGB", tuple(side // 2**halvings for side in picture.size))
        assert picture.size == wanted
        expect("jpeg_reduced_%d" % halvings, picture)


MASK = 2**64 - 1


def mix64(value):
    """splitmix64's output for this state."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & MASK
    return value ^ (value >> 31)


def text_id(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return mix64(value)


def make_picture_cache():
    """docs/formats/picture_cache.md, version 1: two pairs of the pictures that tests/data/fixtures.cpp calls ramp()."""

    def ramp(height, width, channels, seed):
        return height, width, channels, bytes((7 * i + seed) % 256 for i in range(height * width * channels))

    pictures = [ramp(2, 3, 3, 0), ramp(3, 3, 1, 1), ramp(3, 3, 1, 1), ramp(4, 3, 3, 2)]
    body, table = b"KNDRPIC1", b""
    for height, width, channels, pixels in pictures:
        table += struct.pack("<qiiiI", len(body), height, width, channels, zlib.crc32(pixels))
        body += pixels
    key = 2
    for name in ("0.png\t1.png", "1.png\t2.png"):
        key = (mix64(key ^ text_id(name)) + 1) & MASK
    footer = struct.pack("<qqqQ", len(body), 2, 2, key) + b"KNDRPIC1"
    (OUT / "pictures_v1.cache").write_bytes(body + table + footer)


def make_npy():
    """Value [row, column] = 10 * row + column / 2, so that the tests need no expected file."""
    values = 10.0 * np.arange(5)[:, None] + np.arange(3)[None] / 2

    def save(name, array, version=None):
        with open(OUT / (name + ".npy"), "wb") as file:
            np.lib.format.write_array(file, array, version=version)

    save("f4", values.astype("<f4"))
    save("f8_fortran", np.asfortranarray(values.astype("<f8")))
    save("f4_big", values.astype(">f4"))
    save("f2", values.astype("<f2"))
    save("f4_version2", values.astype("<f4"), (2, 0))
    save("f4_version3", values.astype("<f4"), (3, 0))
    pixels = (np.arange(2 * 3 * 4 * 3) * 7 % 256).astype(np.uint8).reshape(2, 3, 4, 3)  # byte i of C order: 7 i mod 256
    save("u1_nhwc", pixels)
    save("u1_nhwc_fortran", np.asfortranarray(pixels))
    save("u1_nhw", pixels[..., 0].copy())
    for name, kind in [("labels_i8", "<i8"), ("labels_i4_big", ">i4"), ("labels_u1", "u1"), ("labels_i2", "<i2")]:
        save(name, np.array([3, 0, 2, 1, 120], kind))


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    make_png()
    make_jpeg()
    make_ycck()
    make_reduced()
    make_exif()
    make_webp()
    make_npy()
    make_picture_cache()
