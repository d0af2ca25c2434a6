"""Scores of explanations: on rendered scenes, on boxes, with random weights."""
