"""The question of the package, asked of real images through the setups that people use.

``python -m sensing_theorems.demo`` prints one table and writes one page per setup. It needs no
network: the images ship with matplotlib.
"""
