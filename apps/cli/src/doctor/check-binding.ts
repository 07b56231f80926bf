import type { Check } from './check.ts'
import { broken, mustRefuse, notChecked, ok, warning } from './check.ts'
import { doNotUse, noConnection } from './check-permissions.ts'
import type { Evidence } from './evidence.ts'

const nothingToAsk = 'there was no wrapped key to ask with'

/** Whether a wrapped key opens for its own context alone, and only as it was made. */
export function bindingChecks(evidence: Evidence): readonly Check[] {
  const { connect, unwrap, wrappedBy, flippedByte } = evidence
  if (connect === undefined || connect.error !== undefined || wrappedBy === undefined) {
    const why = connect?.error === undefined ? nothingToAsk : noConnection
    return [
      notChecked('right context', why),
      notChecked('wrong context', why),
      notChecked('flipped byte', why),
    ]
  }
  if (unwrap?.error !== undefined || unwrap === undefined) {
    const why = `the unwrap itself was ${unwrap === undefined ? 'not made' : 'refused'}: it could not be told from others`
    return [
      notChecked('right context', why),
      notChecked('wrong context', why),
      notChecked('flipped byte', why),
    ]
  }
  const right = unwrap.value.isSame
    ? ok('right context', 'the context that was sealed with opens', wrappedBy, 'unwrapKey')
    : broken('right context', 'another key comes back than was wrapped', doNotUse, wrappedBy, 'unwrapKey')
  const flipped = mustRefuse('flipped byte', flippedByte, {
    refused: 'a wrapped key with one flipped bit is refused',
    taken: 'a wrapped key with one flipped bit was taken',
    fix: doNotUse,
  })
  const byEnvelope = connect.value.capabilities.contextBinding === 'envelope'
  return [right, byEnvelope ? envelopeBinding(evidence) : nativeBinding(evidence), flipped]
}

function nativeBinding({ wrongContext }: Evidence): Check {
  return mustRefuse('wrong context', wrongContext, {
    refused: 'the key manager refuses to unwrap for another context',
    taken: 'the key manager unwraps for another context, and declares that it binds it',
    fix: doNotUse,
  })
}

/** The key manager binds nothing here, by its own declaration: what holds is the envelope's own derivation. */
function envelopeBinding({ wrongContext, envelopeRefuses }: Evidence): Check {
  if (wrongContext?.error !== undefined && wrongContext.error.code === 'unwrap-failed') {
    const detail = 'the key manager refuses another context, and declares that it binds none'
    return warning('wrong context', detail, 'tell who wrote this provider', 'unwrapKey')
  }
  if (envelopeRefuses?.error !== undefined || envelopeRefuses === undefined) {
    return notChecked('wrong context', 'the key manager binds no context, and no envelope could be tried')
  }
  if (!envelopeRefuses.value) {
    return broken('wrong context', 'an envelope opens for another context', doNotUse, 'wrapKey', 'unwrapKey')
  }
  const detail = 'the key manager binds no context, as declared; an envelope is refused for another one'
  return ok('wrong context', detail, 'wrapKey', 'unwrapKey')
}
