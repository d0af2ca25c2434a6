"""Two classes in one image, and the same in another network."""

from dataclasses import replace

import pytest

from tfvis.experiments import other_networks, two_classes


def test_both_classes_are_explained_for_and_against(subject):
    outcome = two_classes.run(replace(subject, classes=(1, 2)))
    found = [(own.class_index, own.sign) for _, own in outcome.results]
    assert found == [pair for pair in ((1, "pos"), (1, "neg"), (2, "pos"), (2, "neg"))
                     if pair in found]  # fmt: skip
    assert {index for index, _ in found} == {1, 2}
    assert len(outcome.findings) == 4  # one for each, also where no channel stands out
    first = outcome.results[0][1]
    assert outcome.findings[0] == two_classes.sentence(first)
    assert f"scores {first.groups[0].score:.2f}" in outcome.findings[0]


def test_another_network_explains_the_classes_of_the_same_names(subject, small_net):
    own = replace(subject, classes=(2, 0), other_network=lambda: small_net)
    outcome = other_networks.run(own)
    assert {found.class_index for _, found in outcome.results} == {2, 0}
    assert {name for name, _ in outcome.results} == {"photo_small"}
    answer = small_net.labels[small_net.top(subject.source, 1)[0][0]]
    assert outcome.findings[0].startswith(f"small answers {answer} ")
    with pytest.raises(ValueError, match="Expected a subject with another network"):
        other_networks.run(subject)
