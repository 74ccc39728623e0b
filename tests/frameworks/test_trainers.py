"""In other people's training loops: the rate of every update is what the schedule says, also when they resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
import pytest
import torch
import transformers
from lightning.pytorch.callbacks import ModelCheckpoint

from learnrate import CosineDecay
from learnrate.torch import ScheduleLR

UPDATES, SAVED_AT = 14, 5
SCHEDULE = CosineDecay(0.01, 7, alpha=0.1, warmup_target=0.05, warmup_steps=3)
RATES = [SCHEDULE(k) for k in range(UPDATES)]


def scheduled(model: Any) -> tuple[Any, Any, list[float]]:
    """An optimizer, its scheduler, and the list that the rates of its updates will be in."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.3)
    rates: list[float] = []
    optimizer.register_step_pre_hook(lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    return optimizer, ScheduleLR(optimizer, SCHEDULE), rates


def weights(model: Any) -> list[list[float]]:
    return [weight.flatten().tolist() for weight in model.parameters()]


def transformers_run(folder: Path, accumulated: int, resume: bool = False) -> tuple[Any, Any, list[float]]:
    """`Trainer` on a tiny GPT-2: the model, what is logged, the rates."""
    transformers.set_seed(0)
    config = transformers.GPT2Config(vocab_size=11, n_positions=4, n_embd=8, n_layer=1, n_head=2)
    model = transformers.GPT2LMHeadModel(config)
    optimizer, scheduler, rates = scheduled(model)
    texts = torch.arange(UPDATES * accumulated * 4).reshape(-1, 4) % 11
    trainer = transformers.Trainer(
        model,
        transformers.TrainingArguments(
            str(folder),
            per_device_train_batch_size=1,
            gradient_accumulation_steps=accumulated,
            max_steps=UPDATES,
            logging_steps=1,
            save_steps=SAVED_AT,
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=[{"input_ids": text, "labels": text} for text in texts],
        optimizers=(optimizer, scheduler),
    )
    trainer.train(resume_from_checkpoint=str(folder / f"checkpoint-{SAVED_AT}") if resume else None)
    logged = [entry["learning_rate"] for entry in trainer.state.log_history if "learning_rate" in entry]
    return model, logged, rates


@pytest.mark.parametrize("accumulated", [1, 2])
def test_transformers(tmp_path: Path, accumulated: int) -> None:
    model, logged, rates = transformers_run(tmp_path, accumulated)
    assert rates == logged == RATES
    resumed_model, logged, rates = transformers_run(tmp_path, accumulated, resume=True)
    assert rates == RATES[SAVED_AT:]
    assert logged == RATES  # those from before are in the checkpoint
    assert weights(resumed_model) == weights(model)


class Module(lightning.LightningModule):  # type: ignore[misc]  # mypy is not shown Lightning's types
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(3, 2)
        self.rates: list[float] = []

    def training_step(self, batch: Any, index: int) -> Any:
        return self.layer(batch).square().sum()

    def configure_optimizers(self) -> Any:
        optimizer, scheduler, self.rates = scheduled(self)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def lightning_run(folder: Path, accumulated: int, checkpoint: Path | None = None) -> Any:
    module = Module()
    # All batches are the same, for where in the data Lightning goes on is its own affair.
    batches: Any = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).repeat(2 * UPDATES * accumulated, 1, 1)
    saver = ModelCheckpoint(folder, "{step}", every_n_train_steps=SAVED_AT, save_top_k=-1)
    trainer = lightning.Trainer(
        accelerator="cpu",
        callbacks=[saver],
        max_steps=UPDATES,
        accumulate_grad_batches=accumulated,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, torch.utils.data.DataLoader(batches, batch_size=None), ckpt_path=checkpoint, weights_only=True)
    return module


@pytest.mark.filterwarnings(
    "ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning",
    "ignore:.*does not have many workers",
    "ignore:.*your dataloader is not resumable",
    "ignore:The dirpath has changed",
)
@pytest.mark.parametrize("accumulated", [1, 2])
def test_lightning(tmp_path: Path, accumulated: int) -> None:
    whole = lightning_run(tmp_path / "whole", accumulated)
    assert whole.rates == RATES
    rest = lightning_run(tmp_path / "rest", accumulated, tmp_path / "whole" / f"step={SAVED_AT}.ckpt")
    assert rest.rates == RATES[SAVED_AT:]
    assert weights(rest) == weights(whole)


def test_an_update_that_the_grad_scaler_skips_does_not_count() -> None:
    overflows = {0, 4, 5}
    model = torch.nn.Linear(3, 2)
    optimizer, scheduler, rates = scheduled(model)
    scaler = torch.amp.GradScaler("cpu", growth_interval=2)  # so short that the scale also grows
    for k in range(UPDATES):
        before = weights(model)
        optimizer.zero_grad()
        loss = model(torch.ones(3)).sum() * (float("inf") if k in overflows else 1.0)
        scaler.scale(loss).backward()
        scale = scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        assert (weights(model) == before) == (k in overflows)
        if scaler.get_scale() >= scale:
            scheduler.step()
    assert rates == RATES[: UPDATES - len(overflows)]
    assert scheduler.last_epoch == UPDATES - len(overflows)


@pytest.mark.parametrize(("lr", "count"), [(torch.tensor(0.3, dtype=torch.float64), 1), (0.3, 2)])
def test_a_compiled_update_with_a_tensor_lr_is_one_graph(lr: Any, count: int) -> None:
    graphs = []

    def compiler(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    torch.compiler.reset()
    weight = torch.nn.Parameter(torch.ones((), dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=lr)
    scheduler = ScheduleLR(optimizer, SCHEDULE)
    update = torch.compile(lambda: optimizer.step(), backend=compiler)
    expected = 1.0
    for rate in RATES:
        weight.grad = torch.ones_like(weight)
        update()
        scheduler.step()
        expected -= rate
        assert weight.item() == expected
    torch.compiler.reset()
    assert len(graphs) == count  # a float first is a constant of its graph, then an input
