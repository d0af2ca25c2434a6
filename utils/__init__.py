"""The methods: attribution, grouping, rendering and what they stand on.

Public names are listed in `__init__.pyi` and imported on first use, so that importing this
package does not import TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
