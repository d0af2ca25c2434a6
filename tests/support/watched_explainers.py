"""Explainers that tell how they are called."""


class Watched:
    """Another explainer's results, with the first ones left out if that is wanted.

    Attributes:
        seen: the images of all calls, as they came.
    """

    name = "watched"

    def __init__(self, explainer, *, left_out=0):
        self.explainer, self.left_out, self.seen = explainer, left_out, []

    def explain(self, images, classes, *, progress=None):
        self.seen += images
        return list(self.explainer.explain(images, classes, progress=progress))[self.left_out :]


def require_read_only(watched):
    """Raise unless the explainer was shown something, and could not write to it."""
    assert watched.seen
    assert not any(image.flags.writeable for image in watched.seen)
