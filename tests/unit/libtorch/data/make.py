"""Writes the .pth files beside it: run it with a Python that has PyTorch (1.13 was used)."""
import argparse
import collections

import torch

weights = collections.OrderedDict()
weights["conv1.weight"] = torch.arange(24, dtype=torch.float32).reshape(2, 3, 2, 2)
weights["bn1.running_mean"] = torch.tensor([0.5, -1.5], dtype=torch.float64)
weights["bn1.num_batches_tracked"] = torch.tensor(7)
weights["fc.weight"] = torch.arange(6, dtype=torch.float16).reshape(3, 2).t()  # not contiguous
weights["fc.bias"] = torch.arange(10, dtype=torch.bfloat16)[4:6]  # inside a longer storage
weights._metadata = collections.OrderedDict({"": {"version": 1}})

torch.save(weights, "state_dict.pth")
torch.save(weights, "protocol4.pth", pickle_protocol=4)
torch.save(weights, "old.pth", _use_new_zipfile_serialization=False)
parameters = {"module." + name: torch.nn.Parameter(t, requires_grad=False) for name, t in weights.items()}
optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1)
torch.save({"epoch": 3, "args": argparse.Namespace(lr=0.1, names=["a", "b"]), "optimizer": optimizer.state_dict(),
            "best": 0.75, "seed": 1 << 40, "model": parameters}, "checkpoint.pth")
torch.save({"lr": 0.1, "history": [1, 2]}, "no_weights.pth")
torch.save(torch.nn.Linear(1, 1), "whole_module.pth")
