"""An evaluation made by hand: two explainers, three metrics, two cases of each of n images."""

import numpy as np

from tfvis.evaluation.evaluations import CaseScores, EvaluatedCase, Evaluation, MetricFacts

FACTS = {
    "pointing": MetricFacts("Hits.", chance=0.5),
    "average_drop": MetricFacts("Loses.", more_is_better=False),
    "part_deletion": MetricFacts("Of parts.", thresholds=(0.1, 0.5), family="parts"),
    "group_deletion": MetricFacts("Of groups."),
}


def small_evaluation(
    provenance, n=3, *, names=("Grad-CAM", "mine, too"), problem="It diverged.", label="cat / dog",
    picture="image", seed=5,
):  # fmt: skip
    rng = np.random.default_rng(0)
    cases = tuple(
        EvaluatedCase(f"{picture} {k}: {c}", f"{picture} {k}", "image", c, label)
        for k in range(n)
        for c in (0, 1)
    )

    def scores(told, groups):
        values = {
            "pointing": rng.random(2 * n),
            "average_drop": rng.random(2 * n),
            "part_deletion": rng.random((2 * n, 2)),
            "group_deletion": rng.random(2 * n) if groups else np.full(2 * n, np.nan),
        }
        return CaseScores(values, (told, *[None] * (2 * n - 1)), 1.25)

    explainers = {names[0]: scores(None, False), names[1]: scores(problem, True)}
    return Evaluation(cases, explainers, FACTS, seed, provenance)
