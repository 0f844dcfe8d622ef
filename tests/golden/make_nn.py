#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the fixtures of tests/nn: python3 tests/golden/make_nn.py (python3-torch, python3-torchvision, python3-numpy).

nn_resnet_parameters.txt  every parameter and buffer of torchvision's resnet18/34/50 (imagenet stem) but fc.*, with its shape
nn_resnet.json            outputs of torchvision's networks whose weights and inputs come from a rule of (name, index)
nn_tensors.safetensors    a small file in the safetensors format, written with struct and json only
"""
import json
import struct
from pathlib import Path

import numpy as np
import torch
import torchvision

HERE = Path(__file__).parent
MASK = (1 << 64) - 1


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def uniform(name, count):
    """Numbers in [0, 1) with 24 bits: splitmix64 of (hash of name + index)."""
    with np.errstate(over="ignore"):
        x = np.uint64(fnv1a(name)) + np.arange(count, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(40)).astype(np.float64) * 2.0**-24


def rule(name, shape):
    u = uniform(name, int(np.prod(shape, dtype=np.int64)))
    if len(shape) == 4:
        values = (2 * u - 1) * np.sqrt(6.0 / (shape[1] * shape[2] * shape[3]))
    elif name.endswith("weight") or name.endswith("running_var"):
        values = 0.5 + u
    else:
        values = 0.2 * (u - 0.5)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def network(name, stem):
    net = getattr(torchvision.models, name)(weights=None)
    net.fc = torch.nn.Identity()
    if stem == "small":
        net.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        net.maxpool = torch.nn.Identity()
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if value.dim() > 0:
                value.copy_(rule(key, tuple(value.shape)))
    return net


def outputs(name, stem, side):
    net = network(name, stem)
    images = torch.from_numpy((2 * uniform("input", 2 * 3 * side * side) - 1).astype(np.float32)).reshape(2, 3, side, side)
    with torch.no_grad():
        case = {"network": name, "stem": stem, "side": side, "expected": {}}
        for mode in ("eval", "train"):  # train last: it moves the running statistics
            net.train(mode == "train")
            out = net(images).double()
            case["expected"][mode] = {
                "norms": out.norm(dim=1).tolist(),
                "sums": out.sum(dim=1).tolist(),
                "first": out[:, :8].tolist(),
            }
        case["expected"]["running_mean"] = net.layer4[-1].bn2.running_mean[:8].double().tolist()
        case["expected"]["running_var"] = net.bn1.running_var[:8].double().tolist()
    return case


def parameter_lines():
    for name in ("resnet18", "resnet34", "resnet50"):
        for key, value in getattr(torchvision.models, name)(weights=None).state_dict().items():
            if not key.startswith("fc."):
                yield f"{name} {key} {list(value.shape)}".replace(", ", ",") + "\n"


def write_safetensors(path):
    tensors = {
        "matrix": ("F32", np.arange(6, dtype="<f4").reshape(2, 3) / 4),
        "double": ("F64", np.array([1 / 3, -2.5e300], dtype="<f8")),
        "half": ("F16", np.array([0.5, -65504, 6e-8], dtype="<f2")),
        "brain": ("BF16", (np.array([1.5, -3.0], dtype="<f4").view("<u4") >> 16).astype("<u2")),
        "long": ("I64", np.array([-(2**63), 2**63 - 1], dtype="<i8")),
        "int": ("I32", np.array([-5, 6], dtype="<i4")),
        "short": ("I16", np.array([-300, 300], dtype="<i2")),
        "char": ("I8", np.array([-128, 127], dtype="i1")),
        "byte": ("U8", np.array([[0], [255]], dtype="u1")),
        "flags": ("BOOL", np.array([1, 0, 1], dtype="u1")),
        "scalar": ("I64", np.array(42, dtype="<i8")),
        "empty": ("F32", np.zeros((3, 0, 2), dtype="<f4")),
    }
    header, data = {"__metadata__": {"who": "make_nn.py", "umlaut": "Gr\u00fc\u00dfe"}}, b""
    for name, (dtype, values) in tensors.items():
        blob = values.tobytes()
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.set_num_threads(1)
    (HERE / "nn_resnet_parameters.txt").write_text("".join(parameter_lines()))
    cases = [outputs("resnet18", "imagenet", 64), outputs("resnet18", "small", 32), outputs("resnet50", "imagenet", 64),
             outputs("resnet50", "small", 16)]
    (HERE / "nn_resnet.json").write_text(json.dumps(cases, indent=1) + "\n")
    write_safetensors(HERE / "nn_tensors.safetensors")


main()
