"""Images are handed out a few at a time."""

import threading

from tfvis.batches import BatchJob
from tfvis.batches.chunks import MOST, SECONDS, Chunks


def jobs(n):
    return [BatchJob(name=str(k), path="", image="") for k in range(n)]


def test_each_image_is_handed_out_once_in_order():
    chunks = Chunks(jobs(50), workers=2)
    chunks.took(1, SECONDS / 5)
    found = [job.name for chunk in chunks for job in chunk]
    assert found == [str(k) for k in range(50)]


def test_chunks_take_a_few_seconds_each():
    chunks = Chunks(jobs(1000), workers=2)
    assert len(next(chunks)) == 1  # nothing is known yet
    chunks.took(1, SECONDS / 5)
    assert len(next(chunks)) == 5
    chunks.took(10, 10 * SECONDS)
    assert len(next(chunks)) == 1
    chunks.took(5, 1e-6)
    assert len(next(chunks)) == MOST


def test_near_the_end_they_are_small_so_that_no_worker_waits():
    chunks = Chunks(jobs(12), workers=2)
    chunks.took(100, 0.1)
    assert [len(chunk) for chunk in chunks] == [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]


def test_nothing_is_handed_out_after_a_stop():
    chunks = Chunks(jobs(5), workers=1)
    next(chunks)
    chunks.stop()
    assert list(chunks) == []


def test_images_that_were_finished_before_say_nothing_of_the_time():
    chunks = Chunks(jobs(100), workers=1)
    chunks.took(0, 0.0)
    assert len(next(chunks)) == 1


def test_several_threads_may_ask():
    chunks, found = Chunks(jobs(2000), workers=4), []
    threads = [
        threading.Thread(target=lambda: found.extend(job for chunk in chunks for job in chunk))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(job.name) for job in found) == list(range(2000))


def test_a_signal_may_stop_them_while_one_is_handed_out():
    chunks = Chunks(jobs(5), workers=1)
    with chunks._lock:  # as in the middle of handing out
        chunks.stop()
    assert list(chunks) == []
