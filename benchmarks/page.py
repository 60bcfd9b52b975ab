"""Run every benchmark and write docs/performance.md from what they print.

    python benchmarks/page.py

Takes about half an hour on two quiet cores. A page comes from one run, whole or not at all.
"""

import subprocess
import sys
from pathlib import Path

from thresher.disk import whole_file
from thresher.journal.machine import machine as machine_facts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"

HEAD = """# Performance

Printed by `make bench` in one run. Take the ratios, not the samples per second: those are of
{machine}.
"""

SECTIONS = (
    (
        "kernels.py",
        "Sampling",
        "The compiled kernels beside the limits of the machine and beside plain PyTorch loops "
        "(`benchmarks/baselines/`). A share is of the float32 multiply-adds that registers alone "
        "could make on the cores in use; the work is counted folded, as it is really done.\n\n"
        "![Roofline](pictures/roofline.png)",
    ),
    (
        "training.py",
        "Training",
        "Against plain PyTorch networks of equal size. Work is counted as the papers count it, "
        "so folding raises the share.",
    ),
    ("curation.py", "Curation", "200 clips of 20 s, processor seconds."),
    ("corpus.py", "Corpus", "Building a corpus against decoding its recordings alone."),
)


def main() -> None:
    parts = [HEAD.format(machine=machine())]
    for script, title, words in SECTIONS:
        print(f"{script} …", file=sys.stderr)
        done = subprocess.run(
            [sys.executable, HERE / script], stdout=subprocess.PIPE, text=True, check=True
        )
        parts.append(f"## {title} (`benchmarks/{script}`)\n\n{words}\n\n{done.stdout.strip()}\n")
    with whole_file(PAGE) as part:
        part.write_text("\n".join(parts), encoding="utf-8")


def machine() -> str:
    facts = machine_facts()
    return f"an {facts['processor']} with {facts['cores']} cores, torch {facts['torch']}"


if __name__ == "__main__":
    main()
