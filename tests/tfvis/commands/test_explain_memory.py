"""`tfvis explain --memory`."""


def test_a_bound_that_is_too_small_is_one_line(own, tmp_path):
    status, _, err = own("--memory", "200MB")
    assert status == 2
    (line,) = err.splitlines()
    assert line.startswith("tfvis: error: Expected --memory of at least 1.0GB for mine")
    assert line.endswith("received '200MB'.")
    assert not list((tmp_path / "out").rglob("result.json"))
    status, _, err = own("--memory", "2")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "Expected --memory to be a number with a unit, such as 2GB" in err


def test_a_run_within_a_bound_says_how_it_is_repeated(own, tmp_path):
    status, _, _ = own("--memory", "4GB")
    assert status == 0
    (config,) = (tmp_path / "out").rglob("config.toml")
    assert 'memory = "4GB"' in config.read_text()
