"""One process of runs with accelerate: `torch_accelerate.py MEETING_FILE FOLDER RESULT`, with RANK and
WORLD_SIZE if there are others.

Writes down the rates of each run's updates, by how the scheduler is used.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from learnrate import CosineDecay
from learnrate.torch import ScheduleLR

UPDATES, ACCUMULATED, SAVED_AT = 12, 2, 5
SCHEDULE = CosineDecay(0.01, 7, alpha=0.1, warmup_target=0.05, warmup_steps=3)


class Run:
    def __init__(self, use: str) -> None:
        self.accelerator = Accelerator(
            cpu=True, gradient_accumulation_steps=ACCUMULATED, step_scheduler_with_optimizer=use != "as documented"
        )
        self.accelerate_steps = use == "prepared"
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.3)
        self.rates: list[float] = []
        optimizer.register_step_pre_hook(lambda *_: self.rates.append(optimizer.param_groups[0]["lr"]))
        scheduler = ScheduleLR(optimizer, SCHEDULE)
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.scheduler = scheduler if use == "not prepared" else self.accelerator.prepare(scheduler)

    def train(self, updates: int) -> list[float]:
        for _ in range(updates * ACCUMULATED):
            with self.accelerator.accumulate(self.model):
                self.accelerator.backward(self.model(torch.ones(4, 3)).square().sum())
                self.optimizer.step()
                done = self.accelerator.sync_gradients and not self.accelerator.optimizer_step_was_skipped
                if self.accelerate_steps or done:
                    self.scheduler.step()
                self.optimizer.zero_grad()
        return self.rates


def main(meeting: str, folder: str, result: Path) -> None:
    torch.set_num_threads(1)
    if "RANK" in os.environ:
        rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=world)
    rates: dict[str, Any] = {use: Run(use).train(UPDATES) for use in ("prepared", "as documented", "not prepared")}
    first, rest = Run("as documented"), Run("as documented")
    first.train(SAVED_AT)
    first.accelerator.save_state(folder)
    rest.accelerator.wait_for_everyone()
    rest.accelerator.load_state(folder)
    rates["resumed"] = rest.train(UPDATES - SAVED_AT)
    result.write_text(json.dumps(rates))
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    os._exit(0)  # gloo's threads may still hold tensors, and abort where they free them while Python ends
