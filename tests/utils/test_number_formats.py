"""Which number format `auto` stands for, on devices that are not here."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvis.models.keras_network import KerasNetwork
from tfvis.utils import number_formats
from tfvis.utils.icon_options import IconOptions
from tfvis.utils.icons import render_icons
from tfvis.utils.number_formats import fastest_format, resolved


@pytest.fixture
def with_flags(monkeypatch, tmp_path, device_without_bfloat16):
    """Pretends that the processor is of x86, has these flags, and is so fast in bfloat16."""

    def on_the_processor():
        with tf.device("CPU:0"):
            return device_without_bfloat16()

    def pretend(flags, speed=1.7):
        file = tmp_path / "cpuinfo"
        file.write_text(f"processor\t: 0\nflags\t\t: fpu {flags} sse2\nflags\t\t: amx_bf16\n")
        monkeypatch.setattr(number_formats, "_CPU_INFO", file)
        monkeypatch.setattr(number_formats.platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(number_formats, "_of_device", on_the_processor)
        monkeypatch.setattr(number_formats, "_bfloat16_speed", lambda: speed)
        monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)

    return pretend


def network(*layers):
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            keras.layers.Conv2D(4, 3, activation="relu", name="features"),
            *layers,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2),
        ]
    )
    return KerasNetwork(model)


@keras.saving.register_keras_serializable("test_number_formats")
class Float32Only(keras.layers.Layer):
    """A layer of someone's own whose operation has no kernel for bfloat16."""

    def call(self, inputs):
        return tf.nn.local_response_normalization(inputs)

    def compute_output_shape(self, shape):
        return shape


@pytest.mark.parametrize("flag", ["avx512_bf16", "amx_bf16"])
def test_a_processor_with_instructions_for_bfloat16_takes_it(with_flags, flag):
    with_flags(f"avx2 {flag}")
    assert fastest_format(network()).dtype == "bfloat16"
    wanted = resolved(network(), IconOptions())
    assert wanted == IconOptions(dtype="bfloat16")


@pytest.mark.parametrize("flags", ["", "avx2 avx512f avx512_vnni"])
def test_others_take_float32(with_flags, flags):
    with_flags(flags)
    found = fastest_format(network())
    assert found.reason == "since this processor has no instructions for bfloat16"
    assert found.dtype == "float32"


@pytest.mark.parametrize(
    ("speed", "dtype"), [(0.57, "float32"), (1.0, "float32"), (1.4, "bfloat16")]
)
def test_instructions_that_are_no_faster_are_not_used(with_flags, speed, dtype):
    with_flags("avx512_bf16", speed)
    assert fastest_format(network()).dtype == dtype


def test_the_speed_is_measured_once(monkeypatch):
    number_formats._bfloat16_speed.cache_clear()
    clock = iter(range(1000))
    monkeypatch.setattr(number_formats.time, "perf_counter", lambda: next(clock))
    assert number_formats._bfloat16_speed() == 1.0
    readings = next(clock)
    assert number_formats._bfloat16_speed() == 1.0
    assert next(clock) == readings + 1
    number_formats._bfloat16_speed.cache_clear()


def test_the_shortest_of_each_format_counts(monkeypatch):
    number_formats._bfloat16_speed.cache_clear()
    took = [0, 9, 0, 4, 0, 3, 0, 8] + 4 * [0, 5, 0, 6]  # start and end: float32, then bfloat16
    clock = iter(took)
    monkeypatch.setattr(number_formats.time, "perf_counter", lambda: next(clock))
    assert number_formats._bfloat16_speed() == 3 / 4
    number_formats._bfloat16_speed.cache_clear()


def test_no_linux_no_flags(with_flags, monkeypatch, tmp_path):
    with_flags("amx_bf16")
    monkeypatch.setattr(number_formats, "_CPU_INFO", tmp_path / "none")
    assert fastest_format(network()).dtype == "float32"
    with_flags("amx_bf16")
    monkeypatch.setattr(number_formats.platform, "machine", lambda: "aarch64")
    assert fastest_format(network()).dtype == "float32"


@pytest.mark.parametrize("off", ["0", "False"])
def test_without_onednn_bfloat16_is_slow(with_flags, monkeypatch, off):
    with_flags("amx_bf16")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", off)
    assert fastest_format(network()).reason == "since oneDNN is switched off"


@keras.saving.register_keras_serializable("test_number_formats")
class Float32Gradient(Float32Only):
    """A layer whose operation has a kernel, and whose gradient has none."""

    def call(self, inputs):
        @tf.custom_gradient
        def identity(x):
            def gradient(slopes):
                one = tf.nn.local_response_normalization(slopes)
                return tf.cast(one, slopes.dtype)

            return tf.identity(x), gradient

        return identity(inputs)


@pytest.mark.parametrize("layer", [Float32Only, Float32Gradient])
def test_a_network_that_cannot_compute_in_it_takes_float32(with_flags, layer):
    with_flags("amx_bf16")
    found = fastest_format(network(layer()))
    assert (found.dtype, found.reason.split()[-4:]) == (
        "float32",
        ["not", "compute", "in", "bfloat16"],
    )


def test_a_network_of_one_format_takes_it(with_flags, closed_form):
    with_flags("amx_bf16")
    graph = closed_form(np.eye(3), lambda a: tf.reduce_mean(a, [1, 2]), 3)
    graph.dtypes = ("float32",)
    assert fastest_format(graph).reason == "since closed form computes in nothing else"


def test_a_network_is_tried_once(with_flags, monkeypatch):
    with_flags("amx_bf16")
    net, tried = network(), []
    classifier = KerasNetwork.classifier
    monkeypatch.setattr(
        KerasNetwork, "classifier", lambda net: tried.append(net.dtype) or classifier(net)
    )
    assert {fastest_format(net).dtype for _ in range(3)} == {"bfloat16"}
    assert tried == ["bfloat16"]


def test_what_is_named_stays(with_flags):
    with_flags("amx_bf16")
    for dtype in ("float32", "float16"):
        assert resolved(network(), IconOptions(dtype=dtype)).dtype == dtype


def test_icons_are_computed_in_what_auto_stands_for(with_flags):
    with_flags("amx_bf16")
    net = network()
    options = IconOptions(steps=3, size=16)
    found, named, other = (
        render_icons(net, "features", np.eye(4)[:1], wanted).images
        for wanted in (
            options,
            IconOptions(steps=3, size=16, dtype="bfloat16"),
            IconOptions(steps=3, size=16, dtype="float32"),
        )
    )
    np.testing.assert_array_equal(found, named)
    assert (found != other).any()


@pytest.mark.parametrize(
    ("capability", "dtype"), [((9, 0), "bfloat16"), ((7, 5), "float32"), (None, "float32")]
)
def test_gpus_from_ampere_on_take_bfloat16(monkeypatch, device_without_bfloat16, capability, dtype):
    class OnTheSecondGPU:
        device = "/job:localhost/replica:0/task:0/device:GPU:1"

    monkeypatch.setattr(tf, "constant", lambda value: OnTheSecondGPU())
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["first", "second"])
    details = {} if capability is None else {"compute_capability": capability}
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: details if gpu == "second" else {}
    )
    assert device_without_bfloat16().dtype == dtype
