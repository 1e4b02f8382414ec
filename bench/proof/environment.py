"""The machine: what it is, and what it is doing."""

import os
import platform
import shlex
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from proof.detectors import Counters

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
ISA_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_int8", "amx_bf16")


def describe(threads: int) -> dict:
    info = Path("/proc/cpuinfo").read_text()
    flags = _field(info, "flags").split()
    return {
        "cpu": _field(info, "model name"),
        "flags": [flag for flag in ISA_FLAGS if flag in flags],
        "virtual": "hypervisor" in flags,
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "not shown",
        "ram_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "os": _os_name(),
        "python": platform.python_version(),
        "packages": _packages(),
        "martlet": _git("describe", "--always", "--dirty"),
        "load_before": os.getloadavg()[0],
    }


def counters(children: list[int]) -> Counters:
    """`children`: the process ids of the systems."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq, steal = (int(word) / TICKS for word in words[:8])
    ours = sum(cpu_seconds(pid) for pid in [os.getpid(), *children])
    throttles = Path("/sys/devices/system/cpu").glob("cpu*/thermal_throttle/core_throttle_count")
    return Counters(
        at=time.monotonic(),
        busy=user + nice + system + irq + softirq,
        steal=steal,
        ours=ours,
        throttles=sum(int(path.read_text()) for path in throttles),
    )


def cpu_seconds(pid: int) -> float:
    """With those of its children that have ended; 0 where it has ended itself."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS if fields else 0.0


def waiting(pid: int) -> tuple[float, float]:
    """Seconds that its threads ran, and were ready to run without a core."""
    ran = waited = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        words = _read(path).split()
        if len(words) >= 2:
            ran += int(words[0])
            waited += int(words[1])
    return ran / 1e9, waited / 1e9


def memory_mb(pid: int) -> dict:
    """Resident now and at most, in MiB."""
    status = _read(f"/proc/{pid}/status")
    found = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if "kB" in line}
    return {
        "rss_mb": int(found.get("VmRSS", 0)) / 1024,
        "rss_peak_mb": int(found.get("VmHWM", 0)) / 1024,
    }


def forget_files(paths: list[Path]) -> None:
    """Drops them from the page cache, which needs no rights beyond reading."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def command() -> str:
    return "./dev bench " + shlex.join(sys.argv[1:])


def _packages() -> dict:
    found = {}
    for name in ("torch", "transformers", "onnxruntime", "openvino", "nncf", "ctranslate2",
                 "tokenizers", "sentence-transformers", "numpy"):  # fmt: skip
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _field(info: str, name: str) -> str:
    for line in info.splitlines():
        if line.startswith(name):
            return line.split(":", 1)[1].strip()
    return "unknown"


def _os_name() -> str:
    for line in _read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return platform.system()


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
