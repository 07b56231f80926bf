import { test } from 'vitest'
import { race } from './rewrap-race.ts'

test('two processes race 1,000 times, one sometimes killed, and the file is as the last receipt says', {
  timeout: 180_000,
}, async () => {
  await race(12, 50)
})
