"""In PyTorch on several processes: each has the schedule's rates, and a resumed run those of the uninterrupted one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from learnrate import CosineDecay

UPDATES, SAVED_AT = 12, 5  # and the schedule: as in the scripts
SCHEDULE = CosineDecay(0.01, 7, alpha=0.1, warmup_target=0.05, warmup_steps=3)
RATES = [SCHEDULE(k) for k in range(UPDATES)]
SECONDS = 90
"""More than ten times what a run takes."""


def run(folder: Path, name: str, world: int, script: str, *arguments: object) -> list[dict[str, Any]]:
    """What each process of a run has to tell."""
    results = [folder / f"{name}{rank}.json" for rank in range(world)]
    path = Path(__file__).with_name(script)
    command = [sys.executable, "-W", "error", *map(str, [path, folder / name, *arguments])]
    # With a file to meet at, accelerate asks for an address and does not use it.
    group = {"WORLD_SIZE": str(world), "LOCAL_WORLD_SIZE": str(world), "MASTER_ADDR": "-", "GLOO_SOCKET_IFNAME": "lo"}
    processes = [
        subprocess.Popen(
            [*command, result],
            env={**os.environ, "OMP_NUM_THREADS": "1", **group, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            if world > 1
            else None,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, result in enumerate(results)
    ]
    deadline = time.monotonic() + SECONDS
    try:
        for process in processes:
            _, errors = process.communicate(timeout=deadline - time.monotonic())
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    return [json.loads(result.read_text()) for result in results]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ddp")


@pytest.fixture(scope="module")
def whole(folder: Path) -> list[dict[str, Any]]:
    """The run that is not interrupted, by two processes, which saves a checkpoint on its way."""
    return run(folder, "whole", 2, "torch_ddp.py", 0, folder / "checkpoint.pt")


def test_every_process_has_the_rates_of_the_schedule(whole: list[dict[str, Any]]) -> None:
    assert [one["rates"] for one in whole] == [RATES] * 2
    assert whole[0]["weights"] == whole[1]["weights"]


def test_a_run_resumed_by_two_processes_is_the_uninterrupted_one(folder: Path, whole: list[dict[str, Any]]) -> None:
    rest = run(folder, "two", 2, "torch_ddp.py", SAVED_AT, folder / "checkpoint.pt")
    assert [one["rates"] for one in rest] == [one["rates"][SAVED_AT:] for one in whole]
    assert [one["weights"] for one in rest] == [one["weights"] for one in whole]


def test_a_run_resumed_by_one_process_has_the_same_rates(folder: Path, whole: list[dict[str, Any]]) -> None:
    (alone,) = run(folder, "one", 1, "torch_ddp.py", SAVED_AT, folder / "checkpoint.pt")
    assert alone["rates"] == whole[0]["rates"][SAVED_AT:]
    assert alone["weights"] != whole[0]["weights"]  # it sees half of the data


@pytest.mark.parametrize("world", [1, 2])
def test_accelerate_steps_a_prepared_scheduler_for_every_process(tmp_path: Path, world: int) -> None:
    for rates in run(tmp_path, "accelerate", world, "torch_accelerate.py", tmp_path / "checkpoint"):
        assert rates["prepared"] == [SCHEDULE(k * world) for k in range(UPDATES)]
        assert rates["as documented"] == rates["not prepared"] == RATES
        assert rates["resumed"] == RATES[SAVED_AT:]


class Rates:
    """Batches of rates, large enough for threads, which a forked worker does without."""

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(SCHEDULE(np.arange(index, index + 40_000)))

    def __len__(self) -> int:
        return 8


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("warm", [True, False], ids=["pool-warm", "pool-cold"])
def test_the_workers_of_a_data_loader(method: str, warm: bool) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_torch_processes import Rates
import torch
if __name__ == "__main__":
    if {warm}:
        Rates()[0]
    loader = torch.utils.data.DataLoader(Rates(), num_workers=2, multiprocessing_context={method!r}, timeout=60)
    for index, batch in enumerate(loader):
        assert torch.equal(batch[0], Rates()[index])
    print(index)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=SECONDS)
    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr
