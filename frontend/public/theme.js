// Before the first paint: the chosen colours, so that a dark page never flashes white.
;(function () {
  var scheme = 'auto'
  try {
    scheme = localStorage.getItem('writ.scheme') || 'auto'
  } catch {
    // storage may be closed to us: follow the system
  }
  var dark = scheme === 'dark' || (scheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
