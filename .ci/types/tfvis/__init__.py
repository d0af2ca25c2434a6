"""For pyright alone: `tfvis.utils`, whose folder lies beside `tfvis`, is found through the link here."""
