// Ends processes and removes folders when the process that started this one is gone. Orders come by standard input,
// a line each: `process PID`, `folder PATH`, and the same after a minus sign to take one back.
import { rmSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'

const orders = new Set()

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith('-')) orders.delete(line.slice(1))
  else orders.add(line)
}

for (const order of orders) {
  if (!order.startsWith('process ')) continue
  try {
    // The group, for a server may have started more.
    process.kill(-Number(order.slice('process '.length)), 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
for (const order of orders) {
  if (!order.startsWith('folder ')) continue
  rmSync(order.slice('folder '.length), { recursive: true, force: true, maxRetries: 5 })
}
