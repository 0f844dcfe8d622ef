#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SimCLR views by other libraries and by kindred_bench, in turn, on one core: views a second.

    OMP_NUM_THREADS=1 taskset -c 1 python3 bench/peers/views.py FOLDER [--case pairs] [--rounds 3] [--seconds 1]

FOLDER has the pictures (bench/peers/pictures.py). Cases:
    small   two views of 32x32 arrays (the pictures, shrunk), crop 0.08-1, flip, jitter 0.4/0.4/0.4/0.1, grey
    views   two views of 224x224 of decoded pictures, crop 0.08-1, flip, jitter 0.8/0.8/0.8/0.2, grey, blur
    pairs   the same from JPEG files: reading, decoding, two views
Each case ends in normalised float tensors. Measured is what is installed of torchvision (on PIL pictures), albumentations (1
or 2) and kornia (batches of 32 on tensors); each works on one picture after the other as a worker of a loader does.
Programs take turns in every round; the median round counts. Rates are by processor time, so that other work on the machine
does not count.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

import numpy
from PIL import Image

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
OURS = "kindred"


def options_of(case):
    """side, jitter strengths, whether to blur"""
    return (32, (0.4, 0.4, 0.4, 0.1), False) if case == "small" else (224, (0.8, 0.8, 0.8, 0.2), True)


def torchvision_views(case, files, arrays):
    import torch
    import torchvision
    from torchvision import transforms as t
    torch.set_num_threads(1)
    side, strengths, blur = options_of(case)
    view = t.Compose([t.RandomResizedCrop(side, scale=(0.08, 1)), t.RandomHorizontalFlip(),
                      t.RandomApply([t.ColorJitter(*strengths)], 0.8), t.RandomGrayscale(0.2)] +
                     ([t.RandomApply([t.GaussianBlur(23, (0.1, 2.0))], 0.5)] if blur else []) +
                     [t.ToTensor(), t.Normalize(MEAN, STD)])
    pictures = [Image.fromarray(array) for array in arrays]

    def work(i):
        picture = Image.open(files[i]).convert("RGB") if case == "pairs" else pictures[i]
        return view(picture), view(picture)
    return f"torchvision {torchvision.__version__.split('+')[0]}, PIL {Image.__version__}", work, 1


def albumentations_views(case, files, arrays):
    import albumentations as a
    import cv2
    cv2.setNumThreads(0)
    side, strengths, blur = options_of(case)
    two = a.__version__.startswith("2")
    crop = a.RandomResizedCrop(size=(side, side), scale=(0.08, 1)) if two else a.RandomResizedCrop(side, side, scale=(0.08, 1))
    view = a.Compose([crop, a.HorizontalFlip(p=0.5), a.ColorJitter(*strengths, p=0.8), a.ToGray(p=0.2)] +
                     ([a.GaussianBlur(blur_limit=(23, 23), sigma_limit=(0.1, 2.0), p=0.5)] if blur else []) +
                     [a.Normalize(MEAN, STD)])

    def one(picture):
        return numpy.ascontiguousarray(view(image=picture)["image"].transpose(2, 0, 1))

    def work(i):
        picture = cv2.cvtColor(cv2.imread(files[i]), cv2.COLOR_BGR2RGB) if case == "pairs" else arrays[i]
        return one(picture), one(picture)
    return f"albumentations {a.__version__}, OpenCV {cv2.__version__}", work, 1


def kornia_views(case, files, arrays):
    import kornia
    import torch
    torch.set_num_threads(1)
    k = kornia.augmentation
    side, strengths, blur = options_of(case)
    view = torch.nn.Sequential(*(
        [k.RandomResizedCrop((side, side), scale=(0.08, 1)), k.RandomHorizontalFlip(), k.ColorJitter(*strengths, p=0.8),
         k.RandomGrayscale(p=0.2)] + ([k.RandomGaussianBlur((23, 23), (0.1, 2.0), p=0.5)] if blur else []) +
        [k.Normalize(torch.tensor(MEAN), torch.tensor(STD))]))
    batch = 32

    def work(i):
        chosen = [(i + j) % len(files) for j in range(batch)]
        pictures = [numpy.asarray(Image.open(files[j]).convert("RGB")) if case == "pairs" else arrays[j] for j in chosen]
        with torch.no_grad():
            x = torch.from_numpy(numpy.stack(pictures)).permute(0, 3, 1, 2).float() / 255
            return view(x), view(x)
    return f"kornia {kornia.__version__}, torch {torch.__version__.split('+')[0]}, batches", work, batch


def rate(work, batch, count, seconds):
    """views a second of processor time, of calls that make 2 * batch of them"""
    done, i, begin = 0, 0, time.process_time()
    while True:
        work(i)
        done, i = done + 2 * batch, (i + batch) % count
        passed = time.process_time() - begin
        if passed >= seconds:
            return done / passed


def our_rate(args, spec, name):
    small = args.case == "small"
    command = [args.bench, f"--data={spec}", f"--preset={'simclr_small' if small else 'simclr'}", f"--size={32 if small else 224}",
               f"--benchmark_filter=^{name}$", f"--benchmark_min_time={args.seconds}", "--benchmark_format=csv"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("name,"))
    return float(dict(zip(lines[head].split(","), lines[head + 1].split(",")))["items_per_second"])


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("folder")
    flags.add_argument("--case", choices=("small", "views", "pairs"), default="views")
    flags.add_argument("--rounds", type=int, default=3)
    flags.add_argument("--seconds", type=float, default=1)
    flags.add_argument("--bench", default="build/kindred_bench")
    args = flags.parse_args()
    files = sorted(os.path.join(args.folder, name) for name in os.listdir(args.folder))
    arrays = [numpy.asarray(Image.open(name).convert("RGB")) for name in files]
    if args.case == "small":
        arrays = [numpy.asarray(Image.fromarray(array).resize((32, 32), Image.BILINEAR)) for array in arrays]
    programs = []
    for make in (torchvision_views, albumentations_views, kornia_views):
        try:
            programs.append(make(args.case, files, arrays))
        except ImportError as error:
            print(f"{make.__name__}: left out, {error}")
    with tempfile.TemporaryDirectory() as folder:
        spec = f"images:{args.folder}"
        if args.case == "small":
            spec = f"npy:{folder}/arrays.npy"
            numpy.save(f"{folder}/arrays.npy", numpy.stack(arrays))
        rates = {OURS: []}
        for _, work, _ in programs:
            work(0)  # what is made on the first call
        for _ in range(args.rounds):
            rates[OURS].append(our_rate(args, spec, "data/pairs" if args.case == "pairs" else "data/views"))
            for name, work, batch in programs:
                rates.setdefault(name, []).append(rate(work, batch, len(files), args.seconds))
    ours = statistics.median(rates[OURS])
    print(f"| {args.case}, {len(files)} pictures | views/s | kindred is faster by |\n|---|---|---|")
    for name, values in rates.items():
        value = statistics.median(values)
        print(f"| {name} | {value:.0f} | {'' if name == OURS else f'{ours / value:.1f}'} |")


if __name__ == "__main__":
    main()
