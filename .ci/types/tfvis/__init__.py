"""For pyright alone, which finds `tfvis.utils` through the link beside this file.

The folder `utils` lies beside `tfvis`, not inside it, and at run time an import hook finds it.
"""
