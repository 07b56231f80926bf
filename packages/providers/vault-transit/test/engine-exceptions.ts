/** Where the emulator answers otherwise than the engine's server, and why. */
export interface Exception {
  /** Title of the row. */
  readonly title: string
  /** Position of the step. */
  readonly step: number
  readonly parts: readonly ('status' | 'shape' | 'code')[]
  readonly reason: string
}

const collected =
  "Vault's core collects what an engine did not foresee under a heading; the engine's server has no core"

export const exceptions: readonly Exception[] = [
  { title: 'associated data that is no base64', step: 2, parts: ['shape'], reason: collected },
  { title: 'associated data that is no base64', step: 3, parts: ['shape'], reason: collected },
  { title: 'batches that are none', step: 4, parts: ['shape'], reason: collected },
  { title: 'batches that are none', step: 5, parts: ['shape'], reason: collected },
  {
    title: 'associated data of a wrong type',
    step: 1,
    parts: ['status', 'shape', 'code'],
    reason:
      "Vault's core makes an invalid request, status 400, of what fails before it knows whether the key is there",
  },
  {
    title: 'a body that is no JSON',
    step: 1,
    parts: ['shape'],
    reason: "the emulator does not say where the fault is, which Go's parser does in words of its own",
  },
  {
    title: 'looking at the token',
    step: 0,
    parts: ['shape'],
    reason: "tokens are no part of the engine: its server tells less of them than Vault's own token store",
  },
]
