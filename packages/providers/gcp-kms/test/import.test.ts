import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'

test("importing the provider, and making a KEK, loads nothing of Google's", () => {
  const entry = join(import.meta.dirname, '../src/index.ts')
  const script = `
    import { createRequire, registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    const { gcpKms } = await import(${JSON.stringify(entry)})
    gcpKms({ key: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' })
    const cached = Object.keys(createRequire(import.meta.url).cache)
    console.log(JSON.stringify([...loaded, ...cached]))
  `
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  const modules = JSON.parse(output) as readonly string[]
  expect(modules.some((url) => url.endsWith('src/gcp-kms.ts'))).toBe(true)
  expect(modules.filter((url) => /@google-cloud|google-gax|@grpc|protobufjs/.test(url))).toEqual([])
})
