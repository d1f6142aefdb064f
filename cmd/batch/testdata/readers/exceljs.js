// Prints every cell of a workbook as exceljs reads it: sheet, address, formula, value.
const ExcelJS = require('exceljs');
(async () => {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(process.argv[2]);
  const cells = [];
  book.eachSheet((sheet) => sheet.eachRow((row) => row.eachCell((cell) => {
    let value = cell.value, formula = '';
    if (cell.isMerged && cell.master.address !== cell.address) return;
    if (value && value.sharedFormula) value = { formula: cell.formula, result: value.result };
    // It leaves out the result of a formula that is 0.
    if (value && value.formula !== undefined) { formula = value.formula; value = value.result === undefined ? 0 : value.result; }
    if (value && value.richText) value = value.richText.map((part) => part.text).join('');
    if (value instanceof Date) value = { date: value.getTime() };
    if (value !== null && value !== undefined) cells.push([sheet.name, cell.address, formula, value]);
  })));
  console.log(JSON.stringify(cells));
})().catch((err) => { console.error(err); process.exit(1); });
