#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A folder of photographs as large as ImageNet's: what the measurements of views and of decoding read.

    python3 bench/peers/pictures.py FOLDER [--count 64]

Boxes of 4:3 at random places of six photographs of Debian's python3-skimage (public domain and CC0: astronaut, cat,
coffee, motorcycle twice, rocket), resized to 500x375 and written as JPEG, quality 95, chroma halved in both directions:
71 KB each on average (ImageNet's are 110). The same files every time. Needs python3-pil, python3-skimage.
"""
import argparse
import os
import random

from PIL import Image

SOURCES = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "motorcycle_right.png", "rocket.jpg")


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("folder")
    flags.add_argument("--count", type=int, default=64)
    flags.add_argument("--sources", default="/usr/lib/python3/dist-packages/skimage/data")
    args = flags.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    chance = random.Random(0)
    for i in range(args.count):
        photo = Image.open(os.path.join(args.sources, SOURCES[i % len(SOURCES)])).convert("RGB")
        width = min(photo.width, photo.height * 4 / 3) * chance.uniform(0.6, 1)
        height = width * 3 / 4
        left, top = chance.uniform(0, photo.width - width), chance.uniform(0, photo.height - height)
        picture = photo.resize((500, 375), Image.BICUBIC, box=(left, top, left + width, top + height))
        picture.save(os.path.join(args.folder, f"{i:04d}.jpg"), quality=95, subsampling="4:2:0")


if __name__ == "__main__":
    main()
