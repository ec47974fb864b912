/** For `npm run migrations:generate`. A plain object, as drizzle-kit is no dependency of the product. */
export default {
  dialect: 'postgresql',
  schema: './storage/database/postgres-tables.ts',
  out: './storage/database/migrations/postgres',
};
