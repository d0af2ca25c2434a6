"""The largest work that tfvis is made for, in a process that may not have more than 3 GiB."""

import json
import os
import resource
import subprocess
import sys

import pytest

LIMIT = 3 << 30

ICONS = """
import numpy as np
from tfvis import IconOptions, load_model
from tfvis.utils.icons import render_icons
net = load_model("critters")
weights = np.random.default_rng(0).random((64, net.n_channels("mixed3a")))
options = IconOptions(steps=1, size=224, batch_size=64, redirected_relu_steps=0, dtype="float32")
found = render_icons(net, "mixed3a", weights, options).images.shape
"""

SHAPLEY = """
import keras, numpy as np
from tfvis import load_model
from tfvis.utils import shapley_sampling
images = keras.Input((64, 64, 3))
x = keras.layers.Conv2D(2048, 3, 4, "same", activation="relu", name="wide")(images)
x = keras.layers.Dense(2)(keras.layers.GlobalMaxPooling2D()(x))
net = load_model(keras.Model(images, x), value_range=(0, 1))
picture = np.random.default_rng(0).random((64, 64, 3), np.float32)
(attribution,) = shapley_sampling(
    net, picture, "wide", classes=[0], permutations=1,
    antithetic=False, batch_size=2048,
)
assert attribution.evaluations > 1500  # channels that are 0 everywhere are not evaluated
found = attribution.values.shape
"""

# `ru_maxrss` would not do: it keeps the peak of pytest, which the process was forked from.
END = """
import json, re
(kib,) = re.findall(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(json.dumps([found, int(kib) * 1024]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts a process's data")
@pytest.mark.parametrize(
    ("work", "shape"), [(ICONS, [64, 224, 224, 3]), (SHAPLEY, [2048])], ids=["icons", "shapley"]
)
def test_large_work_keeps_within_a_limit_of_the_system(work, shape):
    done = subprocess.run(
        [sys.executable, "-c", work + END],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, peak = json.loads(done.stdout.splitlines()[-1])
    assert found == shape
    assert peak < LIMIT
