"""`tfvis explain --read-attributions`: which attributions are taken, and which are refused."""

import json

import keras
import numpy as np
import pytest
from command_line import paint, remove_results, result_folders

from tfvis import load_result


@pytest.mark.slow
def test_attributions_are_read_back(own, tmp_path):
    own()
    (text,) = (tmp_path / "out").rglob("IGSG_second_class 1.txt")
    values = np.arange(16.0) - 6
    text.write_text("\n".join(map(str, values)))
    status, _, _ = own("--read-attributions")
    assert status == 0
    (result,) = (tmp_path / "out").rglob("result.json")
    result = json.loads(result.read_text())
    groups = result["groups"]
    channels = [channel for group in groups for channel in group["channels"]]
    channels = sorted(channels + result["grouping"]["channels_in_no_group"])
    assert channels == [i for i in range(16) if values[i] > values[values > 0].mean()]


@pytest.mark.slow
def test_attributions_that_do_not_fit_are_refused(own, tmp_path):
    own()
    (text,) = (tmp_path / "out").rglob("IGSG_second_class 1.txt")
    text.write_text("1\n2\n")
    status, _, err = own("--read-attributions")
    assert status == 2
    assert "Expected 16 attributions, one a channel of second, received 2" in err


@pytest.mark.slow
def test_attributions_of_another_image_are_not_read(own, tmp_path):
    own("--quiet")
    remove_results(tmp_path)
    other = paint(tmp_path / "elsewhere" / "photo.png", 1)
    status, _, err = own("--read-attributions", "--quiet", image=other)
    assert status == 2
    assert "Expected attributions of this image, received some of another image (photo)" in err
    assert "compute them again" in err
    # The same under a name that is given.
    assert own("--read-attributions", "--quiet", "--name", "photo", image=other)[0] == 2
    assert result_folders(tmp_path / "out") == []
    # Of its own image they are.
    assert own("--read-attributions", "--quiet")[0] == 0


@pytest.fixture(scope="module")
def retrained(own_model, tmp_path_factory):
    """The same model with other weights, in a file of the same name."""
    model = keras.models.load_model(own_model)
    layer = model.get_layer("second")
    layer.set_weights([weights[..., ::-1] for weights in layer.get_weights()])
    file = tmp_path_factory.mktemp("retrained") / own_model.name
    model.save(file)
    return file


def test_attributions_of_another_network_are_not_read(own, retrained, tmp_path):
    own("--quiet")
    remove_results(tmp_path)
    status, _, err = own("--read-attributions", "--quiet", model=retrained)
    assert status == 2
    assert "Expected attributions of the network 'mine', received some of 'mine' with other" in err
    assert result_folders(tmp_path / "out") == []


@pytest.mark.slow
def test_attributions_that_were_edited_are_still_of_their_image_and_network(
    own, retrained, tmp_path
):
    own("--quiet")
    remove_results(tmp_path)
    (text,) = (tmp_path / "out").rglob("IGSG_second_class 1.txt")
    values = np.array([3.0, 2, 4, *[-1] * 13])
    text.write_text("\n".join(map(str, values)))
    other = paint(tmp_path / "elsewhere" / "photo.png", 1)
    status, _, err = own("--read-attributions", "--quiet", image=other)
    assert status == 2
    assert "Expected attributions of this image, received some of another image (photo)" in err
    status, _, err = own("--read-attributions", "--quiet", model=retrained)
    assert status == 2
    assert "Expected attributions of the network 'mine', received some of 'mine' with other" in err
    assert result_folders(tmp_path / "out") == []
    # Of their own they are taken, with whatever number of gradients.
    assert own("--read-attributions", "--quiet", "--attribution-steps", "9")[0] == 0
    (result,) = result_folders(tmp_path / "out")
    found = load_result(tmp_path / "out" / result).groups.attribution
    np.testing.assert_array_equal(found.values, values)


@pytest.mark.slow
def test_attributions_of_a_plain_text_file_are_taken_whatever_made_them(own, retrained, tmp_path):
    own("--quiet")
    remove_results(tmp_path)
    (archive,) = (tmp_path / "out").rglob("IGSG_second_class 1.npz")
    archive.unlink()
    values = np.array([3.0, 2, 4, *[-1] * 13])
    archive.with_suffix(".txt").write_text("\n".join(map(str, values)))
    other = paint(tmp_path / "elsewhere" / "photo.png", 1)
    assert own("--read-attributions", "--quiet", image=other, model=retrained)[0] == 0
    (result,) = (tmp_path / "out").rglob("result.json")
    np.testing.assert_array_equal(load_result(result).groups.attribution.values, values)
