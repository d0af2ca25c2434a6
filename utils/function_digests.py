"""What tells one function from another, over several runs of a program."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable


def function_digest(function: Callable) -> hashlib._Hash:
    """SHA-256 of a function's name, and of what it computes if it is a lambda.

    Args:
        function: or an object that is called like one; where it lies in memory does not count.

    Returns:
        An open hash, to which more can be added.

    Example:
        >>> from tfvis.utils.function_digests import function_digest
        >>> one, same, other = (function_digest(f).hexdigest() for f in (abs, abs, max))
        >>> one == same, one == other
        (True, False)
    """
    name = getattr(function, "__qualname__", None) or repr(function)
    found = hashlib.sha256(re.sub(r" at 0x[0-9a-fA-F]+", "", name).encode())
    code = getattr(function, "__code__", None)
    if "<" in name and code is not None:  # a lambda, which has no name to tell it by
        found.update(code.co_code + repr(code.co_consts).encode())
    return found
