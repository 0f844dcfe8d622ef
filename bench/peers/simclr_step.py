#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SimCLR as one writes it in Python; prints images per second. Either the recipe of `make demo` (convnet, Fashion-MNIST) or
resnet18 with the small stem on CIFAR-10.

torchvision transforms in a DataLoader, textbook NT-Xent, AdamW. Compare with
  build/kindred train --method simclr --data fashion-mnist --encoder convnet --batch 256 --steps N --threads T --json
  build/kindred train --method simclr --data cifar:DIR --encoder resnet18 --batch 128 --steps N --threads T --json
on the same machine, one after the other. BLAS kernels: set OPENBLAS_CORETYPE for this script to what `kindred doctor`
reports, or the comparison is unfair to Python (OpenBLAS 0.3.21 runs its oldest kernels on CPUs newer than itself).
"""
import argparse
import gzip
import json
import os
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60, help="steps that are timed")
    parser.add_argument("--warm-up", type=int, default=10, help="steps before the clock starts")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of torch")
    parser.add_argument("--workers", type=int, default=1, help="processes of the DataLoader; 0: in the main process")
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--encoder", choices=("convnet", "resnet18"), default="convnet")
    parser.add_argument("--folder", default="/usr/share/datasets/fashion-mnist", help="resnet18: of CIFAR-10's binary files")
    return parser.parse_args()


options = arguments()
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)  # read when torch loads

import numpy  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402
from torch import nn  # noqa: E402
from torchvision import transforms  # noqa: E402


def load_images(folder):
    if options.encoder == "resnet18":
        records = numpy.fromfile(os.path.join(folder, "data_batch_1.bin"), numpy.uint8).reshape(-1, 3073)
        return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).copy()
    with gzip.open(os.path.join(folder, "train-images-idx3-ubyte.gz")) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 28, 28)


class TwoViews(torch.utils.data.Dataset):
    """Each picture, augmented twice."""

    def __init__(self, images):
        self.images = images
        grey = [transforms.RandomResizedCrop(28, scale=(0.2, 1.0)), transforms.RandomHorizontalFlip(),
                transforms.ColorJitter(brightness=0.4, contrast=0.4), transforms.ToTensor(),
                transforms.Normalize((0.286,), (0.353,))]
        colour = [transforms.RandomResizedCrop(32), transforms.RandomHorizontalFlip(),
                  transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], 0.8), transforms.RandomGrayscale(0.2),
                  transforms.ToTensor(), transforms.Normalize((0.491, 0.482, 0.447), (0.247, 0.243, 0.262))]
        self.augment = transforms.Compose([transforms.ToPILImage()] + (grey if images.ndim == 3 else colour))

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        return self.augment(image), self.augment(image)


def convnet():
    """conv-BN-ReLU, 32-64-128-256 channels, stride 2, pooled: [B, 1, 28, 28] -> [B, 256]."""
    layers, width = [], 1
    for channels in (32, 64, 128, 256):
        layers += [nn.Conv2d(width, channels, 3, 2, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        width = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def resnet18():
    """With the small stem: [B, 3, 32, 32] -> [B, 512]."""
    model = torchvision.models.resnet18()
    model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    model.maxpool = model.fc = nn.Identity()
    return model


def head(width):
    return nn.Sequential(nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True),
                         nn.Linear(width, 128, bias=False), nn.BatchNorm1d(128))


def nt_xent(one, two, temperature):
    """Chen et al. 2020, eq. 1, as every tutorial writes it: the whole [2B, 2B] matrix."""
    z = nn.functional.normalize(torch.cat([one, two]), dim=1)
    similarity = z @ z.T / temperature
    similarity.fill_diagonal_(-torch.inf)
    n = one.shape[0]
    target = torch.arange(2 * n).roll(n)
    return nn.functional.cross_entropy(similarity, target)


def main():
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    loader = torch.utils.data.DataLoader(
        TwoViews(load_images(options.folder)), batch_size=options.batch, shuffle=True, drop_last=True,
        num_workers=options.workers)
    model = nn.Sequential(convnet(), head(256)) if options.encoder == "convnet" else nn.Sequential(resnet18(), head(512))
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    total = options.warm_up + options.steps
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)

    step, waited, loss = 0, 0.0, None
    start = time.perf_counter()
    while step < total:
        asked = time.perf_counter()
        for one, two in loader:
            if step == options.warm_up:
                start, waited = time.perf_counter(), 0.0
            else:
                waited += time.perf_counter() - asked
            both = model(torch.cat([one, two]))
            loss = nt_xent(*both.chunk(2), options.temperature)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
            asked = time.perf_counter()
            if step == total:
                break
    seconds = time.perf_counter() - start
    print(json.dumps({
        "encoder": options.encoder,
        "images_per_second": round(options.steps * options.batch / seconds, 1),
        "data_wait_share": round(waited / seconds, 4),
        "loss": round(loss.item(), 5),
        "steps": options.steps,
        "batch": options.batch,
        "threads": options.threads,
        "workers": options.workers,
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "openblas_coretype": os.environ.get("OPENBLAS_CORETYPE", ""),
    }))


if __name__ == "__main__":
    main()
