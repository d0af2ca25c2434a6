"""Group channels in a way of your own: by the correlation of their maps.

Any object with `fit_predict(X) -> labels` can do it; X has a row a position, a column a channel.
"""

import numpy as np
from sklearn.cluster import SpectralClustering

from tfvis import example_image, explain, load_model
from tfvis.utils import images


class ByCorrelation:
    """Channels that are active at the same places go together."""

    def fit_predict(self, X: np.ndarray) -> np.ndarray:
        affinity = np.abs(np.nan_to_num(np.corrcoef(X.T)))
        return SpectralClustering(4, affinity="precomputed", random_state=0).fit_predict(affinity)


net, image = load_model("critters"), example_image("dog_cat224")
options = {"layer": "mixed4d", "grouping": ByCorrelation(), "icon_steps": 128}
(explanation,) = explain(net, image, "cat", **options)
for group in explanation.groups:
    print(f"score {group.score:.2f}, channels {group.channels.tolist()}")
where = explanation.overlays()
icons = [] if explanation.icons is None else list(explanation.icons)
sheet = [np.concatenate(row, axis=1) for row in (where, icons)]
images.save("custom_grouping.png", np.concatenate(sheet))
