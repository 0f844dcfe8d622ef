# SPDX-License-Identifier: Apache-2.0
# Makes images.bin and images.json: pictures in, pictures out, of Pillow and torchvision.
#
#   /usr/bin/python3 tests/golden/make_images.py        (Debian's python3-pil, python3-torchvision, python3-numpy)
#
# images.json: {"made_with": {...}, "cases": [{"op", its parameters, "in": picture, "out": picture}]}, a picture being
# [offset in images.bin, height, width, channels]; bytes are interleaved rows.
import json
import pathlib

import numpy
import PIL
import torchvision
from PIL import Image, ImageOps
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize
from torchvision.transforms import functional as F

here = pathlib.Path(__file__).parent
rng = numpy.random.default_rng(3)
blob = bytearray()
known = {}
cases = []


def store(image):
    array = numpy.asarray(image)
    raw = array.tobytes()
    if raw not in known:
        known[raw] = len(blob)
        blob.extend(raw)
    return [known[raw], array.shape[0], array.shape[1], 1 if array.ndim == 2 else array.shape[2]]


def case(op, before, after, **parameters):
    cases.append({"op": op, **parameters, "in": store(before), "out": store(after)})


def picture(height, width, channels, noise=12):
    """Waves, an edge and noise, over the full range of levels."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        plane = 128 + 90 * numpy.sin(0.21 * x * (c + 1) + 0.13 * y + c) + 60 * (x + 2 * y > (height + width) * 0.8)
        planes.append(plane - 40 + rng.normal(0, noise, plane.shape))
    array = numpy.clip(numpy.stack(planes, -1), 0, 255).astype(numpy.uint8)
    return Image.fromarray(array[:, :, 0] if channels == 1 else array)


def colours(height, width):
    """Random colours; greys, primaries, near-greys and equal pairs among them."""
    array = rng.integers(0, 256, (height, width, 3))
    kind = rng.integers(0, 6, (height, width))
    array[kind == 0] = array[kind == 0][:, :1]
    array[kind == 1] = numpy.where(array[kind == 1] > 127, 255, 0)
    array[kind == 2] = numpy.clip(array[kind == 2][:, :1] + rng.integers(-2, 3, (int((kind == 2).sum()), 3)), 0, 255)
    array[kind == 3, 1] = array[kind == 3, 0]
    return Image.fromarray(array.astype(numpy.uint8))


rgb, grey = picture(37, 53, 3), picture(41, 29, 1)
for source in (rgb, grey):
    for height, width in ((16, 16), (28, 28), (32, 32), (7, 45), (61, 80), (1, 1), (1, 30), (source.height, 20), (20, source.width)):
        case("resize", source, source.resize((width, height), Image.BILINEAR))
    for top, left, height, width in ((3, 5, 21, 17), (0, 0, 9, 29), (30, 20, 7, 9), (11, 2, 1, 1), (5, 28, 20, 1)):
        out = F.resized_crop(source, top, left, height, width, [24, 24], InterpolationMode.BILINEAR)
        case("crop", source, out, box=[top, left, height, width])
    for height, width in ((32, 32), (24, 24), (20, 48), (64, 64)):
        # The general form of Resize(side) + CenterCrop: the side that needs the larger factor fits exactly.
        if height * source.width >= width * source.height:
            size = (height, max(width, source.width * height // source.height))
        else:
            size = (max(height, source.height * width // source.width), width)
        out = F.center_crop(F.resize(source, list(size), InterpolationMode.BILINEAR), [height, width])
        if height == width:
            known_way = Compose([Resize(height, InterpolationMode.BILINEAR), CenterCrop(height)])(source)
            assert numpy.array_equal(numpy.asarray(out), numpy.asarray(known_way))
        case("centre_fit", source, out)
for height, width, channels in ((1, 1, 3), (1, 200, 1), (1, 200, 3), (150, 1, 3), (2, 3, 1)):
    source = picture(height, width, channels)
    case("resize", source, source.resize((9, 7), Image.BILINEAR))
case("resize", rgb.resize((300, 2), Image.BILINEAR), rgb.resize((300, 2), Image.BILINEAR).resize((3, 40), Image.BILINEAR))

varied, plain = colours(33, 27), picture(31, 26, 1)
for source in (varied, plain):
    for factor in (0.0, 0.2, 0.61, 1.0, 1.37, 1.8, 3.0):
        case("brightness", source, F.adjust_brightness(source, factor), factor=factor)
        case("contrast", source, F.adjust_contrast(source, factor), factor=factor)
        case("saturation", source, F.adjust_saturation(source, factor), factor=factor)
    for threshold in (128, 100):
        case("solarize", source, ImageOps.solarize(source, threshold), threshold=threshold)
    for turns in (-0.5, -0.37, -0.1, -0.003, 0.0, 0.02, 0.1, 0.2, 0.5):
        case("hue", source, F.adjust_hue(source, turns), turns=turns)
case("greyscale", varied, F.to_grayscale(varied, 3))
case("grey", varied, varied.convert("L"))

small, flat = picture(32, 30, 3, noise=25), picture(47, 24, 1, noise=25)
for source in (small, flat):
    for radius, sigma in ((1, 0.1), (1, 0.5), (1, 2.0), (2, 0.7), (3, 1.0), (11, 0.6), (11, 1.1), (11, 2.0)):
        side = 2 * radius + 1
        case("blur", source, F.gaussian_blur(source, [side, side], [sigma, sigma]), radius=radius, sigma=sigma)
    for degrees in (0.0, 10.0, -15.0, 37.5, 90.0, 123.0, 180.0, -179.0):
        case("rotate", source, source.rotate(degrees, Image.BILINEAR), degrees=degrees)
    case("flip", source, F.hflip(source))

(here / "images.bin").write_bytes(blob)
made_with = {"pillow": PIL.__version__, "torchvision": torchvision.__version__, "numpy": numpy.__version__}
lines = ",\n".join(json.dumps(c) for c in cases)
(here / "images.json").write_text('{"made_with": ' + json.dumps(made_with) + ',\n"cases": [\n' + lines + "\n]}\n")
print(len(cases), "cases,", len(blob), "bytes")
