# SPDX-License-Identifier: Apache-2.0
"""The losses as one writes them in PyTorch: seconds for forward and backward, to hold against kindred_losses_bench.

    OMP_NUM_THREADS=1 python3 bench/peers/losses.py [--threads 1] [--rounds 5]

Needs torch (Debian: python3-torch). Shapes are those of bench/losses_bench.cpp. On a CPU newer than its OpenBLAS set
OPENBLAS_CORETYPE to what `kindred doctor` names.
"""
import argparse
import time

import torch
import torch.nn.functional as F


def nt_xent(a, b, t):
    z = F.normalize(torch.cat([a, b]), dim=1)
    n = len(a)
    logits = z @ z.T / t
    logits.fill_diagonal_(float("-inf"))
    target = torch.arange(2 * n).roll(n)
    return F.cross_entropy(logits, target)


def clip(a, b, t):
    logits = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / t
    target = torch.arange(len(a))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def sup_con(x, y, t):
    z = F.normalize(x, dim=1)
    logits = z @ z.T / t
    own = torch.eye(len(x), dtype=torch.bool)
    log_p = logits - logits.masked_fill(own, float("-inf")).logsumexp(1, keepdim=True)
    positive = (y[:, None] == y[None]) & ~own
    return -((log_p * positive).sum(1) / positive.sum(1).clamp(min=1)).mean()


def queue(q, k, rows, t):
    q, k = F.normalize(q, dim=1), F.normalize(k, dim=1)
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ F.normalize(rows, dim=1).T], 1) / t
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


def off_diagonal(c):
    return c.flatten()[:-1].view(len(c) - 1, len(c) + 1)[:, 1:].flatten()


def vicreg(a, b):
    n, d = a.shape
    ca, cb = a - a.mean(0), b - b.mean(0)
    std = sum(F.relu(1 - (c.var(0) + 1e-4).sqrt()).mean() for c in (ca, cb))
    cov = sum(off_diagonal(c.T @ c / (n - 1)).square().sum() / d for c in (ca, cb))
    return 25 * F.mse_loss(a, b) + 25 * std / 2 + cov


def barlow_twins(a, b):
    n = len(a)
    norm = lambda x: (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt()
    c = norm(a).T @ norm(b) / n
    return (c.diagonal() - 1).square().sum() + 0.0051 * off_diagonal(c).square().sum()


def seconds(work, leaves, rounds):
    times = []
    for _ in range(rounds + 1):
        for x in leaves:
            x.grad = None
        begin = time.perf_counter()
        work().backward()
        times.append(time.perf_counter() - begin)
    return sorted(times[1:])[rounds // 2]


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--threads", type=int, default=1)
    flags.add_argument("--rounds", type=int, default=5)
    args = flags.parse_args()
    torch.set_num_threads(args.threads)
    leaf = lambda n, d: torch.randn(n, d, requires_grad=True)
    rows = torch.randn(65536, 128)
    cases = [(f"nt_xent, {n} pairs, d {d}", lambda a, b: nt_xent(a, b, 0.5), (leaf(n, d), leaf(n, d)))
             for n, d in ((4096, 128), (4096, 512), (1024, 128))]
    cases += [("info_nce symmetric, 4096, d 128", lambda a, b: clip(a, b, 0.07), (leaf(4096, 128), leaf(4096, 128)))]
    for classes in (10, 100):
        y = torch.randint(classes, (8192,))
        cases += [(f"sup_con, 8192 rows, {classes} classes, d 128", lambda x, y=y: sup_con(x, y, 0.1), (leaf(8192, 128),))]
    key = torch.randn(256, 128)
    cases += [("info_nce, queue 65536, 256 queries, d 128", lambda q: queue(q, key, rows, 0.07), (leaf(256, 128),)),
              ("vicreg, 4096 x 2048", vicreg, (leaf(4096, 2048), leaf(4096, 2048))),
              ("barlow_twins, 4096 x 2048", barlow_twins, (leaf(4096, 2048), leaf(4096, 2048)))]
    print(f"| torch {torch.__version__}, {args.threads} thread(s) | seconds |\n|---|---|")
    for name, loss, leaves in cases:
        print(f"| {name} | {seconds(lambda: loss(*leaves), leaves, args.rounds):.4f} |", flush=True)


if __name__ == "__main__":
    main()
