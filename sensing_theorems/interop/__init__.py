r"""Doors to other people's toolboxes, each a module that is imported by name.

`sensing_theorems.interop.deepinv` reads physics and transforms of deepinv, and writes ours in its
form. Operators of pylops, sigpy, ODL and pyxu need no door: `as_operator` takes them.
"""

__all__: list[str] = []
