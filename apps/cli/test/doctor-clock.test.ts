import { createServer, get } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { MemoryServiceError } from '@keywright/conformance/memory'
import { expect, onTestFinished, test } from 'vitest'
import type { Check } from '../src/doctor/check.ts'
import { type ExamineOptions, examine } from '../src/doctor/examine.ts'
import { type MemoryFault, memoryKek } from './memory-kek.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const usual: ExamineOptions = {
  context: { purpose: 'doctor' },
  callMs: 5_000,
  totalMs: 20_000,
  config: undefined,
}

async function portOf(server: Server): Promise<number> {
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A server whose every answer is of this time, or of none, and what a provider's client sends to it. */
async function httpServer(date: string | undefined, status = 200): Promise<() => Promise<void>> {
  const server = createServer((_, answer) => {
    answer.sendDate = false
    answer.writeHead(status, date === undefined ? {} : { date }).end()
  })
  const port = await portOf(server)
  return () =>
    new Promise((resolve, reject) => {
      get({ port, agent: false }, (answer) => answer.resume().on('end', resolve)).on('error', reject)
    })
}

async function http2Server(date: string): Promise<() => Promise<void>> {
  const server = createHttp2Server((_, answer) => {
    answer.sendDate = false
    answer.writeHead(415, { date }).end()
  })
  const session = connect(`http://127.0.0.1:${await portOf(server)}`)
  onTestFinished(() => session.destroy())
  return () =>
    new Promise((resolve, reject) => {
      session.request({}).on('end', resolve).on('error', reject).resume()
    })
}

async function fetchedServer(date: string): Promise<() => Promise<void>> {
  const server = createServer((_, answer) => {
    answer.sendDate = false
    answer.setHeader('date', date)
    answer.end()
  })
  const port = await portOf(server)
  return async () => void (await (await fetch(`http://127.0.0.1:${port}`)).arrayBuffer())
}

/** A key manager that is asked over the network when the key is described. */
const over = (ask: () => Promise<void>): MemoryFault => ({
  driver: (driver) => ({
    describeKey: async (call) => {
      await ask()
      return driver.describeKey(call)
    },
  }),
})

/** The clock line, by a clock of this machine that stands at noon. */
async function clockLine(fault: MemoryFault, wallMs: number = noon): Promise<Check | undefined> {
  const kek = memoryKek(fault)
  onTestFinished(() => void kek.close())
  const { checks } = await examine(kek, { ...usual, wallNow: () => wallMs })
  return checks.find(({ check }) => check === 'clock')
}

const at = (offsetSeconds: number): string => new Date(noon + offsetSeconds * 1_000).toUTCString()

test.each([
  ['HTTP', httpServer],
  ['HTTP/2', http2Server],
  ['fetch', fetchedServer],
])('a clock that an answer over %s agrees with is ok', async (_, serve) => {
  expect(await clockLine(over(await serve(at(0))))).toMatchObject({
    result: 'ok',
    provedBy: ['describeKey'],
  })
})

test.each([
  ['HTTP', httpServer],
  ['HTTP/2', http2Server],
  ['fetch', fetchedServer],
])('a clock that an answer over %s contradicts has failed', async (_, serve) => {
  expect(await clockLine(over(await serve(at(601))))).toMatchObject({
    result: 'failed',
    provedBy: ['describeKey'],
  })
})

test.each([
  [300, 'warning'],
  [-300, 'warning'],
  [301, 'failed'],
  [-301, 'failed'],
  [60, 'ok'],
  [-60, 'ok'],
] as const)('a key manager whose clock is %i seconds ahead: %s', async (seconds, result) => {
  expect((await clockLine(over(await httpServer(at(seconds)))))?.result).toBe(result)
})

test('what to do names how far off the clock is, and in which direction', async () => {
  const behind = await clockLine(over(await httpServer(at(601))))
  expect(behind?.detail).toContain('601 s behind')
  expect(behind?.fix).toContain('601 s')
  expect((await clockLine(over(await httpServer(at(-601)))))?.detail).toContain('601 s ahead')
})

test('the clock is seen where the credentials are refused for it', async () => {
  const ask = await httpServer(at(601), 403)
  const refused: MemoryFault = {
    driver: () => ({
      wrapKey: async () => {
        await ask()
        throw new MemoryServiceError('Unauthenticated')
      },
    }),
  }
  expect(await clockLine(refused)).toMatchObject({ result: 'failed', provedBy: ['wrapKey'] })
})

test('an answer without a date, or with one that is none, says nothing of the clock', async () => {
  expect((await clockLine(over(await httpServer(undefined))))?.result).toBe('not checked')
  expect((await clockLine(over(await httpServer('soon'))))?.result).toBe('not checked')
})

test('keys that are examined at once are told their own key managers clocks', async () => {
  const asks = [await httpServer(at(0)), await httpServer(at(601)), await httpServer(at(0))]
  const lines = await Promise.all(asks.map((ask) => clockLine(over(ask))))
  expect(lines.map((line) => line?.result)).toEqual(['ok', 'failed', 'ok'])
})

test('where no answer tells a time, a key made in the future tells that this clock is behind', async () => {
  const young: MemoryFault = {
    driver: (driver) => ({
      describeKey: async (call) => ({ ...(await driver.describeKey(call)), createdAt: new Date(noon) }),
    }),
  }
  expect(await clockLine(young, noon - 600_000)).toMatchObject({
    result: 'failed',
    provedBy: ['describeKey'],
  })
  expect((await clockLine(young, noon + 600_000))?.result).toBe('not checked')
})
