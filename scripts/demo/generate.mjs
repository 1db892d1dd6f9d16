// Writes the demo organisation's files: hr/*.csv and badge/Badge_Card.csv. Deterministic: the same seed gives the same bytes.
// Run it again only to change the organisation: `node scripts/demo/generate.mjs`; the result is committed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const PEOPLE = 500

// mulberry32: small, seeded, good enough for a demo
let seed = 20260101
function random() {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const pick = (list) => list[Math.floor(random() * list.length)]
const between = (low, high) => low + Math.floor(random() * (high - low + 1))
const pad = (n, width) => String(n).padStart(width, '0')

const sites = [
  ['BER', 'Berlin', 'Germany'],
  ['HAM', 'Hamburg', 'Germany'],
  ['MUC', 'Munich', 'Germany'],
  ['PAR', 'Paris', 'France'],
  ['LIS', 'Lisbon', 'Portugal'],
  ['WAW', 'Warsaw', 'Poland'],
]

// code, name, parent, share of people
const departments = [
  ['CORP', 'Corporate', '', 0],
  ['EXEC', 'Executive Office', 'CORP', 1],
  ['FIN', 'Finance', 'CORP', 2],
  ['FIN-ACC', 'Accounting', 'FIN', 7],
  ['FIN-CTL', 'Controlling', 'FIN', 4],
  ['FIN-TRE', 'Treasury', 'FIN', 3],
  ['HR', 'Human Resources', 'CORP', 4],
  ['HR-REC', 'Recruiting', 'HR', 3],
  ['IT', 'Information Technology', 'CORP', 3],
  ['IT-OPS', 'IT Operations', 'IT', 7],
  ['IT-DEV', 'Software Development', 'IT', 12],
  ['IT-DEV-WEB', 'Web Platform', 'IT-DEV', 6],
  ['IT-SEC', 'Information Security', 'IT', 3],
  ['SAL', 'Sales', 'CORP', 3],
  ['SAL-DACH', 'Sales DACH', 'SAL', 10],
  ['SAL-WEST', 'Sales Western Europe', 'SAL', 8],
  ['SAL-EAST', 'Sales Eastern Europe', 'SAL', 6],
  ['MKT', 'Marketing', 'CORP', 6],
  ['OPS', 'Operations', 'CORP', 3],
  ['OPS-LOG', 'Logistics', 'OPS', 14],
  ['OPS-SUP', 'Customer Support', 'OPS', 14],
  ['OPS-FAC', 'Facilities', 'OPS', 5],
  ['LEG', 'Legal and Compliance', 'CORP', 4],
]

const titles = {
  DIR: 'Director',
  HEAD: 'Head of Department',
  LEAD: 'Team Lead',
  ACC: 'Accountant',
  CTL: 'Controller',
  HRP: 'HR Partner',
  SYS: 'System Administrator',
  DEV: 'Software Developer',
  SEC: 'Security Analyst',
  REP: 'Sales Representative',
  KAM: 'Key Account Manager',
  MKT: 'Marketing Specialist',
  LOG: 'Logistics Coordinator',
  SUP: 'Support Agent',
  FAC: 'Facility Technician',
  LAW: 'Legal Counsel',
  AST: 'Assistant',
}

const titlesOf = (code) => {
  if (code.startsWith('FIN')) return ['ACC', 'ACC', 'CTL', 'AST']
  if (code.startsWith('HR')) return ['HRP', 'HRP', 'AST']
  if (code === 'IT-OPS') return ['SYS', 'SYS', 'DEV', 'SUP']
  if (code === 'IT-SEC') return ['SEC', 'SEC', 'SYS']
  if (code.startsWith('IT')) return ['DEV', 'DEV', 'DEV', 'LEAD']
  if (code.startsWith('SAL')) return ['REP', 'REP', 'REP', 'KAM']
  if (code === 'MKT') return ['MKT']
  if (code === 'OPS-LOG') return ['LOG']
  if (code === 'OPS-SUP') return ['SUP']
  if (code === 'OPS-FAC') return ['FAC']
  if (code === 'LEG') return ['LAW', 'AST']
  return ['AST', 'LEAD']
}

const firstNames = `Anna Ben Clara David Elena Felix Greta Hugo Ines Jonas Katarzyna Lukas Marta Nils Olga Paul Rita Samuel Teresa Viktor
Agnieszka Amelie Antoine Beatriz Camille Carlos Chloe Daniel Diana Emil Emma Ewa Filipa Florian Gabriel Hanna Henrik Irena Jakub Joana Julia
Karim Laura Leo Lena Louis Luisa Magda Manuel Maria Mateusz Max Mia Miguel Mira Nadia Noah Nora Oskar Patricia Pedro Petra Philip Rafael
Robert Sara Simon Sofia Stefan Sven Tim Tomasz Ulla Vera Wanda Yannick Yusuf Zofia`.split(/\s+/)
const lastNames = `Adler Almeida Bauer Becker Bernard Borges Brandt Carvalho Costa Dubois Duarte Engel Fischer Fontaine Fuchs Garnier Gomes
Graf Haas Hartmann Hoffmann Huber Jankowski Kaiser Keller Klein Koch Kowalski Kraus Lambert Lang Laurent Lehmann Lewandowski Lima Lopes Maier
Martin Mazur Mendes Meyer Moreau Nowak Oliveira Otto Pereira Petit Pinto Richter Rocha Roux Santos Sauer Schmidt Schneider Schubert Silva
Simon Sousa Stein Thomas Vieira Vogel Wagner Weber Winkler Wojcik Wolf Zielinski Zimmermann`.split(/\s+/)

const weighted = departments.flatMap(([code, , , share]) => Array(share).fill(code))
const date = (y, m, d) => `${y}-${pad(m, 2)}-${pad(d, 2)}`
const anyDate = (from, to) => date(between(from, to), between(1, 12), between(1, 28))

const people = []
const positions = []
const heads = new Map()
const usedNames = new Set()

for (let i = 1; i <= PEOPLE; i++) {
  let first, last
  do {
    first = pick(firstNames)
    last = pick(lastNames)
  } while (usedNames.has(first + last))
  usedNames.add(first + last)
  const id = `E${pad(10000 + i, 5)}`
  const department = i < departments.length ? departments[i][0] : pick(weighted)
  const isHead = !heads.has(department)
  const title = isHead ? (department === 'EXEC' ? 'DIR' : 'HEAD') : pick(titlesOf(department))
  if (isHead) heads.set(department, id)
  const site = department === 'SAL-WEST' ? pick(['PAR', 'LIS']) : department === 'SAL-EAST' ? 'WAW' : pick(['BER', 'BER', 'BER', 'HAM', 'MUC', 'PAR', 'LIS', 'WAW'])
  people.push({ id, first, last, department, site, isHead, email: `${first}.${last}@northwind.example`.toLowerCase(), phone: `+49 30 5550 ${pad(i, 4)}` })

  // most are here; some have left, some are yet to come, some have an end in sight
  const fate = isHead ? 1 : random()
  let start = anyDate(2012, 2025)
  let end = ''
  if (fate < 0.06) end = anyDate(Math.max(2023, Number(start.slice(0, 4)) + 1), 2025)
  else if (fate < 0.1) start = anyDate(2027, 2027)
  else if (fate < 0.18) end = anyDate(2028, 2031)
  if (end && end <= start) end = date(2025, 12, 28)
  positions.push([`P${pad(i, 5)}-1`, id, department, title, site, start, end, end ? 'TEMPORARY' : 'PERMANENT'])
  // a second position beside or after the first
  if (!isHead && fate > 0.9) {
    const other = pick(weighted)
    positions.push([`P${pad(i, 5)}-2`, id, other, pick(titlesOf(other)), site, date(2020, between(1, 12), 1), '', 'PERMANENT'])
  } else if (fate < 0.02) {
    const other = pick(weighted)
    positions.push([`P${pad(i, 5)}-2`, id, other, pick(titlesOf(other)), site, date(2027, between(1, 6), 1), '', 'PERMANENT'])
  }
}

const parentOf = new Map(departments.map(([code, , parent]) => [code, parent]))
const managerOf = (p) => {
  let code = p.isHead ? parentOf.get(p.department) : p.department
  while (code && !heads.has(code)) code = parentOf.get(code)
  return code ? heads.get(code) : p.department === 'EXEC' ? '' : heads.get('EXEC')
}

const csv = (header, rows) => [header, ...rows].map((r) => r.map((v) => (/[",\n]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v)).join(',')).join('\n') + '\n'
const write = (path, header, rows) => {
  const file = join(here, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, csv(header, rows))
}

write('hr/Sites.csv', ['Code', 'Name', 'Country'], sites)
write('hr/Titles.csv', ['Code', 'Name'], Object.entries(titles))
write('hr/Departments.csv', ['Code', 'Name', 'Parent', 'Head'], departments.map(([code, name, parent]) => [code, name, parent, heads.get(code) ?? '']))
write('hr/People.csv', ['EmployeeId', 'FirstName', 'LastName', 'Email', 'Phone', 'Manager'], people.map((p) => [p.id, p.first, p.last, p.email, p.phone, managerOf(p) ?? '']))
write('hr/Positions.csv', ['PositionId', 'EmployeeId', 'Department', 'Title', 'Site', 'StartDate', 'EndDate', 'Contract'], positions)

// Badge office: cards of those who work in the two old buildings; everybody else still needs one. Only people who are here hold a card.
const today = '2026-06-01'
const here2 = (id) => positions.some((p) => p[1] === id && p[5] <= today && (!p[6] || p[6] > today))
const cards = people
  .filter((p) => ['BER', 'HAM'].includes(p.site) && here2(p.id))
  .map((p) => {
    const current = positions.filter((q) => q[1] === p.id && q[5] <= today && (!q[6] || q[6] > today)).sort((a, b) => (a[5] < b[5] ? 1 : -1))[0]
    return [`B-${p.id}`, p.id, `${p.first} ${p.last}`, current[4], current[2].startsWith('IT') ? 'Datacenter' : 'Standard']
  })
// What nobody asked for, so that reconciliation has something to show: cards that still open the old site, cards without a name, a card of nobody, and
// one with a name that several people have.
const old = cards.filter(([, , , site]) => site === 'HAM').slice(20, 25)
for (const card of old) card[3] = 'BER'
for (const card of cards.filter(([, , , site]) => site === 'BER').slice(30, 32)) card[2] = ''
cards.push(['B-GUEST-1', '', 'Guest at the front desk', 'BER', 'Standard'], ['B-0007', '', 'Almeida', 'HAM', 'Standard'])
write('badge/Badge_Card.csv', ['CardNumber', 'EmployeeId', 'HolderName', 'Site', 'AccessLevel'], cards)
console.log(`${people.length} people, ${positions.length} positions, ${cards.length} cards`)
