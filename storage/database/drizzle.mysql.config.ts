/** For `npm run migrations:generate`. A plain object, as drizzle-kit is no dependency of the product. */
export default {
  dialect: 'mysql',
  schema: './storage/database/tables.ts',
  out: './storage/database/migrations/mysql',
};
