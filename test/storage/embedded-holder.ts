// A process that has the embedded engine and writes to it until it is killed: run by embedded.test.ts.
import { openEmbedded } from '../../storage/embedded.ts';

const [folder = ''] = process.argv.slice(2);
const { pglite } = await openEmbedded(folder);
await pglite.exec('CREATE TABLE IF NOT EXISTS written (number int PRIMARY KEY)');
for (let number = 1; ; number++) {
  await pglite.query('INSERT INTO written VALUES ($1)', [number]);
  process.stdout.write(`${number}\n`);
}
