import { rotateKey } from '../src/index.ts'

// Started by the tests as a process of its own: rotates a key so many times, as fast as it can.
const [folder = '', key = '', times = '0'] = process.argv.slice(2)
for (let count = 0; count < Number(times); count++) await rotateKey({ key, folder })
