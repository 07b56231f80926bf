import { rmSync } from 'node:fs'
import { openFile, sealFile } from '../src/index.ts'
import { ringOf } from './memory-kek.ts'

const [source = '', target = ''] = process.argv.slice(2)
const keys = ringOf('a')
const atStart = process.memoryUsage.rss()
await sealFile(source, target, { keys })
await openFile(target, `${target}.opened`, { keys })
rmSync(`${target}.opened`)
console.log(JSON.stringify({ atStart, highest: process.resourceUsage().maxRSS * 1024 }))
