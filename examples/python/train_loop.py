# SPDX-License-Identifier: Apache-2.0
"""An existing SimCLR loop in PyTorch, and the one line that changes:

    python3 examples/python/train_loop.py                          # with the textbook loss
    python3 examples/python/train_loop.py build/libkindred_ops.so  # with kindred's

Both runs print the same losses."""
import sys

import torch
import torch.nn.functional as F


def textbook_nt_xent(z1, z2, temperature):
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    logits = z @ z.T / temperature
    logits = logits.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    return F.cross_entropy(logits, torch.arange(len(z)).roll(len(z1)))


nt_xent = textbook_nt_xent
if len(sys.argv) > 1:
    torch.ops.load_library(sys.argv[1])
    nt_xent = torch.ops.kindred.nt_xent  # <- the change

torch.manual_seed(0)
centres = 3 * torch.randn(10, 20)
encoder = torch.nn.Sequential(torch.nn.Linear(20, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32))
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
for step in range(60):
    x = centres[torch.randint(10, (256,))] + torch.randn(256, 20)
    z1, z2 = (encoder(x + 0.5 * torch.randn_like(x)) for _ in range(2))
    loss = nt_xent(z1, z2, 0.2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 10 == 0 or step == 59:
        print(f"step {step:3d}  loss {loss.item():.4f}")
