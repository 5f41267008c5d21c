"""A member writes the group's own words on the group's page: a reply template, a tag and the name of a status."""

from playwright.sync_api import Page, expect

from tests.support.browser import to_group


def write_words(
    page: Page,
    *,
    title: str = "We come",
    text: str = "Dear {name}, we come on {day}.",
    tag: str = "third floor",
    status: str = "Delivered",
) -> None:
    """Write a template in two languages, a tag and the name of the status "Done". Ends on the group's page."""
    to_group(page)
    page.get_by_text("Reply templates").click()
    page.get_by_role("button", name="Add a reply template").click()
    page.get_by_label("Title of the template").fill(title)
    page.locator("#template-0").fill(text)
    page.get_by_role("button", name="Add another language").click()
    page.get_by_label("Language of the text").nth(1).select_option("ar")
    page.locator("#template-1").fill("مرحبًا {name}، نأتي {اليوم}.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".words li", has_text=title)).to_be_visible()
    page.get_by_text("Tags (0)").click()
    page.get_by_role("button", name="Add a tag").click()
    page.get_by_label("Name of the tag").fill(tag)
    page.get_by_label("Colour").select_option("red")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".words .tag.red", has_text=tag)).to_be_visible()
    page.get_by_text("Names of the statuses").click()
    page.get_by_label("Done", exact=True).fill(status)
    page.get_by_role("button", name="Save the names").click()
    # The tag's own result may come as late as this one.
    names = page.locator("details", has_text="Names of the statuses")
    expect(names.get_by_text("The words are saved.")).to_be_visible()
