import functools
import math
import subprocess
import sys

import numpy as np

from tfvis.utils.function_digests import function_digest


def digest(function):
    return function_digest(function).hexdigest()


def scaled(factor):
    return lambda x: x * factor


def test_a_named_function_is_told_by_its_name():
    assert digest(abs) == digest(abs) != digest(max)


def test_a_lambda_is_told_by_what_it_computes():
    assert digest(lambda x: x + 1) == digest(lambda x: x + 1)
    assert digest(lambda x: x + 1) != digest(lambda x: x + 2)


def test_a_lambda_is_told_by_the_names_that_it_uses():
    assert digest(lambda x: math.sin(x)) != digest(lambda x: math.cos(x))


def test_a_lambda_is_told_by_the_values_around_it():
    assert digest(scaled(1)) == digest(scaled(1)) != digest(scaled(255))
    one, same, other = (scaled(np.array([1.0, factor])) for factor in (2.0, 2.0, 3.0))
    assert digest(one) == digest(same) != digest(other)


def test_a_lambda_is_told_by_its_defaults():
    assert digest(lambda x, scale=1: x * scale) != digest(lambda x, scale=2: x * scale)
    assert digest(lambda x, *, scale=1: x * scale) != digest(lambda x, *, scale=2: x * scale)


def test_a_lambda_in_a_lambda_counts():
    assert digest(lambda x: (lambda y: y + 1)(x)) != digest(lambda x: (lambda y: y + 2)(x))


def test_a_variable_without_a_value_is_no_error():
    def make():
        found = lambda x: later + x  # noqa: E731
        before = digest(found)
        later = 1
        return before, digest(found)

    before, after = make()
    assert before != after


def test_another_process_finds_the_same():
    code = (
        "from tfvis.utils.function_digests import function_digest as d\n"
        "s = 3\n"
        "f = [lambda x: (lambda y: y + 1)(x), lambda x: x in {'a', 'b', 'c'}]\n"
        "print([d(one).hexdigest() for one in f])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(3)
    }
    assert len(found) == 1


def test_where_an_object_lies_does_not_count():
    class Scale:
        def __call__(self, x):
            return 2 * x

    first, second = Scale(), Scale()
    assert repr(first) != repr(second)
    assert digest(first) == digest(second)
    assert digest(functools.partial(scaled, 1)) == digest(functools.partial(scaled, 1))


def test_more_can_be_added():
    found = function_digest(abs)
    found.update(b"weights")
    assert found.hexdigest() != digest(abs)
