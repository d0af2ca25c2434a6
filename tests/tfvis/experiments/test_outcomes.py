"""What experiments work on."""

from dataclasses import replace

from tfvis.experiments.options import ExperimentOptions


def test_classes_are_the_first_two_answers_where_none_are_named(subject):
    answers = [index for index, _ in subject.net.top(subject.source, 2)]
    assert subject.explained_classes() == tuple(answers)
    assert replace(subject, classes=(4, 0)).explained_classes() == (4, 0)


def test_no_icons_with_zero_steps(subject):
    assert subject.icons() is None
    own = replace(subject, options=ExperimentOptions(icon_steps=7))
    assert own.icons().steps == 7
