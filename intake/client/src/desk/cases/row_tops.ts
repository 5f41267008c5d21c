/** Where the rows of a list begin. Pure: no page. */

/**
 * Return where each row begins, the heading before it included, and last where the list ends.
 *
 * @param heights of the rows, in px.
 * @param headings the rows that have a heading before them, in order.
 * @param headingHeight in px.
 */
export function topsOf(heights: number[], headings: number[], headingHeight: number): number[] {
  const tops = [0];
  let next = 0;
  for (const [index, height] of heights.entries()) {
    const hasHeading = headings[next] === index;
    if (hasHeading) next += 1;
    tops.push(tops[index]! + height + (hasHeading ? headingHeight : 0));
  }
  return tops;
}

/** Return the row at a distance from the list's upper edge, or the nearest one. The result is 0 for an empty list. */
export function rowAt(tops: number[], distance: number): number {
  let [low, high] = [0, Math.max(0, tops.length - 2)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (tops[middle]! <= distance) low = middle;
    else high = middle - 1;
  }
  return low;
}
