import functools

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
