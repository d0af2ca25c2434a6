"""Grids of four images, and maps whose share of the right cell is known."""

import numpy as np
import pytest
from known_networks import (
    CHANNELS,
    PLANTED_CLASSES,
    Says,
    map_of_channels,
    planted_network,
    planted_scene,
)

from tfvis.evaluation.estimates import estimate_of_mean
from tfvis.evaluation.grid_pointing import grid_of, grid_share, study_grid_pointing
from tfvis.explainers.base import ClassMap
from tfvis.utils.errors import InputError

SHADES = np.arange(6) / 5


@pytest.fixture
def net(closed_form):
    return closed_form(np.eye(3), lambda a: a[:, 0, 0, :1] * np.ones((1, 6), np.float32), 6)


@pytest.fixture
def pictures():
    """Picture k is of class k, and of one shade of grey."""
    return [np.full((8, 8, 3), shade, np.float32) for shade in SHADES]


class Looks:
    """Maps of 1 where the image has the class's shade, or the next one's, and 1 everywhere."""

    def __init__(self, name, shift):
        self.name, self.shift = name, shift

    def explain(self, images, classes, *, progress=None):
        found = []
        for image, index in zip(images, classes, strict=True):
            a_map = np.ones(image.shape[:2])
            if self.shift is not None:
                shade = SHADES[(index + self.shift) % 6]
                a_map = (np.abs(image[..., 0] - shade) < 0.01).astype(float)
            found.append(
                ClassMap(map=a_map, image=image, class_index=index, label="", method=self.name)
            )
        return found


def test_cells_are_filled_row_by_row(pictures):
    grid = grid_of(pictures[:4], (8, 6))
    assert grid.shape == (8, 6, 3)
    corners = grid[[0, 0, -1, -1], [0, -1, 0, -1], 0]
    np.testing.assert_allclose(corners, SHADES[:4], atol=0.01)


def test_the_share_is_that_of_the_cell():
    a_map = np.zeros((4, 6))
    a_map[0, 0], a_map[0, 5], a_map[3, 0], a_map[3, 5] = 1, 2, 3, 4
    assert [grid_share(a_map, cell) for cell in range(4)] == [0.1, 0.2, 0.3, 0.4]


def test_right_maps_win_wrong_ones_lose_and_constant_ones_are_chance(net, pictures):
    own = [Looks("right", 0), Looks("wrong", 1), Looks("constant", None)]
    found = study_grid_pointing(net, pictures, range(6), own, n_grids=20)
    assert found.estimate("right").mean == 1
    assert found.estimate("constant").mean == pytest.approx(0.25)
    assert found.estimate("wrong").mean < 0.25
    assert found.difference("right", "constant").low > 0


def test_the_channels_that_carry_a_class_win_and_random_ones_do_not():
    net = planted_network()
    scenes = [planted_scene([colour])[0] for colour in PLANTED_CLASSES]
    rng = np.random.default_rng(0)

    def of_class(image, index):
        own = [k for k, colour in enumerate(CHANNELS) if colour == PLANTED_CLASSES[index]]
        return map_of_channels(net, image, own)  # of red channels 2 and 5

    def of_random_channels(image, index):
        return map_of_channels(net, image, rng.permutation(8)[:2])

    own = [
        Says(a_map=of_class, name="planted"),
        Says(a_map=of_random_channels, name="random"),
    ]
    found = study_grid_pointing(net, scenes, PLANTED_CLASSES, own, n_grids=30)
    assert found.estimate("planted").mean > 0.95  # resizing blurs the squares' edges
    assert found.estimate("random").low < 0.25 < found.estimate("random").high
    assert found.difference("planted", "random").low > 0.5


def test_grids_are_resampled_not_cells(net, pictures):
    found = study_grid_pointing(net, pictures, range(6), [Looks("wrong", 1)], n_grids=7, seed=3)
    expected = estimate_of_mean(found.shares["wrong"].mean(axis=1), seed=3)
    assert found.estimate("wrong") == expected


def test_the_same_seed_draws_the_same_grids(net, pictures):
    def run(seed):
        own = Looks("wrong", 1)
        return study_grid_pointing(net, pictures, range(6), [own], n_grids=9, seed=seed).shares

    np.testing.assert_array_equal(run(1)["wrong"], run(1)["wrong"])
    assert (run(1)["wrong"] != run(2)["wrong"]).any()


def test_progress_counts_grids(net, pictures):
    told = []
    study_grid_pointing(
        net, pictures, range(6), [Looks("right", 0)],
        n_grids=2, progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, own: grid_of(own[:3], (8, 8)), "4 images, received 3"),
        (lambda net, own: grid_of(own[:4], (8, 7)), "size of even numbers"),
        (lambda net, own: grid_share(-np.ones((2, 2)), 0), "finite values >= 0"),
        (lambda net, own: grid_share(np.ones((2, 2)), 4), "cell from 0 to 3, received 4"),
        (
            lambda net, own: study_grid_pointing(net, own, [0, 1, 2, 0, 1, 2]),
            "at least 4 classes, received 3",
        ),
        (
            lambda net, own: study_grid_pointing(net, own, [0, 1, 2, 3]),
            "as many classes as images, received 4 classes for 6 images",
        ),
    ],
)
def test_what_makes_no_grid_is_an_error(net, pictures, call, message):
    with pytest.raises(InputError, match=message):
        call(net, pictures)
