import { test } from 'vitest'
import { race } from './rewrap-race.ts'

// KW-REW-8
test('two processes that rewrap one file leave it as the last receipt says', async () => {
  await race(2, 40)
})
