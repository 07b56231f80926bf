import type { Checker } from './tree.ts'

// Code and documents refer to a decision by its number, so a number has one meaning and a record a title.
const form = /^decisions\/(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$/

/** Every file in decisions/ is NNNN-title.md with a number of its own and starts with a heading. */
export const decisionRecords: Checker = {
  name: 'decision-records',
  check(tree) {
    const seen = new Map<string, string>()
    return tree.files.flatMap(({ path, text }) => {
      if (!path.startsWith('decisions/')) return []
      const number = form.exec(path)?.[1]
      if (number === undefined) return [`${path}: name it NNNN-title.md`]
      const findings: string[] = []
      const other = seen.get(number)
      if (other !== undefined) findings.push(`${path}: ${other} has the number ${number} already`)
      seen.set(number, path)
      if (!text().startsWith('# ')) findings.push(`${path}: start with a heading`)
      return findings
    })
  },
}
