"""One process of a DistributedDataParallel run: `torch_ddp.py MEETING_FILE FROM CHECKPOINT RESULT`, with RANK and
WORLD_SIZE if there are others.

From update 0 it saves a checkpoint at SAVED_AT on its way; from SAVED_AT it starts with that checkpoint.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import torch

from learnrate import CosineDecay
from learnrate.torch import ScheduleLR

UPDATES, SAVED_AT = 12, 5
SCHEDULE = CosineDecay(0.01, 7, alpha=0.1, warmup_target=0.05, warmup_steps=3)


def main(meeting: str, start: int, checkpoint: Path, result: Path) -> None:
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    torch.manual_seed(0)
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(3, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.3)
    scheduler = ScheduleLR(optimizer, SCHEDULE)
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
    if start:
        saved = torch.load(checkpoint, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
    rates: list[float] = []
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    for step in range(start, UPDATES):
        if step == SAVED_AT and not start and rank == 0:
            torch.save({name: part.state_dict() for name, part in parts.items()}, checkpoint)
        # Each process has data of its own.
        inputs = torch.randn(4, 3, generator=torch.Generator().manual_seed(2 * step + rank))
        optimizer.zero_grad()
        model(inputs).square().sum().backward()
        optimizer.step()
        scheduler.step()
    weights = [weight.flatten().tolist() for weight in model.parameters()]
    result.write_text(json.dumps({"rates": rates, "weights": weights}))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
    os._exit(0)  # gloo's threads may still hold tensors, and abort where they free them while Python ends
