"""The site that `make docs` builds from this folder: `sphinx -b html docs build/docs`.

The pages are plain Markdown, to be read on GitHub too. What only the site needs is added here: its
navigation, and equations as MathML, which browsers show without a script.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.domains.python import PyObject
from sphinx.pycode import ModuleAnalyzer

from tfvis import __version__

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

HERE = Path(__file__).parent

project = "tfvis"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"
exclude_patterns = ["conf.py"]

html_theme = "furo"
html_title = f"tfvis {release}"
html_show_copyright = False
html_copy_source = False
html_math_renderer = "mathml"

# Headings have GitHub's anchors, and ```math is an equation, as it is there.
myst_heading_anchors = 4
myst_fence_as_directive = ["math"]
myst_enable_extensions = ["dollarmath"]

autodoc_member_order = "groupwise"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88

NAVIGATION = {
    "First steps": ("quick_start", "gallery/README", "python"),
    "How to": (
        "explain",
        "page",
        "layers",
        "your_network",
        "your_grouping",
        "your_explainer",
        "attacks",
        "compare",
        "boxes",
        "mosaics",
        "many_images",
        "gpu",
        "memory",
        "times",
        "troubleshooting",
    ),
    "The methods": ("methods", "guided_inversion", "sources"),
    "Results": (
        "experiments",
        "localisation",
        "evaluation",
        "group_evidence",
        "benchmarks",
        "comparison",
        "limits",
    ),
    "Reference": (
        "command_line",
        "results",
        "networks",
        "critters/README",
        "critters_resnet/README",
        "api/index",
    ),
}

MODULES = [
    "tfvis",
    "explainers",
    "batches",
    "evaluation",
    "attacks",
    "models",
    "datasets",
    "critters",
    "report",
    "utils",
]
"""The order of the reference."""


def navigation() -> dict[str, list[str]]:
    """The pages of each part that are there; a page that no part names comes last."""
    there = {
        str(file.relative_to(HERE).with_suffix(""))
        for pattern in ("**/*.md", "**/*.rst")
        for file in HERE.glob(pattern)
    }
    parts = {
        title: [page for page in pages if page in there] for title, pages in NAVIGATION.items()
    }
    named = {root_doc, *(page for pages in parts.values() for page in pages)}
    others = sorted(page for page in there - named if not page.startswith("api/"))
    return {**parts, "More": others} if others else parts


def add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Append the navigation to the pages that lead to others; GitHub would show it as code."""
    if page == "api/index":
        modules = sorted((file.stem for file in HERE.glob("api/*.rst")), key=MODULES.index)
        source[0] += _toctree("Modules", modules)
    if page == root_doc:
        source[0] += "".join(_toctree(title, pages) for title, pages in navigation().items())


def _toctree(title: str, pages: list[str]) -> str:
    lines = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{lines}\n```\n"


def read_as_markdown(app: Sphinx, what: str, name: str, own: object, options: object,
                     lines: list[str]) -> None:  # fmt: skip
    """Let docstrings say `name` for code, and use bars and final underscores, as Markdown does."""
    if what == "module":  # indented blocks are code
        text = re.sub(r"^(\S.*)\n\n(?=    \S)", r"\1\n\n::\n\n", "\n".join(lines), flags=re.M)
        lines[:] = text.split("\n")
    # Napoleon takes "Δ: the score after …" of a property for its type.
    if what in ("property", "attribute", "data") and lines[1:] and lines[-1].startswith(":type: "):
        lines[0] = f"{lines.pop().removeprefix(':type: ')}: {lines[0]}"
    for k, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = re.split(r"((?<![`:])`[^`]+`(?!`))", line)
            for i, part in enumerate(parts):
                if i % 2:
                    joined = parts[i + 1][:1].isalnum()  # `PIL.Image`s
                    parts[i] = f"`{part}`" + ("\\ " if joined else "")
                else:
                    parts[i] = re.sub(r"(?<=\w)_(?!\w)|\|", r"\\\g<0>", part)
            lines[k] = "".join(parts)


def describe_constant(app: Sphinx, what: str, name: str, own: object, options: object,
                      lines: list[str]) -> None:  # fmt: skip
    """Take a constant's description from the module that it comes from, not from its type."""
    if what == "data":
        attribute = name.rpartition(".")[2]
        lines.clear()
        for module in [*sys.modules.values()]:
            home = getattr(module, "__name__", "")
            if home.startswith("tfvis.") and vars(module).get(attribute) is own:
                found = ModuleAnalyzer.for_module(home).find_attr_docs()
                lines[:] = found.get(("", attribute), lines)


def with_short_defaults(app: Sphinx, what: str, name: str, own: object, options: object,
                        signature: str | None, returns: str | None,
                        ) -> tuple[str | None, str | None]:  # fmt: skip
    """Make signatures of dataclasses Python, so that their types are linked."""
    return signature and signature.replace("<factory>", "..."), returns


def write_inline_equation(writer: HTML5Translator, node: nodes.math) -> None:
    """Write an equation within a line."""
    writer.body.append(tex2mathml(node.astext()))
    raise SkipNode


def write_equation(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write an equation of its own."""
    writer.body.append(tex2mathml(node.astext(), as_block=True))
    raise SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("source-read", add_navigation)
    app.connect("autodoc-process-docstring", describe_constant, priority=400)
    app.connect("autodoc-process-docstring", read_as_markdown, priority=600)  # after napoleon
    app.connect("autodoc-process-signature", with_short_defaults)
    app.add_html_math_renderer("mathml", (write_inline_equation, None), (write_equation, None))
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # as docstrings call them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
