import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './storage/database/postgres-tables.ts',
  out: './storage/database/migrations/postgres',
});
