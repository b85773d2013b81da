"""What is wrong with a page as it stands: axe's objections, Chinese on an English page, wider than the window."""

import re
from importlib.resources import files

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
HAN = re.compile(r"[\u3400-\u9fff]+")
VIOLATIONS = """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
    violations.map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | ")}`))"""

WORDS = """() => {
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest("script, [lang|=zh]")) continue;
    if (!parent.closest("#texts")) found.push(walker.currentNode.textContent);
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder]"))
    for (const name of ["aria-label", "title", "placeholder"]) found.push(element.getAttribute(name) ?? "");
  found.push(...Object.values(document.getElementById("texts")?.dataset ?? {}));
  return found;
}"""


def look(page: Page, language: str, data: str) -> list[str]:
    """What is wrong with the page as it stands."""
    page.evaluate(AXE)
    wrong = page.evaluate(VIOLATIONS)
    if page.locator("html").get_attribute("lang") != language.removesuffix("-US"):
        wrong.append(f"not in {language}")
    if language == "en-US":
        runs = {run for text in page.evaluate(WORDS) for run in HAN.findall(text)}
        wrong += [f"Chinese: {run}" for run in sorted(runs) if run not in data]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("wider than the window")
    return list(wrong)
