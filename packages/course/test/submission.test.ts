import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listClass } from '../src/class/roster.js'
import { clean } from '../src/clean.js'
import { readSubmission, writeSubmission } from '../src/sandbox/submission.js'
import { scratch } from './course.js'

/** "Übung" as Windows has written it into an archive: not UTF-8. */
const UMLAUT = Buffer.from('Übung', 'latin1')
const inside = (folder: string, name: Buffer) => Buffer.concat([Buffer.from(`${folder}/`), name])

test('a file whose name is not UTF-8 is copied as it is', () => {
  using place = scratch()
  place.write({ 'in/ä/tcpserver.c': 'int x;' })
  writeFileSync(inside(join(place.folder, 'in'), UMLAUT), 'text')
  writeSubmission(readSubmission(join(place.folder, 'in'), 1000), join(place.folder, 'out/ö'), undefined)
  expect(readFileSync(join(place.folder, 'out/ö/ä/tcpserver.c'), 'utf8')).toBe('int x;')
  expect(readFileSync(inside(join(place.folder, 'out/ö'), UMLAUT), 'utf8')).toBe('text')
})

test('folders count as files do: they take as much time', () => {
  using place = scratch()
  for (let at = 0; at < 2001; at++) mkdirSync(join(place.folder, `d${at}`))
  expect(() => readSubmission(place.folder, 1000)).toThrow('it has more than 2000 files')
})

test('a folder whose name is not UTF-8 does not keep the others from being graded', () => {
  using place = scratch()
  place.write({ 'ada/tcpserver.c': '' })
  mkdirSync(inside(place.folder, UMLAUT))
  const entries = listClass(place.folder, undefined, () => {})
  expect(entries.map(({ id }) => id)).toEqual(['ada', '\ufffdbung'])
})

const encoded = {
  'UTF-8 with a mark': Buffer.from('\ufeffid,name\nzoë,Zoë\nnobody,N\n'),
  'UTF-16, as a spreadsheet writes text': Buffer.from('\ufeffid\tname\nzoë\tZoë\nnobody\tN\n', 'utf16le'),
  'one byte per character, with semicolons': Buffer.from('id;name\r\nzoë;Zoë\r\nnobody;N\r\n', 'latin1'),
  'letters and accents apart': Buffer.from('id,name\nzoë,Zoë\nnobody,N\n'.normalize('NFD')),
}

test.each(Object.entries(encoded))('a roster in %s matches its folders', (_, bytes) => {
  using place = scratch()
  place.write({ 'class/zoë/x': '' })
  writeFileSync(join(place.folder, 'r.csv'), bytes)
  const said: string[] = []
  const [zoe, ...rest] = listClass(join(place.folder, 'class'), join(place.folder, 'r.csv'), (line) => said.push(line))
  expect(zoe).toMatchObject({ id: 'zoë', folder: join(place.folder, 'class/zoë') })
  expect(zoe!.name.normalize()).toBe('Zoë')
  expect(rest.map(({ id }) => id)).toEqual(['nobody'])
  expect(said.length).toBe(1)
})

test('no text turns the direction of others, or controls a terminal', () => {
  expect(clean('a\u202eb\u2066c\x1b[31md\x07\x9b')).toBe('a·b·cd··')
})
