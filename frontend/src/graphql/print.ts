import type { DocumentNode } from 'graphql'
import { stringifyDocument } from 'urql'

/** The text of a document, for the few requests that do not go through the client. */
export function print(document: DocumentNode): string {
  return stringifyDocument(document)
}
