type Channels = [number, number, number];

/** Viénot, Brettel and Mollon 1999: what red, green and blue become, in linear light. */
const matrices = {
  protanopia: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deuteranopia: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
} as const;

export const deficiencies = ['protanopia', 'deuteranopia'] as const;

/** How far apart two colours (`#rrggbb`) are in linear light to eyes that lack a kind of cone. */
export function distanceSeen(one: string, other: string, deficiency: keyof typeof matrices): number {
  const [a, b] = [one, other].map((colour) => simulate(channelsOf(colour), deficiency));
  return Math.hypot(...a!.map((channel, index) => channel - b![index]!));
}

/** As WCAG 2 measures it: 1 to 21; text wants 4.5. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [one, other].map((colour) => luminance(channelsOf(colour))).sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

function simulate(channels: Channels, deficiency: keyof typeof matrices): number[] {
  return matrices[deficiency].map((row: readonly number[]) =>
    row.reduce((sum, weight, index) => sum + weight * channels[index]!, 0),
  );
}

function channelsOf(colour: string): Channels {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Channels;
}

function luminance([red, green, blue]: Channels): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
