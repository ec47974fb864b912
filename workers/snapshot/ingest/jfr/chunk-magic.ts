/** Every chunk of a JFR recording begins with it. */
export const chunkMagic = 'FLR\0';
