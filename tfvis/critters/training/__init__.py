"""The networks that know the scenes: training, testing, model cards."""
