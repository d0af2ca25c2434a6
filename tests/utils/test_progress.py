from tfvis.utils.progress import part_of


def test_a_part_counts_on():
    told = []
    report = part_of(lambda *counts: told.append(counts), before=3, total=8)
    report(1, 5)
    report(5, 5)
    assert told == [(4, 8), (8, 8)]
