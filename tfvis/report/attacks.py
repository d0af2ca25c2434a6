"""What `tfvis attack` writes.

<output>/<image>/attack_<method>[_<digest>]/    a result folder, whole or not there
    <image>_<method>.png    the sample, in 8 bits as it was attacked
    before.png              the image before, at the network's size
    change.png              the change around grey, magnified
    patch.png               the patch, in 8 bits as it was pasted; only if one was
    arrays.npz, result.json, overview.png

The digest, of the options, is there only where a result of others has the name without it.
"""

from __future__ import annotations

from pathlib import Path

from tfvis.utils import images
from tfvis.utils.file_names import safe_name

from ..attacks.samples import AdversarialSample
from .earlier import answer_folder, image_folder
from .values import packed, save_arrays
from .writing import finite, write_result, writing

KIND = "attack"


def attack_folder(above: Path, method: str) -> Path:
    """The result folder of an attack, in the folder of an image's results."""
    return above / f"attack_{safe_name(method)}"


def sample_name(image: str, method: str) -> str:
    """The name of a sample's file; as the input of another command it names the results."""
    return f"{image}_{safe_name(method)}.png"


def write_attack(found: AdversarialSample, output: Path, name: str | None = None) -> Path:
    """Write one sample's result folder.

    It replaces that of an earlier run with the same options. One of others stays: the new folder
    goes beside it.

    Args:
        found: the sample.
        output: the folder above all.
        name: of the image's folder; see `image_folder`.

    Returns:
        The result folder.
    """
    above = image_folder(output, found.provenance, found.image, name)
    own = attack_folder(above.path, found.method)
    said = {"class": {"index": found.class_index, "label": found.label}}
    file = sample_name(above.path.name, found.method)
    now = found.answer
    with writing(own), answer_folder(own, found.provenance, said, above=above) as answer:
        folder = answer.new
        images.save(folder / file, found.sample)
        images.save(folder / "before.png", found.image)
        images.save(folder / "change.png", found.magnified())
        if found.patch is not None:
            images.save(folder / "patch.png", found.patch)
        images.save(folder / "overview.png", found.sheet())
        value, arrays = packed(found)
        save_arrays(folder, arrays)
        summary = {
            **said,
            "method": found.method,
            "target": None
            if found.target is None
            else {"index": found.target, "label": found.target_label},
            "answer": {"index": now, "label": found.answer_label},
            "succeeded": found.succeeded,
            "largest_change": found.largest_change,
            "length_of_change": finite(found.length_of_change),
            "logits": {
                kind: {"before": finite(found.logits[c]), "after": finite(found.sample_logits[c])}
                for kind, c in (("class", found.class_index), ("answer", now))
            },
            "sample": file,
        }
        write_result(folder, KIND, summary, value, found.provenance, found)
    return answer.target
