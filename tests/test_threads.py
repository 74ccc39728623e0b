"""Batches let other Python threads run, use several threads themselves, and never hang a forked child."""

from __future__ import annotations

import multiprocessing
import os
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from checks import python

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule


def test_a_python_thread_makes_progress_during_a_batch(CosineDecay: type[Schedule]) -> None:
    schedule = CosineDecay(0.25, 10**7, warmup_target=1.0, warmup_steps=1000)
    steps = np.arange(1e7)
    out = np.empty_like(steps)
    ticks = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(1e-4):
            ticks.append(time.perf_counter())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        # A busy machine may leave no processor for the other thread: one batch of twenty is proof enough, for it could
        # never run in the middle of a batch that holds the interpreter's lock.
        for _ in range(20):
            start = time.perf_counter()
            schedule._fill(steps, out)
            length = time.perf_counter() - start
            if any(start + 0.1 * length < at < start + 0.9 * length for at in ticks):
                return
    finally:
        done.set()
        thread.join()
    pytest.fail("no other thread ran during 20 batches")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads each thread's run time where Linux tells it")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_large_batch_runs_on_as_many_threads_as_rayon_may_use(learnrate: ModuleType, threads: int) -> None:
    # The pure-Python backend has no threads, however many steps it takes.
    size = {"native": 10**7, "python": 10**6}[learnrate.BACKEND]
    script = f"""
        from pathlib import Path
        import numpy as np, learnrate

        def run_times():
            return {{task.name: int((task / "schedstat").read_text().split()[0])
                    for task in Path("/proc/self/task").iterdir()}}

        schedule = learnrate.CosineDecay(0.25, {size})
        steps = np.arange({size}.0)
        out = np.zeros_like(steps)
        before = run_times()
        for _ in range(20):
            schedule(steps, out=out)
        main = str(__import__("threading").get_native_id())
        worked = [name for name, time in run_times().items() if time - before.get(name, 0) > 10e6 and name != main]
        print(learnrate.BACKEND, len(worked))
    """
    workers = {"native": threads, "python": 0}[learnrate.BACKEND]  # beside the main thread, which waits for them
    # NumPy's own threads for linear algebra spin for a while after the import.
    backend, limit = learnrate.BACKEND, str(threads)
    shown = python(script, LEARNRATE_BACKEND=backend, RAYON_NUM_THREADS=limit, OPENBLAS_NUM_THREADS="1")
    assert shown == f"{learnrate.BACKEND} {workers}"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads where Linux lists them")
def test_no_thread_is_started_where_it_would_not_pay(learnrate: ModuleType) -> None:
    script = """
        from pathlib import Path
        import numpy as np, learnrate

        schedule = learnrate.CosineDecay(0.25, 10**7)
        counts = []
        for size in (16_384, 100_000):
            schedule(np.arange(float(size)))
            counts.append(len(list(Path("/proc/self/task").iterdir())))
        print(*counts)
    """
    more = {"native": 2, "python": 0}[learnrate.BACKEND]
    shown = python(script, LEARNRATE_BACKEND=learnrate.BACKEND, RAYON_NUM_THREADS="2", OPENBLAS_NUM_THREADS="1")
    assert shown == f"1 {1 + more}"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux's limits")
def test_a_machine_without_room_says_so_and_a_pool_without_threads_works(learnrate: ModuleType) -> None:
    script = """
        import resource
        import numpy as np, learnrate

        schedule = learnrate.CosineDecay(0.25, 10**7)
        steps, many = np.arange(1e5), np.zeros(10**8, np.int32)
        expected = [schedule(float(step)) for step in range(0, 100_000, 1000)]
        schedule(steps[:16_000])  # imports what it needs, and starts no thread
        in_use = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        room = {"native": 2**20, "python": 2**24}[learnrate.BACKEND]  # too little for a native thread's stack
        resource.setrlimit(resource.RLIMIT_AS, (in_use + room, -1))
        assert schedule(steps)[::1000].tolist() == expected
        try:
            schedule(many)
        except MemoryError:
            print("MemoryError")
    """
    shown = python(script, LEARNRATE_BACKEND=learnrate.BACKEND, RAYON_NUM_THREADS="2", OPENBLAS_NUM_THREADS="1")
    assert shown == "MemoryError"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("warm", [True, False], ids=["pool-warm", "pool-cold"])
def test_a_forked_child_finishes_a_batch(learnrate: ModuleType, warm: bool) -> None:
    script = f"""
        import os, signal, warnings
        import numpy as np, learnrate

        warnings.simplefilter("ignore")  # newer Pythons warn of any fork beside threads
        schedule = learnrate.CosineDecay(0.25, 10**6, warmup_target=1.0, warmup_steps=1000)
        steps = np.arange(1e6)
        expected = np.array([schedule(step) for step in range(0, 10**6, 10**4)])
        if {warm}:
            schedule(steps)
        child = os.fork()
        if not child:
            signal.alarm(60)  # the deadline: a child that hangs dies of it
            os._exit(0 if (schedule(steps)[:: 10**4] == expected).all() else 1)
        status = os.waitpid(child, 0)[1]
        assert (schedule(steps)[:: 10**4] == expected).all()
        print(learnrate.BACKEND, os.waitstatus_to_exitcode(status))
    """
    assert python(script, LEARNRATE_BACKEND=learnrate.BACKEND) == f"{learnrate.BACKEND} 0"


def together(count: int, work: Callable[[int], object]) -> list[object]:
    """What the work of each of many threads that start at the same time comes to; an error is one of the results."""
    results: list[object] = [None] * count
    barrier = threading.Barrier(count)

    def one(i: int) -> None:
        barrier.wait(60)
        try:
            results[i] = work(i)
        except Exception as error:
            results[i] = error

    threads = [threading.Thread(target=one, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.parametrize("size", [1, 1000, 120_000])  # the largest on rayon's threads too
def test_threads_share_a_schedule(learnrate: ModuleType, size: int) -> None:
    schedule = learnrate.CosineDecay(0.25, 100_000, warmup_target=1.0, warmup_steps=1000)
    steps = np.arange(size)
    expected, scalars = schedule(steps), [schedule(step) for step in range(0, 120_000, 1200)]

    def work(i: int) -> bool:
        out = np.empty(size)
        good = True
        for _ in range(5 if learnrate.BACKEND == "native" else 2):
            good &= scalars == [schedule(step) for step in range(0, 120_000, 1200)]
            good &= bool((schedule(steps) == expected).all() and (schedule(range(size)) == expected).all())
            good &= schedule(steps, out=out) is out and bool((out == expected).all())
        return good

    assert together(32, work) == [True] * 32


def test_threads_write_their_parts_of_one_array(CosineDecay: type[Schedule]) -> None:
    schedule = CosineDecay(0.25, 100_000, warmup_target=1.0, warmup_steps=1000)
    steps, out = np.arange(32 * 20_000), np.zeros(32 * 20_000)
    expected = schedule(steps)

    def work(i: int) -> bool:
        part = slice(i * 20_000, (i + 1) * 20_000)
        for _ in range(5):
            schedule(steps[part], out=out[part])
        return bool((out[part] == expected[part]).all())

    assert together(32, work) == [True] * 32


@pytest.mark.parametrize("steps", [np.arange(1_000_000), range(1_000_000)], ids=["array", "range"])
def test_threads_that_write_one_array_write_it_whole_or_are_told(learnrate: ModuleType, steps: Any) -> None:
    schedule = learnrate.CosineDecay(0.25, 100_000, warmup_target=1.0, warmup_steps=1000)
    out = np.zeros(1_000_000)
    expected = schedule(steps)
    told: set[str] = set()
    # Some of 32 threads meet, unless a quick machine ends one before it starts the next: once in twenty will do.
    for _ in range(20):
        results = together(32, lambda i: [schedule(steps, out=out) is out for _ in range(5)])
        told |= {repr(result) for result in results if result != [True] * 5}
        if told or learnrate.BACKEND == "python":
            break
    if learnrate.BACKEND == "python":  # NumPy lets them, and they write the same
        assert told == set()
    else:
        assert told == {"ValueError('Argument `out` must not be in use by another call')"}
    assert (schedule(steps, out=out) == expected).all()  # nobody holds it any longer


FIRST_CALLS = ["s(np.arange(3))", "s([0, 1, 2])", "s(range(3))", "s(2, out=np.empty(()))", "s(2.5, out=np.empty(()))"]


@pytest.mark.parametrize("first", FIRST_CALLS)
def test_finalizers_that_call_a_schedule_amid_the_first_call(learnrate: ModuleType, first: str) -> None:
    # That one finds what later calls use, perhaps under a lock.
    script = f"""
        import gc
        import numpy as np, learnrate

        class Finalizer:  # in a cycle, so that the collector finds it whenever it runs
            def __init__(self):
                self.cycle = self

            def __del__(self):
                global runs
                runs += 1
                {first}
                Finalizer()

        s, runs = learnrate.CosineDecay(0.25, 10), 0
        gc.set_threshold(1, 1)
        Finalizer()
        {first}
        kept = [[] for _ in range(10_000)]  # here at the latest
        print(runs > 0)
        gc.disable()
    """
    assert python(script, LEARNRATE_BACKEND=learnrate.BACKEND) == "True"


@pytest.mark.parametrize("first", FIRST_CALLS)
def test_the_first_call_leaves_the_collector_as_it_was(learnrate: ModuleType, first: str) -> None:
    for set_to in ("enable", "disable"):
        script = f"""
            import gc
            import numpy as np, learnrate

            s = learnrate.CosineDecay(0.25, 10)
            gc.{set_to}()
            {first}
            print("enable" if gc.isenabled() else "disable")
        """
        assert python(script, LEARNRATE_BACKEND=learnrate.BACKEND) == set_to


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_other_threads_are_inside_a_batch(learnrate: ModuleType) -> None:
    # A size that native threads share; NumPy takes its time.
    size, forks = {"native": (10**6, 20), "python": (10**5, 5)}[learnrate.BACKEND]
    script = f"""
        import os, signal, threading, time, warnings
        import numpy as np, learnrate

        warnings.simplefilter("ignore")
        schedule = learnrate.CosineDecay(0.25, {size}, warmup_target=1.0, warmup_steps=1000)
        steps = np.arange({size})
        expected = schedule(steps)
        done = threading.Event()

        def work():
            out = np.empty({size})
            while not done.is_set():
                schedule(steps, out=out)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        codes = set()
        for i in range({forks}):
            time.sleep(i * 0.001)
            child = os.fork()
            if not child:
                signal.alarm(60)
                out = np.empty({size})
                good = (schedule(steps) == expected).all() and (schedule(steps, out=out) == expected).all()
                os._exit(0 if good else 1)
            codes.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        done.set()
        for thread in threads:
            thread.join()
        print(learnrate.BACKEND, *codes)
    """
    assert python(script, LEARNRATE_BACKEND=learnrate.BACKEND) == f"{learnrate.BACKEND} 0"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("warm", [True, False], ids=["pool-warm", "pool-cold"])
def test_a_pool_of_processes(learnrate: ModuleType, tmp_path: Path, method: str, warm: bool) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system has no fork")
    if not warm and learnrate.BACKEND == "python":
        pytest.skip("this backend has no pool that could be cold")
    script = f"""
        import multiprocessing, warnings
        import numpy as np, learnrate

        STEPS = np.arange(100_000)

        def rates(schedule):
            return learnrate.BACKEND, schedule(STEPS).tobytes(), schedule(500)

        if __name__ == "__main__":
            warnings.simplefilter("ignore")
            schedule = learnrate.CosineDecay(0.25, 90_000, warmup_target=1.0, warmup_steps=1000)
            if {warm}:
                schedule(STEPS)
            with multiprocessing.get_context("{method}").Pool(4) as pool:
                results = pool.map_async(rates, [schedule] * 16).get(100)
            print(results == [rates(schedule)] * 16)
    """
    path = tmp_path / "main.py"
    path.write_text(textwrap.dedent(script))
    assert (
        python(f"import runpy; runpy.run_path({str(path)!r}, run_name='__main__')", LEARNRATE_BACKEND=learnrate.BACKEND)
        == "True"
    )


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_the_interpreter_ends_while_daemon_threads_are_inside_a_batch(learnrate: ModuleType, size: int) -> None:
    script = f"""
        import threading, time
        import numpy as np, learnrate

        schedule = learnrate.CosineDecay(0.25, 10**6)
        steps = np.arange({size})
        started = threading.Barrier(5)

        def work():
            out = np.empty(steps.size)
            started.wait()
            while True:
                schedule(steps, out=out)
                schedule(steps)

        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        started.wait()
        time.sleep(0.1)
        print("the end")
    """
    for _ in range(3):
        assert python(script, LEARNRATE_BACKEND=learnrate.BACKEND) == "the end"
