import { getTableColumns } from 'drizzle-orm';
import { getTableConfig, type MySqlColumn, type MySqlTable } from 'drizzle-orm/mysql-core';
import {
  customType,
  index,
  type PgColumn,
  type PgColumnBuilderBase,
  type PgTableExtraConfigValue,
  pgSchema,
  primaryKey,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import * as declared from './tables.ts';

/**
 * The Postgres twins of tables.ts, made by walking over it: same fields, names, keys and indexes, and the
 * same conversion of values, because each column hands on to the declared one. They live in a schema of
 * their own, so that neither BullMQ's tables nor a changed search_path can meet them.
 *
 * A twin has the type of the declared table: queries are written once, against that type, and the query
 * builder of the engine finds tables of its own dialect at run time.
 */
export const schema = pgSchema('avalanche');

const typeNames: Record<string, string> = { mediumtext: 'text', bigint: 'bigint', int: 'integer' };

/** Orders by code point whatever the server's language is, and survives a new version of its libraries. */
const exactText = 'COLLATE "C"';

/** 'varchar(64) CHARACTER SET …' is varchar(64); char(36) too, as Postgres would pad a char. */
function toPostgresType(mysqlType: string): string {
  const [, name = '', length = ''] = /^(\w+)(\(\d+\))?/.exec(mysqlType) ?? [];
  if (name === 'char' || name === 'varchar') return `varchar${length} ${exactText}`;
  const typeName = typeNames[name];
  if (typeName === undefined)
    throw new RangeError(`Cannot make a Postgres column of the type "${mysqlType}": not in the table`);
  return typeName;
}

function toPostgresColumn(column: MySqlColumn): PgColumnBuilderBase {
  const builder = customType<{ data: unknown; driverData: unknown }>({
    dataType: () => toPostgresType(column.getSQLType()),
    toDriver: (value) => column.mapToDriverValue(value),
    fromDriver: (value) => column.mapFromDriverValue(value),
  })(column.name);
  if (column.primary) builder.primaryKey();
  if (column.notNull) builder.notNull();
  return builder;
}

function toPostgresTable<Table extends MySqlTable>(table: Table): Table {
  const { name, indexes, primaryKeys } = getTableConfig(table);
  const fields = Object.entries(getTableColumns(table));
  const columns = Object.fromEntries(fields.map(([field, column]) => [field, toPostgresColumn(column)]));
  const twin = schema.table(name, columns, (own) => {
    const toOwn = (column: unknown): PgColumn => {
      const field = fields.find(([, declaredColumn]) => declaredColumn === column)?.[0];
      if (field === undefined)
        throw new RangeError(`Cannot make the Postgres twin of "${name}": an index is not on its columns`);
      return own[field]!;
    };
    const keys: PgTableExtraConfigValue[] = primaryKeys.map((key) => {
      const [first, ...others] = key.columns.map(toOwn);
      return primaryKey({ name: key.getName(), columns: [first!, ...others] });
    });
    return keys.concat(
      indexes.map(({ config }) => {
        const [first, ...others] = config.columns.map(toOwn);
        return (config.unique ? uniqueIndex(config.name) : index(config.name)).on(first!, ...others);
      }),
    );
  });
  return twin as unknown as Table;
}

export const requests = toPostgresTable(declared.requests);
export const messages = toPostgresTable(declared.messages);
export const snapshots = toPostgresTable(declared.snapshots);
export const audit = toPostgresTable(declared.audit);
export const linkRevocations = toPostgresTable(declared.linkRevocations);
export const secrets = toPostgresTable(declared.secrets);
export const agreements = toPostgresTable(declared.agreements);
