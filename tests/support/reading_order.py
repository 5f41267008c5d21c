"""A phone number among Arabic words, and the order in which a browser shows it."""

NUMBER = "+1 (555) 010-0199"
ARABIC = f"هاتفي {NUMBER} مساء"

# Whether a text is on the screen in the order in which it is stored, from the left.
IS_FROM_THE_LEFT = """([selector, text]) => {
  for (const element of document.querySelectorAll(selector)) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(text);
      if (at < 0) continue;
      const edges = [...text].map((_, index) => {
        const range = document.createRange();
        range.setStart(walker.currentNode, at + index);
        range.setEnd(walker.currentNode, at + index + 1);
        return range.getBoundingClientRect().left;
      });
      return edges.every((left, index) => index === 0 || left > edges[index - 1]);
    }
  }
  return null;
}"""
