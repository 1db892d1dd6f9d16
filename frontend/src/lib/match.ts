const letters: Record<string, string> = {
  ı: 'i',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ς: 'σ',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
}

const umlauts: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', Ä: 'Ae', Ö: 'Oe', Ü: 'Ue' }

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\p{Cf}]/gu, '')
    .toLowerCase()
    .replace(/[ıłøđðħŧςßæœþ]/g, (letter) => letters[letter] ?? letter)
}

/** Search as the server means it (directory.Search): each word stands somewhere in the names, in any order, case and Unicode form. */
export function matches(text: string | undefined, ...names: (string | null | undefined)[]): boolean {
  const words = (text ?? '').split(/[\s,;()"]+/u).filter(Boolean)
  if (words.length === 0) return true
  const all = names.filter(Boolean).join(' ')
  const folded = `${fold(all)} ${fold(all.normalize('NFC').replace(/[äöüÄÖÜ]/g, (letter) => umlauts[letter] ?? letter))}`
  return words.every((word) => folded.includes(fold(word)))
}
