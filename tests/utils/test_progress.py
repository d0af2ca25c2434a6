from tfvis.utils.progress import in_batches, part_of, silent


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
