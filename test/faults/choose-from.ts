/** One of them, the likelier the larger its share. */
export function chooseFrom<Choice extends { share: number }>(
  choices: readonly Choice[],
  random: () => number,
): Choice {
  let left = random() * choices.reduce((sum, { share }) => sum + share, 0);
  for (const choice of choices) {
    left -= choice.share;
    if (left < 0) return choice;
  }
  return choices.at(-1)!;
}
