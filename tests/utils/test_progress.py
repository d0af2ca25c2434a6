from tfvis.utils.progress import in_batches, part_of, rising, silent


def test_a_part_counts_on():
    told = []
    report = part_of(lambda *counts: told.append(counts), before=3, total=8)
    report(1, 5)
    report(5, 5)
    assert told == [(4, 8), (8, 8)]


def test_batches_keep_the_order_and_progress_only_rises():
    told = []

    def explain(part, report):
        numbers = list(range(7))[part]
        report(1)
        report(1)  # told twice, counted once
        return numbers

    found = in_batches(explain, 7, 3, 2, lambda *counts: told.append(counts))
    assert found == tuple(range(7))
    # The second iteration of each part was not needed.
    assert told == [(done, 6) for done in range(1, 7)]
    assert in_batches(explain, 0, 3, 2, silent) == ()


def test_a_part_for_which_memory_runs_out_is_run_in_pieces(caplog):
    told, tried = [], []

    def explain(part, report):
        numbers = list(range(9))[part]
        tried.append(numbers)
        if len(numbers) > 2:
            raise MemoryError
        report(1)
        report(2)
        return numbers

    found = in_batches(explain, 9, 5, 2, lambda *counts: told.append(counts))
    assert found == tuple(range(9))
    # Five, then two at once, also of the second part.
    assert tried == [[0, 1, 2, 3, 4], [0, 1], [2, 3], [4], [5, 6], [7, 8]]
    assert told == [(done, 4) for done in range(1, 5)]
    assert len(caplog.messages) == 1


def test_work_that_begins_again_tells_of_no_progress_twice():
    told = []
    report = rising(lambda *counts: told.append(counts))
    for done in (1, 2, 1, 2, 3):
        report(done, 3)
    assert told == [(1, 3), (2, 3), (3, 3)]
