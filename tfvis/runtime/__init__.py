"""The process: imports from a checkout, TensorFlow's start, the terminal, downloads."""
