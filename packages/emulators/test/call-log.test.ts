import { expect, test } from 'vitest'
import { CallLog, Grants } from '../src/index.ts'

test('counts by operation outlive the calls that are kept', () => {
  const log = new CallLog()
  for (let n = 0; n < 25_000; n++) log.record({ operation: n % 2 === 0 ? 'Encrypt' : 'Decrypt', status: 200 })
  expect([log.count(), log.count('Encrypt'), log.operations()]).toEqual([
    25_000,
    12_500,
    ['Decrypt', 'Encrypt'],
  ])
  expect(log.latest.length).toBeGreaterThanOrEqual(10_000)
  expect(log.latest.length).toBeLessThanOrEqual(20_000)
})

test('a listener hears each call until it is ended', () => {
  const log = new CallLog()
  const heard: string[] = []
  const end = log.listen(({ operation }) => heard.push(operation))
  log.record({ operation: 'Encrypt', status: 200 })
  end()
  log.record({ operation: 'Decrypt', status: 200 })
  expect(heard).toEqual(['Encrypt'])
})

test('a principal may do everything until it is limited, and again once it is released', () => {
  const grants = new Grants()
  const may = (): readonly boolean[] => ['Encrypt', 'Decrypt'].map((name) => grants.allows('ann', name))
  expect(may()).toEqual([true, true])
  grants.limit('ann', ['Encrypt'])
  expect(may()).toEqual([true, false])
  expect(grants.allows('bob', 'Decrypt')).toBe(true)
  grants.release('ann')
  expect(may()).toEqual([true, true])
})
