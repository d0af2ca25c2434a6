"""How a result was made, as a page tells it."""

from tfvis.report.page.origin import origin


def test_the_command_can_be_pasted_into_a_shell(made):
    command = ["tfvis", "explain", "--image", "my photo; rm -rf.png"]
    assert origin(made(), command).command == "tfvis explain --image 'my photo; rm -rf.png'"


def test_a_result_of_python_has_no_command(made):
    assert origin(made(), None).command is None


def test_facts_options_and_versions_are_told(made):
    found = origin(made(), None, {"icons": 1.5}, [("gap", "0.1")])
    facts = dict(found.facts)
    assert (facts["network"], facts["layer"], facts["image"]) == ("googlenet", "block/a", "photo")
    assert facts["size of the image"] == "8 x 8 pixels"
    assert facts["gap"] == "0.1"
    assert dict(found.options)["n_groups"] == "not set"
    assert dict(found.options)["icons"] == "size=16"
    assert "numpy" in dict(found.versions)
    assert found.seconds == (("icons", 1.5),)


def test_a_grouper_is_told_by_its_class(made):
    grouper = {"class": "KMeans", "module": "sklearn.cluster", "parameters": {"n_clusters": 3}}
    options = dict(origin(made(options={"grouping": grouper}), None).options)
    assert options["grouping"] == "KMeans(n_clusters=3)"


def test_nothing_is_known():
    found = origin(None, None)
    assert (found.facts, found.options, found.versions, found.seconds) == ((), (), (), ())
