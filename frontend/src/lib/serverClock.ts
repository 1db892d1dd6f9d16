let ahead = 0

/** The clock of the server as far as we know it, in ms: the browser's own may be wrong by minutes. */
export function serverNow(): number {
  return Date.now() + ahead
}

/** The server has just said what time it is. */
export function setServerTime(iso: string) {
  ahead = Date.parse(iso) - Date.now()
}

/** Something happened at an instant of the server: its clock is not behind that. */
export function heardFromServer(iso: string) {
  ahead = Math.max(ahead, Date.parse(iso) - Date.now())
}
