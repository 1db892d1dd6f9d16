/** Lines of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe in front. */
export function toCsv(lines: string[][]): string {
  return lines.map((cells) => cells.map(cell).join(',') + '\r\n').join('')
}

function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A CSV file in the making. Its parts lie in the store of the browser, which puts them on disk; what is held here does not grow. */
export class CsvFile {
  private parts: Blob[] = [new Blob(['\ufeff'])]

  add(lines: string[][]) {
    this.parts.push(new Blob([toCsv(lines)]))
  }

  /** Hands the file to the person. */
  save(name: string) {
    download(name, new Blob(this.parts, { type: 'text/csv;charset=utf-8' }))
  }
}

/** Hands a text to the browser as a file. */
export function download(name: string, content: string | Blob, type = 'text/plain;charset=utf-8') {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
