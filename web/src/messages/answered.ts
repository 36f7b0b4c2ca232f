// The sentence about whom one answers.

/** The sentence for these first names, by the labels of the page. */
export function answered(names: readonly string[], labels: Record<string, string | undefined>): string {
  const label = [undefined, labels.one, labels.two, labels.three][names.length] ?? "";
  const places: Record<string, string | undefined> = { "{a}": names[0], "{b}": names[1], "{c}": names[2] };
  return label.replace(/\{[abc]\}/g, (place) => places[place] ?? "");
}
