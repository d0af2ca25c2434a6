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
    assert f"scores {first.groups[0].score:+.2f}" in outcome.findings[0]
    for (_, own), text in zip(outcome.results, outcome.findings, strict=True):
        if own.sign == "neg":  # what a group adds to the logit, as in the figure
            assert f"{-own.groups[0].score:+.2f}" in text


def test_another_network_explains_the_same_classes(subject, make_net):
    second = make_net(2, "second")
    asked = []

    def other(classes):
        asked.append(classes)
        return replace(subject, net=second, classes=classes)

    outcome = other_networks.run(replace(subject, other=other))
    # The first network's answers, whatever the second one's are.
    first = tuple(index for index, _ in subject.net.top(subject.source, 2))
    assert asked == [first]
    assert {found.class_index for _, found in outcome.results} <= set(first)
    assert {found.provenance.network for _, found in outcome.results} == {"second"}
    assert {name for name, _ in outcome.results} == {"photo_second"}
    answer = second.labels[second.top(subject.source, 1)[0][0]]
    assert outcome.findings[0].startswith(f"second answers {answer} ")
    with pytest.raises(ValueError, match="Expected a subject with another network"):
        other_networks.run(subject)
