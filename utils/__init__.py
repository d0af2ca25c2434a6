"""The methods: attribution, grouping, rendering and what they stand on.

This is the package `tfvis.utils`. Its public names are listed in `__init__.pyi` and imported on
first use, so that importing the package does not import TensorFlow.

In a checkout the package can also be imported as `utils`: both names then give the same modules.
"""

if __name__ == "utils":
    from tfvis.runtime.utils_alias import alias_utils

    alias_utils()
else:
    import lazy_loader

    __getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
