/** All products, by id. */
export class Catalogue {
  constructor(products) {
    this.products = products;
    this.byId = new Map(products.map((product) => [product.id, product]));
  }

  find(id) {
    return this.byId.get(id);
  }

  findMany(ids) {
    return ids.map((id) => this.byId.get(id)).filter((product) => product !== undefined);
  }
}
