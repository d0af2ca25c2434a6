"""What experiments work on."""

from dataclasses import replace

from tfvis.experiments.options import ExperimentOptions
from tfvis.experiments.outcomes import Experiment


def test_classes_are_the_first_two_answers_where_none_are_named(subject):
    answers = [index for index, _ in subject.net.top(subject.source, 2)]
    assert subject.explained_classes() == tuple(answers)
    assert replace(subject, classes=(4, 0)).explained_classes() == (4, 0)


def test_no_icons_with_zero_steps(subject):
    assert subject.icons() is None
    own = replace(subject, options=ExperimentOptions(icon_steps=7))
    assert own.icons().steps == 7


def test_an_experiment_is_shown_in_words():
    short, long = (
        Experiment(name="e", title="An experiment", findings=("A finding.",) * n, folders=())
        for n in (1, 4)
    )
    assert long.sheet().shape[0] > short.sheet().shape[0]
    assert long.sheet().shape[1:] == (690, 3)
