/** Characters of foreign text that a message shows at most. */
const most = 80

/**
 * Text from a header as it may stand in a message: a terminal or a log would obey what is not printable ASCII.
 *
 * @param text chosen by whoever made the header
 */
export function printable(text: string): string {
  const safe = text.slice(0, most).replace(/[^ -~]/g, (character) => {
    return `\\u{${character.charCodeAt(0).toString(16)}}`
  })
  return text.length > most ? `${safe}…` : safe
}
