"""Compiled inner loops: NumPy arrays in, NumPy arrays out, nothing of ours imported."""
