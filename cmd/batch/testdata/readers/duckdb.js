// Prints the columns and rows of a Parquet file as JSON, as DuckDB reads them: each value as text.
const { DuckDBInstance } = require('@duckdb/node-api');

(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const from = `read_parquet('${process.argv[2].replaceAll("'", "''")}')`;
  const columns = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`)).getRows();
  await connection.run("SET TimeZone = 'UTC'");
  const names = columns.map((c) => `"${c[0]}"::VARCHAR`).join(', ');
  const rows = (await connection.runAndReadAll(`SELECT ${names} FROM ${from}`)).getRows();
  console.log(JSON.stringify({ columns: columns.map((c) => [c[0], c[1]]), rows }));
})().catch((err) => { console.error(err); process.exit(1); });
