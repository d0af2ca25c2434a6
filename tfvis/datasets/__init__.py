"""Images and their truth: tables of boxes, example images."""
