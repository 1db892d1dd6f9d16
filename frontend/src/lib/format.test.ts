import { describe, expect, it } from 'vitest'
import { toCsv } from './csv'
import {
  formatDuration,
  formatFile,
  formatName,
  formatNumber,
  formatPeriod,
  formatRelative,
  formatStamp,
  formatValue,
  inCamelCase,
} from './format'

const now = Date.parse('2026-03-01T12:00:00Z')

describe('format', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [12345, '12\u202f345'],
    [1234567, '1\u202f234\u202f567'],
  ])('groups %i thinly', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })

  it.each([
    ['2026-03-01T11:59:58Z', 'just now'],
    ['2026-03-01T11:55:00Z', '5\u00a0min ago'],
    ['2026-03-03T12:00:00Z', 'in 2\u00a0d'],
  ])('says %s as %s', (iso, text) => {
    expect(formatRelative(iso, now)).toBe(text)
  })

  it('says that an end is open', () => {
    const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
    const from = day.format(new Date('2026-01-02T00:00:00'))
    expect(formatPeriod(null, null)).toBe('')
    expect(formatPeriod(new Date('2026-01-02T00:00:00').toISOString(), null)).toBe(`${from} – open`)
    expect(formatPeriod(null, new Date('2026-01-03T00:00:00').toISOString())).toBe(`until ${from}`)
  })

  it('takes the largest unit', () => {
    expect(formatDuration(3 * 3_600_000 + 1)).toBe('3\u00a0h')
  })

  it('writes names and values as people would', () => {
    expect(formatName('nullKeys')).toBe('Null keys')
    expect(inCamelCase('LINKS_DELETED')).toBe('linksDeleted')
    expect(formatName('links_deleted')).toBe('Links deleted')
    expect(formatValue(['a', 1, true, null])).toBe('a, 1, yes, ')
  })
})

describe('toCsv', () => {
  it('quotes what needs it and disarms formulas', () => {
    expect(
      toCsv([
        ['a', 'b'],
        ['x,y', 'say "hi"'],
        ['=1+1', '\n'],
      ]),
    ).toBe(`a,b\r\n"x,y","say ""hi"""\r\n'=1+1,"\n"\r\n`)
  })
})

describe('formatStamp', () => {
  it('shows days as days, instants exactly, and leaves the rest alone', () => {
    expect(formatStamp('20250904')).toMatch(/2025/)
    expect(formatStamp('20250904')).not.toContain(':')
    expect(formatStamp('20250904130501')).toContain('2025')
    expect(formatStamp('20250904130501')).toContain(':05:01')
    expect(formatStamp('soon')).toBe('soon')
  })
})

it('a file is told by its size and the beginning of its digest', () => {
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(formatFile(`3 bytes sha256:${digest}`)).toBe('3 B (ba7816bf)')
  expect(formatFile(`48213 bytes sha256:${digest}`)).toBe('48 kB (ba7816bf)')
  expect(formatFile(`4194304 bytes sha256:${digest}`)).toBe('4.2 MB (ba7816bf)')
  expect(formatFile('48213 bytes')).toBe('48213 bytes')
})
