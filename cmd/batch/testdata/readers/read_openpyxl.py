# Prints every cell of a workbook as openpyxl reads it: sheet, address, formula, value.
import datetime, json, sys
import openpyxl

values = openpyxl.load_workbook(sys.argv[1], data_only=True)
formulas = openpyxl.load_workbook(sys.argv[1])
cells = []
for sheet in values.worksheets:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is None:
                continue
            value, formula = cell.value, formulas[sheet.title][cell.coordinate].value
            if isinstance(value, (datetime.datetime, datetime.date)):
                value = {"serial": openpyxl.utils.datetime.to_excel(value)}
            formula = formula[1:] if isinstance(formula, str) and formula.startswith("=") else ""
            cells.append([sheet.title, cell.coordinate, formula, value])
print(json.dumps(cells))
