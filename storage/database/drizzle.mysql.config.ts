import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'mysql',
  schema: './storage/database/tables.ts',
  out: './storage/database/migrations/mysql',
});
