// The pinned pnpm, for machines without one: `npm run pnpm -- install`, `npm run pnpm -- add NAME --filter …`.
import process from 'node:process'
import { launch, main } from './launch.mjs'
import { pinnedPnpm } from './setup.mjs'

await main((args) => launch(process.execPath, [pinnedPnpm(), ...args]))
