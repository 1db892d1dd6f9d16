/**
 * What styles that the pages write themselves have to say, so that the policy of the server lets them pass: new with every answer of the server, and
 * hidden from everything but scripts.
 */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
}

/** Tells the library that keeps the page behind a dialog from scrolling: it looks for this name. */
export function tellStyleNonce() {
  ;(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = styleNonce()
}
