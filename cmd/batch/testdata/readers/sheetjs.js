// Prints every cell of a workbook as SheetJS reads it: sheet, address, formula, value.
const XLSX = require('xlsx');
const book = XLSX.readFile(process.argv[2], { cellFormula: true, cellDates: false });
const cells = [];
for (const name of book.SheetNames) {
  const sheet = book.Sheets[name];
  for (const address of Object.keys(sheet)) {
    if (address[0] === '!' || sheet[address].v === undefined) continue;
    cells.push([name, address, sheet[address].f || '', sheet[address].v]);
  }
}
console.log(JSON.stringify(cells));
