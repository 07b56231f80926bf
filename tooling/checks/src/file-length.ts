import { type Checker, sources } from './tree.ts'

// Beyond some 350 lines a file holds more than one idea, and a review of it stops being one.
const maxLines = 350

/** No source file of more than 350 lines. */
export const fileLength: Checker = {
  name: 'file-length',
  check(tree) {
    return sources(tree).flatMap((file) => {
      const lines = file.text().trimEnd().split('\n').length
      return lines > maxLines ? [`${file.path}: ${lines} lines, at most ${maxLines}: split it by idea`] : []
    })
  },
}
