"""Two classes in one image: the groups of features for and against each (Shi et al., figure 3)."""

from __future__ import annotations

from collections.abc import Sequence

from tfvis.utils.network import Network

from ..explainers.explanation import Explanation
from .group_visualisation import GroupVisualisation
from .outcomes import Outcome, StageProgress, Subject, silent_stages

__all__ = ["explanations", "run", "sentence"]


def run(subject: Subject, *, progress: StageProgress = silent_stages) -> Outcome:
    """Explain two classes in one image, by features for and against each.

    Args:
        subject: the network, the image and the classes.
        progress: called with the name of a stage, returns what is called with its progress.
    """
    found = explanations(
        subject, subject.net, [subject.layer], subject.explained_classes(), ("pos", "neg"),
        progress=progress,
    )  # fmt: skip
    name = subject.source.name or "image"
    return Outcome(
        results=tuple((name, own) for own in found if isinstance(own, Explanation)),
        sections=tuple(own for own in found if isinstance(own, Explanation)),
        findings=tuple(own if isinstance(own, str) else sentence(own) for own in found),
    )


def explanations(
    subject: Subject,
    net: Network,
    layers: Sequence[str],
    classes: Sequence[int],
    signs: Sequence[str],
    *,
    progress: StageProgress = silent_stages,
) -> list[Explanation | str]:
    """The groups of some classes in an image, with icons; words where nothing stands out.

    Args:
        subject: the image, and how.
        net: the network.
        layers: of the network.
        classes: by index.
        signs: "pos", "neg" or both.
        progress: as in `run`.
    """
    icons = subject.icons(net)
    experiment = GroupVisualisation(
        net,
        subject.source,
        tuple(classes),
        tuple(signs),
        subject.options.feature_groups,
        icons,
    )
    found: list[Explanation | str] = []
    for layer in layers:
        attributions = experiment.attribute(layer, progress=progress(f"{layer}: attributions"))
        for attribution in attributions:
            for sign in signs:
                own = experiment.without_icons(attribution, sign)
                if icons is not None and isinstance(own, Explanation):
                    stage = f"{layer}, {own.label}, {sign}: icons"
                    own = experiment.with_icons(
                        own, progress=lambda _, stage=stage: progress(stage)
                    )
                found.append(own)
    return found


def sentence(found: Explanation) -> str:
    """An explanation in a sentence, with what each group adds to the logit."""
    flip = {"pos": 1, "neg": -1}[found.sign]
    scores = [flip * group.score for group in found.groups]
    side = {"pos": "for", "neg": "against"}[found.sign]
    count = len(scores)
    return (
        f"{found.layer}: {count} group{'s' * (count != 1)} {side} {found.label}, of "
        f"{found.groups.n_selected} channels; scores {', '.join(f'{own:+.2f}' for own in scores)}."
    )
