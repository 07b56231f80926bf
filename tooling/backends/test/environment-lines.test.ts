import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { collisions, exportLines, joinedEnvironment } from '../src/environment-lines.ts'
import type { RunningState } from '../src/running-state.ts'

const state = (name: string, environment: Record<string, string>): RunningState => ({
  name,
  version: '1',
  environment,
  keeper: { pid: 1, began: '' },
})

test('a shell reads back what was exported, whatever is in it', () => {
  const value = `it's "$HOME" \`id\` \\ \n and more`
  const [line = ''] = exportLines({ VALUE: value })
  const printed = execFileSync('sh', ['-c', `${line}\nprintf %s "$VALUE"`], { encoding: 'utf8' })
  expect(printed).toBe(value)
})

test('of two backends that set one variable the later one counts, and it is said', () => {
  const states = [state('a', { X: '1', Y: '1' }), state('b', { X: '2', Y: '1' })]
  expect(joinedEnvironment(states)).toEqual({ X: '2', Y: '1' })
  expect(collisions(states)).toHaveLength(1)
})
