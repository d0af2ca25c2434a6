"""A side of a comparison that needs no library; run in a process of its own."""

import sys

from benchmarks.peers.serving import serve


def counting(folder):
    """Counts; its numbers are lower by a half for each step asked for."""
    (folder / "prepared.txt").write_text("yes")
    print("a library's word on stdout")  # noqa: T201 - as libraries do

    def run(steps=1):
        if steps > 100:
            raise ValueError("Expected fewer\nsteps.")
        return lambda: {"gap": 0.5**steps, "steps": steps, "calls": 1}

    return run


def silent(folder):
    """Ends without an answer."""
    sys.exit("Killed for memory.")


if __name__ == "__main__":
    serve({"counting": counting, "silent": silent})
