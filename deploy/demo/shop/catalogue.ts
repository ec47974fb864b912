import type { Cents } from './money.ts';

export type Product = {
  sku: string;
  name: string;
  category: string;
  description: string;
  priceCents: Cents;
};

const materials = [
  'oak',
  'walnut',
  'birch',
  'steel',
  'linen',
  'wool',
  'cotton',
  'glass',
  'ceramic',
  'leather',
];
const colours = ['white', 'black', 'sand', 'moss', 'slate', 'rust', 'ochre', 'navy'];
const sizes = ['small', 'medium', 'large', 'tall'];
const kinds: Record<string, string[]> = {
  furniture: ['table', 'chair', 'shelf', 'bench', 'stool', 'cabinet'],
  textiles: ['blanket', 'cushion', 'curtain', 'rug', 'towel'],
  kitchen: ['bowl', 'jug', 'pan', 'board', 'mug', 'plate'],
  lighting: ['lamp', 'lantern', 'pendant'],
};

/** The range as the merchandising team plans it: every kind in every material, colour and size. */
export function loadCatalogue(): Map<string, Product> {
  const products = new Map<string, Product>();
  for (const [category, names] of Object.entries(kinds)) {
    for (const kind of names) {
      for (const material of materials) {
        for (const colour of colours) {
          for (const size of sizes) addProduct(products, category, `${size} ${colour} ${material} ${kind}`);
        }
      }
    }
  }
  return products;
}

function addProduct(products: Map<string, Product>, category: string, name: string): void {
  const number = products.size;
  const sku = `P-${String(number).padStart(5, '0')}`;
  products.set(sku, {
    sku,
    name,
    category,
    description: `A ${name}, made to last. Wipe with a dry cloth. Ships from the ${category} warehouse within two days.`,
    priceCents: 990 + ((number * 7919) % 24_000),
  });
}
