"""The page of a batch in a browser: what tests do there as a user does."""

from batch_pages import some_rows

ROWS = some_rows(180)
"""They fit on one page of the table."""


def names(page):
    """The names in the table, from above."""
    return page.locator("#rows td[data-key=name] bdi").all_text_contents()


def choose(page, **values):
    for name, value in values.items():
        page.select_option(f"[name={name}]", str(value))


def click_head(page, key):
    page.click(f"#rows th[data-key={key}] button")
