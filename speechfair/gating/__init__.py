"""Gating: criteria, written and frozen before the test set is read, and the verdict on each of them.

A verdict is pass, fail, undetermined or error. Missing data never passes.
"""
