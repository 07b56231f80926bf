// The packages that carry Node write "os" and "cpu" as a string; pnpm reads lists only, and would
// download the binary of every platform.
module.exports = {
  hooks: {
    readPackage(manifest) {
      if (!/^node-(linux|win)-/.test(manifest.name)) return manifest
      return { ...manifest, os: [manifest.os].flat(), cpu: [manifest.cpu].flat() }
    },
  },
}
