# SPDX-License-Identifier: Apache-2.0
"""libkindred_ops.so in Python: values against the textbook formulas in torch, gradients against torch's numeric ones in
double, errors, and a training loop that learns. Usage: operators_test.py libkindred_ops.so"""
import math
import sys

import torch
import torch.nn.functional as F

torch.ops.load_library(sys.argv[1])
ops = torch.ops.kindred
torch.manual_seed(0)


def rows(n, d, dtype=torch.float64):
    return torch.randn(n, d, dtype=dtype)


def near(got, expected, what, tolerance=1e-9):
    assert abs(got.item() - float(expected)) <= tolerance * max(1.0, abs(float(expected))), (what, got.item(), float(expected))


def textbook_nt_xent(z1, z2, t):
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    n = len(z1)
    logits = (z @ z.T / t).masked_fill(torch.eye(2 * n, dtype=torch.bool), -math.inf)
    return F.cross_entropy(logits, torch.arange(2 * n).roll(n))


def textbook_info_nce(q, k, t):
    logits = F.normalize(q, dim=1) @ F.normalize(k, dim=1).T / t
    return F.cross_entropy(logits, torch.arange(len(q)))


def textbook_moco(q, k, queue, t):
    q, k, queue = (F.normalize(x, dim=1) for x in (q, k, queue))
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], dim=1) / t
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


def textbook_sup_con(x, labels, t):
    z = F.normalize(x, dim=1)
    eye = torch.eye(len(x), dtype=torch.bool)
    log_p = F.log_softmax((z @ z.T / t).masked_fill(eye, -math.inf), dim=1)
    positive = (labels[:, None] == labels[None]) & ~eye
    return -(log_p.masked_fill(~positive, 0).sum(1) / positive.sum(1)).mean()


def textbook_siglip(a, b, scale, bias):
    logits = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T * scale + bias
    y = 2 * torch.eye(len(a), dtype=a.dtype) - 1
    return -F.logsigmoid(y * logits).sum() / len(a)


def textbook_triplet(x, labels, margin):
    d = torch.cdist(F.normalize(x, dim=1), F.normalize(x, dim=1)) ** 2
    terms = [torch.relu(d[a, p] - d[a, n] + margin)
             for a in range(len(x)) for p in range(len(x)) for n in range(len(x))
             if a != p and labels[a] == labels[p] and labels[a] != labels[n]]
    return torch.stack(terms).mean()


def textbook_barlow(a, b, lambd):
    a, b = ((x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt() for x in (a, b))
    c = a.T @ b / len(a)
    on = (torch.diagonal(c) - 1).pow(2).sum()
    return on + lambd * (c.pow(2).sum() - torch.diagonal(c).pow(2).sum())


def values():
    a, b, queue = rows(12, 6), rows(12, 6), rows(20, 6)
    labels = torch.arange(12) % 4
    near(ops.nt_xent(a, b, 0.1), textbook_nt_xent(a, b, 0.1), "nt_xent")
    near(ops.nt_xent(a, b), textbook_nt_xent(a, b, 0.5), "nt_xent, default temperature")
    near(ops.nt_xent(a.float(), b.float(), 0.1), textbook_nt_xent(a, b, 0.1), "nt_xent, float32", 1e-5)
    near(ops.info_nce(a, b, 0.2), textbook_info_nce(a, b, 0.2), "info_nce")
    both = (textbook_info_nce(a, b, 0.2) + textbook_info_nce(b, a, 0.2)) / 2
    near(ops.info_nce(a, b, 0.2, "symmetric"), both, "info_nce, symmetric")
    near(ops.info_nce(a, b, 0.2, queue=queue), textbook_moco(a, b, queue, 0.2), "info_nce, queue")
    near(ops.sup_con(a, labels, 0.1), textbook_sup_con(a, labels, 0.1), "sup_con")
    near(ops.siglip(a, b, torch.tensor(2.0).double(), torch.tensor(-3.0).double()), textbook_siglip(a, b, math.exp(2), -3), "siglip")
    near(ops.triplet(a, labels, 0.3), textbook_triplet(a, labels, 0.3), "triplet")
    near(ops.barlow_twins(a, b, lambd=0.01), textbook_barlow(a, b, 0.01), "barlow_twins")
    cosines = F.cosine_similarity(a, b).mean() / 2 + F.cosine_similarity(b, a + 1).mean() / 2
    near(ops.negative_cosine(a, b, b, a + 1), -cosines, "negative_cosine")
    near(ops.loss("mse", [a], targets=[b]), F.mse_loss(a, b), "loss mse")
    near(ops.loss("nt_xent", [a, b], options='{"temperature": 0.1}'), textbook_nt_xent(a, b, 0.1), "loss nt_xent")
    near(ops.loss("sup_con", [a], labels=labels), textbook_sup_con(a, labels, 0.1), "loss sup_con")
    per_anchor = ops.triplet(a, labels, options='{"reduction": "per_anchor"}')
    assert per_anchor.shape == (12,), per_anchor.shape
    assert "nt_xent" in ops.losses() and len(ops.losses()) > 30
    assert ops.implementation() in ("composite", "fused", "tiled")


def gradients():
    def leaf(n, d):
        return rows(n, d).requires_grad_()

    labels = torch.arange(6) % 2
    scale, bias = torch.tensor(1.0).double().requires_grad_(), torch.tensor(-1.0).double().requires_grad_()
    for name, f, inputs in [
        ("nt_xent", lambda a, b: ops.nt_xent(a, b, 0.2), (leaf(5, 3), leaf(5, 3))),
        ("info_nce", lambda a, b: ops.info_nce(a, b, 0.2, "symmetric"), (leaf(5, 3), leaf(5, 3))),
        ("info_nce, queue", lambda a, b: ops.info_nce(a, b, 0.2, queue=rows(4, 3).fill_(0.5)), (leaf(5, 3), leaf(5, 3))),
        ("sup_con", lambda x: ops.sup_con(x, labels), (leaf(6, 3),)),
        ("siglip", lambda a, b, s, c: ops.siglip(a, b, s, c), (leaf(4, 3), leaf(4, 3), scale, bias)),
        ("triplet", lambda x: ops.triplet(x, labels), (leaf(6, 3),)),
        ("vicreg", lambda a, b: ops.vicreg(a, b), (leaf(6, 3), leaf(6, 3))),
        ("barlow_twins", lambda a, b: ops.barlow_twins(a, b), (leaf(6, 3), leaf(6, 3))),
        ("decoupled", lambda a, b: ops.decoupled(a, b), (leaf(5, 3), leaf(5, 3))),
        ("hard_negative", lambda a, b: ops.hard_negative(a, b), (leaf(5, 3), leaf(5, 3))),
        ("loss arcface", lambda x, w: ops.loss("arcface", [x], labels=labels, prototypes=w), (leaf(6, 3), leaf(2, 3))),
    ]:
        assert torch.autograd.gradcheck(f, inputs), name
    z = leaf(5, 3)
    ops.nt_xent(z, z.detach().clone()).backward()  # one input without a gradient
    assert z.grad is not None and z.grad.abs().max() > 0


def errors():
    a = rows(4, 3)
    for call, says in [
        (lambda: ops.nt_xent(a, a, -1.0), "nt_xent: expected temperature > 0, got -1"),
        (lambda: ops.nt_xent(a, a[:2]), "nt_xent: expected"),
        (lambda: ops.loss("nt_xnet", [a, a]), "nt_xent"),
        (lambda: ops.loss("arcface", [a]), "arcface: expected"),
        (lambda: ops.nt_xent(a, a, options="{"), "options as JSON"),
    ]:
        try:
            call()
        except ValueError as error:
            assert says in str(error), error
        else:
            raise AssertionError(says)
    try:
        ops.nt_xent(a * math.nan, a)
    except RuntimeError as error:
        assert "finite" in str(error), error
    else:
        raise AssertionError("not a number was taken")


def training():
    """Two noisy views of 64 points on a circle: the loss falls far below that of equal rows, ln(2B - 1)."""
    angle = torch.linspace(0, 2 * math.pi, 65)[:-1]
    points = torch.stack([angle.cos(), angle.sin()], dim=1)
    encoder = torch.nn.Sequential(torch.nn.Linear(2, 32), torch.nn.ReLU(), torch.nn.Linear(32, 8))
    optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-2)
    losses = []
    for _ in range(150):
        views = [encoder(points + 0.02 * torch.randn_like(points)) for _ in range(2)]
        loss = ops.nt_xent(*views, 0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.5 and losses[-1] < math.log(127) - 1.5, (losses[0], losses[-1])


for part in (values, gradients, errors, training):
    part()
    print(part.__name__, "ok")
