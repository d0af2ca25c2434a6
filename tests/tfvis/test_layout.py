"""Where modules and their tests are: tests mirror the source folders."""

from pathlib import Path

from source_modules import ROOT, modules, place_of


def test_no_module_is_longer_than_four_hundred_lines():
    lengths = {name: len(file.read_text().splitlines()) for name, file in modules(ROOT).items()}
    assert {name: n for name, n in lengths.items() if n > 400} == {}


def test_there_is_no_loose_module_beside_the_packages():
    loose = {file.name for file in (ROOT / "tfvis").iterdir() if file.is_file()}
    assert loose == {"__init__.py", "__main__.py", "_version.py", "cli.py", "py.typed"}


# Tests of what goes through several modules; all others are named after one.
ACROSS_MODULES = {
    "benchmarks/test_evidence.py",
    "benchmarks/test_peers.py",
    "benchmarks/test_soft_groups.py",
    "ci/test_check_links.py",
    "ci/test_coverage_floor.py",
    "ci/test_notebooks.py",
    "docs/test_clean_checkout.py",
    "docs/test_contributing.py",
    "docs/test_pages.py",
    "docs/test_site.py",
    "examples/test_custom_grouping.py",
    "examples/test_gallery.py",
    "examples/test_notebooks.py",
    "tfvis/models/test_kinds.py",
    "tfvis/models/test_three_ways.py",
    "tfvis/report/test_every_result.py",
    "tfvis/report/test_full_disks.py",
    "tfvis/report/test_killed_runs.py",
    "tfvis/report/test_large_archives.py",
    "tfvis/report/test_links.py",
    "tfvis/test_doctests.py",
    "tfvis/test_homes.py",
    "tfvis/test_import_direction.py",
    "tfvis/test_import_lightness.py",
    "tfvis/test_installation.py",
    "tfvis/test_layout.py",
    "tfvis/test_locales.py",
    "tfvis/test_memory_limits.py",
    "tfvis/test_namespaces.py",
    "tfvis/test_one_pass.py",
    "tfvis/test_signals.py",
    "tfvis/test_six_tasks.py",
    "tfvis/test_streams.py",
}

# Modules that are tested through others: the test files, under tests/.
COVERED_BY = {
    "tfvis/__main__": "tfvis/test_installation.py",
    "tfvis/_version": "tfvis/test_installation.py",
    "tfvis/commands/group_options": "tfvis/commands/test_explain.py",
    "tfvis/commands/resumed_runs": "tfvis/report/test_journal_commands.py",
    "tfvis/critters/animals": "tfvis/critters/test_scene.py",
    "tfvis/critters/backgrounds": "tfvis/critters/test_scene.py",
    "tfvis/critters/bicycles": "tfvis/critters/test_unknown_things.py",
    "tfvis/critters/heads": "tfvis/critters/test_scene.py",
    "tfvis/critters/mammals": "tfvis/critters/test_scene.py",
    "tfvis/critters/people": "tfvis/critters/test_unknown_things.py",
    "tfvis/critters/sketch": "tfvis/critters/test_shapes.py",
    "tfvis/critters/surfaces": "tfvis/critters/test_scene.py",
    "tfvis/critters/things": "tfvis/critters/test_scene.py",
    "tfvis/critters/train": "tfvis/critters/training/test_loop.py",
    "tfvis/critters/training/card": "tfvis/critters/training/test_loop.py",
    "tfvis/critters/training/command": "tfvis/critters/training/test_loop.py",
    "tfvis/critters/training/evaluation": "tfvis/critters/training/test_loop.py",
    "tfvis/evaluation/evaluation_defaults": "tfvis/settings/test_evaluate.py",
    "tfvis/evaluation/evaluation_plan": "tfvis/evaluation/test_evaluating.py",
    "tfvis/evaluation/metric_names": "tfvis/evaluation/test_case_metric_registry.py",
    "tfvis/explainers/comparison_sheet": "tfvis/explainers/test_comparison.py",
    "tfvis/explainers/layer_sheet": "tfvis/explainers/test_surveyed_layers.py",
    "tfvis/explainers/layer_table": "tfvis/explainers/test_surveyed_layers.py",
    "tfvis/report/comparisons": "tfvis/commands/test_compare.py",
    "tfvis/experiments/options": "tfvis/settings/test_experiments.py",
    "tfvis/experiments/other_networks": "tfvis/experiments/test_two_classes.py",
    "tfvis/experiments/group_visualisation": "tfvis/commands/test_explain.py",
    "tfvis/guided_inversion": "tfvis/commands/test_invert.py",
    "tfvis/guided_inversion/__main__": "tfvis/commands/test_invert.py",
    "tfvis/models/architectures": "tfvis/models/test_googlenet.py",
    "tfvis/models/graph_defs": "tfvis/models/test_custom.py",
    "tfvis/models/graph_layer_facts": "tfvis/models/test_layer_choice.py",
    "tfvis/models/keras_layer_facts": "tfvis/models/test_layer_choice.py",
    "tfvis/models/receptive_rules": "tfvis/models/test_receptive_fields.py",
    "tfvis/models/receptive_spans": "tfvis/models/test_receptive_fields.py",
    "tfvis/models/residual": "tfvis/models/test_critters.py",
    "tfvis/report/folders": "tfvis/report/test_explanations.py",
    "tfvis/report/own_files": "tfvis/report/test_writing.py",
    "tfvis/report/working_folder": "tfvis/report/test_writing.py",
    "tfvis/runtime/checkout": "tfvis/test_installation.py",
    "tfvis/runtime/utils_alias": "tfvis/test_installation.py",
    "utils/attribution_cut": "utils/test_attribution.py",
    "utils/choices": "tfvis/settings/test_explain.py",
    "utils/layer_facts": "tfvis/models/test_layer_choice.py",
}  # fmt: skip


def test_every_test_is_named_after_a_module_or_package():
    places = {place_of(name) for name in modules(ROOT)}
    strays = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        place = file.relative_to(ROOT / "tests")
        named = place.with_name(place.stem.removeprefix("test_")).as_posix()
        if not (named in places or a_subject_of(named, places)):
            strays.add(place.as_posix())
    assert strays == ACROSS_MODULES
    assert [file for file in ACROSS_MODULES if not (ROOT / "tests" / file).is_file()] == []


def test_a_second_file_of_tests_stands_beside_the_first():
    places = {place_of(name) for name in modules(ROOT)}
    assert a_subject_of("utils/errors_of_files", places)
    assert not a_subject_of("utils/mistakes_of_files", places)
    assert not a_subject_of("tfvis/models_of_ones_own", places)  # of a package, not a module
    assert not a_subject_of("tfvis/critters/surfaces_of_water", places)  # without a first file


def test_every_module_has_a_test():
    places = {place_of(name) for name in modules(ROOT)} - {*COVERED_BY}
    assert [place for place in places if not has_test(place)] == []
    assert [f for f in {*COVERED_BY.values()} if not (ROOT / "tests" / f).is_file()] == []
    assert [place for place in COVERED_BY if place not in map(place_of, modules(ROOT))] == []
    assert [place for place in COVERED_BY if has_test(place)] == []


def a_subject_of(named, places):
    """Whether that is a second file of tests of one module: errors_of_files beside errors."""
    return any(
        named.startswith(f"{own}_")
        and (ROOT / "tests" / own).with_name(f"test_{Path(own).name}.py").is_file()
        for own in places
    )


def has_test(place):
    """Whether a module or package of this place has a test of its own."""
    own = ROOT / "tests" / place
    return own.is_dir() or own.with_name(f"test_{own.name}.py").is_file()
